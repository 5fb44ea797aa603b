//! What a script threw, as its submitter sees it; and `stack` as scripts know it.

use std::error::Error as _;

use boa_engine::{
    Context, JsError, JsNativeError, JsObject, JsResult, JsString, JsValue, NativeFunction,
    builtins::error::Error,
    error::RuntimeLimitError,
    js_string,
    property::{PropertyDescriptor, PropertyKey},
};

use crate::{
    console,
    realm::{bindings, function},
};

/// A chain of causes is followed this far.
const MAX_CAUSES: usize = 8;

/// A thrown value.
#[derive(Debug)]
pub struct Thrown {
    /// The error's name; empty for a value that is no error.
    pub name: String,
    /// Its message, or the value as the console would show it.
    pub message: String,
    /// Its call frames, a line each; then those of its cause, under a line that says so.
    pub stack: String,
}

/// How script code ended that did not return.
#[derive(Debug)]
pub(crate) enum Ending {
    Threw(Thrown),
    /// Too many calls under way. Carries the call frames.
    StackExhausted(String),
}

/// What became of `error`.
pub(crate) fn ending(error: JsError, context: &mut Context) -> Ending {
    match error.as_engine() {
        Some(_) if out_of_stack(&error) => {
            let text = error.to_string();
            Ending::StackExhausted(text.split_once('\n').map_or_else(String::new, |(_, frames)| frames.to_owned()))
        }
        Some(broken) => panic!("the interpreter is broken: {broken}"),
        None => match error.into_opaque(context) {
            Ok(value) => rejection(&value, context),
            Err(error) => panic!("an error of the script has no value: {error}"),
        },
    }
}

/// Whether a limit of the interpreter's stack is at the bottom of an error, also where Boa took it for a broken assertion.
fn out_of_stack(error: &JsError) -> bool {
    let mut source = error.source();
    while let Some(error) = source {
        if error.is::<RuntimeLimitError>() {
            return true;
        }
        source = error.source();
    }
    false
}

/// What became of a promise that was rejected for `reason`.
pub(crate) fn rejection(reason: &JsValue, context: &mut Context) -> Ending {
    let Some(error) = as_error(reason, context) else {
        let message = reason.as_string().map_or_else(|| console::inspect(reason, context), |text| text.to_std_string_lossy());
        return Ending::Threw(Thrown { name: String::new(), message, stack: String::new() });
    };
    let mut stack = frames(&error, context);
    let mut cause = own_cause(&error);
    for _ in 0..MAX_CAUSES {
        let Some(reason) = cause.take() else { break };
        if let Some(error) = as_error(&reason, context) {
            stack = format!("{stack}\ncaused by {}\n{}", header(&error, context), frames(&error, context));
            cause = own_cause(&error);
        } else {
            stack = format!("{stack}\ncaused by {}", console::inspect(&reason, context));
        }
    }
    Ending::Threw(Thrown {
        name: text(&error, "name", context).unwrap_or_else(|| "Error".into()),
        message: text(&error, "message", context).unwrap_or_default(),
        stack: stack.trim_matches('\n').to_owned(),
    })
}

/// `value` as an error: an object made by an error constructor, or that inherits from `Error.prototype`.
pub(crate) fn as_error(value: &JsValue, context: &Context) -> Option<JsObject> {
    let object = value.as_object()?;
    if object.is::<Error>() {
        return Some(object);
    }
    let prototype = context.intrinsics().constructors().error().prototype();
    let mut ancestor = object.prototype();
    while let Some(object) = ancestor {
        if JsObject::equals(&object, &prototype) {
            return value.as_object();
        }
        ancestor = object.prototype();
    }
    None
}

/// `Name: message`, as far as the error tells: its getters may throw, which is then no news.
pub(crate) fn header(error: &JsObject, context: &mut Context) -> String {
    let name = text(error, "name", context).unwrap_or_else(|| "Error".into());
    let message = text(error, "message", context).unwrap_or_default();
    match (name.is_empty(), message.is_empty()) {
        (_, true) => name,
        (true, _) => message,
        _ => format!("{name}: {message}"),
    }
}

/// The call frames of an error, innermost first, a line each. Empty for what no error constructor made.
pub(crate) fn frames(error: &JsObject, context: &mut Context) -> String {
    let stack = bindings(context).originals.stack.clone();
    let frames = stack.call(&error.clone().into(), &[], context).ok().and_then(|stack| stack.as_string());
    let frames = frames.map(|frames| frames.to_std_string_lossy()).unwrap_or_default();
    // A built-in function without a name is machinery: what goes on after an `await`, for example.
    let named: Vec<_> = frames.lines().filter(|frame| !frame.starts_with("    at  (native")).collect();
    if named.is_empty() {
        return bindings(context).libraries.place(error).unwrap_or_default();
    }
    // Constructors that a class does not write have no place.
    named.join("\n").replace(":?:?)", ")")
}

fn text(error: &JsObject, property: &str, context: &mut Context) -> Option<String> {
    error.get(JsString::from(property), context).ok()?.as_string().map(|text| text.to_std_string_lossy())
}

pub(crate) fn own_cause(error: &JsObject) -> Option<JsValue> {
    let cause = error.borrow().properties().get(&PropertyKey::from(js_string!("cause")))?;
    cause.value().cloned()
}

/// Has `stack` begin with the error's name and message, as in other engines: Boa gives only the frames.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let prototype = context.intrinsics().constructors().error().prototype();
    let key = PropertyKey::from(js_string!("stack"));
    let set = prototype.borrow().properties().get(&key).and_then(|original| original.set().cloned()).unwrap_or_default();
    let get = function(NativeFunction::from_fn_ptr(stack), "get stack", 0, context);
    let property = PropertyDescriptor::builder().get(get).set(set).enumerable(false).configurable(true).build();
    prototype.define_property_or_throw(key, property, context)?;
    Ok(())
}

fn stack(this: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let Some(error) = this.as_object().filter(JsObject::is::<Error>) else { return Ok(JsValue::undefined()) };
    let (header, frames) = (header(&error, context), frames(&error, context));
    Ok(JsString::from(if frames.is_empty() { header } else { format!("{header}\n{frames}") }).into())
}

/// A `TypeError` of ours.
pub(crate) fn type_error(message: String) -> JsError {
    JsNativeError::typ().with_message(message).into()
}
