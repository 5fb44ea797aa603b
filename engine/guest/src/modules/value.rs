//! Libraries as values.

use boa_engine::{
    Context, JsObject, JsResult, JsString, JsValue, Module, js_string, module::SyntheticModuleInitializer, property::PropertyKey,
};

use super::PREFIX;
use crate::{
    errors::{self, Ending},
    source::{self, Program},
};

/// A library that is parsed.
pub(super) struct Loaded {
    /// `lib:NAME` or `lib:NAME@VERSION`.
    pub(super) name: String,
    pub(super) module: Module,
    /// What a plain script exports.
    value: Option<JsValue>,
}

impl Loaded {
    /// Parses a library; evaluates it if it is a plain script.
    pub(super) fn parse(name: String, text: &str, context: &mut Context) -> Result<Self, Ending> {
        if let Some(names) = source::declared_names(text) {
            let value = evaluate_script(&name, text, &names, context)?;
            let module = exporting(&value, context).map_err(|error| errors::ending(error, context))?;
            return Ok(Self { name, module, value: Some(value) });
        }
        match source::parse(&name, text, context).map_err(Ending::Threw)? {
            Program::Module(module) => Ok(Self { name, module, value: None }),
            Program::Script(_) => unreachable!("a plain script has declared names"),
        }
    }

    /// `NAME` or `NAME@VERSION`.
    pub(super) fn specifier(&self) -> &str {
        &self.name[PREFIX.len()..]
    }

    /// `NAME`.
    pub(super) fn plain_name(&self) -> &str {
        let specifier = self.specifier();
        specifier.rsplit_once('@').map_or(specifier, |(name, _)| name)
    }

    /// The library as a plain value. Its evaluation must have ended.
    pub(super) fn value(&self, context: &mut Context) -> JsResult<JsValue> {
        match &self.value {
            Some(value) => Ok(value.clone()),
            None => flattened(&self.module, context),
        }
    }
}

fn evaluate_script(name: &str, text: &str, declared: &[JsString], context: &mut Context) -> Result<JsValue, Ending> {
    // A hashbang is a comment only where a source begins.
    let comment = if text.starts_with("#!") { "//" } else { "" };
    let names: Vec<_> = declared.iter().map(JsString::to_std_string_lossy).collect();
    let wrapped = format!("(function (module, exports) {{{comment}{text}\n;return {{{}}}}})", names.join(", "));
    let script = source::parse_script(name, &wrapped, context).map_err(Ending::Threw)?;
    let mut evaluate = || -> JsResult<JsValue> {
        let function = script.evaluate(context)?.as_callable().expect("the wrapper is a function");
        let exports = JsObject::with_object_proto(context.intrinsics());
        let module = JsObject::with_object_proto(context.intrinsics());
        module.create_data_property_or_throw(js_string!("exports"), exports.clone(), context)?;
        let declared = function.call(&exports.clone().into(), &[module.clone().into(), exports.clone().into()], context)?;
        let exported = module.get(js_string!("exports"), context)?;
        let untouched = exported.as_object().is_some_and(|exported| {
            JsObject::equals(&exported, &exports) && exported.own_property_keys(context).is_ok_and(|keys| keys.is_empty())
        });
        Ok(if untouched { declared } else { exported })
    };
    evaluate().map_err(|error| errors::ending(error, context))
}

/// A module that exports `value` as its default, and its members by their names.
fn exporting(value: &JsValue, context: &mut Context) -> JsResult<Module> {
    let default = js_string!("default");
    let mut exports = vec![(default.clone(), value.clone())];
    if let Some(object) = value.as_object() {
        for key in object.own_property_keys(context)? {
            if let PropertyKey::String(name) = &key
                && *name != default
            {
                exports.push((name.clone(), object.get(key, context)?));
            }
        }
    }
    let names: Vec<_> = exports.iter().map(|(name, _)| name.clone()).collect();
    let values: Vec<_> = exports.into_iter().map(|(_, value)| value).collect();
    let set = SyntheticModuleInitializer::from_copy_closure_with_captures(
        |module, (names, values): &(Vec<JsString>, Vec<JsValue>), _| {
            names.iter().zip(values).try_for_each(|(name, value)| module.set_export(name, value.clone()))
        },
        (names.clone(), values),
    );
    Ok(Module::synthetic(&names, set, None, None, context))
}

/// A module as a plain value.
fn flattened(module: &Module, context: &mut Context) -> JsResult<JsValue> {
    let namespace = module.namespace(context);
    let names: Vec<_> = namespace.own_property_keys(context)?.into_iter().filter(|key| !matches!(key, PropertyKey::Symbol(_))).collect();
    let default = namespace.get(js_string!("default"), context)?;
    if names.len() == 1 && default.is_callable() {
        return Ok(default);
    }
    let object = JsObject::with_object_proto(context.intrinsics());
    if let Some(default) = default.as_object().filter(|default| !default.is_callable()) {
        for key in default.own_property_keys(context)? {
            let member = default.get(key.clone(), context)?;
            object.create_data_property_or_throw(key, member, context)?;
        }
    }
    for name in names {
        let export = namespace.get(name.clone(), context)?;
        object.create_data_property_or_throw(name, export, context)?;
    }
    Ok(object.into())
}
