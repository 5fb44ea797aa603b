//! Pins a job to published versions.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap},
    sync::Arc,
};

use ampoule_protocol::{
    Grants, JobLibrary, JobScript, JobSpec, LibraryOf, LibrarySource, Limits, MAX_LIBRARIES, RefusedGrant, ScriptSource, SpecError,
    TenantName, VersionRef,
};

use super::{mapped, specifiers};
use crate::queue::{Kind, Pin, Pins, Queue, QueueError, Version, VersionKey};

/// Most bytes of sources of one job, its libraries included: what a worker gets with each lease of it.
const MAX_SOURCES_BYTES: u64 = 32 << 20;

/// What a job runs: sources that came with it, and versions that it is pinned to.
#[derive(Clone, Debug)]
pub struct Sources {
    /// A script that came with the job; of a published one, its name alone.
    pub(crate) script: ScriptSource,
    /// The published version of the script.
    pub(crate) version: Option<u32>,
    /// Length of the script's sources.
    pub(crate) source_bytes: u64,
    /// Libraries that came with the job.
    pub(crate) libraries: Vec<LibrarySource>,
    pub(crate) pins: Option<Pins>,
    /// Length of all that is pinned.
    pub(crate) pinned_bytes: u64,
}

/// Why a job cannot be pinned.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ResolveError {
    /// There is no such script, library, version or alias.
    #[error("no {} `{version}` is published", .kind.as_str())]
    NotPublished {
        /// What was looked for.
        kind: Kind,
        /// Under which name.
        version: VersionRef,
    },
    /// With all it imports, it is more than a job may bring.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// It asks for more than its script's manifest or the operator allows.
    #[error(transparent)]
    Grant(#[from] RefusedGrant),
    /// The store did not answer.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Sources {
    /// Of a job that names nothing published. `None`: it does.
    pub fn inline(spec: &JobSpec) -> Option<Self> {
        let JobScript::Inline(script) = &spec.script else { return None };
        let library = |library: &JobLibrary| match &library.of {
            LibraryOf::Source(library) => Some(library.clone()),
            LibraryOf::Published(_) => None,
        };
        let libraries = spec.libraries.iter().map(library).collect::<Option<Vec<_>>>()?;
        Some(Self { libraries, ..Self::of(script.clone()) })
    }

    fn of(script: ScriptSource) -> Self {
        Self { source_bytes: script.bytes(), script, version: None, libraries: Vec::new(), pins: None, pinned_bytes: 0 }
    }
}

/// Pins the jobs of one request: all of those that name the same thing to the same version.
pub(crate) struct Resolver<'a> {
    queue: &'a Queue,
    tenant: &'a TenantName,
    ceiling: &'a Limits,
    policy: &'a Grants,
    found: HashMap<(Kind, VersionRef), (VersionKey, Arc<Version>)>,
}

impl<'a> Resolver<'a> {
    /// Under an operator's ceiling of limits and policy of grants.
    pub(crate) fn new(queue: &'a Queue, tenant: &'a TenantName, ceiling: &'a Limits, policy: &'a Grants) -> Self {
        Self { queue, tenant, ceiling, policy, found: HashMap::new() }
    }

    /// Decides which versions a job runs, that of its script, those of its libraries, and those of all that they import. Fills in what the
    /// script's manifest says where the job says nothing, and gives the limits in force. The job gets the grants that it asks for, all of them within the
    /// manifest and the operator's policy, or it is refused here, so that nobody finds out at run time.
    pub(crate) async fn resolve(&mut self, spec: &mut JobSpec) -> Result<(Sources, Limits), ResolveError> {
        let mut pins = Pins { tenant: self.tenant.clone(), ..Pins::default() };
        let nothing = || JobScript::Inline(ScriptSource::named("", ""));
        let mut manifest_grants = None;
        let (mut sources, mut imports) = match std::mem::replace(&mut spec.script, nothing()) {
            JobScript::Inline(script) => {
                let imports = imported(&script.source, &script.modules, &script.imports);
                (Sources::of(script), imports)
            }
            JobScript::Published(version) => {
                let (key, script) = self.find(Kind::Script, &version).await?;
                spec.entry = spec.entry.take().or_else(|| script.manifest.entry.clone());
                spec.limits = std::mem::take(&mut spec.limits).or(&script.manifest.limits);
                manifest_grants.clone_from(&script.manifest.grants);
                let name = ScriptSource::named(key.name.clone(), "");
                let bytes = script.source_bytes;
                let sources = Sources { version: Some(key.version), source_bytes: bytes, pinned_bytes: bytes, ..Sources::of(name) };
                pins.script = Some(Pin { called: key.name.clone(), name: key.name, version: key.version });
                (sources, script.imports.clone())
            }
        };
        let granted = Grants::resolve(spec.grants.as_ref(), manifest_grants.as_ref(), self.policy)?;
        spec.grants = (!granted.is_empty()).then_some(granted);
        let limits = spec.limits.resolve(self.ceiling).map_err(SpecError::from)?;
        fits("script", sources.source_bytes, limits.script_bytes)?;

        let mut known = BTreeSet::new();
        for JobLibrary { name, of } in std::mem::take(&mut spec.libraries) {
            match of {
                LibraryOf::Source(library) => {
                    imports.extend(imported(&library.source, &library.modules, &library.imports));
                    known.insert(library.specifier());
                    known.insert(name);
                    sources.libraries.push(library);
                }
                LibraryOf::Published(version) => {
                    let (key, library) = self.find(Kind::Library, &version).await?;
                    imports.extend(library.imports.iter().cloned());
                    if name == key.name {
                        known.insert(format!("{name}@{}", key.version));
                    }
                    known.insert(name.clone());
                    take(&mut sources, &mut pins, Pin { called: name, name: key.name, version: key.version }, &library, &limits)?;
                }
            }
        }
        // In the order in which they are met; those that are found are asked for theirs. Of one name the first is what an import without a
        // version means, so those with a version come last.
        let mut versions = Vec::new();
        let mut next = 0;
        while let Some(specifier) = imports.get(next).cloned() {
            next += 1;
            if !known.insert(specifier.clone()) {
                continue;
            }
            let version = VersionRef::parse(&specifier);
            let (key, library) = match self.find(Kind::Library, &version).await {
                // Perhaps no import at all; if it is one, its run says where.
                Err(ResolveError::NotPublished { .. }) => continue,
                found => found?,
            };
            imports.extend(library.imports.iter().cloned());
            let pin = Pin { called: key.name.clone(), name: key.name, version: key.version };
            if version.version.is_some() {
                versions.push((pin, library));
            } else {
                take(&mut sources, &mut pins, pin, &library, &limits)?;
            }
        }
        for (pin, library) in versions {
            if !pins.libraries.contains(&pin) {
                take(&mut sources, &mut pins, pin, &library, &limits)?;
            }
        }
        sources.pins = Some(pins).filter(|pins| pins.script.is_some() || !pins.libraries.is_empty());
        Ok((sources, limits))
    }

    async fn find(&mut self, kind: Kind, version: &VersionRef) -> Result<(VersionKey, Arc<Version>), ResolveError> {
        if let Some(found) = self.found.get(&(kind, version.clone())) {
            return Ok(found.clone());
        }
        let not_published = || ResolveError::NotPublished { kind, version: version.clone() };
        let number = self.queue.resolve(self.tenant, kind, version).await?.ok_or_else(not_published)?;
        let key = VersionKey { tenant: self.tenant.clone(), kind, name: version.name.clone(), version: number };
        let found = (key.clone(), self.queue.version(&key).await?.ok_or_else(not_published)?);
        self.found.insert((kind, version.clone()), found.clone());
        Ok(found)
    }
}

fn fits(field: &str, bytes: u64, most: u64) -> Result<(), SpecError> {
    if bytes > most { Err(SpecError::TooLarge { field: field.to_owned(), bytes, most }) } else { Ok(()) }
}

/// Adds a library to what a job is pinned to, within bounds.
fn take(sources: &mut Sources, pins: &mut Pins, pin: Pin, library: &Version, limits: &Limits) -> Result<(), SpecError> {
    fits(&format!("library {}@{}", pin.name, pin.version), library.source_bytes, limits.script_bytes)?;
    sources.pinned_bytes += library.source_bytes;
    fits("sources", sources.pinned_bytes, MAX_SOURCES_BYTES)?;
    pins.libraries.push(pin);
    let count = sources.libraries.len() + pins.libraries.len();
    if count > MAX_LIBRARIES {
        return Err(SpecError::TooMany { what: "libraries, with those that libraries import", count, most: MAX_LIBRARIES });
    }
    Ok(())
}

/// The libraries that a source, its modules and its import map name.
fn imported(source: &str, modules: &BTreeMap<String, String>, imports: &BTreeMap<String, String>) -> Vec<String> {
    let mut found = specifiers(std::iter::once(source).chain(modules.values().map(String::as_str)));
    found.extend(mapped(imports));
    found
}
