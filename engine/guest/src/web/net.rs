//! What `fetch` asks of the host.

use std::fmt::Write;

use ampoule_abi::CallRequest;
use boa_engine::{Context, JsArgs, JsResult, JsValue, native_function::NativeFunctionPointer};

use super::{
    bytes,
    text::string,
    tools::{elements, object, record},
};
use crate::{capabilities, quote::quote, realm::bindings};

pub(super) const TOOLS: [(&str, NativeFunctionPointer); 5] =
    [("netStart", start), ("netRead", read), ("netPush", push), ("netClose", close), ("netAbandon", abandon)];

/// Begins a call and gives `{id, promise}`; the promise is for `{value, body}`, an object of ours that no `then` of the script is looked for in.
fn begin(method: &str, args: &str, body: &[u8], context: &mut Context) -> JsResult<JsValue> {
    let give = |value, body, context: &mut Context| record([("value", value), ("body", body)], context);
    let (promise, id) = capabilities::begin(&CallRequest { method, args, body }, give, context);
    record([("id", id.into()), ("promise", promise.into())], context)
}

fn contents(arguments: &[JsValue], at: usize, context: &mut Context) -> JsResult<Vec<u8>> {
    bytes::span(arguments.get_or_undefined(at), context)?.map_or_else(|| Ok(Vec::new()), |span| span.read(<[u8]>::to_vec))
}

/// `netStart(method, url, headers, redirect, hasBody, upload, body)`: `upload` numbers a body that comes by `netPush`; 0 for one that is there.
fn start(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mut args = String::from("{\"method\":");
    quote(&string(arguments, 0), &mut args);
    args.push_str(",\"url\":");
    quote(&string(arguments, 1), &mut args);
    args.push_str(",\"headers\":[");
    for (at, pair) in elements(&object(arguments, 2), context)?.into_iter().enumerate() {
        let pair = elements(&pair.as_object().expect("our sources give pairs"), context)?;
        args.push_str(if at == 0 { "[" } else { ",[" });
        quote(&string(&pair, 0), &mut args);
        args.push(',');
        quote(&string(&pair, 1), &mut args);
        args.push(']');
    }
    args.push_str("],\"redirect\":");
    quote(&string(arguments, 3), &mut args);
    _ = write!(args, ",\"has_body\":{}", arguments.get_or_undefined(4).to_boolean());
    match number(arguments, 5) {
        0 => {}
        upload => _ = write!(args, ",\"upload\":{upload}"),
    }
    args.push('}');
    let body = contents(arguments, 6, context)?;
    begin("http.start", &args, &body, context)
}

/// `netRead(body, all)`: the next part of a response's body, and as value whether it is the last one; for whoever wants `all` of it, as large a part as there is.
fn read(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let args = format!("{{\"body\":{},\"all\":{}}}", number(arguments, 0), arguments.get_or_undefined(1).to_boolean());
    begin("http.read", &args, &[], context)
}

/// `netPush(upload, end, bytes)`.
fn push(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let args = format!("{{\"upload\":{},\"end\":{}}}", number(arguments, 0), arguments.get_or_undefined(1).to_boolean());
    let body = contents(arguments, 2, context)?;
    begin("http.push", &args, &body, context)
}

/// `netClose(body)`: nobody wants the rest, nor to know that it is closed.
fn close(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let request = CallRequest { method: "http.close", args: &body_of(arguments), body: &[] };
    bindings(context).operations.call(&request, Box::new(|_, _| Ok(())));
    Ok(JsValue::undefined())
}

/// `netAbandon(id)`: a call's promise never settles.
fn abandon(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    bindings(context).operations.abandon(number(arguments, 0) as u32);
    Ok(JsValue::undefined())
}

fn body_of(arguments: &[JsValue]) -> String {
    format!("{{\"body\":{}}}", number(arguments, 0))
}

fn number(arguments: &[JsValue], at: usize) -> u64 {
    arguments.get_or_undefined(at).as_number().map_or(0, |number| number as u64)
}
