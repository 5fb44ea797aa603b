use serde::{Deserialize, Serialize};

/// The script of a job.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
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
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LibrarySource {
    /// The name after `lib:`.
    pub name: String,
    /// JavaScript source: a module, or a plain script whose global functions are the library.
    pub source: String,
}
