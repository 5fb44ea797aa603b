//! Published scripts and libraries in the store, and the versions of them that jobs are pinned to.

use std::sync::Arc;

use ampoule_protocol::{
    AliasList, Language, LeasedJob, LibrarySource, Manifest, Modules, PublishedList, PublishedView, ScriptSource, TenantName, VersionRef,
    VersionView,
};
use jiff::Timestamp;
use quick_cache::{Weighter, sync::Cache};
use serde::{Deserialize, Serialize};

use super::{Queue, QueueError, Store, ask};
use crate::scripts::{mapped, specifiers};

/// Most bytes of versions that a manager keeps in memory, those that are leased again and again.
const CACHE_BYTES: u64 = 64 << 20;
/// What a version takes beside its sources.
const OVERHEAD_BYTES: u64 = 512;
/// Versions that a view of one name shows: of a name that is published hourly, two days.
pub(super) const SHOWN_VERSIONS: u32 = 50;

/// What is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Jobs run it.
    Script,
    /// Scripts import it.
    Library,
}

impl Kind {
    /// The number in the tables.
    pub(super) const fn number(self) -> i16 {
        match self {
            Self::Script => 0,
            Self::Library => 1,
        }
    }

    /// The word in messages.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Script => "script",
            Self::Library => "library",
        }
    }
}

/// Identity of a published version.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct VersionKey {
    /// Whose it is.
    pub tenant: TenantName,
    /// Script or library.
    pub kind: Kind,
    /// Its name.
    pub name: String,
    /// Its number.
    pub version: u32,
}

/// A version on its way into the store.
#[derive(Clone, Debug)]
pub struct NewVersion {
    /// BLAKE3 of what was published.
    pub hash: [u8; 32],
    /// How it is run, `main` included.
    pub manifest: Manifest,
    /// Its sources, as they run.
    pub modules: Modules,
}

impl NewVersion {
    pub(super) fn source_bytes(&self) -> u64 {
        self.modules.values().map(|source| source.len() as u64).sum()
    }
}

/// A version as jobs take it.
#[derive(Clone, Debug)]
pub struct Version {
    /// How it is run.
    pub manifest: Manifest,
    /// Its sources.
    pub modules: Modules,
    /// The libraries that its sources import, as they write them after `lib:`.
    pub imports: Vec<String>,
    /// Length of all sources.
    pub source_bytes: u64,
}

impl Version {
    pub(super) fn new(manifest: Manifest, modules: Modules) -> Self {
        let mut imports = specifiers(modules.values().map(String::as_str));
        imports.extend(mapped(&manifest.imports));
        let source_bytes = modules.values().map(|source| source.len() as u64).sum();
        Self { manifest, modules, imports, source_bytes }
    }

    /// Path and source of the main module, and the others.
    fn split(&self) -> (String, String, Modules) {
        let path = self.manifest.main.clone().unwrap_or_default();
        let mut modules = self.modules.clone();
        let source = modules.remove(&path).unwrap_or_default();
        (path, source, modules)
    }
}

/// The published versions that a job runs, as its column holds them.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pins {
    pub(crate) tenant: TenantName,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) script: Option<Pin>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) libraries: Vec<Pin>,
}

/// A published version, and what the job's sources call it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Pin {
    /// What stands after `lib:`, without a version; of a script, its name.
    #[serde(rename = "as")]
    pub(crate) called: String,
    pub(crate) name: String,
    pub(crate) version: u32,
}

/// What a publish did.
#[derive(Clone, Debug, PartialEq)]
pub struct Published {
    /// The version that has this content now; the latest.
    pub version: VersionView,
    /// It is new.
    pub is_new: bool,
}

/// What a change of an alias found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AliasSet {
    /// It points to the version now.
    Done,
    /// There is no such name or version.
    NoVersion,
    /// It points to another version than was expected; 0: it does not exist.
    Differs(u32),
    /// The name has as many aliases as one may have.
    TooMany,
}

/// What a withdrawal found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Withdrawn {
    /// No new job gets the version, by this call or an earlier one.
    Done,
    /// There is no such name or version.
    NoVersion,
    /// This alias points to it; nothing was changed.
    Aliased(String),
}

/// Versions in memory: they never change.
pub(super) struct Versions(Cache<VersionKey, Arc<Version>, Bytes>);

#[derive(Clone)]
struct Bytes;

impl Weighter<VersionKey, Arc<Version>> for Bytes {
    fn weight(&self, _: &VersionKey, version: &Arc<Version>) -> u64 {
        version.source_bytes + OVERHEAD_BYTES
    }
}

impl Versions {
    pub(super) fn new() -> Self {
        // Most are some KiB; the estimate sizes a table.
        Self(Cache::with_weighter(1_000, CACHE_BYTES, Bytes))
    }
}

impl Queue {
    /// Whether this content was published under this name before.
    pub async fn has_version(&self, tenant: &TenantName, kind: Kind, name: &str, hash: &[u8; 32]) -> Result<bool, QueueError> {
        ask!(self, store => store.has_version(tenant, kind, name, *hash).await)
    }

    /// Publishes a version, unless this content was published under this name before: then that version is the latest again.
    pub async fn publish(
        &self,
        tenant: &TenantName,
        kind: Kind,
        name: &str,
        new: NewVersion,
        now: Timestamp,
    ) -> Result<Published, QueueError> {
        ask!(self, store => store.publish(tenant, kind, name, new, now.as_millisecond()).await)
    }

    /// Withdraws a version: jobs that were stored with it still run it, and no other gets it. Publishing its content again brings it back.
    pub async fn withdraw(&self, key: &VersionKey, now: Timestamp) -> Result<Withdrawn, QueueError> {
        ask!(self, store => store.withdraw(key, now.as_millisecond()).await)
    }

    /// The number of the version that is meant. `None`: there is no such name, version or alias, or it is withdrawn.
    pub async fn resolve(&self, tenant: &TenantName, kind: Kind, version: &VersionRef) -> Result<Option<u32>, QueueError> {
        ask!(self, store => store.resolve(tenant, kind, version).await)
    }

    /// A version with its sources, as its publisher sees it. `None`: there is no such version.
    pub async fn version_view(&self, key: &VersionKey) -> Result<Option<VersionView>, QueueError> {
        ask!(self, store => store.version(key).await)
    }

    /// A version as jobs take it. `None`: there is no such version.
    pub async fn version(&self, key: &VersionKey) -> Result<Option<Arc<Version>>, QueueError> {
        if let Some(version) = self.versions.0.get(key) {
            return Ok(Some(version));
        }
        let Some(view) = self.version_view(key).await? else { return Ok(None) };
        let version = Arc::new(Version::new(view.manifest, view.modules.unwrap_or_default()));
        self.versions.0.insert(key.clone(), version.clone());
        Ok(Some(version))
    }

    /// Versions of a name below this number, newest first, without their sources.
    pub async fn version_views(
        &self,
        tenant: &TenantName,
        kind: Kind,
        name: &str,
        before: u32,
        limit: u32,
    ) -> Result<Vec<VersionView>, QueueError> {
        ask!(self, store => store.versions(tenant, kind, name, before, limit).await)
    }

    /// A name with its aliases and newest versions. `None`: nothing was published under it.
    pub async fn published(&self, tenant: &TenantName, kind: Kind, name: &str) -> Result<Option<PublishedView>, QueueError> {
        let Some(mut view) = ask!(self, store => store.published(tenant, kind, name).await)? else { return Ok(None) };
        view.versions = Some(self.version_views(tenant, kind, name, u32::MAX, SHOWN_VERSIONS).await?);
        Ok(Some(view))
    }

    /// Names after this one, in their order.
    pub async fn published_names(&self, tenant: &TenantName, kind: Kind, after: &str, limit: u32) -> Result<PublishedList, QueueError> {
        // One more than asked for tells whether there is a next page.
        let mut items = ask!(self, store => store.published_names(tenant, kind, after, limit.saturating_add(1)).await)?;
        let more = items.len() > limit as usize;
        items.truncate(limit as usize);
        let next_cursor = items.last().map(|last| last.name.clone()).filter(|_| more);
        Ok(PublishedList { items, next_cursor })
    }

    /// Lets an alias point to a version, if it points to `expected` now (0: if it does not exist) or that does not matter.
    pub async fn set_alias(&self, key: &VersionKey, alias: &str, expected: Option<u32>, now: Timestamp) -> Result<AliasSet, QueueError> {
        ask!(self, store => store.set_alias(key, alias, expected, now.as_millisecond()).await)
    }

    /// Deletes an alias. False: there was none.
    pub async fn delete_alias(&self, tenant: &TenantName, kind: Kind, name: &str, alias: &str) -> Result<bool, QueueError> {
        ask!(self, store => store.delete_alias(tenant, kind, name, alias).await)
    }

    /// The aliases of a name. `None`: nothing was published under it.
    pub async fn aliases(&self, tenant: &TenantName, kind: Kind, name: &str) -> Result<Option<AliasList>, QueueError> {
        let view = ask!(self, store => store.published(tenant, kind, name).await)?;
        let items = |view: PublishedView| view.aliases.into_iter().map(|(alias, version)| ampoule_protocol::AliasView { alias, version });
        Ok(view.map(|view| AliasList { items: items(view).collect() }))
    }

    /// Puts the sources of the versions that a job is pinned to into what its worker gets.
    pub(super) async fn unpin(&self, job: &mut LeasedJob, pins: Pins) -> Result<(), QueueError> {
        let Pins { tenant, script, libraries } = pins;
        let version = async |kind, pin: &Pin| -> Result<Arc<Version>, QueueError> {
            let key = VersionKey { tenant: tenant.clone(), kind, name: pin.name.clone(), version: pin.version };
            let missing =
                || QueueError::Corrupt { what: "pins", why: format!("{} {}@{} is missing", kind.as_str(), pin.name, pin.version) };
            self.version(&key).await?.ok_or_else(missing)
        };
        if let Some(pin) = script {
            let version = version(Kind::Script, &pin).await?;
            let (name, source, modules) = version.split();
            let (language, imports) = (Some(Language::JavaScript), version.manifest.imports.clone());
            job.script = ScriptSource { source, name, language, modules, imports };
        }
        for pin in libraries {
            let version = version(Kind::Library, &pin).await?;
            let (_, source, modules) = version.split();
            // A library by another name is no version of that name.
            let number = (pin.called == pin.name).then_some(pin.version);
            let (language, imports) = (Some(Language::JavaScript), version.manifest.imports.clone());
            job.libraries.push(LibrarySource { name: pin.called, version: number, source, language, modules, imports });
        }
        Ok(())
    }
}

/// A hash as people see it.
pub(super) fn hex(hash: &[u8]) -> String {
    hash.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Jobs as a store gives them, and which of them are pinned.
pub(super) fn pinned(rows: Vec<(LeasedJob, Option<Pins>)>) -> (Vec<LeasedJob>, Vec<(usize, Pins)>) {
    let (jobs, pins): (Vec<_>, Vec<_>) = rows.into_iter().unzip();
    let pins = pins.into_iter().enumerate().filter_map(|(place, pins)| Some((place, pins?))).collect();
    (jobs, pins)
}
