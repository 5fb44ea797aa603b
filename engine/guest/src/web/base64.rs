//! `atob` and `btoa`: <https://infra.spec.whatwg.org/#forgiving-base64>.

use boa_engine::{Context, JsArgs, JsResult, JsString, JsValue, native_function::NativeFunctionPointer};

use super::{bytes, exception, need, text::string};

/// Tools for keys.
pub(super) const TOOLS: [(&str, NativeFunctionPointer); 3] = [("toBase64Url", to_url), ("fromBase64Url", from_url), ("byte", byte)];

const DIGITS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

/// `btoa(text)`.
pub(super) fn btoa(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    need(arguments, 1, "btoa")?;
    let text = arguments.get_or_undefined(0).to_string(context)?;
    let Some(bytes) = text.iter().map(|unit| u8::try_from(unit).ok()).collect::<Option<Vec<u8>>>() else {
        return Err(exception("InvalidCharacterError", "btoa takes no character above U+00FF", context));
    };
    Ok(JsString::from(encoded(&bytes)).into())
}

fn encoded(bytes: &[u8]) -> String {
    let mut encoded = String::with_capacity(bytes.len().div_ceil(3) * 4);
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().chain(&[0; 2]).take(3).fold(0_u32, |bits, byte| bits << 8 | u32::from(*byte));
        for at in 0..4 {
            let digit = DIGITS[(bits >> (18 - 6 * at)) as usize & 63];
            encoded.push(if at <= chunk.len() { char::from(digit) } else { '=' });
        }
    }
    encoded
}

/// `atob(text)`.
pub(super) fn atob(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    need(arguments, 1, "atob")?;
    let text = arguments.get_or_undefined(0).to_string(context)?;
    match decoded(text.iter()) {
        Some(bytes) => Ok(JsString::from(&bytes.into_iter().map(u16::from).collect::<Vec<u16>>()[..]).into()),
        None => Err(exception("InvalidCharacterError", "the text is no base64", context)),
    }
}

fn decoded(text: impl Iterator<Item = u16>) -> Option<Vec<u8>> {
    let mut digits: Vec<u16> = text.filter(|unit| !matches!(unit, 0x09 | 0x0a | 0x0c | 0x0d | 0x20)).collect();
    if digits.len().is_multiple_of(4) {
        for _ in 0..2 {
            if digits.last() == Some(&u16::from(b'=')) {
                digits.pop();
            }
        }
    }
    if digits.len() % 4 == 1 {
        return None;
    }
    let (mut bytes, mut bits, mut count) = (Vec::with_capacity(digits.len() * 3 / 4), 0_u32, 0);
    for digit in digits {
        let value = DIGITS.iter().position(|known| u16::from(*known) == digit)?;
        bits = (bits << 6 | value as u32) & 0xff_ffff;
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count) as u8);
        }
    }
    Some(bytes)
}

/// `toBase64Url(bytes)`: without padding, as JSON Web Keys hold bytes.
fn to_url(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bytes = bytes::copied(arguments.get_or_undefined(0), context)?;
    let text = encoded(&bytes).replace('+', "-").replace('/', "_");
    Ok(JsString::from(text.trim_end_matches('=')).into())
}

/// `fromBase64Url(text)`: bytes, or null where the text is none.
fn from_url(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = string(arguments, 0).to_std_string_lossy();
    let digits = text.bytes().map(|byte| match byte {
        b'-' => b'+',
        b'_' => b'/',
        b'+' | b'/' | b'=' | b' ' => b'!',
        other => other,
    });
    let bytes = decoded(digits.map(u16::from));
    bytes.map_or(Ok(JsValue::null()), |bytes| bytes::array(&bytes, context))
}

/// `byte(number)`: a `Uint8Array` of one.
fn byte(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    bytes::array(&[arguments.get_or_undefined(0).as_number().unwrap_or(0.0) as u8], context)
}
