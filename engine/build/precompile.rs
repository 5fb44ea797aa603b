//! Stage 6: machine code, so that no engine compiles the guest when it starts.

use wasmtime::Engine;

use crate::{memory_module::memory_module, settings::settings, split::Parts};

/// Both halves of the guest as Wasmtime maps them.
pub(crate) struct MachineCode {
    pub(crate) code: Vec<u8>,
    pub(crate) image: Vec<u8>,
}

/// Compiles for a named target, not for the machine that builds.
pub(crate) fn run(parts: &Parts, target: &str) -> wasmtime::Result<MachineCode> {
    let engine = Engine::new(&settings(target)?)?;
    Ok(MachineCode { code: engine.precompile_module(&parts.code)?, image: engine.precompile_module(&memory_module(&parts.image))? })
}
