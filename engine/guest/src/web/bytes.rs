//! Bytes of a script's buffers.

use boa_engine::{
    Context, JsArgs, JsError, JsObject, JsResult, JsValue,
    builtins::{
        array_buffer::{ArrayBuffer, SharedArrayBuffer},
        dataview::DataView,
        typed_array::{TypedArray, TypedArrayKind},
    },
    native_function::NativeFunctionPointer,
    object::builtins::{AlignedVec, JsArrayBuffer, JsDataView, JsTypedArray, JsUint8Array},
};

use super::tools::record;
use crate::errors::type_error;

pub(super) const TOOLS: [(&str, NativeFunctionPointer); 10] = [
    ("isView", is_view),
    ("isBuffer", is_buffer),
    ("isBufferSource", is_buffer_source),
    ("layout", layout),
    ("copyBytes", copy_bytes),
    ("newBytes", new_bytes),
    ("newView", new_view),
    ("concatBytes", concat_bytes),
    ("transfer", transfer),
    ("writeBytes", write_bytes),
];

/// Where the bytes of a view or a buffer lie.
pub(super) struct Span {
    pub(super) buffer: JsObject,
    pub(super) offset: usize,
    pub(super) length: usize,
}

/// The span of a typed array, a `DataView` or a buffer; none for other values. A detached buffer's is empty.
pub(super) fn span(value: &JsValue, context: &mut Context) -> JsResult<Option<Span>> {
    let Some(object) = value.as_object() else { return Ok(None) };
    if object.is::<TypedArray>() {
        let array = JsTypedArray::from_object(object)?;
        let buffer = array.buffer(context)?.as_object().expect("a typed array has a buffer");
        let (offset, length) = (array.byte_offset(context)?, array.byte_length(context)?);
        return Ok(Some(Span { buffer, offset, length }));
    }
    if object.is::<DataView>() {
        let view = JsDataView::from_object(object)?;
        let buffer = view.buffer(context)?.as_object().expect("a view has a buffer");
        // Those of a view whose buffer is gone throw.
        let (offset, length) = (view.byte_offset(context).unwrap_or(0), view.byte_length(context).unwrap_or(0));
        return Ok(Some(Span { buffer, offset: offset as usize, length: length as usize }));
    }
    let length = match (object.downcast_ref::<ArrayBuffer>(), object.downcast_ref::<SharedArrayBuffer>()) {
        (Some(buffer), _) => buffer.data().map_or(0, <[u8]>::len),
        (_, Some(_)) => return Err(shared()),
        _ => return Ok(None),
    };
    Ok(Some(Span { buffer: object, offset: 0, length }))
}

fn shared() -> JsError {
    type_error("a SharedArrayBuffer is not allowed here".to_owned())
}

impl Span {
    /// Looks at the bytes.
    pub(super) fn read<T>(&self, look: impl FnOnce(&[u8]) -> T) -> JsResult<T> {
        let Some(buffer) = self.buffer.downcast_ref::<ArrayBuffer>() else { return Err(shared()) };
        Ok(look(buffer.data().and_then(|data| data.get(self.offset..self.offset + self.length)).unwrap_or_default()))
    }

    /// Writes as much of `bytes` as there is room for.
    pub(super) fn write(&self, bytes: &[u8]) -> JsResult<()> {
        let buffer = JsArrayBuffer::from_object(self.buffer.clone()).map_err(|_| shared())?;
        let Some(mut data) = buffer.data_mut() else { return Ok(()) };
        if let Some(room) = data.get_mut(self.offset..self.offset + self.length) {
            let length = room.len().min(bytes.len());
            room[..length].copy_from_slice(&bytes[..length]);
        }
        Ok(())
    }
}

/// A copy of the bytes of a buffer source.
pub(super) fn copied(value: &JsValue, context: &mut Context) -> JsResult<Vec<u8>> {
    let span = span(value, context)?.ok_or_else(|| type_error("an ArrayBuffer, a typed array or a DataView is wanted".to_owned()))?;
    span.read(<[u8]>::to_vec)
}

/// A new `ArrayBuffer`.
pub(super) fn buffer(bytes: &[u8], context: &mut Context) -> JsResult<JsArrayBuffer> {
    JsArrayBuffer::from_byte_block(AlignedVec::from_slice(0, bytes), context)
}

/// A new `Uint8Array` with a buffer of its own.
pub(super) fn array(bytes: &[u8], context: &mut Context) -> JsResult<JsValue> {
    let buffer = buffer(bytes, context)?;
    Ok(JsUint8Array::from_array_buffer(buffer, context)?.into())
}

fn is_view(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let object = arguments.get_or_undefined(0).as_object();
    Ok(object.is_some_and(|object| object.is::<TypedArray>() || object.is::<DataView>()).into())
}

fn is_buffer(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(arguments.get_or_undefined(0).as_object().is_some_and(|object| object.is::<ArrayBuffer>()).into())
}

fn is_buffer_source(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let object = arguments.get_or_undefined(0).as_object();
    Ok(object.is_some_and(|object| object.is::<TypedArray>() || object.is::<DataView>() || object.is::<ArrayBuffer>()).into())
}

/// `layout(source)`: `{buffer, offset, length, kind, size}` of a buffer source; `kind` is the name of its constructor, `size` that of an element.
fn layout(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = arguments.get_or_undefined(0);
    let Some(span) = span(value, context)? else { return Err(type_error("a buffer or a view is wanted".to_owned())) };
    let object = value.as_object().expect("a buffer source is an object");
    let kind = object.downcast_ref::<TypedArray>().map(|array| array.kind());
    let (kind, size) = match kind {
        Some(kind) => (boa_engine::JsString::from(name(kind).0), name(kind).1),
        None => (boa_engine::js_string!("DataView"), 1.0),
    };
    let detached = JsArrayBuffer::from_object(span.buffer.clone()).is_ok_and(|buffer| buffer.data().is_none());
    let fields = [
        ("buffer", JsValue::from(span.buffer)),
        ("offset", span.offset.into()),
        ("length", span.length.into()),
        ("kind", kind.into()),
        ("size", size.into()),
        ("detached", detached.into()),
    ];
    record(fields, context)
}

/// The name of a view's constructor, and the bytes of an element.
pub(super) fn kind(view: &JsObject) -> (boa_engine::JsString, usize) {
    let kind = view.downcast_ref::<TypedArray>().map(|array| array.kind());
    kind.map_or((boa_engine::js_string!("DataView"), 1), |kind| (name(kind).0.into(), name(kind).1 as usize))
}

/// The name of a kind's constructor, and the bytes of an element.
fn name(kind: TypedArrayKind) -> (&'static str, f64) {
    match kind {
        TypedArrayKind::Int8 => ("Int8Array", 1.0),
        TypedArrayKind::Uint8 => ("Uint8Array", 1.0),
        TypedArrayKind::Uint8Clamped => ("Uint8ClampedArray", 1.0),
        TypedArrayKind::Int16 => ("Int16Array", 2.0),
        TypedArrayKind::Uint16 => ("Uint16Array", 2.0),
        TypedArrayKind::Float16 => ("Float16Array", 2.0),
        TypedArrayKind::Int32 => ("Int32Array", 4.0),
        TypedArrayKind::Uint32 => ("Uint32Array", 4.0),
        TypedArrayKind::Float32 => ("Float32Array", 4.0),
        TypedArrayKind::BigInt64 => ("BigInt64Array", 8.0),
        TypedArrayKind::BigUint64 => ("BigUint64Array", 8.0),
        TypedArrayKind::Float64 => ("Float64Array", 8.0),
    }
}

/// `copyBytes(source, from?, to?)`: a new `Uint8Array` with these bytes.
fn copy_bytes(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bytes = copied(arguments.get_or_undefined(0), context)?;
    let bound = |at: usize, default: usize| arguments.get_or_undefined(at).as_number().map_or(default, |n| n as usize).min(bytes.len());
    let (from, to) = (bound(1, 0), bound(2, bytes.len()));
    let range = bytes.get(from..to).unwrap_or_default().to_vec();
    array(&range, context)
}

/// `newBytes(buffer, offset, length)`: a `Uint8Array` on a buffer; `newBytes(length)`: a new one.
fn new_bytes(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let constructor = context.intrinsics().constructors().typed_uint8_array().constructor();
    Ok(constructor.construct(arguments, None, context)?.into())
}

/// `newView(kind, buffer, offset, length)`: a view of the kind that `layout` told.
pub(super) fn new_view(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let kind = super::text::string(arguments, 0).to_std_string_lossy();
    let all = context.intrinsics().constructors();
    let constructor = match &*kind {
        "Int8Array" => all.typed_int8_array(),
        "Uint8Array" => all.typed_uint8_array(),
        "Uint8ClampedArray" => all.typed_uint8clamped_array(),
        "Int16Array" => all.typed_int16_array(),
        "Uint16Array" => all.typed_uint16_array(),
        "Float16Array" => all.typed_float16_array(),
        "Int32Array" => all.typed_int32_array(),
        "Uint32Array" => all.typed_uint32_array(),
        "Float32Array" => all.typed_float32_array(),
        "BigInt64Array" => all.typed_bigint64_array(),
        "BigUint64Array" => all.typed_biguint64_array(),
        "Float64Array" => all.typed_float64_array(),
        "DataView" => all.data_view(),
        other => unreachable!("no view is a {other}"),
    };
    let constructor = constructor.constructor();
    Ok(constructor.construct(&arguments[1..], None, context)?.into())
}

/// `concatBytes(array)`: one `Uint8Array` of all in an array of ours.
fn concat_bytes(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let list = boa_engine::object::builtins::JsArray::from_object(super::tools::object(arguments, 0))?;
    let mut all = Vec::new();
    for at in 0..list.length(context)? {
        let part = list.get(at, context)?;
        let span = span(&part, context)?.expect("our sources give bytes");
        span.read(|bytes| all.extend_from_slice(bytes))?;
    }
    array(&all, context)
}

/// `transfer(view)`: a view like it on a buffer that takes over the bytes of its own, which is detached.
fn transfer(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let value = arguments.get_or_undefined(0);
    let Some(span) = span(value, context)? else { return Err(type_error("a view is wanted".to_owned())) };
    let buffer = JsArrayBuffer::from_object(span.buffer).map_err(|_| shared())?;
    let bytes = buffer.detach(&JsValue::undefined())?;
    let buffer = JsArrayBuffer::from_byte_block(bytes, context)?;
    Ok(buffer.into())
}

/// `writeBytes(target, offset, source, from, count)`: copies bytes from one buffer source to another.
fn write_bytes(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let number = |at: usize| arguments.get_or_undefined(at).as_number().expect("our sources give a number") as usize;
    let source = span(arguments.get_or_undefined(2), context)?.expect("our sources give bytes");
    let (offset, from, count) = (number(1), number(3), number(4));
    let bytes = source.read(|bytes| bytes.get(from..from + count).unwrap_or_default().to_vec())?;
    let target = span(arguments.get_or_undefined(0), context)?.expect("our sources give bytes");
    let room = Span { buffer: target.buffer, offset: target.offset + offset, length: target.length.saturating_sub(offset).min(count) };
    room.write(&bytes)?;
    Ok(JsValue::undefined())
}
