//! The entry's third argument: what the host tells of the run, and what the script can do about it.

use boa_engine::{Context, JsResult, JsValue, NativeFunction, js_string};

use crate::{
    capabilities, console, input,
    realm::{function, hidden},
};

/// Makes it from the host's JSON.
pub(crate) fn make(text: &str, context: &mut Context) -> JsResult<JsValue> {
    let ctx = input::read(text, context)?;
    if let Some(object) = ctx.as_object() {
        let progress = function(NativeFunction::from_fn_ptr(progress), "progress", 1, context);
        // Hidden, so that a script can return its context: what is JSON in it.
        object.define_property_or_throw(js_string!("progress"), hidden(progress.into()), context)?;
    }
    Ok(ctx)
}

/// `ctx.progress(value)`: a line of the log, `progress: VALUE`, at the level info. `ctx.progress(fraction, text)`: to whoever looks at the job.
fn progress(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if arguments.len() > 1 {
        return capabilities::progress(arguments, context);
    }
    let value = arguments.first().cloned().unwrap_or_default();
    let text = match value.as_string() {
        Some(text) => text.to_std_string_lossy(),
        None => console::inspect(&value, context),
    };
    console::info(&format!("progress: {text}"), context);
    Ok(JsValue::undefined())
}
