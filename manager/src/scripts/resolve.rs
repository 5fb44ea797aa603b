//! Pins a job to published versions.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use ampoule_protocol::{
    JobLibrary, JobScript, JobSpec, LibraryOf, LibrarySource, Limits, MAX_LIBRARIES, ScriptSource, SpecError, VersionRef,
};

use super::specifiers;
use crate::queue::{Kind, Pin, Pins, Queue, QueueError, Version, VersionKey};

/// Most bytes of sources of one job, its libraries included: what a worker gets with each lease of it.
const MAX_SOURCES_BYTES: u64 = 32 << 20;

/// What a job runs: sources that came with it, and versions that it is pinned to.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    /// Name of the script, inline or published.
    pub(crate) name: String,
    /// The published version of the script.
    pub(crate) version: Option<u32>,
    /// Source of an inline script; else empty.
    pub(crate) source: String,
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
    /// The store did not answer.
    #[error(transparent)]
    Queue(#[from] QueueError),
}

impl Sources {
    /// Of a job that names nothing published. `None`: it does.
    pub fn inline(spec: &JobSpec) -> Option<Self> {
        let JobScript::Inline(ScriptSource { source, name }) = &spec.script else { return None };
        let library = |library: &JobLibrary| match &library.of {
            LibraryOf::Source(source) => Some(LibrarySource { name: library.name.clone(), source: source.clone() }),
            LibraryOf::Published(_) => None,
        };
        let libraries = spec.libraries.iter().map(library).collect::<Option<Vec<_>>>()?;
        Some(Self { name: name.clone(), source: source.clone(), source_bytes: source.len() as u64, libraries, ..Self::default() })
    }
}

/// Pins the jobs of one request: all of those that name the same thing to the same version.
pub(crate) struct Resolver<'a> {
    queue: &'a Queue,
    tenant: &'a str,
    ceiling: &'a Limits,
    found: HashMap<(Kind, VersionRef), (VersionKey, Arc<Version>)>,
}

impl<'a> Resolver<'a> {
    pub(crate) fn new(queue: &'a Queue, tenant: &'a str, ceiling: &'a Limits) -> Self {
        Self { queue, tenant, ceiling, found: HashMap::new() }
    }

    /// Decides which versions a job runs, that of its script, those of its libraries, and those of all that they import. Fills in what the
    /// script's manifest says where the job says nothing, and gives the limits in force.
    pub(crate) async fn resolve(&mut self, spec: &mut JobSpec) -> Result<(Sources, Limits), ResolveError> {
        let mut sources = Sources { name: spec.script.name().to_owned(), ..Sources::default() };
        let mut pins = Pins { tenant: self.tenant.to_owned(), ..Pins::default() };
        let mut imports = match &mut spec.script {
            JobScript::Inline(script) => {
                sources.source = std::mem::take(&mut script.source);
                sources.source_bytes = sources.source.len() as u64;
                specifiers([sources.source.as_str()])
            }
            JobScript::Published(version) => {
                let (key, script) = self.find(Kind::Script, version).await?;
                (sources.version, sources.source_bytes) = (Some(key.version), script.source_bytes);
                sources.pinned_bytes = script.source_bytes;
                spec.entry = spec.entry.take().or_else(|| script.manifest.entry.clone());
                spec.limits = std::mem::take(&mut spec.limits).or(&script.manifest.limits);
                pins.script = Some(Pin { called: key.name.clone(), name: key.name, version: key.version });
                script.imports.clone()
            }
        };
        let limits = spec.limits.resolve(self.ceiling).map_err(SpecError::from)?;
        fits("script", sources.source_bytes, limits.script_bytes)?;

        let mut known = BTreeSet::new();
        for JobLibrary { name, of } in std::mem::take(&mut spec.libraries) {
            known.insert(name.clone());
            match of {
                LibraryOf::Source(source) => {
                    imports.extend(specifiers([source.as_str()]));
                    sources.libraries.push(LibrarySource { name, source });
                }
                LibraryOf::Published(version) => {
                    let (key, library) = self.find(Kind::Library, &version).await?;
                    fits(&format!("library {version}"), library.source_bytes, limits.script_bytes)?;
                    sources.pinned_bytes += library.source_bytes;
                    imports.extend(library.imports.iter().cloned());
                    pins.libraries.push(Pin { called: name, name: key.name, version: key.version });
                }
            }
        }
        // In the order in which they are met; those that are found are asked for theirs.
        let mut next = 0;
        while let Some(specifier) = imports.get(next).cloned() {
            next += 1;
            if !known.insert(specifier.clone()) {
                continue;
            }
            let found = match self.find(Kind::Library, &VersionRef::parse(&specifier)).await {
                // Perhaps no import at all; if it is one, its run says where.
                Err(ResolveError::NotPublished { .. }) => continue,
                found => found?,
            };
            let (key, library) = found;
            fits(&format!("library {specifier}"), library.source_bytes, limits.script_bytes)?;
            sources.pinned_bytes += library.source_bytes;
            imports.extend(library.imports.iter().cloned());
            pins.libraries.push(Pin { called: specifier, name: key.name, version: key.version });
            let count = sources.libraries.len() + pins.libraries.len();
            if count > MAX_LIBRARIES {
                return Err(SpecError::TooMany { what: "libraries, with those that libraries import", count, most: MAX_LIBRARIES }.into());
            }
            fits("sources", sources.pinned_bytes, MAX_SOURCES_BYTES)?;
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
        let key = VersionKey { tenant: self.tenant.to_owned(), kind, name: version.name.clone(), version: number };
        let found = (key.clone(), self.queue.version(&key).await?.ok_or_else(not_published)?);
        self.found.insert((kind, version.clone()), found.clone());
        Ok(found)
    }
}

fn fits(field: &str, bytes: u64, most: u64) -> Result<(), SpecError> {
    if bytes > most { Err(SpecError::TooLarge { field: field.to_owned(), bytes, most }) } else { Ok(()) }
}
