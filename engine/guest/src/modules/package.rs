use std::{cell::RefCell, collections::BTreeMap};

use ampoule_abi::{LoadRequest, Target, Unresolved};
use boa_engine::{Context, JsString, Module};

use super::PREFIX;
use crate::{
    errors::{self, Ending, Thrown},
    source,
};

/// The modules of a script or library besides its main one, by path, and its import map.
pub(super) struct Package {
    /// What its modules' names begin with: nothing, or `lib:NAME`.
    prefix: String,
    /// The main source of a library, or of the script under its name.
    main: Box<str>,
    sources: BTreeMap<Box<str>, Source>,
    imports: Vec<(Box<str>, Box<str>)>,
}

struct Source {
    text: Box<str>,
    module: RefCell<Option<Module>>,
}

/// What a source turned out to be.
pub(super) enum Parsed {
    Module(Module),
    Broken(Thrown),
}

impl Package {
    /// The package of the script (`""`) or of a library.
    pub(super) fn of(owner: &str, request: &LoadRequest<'_>) -> Self {
        let prefix = if owner.is_empty() { String::new() } else { format!("{PREFIX}{owner}") };
        let library = request.libraries.iter().find(|library| library.name == owner);
        let main = library.map_or(request.source, |library| library.source).into();
        let modules = request.modules.iter().filter(|module| module.of == owner);
        let sources =
            modules.map(|module| (module.path.into(), Source { text: module.source.into(), module: RefCell::default() })).collect();
        let imports = request.imports.iter().filter(|import| import.of == owner);
        Self { prefix, main, sources, imports: imports.map(|import| (import.name.into(), import.target.into())).collect() }
    }

    /// Adds the script's main module, which is parsed already.
    pub(super) fn put(&mut self, path: &str, module: &Module) {
        let text = self.main.clone();
        self.sources.insert(path.into(), Source { text, module: RefCell::new(Some(module.clone())) });
    }

    /// The path of a library's module of that name; empty for its main one.
    pub(super) fn path_of<'a>(&self, name: &'a str) -> Option<&'a str> {
        let rest = name.strip_prefix(&*self.prefix)?;
        if rest.is_empty() { Some("") } else { rest.strip_prefix('/') }
    }

    pub(super) fn resolve(&self, from: &str, specifier: &str) -> Result<Target, Unresolved> {
        ampoule_abi::resolve(specifier, from, self.imports.iter().map(|(name, target)| (&**name, &**target)))
    }

    /// The path of a module that is there: as named, or the TypeScript that it would have been made of.
    pub(super) fn find(&self, path: &str) -> Option<Box<str>> {
        let typescript = || ampoule_abi::typescript_path(path).filter(|path| self.sources.contains_key(&**path));
        if self.sources.contains_key(path) { Some(path.into()) } else { typescript().map(Into::into) }
    }

    /// The module at a path that [`find`](Self::find) gave.
    pub(super) fn module(&self, path: &str, context: &mut Context) -> Parsed {
        let source = &self.sources[path];
        if let Some(module) = &*source.module.borrow() {
            return Parsed::Module(module.clone());
        }
        let name = if self.prefix.is_empty() { path.to_owned() } else { format!("{}/{path}", self.prefix) };
        let parsed =
            if path.ends_with(".json") { json(&name, &source.text, context) } else { source::parse_module(&name, &source.text, context) };
        match parsed {
            Ok(module) => {
                *source.module.borrow_mut() = Some(module.clone());
                Parsed::Module(module)
            }
            Err(thrown) => Parsed::Broken(thrown),
        }
    }

    /// Says that there is no module at a path, and which one could be meant.
    pub(super) fn no_module(&self, path: &str, most: usize) -> String {
        let with_ending = [".js", ".ts", ".mjs", ".json", "/index.js", "/index.ts"].map(|ending| format!("{path}{ending}"));
        if let Some(meant) = with_ending.iter().find(|path| self.sources.contains_key(path.as_str())) {
            return format!("there is no module `{path}`, but `{meant}`: an import names the whole file");
        }
        let names: Vec<_> = self.sources.keys().take(most).map(|path| format!("`{path}`")).collect();
        let more = if self.sources.len() > most { ", …" } else { "" };
        let known = if names.is_empty() { "none".to_owned() } else { names.join(", ") };
        format!("there is no module `{path}`; there are: {known}{more}")
    }

    /// A call frame's line for the import of `specifier` in the module at `from`, as far as its text shows it.
    pub(super) fn place(&self, from: &str, specifier: &str) -> Option<String> {
        let text = self.sources.get(from).map_or(&*self.main, |source| &*source.text);
        let quoted = [format!("'{specifier}'"), format!("\"{specifier}\""), format!("`{specifier}`")];
        let at =
            quoted.iter().flat_map(|quoted| text.match_indices(quoted.as_str())).map(|(at, _)| at).filter(|at| imports(text, *at)).min()?;
        let before = &text[..at];
        let line = before.matches('\n').count() + 1;
        let column = before.rsplit('\n').next().unwrap_or_default().encode_utf16().count() + 1;
        let name = match (self.prefix.is_empty(), from) {
            (true, from) => from.to_owned(),
            (false, "") => self.prefix.clone(),
            (false, from) => format!("{}/{from}", self.prefix),
        };
        Some(format!("    at {name}:{line}:{column}"))
    }
}

/// Whether the text before a string says that it is imported, and is no comment.
fn imports(text: &str, at: usize) -> bool {
    let before = text[..at].trim_end();
    let line = text[..at].rsplit('\n').next().unwrap_or_default().trim_start();
    let comment = line.starts_with("//") || line.starts_with('*');
    let open = before.trim_end_matches('(').trim_end();
    !comment && (before.ends_with("from") || open.ends_with("import"))
}

fn json(name: &str, text: &str, context: &mut Context) -> Result<Module, Thrown> {
    Module::parse_json(JsString::from(text), context).map_err(|error| match errors::ending(error, context) {
        Ending::Threw(thrown) => Thrown { message: format!("{name}: {}", thrown.message), stack: format!("    at {name}"), ..thrown },
        Ending::StackExhausted(stack) => Thrown { name: "RangeError".into(), message: format!("{name} nests too deeply"), stack },
    })
}
