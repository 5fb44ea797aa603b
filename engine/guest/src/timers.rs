//! `setTimeout`, `setInterval` and their `clear…`, `queueMicrotask`, and what Boa itself has a timer for.
//!
//! A timer that is still running when the entry's value is known is not waited for: the sandbox ends with the run.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use ampoule_abi::Operation;
use boa_engine::{
    Context, JsArgs, JsNativeError, JsObject, JsResult, JsValue, NativeFunction,
    job::{GenericJob, Job, TimeoutJob},
    js_string,
    native_function::NativeFunctionPointer,
};

use crate::realm::bindings;

/// The longest delay, that of the standard: a signed 32-bit number of milliseconds. A longer one is shortened to it.
const MAX_DELAY_MS: f64 = i32::MAX as f64;
/// The shortest period of an interval, so that a period of zero does not spend every host call at once.
const MIN_PERIOD_MS: f64 = 1.0;

/// The timers of a run.
#[derive(Default)]
pub(crate) struct Timers {
    last_handle: Cell<u32>,
    live: RefCell<BTreeMap<u32, Timer>>,
}

#[derive(Clone)]
struct Timer {
    callback: JsObject,
    arguments: Vec<JsValue>,
    delay_ms: f64,
    repeats: bool,
    operation: u32,
}

/// Makes the functions global.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let set_timeout = NativeFunction::from_fn_ptr(|_, arguments, context| set(arguments, false, context));
    let set_interval = NativeFunction::from_fn_ptr(|_, arguments, context| set(arguments, true, context));
    context.register_global_builtin_callable(js_string!("setTimeout"), 1, set_timeout)?;
    context.register_global_builtin_callable(js_string!("setInterval"), 1, set_interval)?;
    context.register_global_builtin_callable(js_string!("clearTimeout"), 0, NativeFunction::from_fn_ptr(clear))?;
    context.register_global_builtin_callable(js_string!("clearInterval"), 0, NativeFunction::from_fn_ptr(clear))?;
    context.register_global_builtin_callable(js_string!("queueMicrotask"), 1, NativeFunction::from_fn_ptr(queue_microtask))
}

/// The functions for sources of our own.
pub(crate) fn natives() -> [(&'static str, NativeFunctionPointer); 2] {
    [("setTimeout", |_, arguments, context| set(arguments, false, context)), ("clearTimeout", clear)]
}

fn callback(arguments: &[JsValue], of: &str) -> JsResult<JsObject> {
    arguments
        .get_or_undefined(0)
        .as_callable()
        .ok_or_else(|| JsNativeError::typ().with_message(format!("the first argument of {of} must be a function")).into())
}

fn set(arguments: &[JsValue], repeats: bool, context: &mut Context) -> JsResult<JsValue> {
    let callback = callback(arguments, if repeats { "setInterval" } else { "setTimeout" })?;
    let delay = arguments.get_or_undefined(1).to_number(context)?.trunc();
    // `max` also turns NaN into the least delay.
    let delay_ms = delay.max(if repeats { MIN_PERIOD_MS } else { 0.0 }).min(MAX_DELAY_MS);
    let bindings = bindings(context);
    let handle = bindings.timers.last_handle.get() + 1;
    bindings.timers.last_handle.set(handle);
    let timer = Timer { callback, arguments: arguments.get(2..).unwrap_or_default().to_vec(), delay_ms, repeats, operation: 0 };
    start(handle, timer, context);
    Ok(handle.into())
}

fn start(handle: u32, mut timer: Timer, context: &Context) {
    let bindings = bindings(context);
    let sleep = Operation::Sleep { ms: timer.delay_ms };
    timer.operation = bindings.operations.start(&sleep, Box::new(move |_, context| fire(handle, context)));
    bindings.timers.live.borrow_mut().insert(handle, timer);
}

/// Has the host call `job` when its time is over, unless it is cancelled before.
pub(crate) fn start_job(job: TimeoutJob, context: &Context) {
    let sleep = Operation::Sleep { ms: (job.timeout().as_millis() as f64).min(MAX_DELAY_MS) };
    let cancellation = job.cancellation_token().clone();
    let operation = bindings(context).operations.start(&sleep, Box::new(move |_, context| job.call(context).map(drop)));
    cancellation.push_callback(move |context| bindings(context).operations.abandon(operation));
}

fn fire(handle: u32, context: &mut Context) -> JsResult<()> {
    let bindings = bindings(context);
    let Some(timer) = bindings.timers.live.borrow().get(&handle).cloned() else { return Ok(()) };
    if !timer.repeats {
        bindings.timers.live.borrow_mut().remove(&handle);
    }
    timer.callback.call(&JsValue::undefined(), &timer.arguments, context)?;
    // Its own callback may have cleared it.
    if bindings.timers.live.borrow_mut().remove(&handle).is_some() {
        start(handle, timer, context);
    }
    Ok(())
}

fn clear(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let handle = arguments.get_or_undefined(0).to_number(context)?;
    let bindings = bindings(context);
    let timer = (handle >= 1.0).then(|| bindings.timers.live.borrow_mut().remove(&(handle as u32))).flatten();
    if let Some(timer) = timer {
        bindings.operations.abandon(timer.operation);
    }
    Ok(JsValue::undefined())
}

fn queue_microtask(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let callback = callback(arguments, "queueMicrotask")?;
    let realm = context.realm().clone();
    let microtask = move |context: &mut Context| callback.call(&JsValue::undefined(), &[], context);
    context.enqueue_job(Job::GenericJob(GenericJob::new(microtask, realm)));
    Ok(JsValue::undefined())
}
