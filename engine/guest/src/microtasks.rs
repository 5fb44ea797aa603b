//! The queue of microtasks (what ECMAScript calls jobs).

use std::{
    cell::RefCell,
    collections::VecDeque,
    pin::pin,
    rc::Rc,
    task::{self, Waker},
};

use boa_engine::{
    Context, JsResult,
    job::{Job, JobExecutor, NativeAsyncJob},
};

use crate::timers;

/// First in, first out, until none is left. An error that a microtask throws out of itself stops the drain.
#[derive(Default)]
pub(crate) struct Microtasks {
    queue: RefCell<VecDeque<Job>>,
    /// Those that wait for what another one, or a timer, does: `Atomics.waitAsync` makes them.
    waiting: RefCell<Vec<NativeAsyncJob>>,
}

impl Microtasks {
    fn next(&self) -> Option<Job> {
        let queued = self.queue.borrow_mut().pop_front();
        queued.or_else(|| {
            let mut waiting = self.waiting.borrow_mut();
            let ready = waiting.iter_mut().position(is_ready)?;
            Some(Job::AsyncJob(waiting.remove(ready)))
        })
    }
}

/// Whether `job` need not wait any more.
#[cfg(boa_patched)]
fn is_ready(job: &mut NativeAsyncJob) -> bool {
    job.poll_wait(&mut task::Context::from_waker(Waker::noop())).is_ready()
}

#[cfg(not(boa_patched))]
fn is_ready(_: &mut NativeAsyncJob) -> bool {
    true
}

impl JobExecutor for Microtasks {
    fn enqueue_job(self: Rc<Self>, job: Job, context: &mut Context) {
        match job {
            // Callbacks of finalization registries are never called, as the standard allows: when memory is collected is none
            // of a script's business.
            Job::FinalizationRegistryCleanupJob(_) => {}
            Job::TimeoutJob(job) => timers::start_job(job, context),
            job => self.queue.borrow_mut().push_back(job),
        }
    }

    fn run_jobs(self: Rc<Self>, context: &mut Context) -> JsResult<()> {
        loop {
            let Some(job) = self.next() else { break };
            match job {
                Job::PromiseJob(job) => job.call(context).map(drop)?,
                Job::GenericJob(job) => job.call(context).map(drop)?,
                Job::AsyncJob(mut job) => {
                    if !is_ready(&mut job) {
                        self.waiting.borrow_mut().push(job);
                        continue;
                    }
                    // Modules are all at hand, so that loading one never waits.
                    let context = RefCell::new(&mut *context);
                    let job = pin!(job.call(&context));
                    let task::Poll::Ready(result) = job.poll(&mut task::Context::from_waker(Waker::noop())) else {
                        panic!("a microtask waits for something that is no operation");
                    };
                    result?;
                }
                job => panic!("Boa queued a job of a kind that nothing here asks for: {job:?}"),
            }
        }
        context.clear_kept_objects();
        Ok(())
    }
}
