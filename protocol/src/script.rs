use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::MAX_ENTRY_CHARS;

/// Source of a script.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ScriptSource {
    /// JavaScript: a module if it imports or exports, a plain script otherwise.
    pub source: String,
    /// Name that stack traces show.
    #[serde(default = "ScriptSource::default_name")]
    pub name: String,
}

impl ScriptSource {
    /// What a script is called that came without a name.
    pub fn default_name() -> String {
        "script.js".to_owned()
    }
}

/// A module that a script imports as `lib:NAME` or receives as `libraries.NAME`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LibrarySource {
    /// The name after `lib:`.
    pub name: String,
    /// JavaScript source: a module, or a plain script whose global functions are the library.
    pub source: String,
}

/// A version of something published: `{name}` is the latest one, `{name, version}` and `{name, alias}` name another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VersionRef {
    /// Under which name it was published.
    pub name: String,
    /// Which version, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Which alias.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub alias: Option<String>,
}

impl VersionRef {
    /// The latest version of this name.
    pub fn latest(name: impl Into<String>) -> Self {
        Self { name: name.into(), version: None, alias: None }
    }

    /// As people write it: `NAME`, `NAME@3` or `NAME@alias`.
    pub fn parse(text: &str) -> Self {
        match text.split_once('@') {
            None => Self::latest(text),
            Some((name, pick)) => match pick.parse() {
                Ok(version) => Self { name: name.to_owned(), version: Some(version), alias: None },
                Err(_) => Self { name: name.to_owned(), version: None, alias: Some(pick.to_owned()) },
            },
        }
    }
}

impl std::fmt::Display for VersionRef {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match (&self.version, &self.alias) {
            (Some(version), _) => write!(f, "{}@{version}", self.name),
            (None, Some(alias)) => write!(f, "{}@{alias}", self.name),
            (None, None) => f.write_str(&self.name),
        }
    }
}

/// The script of a job: `{source, name?}`, or a published one, `{name, version?|alias?}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "ScriptWire", into = "ScriptWire")]
pub enum JobScript {
    /// It comes with the job.
    Inline(ScriptSource),
    /// It was published; which version that is, is decided when the job is stored.
    Published(VersionRef),
}

impl JobScript {
    /// What the job's script is called.
    pub fn name(&self) -> &str {
        match self {
            Self::Inline(script) => &script.name,
            Self::Published(version) => &version.name,
        }
    }
}

/// A library of a job: its source comes with the job, or it was published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "LibraryWire", into = "LibraryWire")]
pub struct JobLibrary {
    /// The name after `lib:`, and in the `libraries` argument.
    pub name: String,
    /// Where it comes from.
    pub of: LibraryOf,
}

/// Where a library of a job comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LibraryOf {
    /// Its source comes with the job.
    Source(String),
    /// It was published, by its own name or another.
    Published(VersionRef),
}

impl From<LibrarySource> for JobLibrary {
    fn from(library: LibrarySource) -> Self {
        Self { name: library.name, of: LibraryOf::Source(library.source) }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ScriptWire {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
}

impl TryFrom<ScriptWire> for JobScript {
    type Error = &'static str;

    fn try_from(wire: ScriptWire) -> Result<Self, Self::Error> {
        match wire {
            ScriptWire { source: Some(source), name, version: None, alias: None } => {
                Ok(Self::Inline(ScriptSource { source, name: name.unwrap_or_else(ScriptSource::default_name) }))
            }
            ScriptWire { source: Some(_), .. } => Err("`script` has a `source`, so it has neither `version` nor `alias`"),
            ScriptWire { version: Some(_), alias: Some(_), .. } => Err("`script` has a `version` or an `alias`, not both"),
            ScriptWire { source: None, name: Some(name), version, alias } => Ok(Self::Published(VersionRef { name, version, alias })),
            ScriptWire { source: None, name: None, .. } => {
                Err("`script` needs a `source`, or the `name` of a published script: missing field `source`")
            }
        }
    }
}

impl From<JobScript> for ScriptWire {
    fn from(script: JobScript) -> Self {
        match script {
            JobScript::Inline(ScriptSource { source, name }) => Self { source: Some(source), name: Some(name), version: None, alias: None },
            JobScript::Published(VersionRef { name, version, alias }) => Self { source: None, name: Some(name), version, alias },
        }
    }
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LibraryWire {
    name: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    source: Option<String>,
    /// The name that it was published by, if another.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    library: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    version: Option<u32>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    alias: Option<String>,
}

impl TryFrom<LibraryWire> for JobLibrary {
    type Error = &'static str;

    fn try_from(wire: LibraryWire) -> Result<Self, Self::Error> {
        match wire {
            LibraryWire { name, source: Some(source), library: None, version: None, alias: None } => {
                Ok(Self { name, of: LibraryOf::Source(source) })
            }
            LibraryWire { source: Some(_), .. } => Err("a library has a `source`, so it has none of `library`, `version` and `alias`"),
            LibraryWire { version: Some(_), alias: Some(_), .. } => Err("a library has a `version` or an `alias`, not both"),
            LibraryWire { name, source: None, library, version, alias } => {
                let published = library.unwrap_or_else(|| name.clone());
                Ok(Self { name, of: LibraryOf::Published(VersionRef { name: published, version, alias }) })
            }
        }
    }
}

impl From<JobLibrary> for LibraryWire {
    fn from(JobLibrary { name, of }: JobLibrary) -> Self {
        match of {
            LibraryOf::Source(source) => Self { name, source: Some(source), library: None, version: None, alias: None },
            LibraryOf::Published(VersionRef { name: published, version, alias }) => {
                Self { library: (published != name).then_some(published), name, source: None, version, alias }
            }
        }
    }
}

/// Reads a job's libraries: an array of [`JobLibrary`], or an object from names to one of them without its name, to a version's number, or to
/// an alias.
pub(crate) fn libraries<'de, D: Deserializer<'de>>(from: D) -> Result<Vec<JobLibrary>, D::Error> {
    struct Visitor;

    impl<'de> de::Visitor<'de> for Visitor {
        type Value = Vec<JobLibrary>;

        fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
            f.write_str("an array of libraries, or an object from their names to a source, a version or an alias")
        }

        fn visit_seq<A: de::SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
            let mut libraries = Vec::new();
            while let Some(library) = items.next_element()? {
                libraries.push(library);
            }
            Ok(libraries)
        }

        fn visit_map<A: de::MapAccess<'de>>(self, mut entries: A) -> Result<Self::Value, A::Error> {
            let mut libraries = Vec::new();
            while let Some((name, named)) = entries.next_entry::<String, Named>()? {
                let wire = match named {
                    Named::Version(version) => LibraryWire { name, source: None, library: None, version: Some(version), alias: None },
                    Named::Alias(alias) => LibraryWire { name, source: None, library: None, version: None, alias: Some(alias) },
                    Named::Library(NamedWire { source, library, version, alias }) => LibraryWire { name, source, library, version, alias },
                };
                libraries.push(wire.try_into().map_err(de::Error::custom)?);
            }
            Ok(libraries)
        }
    }

    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a library is a version's number, an alias, or an object with `source`, `library`, `version` or `alias`")]
    enum Named {
        Version(u32),
        Alias(String),
        Library(NamedWire),
    }

    #[derive(Deserialize)]
    #[serde(deny_unknown_fields)]
    struct NamedWire {
        source: Option<String>,
        library: Option<String>,
        version: Option<u32>,
        alias: Option<String>,
    }

    from.deserialize_any(Visitor)
}

/// Most characters of the name of a published script or library, and of an alias.
pub const MAX_PUBLISHED_NAME_CHARS: usize = 128;

/// Names of published scripts, libraries and aliases stand in URLs, in import specifiers and after `@`: ASCII letters and digits, and `.`,
/// `_` and `-` but for the first. An alias is not a number.
pub fn is_published_name(name: &str) -> bool {
    let rest = name.strip_prefix(|first: char| first.is_ascii_alphanumeric());
    name.len() <= MAX_PUBLISHED_NAME_CHARS
        && rest.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'.' | b'_' | b'-')))
}

/// What a path of a module may be: relative, of parts without `.` and `..`, and none of them empty.
pub fn is_module_path(path: &str) -> bool {
    path.chars().count() <= MAX_ENTRY_CHARS
        && !path.chars().any(|c| c.is_control() || matches!(c, '\\' | '?' | '#' | ':'))
        && path.split('/').all(|part| !matches!(part, "" | "." | ".."))
}

/// Sources of one version, by their paths.
pub type Modules = BTreeMap<String, String>;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_inline_or_published() {
        for (text, script) in [
            (r#"{"source":"1","name":"a.js"}"#, JobScript::Inline(ScriptSource { source: "1".into(), name: "a.js".into() })),
            (r#"{"name":"a"}"#, JobScript::Published(VersionRef::parse("a"))),
            (r#"{"name":"a","version":3}"#, JobScript::Published(VersionRef::parse("a@3"))),
            (r#"{"name":"a","alias":"live"}"#, JobScript::Published(VersionRef::parse("a@live"))),
        ] {
            assert_eq!(serde_json::from_str::<JobScript>(text).unwrap(), script);
            assert_eq!(serde_json::to_string(&script).unwrap(), text);
        }
        for text in [
            "{}",
            r#"{"version":1}"#,
            r#"{"source":"","version":1}"#,
            r#"{"name":"a","version":1,"alias":"b"}"#,
            r#"{"name":"a","vresion":1}"#,
        ] {
            assert!(serde_json::from_str::<JobScript>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn libraries_are_an_array_or_an_object() {
        #[derive(Deserialize)]
        struct Job {
            #[serde(deserialize_with = "libraries")]
            libraries: Vec<JobLibrary>,
        }
        let read = |text: &str| serde_json::from_str::<Job>(&format!("{{\"libraries\":{text}}}")).map(|job| job.libraries);
        let all = read(
            r#"[{"name":"a","source":"1"},{"name":"b","version":2},{"name":"c","alias":"live"},{"name":"d","library":"e","version":7}]"#,
        )
        .unwrap();
        let same = read(r#"{"a":{"source":"1"},"b":2,"c":"live","d":{"library":"e","version":7}}"#).unwrap();
        assert_eq!(all, same);
        assert_eq!(all[3].of, LibraryOf::Published(VersionRef::parse("e@7")));
        assert_eq!(read(&serde_json::to_string(&all).unwrap()).unwrap(), all);
        for text in ["3", r#"{"a":[]}"#, r#"[{"source":""}]"#, r#"{"a":{"source":"","version":1}}"#, r#"{"a":{"vers":1}}"#] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn names_and_paths() {
        for (name, good) in
            [("a", true), ("tax-rules.v2_x", true), ("3d", true), ("", false), ("-a", false), ("a/b", false), ("a@1", false)]
        {
            assert_eq!(is_published_name(name), good, "{name}");
        }
        for (path, good) in [
            ("a.js", true),
            ("src/a b.ts", true),
            ("/a.js", false),
            ("../a.js", false),
            ("a//b", false),
            ("./a.js", false),
            ("a\nb", false),
        ] {
            assert_eq!(is_module_path(path), good, "{path}");
        }
    }
}
