//! `ctx.signal`: an `AbortSignal` that tells when the run is to end soon.

use std::cell::OnceCell;

use ampoule_abi::{Completed, Ending, Operation};
use boa_engine::{Context, JsObject, JsResult, JsValue, js_string};

use crate::{realm::bindings, web};

/// The signal, once the script has looked at it.
#[derive(Default)]
pub(crate) struct Signal(OnceCell<JsObject>);

/// The getter. The host is asked to tell when a script looks for the first time: others end at once when they are cancelled.
pub(crate) fn get(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bindings = bindings(context);
    if let Some(signal) = bindings.signal.0.get() {
        return Ok(signal.clone().into());
    }
    let on = web::export("events", "on", context)?.as_object().expect("an object of ours");
    let function = |name, context: &mut Context| JsResult::Ok(on.get(name, context)?.as_callable().expect("a function of ours"));
    let (make, abort) = (function(js_string!("makeSignal"), context)?, function(js_string!("abort"), context)?);
    let signal = make.call(&JsValue::undefined(), &[], context)?;
    let made = signal.clone();
    let then = Box::new(move |completed: &Completed<'_>, context: &mut Context| {
        let (name, message) = match Ending::decode(completed.result).expect("an answer of the host") {
            Ending::Cancelled => ("AbortError", "the job was cancelled: its run ends in a moment"),
            Ending::WallTime => ("TimeoutError", "the run's time is nearly over"),
        };
        let reason = web::exception(name, message, context).into_opaque(context)?;
        abort.call(&JsValue::undefined(), &[signal.clone(), reason], context).map(drop)
    });
    bindings.operations.watch(&Operation::Ending, then);
    Ok(bindings.signal.0.get_or_init(|| made.as_object().expect("a signal is an object")).clone().into())
}
