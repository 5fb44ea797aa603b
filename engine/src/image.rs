use ampoule_protocol::LogLine;
use wasmtime::{Engine, Memory, Module, Store};

use crate::{
    guest,
    memory_module::{PAGE, memory_module},
    sandbox::State,
};

/// A script, loaded: what its top level changed in the memory of an initialised guest. Runs start from it instead of loading the script.
///
/// Small changes are kept as pages and copied into each run's memory: that is cheaper than a mapping of its own, and any sandbox of the
/// pool can start any script. Large ones become a memory module, which Wasmtime maps copy-on-write.
pub(crate) struct Image {
    pub(crate) load_fuel: u64,
    /// Size of the whole memory.
    pub(crate) memory_bytes: u64,
    /// What the top level logged: every run logs it.
    pub(crate) log: Vec<LogLine>,
    form: Form,
}

enum Form {
    Pages(Pages),
    Module { module: Module, bytes: u64 },
}

/// Runs of changed pages: each an offset in memory and its bytes, which follow one another in `bytes`.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Pages {
    pub(crate) runs: Vec<(u32, u32)>,
    pub(crate) bytes: Vec<u8>,
}

/// Above this, mapping is cheaper than copying.
const MAX_COPIED_BYTES: usize = 1 << 20;

impl Image {
    /// Compares `memory` with the initialised guest's.
    ///
    /// Nobody is in the guest: what lies below `stack_pointer`, where its stack begins, is dead.
    pub(crate) fn capture(memory: &[u8], stack_pointer: usize, load_fuel: u64, log: &[LogLine]) -> Self {
        let mut pages = Pages::default();
        for (index, page) in memory.chunks(PAGE).enumerate().skip(stack_pointer / PAGE) {
            let at = index * PAGE;
            let unchanged = match guest::BASE.get(at..at + page.len()) {
                Some(base) => page == base,
                None => page.iter().all(|byte| *byte == 0),
            };
            if !unchanged {
                pages.push(at as u32, page);
            }
        }
        Self::new(memory.len() as u64, load_fuel, log.to_vec(), pages)
    }

    /// From what was kept elsewhere.
    pub(crate) fn new(memory_bytes: u64, load_fuel: u64, log: Vec<LogLine>, pages: Pages) -> Self {
        Self { load_fuel, memory_bytes, log, form: Form::Pages(pages) }
    }

    /// Makes a large image mappable. Takes milliseconds; not for an async task.
    pub(crate) fn finish(self, engine: &Engine) -> wasmtime::Result<Self> {
        let Form::Pages(pages) = &self.form else { return Ok(self) };
        if pages.bytes.len() <= MAX_COPIED_BYTES {
            return Ok(self);
        }
        let mut memory = vec![0; self.memory_bytes as usize];
        memory[..guest::BASE.len()].copy_from_slice(guest::BASE);
        pages.write(&mut memory);
        let wasm = memory_module(&memory);
        // The module's code holds the data once, the file behind its mappings once more.
        let (module, bytes) = (Module::new(engine, &wasm)?, 2 * wasm.len() as u64);
        guest::make_mappable(&module)?;
        Ok(Self { form: Form::Module { module, bytes }, ..self })
    }

    /// The pages, if that is what it still is.
    pub(crate) fn pages(&self) -> Option<&Pages> {
        match &self.form {
            Form::Pages(pages) => Some(pages),
            Form::Module { .. } => None,
        }
    }

    /// The memory to instantiate, if it is not the initialised guest's.
    pub(crate) fn module(&self) -> Option<&Module> {
        match &self.form {
            Form::Pages(_) => None,
            Form::Module { module, .. } => Some(module),
        }
    }

    /// Brings the memory of a fresh sandbox up to the image.
    pub(crate) async fn write_pages(&self, memory: Memory, store: &mut Store<State>) -> wasmtime::Result<()> {
        let Form::Pages(pages) = &self.form else { return Ok(()) };
        let missing = (self.memory_bytes - memory.data_size(&*store) as u64) >> 16;
        if missing > 0 {
            memory.grow_async(&mut *store, missing).await?;
        }
        pages.write(memory.data_mut(store));
        Ok(())
    }

    /// Memory that keeping it takes.
    pub(crate) fn bytes(&self) -> u64 {
        let log: usize = self.log.iter().map(|line| line.message.len() + size_of::<LogLine>()).sum();
        let form = match &self.form {
            Form::Pages(pages) => (pages.bytes.len() + pages.runs.len() * size_of::<(u32, u32)>()) as u64,
            Form::Module { bytes, .. } => *bytes,
        };
        log as u64 + form
    }
}

impl Pages {
    /// Appends a page, as part of the latest run if it follows it.
    fn push(&mut self, at: u32, page: &[u8]) {
        match self.runs.last_mut() {
            Some((start, len)) if *start + *len == at => *len += page.len() as u32,
            _ => self.runs.push((at, page.len() as u32)),
        }
        self.bytes.extend_from_slice(page);
    }

    fn write(&self, memory: &mut [u8]) {
        let mut rest = &self.bytes[..];
        for (at, len) in &self.runs {
            let (run, after) = rest.split_at(*len as usize);
            memory[*at as usize..][..run.len()].copy_from_slice(run);
            rest = after;
        }
    }
}
