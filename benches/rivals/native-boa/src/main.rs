//! Reads `{"script", "input"}` a line, runs the script's `main` in a fresh context, answers `{"cpu_ns", "value"}` or `{"error"}`.

use std::io::{BufRead, Write};

use boa_engine::{Context, JsResult, JsString, JsValue, Source, builtins::promise::PromiseState, object::builtins::JsPromise};
use cpu_time::ThreadTime;
use serde_json::{Value, json};

fn main() {
    let (input, mut output) = (std::io::stdin().lock(), std::io::stdout().lock());
    for line in input.lines().map_while(Result::ok) {
        let request: Value = serde_json::from_str(&line).unwrap_or_default();
        let started = ThreadTime::now();
        let mut context = Context::default();
        let result = run(request["script"].as_str().unwrap_or_default(), request["input"].as_str().unwrap_or_default(), &mut context)
            .map_err(|error| error.to_string());
        drop(context);
        let cpu_ns = started.elapsed().as_nanos() as u64;
        let answer = match result {
            Ok(value) => json!({"cpu_ns": cpu_ns, "value": value}),
            Err(error) => json!({"error": error}),
        };
        if writeln!(output, "{answer}").and_then(|()| output.flush()).is_err() {
            return;
        }
    }
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
            PromiseState::Pending => JsValue::undefined(),
        };
    }
    let text = stringify.call(&JsValue::undefined(), &[value], context)?;
    Ok(text.to_string(context)?.to_std_string_escaped())
}
