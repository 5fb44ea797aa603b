//! The modules and libraries of a job: what `import` finds, and what the entry gets as its second argument.
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
//!
//! The script and each library are a [`Package`]: modules that import each other by paths. Those are parsed when they are first
//! imported, so that what a run does not use costs it nothing but its bytes.

mod package;
mod value;

use std::{cell::RefCell, future::Future, rc::Rc};

use ampoule_abi::{LoadRequest, Target, Unresolved};
use boa_engine::{
    Context, JsError, JsNativeError, JsObject, JsResult, JsString, Module,
    builtins::promise::PromiseState,
    js_string,
    module::{ModuleLoader, ModuleRequest, Referrer},
    object::builtins::JsPromise,
};

use self::{
    package::{Package, Parsed},
    value::Loaded,
};
use crate::{
    errors::{self, Ending, Thrown},
    realm::bindings,
};

const PREFIX: &str = "lib:";
/// So many failed imports are remembered with their places: a script that tries more knows what it does.
const MAX_FAILED: usize = 16;
/// So many modules are named where one is missing.
const MAX_NAMED: usize = 10;

/// The modules and libraries of the loaded script.
#[derive(Default)]
pub(crate) struct Libraries {
    /// In the order of the request.
    loaded: RefCell<Vec<Loaded>>,
    /// The script's own package, then one for each library.
    packages: RefCell<Vec<Package>>,
    /// Errors of imports, and where those are written: no call is under way then that could tell.
    failed: RefCell<Vec<(JsObject, String)>>,
}

impl Libraries {
    /// Loads the libraries of `request`. Gives the evaluations under way: a module may await at its top level.
    pub(crate) fn load(&self, request: &LoadRequest<'_>, context: &mut Context) -> Result<Vec<JsPromise>, Ending> {
        let owners = std::iter::once("").chain(request.libraries.iter().map(|library| library.name));
        *self.packages.borrow_mut() = owners.map(|owner| Package::of(owner, request)).collect();
        for library in &request.libraries {
            let name = format!("{PREFIX}{}", library.name);
            let loaded = Loaded::parse(name, library.source, context)?;
            self.loaded.borrow_mut().push(loaded);
        }
        let modules: Vec<_> = self.loaded.borrow().iter().map(|loaded| loaded.module.clone()).collect();
        modules.into_iter().map(|module| self.evaluate(&module, context)).collect()
    }

    /// Modules may import the script's own, which is `module`.
    pub(crate) fn set_main(&self, name: &str, module: &Module) {
        self.packages.borrow_mut()[0].put(name, module);
    }

    /// Links a module and starts its evaluation.
    pub(crate) fn evaluate(&self, module: &Module, context: &mut Context) -> Result<JsPromise, Ending> {
        let loaded = module.load(context);
        context.run_jobs().map_err(|error| errors::ending(error, context))?;
        if let PromiseState::Rejected(reason) = loaded.state() {
            bindings(context).rejections.forget(&loaded.into());
            return Err(errors::rejection(&reason, context));
        }
        let linked = module.link(context).and_then(|()| module.evaluate(context));
        linked.map_err(|error| errors::ending(error, context))
    }

    /// The entry's second argument. All evaluations that [`load`](Self::load) gave must have ended.
    pub(crate) fn object(&self, context: &mut Context) -> JsResult<JsObject> {
        let object = JsObject::with_object_proto(context.intrinsics());
        for loaded in &*self.loaded.borrow() {
            // Of several versions the first is the one that is meant without a number.
            let name = loaded.plain_name();
            if !object.has_own_property(JsString::from(name), context)? {
                object.create_data_property_or_throw(JsString::from(name), loaded.value(context)?, context)?;
            }
        }
        Ok(object)
    }

    /// Where the import is written that failed with this error.
    pub(crate) fn place(&self, error: &JsObject) -> Option<String> {
        self.failed.borrow().iter().find(|(failed, _)| JsObject::equals(failed, error)).map(|(_, place)| place.clone())
    }

    fn import(&self, from: &str, request: &ModuleRequest, context: &mut Context) -> JsResult<Module> {
        let specifier = request.specifier().to_std_string_lossy();
        let packages = self.packages.borrow();
        // A library's modules are called `lib:NAME/PATH`; what fits no library is the script's.
        let (at, path) =
            packages.iter().enumerate().skip(1).find_map(|(at, package)| package.path_of(from).map(|path| (at, path))).unwrap_or((0, from));
        let Some(package) = packages.get(at) else { return Err(errors::type_error("nothing is loaded".into())) };
        let refuse = |why: String, context: &mut Context| {
            let message = format!("cannot import `{specifier}` from {from}: {why}");
            Err(self.failure(JsNativeError::typ().with_message(message), package.place(path, &specifier), context))
        };
        let json = match attributes(request) {
            Ok(json) => json,
            Err(why) => return refuse(why, context),
        };
        match package.resolve(path, &specifier) {
            Ok(Target::Library(_)) if json => refuse("a library is no JSON module".into(), context),
            Ok(Target::Library(name)) => match self.library(&name) {
                Some(module) => Ok(module),
                None => refuse(self.libraries_there_are(), context),
            },
            Ok(Target::Module(path)) => {
                let Some(path) = package.find(&path) else { return refuse(package.no_module(&path, MAX_NAMED), context) };
                match (json, path.ends_with(".json")) {
                    (false, true) => return refuse("a JSON module needs `with { type: \"json\" }`".into(), context),
                    (true, false) => return refuse(format!("`{path}` is no JSON module; its name would end in `.json`"), context),
                    _ => {}
                }
                match package.module(&path, context) {
                    Parsed::Module(module) => Ok(module),
                    Parsed::Broken(Thrown { message, stack, .. }) => {
                        Err(self.failure(JsNativeError::syntax().with_message(message), Some(stack), context))
                    }
                }
            }
            Err(Unresolved::Outside) => refuse("that leads outside the script".into(), context),
            Err(Unresolved::Bare) => {
                refuse(format!("it is no path, which begins with `./`, and not in the import map; {}", self.libraries_there_are()), context)
            }
        }
    }

    /// The library of that name, or the first of that name when it is given without a version.
    fn library(&self, name: &str) -> Option<Module> {
        let loaded = self.loaded.borrow();
        let exact = loaded.iter().find(|loaded| loaded.specifier() == name);
        exact.or_else(|| loaded.iter().find(|loaded| loaded.plain_name() == name)).map(|loaded| loaded.module.clone())
    }

    fn libraries_there_are(&self) -> String {
        let names: Vec<_> = self.loaded.borrow().iter().map(|loaded| format!("`{}`", loaded.name)).collect();
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        format!("a script can import its libraries, which are: {known}")
    }

    fn failure(&self, error: JsNativeError, place: Option<String>, context: &mut Context) -> JsError {
        let error = error.into_opaque(context);
        let mut failed = self.failed.borrow_mut();
        if let Some(place) = place
            && failed.len() < MAX_FAILED
        {
            failed.push((error.clone(), place));
        }
        JsError::from_opaque(error.into())
    }
}

/// Whether a JSON module is asked for, or what is wrong with the attributes of an import.
fn attributes(request: &ModuleRequest) -> Result<bool, String> {
    match request.attributes() {
        [] => Ok(false),
        [only] if *only.key() == js_string!("type") && *only.value() == js_string!("json") => Ok(true),
        _ => Err("the only attribute of an import is `with { type: \"json\" }`".into()),
    }
}

impl ModuleLoader for Libraries {
    fn load_imported_module(
        self: Rc<Self>,
        referrer: Referrer,
        request: ModuleRequest,
        context: &RefCell<&mut Context>,
    ) -> impl Future<Output = JsResult<Module>> {
        // Code made by `new Function` has no path: it imports as the root does.
        let from = referrer.path().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        std::future::ready(self.import(&from, &request, &mut context.borrow_mut()))
    }

    fn init_import_meta(self: Rc<Self>, meta: &JsObject, module: &Module, context: &mut Context) {
        let path = module.path().map(|path| path.to_string_lossy().into_owned()).unwrap_or_default();
        // Such that `new URL("./other.js", import.meta.url)` means what `./other.js` means in an import.
        let url = if path.starts_with(PREFIX) { path } else { format!("file:///{path}") };
        // A fresh object takes every property.
        let _ = meta.create_data_property(js_string!("url"), JsString::from(url), context);
    }
}
