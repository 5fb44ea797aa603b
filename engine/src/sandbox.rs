use std::{collections::BTreeMap, time::Instant};

use ampoule_abi::{BESIDE_BYTES, Completed, FUEL_EXPORT, MAILBOX_BYTES, MEMORY_IMPORT, Reply, ResumeRequest};
use ampoule_host_api::Capabilities;
use ampoule_protocol::Limits;
use tokio_util::sync::CancellationToken;
use wasmtime::{Instance, Memory, PoolConcurrencyLimitError, Store, TypedFunc};

use crate::{
    EngineFault,
    engine::Parts,
    image::Image,
    limiter::MemoryLimiter,
    memory,
    meter::{self, Meter},
    operations::{Done, Given, Operations},
    tape::Tape,
    verdict::{Evidence, Stop},
};

/// Marks a stop while the run waited, in the count of slices that a journal has.
const WAITING: u64 = 1 << 63;

/// What the host keeps for one run.
pub(crate) struct State {
    pub(crate) capabilities: Capabilities,
    pub(crate) operations: Operations,
    pub(crate) host_calls: u64,
    pub(crate) max_host_calls: u64,
    pub(crate) meter: Meter,
    pub(crate) tape: Tape,
    pub(crate) panic: Option<String>,
    pub(crate) memory: Option<Memory>,
    /// The guest asked for something that may differ between runs.
    pub(crate) touched: bool,
    limiter: MemoryLimiter,
}

/// One run's Store and Instance. Dropping it gives everything back; nothing of it is used twice.
pub(crate) struct Sandbox {
    store: Store<State>,
    instance: Instance,
    memory: Memory,
    alloc: TypedFunc<u32, u32>,
    contents: TypedFunc<u32, u32>,
    mailbox: u32,
    /// The guest's latest answer.
    packed: u64,
}

impl Sandbox {
    /// A fresh sandbox whose guest is initialised and has loaded nothing.
    pub(crate) async fn new(
        parts: &Parts,
        limits: &Limits,
        capabilities: Capabilities,
        deadline: Instant,
        cancel: CancellationToken,
        image: Option<&Image>,
        tape: Tape,
    ) -> Result<Self, EngineFault> {
        let mut store = Store::new(
            &parts.wasmtime,
            State {
                capabilities,
                operations: Operations::default(),
                host_calls: 0,
                max_host_calls: limits.host_calls,
                meter: Meter::new(limits.fuel, deadline, cancel),
                tape,
                panic: None,
                memory: None,
                touched: false,
                limiter: MemoryLimiter::new(limits.memory_bytes),
            },
        );
        store.limiter(|state| &mut state.limiter);
        let module = image.and_then(Image::module).unwrap_or(&parts.guest.image);
        let instance = Instance::new_async(&mut store, module, &[]).await.map_err(host)?;
        let memory =
            instance.get_memory(&mut store, MEMORY_IMPORT.1).ok_or_else(|| EngineFault::Host("the image exports no memory".into()))?;
        store.data_mut().memory = Some(memory);
        if let Some(image) = image {
            image.write_pages(memory, &mut store).await.map_err(host)?;
        }
        let imports = parts.imports(&mut store, memory);
        let instance = Instance::new_async(&mut store, &parts.guest.code, &imports).await.map_err(host)?;
        if parts.metered {
            let fuel = instance.get_global(&mut store, FUEL_EXPORT).ok_or_else(|| EngineFault::Host("the guest exports no fuel".into()))?;
            meter::arm(&mut store, fuel).map_err(host)?;
        }
        let alloc = instance.get_typed_func(&mut store, "alloc").map_err(host)?;
        let contents = instance.get_typed_func(&mut store, "contents").map_err(host)?;
        Ok(Self { store, instance, memory, alloc, contents, mailbox: parts.guest.mailbox, packed: 0 })
    }

    /// Calls an export with a message and waits, as often as the guest asks for it, until it has an answer.
    pub(crate) async fn call(&mut self, export: &str, message: &[u8]) -> Result<Reply<'_>, wasmtime::Error> {
        self.store.data_mut().meter.phase(u32::from(export != "load"));
        self.send(export, message).await?;
        loop {
            let reply =
                Reply::decode(memory::read_packed(self.memory, &self.store, self.packed).map_err(Stop::from)?).map_err(Stop::from)?;
            let Reply::Pending { .. } = reply else { break };
            let state = self.store.data_mut();
            if let Some(replayed) = state.tape.replayed() {
                self.give(replayed?).await?;
                continue;
            }
            if state.operations.is_empty() {
                return Err(Stop::Malformed("the guest waits for nothing").into());
            }
            let (deadline, over) = (state.meter.deadline, state.meter.over());
            let done = match state.operations.completed(deadline, over).await {
                Ok(done) => done,
                Err(stop) => {
                    let (slices, elapsed_ms) = state.meter.progress();
                    // While it waits: no slice is granted there.
                    state.tape.stops(stop, slices | WAITING, elapsed_ms);
                    return Err(stop.into());
                }
            };
            state.tape.completed(&done);
            self.give(done).await?;
        }
        Ok(Reply::decode(memory::read_packed(self.memory, &self.store, self.packed).map_err(Stop::from)?).map_err(Stop::from)?)
    }

    /// Gives completed operations to the guest: large contents into buffers that the script keeps, everything else in one message.
    async fn give(&mut self, mut done: Vec<Done>) -> Result<(), wasmtime::Error> {
        let mut buffers = 0;
        for Done { given, .. } in &mut done {
            if given.contents.len() < BESIDE_BYTES {
                continue;
            }
            let Some(head) = ampoule_abi::beside(given.head.clone(), buffers) else { continue };
            let len = u32::try_from(given.contents.len()).map_err(|_| Stop::Malformed("contents of 4 GiB"))?;
            let ptr = self.contents.call_async(&mut self.store, len).await?;
            memory::write(self.memory, &mut self.store, ptr, &given.contents).map_err(Stop::from)?;
            *given = Given { head, contents: Vec::new() };
            buffers += 1;
        }
        let completed = done.iter().map(|Done { id, failed, given: Given { head, contents } }| Completed {
            id: *id,
            failed: *failed,
            result: head,
            rest: contents,
        });
        self.send("resume", &ResumeRequest { completed: completed.collect() }.encode()).await
    }

    async fn send(&mut self, export: &str, message: &[u8]) -> Result<(), wasmtime::Error> {
        let len = u32::try_from(message.len()).map_err(|_| Stop::Malformed("a message of 4 GiB"))?;
        let ptr = if message.len() <= MAILBOX_BYTES { self.mailbox } else { self.alloc.call_async(&mut self.store, len).await? };
        memory::write(self.memory, &mut self.store, ptr, message).map_err(Stop::from)?;
        let export = self.instance.get_typed_func::<(u32, u32), u64>(&mut self.store, export)?;
        self.packed = export.call_async(&mut self.store, (ptr, len)).await?;
        meter::settle(&mut self.store)?;
        Ok(())
    }

    /// Whether the guest asked for something that may differ between runs.
    pub(crate) fn touched(&self) -> bool {
        self.store.data().touched
    }

    /// What loading has changed since the guest's initialisation.
    pub(crate) fn capture(&mut self, load_fuel: u64) -> Image {
        let stack_pointer = usize::try_from(self.stack_pointer()).unwrap_or(0);
        Image::capture(self.memory.data(&self.store), stack_pointer, load_fuel, self.store.data().capabilities.console.lines())
    }

    /// Size of the pages that differ from the initialised guest's.
    pub(crate) fn changed_bytes(&self) -> u64 {
        Image::capture(self.memory.data(&self.store), 0, 0, &[]).bytes()
    }

    /// Logs what the script's top level logged when it was loaded.
    pub(crate) fn replay_log(&mut self, image: &Image) {
        let console = &mut self.store.data_mut().capabilities.console;
        for line in &image.log {
            console.write(line.level, &line.message);
        }
    }

    /// The script is loaded; its run has a budget of its own.
    pub(crate) fn begin_run(&mut self, fuel: u64) -> wasmtime::Result<()> {
        meter::begin(&mut self.store, fuel)
    }

    /// Fuel used by the load, or once it has begun by the run.
    pub(crate) fn fuel_used(&mut self) -> u64 {
        meter::used(&mut self.store)
    }

    /// A part of the memory, if there is so much.
    pub(crate) fn memory(&self, part: std::ops::Range<usize>) -> Option<Vec<u8>> {
        self.memory.data(&self.store).get(part).map(<[u8]>::to_vec)
    }

    /// Present size of the memory; it never shrinks.
    pub(crate) fn memory_bytes(&self) -> u64 {
        memory::size(self.memory, &self.store)
    }

    /// Counted host calls.
    pub(crate) fn host_calls(&self) -> u64 {
        self.store.data().host_calls
    }

    /// The settings that the run was granted.
    pub(crate) fn env(&self) -> &BTreeMap<String, String> {
        &self.store.data().capabilities.granted.grants().env
    }

    /// What is needed to judge an error.
    pub(crate) fn evidence(&mut self, started: Instant) -> Evidence {
        Evidence {
            panic: self.store.data_mut().panic.take(),
            memory_bytes: self.memory_bytes(),
            elapsed_ms: self.store.data().tape.elapsed_ms().unwrap_or(u64::try_from(started.elapsed().as_millis()).unwrap_or(u64::MAX)),
            shadow_stack_exhausted: self.stack_pointer() < 0,
        }
    }

    /// Where the guest's stack ends, which grows down to 0.
    fn stack_pointer(&mut self) -> i32 {
        match self.instance.get_global(&mut self.store, "__stack_pointer").map(|global| global.get(&mut self.store)) {
            Some(wasmtime::Val::I32(at)) => at,
            _ => 0,
        }
    }

    /// What the capabilities kept, and the tape.
    pub(crate) fn into_parts(self) -> (Capabilities, Tape) {
        let State { capabilities, tape, .. } = self.store.into_data();
        (capabilities, tape)
    }
}

fn host(error: wasmtime::Error) -> EngineFault {
    if error.is::<PoolConcurrencyLimitError>() { EngineFault::Full } else { EngineFault::Host(format!("{error:?}")) }
}
