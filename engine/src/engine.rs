use std::{path::Path, sync::Arc};

use wasmtime::{Enabled, Extern, InstanceAllocationStrategy, Linker, Memory, PoolingAllocationConfig, ProfilingStrategy, Store};

use crate::{EngineConfig, EngineError, door, guest, guest::Guest, image_cache::ImageCache, limiter, sandbox::State, settings};

/// The compiled guest and the pool of sandboxes: one for a process, shared by all its runs.
pub struct Engine {
    pub(crate) parts: Parts,
    pub(crate) images: Arc<ImageCache>,
    pub(crate) config: EngineConfig,
}

/// What sandboxes are made from.
pub(crate) struct Parts {
    pub(crate) wasmtime: wasmtime::Engine,
    pub(crate) guest: Guest,
    linker: Linker<State>,
    /// Not so in [`Engine::unmetered`] alone.
    pub(crate) metered: bool,
}

/// Extra instances of the pool for each sandbox: its memory is an instance of its own.
const INSTANCES_PER_SANDBOX: u32 = 2;

impl Engine {
    /// Maps the embedded machine code and reserves the pool's address space. Compiles nothing.
    pub fn new(config: EngineConfig) -> Result<Self, EngineError> {
        Self::with(config, ProfilingStrategy::None, Guest::load)
    }

    /// For measuring what metering costs, and for nothing else: **no limit of fuel or computing time holds**, no run computes in slices, and fuel reads 0.
    /// Compiles the guest, which takes seconds, from a file that exists only where the engine was built.
    #[doc(hidden)]
    pub fn unmetered(config: EngineConfig) -> Result<Self, EngineError> {
        Self::with(config, ProfilingStrategy::None, Guest::unmetered)
    }

    /// For profiling, and for nothing else: tells `perf` the names of the guest's functions, in `/tmp/perf-PID.map`. With a folder, the guest is as in
    /// [`of_build`](Self::of_build).
    #[doc(hidden)]
    pub fn profiled(config: EngineConfig, folder: Option<&Path>) -> Result<Self, EngineError> {
        match folder {
            Some(folder) => Self::built(config, ProfilingStrategy::PerfMap, folder),
            None => Self::with(config, ProfilingStrategy::PerfMap, Guest::load),
        }
    }

    /// For comparing, and for nothing else: runs the guest that another build of this engine left in a folder, which must be trusted. There are no images.
    #[doc(hidden)]
    pub fn of_build(config: EngineConfig, folder: &Path) -> Result<Self, EngineError> {
        Self::built(config, ProfilingStrategy::None, folder)
    }

    fn built(config: EngineConfig, profiling: ProfilingStrategy, folder: &Path) -> Result<Self, EngineError> {
        // An image holds what differs from the memory of the embedded guest.
        let config = EngineConfig { image_cache_bytes: 0, image_dir: None, ..config };
        Self::with(config, profiling, |engine| Guest::of_build(engine, folder))
    }

    fn with(
        config: EngineConfig,
        profiling: ProfilingStrategy,
        guest: impl FnOnce(&wasmtime::Engine) -> Result<Guest, EngineError>,
    ) -> Result<Self, EngineError> {
        // Keeping pages resident pays only with the kernel's scan for dirty ones (Linux 6.7); without the scan it would mean copying
        // all of them after every run, which is slower than the page faults it saves.
        let wasmtime = match wasmtime_engine(&config, profiling, Enabled::Yes) {
            Ok(wasmtime) => wasmtime,
            Err(reason) => {
                let wasmtime = wasmtime_engine(&config, profiling, Enabled::No).map_err(EngineError::Machine)?;
                tracing::warn!(%reason, "the kernel cannot scan for dirty pages: sandboxes start slower than they could");
                wasmtime
            }
        };
        let guest = guest(&wasmtime)?;
        let metered = guest.code.get_export_index(ampoule_abi::FUEL_EXPORT).is_some();
        let linker = door::linker(&wasmtime).map_err(EngineError::Guest)?;
        Ok(Self { parts: Parts { wasmtime, guest, linker, metered }, images: Arc::new(ImageCache::new(&config)), config })
    }

    /// Identity: with the same id, the same script, input and seed give the same result, logs and fuel, on any machine.
    pub fn id(&self) -> &'static str {
        guest::ID
    }
}

impl Parts {
    /// The code module's imports, in its order.
    pub(crate) fn imports(&self, store: &mut Store<State>, memory: Memory) -> Vec<Extern> {
        let imports = self.guest.code.imports();
        imports.map(|import| self.linker.get_by_import(&mut *store, &import).unwrap_or(Extern::Memory(memory))).collect()
    }
}

fn wasmtime_engine(config: &EngineConfig, profiling: ProfilingStrategy, pagemap_scan: Enabled) -> wasmtime::Result<wasmtime::Engine> {
    let mut settings = settings::settings(env!("AMPOULE_TARGET"))?;
    settings.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(config, pagemap_scan))).profiler(profiling);
    wasmtime::Engine::new(&settings)
}

fn pool(config: &EngineConfig, pagemap_scan: Enabled) -> PoolingAllocationConfig {
    let keep = |bytes| if pagemap_scan == Enabled::Yes { bytes } else { 0 };
    let mut pool = PoolingAllocationConfig::new();
    pool.total_memories(config.sandboxes)
        .total_tables(config.sandboxes)
        .total_stacks(config.sandboxes)
        .total_core_instances(config.sandboxes * INSTANCES_PER_SANDBOX)
        .max_memory_size(usize::try_from(config.max_memory_bytes).unwrap_or(usize::MAX))
        .max_core_instance_size(1 << 20)
        .table_elements(limiter::MAX_TABLE_ELEMENTS)
        .max_unused_warm_slots(config.sandboxes)
        .linear_memory_keep_resident(keep(config.keep_resident_bytes))
        .table_keep_resident(keep(1 << 20))
        .memory_protection_keys(if config.protection_keys { Enabled::Auto } else { Enabled::No })
        .pagemap_scan(pagemap_scan);
    pool
}
