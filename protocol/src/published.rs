//! Published scripts and libraries: names, their immutable versions, and aliases that point to versions.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{Grants, LimitsSpec};

/// Sources of one version, by their paths.
pub type Modules = BTreeMap<String, String>;

/// Most aliases of one name.
pub const MAX_ALIASES: usize = 64;

/// Body of `PUT /v1/scripts/{name}` and `PUT /v1/libraries/{name}`: one `source`, or `modules` by path.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct PublishSpec {
    /// The only module; its path is `main` of the manifest, or the name with `.js`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    /// Sources by relative path, such as `src/tax.js`; up to [`MAX_MODULES`](crate::MAX_MODULES) beside the main one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modules: Option<Modules>,
    /// How it is run.
    #[serde(default)]
    pub manifest: Manifest,
}

/// How a version is run, unless a job says otherwise.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Manifest {
    /// Path of the module that is loaded first; without it the only module, or `main.js`, `main.ts`, `index.js`, `index.ts`, whichever is
    /// there first.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub main: Option<String>,
    /// Which function to call; without it the default export, or `main`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// An import map, see [`ScriptSource::imports`](crate::ScriptSource::imports).
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub imports: BTreeMap<String, String>,
    /// Limits of a job that asks for no others.
    #[serde(skip_serializing_if = "is_default")]
    pub limits: LimitsSpec,
    /// What the script needs: a job that asks for nothing gets it, and no job gets more. Without it the script says nothing about that.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

/// One version, as it was published. It never changes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct VersionView {
    /// The script's or library's name.
    pub name: String,
    /// Its number, from 1.
    pub version: u32,
    /// BLAKE3 of modules and manifest, in hexadecimal: equal contents have equal hashes.
    pub hash: String,
    /// When it was first published.
    pub created_at: Timestamp,
    /// Length of all sources together.
    pub source_bytes: u64,
    /// How it is run; `main` is always there.
    pub manifest: Manifest,
    /// The sources; in the answer about one version only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub modules: Option<Modules>,
}

/// A published name, with what it points to. Answer of `GET /v1/scripts/{name}`, and an item of `GET /v1/scripts`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PublishedView {
    /// The name.
    pub name: String,
    /// The version that was published last.
    pub latest: u32,
    /// When that was.
    pub updated_at: Timestamp,
    /// Versions by alias.
    pub aliases: BTreeMap<String, u32>,
    /// The newest versions, newest first, without their sources; in the answer about one name only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub versions: Option<Vec<VersionView>>,
}

/// Answer of `GET /v1/scripts`, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct PublishedList {
    /// One page of names.
    pub items: Vec<PublishedView>,
    /// Give it as `cursor` to get the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

/// Body of `PUT /v1/scripts/{name}/aliases/{alias}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AliasSpec {
    /// The version to point to.
    pub version: u32,
    /// Change it only if it points to this version now; 0: only if it does not exist.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expected_version: Option<u32>,
}

/// An alias.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AliasView {
    /// Its name.
    pub alias: String,
    /// The version that it points to.
    pub version: u32,
}

/// Answer of `GET /v1/scripts/{name}/aliases`, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AliasList {
    /// All of them; at most [`MAX_ALIASES`].
    pub items: Vec<AliasView>,
}
