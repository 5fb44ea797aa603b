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
    job::{Job, JobExecutor},
};

/// First in, first out, until none is left. An error that a microtask throws out of itself stops the drain.
#[derive(Default)]
pub(crate) struct Microtasks {
    queue: RefCell<VecDeque<Job>>,
}

impl JobExecutor for Microtasks {
    fn enqueue_job(self: Rc<Self>, job: Job, _: &mut Context) {
        // Callbacks of finalization registries are never called, as the standard allows: when memory is collected is none
        // of a script's business.
        if !matches!(job, Job::FinalizationRegistryCleanupJob(_)) {
            self.queue.borrow_mut().push_back(job);
        }
    }

    fn run_jobs(self: Rc<Self>, context: &mut Context) -> JsResult<()> {
        loop {
            let Some(job) = self.queue.borrow_mut().pop_front() else { break };
            match job {
                Job::PromiseJob(job) => job.call(context).map(drop)?,
                Job::GenericJob(job) => job.call(context).map(drop)?,
                Job::AsyncJob(job) => {
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
