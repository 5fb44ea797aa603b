//! Stage 3: runs the guest's initialisation once and keeps the memory it leaves, so that no sandbox runs it again.

use wasmparser::ValType;
use wasmtime::{Caller, Engine, Extern, Instance, Linker, Module, Store, Val};
use wasmtime_wizer::{InstanceState, SnapshotVal, Wizer};

use crate::settings::settings;

const INIT: &str = "wizer-initialize";

/// The guest with its initialisation done.
pub(crate) fn run(wasm: &[u8], target: &str) -> wasmtime::Result<Vec<u8>> {
    let mut wizer = Wizer::new();
    wizer.init_func(INIT);
    let (context, instrumented) = wizer.instrument(wasm)?;

    let engine = Engine::new(&settings(target)?)?;
    let module = Module::new(&engine, instrumented)?;
    let mut linker = Linker::new(&engine);
    // Time, randomness and everything else that differs between runs comes by host call: one asked for now would be frozen
    // into every sandbox.
    linker.func_wrap(ampoule_abi::IMPORT_MODULE, ampoule_abi::IMPORT_NAME, refuse)?;
    let mut store = Store::new(&engine, ());
    let instance = linker.instantiate(&mut store, &module)?;
    instance.get_typed_func::<(), ()>(&mut store, INIT)?.call(&mut store, ())?;
    pollster::block_on(wizer.snapshot(&context, &mut Snapshot { store: &mut store, instance }))
}

fn refuse(mut caller: Caller<'_, ()>, op: u32, ptr: u32, len: u32) -> wasmtime::Result<u64> {
    let text = match caller.get_export("memory") {
        Some(Extern::Memory(memory)) => {
            let bytes = memory.data(&caller).get(ptr as usize..ptr as usize + len as usize).unwrap_or_default();
            String::from_utf8_lossy(bytes).into_owned()
        }
        _ => String::new(),
    };
    wasmtime::bail!("the guest's initialisation made host call {op} ({text:?}); it must make none")
}

struct Snapshot<'a> {
    store: &'a mut Store<()>,
    instance: Instance,
}

impl InstanceState for Snapshot<'_> {
    async fn global_get(&mut self, name: &str, _: ValType) -> SnapshotVal {
        let global = self.instance.get_global(&mut *self.store, name).expect("the instrumented guest exports its globals");
        match global.get(&mut *self.store) {
            Val::I32(x) => SnapshotVal::I32(x),
            Val::I64(x) => SnapshotVal::I64(x),
            Val::F32(x) => SnapshotVal::F32(x),
            Val::F64(x) => SnapshotVal::F64(x),
            other => panic!("the guest has a global of an unexpected type: {other:?}"),
        }
    }

    async fn memory_contents(&mut self, name: &str, contents: impl FnOnce(&[u8]) + Send) {
        let memory = self.instance.get_memory(&mut *self.store, name).expect("the instrumented guest exports its memory");
        contents(memory.data(&self.store));
    }
}
