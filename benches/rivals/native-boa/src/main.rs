//! Reads requests, a line each, and answers each with a line; every script in a fresh context.
//!
//! - `{"script", "input"}` runs the script's `main`: `{"cpu_ns", "value"}` or `{"error"}`.
//! - `{"evaluate"}` evaluates a script and what it leaves to do: `{"said"}`, what it gave to `console.log`, and with an error also `{"threw": {"name", "message"}}`.

use std::{
    cell::RefCell,
    io::{BufRead, Write},
};

use boa_engine::{
    Context, JsError, JsNativeError, JsResult, JsString, JsValue, NativeFunction, Source, builtins::promise::PromiseState, js_string,
    object::ObjectInitializer, object::builtins::JsPromise, property::Attribute,
};
use cpu_time::ThreadTime;
use serde_json::{Value, json};

fn main() {
    let (input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    for line in input.lines().map_while(Result::ok) {
        let request: Value = serde_json::from_str(&line).unwrap_or_default();
        let answer = match request["evaluate"].as_str() {
            Some(script) => evaluate(script),
            None => timed(&request),
        };
        if writeln!(output, "{answer}").and_then(|()| output.flush()).is_err() {
            return;
        }
    }
}

fn timed(request: &Value) -> Value {
    let started = ThreadTime::now();
    let mut context = Context::default();
    let result = run(request["script"].as_str().unwrap_or_default(), request["input"].as_str().unwrap_or_default(), &mut context)
        .map_err(|error| error.to_string());
    drop(context);
    let cpu_ns = started.elapsed().as_nanos() as u64;
    match result {
        Ok(value) => json!({"cpu_ns": cpu_ns, "value": value}),
        Err(error) => json!({"error": error}),
    }
}

thread_local! {
    static SAID: RefCell<Vec<String>> = const { RefCell::new(Vec::new()) };
}

fn evaluate(script: &str) -> Value {
    SAID.take();
    let mut context = Context::default();
    let log = NativeFunction::from_fn_ptr(|_, arguments, context| {
        let text = arguments.first().cloned().unwrap_or_default().to_string(context)?.to_std_string_escaped();
        SAID.with_borrow_mut(|said| said.push(text));
        Ok(JsValue::undefined())
    });
    let console = ObjectInitializer::new(&mut context).function(log, js_string!("log"), 1).build();
    let result = context
        .register_global_property(js_string!("console"), console, Attribute::all())
        .and_then(|()| context.eval(Source::from_bytes(script)))
        .and_then(|_| context.run_jobs());
    match result {
        Ok(()) => json!({"said": SAID.take()}),
        Err(error) => json!({"said": SAID.take(), "threw": thrown(&error, &mut context)}),
    }
}

fn thrown(error: &JsError, context: &mut Context) -> Value {
    let text = |error: &JsError, key: JsString, context: &mut Context| {
        let error = error.clone().into_opaque(context).ok()?;
        let value = error.as_object()?.get(key, context).ok()?;
        Some(value.to_string(context).ok()?.to_std_string_escaped())
    };
    // As the sandbox names errors: what has no name is an Error, and what is no object has none.
    let name = text(error, js_string!("name"), context)
        .map_or_else(String::new, |name| if name == "undefined" { "Error".to_owned() } else { name });
    json!({"name": name, "message": text(error, js_string!("message"), context).unwrap_or_else(|| error.to_string())})
}

fn run(script: &str, input: &str, context: &mut Context) -> JsResult<String> {
    context.eval(Source::from_bytes(script))?;
    let global = context.global_object();
    let json = global.get(JsString::from("JSON"), context)?;
    let json = json.to_object(context)?;
    let function = |object: &boa_engine::JsObject, name: &str, context: &mut Context| -> JsResult<boa_engine::JsObject> {
        object.get(JsString::from(name), context)?.to_object(context)
    };
    let (parse, stringify, main) =
        (function(&json, "parse", context)?, function(&json, "stringify", context)?, function(&global, "main", context)?);
    let argument = parse.call(&JsValue::undefined(), &[JsString::from(input).into()], context)?;
    let mut value = main.call(&JsValue::undefined(), &[argument], context)?;
    context.run_jobs()?;
    if let Some(promise) = value.as_object().and_then(|object| JsPromise::from_object(object.clone()).ok()) {
        value = match promise.state() {
            PromiseState::Fulfilled(value) => value,
            PromiseState::Rejected(reason) => return Err(boa_engine::JsError::from_opaque(reason)),
            PromiseState::Pending => {
                return Err(JsNativeError::error().with_message("nothing is left to do, and the promise is not settled").into());
            }
        };
    }
    let text = stringify.call(&JsValue::undefined(), &[value], context)?;
    Ok(text.to_string(context)?.to_std_string_escaped())
}
