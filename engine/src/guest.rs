//! The guest as the build script left it.

use wasmtime::{Engine, Module};

use crate::EngineError;

/// Machine code of the guest, which imports its memory.
static CODE: &[u8] = include_bytes!(concat!(env!("AMPOULE_GUEST"), "/code.cwasm"));
/// The memory of the initialised guest, as a module.
static IMAGE: &[u8] = include_bytes!(concat!(env!("AMPOULE_GUEST"), "/image.cwasm"));
/// The same memory as plain bytes: what images are compared with.
pub(crate) static BASE: &[u8] = include_bytes!(concat!(env!("AMPOULE_GUEST"), "/image.bin"));
/// Address of the guest's mailbox, little-endian.
static MAILBOX: &[u8; 4] = include_bytes!(concat!(env!("AMPOULE_GUEST"), "/mailbox"));
/// See [`crate::Engine::id`].
pub(crate) const ID: &str = include_str!(concat!(env!("AMPOULE_GUEST"), "/engine.id"));

/// Where in the guest's memory short requests go.
pub(crate) fn mailbox() -> u32 {
    u32::from_le_bytes(*MAILBOX)
}

/// The guest's two halves, ready to be instantiated any number of times.
pub(crate) struct Guest {
    pub(crate) code: Module,
    pub(crate) image: Module,
}

impl Guest {
    pub(crate) fn load(engine: &Engine) -> Result<Self, EngineError> {
        // SAFETY: the bytes are what `build/precompile.rs` got from Wasmtime; nobody else could write them.
        let load = |bytes| unsafe { Module::deserialize(engine, bytes) }.map_err(EngineError::Guest);
        Ok(Self { code: load(CODE)?, image: load(IMAGE)? })
    }

    /// The same with its code as it was before metering, compiled now from the file that the build left.
    pub(crate) fn unmetered(engine: &Engine) -> Result<Self, EngineError> {
        let code = Module::from_file(engine, concat!(env!("AMPOULE_GUEST"), "/plain.wasm")).map_err(EngineError::Guest)?;
        Ok(Self { code, ..Self::load(engine)? })
    }
}
