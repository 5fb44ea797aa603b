//! What an object is: the words before its braces, and what it holds other than properties.

use boa_engine::{
    Context, JsBigInt, JsObject, JsString, JsSymbol, JsValue,
    builtins::{
        array_buffer::{ArrayBuffer, SharedArrayBuffer},
        date::Date,
        function::OrdinaryFunction,
        promise::{Promise, PromiseState},
        regexp::RegExp,
        typed_array::TypedArray,
    },
    js_string,
    module::ModuleNamespace,
    object::builtins::{JsDataView, JsDate, JsMap, JsPromise, JsRegExp, JsSet, JsSharedArrayBuffer, JsTypedArray, JsWeakMap, JsWeakSet},
    property::PropertyKey,
};

use super::{
    ancestry::{inherits, own_text},
    error,
    inspect::{Inspector, more, own, stored_text},
    text,
};
use crate::{errors, realm::bindings};

/// What was found out about an object.
pub(super) struct Look {
    /// The name of its constructor; none when it inherits from nothing.
    pub(super) constructor: Option<String>,
    /// Its `Symbol.toStringTag`.
    pub(super) tag: String,
    /// The properties to show.
    pub(super) keys: Vec<PropertyKey>,
    pub(super) base: String,
    pub(super) open: String,
    pub(super) close: &'static str,
    /// Without properties, `base` or the empty braces say it all.
    pub(super) complete: bool,
}

impl Default for Look {
    fn default() -> Self {
        Self { constructor: None, tag: String::new(), keys: Vec::new(), base: String::new(), open: "{".into(), close: "}", complete: true }
    }
}

/// What an object holds other than properties.
pub(super) enum Kind {
    Array(u64),
    Typed(u64),
    Set(Vec<JsValue>),
    Map(Vec<(JsValue, JsValue)>),
    Promise(PromiseState),
    /// The bytes of a buffer that is not detached.
    Bytes(Option<Vec<u8>>),
    /// What built-in getters would tell, by name.
    Facts(Vec<(&'static str, JsValue)>),
    Other,
}

/// Finds out what `object` is.
pub(super) fn look(object: &JsObject, look: &mut Look, inspector: &mut Inspector<'_>) -> Kind {
    let context = &mut *inspector.context;
    let as_value = JsValue::from(object.clone());
    let braces = |look: &mut Look, fallback: &str, size: &str| look.open = format!("{}{{", prefix(look, fallback, size));
    if object.is_array() {
        let len = own(object, &PropertyKey::from(js_string!("length"))).and_then(|len| len.value()?.as_number()).unwrap_or(0.0) as u64;
        without_indices(look);
        let plain = look.constructor.as_deref() == Some("Array") && look.tag.is_empty();
        look.open = if plain { "[".into() } else { format!("{}[", prefix(look, "Array", &format!("({len})"))) };
        (look.close, look.complete) = ("]", len == 0);
        return Kind::Array(len);
    }
    if let Ok(set) = JsSet::from_object(object.clone()) {
        let mut items = Vec::new();
        let _infallible = set.for_each_native(|item| {
            items.push(item);
            Ok(())
        });
        braces(look, "Set", &format!("({})", items.len()));
        look.complete = items.is_empty();
        return Kind::Set(items);
    }
    if let Ok(map) = JsMap::from_object(object.clone()) {
        let mut items = Vec::new();
        let _infallible = map.for_each_native(|key, value| {
            items.push((key, value));
            Ok(())
        });
        braces(look, "Map", &format!("({})", items.len()));
        look.complete = items.is_empty();
        return Kind::Map(items);
    }
    if object.is::<TypedArray>() {
        let array = JsTypedArray::from_object(object.clone());
        let len = array.and_then(|array| array.length(context)).unwrap_or(0) as u64;
        without_indices(look);
        look.open = format!("{}[", prefix(look, "TypedArray", &format!("({len})")));
        (look.close, look.complete) = ("]", len == 0);
        return Kind::Typed(len);
    }
    if object.is_callable() {
        look.base = function(object, look, context);
    } else if object.is::<ModuleNamespace>() {
        braces(look, "Module", "");
    } else if look.constructor.as_deref() == Some("Object") && !object.is::<Promise>() && errors::as_error(&as_value, context).is_none() {
        if !look.tag.is_empty() {
            braces(look, "Object", "");
        }
    } else if object.is::<RegExp>() {
        look.base = named(look, "RegExp", regexp(object, context));
    } else if object.is::<Date>() {
        look.base = named(look, "Date", date(object, context));
    } else if errors::as_error(&as_value, context).is_some() {
        look.base = error::show(object, look, inspector);
    } else if object.is::<ArrayBuffer>() || object.is::<SharedArrayBuffer>() {
        let shared = object.is::<SharedArrayBuffer>();
        braces(look, if shared { "SharedArrayBuffer" } else { "ArrayBuffer" }, "");
        look.complete = false;
        return Kind::Bytes(match JsSharedArrayBuffer::from_object(object.clone()) {
            Ok(buffer) => Some(buffer.to_vec()),
            Err(_) => object.downcast_ref::<ArrayBuffer>().and_then(|buffer| buffer.data().map(<[u8]>::to_vec)),
        });
    } else if let Ok(view) = JsDataView::from_object(object.clone()) {
        braces(look, "DataView", "");
        look.complete = false;
        return Kind::Facts(vec![
            ("byteLength", view.byte_length(context).unwrap_or(0).into()),
            ("byteOffset", view.byte_offset(context).unwrap_or(0).into()),
            ("buffer", view.buffer(context).unwrap_or_default()),
        ]);
    } else if let Ok(promise) = JsPromise::from_object(object.clone()) {
        braces(look, "Promise", "");
        look.complete = false;
        return Kind::Promise(promise.state());
    } else if JsWeakSet::from_object(object.clone()).is_ok() || JsWeakMap::from_object(object.clone()).is_ok() {
        let fallback = if JsWeakSet::from_object(object.clone()).is_ok() { "WeakSet" } else { "WeakMap" };
        look.base = format!("{}{{ <items unknown> }}", prefix(look, fallback, ""));
    } else if let Some((kind, value)) = boxed(object) {
        if value.is_string() {
            without_indices(look);
        }
        let name = look.constructor.clone().unwrap_or_else(|| "null prototype".into());
        let of = if name == kind { String::new() } else { format!(" ({name})") };
        look.base = format!("[{kind}{of}: {}]", text::primitive(&value, inspector.indent));
        if !look.tag.is_empty() && look.tag != name {
            look.base += &format!(" [{}]", look.tag);
        }
    } else {
        look.open = format!("{}{{", style(look));
    }
    Kind::Other
}

fn named(look: &Look, kind: &str, shown: String) -> String {
    let prefix = prefix(look, kind, "");
    if prefix.trim_end() == kind { shown } else { prefix + &shown }
}

/// What stands before the braces: constructor, size and tag.
fn prefix(look: &Look, fallback: &str, size: &str) -> String {
    match &look.constructor {
        None if !look.tag.is_empty() && look.tag != fallback => format!("[{fallback}{size}: null prototype] [{}] ", look.tag),
        None => format!("[{fallback}{size}: null prototype] "),
        Some(name) if !look.tag.is_empty() && look.tag != *name => format!("{name}{size} [{}] ", look.tag),
        Some(name) => format!("{name}{size} "),
    }
}

/// The same for an object of no special kind.
pub(super) fn style(look: &Look) -> String {
    prefix(look, "Object", "")
}

fn function(object: &JsObject, look: &Look, context: &Context) -> String {
    let name = own_text(object, "name").unwrap_or_default();
    let prototype = own(object, &PropertyKey::from(js_string!("prototype")));
    let tag = |of: Option<&String>| if look.tag.is_empty() || of == Some(&look.tag) { String::new() } else { format!(" [{}]", look.tag) };
    // Of the functions that scripts write, only a class has a prototype that cannot be replaced.
    if object.is::<OrdinaryFunction>() && prototype.is_some_and(|prototype| prototype.writable() == Some(false)) {
        let name = if name.is_empty() { "(anonymous)" } else { &name };
        let of = look.constructor.as_ref().filter(|name| *name != "Function").map(|name| format!(" [{name}]")).unwrap_or_default();
        let parent = match object.prototype() {
            None => " extends [null prototype]".into(),
            Some(parent) => {
                stored_text(&parent, "name").filter(|name| !name.is_empty()).map(|name| format!(" extends {name}")).unwrap_or_default()
            }
        };
        return format!("[class {name}{of}{}{parent}]", tag(look.constructor.as_ref()));
    }
    let constructors = context.intrinsics().constructors();
    let kinds = [
        (constructors.async_generator_function(), "AsyncGeneratorFunction"),
        (constructors.generator_function(), "GeneratorFunction"),
        (constructors.async_function(), "AsyncFunction"),
    ];
    let kind = kinds.into_iter().find(|(constructor, _)| inherits(object, &constructor.prototype())).map_or("Function", |(_, kind)| kind);
    let null = if look.constructor.is_none() { " (null prototype)" } else { "" };
    let name = if name.is_empty() { " (anonymous)".into() } else { format!(": {name}") };
    let of = look.constructor.as_ref().filter(|name| *name != kind).map(|name| format!(" {name}")).unwrap_or_default();
    format!("[{kind}{null}{name}]{of}{}", tag(look.constructor.as_ref()))
}

fn regexp(object: &JsObject, context: &mut Context) -> String {
    let Ok(regexp) = JsRegExp::from_object(object.clone()) else { return String::new() };
    format!("/{}/{}", regexp.source(context).unwrap_or_default(), flags(object, context))
}

/// The flags of a regular expression.
pub(crate) fn flags(object: &JsObject, context: &mut Context) -> String {
    let Ok(regexp) = JsRegExp::from_object(object.clone()) else { return String::new() };
    let unicode_sets = bindings(context).originals.unicode_sets.clone();
    let unicode_sets = unicode_sets.call(&object.clone().into(), &[], context).is_ok_and(|is| is.to_boolean());
    // `flags` itself would ask the properties, which a script can replace.
    let flags = [
        (regexp.has_indices(context), 'd'),
        (regexp.global(context), 'g'),
        (regexp.ignore_case(context), 'i'),
        (regexp.multiline(context), 'm'),
        (regexp.dot_all(context), 's'),
        (regexp.unicode(context), 'u'),
        (Ok(unicode_sets), 'v'),
        (regexp.sticky(context), 'y'),
    ];
    flags.into_iter().filter(|(has, _)| matches!(has, Ok(true))).map(|(_, flag)| flag).collect()
}

fn date(object: &JsObject, context: &mut Context) -> String {
    let iso = JsDate::from_object(object.clone()).and_then(|date| date.to_iso_string(context));
    iso.ok().and_then(|iso| iso.as_string()).map_or_else(|| "Invalid Date".into(), |iso| iso.to_std_string_lossy())
}

fn boxed(object: &JsObject) -> Option<(&'static str, JsValue)> {
    if let Some(value) = object.downcast_ref::<f64>() {
        return Some(("Number", JsValue::from(*value)));
    }
    if let Some(value) = object.downcast_ref::<bool>() {
        return Some(("Boolean", JsValue::from(*value)));
    }
    if let Some(value) = object.downcast_ref::<JsString>() {
        return Some(("String", JsValue::from(value.clone())));
    }
    if let Some(value) = object.downcast_ref::<JsBigInt>() {
        return Some(("BigInt", JsValue::from(value.clone())));
    }
    object.downcast_ref::<JsSymbol>().map(|value| ("Symbol", JsValue::from(value.clone())))
}

fn without_indices(look: &mut Look) {
    look.keys.retain(|key| !matches!(key, PropertyKey::Index(_)));
}

/// The indices that an array has, ascending.
pub(super) fn indices(array: &JsObject, context: &mut Context) -> Vec<u64> {
    let keys = array.own_property_keys(context).unwrap_or_default();
    keys.into_iter().filter_map(|key| if let PropertyKey::Index(index) = key { Some(u64::from(index.get())) } else { None }).collect()
}

/// A buffer's content and length.
pub(super) fn bytes(bytes: Option<&[u8]>, limit: usize) -> Vec<String> {
    let Some(bytes) = bytes else { return vec!["(detached)".into(), "byteLength: 0".into()] };
    let mut shown: Vec<_> = bytes.iter().take(limit).map(|byte| format!("{byte:02x}")).collect();
    shown.extend(more(bytes.len().saturating_sub(limit) as u64, "byte"));
    vec![format!("[Uint8Contents]: <{}>", shown.join(" ")), format!("byteLength: {}", bytes.len())]
}
