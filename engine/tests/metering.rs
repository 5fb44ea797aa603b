//! A module with metering does what it does without, for about as much fuel as instructions ran, and never for much less.

use std::fmt::Write as _;

use arbitrary::Unstructured;
use wasm_encoder::{EntityType, ImportSection, TypeSection, ValType};
use wasmtime::{AsContextMut, Caller, Config, Engine, Extern, ExternType, Global, Instance, Linker, Module, Store, Val};

#[path = "../build/metering/mod.rs"]
mod metering;

/// Random modules per run of the test; each is called several times.
const MODULES: u64 = 1_000;
/// Longest a module's function may compute, in loop rounds and calls.
const PATIENCE: u32 = 2_000;
/// What a slice holds in these tests: little, so that slices end often.
const SLICE: i64 = 50;

/// What a module did: results, traps, and what it left in its globals and memories.
#[derive(Debug, Default, PartialEq)]
struct Trace {
    text: String,
    /// By call that returned, what it used.
    fuel: Vec<u64>,
    /// What all calls used, those that trapped included.
    total: u64,
    slices: u64,
}

/// Bytes that depend on a seed alone (SplitMix64).
fn random(seed: u64) -> Vec<u8> {
    let mut state = seed;
    let mut next = move || {
        state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    };
    (0..512).flat_map(|_| next().to_le_bytes()).collect()
}

/// A module that may import the host call and nothing else.
fn imports() -> Vec<u8> {
    let (mut types, mut imports) = (TypeSection::new(), ImportSection::new());
    types.ty().function([ValType::I32; 3], [ValType::I64]);
    imports.import(ampoule_abi::IMPORT_MODULE, ampoule_abi::IMPORT_NAME, EntityType::Function(0));
    let mut module = wasm_encoder::Module::new();
    module.section(&types).section(&imports);
    module.finish()
}

fn generate(seed: u64) -> Option<Vec<u8>> {
    let config = wasm_smith::Config {
        available_imports: Some(imports()),
        min_imports: 1,
        max_imports: 1,
        min_types: 1,
        min_funcs: 1,
        max_funcs: 12,
        min_globals: 1,
        min_memories: 1,
        max_memories: 1,
        max_memory32_bytes: 1 << 20,
        max_tables: 1,
        export_everything: true,
        allow_start_export: false,
        bulk_memory_enabled: true,
        reference_types_enabled: false,
        exceptions_enabled: false,
        gc_enabled: false,
        memory64_enabled: false,
        multi_value_enabled: true,
        relaxed_simd_enabled: false,
        simd_enabled: true,
        tail_call_enabled: false,
        threads_enabled: false,
        wide_arithmetic_enabled: false,
        custom_page_sizes_enabled: false,
        extended_const_enabled: false,
        canonicalize_nans: true,
        ..wasm_smith::Config::default()
    };
    let bytes = random(seed);
    let mut module = wasm_smith::Module::new(config, &mut Unstructured::new(&bytes)).ok()?;
    module.ensure_termination(PATIENCE).ok()?;
    Some(module.to_bytes())
}

fn fuel_global(instance: &Instance, store: &mut Store<u64>) -> Option<Global> {
    instance.get_global(store, ampoule_abi::FUEL_EXPORT)
}

fn host_call(mut caller: Caller<'_, u64>, op: u32, ptr: u32, len: u32) -> u64 {
    if op != ampoule_abi::Op::Fuel as u32 || (ptr, len) != (0, 0) {
        return u64::from(op ^ ptr.rotate_left(8) ^ len.rotate_left(16));
    }
    if let Some(Extern::Global(fuel)) = caller.get_export(ampoule_abi::FUEL_EXPORT) {
        // As many slices as the overdraft asks for.
        let left = fuel.get(&mut caller).i64().unwrap();
        let slices = (SLICE - 1 - left) / SLICE;
        *caller.data_mut() += slices as u64;
        fuel.set(&mut caller, Val::I64(left + slices * SLICE)).unwrap();
    }
    0
}

/// Calls everything that the module exports, with numbers that depend on the seed.
fn trace(engine: &Engine, wasm: &[u8], seed: u64, wasmtime_counts: bool) -> Trace {
    const TANK: u64 = 1 << 40;
    let module = Module::new(engine, wasm).unwrap_or_else(|error| panic!("seed {seed}: {error:?}"));
    let mut store = Store::new(engine, 0);
    if wasmtime_counts {
        store.set_fuel(TANK).unwrap();
    }
    let mut linker = Linker::new(engine);
    linker.func_wrap(ampoule_abi::IMPORT_MODULE, ampoule_abi::IMPORT_NAME, host_call).unwrap();
    let mut trace = Trace::default();
    let instance = match linker.instantiate(&mut store, &module) {
        Ok(instance) => instance,
        Err(error) => {
            trace.text = format!("not instantiated: {:?}", error.downcast_ref::<wasmtime::Trap>());
            return trace;
        }
    };
    for export in module.exports() {
        let ExternType::Func(ty) = export.ty() else { continue };
        let arguments: Vec<Val> = ty
            .params()
            .enumerate()
            .map(|(at, ty)| {
                let number = seed.wrapping_mul(31).wrapping_add(at as u64) % 300;
                match ty {
                    wasmtime::ValType::I32 => Val::I32(number as i32),
                    wasmtime::ValType::I64 => Val::I64(number as i64),
                    wasmtime::ValType::F32 => Val::F32((number as f32).to_bits()),
                    wasmtime::ValType::F64 => Val::F64((number as f64).to_bits()),
                    _ => Val::V128(u128::from(number).into()),
                }
            })
            .collect();
        let mut results = vec![Val::I32(0); ty.results().len()];
        let function = instance.get_func(&mut store, export.name()).unwrap();
        let before = used(&instance, &mut store);
        match function.call(&mut store, &arguments, &mut results) {
            Ok(()) => {
                writeln!(trace.text, "{}: {results:?}", export.name()).unwrap();
                trace.fuel.push(used(&instance, &mut store) - before);
            }
            Err(error) => writeln!(trace.text, "{}: {:?}", export.name(), error.downcast_ref::<wasmtime::Trap>()).unwrap(),
        }
    }
    for export in module.exports().filter(|export| export.name() != ampoule_abi::FUEL_EXPORT) {
        match instance.get_export(&mut store, export.name()) {
            Some(Extern::Global(global)) => writeln!(trace.text, "{}: {:?}", export.name(), global.get(&mut store)).unwrap(),
            Some(Extern::Memory(memory)) => {
                let bytes = memory.data(&store);
                let sum = bytes.iter().fold(0_u64, |sum, byte| sum.wrapping_mul(0x0100_0000_01b3) ^ u64::from(*byte));
                writeln!(trace.text, "{}: {} bytes, {sum:x}", export.name(), bytes.len()).unwrap();
            }
            _ => {}
        }
    }
    trace.slices = *store.data();
    trace.total = if wasmtime_counts { TANK - store.get_fuel().unwrap() } else { used(&instance, &mut store) };
    trace
}

/// What a metered module has used so far.
fn used(instance: &Instance, store: &mut Store<u64>) -> u64 {
    let left = fuel_global(instance, store).map_or(0, |global| global.get(store.as_context_mut()).i64().unwrap());
    (*store.data() as i64 * SLICE).wrapping_sub(left) as u64
}

#[test]
fn metering_changes_nothing_and_counts_what_runs() {
    let mut counting = Config::new();
    counting.consume_fuel(true);
    let (counting, hinted) = (Engine::new(&counting).unwrap(), {
        let mut config = Config::new();
        config.wasm_branch_hinting(true);
        Engine::new(&config).unwrap()
    });
    let (mut computed, mut returned, mut sliced, mut ratios) = (0, 0, 0, Vec::new());
    let (mut instructions, mut units) = (0, 0);
    for seed in 0..MODULES {
        let Some(wasm) = generate(seed) else { continue };
        let metered = match metering::meter(&wasm) {
            Ok(metered) => metered,
            // Random modules may lack what the guest has, or have what it lacks.
            Err(error)
                if ["not known to the metering", "does not import", "no globals"].iter().any(|part| error.to_string().contains(part)) =>
            {
                continue;
            }
            Err(error) => panic!("seed {seed}: {error:?}"),
        };
        let (plain, with) = (trace(&counting, &wasm, seed, true), trace(&hinted, &metered, seed, false));
        assert_eq!(plain.text, with.text, "seed {seed}");
        let exact = trace(&hinted, &metering::meter_every_block(&wasm).unwrap(), seed, false);
        let regions = trace(&hinted, &metering::meter_every_region(&wasm).unwrap(), seed, false);
        assert_eq!(exact.text, with.text, "seed {seed}");
        assert_eq!(regions.text, with.text, "seed {seed}");
        // How deep a recursion gets before the stack ends depends on the size of its frames.
        if !plain.text.contains("StackOverflow") {
            for ((exact, regions), with) in exact.fuel.iter().zip(&regions.fuel).zip(&with.fuel) {
                // What each region is allowed beyond its charges.
                let allowed = (1.0 + metering::TOLERANCE) * *with as f64 + metering::SLACK * *regions as f64;
                assert!(*exact as f64 <= allowed, "seed {seed}: {exact} instructions for {with} units in {regions} regions");
            }
            instructions += exact.fuel.iter().sum::<u64>();
            units += with.fuel.iter().sum::<u64>();
        }
        assert_eq!(with, trace(&hinted, &metered, seed, false), "seed {seed}, again");
        computed += plain.total;
        returned += with.fuel.len();
        sliced += u32::from(with.slices > 20);
        ratios.push(with.total as f64 / plain.total.max(1) as f64);
    }
    ratios.sort_by(f64::total_cmp);
    let modules = ratios.len();
    println!(
        "{modules} modules, {returned} calls that returned, {computed} instructions, {sliced} in many slices; in the median {:.2} units for each \
         of Wasmtime's, {units} for {instructions} of ours",
        ratios[modules / 2]
    );
    // Nor is it far off in sum, in code that nobody wrote.
    let ratio = units as f64 / instructions as f64;
    assert!((0.5..2.0).contains(&ratio), "{ratio:.2} units for each instruction");
    assert!(
        modules > 200 && returned > 500 && computed > 1_000_000 && sliced > 100,
        "{modules} modules, {returned} calls that returned, {computed} instructions, {sliced} in many slices: too few"
    );
}
