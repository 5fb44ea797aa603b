//! Errors as the console shows them: name, message and call frames, then what else they carry.

use boa_engine::{JsObject, js_string, property::PropertyKey};

use super::{
    inspect::{Inspector, own, stored, stored_text},
    kind::Look,
};
use crate::errors;

/// The text of an error. Takes from the properties to show those that it already tells, and adds `cause` and `errors`.
pub(super) fn show(error: &JsObject, look: &mut Look, inspector: &mut Inspector<'_>) -> String {
    let name = stored_text(error, "name").unwrap_or_else(|| "Error".into());
    let key = |name: &str| PropertyKey::from(js_string!(name));
    let own_stack = own(error, &key("stack")).and_then(|stack| stack.value()?.as_string());
    let mut stack = own_stack.map_or_else(|| whole(error, &name, inspector), |stack| stack.to_std_string_lossy());
    look.keys.retain(|key| {
        let told = ["name", "message", "stack"].iter().any(|name| *key == PropertyKey::from(js_string!(*name)));
        !(told && stored(error, key).and_then(|value| value.as_string()).is_some_and(|text| stack.contains(&text.to_std_string_lossy())))
    });
    for hidden in ["cause", "errors"].map(key) {
        if own(error, &hidden).is_some() && !look.keys.contains(&hidden) {
            look.keys.push(hidden);
        }
    }
    // A class that does not set `name` is still told apart.
    if let Some(constructor) = &look.constructor
        && name.ends_with("Error")
        && let Some(rest) = stack.strip_prefix(&name)
        && (rest.is_empty() || rest.starts_with([':', '\n']))
        && *constructor != name
    {
        stack = if constructor.contains(&name) { format!("{constructor}{rest}") } else { format!("{constructor} [{name}]{rest}") };
    }
    if !stack.contains("\n    at ") {
        stack = format!("[{stack}]");
    }
    stack.replace('\n', &format!("\n{}", " ".repeat(inspector.indent)))
}

fn whole(error: &JsObject, name: &str, inspector: &mut Inspector<'_>) -> String {
    let message = stored_text(error, "message").unwrap_or_default();
    let header = match (name.is_empty(), message.is_empty()) {
        (_, true) => name.to_owned(),
        (true, _) => message,
        _ => format!("{name}: {message}"),
    };
    let frames = errors::frames(error, inspector.context);
    if frames.is_empty() { header } else { format!("{header}\n{frames}") }
}
