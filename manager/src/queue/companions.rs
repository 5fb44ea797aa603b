//! What comes with a job's source: its other modules, its import map and its libraries, as the column `libraries` keeps them.

use std::collections::BTreeMap;

use ampoule_protocol::{Language, LibrarySource, ScriptSource};
use serde::{Deserialize, Serialize};

use super::submitted::json;

/// An array of libraries where there is nothing else: most jobs, and all that were stored before there were modules.
#[derive(Serialize, Deserialize)]
#[serde(untagged)]
pub(super) enum Companions {
    Libraries(Vec<LibrarySource>),
    All {
        #[serde(default, skip_serializing_if = "Option::is_none")]
        language: Option<Language>,
        modules: BTreeMap<String, String>,
        imports: BTreeMap<String, String>,
        libraries: Vec<LibrarySource>,
    },
}

impl Companions {
    pub(super) fn print(script: &ScriptSource, libraries: &[LibrarySource]) -> String {
        let ScriptSource { source: _, name: _, language, modules, imports } = script;
        if language.is_none() && modules.is_empty() && imports.is_empty() {
            return json(&libraries);
        }
        json(&Self::All { language: *language, modules: modules.clone(), imports: imports.clone(), libraries: libraries.to_vec() })
    }

    /// The script and the libraries that they came with.
    pub(super) fn with(self, name: String, source: String) -> (ScriptSource, Vec<LibrarySource>) {
        match self {
            Self::Libraries(libraries) => (ScriptSource::named(name, source), libraries),
            Self::All { language, modules, imports, libraries } => (ScriptSource { source, name, language, modules, imports }, libraries),
        }
    }
}
