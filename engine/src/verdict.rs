//! From the way a run ended to its outcome. By type and by what the meters saw, never by an error's text.

use ampoule_protocol::{LimitKind, Limits, Outcome};
use wasmtime::Trap;

use crate::{EngineFault, settings::WASM_STACK_BYTES};

/// Why the host stopped a run. Travels through Wasmtime as an error and is recognised by its type.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Stop {
    #[error("memory limit: growth to {wanted} bytes denied")]
    Memory { wanted: u64 },
    #[error("more host calls than allowed")]
    HostCalls,
    #[error("fuel is used up")]
    Fuel,
    #[error("wall time is over")]
    WallTime,
    #[error("cancelled")]
    Cancelled,
    #[error("the replay goes another way than the recorded run")]
    Diverged,
    #[error("malformed message between host and guest: {0}")]
    Malformed(&'static str),
}

/// What the sandbox knew when it ended.
pub(crate) struct Evidence {
    pub(crate) panic: Option<String>,
    pub(crate) memory_bytes: u64,
    pub(crate) elapsed_ms: u64,
    /// The guest's stack pointer ran below its stack, which begins at address 0.
    pub(crate) shadow_stack_exhausted: bool,
}

/// Judges an error that a call into the guest gave.
pub(crate) fn judge(error: &wasmtime::Error, limits: &Limits, evidence: Evidence) -> Result<Outcome, EngineFault> {
    let exceeded = |limit, ceiling, used| Ok(Outcome::LimitExceeded { limit, ceiling, used, stack: None });
    let stack = || exceeded(LimitKind::Stack, WASM_STACK_BYTES as u64, WASM_STACK_BYTES as u64);
    if let Some(stop) = error.downcast_ref::<Stop>() {
        return match *stop {
            Stop::Memory { wanted } => exceeded(LimitKind::Memory, limits.memory_bytes, wanted.max(evidence.memory_bytes)),
            Stop::Fuel => exceeded(LimitKind::Fuel, limits.fuel, limits.fuel),
            Stop::HostCalls => exceeded(LimitKind::HostCalls, limits.host_calls, limits.host_calls + 1),
            Stop::WallTime => exceeded(LimitKind::WallTime, limits.wall_ms, evidence.elapsed_ms.max(limits.wall_ms)),
            Stop::Cancelled => Ok(Outcome::Cancelled),
            Stop::Diverged => Err(EngineFault::Diverged),
            Stop::Malformed(what) => Err(ampoule_abi::Malformed(what).into()),
        };
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => stack(),
        Some(Trap::MemoryOutOfBounds) if evidence.shadow_stack_exhausted => stack(),
        Some(trap) => Err(evidence.panic.map_or(EngineFault::Trap(*trap), |message| EngineFault::Panic { message })),
        None => Err(EngineFault::Host(format!("{error:?}"))),
    }
}
