//! The guest as the build script left it.

use std::{fs, path::Path, thread, time::Duration};

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

/// How often, and how far apart, the file behind a memory is tried to be made.
const TRIES: u32 = 10;
const BETWEEN_TRIES: Duration = Duration::from_millis(20);

/// Has Wasmtime make the file that the memories of `module` are mapped from, which otherwise the first run would do.
///
/// Such a file is sealed, which Linux may refuse for a moment: with `EBUSY` while somebody else holds one of its pages (fcntl(2), `F_SEAL_WRITE`). It was
/// seen on a busy machine, and passes.
pub(crate) fn make_mappable(module: &Module) -> wasmtime::Result<()> {
    let mut tries = 1;
    loop {
        match module.initialize_copy_on_write_image() {
            Err(_) if tries < TRIES => thread::sleep(BETWEEN_TRIES),
            result => return result,
        }
        tries += 1;
    }
}

/// The guest's two halves, ready to be instantiated any number of times.
pub(crate) struct Guest {
    pub(crate) code: Module,
    pub(crate) image: Module,
    /// Where in the guest's memory short requests go.
    pub(crate) mailbox: u32,
}

impl Guest {
    pub(crate) fn load(engine: &Engine) -> Result<Self, EngineError> {
        // SAFETY: the bytes are what `build/precompile.rs` got from Wasmtime; nobody else could write them.
        let load = |bytes| unsafe { Module::deserialize(engine, bytes) }.map_err(EngineError::Guest);
        Self { code: load(CODE)?, image: load(IMAGE)?, mailbox: u32::from_le_bytes(*MAILBOX) }.mapped()
    }

    /// The same with its code as it was before metering, compiled now from the file that the build left.
    pub(crate) fn unmetered(engine: &Engine) -> Result<Self, EngineError> {
        let code = Module::from_file(engine, concat!(env!("AMPOULE_GUEST"), "/plain.wasm")).map_err(EngineError::Guest)?;
        Ok(Self { code, ..Self::load(engine)? })
    }

    /// The guest that another build of this engine left in a folder.
    pub(crate) fn of_build(engine: &Engine, folder: &Path) -> Result<Self, EngineError> {
        // SAFETY: whoever names a folder of a build vouches for it, as for the program that this is; Wasmtime refuses what another version compiled.
        let load = |name: &str| unsafe { Module::deserialize_file(engine, folder.join(name)) }.map_err(EngineError::Guest);
        let mailbox = fs::read(folder.join("mailbox")).ok().and_then(|bytes| bytes.try_into().ok());
        let mailbox = mailbox.ok_or_else(|| EngineError::Guest(wasmtime::Error::msg("the folder has no mailbox")))?;
        Self { code: load("code.cwasm")?, image: load("image.cwasm")?, mailbox: u32::from_le_bytes(mailbox) }.mapped()
    }

    fn mapped(self) -> Result<Self, EngineError> {
        make_mappable(&self.image).map_err(EngineError::Guest)?;
        Ok(self)
    }
}
