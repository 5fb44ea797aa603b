//! What a script can be granted: `fetch`, and on its third argument `dirs`, `env`, `secrets` and so on.
//!
//! The objects that scripts see are written in JavaScript (`js/`), on natives: one begins a call of a capability and gives a promise, one says that a
//! setting was read. Everything else, all checks above all, is the host's: what a script does to these objects, it does to itself.
//! Their sources are compiled and run when a script first touches one of them, as the web's parts are, and for the same reason.

use std::cell::{Cell, OnceCell};

use ampoule_abi::{CallAnswer, CallRequest, Completed, Contents, Op, Reader};
use boa_engine::{
    Context, JsArgs, JsObject, JsResult, JsString, JsValue, NativeFunction, Source, js_string,
    native_function::NativeFunctionPointer,
    object::builtins::{AlignedVec, JsArray, JsArrayBuffer, JsPromise, JsUint8Array},
    property::PropertyDescriptor,
};

use crate::{
    door,
    errors::type_error,
    input,
    realm::{bindings, function},
    signal, web,
};

/// What the capabilities keep for a realm.
#[derive(Default)]
pub(crate) struct Powers {
    /// Built-ins as they were before any script, by the names that our sources call them.
    originals: OnceCell<Vec<(JsString, JsValue)>>,
    /// The prototype of a script's third argument.
    ctx: OnceCell<JsObject>,
    made: OnceCell<Made>,
    env: Cell<Option<JsValue>>,
}

/// What our sources gave.
#[derive(Clone)]
struct Made {
    /// Of `ctx`: what its accessors give.
    powers: JsObject,
    progress: JsObject,
    /// Makes an error of name, code and message.
    error: JsObject,
    not_granted: JsValue,
}

/// Makes `NotGranted` global, and the prototype of `ctx`.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let global = context.global_object();
    let object = global.get(js_string!("Object"), context)?.as_object().expect("`Object` of a fresh realm");
    let json = global.get(js_string!("JSON"), context)?.as_object().expect("`JSON` of a fresh realm");
    let mut originals = Vec::new();
    for (of, names) in
        [(&global, ["Error", "TypeError", "Proxy"].as_slice()), (&object, &["defineProperty", "freeze"]), (&json, &["parse", "stringify"])]
    {
        for name in names {
            originals.push((JsString::from(*name), of.get(JsString::from(*name), context)?));
        }
    }
    let prototype = JsObject::with_object_proto(context.intrinsics());
    for name in ["blob", "dirs", "env", "jobs", "kv", "secrets"] {
        let get = NativeFunction::from_copy_closure(move |_, _, context| made(context)?.powers.get(js_string!(name), context));
        let accessor = PropertyDescriptor::builder().get(function(get, name, 0, context)).enumerable(false).configurable(true);
        prototype.define_property_or_throw(js_string!(name), accessor.build(), context)?;
    }
    let signal = function(NativeFunction::from_fn_ptr(signal::get), "signal", 0, context);
    let accessor = PropertyDescriptor::builder().get(signal).enumerable(false).configurable(true);
    prototype.define_property_or_throw(js_string!("signal"), accessor.build(), context)?;
    let bindings = bindings(context);
    let powers = &bindings.powers;
    assert!(powers.originals.set(originals).is_ok() && powers.ctx.set(prototype).is_ok(), "installed once");
    web::declare("NotGranted", |context| Ok(made(context)?.not_granted), context)
}

/// Compiles and runs our sources, the first time.
fn made(context: &mut Context) -> JsResult<Made> {
    let bindings = bindings(context);
    if let Some(made) = bindings.powers.made.get() {
        return Ok(made.clone());
    }
    let host = JsObject::with_null_proto();
    let natives: [(&str, usize, NativeFunctionPointer); 3] = [("call", 3, call), ("env", 0, env), ("readEnv", 1, read_env)];
    for (name, length, native) in natives {
        let native = function(NativeFunction::from_fn_ptr(native), name, length, context);
        host.create_data_property_or_throw(js_string!(name), native, context)?;
    }
    for (name, value) in bindings.powers.originals.get().expect("found when the realm was made") {
        host.create_data_property_or_throw(name.clone(), value.clone(), context)?;
    }
    let mut run = |source: &'static str, name: &str| -> JsResult<JsObject> {
        let factory = context.eval(Source::from_reader(source.as_bytes(), Some(name.as_ref())))?;
        let factory = factory.as_callable().ok_or_else(|| type_error(format!("{name} is no function")))?;
        let made = factory.call(&JsValue::undefined(), &[host.clone().into()], context)?;
        made.as_object().ok_or_else(|| type_error(format!("{name} gave no object")))
    };
    let ctx = run(include_str!("js/ctx.js"), "ctx.js")?;
    let made = Made {
        powers: ctx.get(js_string!("powers"), context)?.as_object().expect("an object of ours"),
        progress: ctx.get(js_string!("progress"), context)?.as_object().expect("a function of ours"),
        error: ctx.get(js_string!("error"), context)?.as_object().expect("a function of ours"),
        not_granted: ctx.get(js_string!("NotGranted"), context)?,
    };
    Ok(bindings.powers.made.get_or_init(|| made).clone())
}

/// Gives `ctx` its capabilities, by inheritance: as data it is what it was.
pub(crate) fn attach(ctx: &JsValue, context: &mut Context) -> JsResult<()> {
    let (Some(ctx), bindings) = (ctx.as_object(), bindings(context)) else { return Ok(()) };
    if ctx.has_own_property(js_string!("env"), context)? {
        bindings.powers.env.set(Some(ctx.get(js_string!("env"), context)?));
        ctx.delete_property_or_throw(js_string!("env"), context)?;
    }
    ctx.set_prototype(bindings.powers.ctx.get().cloned());
    Ok(())
}

/// `ctx.progress(fraction, text)`: a promise.
pub(crate) fn progress(arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let progress = made(context)?.progress;
    progress.call(&JsValue::undefined(), arguments, context)
}

/// `call(method, args, body)`: a promise of `[value, body]`.
fn call(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let method = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    let args = crate::output::write(arguments.get_or_undefined(1), context)?;
    let body = contents(arguments.get_or_undefined(2), context)?;
    let give = |value, body, context: &mut Context| Ok(JsArray::from_iter([value, body], context).into());
    Ok(begin(&CallRequest { method: &method, args: &args, body: &body }, give, context).0.into())
}

/// Begins a call. Gives the promise of what `give` makes of the answer, and the operation.
pub(crate) fn begin(
    request: &CallRequest<'_>,
    give: fn(JsValue, JsValue, &mut Context) -> JsResult<JsValue>,
    context: &mut Context,
) -> (JsPromise, u32) {
    let (promise, resolvers) = JsPromise::new_pending(context);
    let then = Box::new(move |completed: &Completed<'_>, context: &mut Context| {
        match answer(completed, context).and_then(|(value, body)| give(value, body, context)) {
            Ok(value) => resolvers.resolve.call(&JsValue::undefined(), &[value], context),
            Err(error) => {
                let reason = error.into_opaque(context)?;
                resolvers.reject.call(&JsValue::undefined(), &[reason], context)
            }
        }
        .map(drop)
    });
    let id = bindings(context).operations.call(request, then);
    (promise, id)
}

/// What a script gave as contents: a string is its UTF-8, a typed array, view or buffer its bytes.
fn contents(value: &JsValue, context: &mut Context) -> JsResult<Vec<u8>> {
    if value.is_undefined() || value.is_null() {
        return Ok(Vec::new());
    }
    if let Some(text) = value.as_string() {
        return Ok(text.to_std_string_lossy().into_bytes());
    }
    let object = value.as_object().ok_or_else(|| type_error("contents must be a string or bytes".into()))?;
    let (buffer, start, len) = if let Ok(view) = JsUint8Array::from_object(object.clone()) {
        (view.buffer(context)?, view.byte_offset(context)?, view.byte_length(context)?)
    } else {
        let buffer = object.get(js_string!("buffer"), context)?;
        if buffer.is_undefined() {
            (object.clone().into(), 0, object.get(js_string!("byteLength"), context)?.to_length(context)? as usize)
        } else {
            let start = object.get(js_string!("byteOffset"), context)?.to_length(context)? as usize;
            (buffer, start, object.get(js_string!("byteLength"), context)?.to_length(context)? as usize)
        }
    };
    let wrong = || type_error("contents must be a string, an ArrayBuffer, or a view of one".into());
    let buffer = buffer.as_object().and_then(|buffer| JsArrayBuffer::from_object(buffer).ok()).ok_or_else(wrong)?;
    let data = buffer.data().ok_or_else(wrong)?;
    data.get(start..start.saturating_add(len)).map(<[u8]>::to_vec).ok_or_else(wrong)
}

/// What the host answered, or the error that it means.
fn answer(completed: &Completed<'_>, context: &mut Context) -> JsResult<(JsValue, JsValue)> {
    if completed.failed {
        let mut reader = Reader::new(completed.result);
        let (name, message) = (reader.text().expect("a failure of the host"), reader.text().expect("a failure of the host"));
        let (name, code) = name.split_once('/').unwrap_or((name, ""));
        let make = made(context)?.error;
        let [name, code, message] = [name, code, message].map(|text| JsString::from(text).into());
        let error = make.call(&JsValue::undefined(), &[name, code, message], context)?;
        return Err(boa_engine::JsError::from_opaque(error));
    }
    let CallAnswer { value, body } = CallAnswer::decode(completed.result).expect("an answer of the host");
    let value = input::read(value, context)?;
    let body = match body {
        Contents::None => JsValue::undefined(),
        Contents::Text(text) => JsString::from(text).into(),
        Contents::Bytes(bytes) => array(AlignedVec::from_slice(0, bytes), context)?,
        Contents::Beside(buffer) => array(door::contents(buffer), context)?,
    };
    Ok((value, body))
}

fn array(block: AlignedVec<u8>, context: &mut Context) -> JsResult<JsValue> {
    let buffer = JsArrayBuffer::from_byte_block(block, context)?;
    Ok(JsUint8Array::from_array_buffer(buffer, context)?.into())
}

/// The settings, as the host gave them.
fn env(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bindings = bindings(context);
    let env = bindings.powers.env.take();
    bindings.powers.env.set(env.clone());
    Ok(env.unwrap_or_default())
}

fn read_env(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = arguments.get_or_undefined(0).to_string(context)?.to_std_string_lossy();
    door::call(Op::ReadEnv, name.as_bytes());
    Ok(JsValue::undefined())
}
