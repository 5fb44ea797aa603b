//! Promises, without what a script may have changed about them.

use boa_engine::{
    Context, JsArgs, JsObject, JsResult, JsValue, NativeFunction,
    builtins::promise::Promise,
    js_string,
    native_function::NativeFunctionPointer,
    object::{
        FunctionObjectBuilder,
        builtins::{JsFunction, JsPromise},
    },
    property::{PropertyDescriptor, PropertyKey},
};

use super::tools::{native, originals, record};

pub(super) const TOOLS: [(&str, NativeFunctionPointer); 5] =
    [("then", then), ("resolved", resolved), ("rejected", rejected), ("deferred", deferred), ("handled", handled)];

/// `then(promise, onFulfilled, onRejected)`: `Promise.prototype.then` as it was.
fn then(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let promise = arguments.get_or_undefined(0).as_object().filter(JsObject::is::<Promise>).expect("a promise");
    let callback = |at: usize| arguments.get_or_undefined(at).as_callable().and_then(JsFunction::from_object);
    let (fulfilled, rejected) = (callback(1), callback(2));
    if originals(context).then_untouched(context) {
        return Ok(reaction(&promise, fulfilled, rejected, context)?.into());
    }
    // What a callback gives would be asked for the script's `then`: promises are followed here instead.
    let (derived, resolvers) = JsPromise::new_pending(context);
    let settle = |callback: Option<JsFunction>, otherwise: JsFunction, context: &Context| {
        let captures = (callback, otherwise, resolvers.resolve.clone(), resolvers.reject.clone());
        let follow = NativeFunction::from_copy_closure_with_captures(
            |_, arguments, (callback, otherwise, resolve, reject), context| {
                let settled = arguments.get(..1).unwrap_or_default();
                let Some(callback) = callback else { return otherwise.call(&JsValue::undefined(), settled, context) };
                match callback.call(&JsValue::undefined(), settled, context) {
                    Ok(value) => match value.as_object().filter(JsObject::is::<Promise>) {
                        Some(promise) => {
                            reaction(&promise, Some(resolve.clone()), Some(reject.clone()), context).map(|_| JsValue::undefined())
                        }
                        None => resolve.call(&JsValue::undefined(), &[value], context),
                    },
                    Err(error) => {
                        let error = error.into_opaque(context)?;
                        reject.call(&JsValue::undefined(), &[error], context)
                    }
                }
            },
            captures,
        );
        FunctionObjectBuilder::new(context.realm(), follow).build()
    };
    let fulfilled = settle(fulfilled, resolvers.resolve.clone(), context);
    let rejected = settle(rejected, resolvers.reject.clone(), context);
    reaction(&promise, Some(fulfilled), Some(rejected), context)?;
    Ok(derived.into())
}

/// Adds reactions to a promise without asking its `constructor`, which a script may have replaced.
fn reaction(
    promise: &JsObject,
    on_fulfilled: Option<JsFunction>,
    on_rejected: Option<JsFunction>,
    context: &mut Context,
) -> JsResult<JsPromise> {
    let then = |context: &mut Context| JsPromise::from_object(promise.clone())?.then(on_fulfilled, on_rejected, context);
    if untouched(promise, context) {
        return then(context);
    }
    // An own `constructor` that is undefined has `then` take the built-in one.
    let key = PropertyKey::from(js_string!("constructor"));
    let own = promise.borrow().properties().get(&key);
    let stands_in = PropertyDescriptor::builder().value(JsValue::undefined()).writable(true).enumerable(false).configurable(true);
    if !promise.is_extensible(context)? || !promise.define_property_or_throw(key.clone(), stands_in.build(), context).unwrap_or(false) {
        // Only a promise of the script itself can refuse: it then has what it asked for.
        return then(context);
    }
    let derived = then(context);
    match own {
        Some(own) => promise.define_property_or_throw(key, own, context)?,
        None => promise.delete_property_or_throw(key, context)?,
    };
    derived
}

/// Whether asking for a promise's constructor and its species finds what the realm began with.
fn untouched(promise: &JsObject, context: &Context) -> bool {
    let standard = context.intrinsics().constructors().promise();
    let key = PropertyKey::from(js_string!("constructor"));
    let stored = |object: &JsObject| object.borrow().properties().get(&key);
    promise.prototype().is_some_and(|prototype| JsObject::equals(&prototype, &standard.prototype()))
        && stored(promise).is_none()
        && stored(&standard.prototype())
            .is_some_and(|property| property.value().is_some_and(|value| *value == JsValue::from(standard.constructor())))
        && originals(context).species_untouched(&standard.constructor())
}

/// A promise that is resolved with a value: a promise itself, whose `then` is not asked.
fn resolved(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if let Some(promise) = arguments.get_or_undefined(0).as_object().filter(JsObject::is::<Promise>) {
        return Ok(promise.into());
    }
    let (promise, resolvers) = JsPromise::new_pending(context);
    resolvers.resolve.call(&JsValue::undefined(), &[arguments.get_or_undefined(0).clone()], context)?;
    Ok(promise.into())
}

fn rejected(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (promise, resolvers) = JsPromise::new_pending(context);
    resolvers.reject.call(&JsValue::undefined(), &[arguments.get_or_undefined(0).clone()], context)?;
    Ok(promise.into())
}

/// `{promise, resolve, reject}`.
fn deferred(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (promise, resolvers) = JsPromise::new_pending(context);
    let fields =
        [("promise", JsValue::from(promise)), ("resolve", resolvers.resolve.clone().into()), ("reject", resolvers.reject.clone().into())];
    record(fields, context)
}

/// Marks a promise as handled: nobody is told of its rejection.
fn handled(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let promise = arguments.get_or_undefined(0).as_object().filter(JsObject::is::<Promise>).expect("a promise");
    let ignore = native(|_, _, _| Ok(JsValue::undefined()), "", context);
    reaction(&promise, None, Some(ignore), context)?;
    Ok(promise.into())
}
