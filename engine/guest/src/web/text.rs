//! Strings of a script: searched, cut and converted without the methods of `String.prototype`.

use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, native_function::NativeFunctionPointer};

use super::bytes;
use crate::errors::type_error;

pub(super) const TOOLS: [(&str, NativeFunctionPointer); 15] = [
    ("usv", usv),
    ("byteString", byte_string),
    ("lower", |_, arguments, _| Ok(mapped(arguments, |unit| if unit < 128 { (unit as u8).to_ascii_lowercase().into() } else { unit }))),
    ("upper", |_, arguments, _| Ok(mapped(arguments, |unit| if unit < 128 { (unit as u8).to_ascii_uppercase().into() } else { unit }))),
    ("indexOf", index_of),
    ("slice", slice),
    ("codeAt", code_at),
    ("trimHttp", trim_http),
    ("isToken", is_token),
    ("isReasonPhrase", is_reason_phrase),
    ("nativeEndings", native_endings),
    ("unsignedShort", unsigned_short),
    ("integer", integer),
    ("utf8", utf8),
    ("fromUtf8", from_utf8),
];

/// A string that our own source gave.
pub(super) fn string(arguments: &[JsValue], at: usize) -> JsString {
    arguments.get_or_undefined(at).as_string().expect("our sources give a string")
}

fn number(arguments: &[JsValue], at: usize, default: usize) -> usize {
    arguments.get_or_undefined(at).as_number().map_or(default, |number| number.max(0.0) as usize)
}

/// Web IDL's `USVString`: surrogates that stand alone become U+FFFD.
fn usv(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = arguments.get_or_undefined(0).to_string(context)?;
    if text.to_std_string().is_ok() {
        return Ok(text.into());
    }
    Ok(JsString::from(text.to_std_string_lossy()).into())
}

/// Web IDL's `ByteString`.
fn byte_string(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = arguments.get_or_undefined(0).to_string(context)?;
    if text.iter().any(|unit| unit > 255) {
        return Err(type_error("the text has a character above U+00FF, which a byte string cannot hold".to_owned()));
    }
    Ok(text.into())
}

fn mapped(arguments: &[JsValue], map: impl Fn(u16) -> u16) -> JsValue {
    let text = string(arguments, 0);
    let units: Vec<u16> = text.iter().map(map).collect();
    JsString::from(&units[..]).into()
}

/// `indexOf(text, wanted, from?)`: -1 when it is not there.
fn index_of(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let found = string(arguments, 0).index_of(string(arguments, 1).as_str(), number(arguments, 2, 0));
    Ok(found.map_or(JsValue::from(-1), JsValue::from))
}

/// `slice(text, from, to?)`, no bound negative.
fn slice(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let text = string(arguments, 0);
    let to = number(arguments, 2, text.len()).min(text.len());
    let from = number(arguments, 1, 0).min(to);
    Ok(text.get_expect(from..to).into())
}

/// `codeAt(text, at)`: -1 beyond the end.
fn code_at(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let unit = string(arguments, 0).code_unit_at(number(arguments, 1, 0));
    Ok(unit.map_or(JsValue::from(-1), |unit| JsValue::from(i32::from(unit))))
}

/// Without HTTP's white space at both ends.
fn trim_http(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let text = string(arguments, 0);
    let white = |unit: u16| matches!(unit, 0x09 | 0x0a | 0x0d | 0x20);
    let from = text.iter().position(|unit| !white(unit)).unwrap_or(text.len());
    let to = text.iter().enumerate().filter(|(_, unit)| !white(*unit)).last().map_or(0, |(at, _)| at + 1);
    Ok(if from < to { text.get_expect(from..to).into() } else { JsString::default().into() })
}

/// Whether a text is an HTTP token.
fn is_token(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let text = string(arguments, 0);
    let token = |unit: u16| u8::try_from(unit).is_ok_and(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte));
    Ok((!text.is_empty() && text.iter().all(token)).into())
}

/// Whether HTTP allows a text behind a status.
fn is_reason_phrase(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let allowed = |unit: u16| matches!(unit, 0x09 | 0x20..=0x7e | 0x80..=0xff);
    Ok(string(arguments, 0).iter().all(allowed).into())
}

/// Every line end as LF.
fn native_endings(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let text = string(arguments, 0).to_std_string_lossy();
    Ok(JsString::from(text.replace("\r\n", "\n").replace('\r', "\n")).into())
}

/// Web IDL's `unsigned short`.
fn unsigned_short(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    arguments.get_or_undefined(0).to_uint16(context).map(|number| JsValue::from(u32::from(number)))
}

/// Web IDL's `long long`, as far as numbers hold it.
fn integer(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let number = arguments.get_or_undefined(0).to_number(context)?;
    Ok(if number.is_finite() { number.trunc() + 0.0 } else { 0.0 }.into())
}

/// The UTF-8 of a text, as a `Uint8Array`; surrogates that stand alone become U+FFFD.
fn utf8(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = string(arguments, 0).to_std_string_lossy();
    bytes::array(text.as_bytes(), context)
}

/// Text of UTF-8, without a byte order mark, malformed parts replaced.
fn from_utf8(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let span = bytes::span(arguments.get_or_undefined(0), context)?.expect("our sources give bytes");
    let text = span.read(|bytes| {
        let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
        JsString::from(&*String::from_utf8_lossy(bytes))
    })?;
    Ok(text.into())
}
