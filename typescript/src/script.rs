use std::collections::BTreeMap;

use ampoule_protocol::{Language, LibrarySource, ScriptSource};

use crate::{SourceError, compile};

/// Whether a script has anything to compile.
pub fn is_typescript(script: &ScriptSource) -> bool {
    script.language != Some(Language::JavaScript)
        && (main_language(script.language, &script.name) == Language::TypeScript || modules(&script.modules).next().is_some())
}

/// The same for a library, whose own source is TypeScript only if it says so.
pub fn is_typescript_library(library: &LibrarySource) -> bool {
    library.language == Some(Language::TypeScript) || (library.language.is_none() && modules(&library.modules).next().is_some())
}

/// Compiles the TypeScript among a script's sources; what it becomes says that it is JavaScript. Names and paths stay.
pub fn compile_script(script: &mut ScriptSource) -> Result<(), SourceError> {
    if !is_typescript(script) {
        return Ok(());
    }
    if main_language(script.language, &script.name) == Language::TypeScript {
        script.source = compile(&script.name, &script.source)?;
    }
    compile_modules(&mut script.modules, "")?;
    script.language = Some(Language::JavaScript);
    Ok(())
}

/// The same for a library.
pub fn compile_library(library: &mut LibrarySource) -> Result<(), SourceError> {
    if !is_typescript_library(library) {
        return Ok(());
    }
    let name = format!("lib:{}", library.specifier());
    if library.language == Some(Language::TypeScript) {
        library.source = compile(&name, &library.source)?;
    }
    compile_modules(&mut library.modules, &format!("{name}/"))?;
    library.language = Some(Language::JavaScript);
    Ok(())
}

fn main_language(language: Option<Language>, name: &str) -> Language {
    language.unwrap_or_else(|| Language::of_name(name))
}

fn modules(modules: &BTreeMap<String, String>) -> impl Iterator<Item = &String> {
    modules.keys().filter(|path| Language::of_name(path) == Language::TypeScript)
}

fn compile_modules(sources: &mut BTreeMap<String, String>, prefix: &str) -> Result<(), SourceError> {
    let paths: Vec<_> = modules(sources).cloned().collect();
    for path in paths {
        let compiled = compile(&format!("{prefix}{path}"), &sources[&path])?;
        sources.insert(path, compiled);
    }
    Ok(())
}
