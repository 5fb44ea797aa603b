use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::SpecError;

/// Most modules of a script or library besides its own source; a bundle is one.
pub const MAX_MODULES: usize = 1_000;
/// Most names in an import map.
pub const MAX_IMPORTS: usize = 256;
/// Most characters of a module's path, of a name in an import map, and of what it stands for.
pub const MAX_PATH_CHARS: usize = 256;
/// Most bytes of the source maps that a script's sources carry, for each byte that the sources themselves may have: a map
/// that also holds the original sources is about as large as they are, and half as much again.
pub const SOURCE_MAP_FACTOR: u64 = 4;

/// How a source's text begins its last line when that is an inline source map.
const SOURCE_MAP: &str = "//# sourceMappingURL=data:";

/// What a source is written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Language {
    /// JavaScript, whatever the names of the modules end with. Scripts are so once they are stored: sandboxes know nothing else.
    #[serde(rename = "javascript")]
    JavaScript,
    /// TypeScript; so are the modules whose names say so.
    #[serde(rename = "typescript")]
    TypeScript,
}

impl Language {
    /// The language of a module that is told by its name alone: TypeScript ends in `.ts`, `.mts` or `.cts` (or `.tsx`, which is
    /// refused with a reason).
    pub fn of_name(name: &str) -> Self {
        let extension = name.rsplit('/').next().and_then(|file| file.rsplit_once('.')).map_or("", |(_, extension)| extension);
        match extension {
            "ts" | "mts" | "cts" | "tsx" => Self::TypeScript,
            _ => Self::JavaScript,
        }
    }
}

/// The script of a job: a source, and the modules that it imports by relative paths.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScriptSource {
    /// JavaScript or TypeScript: a module if it imports or exports, a plain script otherwise.
    pub source: String,
    /// Name that stack traces show, and the path from which `./other.js` is looked for among `modules`.
    #[serde(default = "ScriptSource::default_name")]
    pub name: String,
    /// What it is written in; without it every name's ending tells.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// Its other modules: path from the root of the script, such as `lib/money.js`, → source. What ends in `.json` is a JSON
    /// module.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub modules: BTreeMap<String, String>,
    /// Import map: a bare name, or a prefix that ends in `/`, → `lib:NAME`, or the path of a module, such as `./lib/money.js`.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub imports: BTreeMap<String, String>,
}

/// A library: what a script imports as `lib:NAME` or receives as `libraries.NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LibrarySource {
    /// The name after `lib:`.
    pub name: String,
    /// The number after `lib:NAME@`; `lib:NAME` is the first of that name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// A module, or a plain script whose global functions are the library.
    pub source: String,
    /// See [`ScriptSource::language`]; without it JavaScript.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Language>,
    /// See [`ScriptSource::modules`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub modules: BTreeMap<String, String>,
    /// See [`ScriptSource::imports`].
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub imports: BTreeMap<String, String>,
}

impl ScriptSource {
    /// A script of one source, under the default name.
    pub fn new(source: impl Into<String>) -> Self {
        Self::named(Self::default_name(), source)
    }

    /// A script of one source.
    pub fn named(name: impl Into<String>, source: impl Into<String>) -> Self {
        Self { source: source.into(), name: name.into(), language: None, modules: BTreeMap::new(), imports: BTreeMap::new() }
    }

    /// What a script is called that came without a name.
    pub fn default_name() -> String {
        "script.js".to_owned()
    }

    /// Bytes of its sources, without their source maps: what [`Limits::script_bytes`](crate::Limits::script_bytes) counts.
    pub fn bytes(&self) -> u64 {
        bytes(&self.source, &self.modules, code)
    }

    /// Says what is wrong with names, sizes or the import map. `field` is where the script stands in its request.
    pub fn check(&self, field: &str, most_bytes: u64) -> Result<(), SpecError> {
        sizes(field, &self.source, &self.modules, most_bytes)?;
        packed(field, Some(&self.name), &self.modules, &self.imports)
    }
}

impl LibrarySource {
    /// A library of one source, without a version.
    pub fn new(name: impl Into<String>, source: impl Into<String>) -> Self {
        let (modules, imports) = Default::default();
        Self { name: name.into(), version: None, source: source.into(), language: None, modules, imports }
    }

    /// What scripts import it by, after `lib:`: `NAME`, or `NAME@VERSION`.
    pub fn specifier(&self) -> String {
        self.version.map_or_else(|| self.name.clone(), |version| format!("{}@{version}", self.name))
    }

    /// See [`ScriptSource::bytes`].
    pub fn bytes(&self) -> u64 {
        bytes(&self.source, &self.modules, code)
    }

    /// See [`ScriptSource::check`].
    pub fn check(&self, field: &str, most_bytes: u64) -> Result<(), SpecError> {
        sizes(field, &self.source, &self.modules, most_bytes)?;
        if self.name.contains('@') {
            let why = "must not hold an `@`: what follows one is a version".to_owned();
            return Err(SpecError::Name { field: format!("{field}.name"), why });
        }
        packed(field, None, &self.modules, &self.imports)
    }
}

/// A source without the inline source map in its last line, and that map's `data:` URL.
///
/// Only a line of a URL's characters is taken for one: where that stands, nothing but a comment can, in any source that
/// parses.
pub fn source_map(source: &str) -> (&str, Option<&str>) {
    let text = source.trim_end();
    let from = text.rfind('\n').map_or(0, |newline| newline + 1);
    let line = &text[from..];
    let of_url = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=:;,.-_%&".contains(&byte);
    match line.strip_prefix(SOURCE_MAP) {
        Some(url) if url.bytes().all(of_url) => (&source[..from], Some(&line[SOURCE_MAP.len() - "data:".len()..])),
        _ => (source, None),
    }
}

fn code(source: &str) -> usize {
    source_map(source).0.len()
}

fn bytes(source: &str, modules: &BTreeMap<String, String>, of: fn(&str) -> usize) -> u64 {
    std::iter::once(source).chain(modules.values().map(String::as_str)).map(|source| of(source) as u64).sum()
}

fn sizes(field: &str, source: &str, modules: &BTreeMap<String, String>, most: u64) -> Result<(), SpecError> {
    let too_large = |field: String, bytes, most| if bytes > most { Err(SpecError::TooLarge { field, bytes, most }) } else { Ok(()) };
    too_large(format!("{field}.source"), code(source) as u64, most)?;
    too_large(format!("{field}.modules"), bytes(source, modules, code), most)?;
    let maps = |source: &str| source.len() - code(source);
    too_large(format!("{field}.source"), bytes(source, modules, maps), most.saturating_mul(SOURCE_MAP_FACTOR))
}

fn packed(
    field: &str,
    name: Option<&str>,
    modules: &BTreeMap<String, String>,
    imports: &BTreeMap<String, String>,
) -> Result<(), SpecError> {
    let wrong = |place: String, why: &str| Err(SpecError::Name { field: place, why: why.to_owned() });
    for (what, count, most) in [("modules", modules.len(), MAX_MODULES), ("names in an import map", imports.len(), MAX_IMPORTS)] {
        if count > most {
            return Err(SpecError::TooMany { what, count, most });
        }
    }
    for path in modules.keys() {
        if !is_path(path) {
            return wrong(
                format!("{field}.modules"),
                &format!("`{}` is no path: such as `lib/money.js`, without `.` and `..`", brief(path)),
            );
        }
        if name.is_some_and(|name| name == path) {
            return wrong(format!("{field}.modules"), &format!("`{path}` is the script's own name"));
        }
    }
    for (from, to) in imports {
        let place = || format!("{field}.imports");
        let relative = from.starts_with(['.', '/']) || from.starts_with("lib:");
        if relative || !is_text(from) {
            return wrong(place(), &format!("`{}` is no bare name, such as `money` or `money/`", brief(from)));
        }
        let prefix = from.ends_with('/');
        let path = to.strip_prefix("./").map(|path| if prefix { path.strip_suffix('/').unwrap_or(path) } else { path });
        let library = to.strip_prefix("lib:").is_some_and(|name| is_text(name) && !prefix);
        if !library && !path.is_some_and(|path| is_path(path) || (prefix && path.is_empty())) || prefix != to.ends_with('/') {
            return wrong(
                place(),
                &format!("`{}` must stand for `lib:NAME` or for a path such as `./lib/money.js`; both end in `/`, or none", brief(from)),
            );
        }
    }
    Ok(())
}

fn is_text(text: &str) -> bool {
    !text.is_empty() && text.chars().count() <= MAX_PATH_CHARS && !text.chars().any(char::is_control)
}

fn is_path(path: &str) -> bool {
    is_text(path) && !path.contains('\\') && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

fn brief(text: &str) -> String {
    text.chars().filter(|char| !char.is_control()).take(MAX_PATH_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn script(text: &str) -> Result<(), String> {
        serde_json::from_str::<ScriptSource>(text).unwrap().check("script", 100).map_err(|error| error.to_string())
    }

    #[test]
    fn modules_and_imports_are_checked() {
        script(r#"{"source":"0","name":"a.js","modules":{"lib/b.js":"1"},"imports":{"b":"./lib/b.js","c/":"./lib/","d":"lib:d@2"}}"#)
            .unwrap();
        for (text, said) in [
            (r#"{"source":"0","modules":{"../b.js":""}}"#, "`../b.js` is no path"),
            (r#"{"source":"0","modules":{"/b.js":""}}"#, "`/b.js` is no path"),
            (r#"{"source":"0","modules":{"a//b.js":""}}"#, "is no path"),
            (r#"{"source":"0","modules":{"a\\b.js":""}}"#, "is no path"),
            (r#"{"source":"0","name":"a.js","modules":{"a.js":""}}"#, "own name"),
            (r#"{"source":"0","imports":{"./a":"lib:a"}}"#, "no bare name"),
            (r#"{"source":"0","imports":{"lib:a":"lib:b"}}"#, "no bare name"),
            (r#"{"source":"0","imports":{"a":"b"}}"#, "must stand for"),
            (r#"{"source":"0","imports":{"a/":"./b"}}"#, "both end in"),
            (r#"{"source":"0","imports":{"a/":"lib:b/"}}"#, "must stand for"),
            (r#"{"source":"0","imports":{"a":"./../b"}}"#, "must stand for"),
        ] {
            let error = script(text).unwrap_err();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    #[test]
    fn sizes_count_all_modules_and_maps_apart() {
        let modules = format!(r#"{{"source":"{0}","modules":{{"b.js":"{0}"}}}}"#, "x".repeat(51));
        assert!(script(&modules).unwrap_err().contains("`script.modules` has 102 bytes"));
        let mapped = |bytes: usize| format!(r#"{{"source":"{}\n{SOURCE_MAP}{}"}}"#, "x".repeat(99), "A".repeat(bytes));
        script(&mapped(300)).unwrap();
        assert!(script(&mapped(401)).unwrap_err().contains("at most 400"));
    }

    #[test]
    fn only_a_last_comment_is_a_map() {
        let map = "//# sourceMappingURL=data:application/json;base64,e30=";
        assert_eq!(source_map(&format!("a\n{map}\n\n")), ("a\n", Some("data:application/json;base64,e30=")));
        assert_eq!(source_map(map), ("", Some("data:application/json;base64,e30=")));
        for not in [format!("`\n{map}`"), format!("{map}\na"), format!("a {map}"), "//# sourceMappingURL=a.map".to_owned()] {
            assert_eq!(source_map(&not), (not.as_str(), None));
        }
    }

    #[test]
    fn names_tell_the_language() {
        for (name, language) in [
            ("a.ts", Language::TypeScript),
            ("b/c.mts", Language::TypeScript),
            ("a.ts/b", Language::JavaScript),
            ("ts", Language::JavaScript),
        ] {
            assert_eq!(Language::of_name(name), language, "{name}");
        }
        assert_eq!(serde_json::to_string(&Language::TypeScript).unwrap(), "\"typescript\"");
    }
}
