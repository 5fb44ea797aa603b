//! Finding the function that a run calls.

use boa_engine::{
    Context, JsObject, JsResult, JsString, JsValue, Module, Source, builtins::function::OrdinaryFunction, js_string,
    native_function::NativeFunctionObject, property::PropertyKey,
};

use crate::{errors::type_error, source};

/// What a run may run.
pub(crate) enum Script {
    /// A plain script, whose functions are global. Its source names them when none fits.
    Plain(Box<str>),
    Module(Module),
    /// The value of an evaluated script: there is nothing to call.
    Value(JsValue),
}

/// A function and the object that it is a member of.
pub(crate) struct Entry {
    pub(crate) function: JsObject,
    pub(crate) this: JsValue,
}

/// The entry called `name`, or the default entry when that is empty. In this order:
///
/// | | with a name | without |
/// |---|---|---|
/// | module | the export of that name; the default object's member | the default function; the default object's `main`, or its only function; the export `main` |
/// | plain script | the global function, also one in a `const`, `let` or `class` | the same, called `main` |
///
/// `getRunnableScripts` of platform scripts names entries for people: it is never the default object's only function.
pub(crate) fn find(script: &Script, name: &str, context: &mut Context) -> JsResult<Entry> {
    let found = match script {
        Script::Plain(_) => global(if name.is_empty() { "main" } else { name }, context)?.map(free),
        Script::Module(module) => exported(module, name, context)?,
        Script::Value(_) => None,
    };
    match found {
        Some(entry) => Ok(entry),
        None => Err(type_error(missing(name, &names(script, context)?))),
    }
}

fn free(function: JsObject) -> Entry {
    Entry { function, this: JsValue::undefined() }
}

fn missing(name: &str, names: &[String]) -> String {
    let wanted = if name.is_empty() { "no default entry".to_owned() } else { format!("no entry `{name}`") };
    if names.is_empty() {
        format!("{wanted}: the script has no function to call")
    } else {
        format!("{wanted}; the script has: {}", names.join(", "))
    }
}

fn exported(module: &Module, name: &str, context: &mut Context) -> JsResult<Option<Entry>> {
    let namespace = module.namespace(context);
    let default = namespace.get(js_string!("default"), context)?.as_object();
    if name.is_empty() {
        if let Some(default) = default {
            if default.is_callable() {
                return Ok(Some(free(default)));
            }
            let mut members = members(&default, context)?;
            members.retain(|(name, _)| name != "getRunnableScripts");
            let main = members.iter().position(|(name, _)| name == "main");
            if let Some(at) = main.or((members.len() == 1).then_some(0)) {
                return Ok(Some(Entry { function: members.swap_remove(at).1, this: default.into() }));
            }
        }
        return Ok(namespace.get(js_string!("main"), context)?.as_callable().map(free));
    }
    if let Some(function) = namespace.get(JsString::from(name), context)?.as_callable() {
        return Ok(Some(free(function)));
    }
    let Some(default) = default else { return Ok(None) };
    let member = members(&default, context)?.into_iter().find(|(member, _)| member == name);
    Ok(member.map(|(_, function)| Entry { function, this: default.into() }))
}

/// The methods that an object has of its own or inherits from the script's classes, not from the language.
fn members(object: &JsObject, context: &mut Context) -> JsResult<Vec<(String, JsObject)>> {
    let constructors = context.intrinsics().constructors();
    let language = [constructors.object().prototype(), constructors.function().prototype()];
    let mut members: Vec<(String, JsObject)> = Vec::new();
    let mut holder = Some(object.clone());
    while let Some(current) = holder.filter(|holder| !language.iter().any(|prototype| JsObject::equals(prototype, holder))) {
        for key in current.own_property_keys(context)? {
            let PropertyKey::String(name) = &key else { continue };
            let name = name.to_std_string_lossy();
            if let Some(function) = object.get(key, context)?.as_callable()
                && name != "constructor"
                && !members.iter().any(|(known, _)| *known == name)
            {
                members.push((name, function));
            }
        }
        holder = current.prototype();
    }
    Ok(members)
}

/// A function in the global scope of a plain script, not one of the language or of ours.
fn global(name: &str, context: &mut Context) -> JsResult<Option<JsObject>> {
    let key = JsString::from(name);
    let value = if context.realm().scope().has_lex_binding(&key) {
        // Such a binding is no property of anything. Its name, being declared, is a valid expression.
        context.eval(Source::from_bytes(name))?
    } else {
        context.global_object().get(key, context)?
    };
    Ok(value.as_callable().filter(|function| !function.is::<NativeFunctionObject>()))
}

/// The names that would find something.
fn names(script: &Script, context: &mut Context) -> JsResult<Vec<String>> {
    let mut names = Vec::new();
    match script {
        Script::Value(_) => {}
        Script::Plain(source) => {
            for name in source::declared_names(source).unwrap_or_default() {
                let name = name.to_std_string_lossy();
                if global(&name, context)?.is_some_and(|function| function.is::<OrdinaryFunction>()) {
                    names.push(name);
                }
            }
        }
        Script::Module(module) => {
            let namespace = module.namespace(context);
            for key in namespace.own_property_keys(context)? {
                if let PropertyKey::String(name) = &key
                    && *name != js_string!("default")
                    && namespace.get(key.clone(), context)?.is_callable()
                {
                    names.push(name.to_std_string_lossy());
                }
            }
            if let Some(default) = namespace.get(js_string!("default"), context)?.as_object() {
                if default.is_callable() {
                    names.push("default".into());
                } else {
                    names.extend(members(&default, context)?.into_iter().map(|(name, _)| name));
                }
            }
        }
    }
    Ok(names)
}
