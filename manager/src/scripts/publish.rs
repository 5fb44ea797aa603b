//! What somebody publishes becomes a version: checked and hashed.

use ampoule_protocol::{Grants, LimitError, Limits, MAX_ENTRY_CHARS, Manifest, Modules, PublishSpec, ScriptSource, SpecError};

use crate::queue::NewVersion;

/// Where a folder begins that does not say so.
const MAIN_MODULES: [&str; 4] = ["main.js", "main.ts", "index.js", "index.ts"];

/// Why something is not published.
#[derive(Debug, thiserror::Error)]
pub(crate) enum PublishError {
    /// A field that cannot be.
    #[error("`{field}`: {why}")]
    Field {
        /// Where.
        field: String,
        /// What would be right.
        why: String,
    },
    /// Sources that no job could bring.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// A limit that no run can work with.
    #[error("manifest.limits: {0}")]
    Limit(#[from] LimitError),
}

/// The version that a request asks to be published under this name.
pub(crate) fn new_version(name: &str, spec: PublishSpec, ceiling: &Limits) -> Result<NewVersion, PublishError> {
    let PublishSpec { source, modules, mut manifest } = spec;
    let modules = match (source, modules) {
        (Some(source), None) => {
            let path = manifest.main.clone().unwrap_or_else(|| format!("{name}.js"));
            Modules::from([(path, source)])
        }
        (None, Some(modules)) => modules,
        (Some(_), Some(_)) => return Err(field("source", "give `source` or `modules`, not both")),
        (None, None) => return Err(field("source", "give a `source`, or `modules` by path")),
    };
    manifest.main = Some(main(&manifest, &modules)?);
    check_modules(&manifest, &modules, ceiling)?;
    check_manifest(&manifest, ceiling)?;
    let hash = hash(&modules, &manifest);
    Ok(NewVersion { hash, modules, manifest })
}

fn field(field: impl Into<String>, why: impl Into<String>) -> PublishError {
    PublishError::Field { field: field.into(), why: why.into() }
}

/// As a script that came with a job would be.
fn check_modules(manifest: &Manifest, modules: &Modules, ceiling: &Limits) -> Result<(), SpecError> {
    let (source, name, imports) = (String::new(), String::new(), manifest.imports.clone());
    ScriptSource { source, name, language: None, modules: modules.clone(), imports }.check("script", ceiling.script_bytes)
}

fn main(manifest: &Manifest, modules: &Modules) -> Result<String, PublishError> {
    if modules.is_empty() {
        return Err(field("modules", "must hold a source"));
    }
    let paths = || modules.keys().map(|path| format!("`{path}`")).take(8).collect::<Vec<_>>().join(", ");
    let path = match &manifest.main {
        Some(path) => modules.contains_key(path).then_some(path.as_str()),
        None if modules.len() == 1 => modules.keys().next().map(String::as_str),
        None => MAIN_MODULES.into_iter().find(|path| modules.contains_key(*path)),
    };
    path.map(str::to_owned).ok_or_else(|| field("manifest.main", format!("must name the module to begin with, one of {}", paths())))
}

fn check_manifest(manifest: &Manifest, ceiling: &Limits) -> Result<(), PublishError> {
    let named = |text: &str| !text.is_empty() && text.chars().count() <= MAX_ENTRY_CHARS && !text.chars().any(char::is_control);
    let wanted = || format!("must have 1 to {MAX_ENTRY_CHARS} characters, none of them a control character");
    if manifest.entry.as_deref().is_some_and(|entry| !named(entry)) {
        return Err(field("manifest.entry", wanted()));
    }
    manifest.limits.resolve(ceiling)?;
    manifest.grants.as_ref().map_or(Ok(()), Grants::check).map_err(|err| field("manifest.grants", err.to_string()))
}

/// Of what was sent, not of what a compiler makes of it: another compiler makes no new version.
fn hash(modules: &Modules, manifest: &Manifest) -> [u8; 32] {
    let mut hasher = blake3::Hasher::new();
    // Lengths first: no two contents give the same bytes.
    for text in modules.iter().flat_map(|(path, source)| [path, source]) {
        hasher.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
    }
    let manifest = serde_json::to_vec(manifest).unwrap_or_default();
    *hasher.update(&(modules.len() as u64).to_le_bytes()).update(&manifest).finalize().as_bytes()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn publish(json: &str) -> Result<NewVersion, String> {
        let ceiling = Limits { script_bytes: 100, ..Limits::CEILING };
        let spec: PublishSpec = serde_json::from_str(json).map_err(|err| err.to_string())?;
        new_version("tax", spec, &ceiling).map_err(|err| err.to_string())
    }

    #[test]
    fn begins_with_the_main_module() {
        for (json, main) in [
            (r#"{"source":"1"}"#, "tax.js"),
            (r#"{"source":"1","manifest":{"main":"a.js"}}"#, "a.js"),
            (r#"{"modules":{"x.js":"1"}}"#, "x.js"),
            (r#"{"modules":{"x.js":"1","index.js":"","main.js":""}}"#, "main.js"),
            (r#"{"modules":{"x.js":"1","index.js":""},"manifest":{"main":"x.js"}}"#, "x.js"),
        ] {
            assert_eq!(publish(json).unwrap().manifest.main.as_deref(), Some(main), "{json}");
        }
    }

    #[test]
    fn says_what_is_wrong() {
        let long = format!(r#"{{"modules":{{"main.js":"{0}","b.js":"{0}"}}}}"#, "x".repeat(51));
        for (json, said) in [
            ("{}", "`source`: give a `source`"),
            (r#"{"source":"","modules":{}}"#, "not both"),
            (r#"{"modules":{}}"#, "`modules`: must hold a source"),
            (r#"{"modules":{"../a.js":""}}"#, "`../a.js` is no path"),
            (r#"{"modules":{"a.js":"","b.js":""}}"#, "`manifest.main`: must name the module to begin with, one of `a.js`, `b.js`"),
            (r#"{"modules":{"a.js":""},"manifest":{"main":"b.js"}}"#, "manifest.main"),
            (r#"{"source":"","manifest":{"entry":""}}"#, "manifest.entry"),
            (r#"{"source":"","manifest":{"grants":[]}}"#, "invalid type: sequence, expected an object of grants"),
            (r#"{"source":"","manifest":{"grants":{"dirs":["*"]}}}"#, "manifest.grants`: `*:ro` stands for every name"),
            (r#"{"source":"","manifest":{"limits":{"memory_bytes":1}}}"#, "manifest.limits: limit `memory_bytes`"),
            (&long, "`script.modules` has 102 bytes, at most 100"),
        ] {
            let err = publish(json).unwrap_err();
            assert!(err.contains(said), "{json}: {err}");
        }
    }

    #[test]
    fn equal_contents_have_equal_hashes() {
        let hash = |json: &str| publish(json).unwrap().hash;
        assert_eq!(hash(r#"{"source":"1"}"#), hash(r#"{"modules":{"tax.js":"1"},"manifest":{"main":"tax.js"}}"#));
        assert_ne!(hash(r#"{"source":"1"}"#), hash(r#"{"source":"2"}"#));
        assert_ne!(hash(r#"{"source":"1"}"#), hash(r#"{"source":"1","manifest":{"entry":"run"}}"#));
    }
}
