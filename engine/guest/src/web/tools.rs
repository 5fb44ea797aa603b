//! What the sources of parts are given instead of built-ins: one object without prototype.

use boa_engine::{
    Context, JsArgs, JsObject, JsResult, JsString, JsSymbol, JsValue, NativeFunction, js_string,
    native_function::NativeFunctionPointer,
    object::{
        FunctionObjectBuilder,
        builtins::{JsArray, JsFunction},
    },
    property::{PropertyDescriptor, PropertyKey},
};

use super::{PARTS, base64, bytes, compression, crypto, encoding, exports, mime, net, pattern, promises, text, url};
use crate::{errors::type_error, realm::bindings};

/// Built-ins as they were before any script, that are not found among the intrinsics.
pub(crate) struct Originals {
    json_parse: JsObject,
    json_stringify: JsObject,
    /// `Object.getOwnPropertyDescriptor`.
    describe: JsObject,
    /// The getter of `Promise[Symbol.species]`.
    promise_species: JsObject,
    promise_then: JsObject,
}

impl Originals {
    pub(super) fn find(context: &mut Context) -> Self {
        let json = context.global_object().get(js_string!("JSON"), context).expect("a fresh realm");
        let json = json.as_object().expect("`JSON` of a fresh realm");
        let mut method = |name| json.get(name, context).ok().and_then(|method| method.as_callable()).expect("a method of a fresh realm");
        let (json_parse, json_stringify) = (method(js_string!("parse")), method(js_string!("stringify")));
        let constructor = context.intrinsics().constructors().object().constructor();
        let describe = constructor.get(js_string!("getOwnPropertyDescriptor"), context).ok().and_then(|method| method.as_callable());
        let describe = describe.expect("a method of a fresh realm");
        let promise = context.intrinsics().constructors().promise().constructor();
        let species = promise.borrow().properties().get(&JsSymbol::species().into());
        let promise_species = species.and_then(|property| property.get()?.as_callable()).expect("a getter of a fresh realm");
        let promise_then = promise_then(context).expect("a method of a fresh realm");
        Self { json_parse, json_stringify, describe, promise_species, promise_then }
    }

    /// Whether `Promise.prototype.then` is what it was.
    pub(super) fn then_untouched(&self, context: &Context) -> bool {
        promise_then(context).is_some_and(|then| JsObject::equals(&then, &self.promise_then))
    }

    /// Whether `Promise[Symbol.species]` is what it was.
    pub(super) fn species_untouched(&self, promise: &JsObject) -> bool {
        let species = promise.borrow().properties().get(&JsSymbol::species().into());
        species.and_then(|property| property.get()?.as_object()).is_some_and(|getter| JsObject::equals(&getter, &self.promise_species))
    }
}

fn promise_then(context: &Context) -> Option<JsObject> {
    let prototype = context.intrinsics().constructors().promise().prototype();
    let then = prototype.borrow().properties().get(&PropertyKey::from(js_string!("then")));
    then.and_then(|property| property.value()?.as_callable())
}

/// The originals of this realm.
pub(super) fn originals(context: &Context) -> OriginalsRef {
    OriginalsRef(bindings(context))
}

/// Keeps the bindings while one looks at the originals.
pub(super) struct OriginalsRef(std::rc::Rc<crate::realm::Bindings>);

impl std::ops::Deref for OriginalsRef {
    type Target = Originals;

    fn deref(&self) -> &Originals {
        self.0.web.originals.get().expect("installed")
    }
}

const TOOLS: [(&str, NativeFunctionPointer); 22] = [
    ("use", use_part),
    ("call", call),
    ("apply", apply),
    ("construct", construct),
    ("isObject", is_object),
    ("isCallable", is_callable),
    ("isArray", is_array),
    ("push", push),
    ("idl", idl),
    ("extend", extend),
    ("accessors", accessors),
    ("methods", methods),
    ("isEnumerable", is_enumerable),
    ("constants", constants),
    ("defineHidden", define_hidden),
    ("define", define),
    ("ownKeys", own_keys),
    ("report", report),
    ("now", now),
    ("timeOrigin", time_origin),
    ("parseJson", parse_json),
    ("stringifyJson", stringify_json),
];

/// The object of tools.
pub(super) fn build(context: &mut Context) -> JsResult<JsObject> {
    let tools = JsObject::with_null_proto();
    let natives = TOOLS
        .iter()
        .chain(&promises::TOOLS)
        .chain(&bytes::TOOLS)
        .chain(&text::TOOLS)
        .chain(&url::TOOLS)
        .chain(&net::TOOLS)
        .chain(&pattern::TOOLS)
        .chain(&mime::TOOLS)
        .chain(&encoding::TOOLS)
        .chain(&compression::TOOLS)
        .chain(&base64::TOOLS)
        .chain(&crypto::TOOLS);
    for (name, function) in natives {
        let function = native(*function, "", context);
        tools.create_data_property_or_throw(JsString::from(*name), function, context)?;
    }
    let constructors = context.intrinsics().constructors();
    let iterator =
        context.intrinsics().objects().iterator_prototypes().array().prototype().expect("it inherits from what all iterators do");
    let values: [(&str, JsValue); 10] = [
        ("userAgent", js_string!(concat!("Ampoule/", env!("CARGO_PKG_VERSION"))).into()),
        ("Error", constructors.error().constructor().into()),
        ("TypeError", constructors.type_error().constructor().into()),
        ("RangeError", constructors.range_error().constructor().into()),
        ("Uint8Array", constructors.typed_uint8_array().constructor().into()),
        ("asyncIterator", JsSymbol::async_iterator().into()),
        ("iterator", JsSymbol::iterator().into()),
        ("asyncIteratorPrototype", context.intrinsics().objects().iterator_prototypes().async_iterator().into()),
        ("iteratorPrototype", iterator.into()),
        ("global", context.global_object().into()),
    ];
    for (name, value) in values {
        tools.create_data_property_or_throw(JsString::from(name), value, context)?;
    }
    for (name, function) in crate::timers::natives() {
        let function = native(function, "", context);
        tools.create_data_property_or_throw(JsString::from(name), function, context)?;
    }
    // Written in JavaScript: what walks over objects of the script.
    let base = super::factory(0, context)?;
    base.call(&JsValue::undefined(), &[tools.clone().into()], context)?;
    Ok(tools)
}

/// A function object for our own use.
pub(super) fn native(function: NativeFunctionPointer, name: &str, context: &Context) -> JsFunction {
    FunctionObjectBuilder::new(context.realm(), NativeFunction::from_fn_ptr(function)).name(JsString::from(name)).build()
}

/// An object without prototype.
pub(super) fn record<const N: usize>(fields: [(&str, JsValue); N], context: &mut Context) -> JsResult<JsValue> {
    let object = JsObject::with_null_proto();
    for (name, value) in fields {
        object.create_data_property_or_throw(JsString::from(name), value, context)?;
    }
    Ok(object.into())
}

/// An object that our own source gave.
pub(super) fn object(arguments: &[JsValue], at: usize) -> JsObject {
    arguments.get_or_undefined(at).as_object().expect("our sources give an object")
}

/// `use(part)`: what another part exports.
fn use_part(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let name = arguments.get_or_undefined(0).to_string(context)?;
    let at = PARTS.iter().position(|part| name == *part.name).expect("our sources name a part");
    Ok(exports(at, context)?.into())
}

/// `call(function, this, ...arguments)`.
fn call(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let function = arguments.get_or_undefined(0).as_callable().ok_or_else(|| type_error("not a function".to_owned()))?;
    function.call(arguments.get_or_undefined(1), arguments.get(2..).unwrap_or_default(), context)
}

/// Elements of an array of our own.
pub(super) fn elements(array: &JsObject, context: &mut Context) -> JsResult<Vec<JsValue>> {
    let array = JsArray::from_object(array.clone())?;
    (0..array.length(context)?).map(|at| array.get(at, context)).collect()
}

/// `apply(function, this, array)`.
fn apply(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let function = arguments.get_or_undefined(0).as_callable().ok_or_else(|| type_error("not a function".to_owned()))?;
    let list = elements(&object(arguments, 2), context)?;
    function.call(arguments.get_or_undefined(1), &list, context)
}

/// `construct(constructor, array, newTarget)`.
fn construct(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let list = elements(&object(arguments, 1), context)?;
    let new_target = arguments.get_or_undefined(2).as_object();
    Ok(object(arguments, 0).construct(&list, new_target.as_ref(), context)?.into())
}

fn is_object(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(arguments.get_or_undefined(0).is_object().into())
}

fn is_callable(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    Ok(arguments.get_or_undefined(0).is_callable().into())
}

fn is_array(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let is_array = bindings(context).originals.is_array.clone();
    is_array.call(&JsValue::undefined(), arguments, context)
}

/// `push(array, value)`, past setters on `Array.prototype`.
fn push(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let array = JsArray::from_object(object(arguments, 0))?;
    let length = array.length(context)?;
    array.create_data_property_or_throw(length, arguments.get_or_undefined(1).clone(), context)?;
    Ok(length.into())
}

/// `idl(constructor, name)`: makes a class look as Web IDL has it: members enumerable, a `Symbol.toStringTag`.
fn idl(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let class = object(arguments, 0);
    let prototype = class.get(js_string!("prototype"), context)?.as_object().expect("a class has a prototype");
    for (target, except) in [(&prototype, &["constructor"][..]), (&class, &["prototype", "length", "name"][..])] {
        for key in target.own_property_keys(context)? {
            let PropertyKey::String(name) = &key else { continue };
            if except.iter().any(|except| *name == **except) {
                continue;
            }
            let visible = PropertyDescriptor::builder().enumerable(true).build();
            target.define_property_or_throw(key, visible, context)?;
        }
    }
    if let Some(name) = arguments.get_or_undefined(1).as_string() {
        let tag = PropertyDescriptor::builder().value(name).writable(false).enumerable(false).configurable(true).build();
        prototype.define_property_or_throw(JsSymbol::to_string_tag(), tag, context)?;
    }
    bindings(context).web.prototypes.borrow_mut().push(prototype);
    Ok(class.into())
}

/// `extend(constructor, base)`: instances inherit from the base's; the constructor does not.
fn extend(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let prototype = object(arguments, 0).get(js_string!("prototype"), context)?.as_object();
    let base = object(arguments, 1).get(js_string!("prototype"), context)?.as_object();
    prototype.expect("a constructor").set_prototype(base);
    let fixed = PropertyDescriptor::builder().writable(false).build();
    object(arguments, 0).define_property_or_throw(js_string!("prototype"), fixed, context)?;
    Ok(JsValue::undefined())
}

/// `accessors(target, source)`: copies getters and setters.
fn accessors(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (target, source) = (object(arguments, 0), object(arguments, 1));
    for key in source.own_property_keys(context)? {
        let property = source.borrow().properties().get(&key).expect("an own property");
        target.define_property_or_throw(key, property, context)?;
    }
    Ok(JsValue::undefined())
}

/// `methods(target, source, tag?)`: copies methods, as Web IDL has them.
fn methods(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    accessors(&JsValue::undefined(), arguments, context)?;
    if let Some(name) = arguments.get_or_undefined(2).as_string() {
        let tag = PropertyDescriptor::builder().value(name).writable(false).enumerable(false).configurable(true).build();
        object(arguments, 0).define_property_or_throw(JsSymbol::to_string_tag(), tag, context)?;
    }
    Ok(JsValue::undefined())
}

/// Whether an own property is enumerable, asked through proxies.
fn is_enumerable(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let describe = originals(context).describe.clone();
    let property = describe.call(&JsValue::undefined(), arguments, context)?;
    let Some(property) = property.as_object() else { return Ok(false.into()) };
    Ok(property.get(js_string!("enumerable"), context)?.to_boolean().into())
}

/// `constants(constructor, values)`: on it and on its prototype.
fn constants(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let (class, values) = (object(arguments, 0), object(arguments, 1));
    let prototype = class.get(js_string!("prototype"), context)?.as_object().expect("a class has a prototype");
    for key in values.own_property_keys(context)? {
        let value = values.get(key.clone(), context)?;
        let constant = PropertyDescriptor::builder().value(value).writable(false).enumerable(true).configurable(false).build();
        class.define_property_or_throw(key.clone(), constant.clone(), context)?;
        prototype.define_property_or_throw(key, constant, context)?;
    }
    Ok(JsValue::undefined())
}

/// `defineHidden(object, key, value)`: as methods of built-ins are.
fn define_hidden(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let key = arguments.get_or_undefined(1).to_property_key(context)?;
    let property = super::hidden(arguments.get_or_undefined(2).clone());
    object(arguments, 0).define_property_or_throw(key, property, context)?;
    Ok(JsValue::undefined())
}

/// `define(object, key, value)`: as object literals do.
fn define(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let key = arguments.get_or_undefined(1).to_property_key(context)?;
    object(arguments, 0).create_data_property_or_throw(key, arguments.get_or_undefined(2).clone(), context)?;
    Ok(JsValue::undefined())
}

/// `ownKeys(object)`: the keys of own enumerable properties, symbols last, as a record's are read.
fn own_keys(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let keys = object(arguments, 0).own_property_keys(context)?;
    Ok(JsArray::from_iter(keys.into_iter().map(JsValue::from), context).into())
}

/// `report(error)`: an exception that nothing in the script caught.
fn report(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    super::report(arguments.get_or_undefined(0).clone(), context);
    Ok(JsValue::undefined())
}

/// Milliseconds since the Unix epoch.
fn now(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    Ok(bindings(context).clock.now_ms().into())
}

/// When time began for `performance`: at the first look, which is the first that a script can compare with.
fn time_origin(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bindings = bindings(context);
    let origin = bindings.web.time_origin.get().unwrap_or_else(|| bindings.clock.now_ms());
    bindings.web.time_origin.set(Some(origin));
    Ok(origin.into())
}

fn parse_json(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let parse = originals(context).json_parse.clone();
    parse.call(&JsValue::undefined(), arguments.get(..1).unwrap_or_default(), context)
}

fn stringify_json(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let stringify = originals(context).json_stringify.clone();
    stringify.call(&JsValue::undefined(), arguments.get(..1).unwrap_or_default(), context)
}
