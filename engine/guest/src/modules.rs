//! The libraries of a job: what `import … from 'lib:NAME'` finds, and what the entry gets as its second argument.
//!
//! A library is a module or a plain script. A plain script is evaluated inside a function, CommonJS style: what it puts on
//! `module.exports` is the library; when it puts nothing there, the library is an object of all that it declares at its top
//! level. Nothing that it declares becomes global.
//!
//! | library | `libraries.NAME` | `import` |
//! |---|---|---|
//! | module whose only export is a default function | that function | as exported |
//! | other module | object of its named exports and `default`, and of the members of a default object | as exported |
//! | plain script | `module.exports`, or the object of its declarations | default: the same; named: its members |

use std::{cell::RefCell, future::Future, rc::Rc};

use ampoule_abi::Library;
use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsString, JsValue, Module,
    builtins::promise::PromiseState,
    js_string,
    module::{ModuleLoader, ModuleRequest, Referrer, SyntheticModuleInitializer},
    object::builtins::JsPromise,
    property::PropertyKey,
};

use crate::{
    errors::{self, Ending},
    realm::bindings,
    source::{self, Program},
};

const PREFIX: &str = "lib:";

/// The libraries of the loaded script.
#[derive(Default)]
pub(crate) struct Libraries(RefCell<Vec<Loaded>>);

struct Loaded {
    name: String,
    module: Module,
    /// What a plain script exports.
    value: Option<JsValue>,
}

impl Libraries {
    /// Loads `libraries`. Gives the evaluations under way: a module may await at its top level.
    pub(crate) fn load(&self, libraries: &[Library<'_>], context: &mut Context) -> Result<Vec<JsPromise>, Ending> {
        let thrown = |error, context: &mut Context| errors::ending(error, context);
        for library in libraries {
            let name = format!("{PREFIX}{}", library.name);
            let loaded = if let Some(names) = source::declared_names(library.source) {
                let value = evaluate_script(&name, library.source, &names, context)?;
                let module = exporting(&value, context).map_err(|error| thrown(error, context))?;
                Loaded { name, module, value: Some(value) }
            } else {
                match source::parse(&name, library.source, context).map_err(Ending::Threw)? {
                    Program::Module(module) => Loaded { name, module, value: None },
                    Program::Script(_) => unreachable!("a plain script has declared names"),
                }
            };
            self.0.borrow_mut().push(loaded);
        }
        let modules: Vec<_> = self.0.borrow().iter().map(|loaded| loaded.module.clone()).collect();
        modules.into_iter().map(|module| evaluate(&module, context)).collect()
    }

    /// The entry's second argument. All evaluations that [`load`](Self::load) gave must have ended.
    pub(crate) fn object(&self, context: &mut Context) -> JsResult<JsObject> {
        let object = JsObject::with_object_proto(context.intrinsics());
        for Loaded { name, module, value } in &*self.0.borrow() {
            let value = match value {
                Some(value) => value.clone(),
                None => flattened(module, context)?,
            };
            object.create_data_property_or_throw(JsString::from(&name[PREFIX.len()..]), value, context)?;
        }
        Ok(object)
    }

    fn find(&self, specifier: &JsString) -> JsResult<Module> {
        let loaded = self.0.borrow();
        loaded.iter().find(|loaded| *specifier == loaded.name.as_str()).map(|loaded| loaded.module.clone()).ok_or_else(|| {
            let names: Vec<_> = loaded.iter().map(|loaded| format!("`{}`", loaded.name)).collect();
            let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
            let specifier = specifier.to_std_string_escaped();
            JsNativeError::typ()
                .with_message(format!("cannot import `{specifier}`: a script can import its libraries, which are: {known}"))
                .into()
        })
    }
}

impl ModuleLoader for Libraries {
    fn load_imported_module(
        self: Rc<Self>,
        _: Referrer,
        request: ModuleRequest,
        _: &RefCell<&mut Context>,
    ) -> impl Future<Output = JsResult<Module>> {
        std::future::ready(self.find(request.specifier()))
    }
}

/// Links a module and starts its evaluation.
pub(crate) fn evaluate(module: &Module, context: &mut Context) -> Result<JsPromise, Ending> {
    let loaded = module.load(context);
    context.run_jobs().map_err(|error| errors::ending(error, context))?;
    if let PromiseState::Rejected(reason) = loaded.state() {
        bindings(context).rejections.forget(&loaded.into());
        return Err(errors::rejection(&reason, context));
    }
    let linked = module.link(context).and_then(|()| module.evaluate(context));
    linked.map_err(|error| errors::ending(error, context))
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
