//! What an object descends from, told without running any of its code.

use boa_engine::{Context, JsObject, JsSymbol, js_string, property::PropertyKey};

use super::inspect::{own, stored};

/// The name of the nearest constructor that made `object`, or could have.
pub(super) fn constructor(object: &JsObject, context: &Context) -> Option<String> {
    let constructors = context.intrinsics().constructors();
    let object_prototype = constructors.object().prototype();
    let mut holder = Some(object.clone());
    while let Some(current) = holder {
        if JsObject::equals(&current, &object_prototype) && !JsObject::equals(object, &current) {
            return Some("Object".into());
        }
        let constructor = own(&current, &PropertyKey::from(js_string!("constructor"))).and_then(|property| property.value()?.as_callable());
        if let Some(constructor) = constructor
            && let Some(name) = own_text(&constructor, "name").filter(|name| !name.is_empty())
            && let Some(prototype) = own(&constructor, &PropertyKey::from(js_string!("prototype"))).and_then(|p| p.value()?.as_object())
            && inherits(object, &prototype)
        {
            return Some(name);
        }
        holder = current.prototype();
    }
    object.prototype().map(|prototype| match constructor(&prototype, context) {
        Some(name) => format!("Object <{name}>"),
        None => "Object <[Object: null prototype] {}>".into(),
    })
}

/// Whether `prototype` is among the ancestors.
pub(super) fn inherits(object: &JsObject, prototype: &JsObject) -> bool {
    let mut holder = object.prototype();
    while let Some(current) = holder {
        if JsObject::equals(&current, prototype) {
            return true;
        }
        holder = current.prototype();
    }
    false
}

/// `Symbol.toStringTag`, unless it will be shown among the properties.
pub(super) fn tag(object: &JsObject) -> String {
    let key = PropertyKey::from(JsSymbol::to_string_tag());
    if own(object, &key).is_some_and(|property| property.enumerable() == Some(true)) {
        return String::new();
    }
    stored(object, &key).and_then(|tag| tag.as_string()).map(|tag| tag.to_std_string_lossy()).unwrap_or_default()
}

/// An own property that is a string.
pub(super) fn own_text(object: &JsObject, name: &str) -> Option<String> {
    own(object, &PropertyKey::from(js_string!(name)))?.value()?.as_string().map(|text| text.to_std_string_lossy())
}
