//! QuickJS as Wasm: the sources that the crate `rquickjs-sys` carries, compiled by clang, under Wasmtime's fuel.

use std::{fs, path::Path, process::Command, time::Duration};

use anyhow::{Context as _, Result, bail, ensure};
use cpu_time::ThreadTime;
use wasmtime::{
    Config, Engine, Instance, InstancePre, Linker, Memory, Module, OptLevel, Store, StoreLimits, StoreLimitsBuilder, TypedFunc,
};

use super::Contestant;
use crate::{
    peers::packages::{built, run},
    programs::Program,
};

/// Our side of it.
const DRIVER: &str = include_str!("../../rivals/quickjs/driver.c");
/// The crate with the sources, pinned: figures name what they were taken with.
const CRATE: (&str, &str) = ("rquickjs-sys", "0.14.0");
/// What of it is compiled.
const SOURCES: [&str; 4] = ["quickjs.c", "libregexp.c", "libunicode.c", "dtoa.c"];
/// Compilers to try, newest first: who is compared with shall be at its best.
const CLANGS: [&str; 5] = ["clang-21", "clang-20", "clang-19", "clang-16", "clang"];
/// Optimised as far as clang goes, with the same instructions of Wasm that our guest may use.
const FLAGS: [&str; 13] = [
    "--target=wasm32-wasi",
    "-mexec-model=reactor",
    "-O3",
    "-DNDEBUG",
    "-D_GNU_SOURCE",
    "-w",
    "-msimd128",
    "-mbulk-memory",
    "-mnontrapping-fptoint",
    "-msign-ext",
    // As much as our guest has, and as there: below everything else, so that overflowing it traps.
    "-Wl,-z,stack-size=4194304",
    "-Wl,--stack-first",
    "-Wl,--strip-all",
];
/// The same limits as ours.
const FUEL: u64 = ampoule_protocol::Limits::CEILING.fuel;
const MEMORY_BYTES: usize = ampoule_protocol::Limits::CEILING.memory_bytes as usize;
/// Native stack of the compiled code, as ours.
const STACK_BYTES: usize = 24 << 20;
/// What has to be installed.
const APT: &str = "apt install clang-19 lld-19 wasi-libc libclang-rt-19-dev-wasm32";

pub(super) struct QuickJs {
    engine: Engine,
    instance: InstancePre<StoreLimits>,
    clang: String,
}

impl QuickJs {
    pub(super) fn build(peers_dir: &Path) -> Result<Self> {
        let dir = built(peers_dir, "quickjs-wasm", &[DRIVER, CRATE.0, CRATE.1, &FLAGS.join(" ")], compile)?;
        let mut config = Config::new();
        config
            .cranelift_opt_level(OptLevel::Speed)
            .consume_fuel(true)
            .max_wasm_stack(STACK_BYTES)
            .async_stack_size(2 * STACK_BYTES)
            .memory_init_cow(true);
        let engine = Engine::new(&config).map_err(ours)?;
        let module = Module::from_file(&engine, dir.join("quickjs.wasm")).map_err(ours)?;
        let mut linker = Linker::new(&engine);
        wasi(&mut linker).map_err(ours)?;
        let instance = linker.instantiate_pre(&module).map_err(ours)?;
        Ok(Self { engine, instance, clang: fs::read_to_string(dir.join("clang"))? })
    }
}

impl Contestant for QuickJs {
    fn version(&self) -> String {
        format!("{} {} by {}, in Wasmtime with fuel", CRATE.0, CRATE.1, self.clang)
    }

    fn run(&mut self, program: &Program, small: bool) -> Result<(Duration, String)> {
        let started = ThreadTime::now();
        let mut store = Store::new(&self.engine, StoreLimitsBuilder::new().memory_size(MEMORY_BYTES).build());
        store.limiter(|limits| limits);
        store.set_fuel(FUEL).map_err(ours)?;
        let answer = call(&mut store, &self.instance, &program.source, &program.input(small)).map_err(ours)?;
        drop(store);
        let time = started.elapsed();
        match answer.strip_prefix('!') {
            Some(error) => bail!("it throws {error}"),
            None => Ok((time, answer)),
        }
    }
}

fn call(store: &mut Store<StoreLimits>, instance: &InstancePre<StoreLimits>, script: &str, input: &str) -> wasmtime::Result<String> {
    let instance = instance.instantiate(&mut *store)?;
    let initialize: TypedFunc<(), ()> = instance.get_typed_func(&mut *store, "_initialize")?;
    initialize.call(&mut *store, ())?;
    let memory = instance.get_memory(&mut *store, "memory").ok_or_else(|| wasmtime::Error::msg("no memory"))?;
    let (script_at, script_len) = put(store, &instance, memory, script)?;
    let (input_at, input_len) = put(store, &instance, memory, input)?;
    let run: TypedFunc<(u32, u32, u32, u32), u32> = instance.get_typed_func(&mut *store, "run")?;
    let at = run.call(&mut *store, (script_at, script_len, input_at, input_len))?;
    let len: TypedFunc<(), u32> = instance.get_typed_func(&mut *store, "answer_len")?;
    let len = len.call(&mut *store, ())?;
    let mut bytes = vec![0; len as usize];
    memory.read(&*store, at as usize, &mut bytes)?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn put(store: &mut Store<StoreLimits>, instance: &Instance, memory: Memory, text: &str) -> wasmtime::Result<(u32, u32)> {
    let reserve: TypedFunc<u32, u32> = instance.get_typed_func(&mut *store, "reserve")?;
    let len = u32::try_from(text.len())?;
    let at = reserve.call(&mut *store, len)?;
    memory.write(&mut *store, at as usize, text.as_bytes())?;
    Ok((at, len))
}

/// What QuickJS asks of WASI: the time, which no program looks at, and a file to complain to, which is closed.
fn wasi(linker: &mut Linker<StoreLimits>) -> wasmtime::Result<()> {
    const MODULE: &str = "wasi_snapshot_preview1";
    const BAD_FILE: i32 = 8;
    linker.func_wrap(MODULE, "clock_time_get", |mut caller: wasmtime::Caller<'_, StoreLimits>, _: i32, _: i64, at: i32| {
        if let Some(memory) = caller.get_export("memory").and_then(wasmtime::Extern::into_memory) {
            let _ = memory.write(&mut caller, at as u32 as usize, &1_700_000_000_000_000_000_u64.to_le_bytes());
        }
        0_i32
    })?;
    linker.func_wrap(MODULE, "fd_close", |_: i32| BAD_FILE)?;
    linker.func_wrap(MODULE, "fd_fdstat_get", |_: i32, _: i32| BAD_FILE)?;
    linker.func_wrap(MODULE, "fd_seek", |_: i32, _: i64, _: i32, _: i32| BAD_FILE)?;
    linker.func_wrap(MODULE, "fd_write", |_: i32, _: i32, _: i32, _: i32| BAD_FILE)?;
    linker.func_wrap(MODULE, "proc_exit", |code: i32| -> wasmtime::Result<()> { wasmtime::bail!("it exits with {code}") })?;
    Ok(())
}

/// Leaves `quickjs.wasm` in a folder, and by what it was compiled.
fn compile(dir: &Path) -> Result<()> {
    let clang = CLANGS.into_iter().find(|clang| Command::new(clang).arg("--version").output().is_ok());
    let clang = clang.with_context(|| format!("no clang ({APT})"))?;
    let sources = crate_sources(dir)?.join("quickjs");
    let driver = dir.join("driver.c");
    fs::write(&driver, DRIVER)?;
    let mut arguments: Vec<_> = FLAGS.iter().map(|flag| (*flag).into()).collect();
    arguments.extend(["-I".into(), sources.clone().into_os_string(), driver.into_os_string()]);
    arguments.extend(SOURCES.map(|file| sources.join(file).into_os_string()));
    arguments.extend(["-o".into(), dir.join("quickjs.wasm").into_os_string()]);
    run(dir, clang, arguments).with_context(|| format!("QuickJS does not compile to Wasm; it needs {APT}"))?;
    let version = Command::new(clang).arg("--version").output()?;
    fs::write(dir.join("clang"), String::from_utf8_lossy(&version.stdout).lines().next().unwrap_or(clang))?;
    Ok(())
}

/// Has cargo fetch the crate, and says where it lies.
fn crate_sources(dir: &Path) -> Result<std::path::PathBuf> {
    let (name, version) = CRATE;
    fs::create_dir_all(dir.join("src"))?;
    fs::write(dir.join("src/lib.rs"), "")?;
    let manifest =
        format!("[workspace]\n\n[package]\nname = \"sources\"\nversion = \"0.0.0\"\n\n[dependencies]\n{name} = \"={version}\"\n");
    fs::write(dir.join("Cargo.toml"), manifest)?;
    let output = Command::new("cargo").args(["metadata", "--format-version", "1"]).current_dir(dir).output().context("no cargo")?;
    ensure!(output.status.success(), "cargo does not fetch {name}: {}", String::from_utf8_lossy(&output.stderr).trim());
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout)?;
    let packages = metadata["packages"].as_array().context("cargo lists no packages")?;
    let manifest = packages.iter().find(|package| package["name"] == name).and_then(|package| package["manifest_path"].as_str());
    let folder = Path::new(manifest.context("cargo does not list it")?).parent().context("it lies nowhere")?;
    Ok(folder.to_owned())
}

fn ours(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("{error:?}")
}
