use std::path::PathBuf;

use ampoule_protocol::Limits;

/// How one process divides its memory and time among sandboxes.
#[derive(Clone, Debug)]
pub struct EngineConfig {
    /// Sandboxes that can be live at once: running and waiting ones. Each takes 4 GiB of address space, but of memory only what its script touches.
    pub sandboxes: u32,
    /// Largest memory limit of any run.
    pub max_memory_bytes: u64,
    /// Bytes of each sandbox's memory that stay with the process after a run, to be cleaned by copying instead of by the
    /// kernel. Saves page faults; costs up to so much memory for each of [`sandboxes`](Self::sandboxes) that was ever in use at the same time.
    pub keep_resident_bytes: usize,
    /// Bytes of loaded scripts to keep, so that a script seen again starts from its image; 0 loads every script in every run.
    pub image_cache_bytes: u64,
    /// Whether memory protection keys separate neighbouring sandboxes where the processor has them (Intel and AMD since about 2020), so that more
    /// sandboxes share the address space. Without them 32,000 sandboxes have room.
    pub protection_keys: bool,
    /// Where images outlive the process; without it they do not. Only this engine's user may be able to write there.
    pub image_dir: Option<PathBuf>,
}

impl Default for EngineConfig {
    fn default() -> Self {
        Self {
            // 64 × 4 GiB of address space; worker processes on small machines run a handful at once.
            sandboxes: 64,
            max_memory_bytes: Limits::CEILING.memory_bytes,
            // What ordinary scripts dirty; a bigger one gives the rest back to the kernel.
            keep_resident_bytes: 8 << 20,
            // Some five hundred scripts of twenty lines, or a dozen with a library of half a megabyte.
            image_cache_bytes: 128 << 20,
            protection_keys: false,
            image_dir: None,
        }
    }
}
