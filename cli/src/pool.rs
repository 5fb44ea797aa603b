//! The pool's knobs, as flags of the commands that run jobs.

use std::path::PathBuf;

use ampoule_engine::EngineConfig;
use ampoule_protocol::ByteSize;

/// How a process divides its memory among sandboxes. The defaults suit 2 cores and 2 GiB; README, "Sizing a worker", has larger ones.
#[derive(clap::Args)]
pub(crate) struct PoolArgs {
    /// Largest memory limit of any run; a job that asks for more gets this [default: 512MiB].
    #[arg(long, env = "AMPOULE_MAX_MEMORY", value_name = "SIZE")]
    max_memory: Option<ByteSize>,
    /// Memory that each sandbox keeps between runs, so that the next one has no page faults [default: 8MiB].
    #[arg(long, env = "AMPOULE_KEEP_RESIDENT", value_name = "SIZE")]
    keep_resident: Option<ByteSize>,
    /// Memory for images of loaded scripts; 0B loads every script in every run [default: 128MiB].
    #[arg(long, env = "AMPOULE_IMAGE_CACHE", value_name = "SIZE")]
    image_cache: Option<ByteSize>,
    /// Folder in which images outlive the process. Nobody else may be able to write there.
    #[arg(long, env = "AMPOULE_IMAGE_DIR", value_name = "DIR")]
    image_dir: Option<PathBuf>,
    /// Separate neighbouring sandboxes by memory protection keys where the processor has them: room for more than 32,000.
    #[arg(long, env = "AMPOULE_PROTECTION_KEYS")]
    protection_keys: bool,
}

impl PoolArgs {
    /// For so many concurrent runs.
    pub(crate) fn config(&self, sandboxes: u32) -> EngineConfig {
        let default = EngineConfig::default();
        let bytes = |size: Option<ByteSize>, default: u64| size.map_or(default, |size| size.0);
        EngineConfig {
            sandboxes,
            max_memory_bytes: bytes(self.max_memory, default.max_memory_bytes),
            keep_resident_bytes: usize::try_from(bytes(self.keep_resident, default.keep_resident_bytes as u64)).unwrap_or(usize::MAX),
            image_cache_bytes: bytes(self.image_cache, default.image_cache_bytes),
            protection_keys: self.protection_keys,
            image_dir: self.image_dir.clone(),
        }
    }
}
