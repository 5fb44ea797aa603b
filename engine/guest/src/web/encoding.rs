//! Text in every encoding of the web, by `encoding_rs`: <https://encoding.spec.whatwg.org>; `atob` and `btoa`.

use std::cell::RefCell;

use boa_engine::{Context, Finalize, JsArgs, JsData, JsObject, JsResult, JsString, JsValue, Trace, native_function::NativeFunctionPointer};
use encoding_rs::{Decoder, DecoderResult, Encoding, REPLACEMENT};

use super::{
    bytes,
    text::string,
    tools::{object, record},
};

pub(super) const TOOLS: [(&str, NativeFunctionPointer); 4] =
    [("encodingName", encoding_name), ("newDecoder", new_decoder), ("decode", decode), ("encodeInto", encode_into)];

#[derive(Trace, Finalize, JsData)]
struct Decoding(#[unsafe_ignore_trace] RefCell<Decoder>);

/// `encodingName(label)`: the name of its encoding in lower case, or null.
fn encoding_name(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let label = string(arguments, 0).to_std_string_lossy();
    let encoding = Encoding::for_label(label.as_bytes()).filter(|encoding| *encoding != REPLACEMENT);
    Ok(encoding.map_or(JsValue::null(), |encoding| JsString::from(encoding.name().to_ascii_lowercase()).into()))
}

/// `newDecoder(name, ignoreBOM)`.
fn new_decoder(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let name = string(arguments, 0).to_std_string_lossy();
    let encoding = Encoding::for_label(name.as_bytes()).expect("a name that `encodingName` gave");
    let keeps = arguments.get_or_undefined(1).to_boolean();
    let decoder = if keeps { encoding.new_decoder_without_bom_handling() } else { encoding.new_decoder_with_bom_removal() };
    Ok(JsObject::from_proto_and_data(None, Decoding(RefCell::new(decoder))).into())
}

/// `decode(decoder, bytes or undefined, last, fatal)`: text, or null where it is malformed and that is fatal.
fn decode(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    /// Code units decoded at a time.
    const STEP: usize = 4096;
    let decoder = object(arguments, 0);
    let decoder = decoder.downcast_ref::<Decoding>().expect("our sources give a decoder");
    let decoder = &mut *decoder.0.borrow_mut();
    let input = arguments.get_or_undefined(1);
    let input = if input.is_undefined() { Vec::new() } else { bytes::copied(input, context)? };
    let (last, fatal) = (arguments.get_or_undefined(2).to_boolean(), arguments.get_or_undefined(3).to_boolean());
    let mut text: Vec<u16> = Vec::with_capacity(input.len());
    let mut room = [0_u16; STEP];
    let mut rest = &input[..];
    loop {
        let (result, read, written) = decoder.decode_to_utf16_without_replacement(rest, &mut room, last);
        rest = &rest[read..];
        text.extend_from_slice(&room[..written]);
        match result {
            DecoderResult::InputEmpty => break,
            DecoderResult::OutputFull => {}
            DecoderResult::Malformed(..) if fatal => return Ok(JsValue::null()),
            DecoderResult::Malformed(..) => text.push(0xfffd),
        }
    }
    Ok(JsString::from(&text[..]).into())
}

/// `encodeInto(text, target)`: `{read, written}`.
fn encode_into(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = string(arguments, 0);
    let span = bytes::span(arguments.get_or_undefined(1), context)?.expect("our sources give bytes");
    let (mut read, mut written) = (0_usize, Vec::new());
    for c in char::decode_utf16(text.iter()) {
        let (c, units) = c.map_or(('\u{fffd}', 1), |c| (c, c.len_utf16()));
        if written.len() + c.len_utf8() > span.length {
            break;
        }
        read += units;
        written.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    }
    span.write(&written)?;
    record([("read", read.into()), ("written", written.len().into())], context)
}
