use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer, Serialize, de};

use crate::{Language, LibrarySource, ScriptSource};

/// A version of something published: `{name}` is the latest one, `{name, version}` and `{name, alias}` name another.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
    Source(LibrarySource),
    /// It was published, by its own name or another.
    Published(VersionRef),
}

impl JobLibrary {
    /// The version that its source came with.
    pub(crate) fn own_version(&self) -> Option<u32> {
        match &self.of {
            LibraryOf::Source(library) => library.version,
            LibraryOf::Published(_) => None,
        }
    }
}

impl From<LibrarySource> for JobLibrary {
    fn from(library: LibrarySource) -> Self {
        Self { name: library.name.clone(), of: LibraryOf::Source(library) }
    }
}

/// What both wires have beside their own fields.
macro_rules! wire {
    ($name:ident { $($field:ident: $type:ty),* $(,)? }) => {
        #[derive(Default, Serialize, Deserialize)]
        #[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
        #[serde(deny_unknown_fields, default)]
        struct $name {
            $(#[serde(skip_serializing_if = "Option::is_none")] $field: Option<$type>,)*
            #[serde(skip_serializing_if = "Option::is_none")]
            language: Option<Language>,
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            modules: BTreeMap<String, String>,
            #[serde(skip_serializing_if = "BTreeMap::is_empty")]
            imports: BTreeMap<String, String>,
        }

        impl $name {
            /// It has what only a source has.
            fn describes_a_source(&self) -> bool {
                self.language.is_some() || !self.modules.is_empty() || !self.imports.is_empty()
            }
        }
    };
}

wire!(ScriptWire { source: String, name: String, version: u32, alias: String });
wire!(LibraryWire { name: String, source: String, library: String, version: u32, alias: String });

/// Those that are something else in Rust than on the wire.
#[cfg(feature = "schema")]
macro_rules! described_as {
    ($($name:ident: $wire:ident),*) => {$(
        impl utoipa::PartialSchema for $name {
            fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
                $wire::schema()
            }
        }

        impl utoipa::ToSchema for $name {
            fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
                $wire::schemas(schemas);
            }
        }
    )*};
}
#[cfg(feature = "schema")]
described_as!(JobScript: ScriptWire, JobLibrary: LibraryWire);

impl TryFrom<ScriptWire> for JobScript {
    type Error = &'static str;

    fn try_from(wire: ScriptWire) -> Result<Self, Self::Error> {
        let of_source = wire.describes_a_source();
        match wire {
            ScriptWire { source: Some(source), name, version: None, alias: None, language, modules, imports } => {
                let name = name.unwrap_or_else(ScriptSource::default_name);
                Ok(Self::Inline(ScriptSource { source, name, language, modules, imports }))
            }
            ScriptWire { source: Some(_), .. } => Err("`script` has a `source`, so it has neither `version` nor `alias`"),
            ScriptWire { name: None, .. } => Err("missing field `source` of `script`, or the `name` of a published one"),
            ScriptWire { .. } if of_source => Err("`script` has `language`, `modules` or `imports`, so it needs a `source`"),
            ScriptWire { version: Some(_), alias: Some(_), .. } => Err("`script` has a `version` or an `alias`, not both"),
            ScriptWire { name: Some(name), version, alias, .. } => Ok(Self::Published(VersionRef { name, version, alias })),
        }
    }
}

impl From<JobScript> for ScriptWire {
    fn from(script: JobScript) -> Self {
        match script {
            JobScript::Inline(ScriptSource { source, name, language, modules, imports }) => {
                Self { source: Some(source), name: Some(name), language, modules, imports, ..Self::default() }
            }
            JobScript::Published(VersionRef { name, version, alias }) => Self { name: Some(name), version, alias, ..Self::default() },
        }
    }
}

impl TryFrom<LibraryWire> for JobLibrary {
    type Error = &'static str;

    fn try_from(wire: LibraryWire) -> Result<Self, Self::Error> {
        let of_source = wire.describes_a_source();
        match wire {
            LibraryWire { name: None, .. } => Err("missing field `name` of a library"),
            LibraryWire { name: Some(name), source: Some(source), library: None, version, alias: None, language, modules, imports } => {
                Ok(LibrarySource { name, version, source, language, modules, imports }.into())
            }
            LibraryWire { source: Some(_), .. } => Err("a library has a `source`, so it has neither `library` nor `alias`"),
            LibraryWire { .. } if of_source => Err("a library has `language`, `modules` or `imports`, so it needs a `source`"),
            LibraryWire { version: Some(_), alias: Some(_), .. } => Err("a library has a `version` or an `alias`, not both"),
            LibraryWire { name: Some(name), library, version, alias, .. } => {
                let published = library.unwrap_or_else(|| name.clone());
                Ok(Self { name, of: LibraryOf::Published(VersionRef { name: published, version, alias }) })
            }
        }
    }
}

impl From<JobLibrary> for LibraryWire {
    fn from(JobLibrary { name, of }: JobLibrary) -> Self {
        match of {
            LibraryOf::Source(LibrarySource { name, version, source, language, modules, imports }) => {
                Self { name: Some(name), source: Some(source), version, language, modules, imports, ..Self::default() }
            }
            LibraryOf::Published(VersionRef { name: published, version, alias }) => {
                Self { library: (published != name).then_some(published), name: Some(name), version, alias, ..Self::default() }
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
                    Named::Version(version) => LibraryWire { version: Some(version), ..LibraryWire::default() },
                    Named::Alias(alias) => LibraryWire { alias: Some(alias), ..LibraryWire::default() },
                    Named::Library(wire) if wire.name.is_some() => {
                        return Err(de::Error::custom("in an object of libraries the key is the name"));
                    }
                    Named::Library(wire) => *wire,
                };
                libraries.push(LibraryWire { name: Some(name), ..wire }.try_into().map_err(de::Error::custom)?);
            }
            Ok(libraries)
        }
    }

    #[derive(Deserialize)]
    #[serde(untagged, expecting = "a library is a version's number, an alias, or an object with `source`, `library`, `version` or `alias`")]
    enum Named {
        Version(u32),
        Alias(String),
        Library(Box<LibraryWire>),
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_are_inline_or_published() {
        for (text, script) in [
            (r#"{"source":"1","name":"a.js"}"#, JobScript::Inline(ScriptSource::named("a.js", "1"))),
            (
                r#"{"source":"1","name":"a.js","modules":{"b.js":"2"},"imports":{"b":"./b.js"}}"#,
                JobScript::Inline(ScriptSource {
                    modules: BTreeMap::from([("b.js".into(), "2".into())]),
                    imports: BTreeMap::from([("b".into(), "./b.js".into())]),
                    ..ScriptSource::named("a.js", "1")
                }),
            ),
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
        for text in ["3", r#"{"a":[1]}"#, r#"[{"source":""}]"#, r#"{"a":{"source":"","alias":"b"}}"#, r#"{"a":{"vers":1}}"#] {
            assert!(read(text).is_err(), "{text}");
        }
    }

    #[test]
    fn published_names() {
        for (name, good) in
            [("a", true), ("tax-rules.v2_x", true), ("3d", true), ("", false), ("-a", false), ("a/b", false), ("a@1", false)]
        {
            assert_eq!(is_published_name(name), good, "{name}");
        }
    }
}
