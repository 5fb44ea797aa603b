//! The guest's life: load a script, run its entry, wait in between.
//!
//! ```text
//! Empty ──load──► Loading ──► Loaded ──run──► Running ──► Ended
//!                  ▲   │ Pending               ▲   │ Pending
//!                  └───┘ resume                └───┘ resume
//! ```

use ampoule_abi::{LoadRequest, Mode, Reply, ResumeRequest, RunRequest};
use boa_engine::{
    Context, JsError, JsObject, JsResult, JsValue, builtins::promise::PromiseState, job::PromiseJob, js_string, object::builtins::JsPromise,
};
use boa_gc::{Gc, WeakGc};

use crate::{
    capabilities, clock, console, ctx,
    entry::{self, Script},
    errors::{self, Ending, Thrown},
    input, output,
    realm::{self, bindings},
    source::{self, Program},
    web,
};

/// So many unhandled rejections are logged; the rest is counted.
const MAX_REJECTIONS_LOGGED: usize = 10;

/// The one inhabitant of a sandbox.
pub struct Guest {
    context: Context,
    stage: Stage,
}

enum Stage {
    Empty,
    /// The script is loaded when its top level and those of its libraries are through.
    Loading(Script, Vec<JsPromise>),
    Loaded(Script),
    Running(Awaited),
    Ended,
}

/// What the entry gave, as `await` takes it.
enum Awaited {
    /// Nothing to wait for. Most entries give this, and a promise for it would be made of six objects.
    Value(JsValue),
    Promise(JsPromise),
}

/// What a call of the host is answered with.
#[derive(Debug)]
pub enum Answer {
    /// See [`Reply::Loaded`].
    Loaded,
    /// See [`Reply::Returned`].
    Returned(String),
    /// See [`Reply::Threw`].
    Threw(Thrown),
    /// See [`Reply::Pending`].
    Pending(u32),
    /// See [`Reply::StackExhausted`].
    StackExhausted(String),
}

impl Answer {
    /// As the host reads it.
    pub fn encode(&self) -> Vec<u8> {
        match self {
            Self::Loaded => Reply::Loaded,
            Self::Returned(json) => Reply::Returned(json),
            Self::Threw(Thrown { name, message, stack }) => Reply::Threw { name, message, stack },
            Self::Pending(pending) => Reply::Pending { pending: *pending },
            Self::StackExhausted(stack) => Reply::StackExhausted { stack },
        }
        .encode()
    }
}

impl From<Ending> for Answer {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Threw(thrown) => Self::Threw(thrown),
            Ending::StackExhausted(stack) => Self::StackExhausted(stack),
        }
    }
}

impl Default for Guest {
    fn default() -> Self {
        Self::new()
    }
}

impl Guest {
    /// A guest with nothing loaded. Asks nothing of the host.
    pub fn new() -> Self {
        Self { context: realm::build(), stage: Stage::Empty }
    }

    /// A guest that has already built what it builds when first used.
    pub fn warmed() -> Self {
        let mut guest = Self::new();
        realm::warm_up(&mut guest.context);
        output::warm_up(&mut guest.context);
        #[cfg(all(boa_patched, target_arch = "wasm32"))]
        crate::web::compile(&mut guest.context);
        boa_gc::force_collect();
        // That left the collector's lists without room: they grow now, not in every run.
        drop(WeakGc::new(&Gc::new(0_u8)));
        guest
    }

    /// Parses a script and its libraries and runs their top levels.
    ///
    /// # Panics
    /// When something is loaded already: the host is broken.
    pub fn load(&mut self, request: &LoadRequest<'_>) -> Answer {
        assert!(matches!(self.stage, Stage::Empty), "a script is loaded already");
        match self.begin(request) {
            Ok((script, waiting)) => {
                self.stage = Stage::Loading(script, waiting);
                self.proceed(None)
            }
            Err(ending) => self.end(ending.into()),
        }
    }

    /// Calls the entry of the loaded script.
    ///
    /// # Panics
    /// When none is loaded: the host is broken.
    pub fn run(&mut self, request: &RunRequest<'_>) -> Answer {
        let Stage::Loaded(script) = std::mem::replace(&mut self.stage, Stage::Ended) else { panic!("no script is loaded") };
        match self.enter(&script, request) {
            Ok(awaited) => {
                self.stage = Stage::Running(awaited);
                self.proceed(None)
            }
            Err(error) => self.fail(error),
        }
    }

    /// Goes on after operations completed.
    ///
    /// # Panics
    /// When nothing waits: the host is broken.
    pub fn resume(&mut self, request: &ResumeRequest<'_>) -> Answer {
        assert!(matches!(self.stage, Stage::Loading(..) | Stage::Running(_)), "nothing waits");
        self.proceed(Some(request))
    }

    fn begin(&mut self, request: &LoadRequest<'_>) -> Result<(Script, Vec<JsPromise>), Ending> {
        let context = &mut self.context;
        let libraries = bindings(context).libraries.clone();
        let mut waiting = clock::at_zero(|| libraries.load(request, context))?;
        let evaluate_only = request.mode == Mode::Evaluate;
        let program = if evaluate_only {
            source::parse_script(request.name, request.source, context).map(Program::Script)
        } else {
            source::parse(request.name, request.source, context)
        };
        let script = match program.map_err(Ending::Threw)? {
            Program::Script(script) => {
                let value = script.evaluate(context).map_err(|error| errors::ending(error, context))?;
                if evaluate_only { Script::Value(value) } else { Script::Plain(request.source.into()) }
            }
            Program::Module(module) => {
                libraries.set_main(request.name, &module);
                waiting.push(libraries.evaluate(&module, context)?);
                Script::Module(module)
            }
        };
        Ok((script, waiting))
    }

    /// Calls the entry.
    fn enter(&mut self, script: &Script, request: &RunRequest<'_>) -> JsResult<Awaited> {
        let context = &mut self.context;
        let result = match script {
            Script::Value(value) => value.clone(),
            script => {
                let input = input::read(request.input, context)?;
                let ctx = ctx::make(request.context, context)?;
                capabilities::attach(&ctx, context)?;
                let libraries = bindings(context).libraries.clone().object(context)?;
                let entry = entry::find(script, request.entry, context)?;
                entry.function.call(&entry.this, &[input, libraries.into(), ctx], context)?
            }
        };
        awaited(result, context)
    }

    /// Completes operations one after the other, until what the stage waits for is there.
    fn proceed(&mut self, request: Option<&ResumeRequest<'_>>) -> Answer {
        let bindings = bindings(&self.context);
        let mut completed = request.iter().flat_map(|request| &request.completed);
        loop {
            if let Err(error) = self.context.run_jobs() {
                return self.fail(error);
            }
            // What listeners begin is done before anything else.
            match tell_rejections(&self.stage, &mut self.context) {
                Ok(true) => continue,
                Ok(false) => {}
                Err(error) => return self.fail(error),
            }
            if let Some(answer) = self.settled() {
                return answer;
            }
            let Some(completed) = completed.next() else { break };
            if let Err(error) = bindings.operations.complete(completed, &mut self.context) {
                return self.fail(error);
            }
        }
        match bindings.operations.len() {
            0 => self.end(Answer::Threw(deadlock(matches!(self.stage, Stage::Running(_))))),
            pending => Answer::Pending(pending),
        }
    }

    /// The answer, when what the stage waits for is there.
    fn settled(&mut self) -> Option<Answer> {
        let context = &mut self.context;
        match &mut self.stage {
            Stage::Loading(_, waiting) => {
                while let Some(promise) = waiting.first() {
                    match promise.state() {
                        PromiseState::Pending => return None,
                        PromiseState::Fulfilled(_) => drop(waiting.remove(0)),
                        PromiseState::Rejected(reason) => {
                            let ending = errors::rejection(&reason, context);
                            return Some(self.end(ending.into()));
                        }
                    }
                }
                let Stage::Loading(script, _) = std::mem::replace(&mut self.stage, Stage::Ended) else { unreachable!() };
                self.stage = Stage::Loaded(script);
                Some(Answer::Loaded)
            }
            Stage::Running(awaited) => {
                let value = match awaited {
                    Awaited::Value(value) => Ok(value.clone()),
                    Awaited::Promise(promise) => match promise.state() {
                        PromiseState::Pending => return None,
                        PromiseState::Fulfilled(value) => Ok(value),
                        PromiseState::Rejected(reason) => Err(reason),
                    },
                };
                let answer = match value {
                    Ok(value) => match output::write(&value, context) {
                        Ok(json) => Answer::Returned(json),
                        Err(error) => errors::ending(error, context).into(),
                    },
                    Err(reason) => errors::rejection(&reason, context).into(),
                };
                Some(self.end(answer))
            }
            Stage::Empty | Stage::Loaded(_) | Stage::Ended => unreachable!("nothing waits in this stage"),
        }
    }

    /// Ends with an error that nothing in the script caught.
    fn fail(&mut self, error: JsError) -> Answer {
        let ending = errors::ending(error, &mut self.context);
        self.end(ending.into())
    }

    fn end(&mut self, answer: Answer) -> Answer {
        let stage = std::mem::replace(&mut self.stage, Stage::Ended);
        log_rejections(&stage, &mut self.context);
        answer
    }
}

/// A promise as it is; another object with a `then` method adopted, in a microtask, as a promise's resolve function does.
fn awaited(value: JsValue, context: &mut Context) -> JsResult<Awaited> {
    if let Some(promise) = value.as_promise() {
        return Ok(Awaited::Promise(promise));
    }
    let Some(object) = value.as_object() else { return Ok(Awaited::Value(value)) };
    let Some(then) = object.get(js_string!("then"), context)?.as_callable() else { return Ok(Awaited::Value(value)) };
    let (promise, resolvers) = JsPromise::new_pending(context);
    let adopt = move |context: &mut Context| {
        let functions = [resolvers.resolve.into(), resolvers.reject.clone().into()];
        then.call(&value, &functions, context).or_else(|error| {
            let reason = error.into_opaque(context)?;
            resolvers.reject.call(&JsValue::undefined(), &[reason], context)
        })
    };
    context.enqueue_job(PromiseJob::with_realm(adopt, context.realm().clone()).into());
    Ok(Awaited::Promise(promise))
}

fn deadlock(running: bool) -> Thrown {
    let what = if running { "the entry's promise" } else { "the top-level `await`" };
    Thrown { name: "DeadlockError".into(), message: format!("{what} can never settle: nothing is left to wait for"), stack: String::new() }
}

/// The promises that the answer will tell of.
fn awaited_of(stage: &Stage) -> Vec<JsObject> {
    match stage {
        Stage::Loading(_, waiting) => waiting.iter().map(|promise| promise.clone().into()).collect(),
        Stage::Running(Awaited::Promise(promise)) => vec![promise.clone().into()],
        Stage::Running(Awaited::Value(_)) | Stage::Empty | Stage::Loaded(_) | Stage::Ended => Vec::new(),
    }
}

/// Tells listeners which promises were rejected that nothing handles now that all microtasks ran, and which of these were handled since; whether there was any.
fn tell_rejections(stage: &Stage, context: &mut Context) -> JsResult<bool> {
    let rejections = bindings(context).rejections.clone();
    if rejections.is_empty() {
        return Ok(false);
    }
    let awaited = awaited_of(stage);
    let mut some = false;
    for promise in rejections.late() {
        some |= web::rejection_handled(&promise, &reason(&promise)?, context)?;
    }
    for (number, promise) in rejections.untold(&awaited) {
        // A listener may have handled it.
        if !rejections.is_unhandled(number) {
            continue;
        }
        if let Some(settled) = web::rejected(&promise, &reason(&promise)?, context)? {
            some = true;
            if settled {
                rejections.settle(number);
            }
        }
    }
    Ok(some)
}

fn reason(promise: &JsObject) -> JsResult<JsValue> {
    match JsPromise::from_object(promise.clone())?.state() {
        PromiseState::Rejected(reason) => Ok(reason),
        PromiseState::Pending | PromiseState::Fulfilled(_) => unreachable!("it was rejected"),
    }
}

/// Says which promises were rejected without anybody to notice, other than those that the answer already tells of.
fn log_rejections(stage: &Stage, context: &mut Context) {
    let bindings = bindings(context);
    awaited_of(stage).iter().for_each(|told| bindings.rejections.forget(told));
    let rejected = bindings.rejections.take();
    let more = rejected.len().saturating_sub(MAX_REJECTIONS_LOGGED);
    for promise in rejected.into_iter().take(MAX_REJECTIONS_LOGGED) {
        let Ok(promise) = JsPromise::from_object(promise) else { continue };
        if let PromiseState::Rejected(reason) = promise.state() {
            console::warn(&format!("unhandled rejection: {}", console::inspect(&reason, context)), context);
        }
    }
    if more > 0 {
        console::warn(&format!("unhandled rejection: {more} more"), context);
    }
}
