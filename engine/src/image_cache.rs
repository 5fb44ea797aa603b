use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use ampoule_abi::Mode;
use ampoule_protocol::ScriptSource;
use quick_cache::{
    DefaultHashBuilder, OptionsBuilder, Weighter,
    sync::{Cache, DefaultLifecycle},
};

use crate::{EngineConfig, RunRequest, image::Image, image_file};

/// Identity of a loaded script: its sources, name, libraries and import maps, and how they were taken. (The engine is the process's.)
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) struct ImageKey(blake3::Hash);

impl ImageKey {
    pub(crate) fn of(request: &RunRequest) -> Self {
        let mut hash = blake3::Hasher::new();
        hash.update(&[match request.mode {
            Mode::Entry => 0,
            Mode::Evaluate => 1,
        }]);
        let mut part = |text: &str| {
            hash.update(&(text.len() as u64).to_le_bytes()).update(text.as_bytes());
        };
        let mut package = |name: &str, source: &str, texts: [&BTreeMap<String, String>; 2]| {
            part(name);
            part(source);
            for texts in texts {
                part(&texts.len().to_string());
                texts.iter().for_each(|(name, text)| {
                    part(name);
                    part(text);
                });
            }
        };
        let ScriptSource { source, name, modules, imports, .. } = &request.script;
        package(name, source, [modules, imports]);
        for library in &request.libraries {
            package(&library.specifier(), &library.source, [&library.modules, &library.imports]);
        }
        Self(hash.finalize())
    }

    /// As part of a file's name.
    pub(crate) fn to_hex(self) -> String {
        self.0.to_hex().to_string()
    }
}

/// What is known of a script.
#[derive(Clone)]
pub(crate) enum Entry {
    /// Loaded once. Many scripts never come again, so an image is made when one does.
    Seen,
    /// Its image is being made.
    Building,
    /// Its top level sees something that may differ between runs.
    Unusable,
    /// Its image.
    Ready(Arc<Image>),
}

/// The images of a process, bounded by their bytes; the least used go first.
pub(crate) struct ImageCache {
    entries: Option<Cache<ImageKey, Entry, Weigh>>,
    dir: Option<PathBuf>,
}

#[derive(Clone)]
struct Weigh;

/// What an entry takes besides its image.
const ENTRY_BYTES: u64 = 128;

impl Weighter<ImageKey, Entry> for Weigh {
    fn weight(&self, _key: &ImageKey, entry: &Entry) -> u64 {
        ENTRY_BYTES + if let Entry::Ready(image) = entry { image.bytes() } else { 0 }
    }
}

/// Scripts that the cache is laid out for; more work, with a little more bookkeeping.
const EXPECTED_SCRIPTS: usize = 1000;

impl ImageCache {
    pub(crate) fn new(config: &EngineConfig) -> Self {
        let entries = (config.image_cache_bytes > 0).then(|| {
            // One shard: an image may take up to the whole bound, not a shard's part of it.
            let options = OptionsBuilder::new()
                .shards(1)
                .estimated_items_capacity(EXPECTED_SCRIPTS)
                .weight_capacity(config.image_cache_bytes)
                .build()
                .expect("all that options need is set");
            Cache::with_options(options, Weigh, DefaultHashBuilder::default(), DefaultLifecycle::default())
        });
        Self { entries, dir: config.image_dir.clone() }
    }

    /// What is known, after a look into the folder if nothing is. `None` also when images are switched off.
    pub(crate) fn get(&self, key: ImageKey) -> Option<Entry> {
        let entries = self.entries.as_ref()?;
        if let Some(entry) = entries.get(&key) {
            return Some(entry);
        }
        let image = image_file::read(self.dir.as_deref()?, key)?;
        let entry = Entry::Ready(Arc::new(image));
        entries.insert(key, entry.clone());
        Some(entry)
    }

    /// Notes what has become known.
    pub(crate) fn put(&self, key: ImageKey, entry: Entry) {
        if let Some(entries) = &self.entries {
            entries.insert(key, entry);
        }
    }

    /// Puts a captured image to use, and on disk. Takes milliseconds for a large one; not for an async task.
    pub(crate) fn make(&self, key: ImageKey, image: Image, engine: &wasmtime::Engine) {
        if let Some(dir) = &self.dir
            && let Err(error) = image_file::write(dir, key, &image)
        {
            tracing::warn!(dir = %dir.display(), %error, "an image could not be kept on disk");
        }
        match image.finish(engine) {
            Ok(image) => self.put(key, Entry::Ready(Arc::new(image))),
            Err(error) => {
                tracing::error!(%error, "an image could not be made; its script is loaded in every run");
                self.put(key, Entry::Unusable);
            }
        }
    }
}
