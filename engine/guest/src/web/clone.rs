//! `structuredClone`: <https://html.spec.whatwg.org/multipage/structured-data.html>. Works through a list of what is left to do, so that no depth of
//! nesting uses up the stack.

use std::collections::HashMap;

use boa_engine::{
    Context, JsArgs, JsBigInt, JsError, JsObject, JsResult, JsString, JsValue,
    builtins::{array_buffer::ArrayBuffer, dataview::DataView, date::Date, error::Error, regexp::RegExp, typed_array::TypedArray},
    js_string,
    object::builtins::{JsArray, JsArrayBuffer, JsDate, JsMap, JsRegExp, JsSet},
    property::PropertyKey,
};

use super::{bytes, exception, export, need};
use crate::errors::type_error;

/// `structuredClone(value, options)`.
pub(super) fn structured_clone(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    need(arguments, 1, "structuredClone")?;
    let transfer = transfer_list(arguments.get_or_undefined(1), context)?;
    let (mut clone, mut transferred) = (Clone::default(), Vec::new());
    for buffer in &transfer {
        let Ok(original) = JsArrayBuffer::from_object(buffer.clone()) else {
            return Err(refused("a value of the transfer list cannot be transferred", context));
        };
        if original.data().is_none() {
            return Err(refused("a buffer of the transfer list is detached", context));
        }
        if clone.seen.contains_key(&address(buffer)) {
            return Err(refused("the transfer list names a buffer twice", context));
        }
        // The original is detached at the end: an error leaves everything as it was.
        let copy = bytes::buffer(&original.to_vec().unwrap_or_default(), context)?;
        clone.remember(buffer, &copy.into());
        transferred.push(original);
    }
    let value = clone.value(arguments.get_or_undefined(0), context)?;
    while let Some(task) = clone.tasks.pop() {
        clone.work(task, context)?;
    }
    for buffer in transferred {
        buffer.detach(&JsValue::undefined())?;
    }
    Ok(value)
}

/// The buffers of `{transfer: [...]}`.
fn transfer_list(options: &JsValue, context: &mut Context) -> JsResult<Vec<JsObject>> {
    if options.is_null_or_undefined() {
        return Ok(Vec::new());
    }
    let options = options.as_object().ok_or_else(|| type_error("the options of structuredClone must be an object".to_owned()))?;
    let list = options.get(js_string!("transfer"), context)?;
    if list.is_undefined() {
        return Ok(Vec::new());
    }
    let sequence = super::tool("sequence", context)?;
    let list = sequence.call(&JsValue::undefined(), &[list], context)?.as_object().expect("our source gives an array");
    let list = super::tools::elements(&list, context)?;
    list.into_iter().map(|item| item.as_object().ok_or_else(|| type_error("only objects can be transferred".to_owned()))).collect()
}

fn refused(what: &str, context: &mut Context) -> JsError {
    exception("DataCloneError", what, context)
}

/// Objects are told apart by where they lie; `Clone` holds all that it has seen, so that none moves away.
fn address(object: &JsObject) -> usize {
    std::ptr::from_ref(object.as_ref()).cast::<u8>() as usize
}

/// The value in an object made by `Object(value)`; not that of a symbol's, which no clone is made of.
fn boxed(object: &JsObject) -> Option<JsValue> {
    if let Some(value) = object.downcast_ref::<f64>() {
        return Some(JsValue::from(*value));
    }
    if let Some(value) = object.downcast_ref::<bool>() {
        return Some(JsValue::from(*value));
    }
    if let Some(value) = object.downcast_ref::<JsString>() {
        return Some(JsValue::from(value.clone()));
    }
    object.downcast_ref::<JsBigInt>().map(|value| JsValue::from(value.clone()))
}

/// A copy of an object of our own classes, if it has one: blobs and files.
fn of_ours(object: &JsObject, context: &mut Context) -> JsResult<Option<JsObject>> {
    let clone = export("fetch", "on", context)?.as_object().expect("an object of ours").get(js_string!("clone"), context)?;
    let clone = clone.as_callable().expect("a function of ours");
    Ok(clone.call(&JsValue::undefined(), &[object.clone().into()], context)?.as_object())
}

#[derive(Default)]
struct Clone {
    seen: HashMap<usize, JsObject>,
    held: Vec<JsObject>,
    tasks: Vec<Task>,
}

enum Task {
    Properties(JsObject, JsObject),
    Map(Vec<(JsValue, JsValue)>, JsMap),
    Set(Vec<JsValue>, JsSet),
}

impl Clone {
    fn remember(&mut self, original: &JsObject, copy: &JsObject) {
        self.seen.insert(address(original), copy.clone());
        self.held.push(original.clone());
    }

    fn value(&mut self, value: &JsValue, context: &mut Context) -> JsResult<JsValue> {
        if value.is_symbol() {
            return Err(refused("a symbol cannot be cloned", context));
        }
        let Some(object) = value.as_object() else { return Ok(value.clone()) };
        if let Some(copy) = self.seen.get(&address(&object)) {
            return Ok(copy.clone().into());
        }
        let copy = self.object(&object, context)?;
        self.remember(&object, &copy);
        Ok(copy.into())
    }

    /// A copy of an object, without what it holds: that is another task.
    fn object(&mut self, object: &JsObject, context: &mut Context) -> JsResult<JsObject> {
        if object.is_callable() {
            return Err(refused("a function cannot be cloned", context));
        }
        if let Some(primitive) = boxed(object) {
            return primitive.to_object(context);
        }
        if object.is::<Date>() {
            let time = JsDate::from_object(object.clone())?.get_time(context)?;
            let constructor = context.intrinsics().constructors().date().constructor();
            return constructor.construct(&[time], None, context);
        }
        if object.is::<RegExp>() {
            let expression = JsRegExp::from_object(object.clone())?;
            let (source, flags) = (expression.source(context)?, crate::console::flags(object, context));
            return Ok(JsRegExp::new(JsString::from(source), JsString::from(flags), context)?.into());
        }
        if object.is::<ArrayBuffer>() {
            let copy = JsArrayBuffer::from_object(object.clone())?.to_vec();
            let Some(copy) = copy else { return Err(refused("a detached buffer cannot be cloned", context)) };
            return Ok(bytes::buffer(&copy, context)?.into());
        }
        if object.is::<TypedArray>() || object.is::<DataView>() {
            return self.view(object, context);
        }
        if let Ok(map) = JsMap::from_object(object.clone()) {
            let mut entries = Vec::new();
            map.for_each_native(|key, value| {
                entries.push((key, value));
                Ok(())
            })?;
            let copy = JsMap::new(context);
            self.tasks.push(Task::Map(entries, copy.clone()));
            return Ok(copy.into());
        }
        if let Ok(set) = JsSet::from_object(object.clone()) {
            let mut items = Vec::new();
            set.for_each_native(|item| {
                items.push(item);
                Ok(())
            })?;
            let copy = JsSet::new(context);
            self.tasks.push(Task::Set(items, copy.clone()));
            return Ok(copy.into());
        }
        if object.is::<Error>() {
            return self.error(object, context);
        }
        if super::is_platform_object(object, context) {
            return of_ours(object, context)?.ok_or_else(|| refused("this object cannot be cloned", context));
        }
        let is_array = object.is_array();
        if !is_array && !object.is_ordinary() {
            return Err(refused("this object cannot be cloned", context));
        }
        let copy: JsObject = if is_array {
            let length = object.get(js_string!("length"), context)?;
            let copy = JsArray::new(context)?;
            copy.set(js_string!("length"), length, true, context)?;
            copy.into()
        } else {
            JsObject::with_object_proto(context.intrinsics())
        };
        self.tasks.push(Task::Properties(object.clone(), copy.clone()));
        Ok(copy)
    }

    fn view(&mut self, object: &JsObject, context: &mut Context) -> JsResult<JsObject> {
        let Some(span) = bytes::span(&object.clone().into(), context)? else { unreachable!("a view") };
        let buffer = self.value(&span.buffer.clone().into(), context)?.as_object().expect("a buffer's copy");
        let (kind, size) = bytes::kind(object);
        let length = span.length / size;
        let arguments = [kind.into(), buffer.into(), span.offset.into(), length.into()];
        Ok(bytes::new_view(&JsValue::undefined(), &arguments, context)?.as_object().expect("a view"))
    }

    fn error(&mut self, object: &JsObject, context: &mut Context) -> JsResult<JsObject> {
        let name = object.get(js_string!("name"), context)?.to_string(context)?;
        if super::is_platform_object(object, context) {
            let message = object.get(js_string!("message"), context)?.to_string(context)?;
            let class = export("events", "DOMException", context)?.as_object().expect("a class");
            return class.construct(&[message.into(), name.into()], None, context);
        }
        let all = context.intrinsics().constructors();
        let class = match &*name.to_std_string_lossy() {
            "EvalError" => all.eval_error(),
            "RangeError" => all.range_error(),
            "ReferenceError" => all.reference_error(),
            "SyntaxError" => all.syntax_error(),
            "TypeError" => all.type_error(),
            "URIError" => all.uri_error(),
            _ => all.error(),
        };
        let copy = class.constructor().construct(&[], None, context)?;
        let own = |key: &str| object.borrow().properties().get(&PropertyKey::from(JsString::from(key)));
        if let Some(message) = own("message").and_then(|property| property.value().cloned()) {
            let message = message.to_string(context)?;
            copy.define_property_or_throw(js_string!("message"), super::hidden(message.into()), context)?;
        }
        if let Some(cause) = own("cause").and_then(|property| property.value().cloned()) {
            self.remember(object, &copy);
            let cause = self.value(&cause, context)?;
            copy.define_property_or_throw(js_string!("cause"), super::hidden(cause), context)?;
        }
        Ok(copy)
    }

    fn work(&mut self, task: Task, context: &mut Context) -> JsResult<()> {
        match task {
            Task::Properties(from, to) => {
                for key in from.own_property_keys(context)? {
                    if matches!(key, PropertyKey::Symbol(_)) {
                        continue;
                    }
                    let property = from.borrow().properties().get(&key);
                    let enumerable = property.as_ref().is_none_or(|property| property.enumerable().unwrap_or(false));
                    if !enumerable {
                        continue;
                    }
                    let value = from.get(key.clone(), context)?;
                    let value = self.value(&value, context)?;
                    to.create_data_property_or_throw(key, value, context)?;
                }
            }
            Task::Map(entries, copy) => {
                for (key, value) in entries {
                    let (key, value) = (self.value(&key, context)?, self.value(&value, context)?);
                    copy.set(key, value, context)?;
                }
            }
            Task::Set(items, copy) => {
                for item in items {
                    let item = self.value(&item, context)?;
                    copy.add(item, context)?;
                }
            }
        }
        Ok(())
    }
}
