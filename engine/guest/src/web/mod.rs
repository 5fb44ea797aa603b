//! The web's common API: <https://min-common-api.proposal.wintertc.org>.
//!
//! It comes in **parts**: a JavaScript source each (`js/`), which is one function that takes the [tools](tools) and gives the part's classes. It
//! is compiled when the guest is initialised, set aside, and runs when a script first touches one of its globals, which until then are accessors. So a
//! script pays for what it uses, and one that touches it at its top level has it in its image.
//!
//! **A script must not reach in.** By the time a part runs, the script may have replaced every built-in that it can name. So sources
//! of parts use syntax and tools alone: they call no method of a built-in prototype, do not iterate over arrays of theirs, do not
//! `await`, keep state in `#private` fields, and give every record all of its fields when they make it (an assignment to a missing one
//! would find setters on `Object.prototype`). Whatever parses or crunches is native.

use std::cell::{Cell, OnceCell, RefCell};

use boa_engine::{
    Context, JsArgs, JsError, JsObject, JsResult, JsString, JsValue, NativeFunction, Script,
    job::{GenericJob, Job},
    js_string,
    object::FunctionObjectBuilder,
    property::{PropertyDescriptor, PropertyKey},
};

use crate::{
    errors::type_error,
    realm::{bindings, hidden},
};

mod aes;
mod base64;
mod bytes;
mod clone;
mod compression;
mod crypto;
mod encoding;
mod mime;
mod net;
mod parts;
mod pattern;
mod promises;
mod text;
mod tools;
mod url;

use parts::PARTS;

/// What the API keeps for a realm.
#[derive(Default)]
pub(crate) struct Web {
    /// Each part as it was compiled, until it runs: out of the collector's sight, which would mark all of it, and dirty its pages, in every run (0.35 ms
    /// and 400 KiB of a small job).
    compiled: RefCell<Vec<Option<Compiled>>>,
    /// What each part gave, once it ran.
    exports: RefCell<Vec<Option<JsObject>>>,
    tools: OnceCell<JsObject>,
    originals: OnceCell<tools::Originals>,
    /// Of all classes that were made so far.
    prototypes: RefCell<Vec<JsObject>>,
    /// When time began for `performance`.
    time_origin: Cell<Option<f64>>,
}

#[cfg(boa_patched)]
type Compiled = (Script, boa_gc::SetAside);
#[cfg(not(boa_patched))]
type Compiled = (Script, ());

/// Compiles all parts: takes longer than most scripts, and is done once.
#[cfg(boa_patched)]
pub(crate) fn compile(context: &mut Context) {
    if cfg!(without_web) {
        return;
    }
    for part in PARTS {
        let (script, aside) = boa_gc::set_aside(|| part.compile(context).expect("our own script"));
        bindings(context).web.compiled.borrow_mut().push(Some((script, aside)));
    }
}

/// Makes the names of all parts global.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let bindings = bindings(context);
    let originals = tools::Originals::find(context);
    assert!(bindings.web.originals.set(originals).is_ok(), "installed once");
    let global = context.global_object();
    global.define_property_or_throw(js_string!("self"), hidden(global.clone().into()), context)?;
    // These cost less than accessors that would load them.
    context.register_global_builtin_callable(js_string!("atob"), 1, NativeFunction::from_fn_ptr(base64::atob))?;
    context.register_global_builtin_callable(js_string!("btoa"), 1, NativeFunction::from_fn_ptr(base64::btoa))?;
    context.register_global_builtin_callable(js_string!("structuredClone"), 1, NativeFunction::from_fn_ptr(clone::structured_clone))?;
    context.register_global_builtin_callable(js_string!("reportError"), 1, NativeFunction::from_fn_ptr(report_error))?;
    for name in ["onerror", "onunhandledrejection", "onrejectionhandled"] {
        handler(name, context)?;
    }
    for (at, part) in PARTS.iter().enumerate() {
        bindings.web.exports.borrow_mut().push(None);
        for &name in part.globals {
            declare(name, move |context| exports(at, context)?.get(js_string!(name), context), context)?;
        }
    }
    Ok(())
}

/// Makes a global that `find` gives when it is first touched, and that is a plain property from then on.
pub(crate) fn declare(
    name: &'static str,
    find: impl Fn(&mut Context) -> JsResult<JsValue> + Copy + 'static,
    context: &mut Context,
) -> JsResult<()> {
    let get = NativeFunction::from_copy_closure(move |_, _, context| {
        let value = find(context)?;
        // Not from inside the getter: the interpreter would then remember where this was touched that a getter is to be called.
        let (realm, settled) = (context.realm().clone(), value.clone());
        let job = move |context: &mut Context| settle(name, settled, context);
        context.enqueue_job(Job::GenericJob(GenericJob::new(job, realm)));
        Ok(value)
    });
    // Assigning makes a plain property of what was assigned, on the object that was assigned to.
    let set = NativeFunction::from_copy_closure(move |this, arguments, context| {
        let (global, value) = (context.global_object(), arguments.get_or_undefined(0).clone());
        match this.as_object().filter(|target| !JsObject::equals(target, &global)) {
            // One that inherits from the global object.
            Some(target) => target.create_data_property_or_throw(js_string!(name), value, context)?,
            None => global.define_property_or_throw(js_string!(name), hidden(value), context)?,
        };
        Ok(JsValue::undefined())
    });
    let get = FunctionObjectBuilder::new(context.realm(), get).name(JsString::from(name)).build();
    let set = FunctionObjectBuilder::new(context.realm(), set).name(JsString::from(name)).length(1).build();
    let accessor = PropertyDescriptor::builder().get(get).set(set).enumerable(false).configurable(true).build();
    context.global_object().define_property_or_throw(JsString::from(name), accessor, context)?;
    Ok(())
}

/// Ends the accessor, unless the script did, or froze the global object: then it stays, and gives the same value.
fn settle(name: &'static str, value: JsValue, context: &mut Context) -> JsResult<JsValue> {
    let global = context.global_object();
    let key = PropertyKey::from(js_string!(name));
    let ours = global
        .borrow()
        .properties()
        .get(&key)
        .is_some_and(|property| property.is_accessor_descriptor() && property.configurable() == Some(true));
    if ours {
        global.define_property_or_throw(key, hidden(value), context)?;
    }
    Ok(JsValue::undefined())
}

/// A part's function.
fn factory(part: usize, context: &mut Context) -> JsResult<JsObject> {
    let compiled = bindings(context).web.compiled.borrow_mut().get_mut(part).and_then(Option::take);
    let script = match compiled {
        #[cfg(boa_patched)]
        Some((script, aside)) => {
            aside.bring_back();
            script
        }
        #[cfg(not(boa_patched))]
        Some((script, ())) => script,
        None => PARTS[part].compile(context)?,
    };
    Ok(script.evaluate(context)?.as_callable().expect("a part is a function"))
}

/// What a part exports; the part runs if it did not yet.
fn exports(part: usize, context: &mut Context) -> JsResult<JsObject> {
    let bindings = bindings(context);
    let loaded = bindings.web.exports.borrow()[part].clone();
    if let Some(exports) = loaded {
        return Ok(exports);
    }
    let tools = tools(context)?;
    let factory = factory(part, context)?;
    let exports = factory.call(&JsValue::undefined(), &[tools.into()], context)?;
    let exports = exports.as_object().expect("a part gives an object");
    bindings.web.exports.borrow_mut()[part] = Some(exports.clone());
    Ok(exports)
}

/// An event handler of the global object.
fn handler(name: &'static str, context: &mut Context) -> JsResult<()> {
    let attribute = move |access: &'static str, context: &mut Context| {
        let on = export("platform", "on", context)?.as_object().expect("an object of ours");
        let attribute = on.get(js_string!(&name[2..]), context)?.as_object().expect("an object of ours");
        Ok::<_, JsError>(attribute.get(js_string!(access), context)?.as_callable().expect("a function of ours"))
    };
    let get = NativeFunction::from_copy_closure(move |_, _, context| {
        // Nobody sets one without the part.
        if !is_loaded("platform", context) {
            return Ok(JsValue::null());
        }
        attribute("get", context)?.call(&JsValue::undefined(), &[], context)
    });
    let set = NativeFunction::from_copy_closure(move |_, arguments, context| {
        attribute("set", context)?.call(&JsValue::undefined(), arguments.get(..1).unwrap_or_default(), context)
    });
    let get = FunctionObjectBuilder::new(context.realm(), get).name(JsString::from(name)).build();
    let set = FunctionObjectBuilder::new(context.realm(), set).name(JsString::from(name)).length(1).build();
    let accessor = PropertyDescriptor::builder().get(get).set(set).enumerable(true).configurable(true).build();
    context.global_object().define_property_or_throw(JsString::from(name), accessor, context)?;
    Ok(())
}

fn is_loaded(part: &str, context: &Context) -> bool {
    let at = PARTS.iter().position(|candidate| candidate.name == part).expect("a part that exists");
    bindings(context).web.exports.borrow().get(at).is_some_and(Option::is_some)
}

/// Whether an object inherits from one of our classes.
fn is_platform_object(object: &JsObject, context: &Context) -> bool {
    let bindings = bindings(context);
    let prototypes = bindings.web.prototypes.borrow();
    if prototypes.is_empty() {
        return false;
    }
    let mut ancestor = object.prototype();
    while let Some(found) = ancestor {
        if prototypes.iter().any(|prototype| JsObject::equals(prototype, &found)) {
            return true;
        }
        ancestor = found.prototype();
    }
    false
}

/// A tool written in JavaScript.
fn tool(name: &str, context: &mut Context) -> JsResult<JsObject> {
    let tools = tools(context)?;
    Ok(tools.get(JsString::from(name), context)?.as_callable().expect("a tool"))
}

/// A `DOMException`.
pub(crate) fn exception(name: &str, message: &str, context: &mut Context) -> JsError {
    let arguments = [JsString::from(message).into(), JsString::from(name).into()];
    let made = export("events", "DOMException", context)
        .and_then(|class| class.as_object().expect("a class").construct(&arguments, None, context));
    made.map_or_else(|error| error, |exception| JsError::from_opaque(exception.into()))
}

/// Throws when a function was given too few arguments.
fn need(arguments: &[JsValue], wanted: usize, function: &str) -> JsResult<()> {
    if arguments.len() >= wanted {
        return Ok(());
    }
    Err(type_error(format!("{function}: {wanted} argument(s) required, but only {} present", arguments.len())))
}

/// `reportError(error)`.
fn report_error(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    need(arguments, 1, "reportError")?;
    report(arguments.get_or_undefined(0).clone(), context);
    Ok(JsValue::undefined())
}

/// Tells listeners for `unhandledrejection`: whether one of them said that it is dealt with. None where nobody can listen.
pub(crate) fn rejected(promise: &JsObject, reason: &JsValue, context: &mut Context) -> JsResult<Option<bool>> {
    tell("reportRejection", promise, reason, context)
}

/// Tells listeners for `rejectionhandled`; whether somebody can listen.
pub(crate) fn rejection_handled(promise: &JsObject, reason: &JsValue, context: &mut Context) -> JsResult<bool> {
    tell("reportHandled", promise, reason, context).map(|told| told.is_some())
}

fn tell(what: &str, promise: &JsObject, reason: &JsValue, context: &mut Context) -> JsResult<Option<bool>> {
    // Without the part nobody listens.
    if !is_loaded("platform", context) {
        return Ok(None);
    }
    let on = export("platform", "on", context)?.as_object().expect("an object of ours");
    let tell = on.get(JsString::from(what), context)?.as_callable().expect("a function of ours");
    Ok(Some(tell.call(&JsValue::undefined(), &[promise.clone().into(), reason.clone()], context)?.to_boolean()))
}

/// Says that nothing in the script caught an exception: it ends the run, as one of a timer does, unless a listener for `error` deals with it.
fn report(error: JsValue, context: &mut Context) {
    let realm = context.realm().clone();
    let throw = move |context: &mut Context| {
        if is_loaded("platform", context) {
            let on = export("platform", "on", context)?.as_object().expect("an object of ours");
            let tell = on.get(js_string!("reportError"), context)?.as_callable().expect("a function of ours");
            let message = JsString::from(crate::console::inspect(&error, context).lines().next().unwrap_or_default());
            if tell.call(&JsValue::undefined(), &[error.clone(), message.into()], context)?.to_boolean() {
                return Ok(JsValue::undefined());
            }
        }
        Err(JsError::from_opaque(error))
    };
    context.enqueue_job(Job::GenericJob(GenericJob::new(throw, realm)));
}

fn tools(context: &mut Context) -> JsResult<JsObject> {
    let bindings = bindings(context);
    if let Some(tools) = bindings.web.tools.get() {
        return Ok(tools.clone());
    }
    let tools = tools::build(context)?;
    Ok(bindings.web.tools.get_or_init(|| tools).clone())
}

/// What the part with that name exports under `export`.
pub(crate) fn export(part: &str, export: &str, context: &mut Context) -> JsResult<JsValue> {
    let at = PARTS.iter().position(|candidate| candidate.name == part).expect("a part that exists");
    exports(at, context)?.get(JsString::from(export), context)
}
