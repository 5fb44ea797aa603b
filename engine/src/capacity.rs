//! How many sandboxes a machine holds.

use std::time::{Duration, Instant};

use ampoule_host_api::Capabilities;
use ampoule_protocol::Limits;
use tokio_util::sync::CancellationToken;

use crate::{Engine, EngineFault, RunRequest, run, sandbox::Sandbox, tape::Tape};

/// What the host keeps for a live sandbox beside its memory: Store, instances, the pages of its function table that were used. It is what
/// `ampoule bench density` measures as `density_no_image_kib`, less the pages that its script changed.
const HOST_BYTES: u64 = 144 << 10;

/// Address space of user programs on the 64-bit machines that Wasmtime knows: 47 bits.
const ADDRESS_SPACE: u64 = 1 << 47;
/// What a sandbox reserves of it: 4 GiB that 32 bits can name, and as much guard space as compiled code relies on.
const RESERVED_BYTES: u64 = (4 << 30) + (32 << 20);

/// How many sandboxes fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Capacity {
    /// If each holds as much as the script that was measured.
    pub measured: u64,
    /// If each fills its memory limit.
    pub at_limit: u64,
    /// Whatever the memory: so many have room in the address space.
    pub address_space: u64,
}

impl Capacity {
    /// Into `memory_bytes`, of which the process without sandboxes takes `process_bytes`; a sandbox holds `each_bytes`, at most `limit_bytes`.
    pub fn of(memory_bytes: u64, process_bytes: u64, each_bytes: u64, limit_bytes: u64) -> Self {
        let room = memory_bytes.saturating_sub(process_bytes);
        let address_space = ADDRESS_SPACE / RESERVED_BYTES;
        let fit = |each: u64| (room / each.max(1)).min(address_space);
        Self { measured: fit(each_bytes), at_limit: fit(limit_bytes + HOST_BYTES), address_space }
    }
}

/// What a script's image costs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ImageCost {
    /// Memory that keeping it takes, against [`EngineConfig::image_cache_bytes`](crate::EngineConfig::image_cache_bytes).
    pub bytes: u64,
    /// Fuel of the load that runs from it are spared.
    pub load_fuel: u64,
    /// Time to find what the load changed and, for a large image, to make it mappable; the load itself is part of some run anyway.
    pub build: Duration,
}

impl Engine {
    /// Runs a script and gives the resident memory that its sandbox holds at the end, in bytes: the pages that it changed, and what the host
    /// keeps for it. One that starts from an image holds less.
    pub async fn footprint(&self, request: &RunRequest, capabilities: Capabilities) -> Result<u64, EngineFault> {
        let limits = self.limits(request);
        let mut sandbox = self.empty_sandbox(&limits, capabilities).await?;
        run::to_the_end(&mut sandbox, request, &limits).await?;
        Ok(sandbox.changed_bytes() + HOST_BYTES)
    }

    /// Runs a script and gives a part of its sandbox's memory as it is at the end.
    #[doc(hidden)]
    pub async fn memory_after(
        &self,
        request: &RunRequest,
        capabilities: Capabilities,
        part: std::ops::Range<usize>,
    ) -> Result<Vec<u8>, EngineFault> {
        let limits = self.limits(request);
        let mut sandbox = self.empty_sandbox(&limits, capabilities).await?;
        run::to_the_end(&mut sandbox, request, &limits).await?;
        sandbox.memory(part).ok_or_else(|| EngineFault::Host("the memory is smaller than that".into()))
    }

    /// Loads a script and makes its image, which is not kept. `None` when it has none, because its top level sees what may differ between runs, or does not end well.
    pub async fn image_cost(&self, request: &RunRequest, capabilities: Capabilities) -> Result<Option<ImageCost>, EngineFault> {
        let limits = self.limits(request);
        let mut sandbox = self.empty_sandbox(&limits, capabilities).await?;
        let Some(load_fuel) = run::to_the_entry(&mut sandbox, request, &limits).await? else { return Ok(None) };
        if sandbox.touched() {
            return Ok(None);
        }
        let started = Instant::now();
        let image = sandbox.capture(load_fuel).finish(&self.parts.wasmtime).map_err(|error| EngineFault::Host(format!("{error:?}")))?;
        Ok(Some(ImageCost { bytes: image.bytes(), load_fuel, build: started.elapsed() }))
    }

    /// One in which nothing is loaded, and whose time begins now.
    async fn empty_sandbox(&self, limits: &Limits, capabilities: Capabilities) -> Result<Sandbox, EngineFault> {
        let deadline = Instant::now() + Duration::from_millis(limits.wall_ms);
        Sandbox::new(&self.parts, limits, capabilities, deadline, CancellationToken::new(), None, Tape::Off).await
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rooms_are_counted() {
        let capacity = Capacity::of(2 << 30, 48 << 20, 400 << 10, 64 << 20);
        assert_eq!((capacity.measured, capacity.at_limit), (5120, 31));
        assert_eq!(Capacity::of(1 << 20, 48 << 20, 1, 1).measured, 0);
        assert_eq!(Capacity::of(1 << 60, 0, 1, 1).measured, capacity.address_space);
    }
}
