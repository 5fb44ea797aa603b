//! Wasmtime's settings that compiled code depends on.
//!
//! This file is compiled twice: into the engine, and into its build script, which compiles the guest ahead of time. Code
//! compiled under other settings is refused when the engine starts.

use wasmtime::{Config, OptLevel, Result};

/// Stack of the compiled code of one run, on the host. A run that needs more ends with the limit `stack`.
///
/// The guest's own checks throw a `RangeError` before this is reached in all but odd cases; see `engine/guest`.
pub(crate) const WASM_STACK_BYTES: usize = 24 << 20;

/// Stack for what the host does in a host call, on top of the guest's.
const HOST_STACK_BYTES: usize = 256 << 10;

/// Address space of one sandbox's memory: all that 32-bit addresses can name, so that no access needs a bounds check.
const MEMORY_RESERVATION_BYTES: u64 = 4 << 30;

/// What the compiled code may use of the processor: SSE4.2, AVX2 and the rest of x86-64-v3 (Haswell, 2013, and later).
#[cfg(target_arch = "x86_64")]
const CPU_FLAGS: [&str; 10] =
    ["has_sse3", "has_ssse3", "has_sse41", "has_sse42", "has_popcnt", "has_avx", "has_avx2", "has_bmi1", "has_bmi2", "has_lzcnt"];
#[cfg(not(target_arch = "x86_64"))]
const CPU_FLAGS: [&str; 0] = [];

/// The settings. What does not touch compiled code (the pool) is added by the engine.
pub(crate) fn settings(target: &str) -> Result<Config> {
    let mut config = Config::new();
    config
        // A named target: what the build machine's processor can do beyond it must not leak into the product.
        .target(target)?
        .cranelift_opt_level(OptLevel::Speed)
        // Fuel and time are metered by the guest's own code, which marks its rare branches; see `build/metering`.
        .wasm_branch_hinting(true)
        .max_wasm_stack(WASM_STACK_BYTES)
        .async_stack_size(WASM_STACK_BYTES + HOST_STACK_BYTES)
        .memory_reservation(MEMORY_RESERVATION_BYTES)
        .memory_init_cow(true)
        // Neither scripts nor outcomes see Wasm frames, and collecting them would cost every trap.
        .wasm_backtrace_max_frames(None)
        .generate_address_map(false)
        .concurrency_support(false);
    for flag in CPU_FLAGS {
        // SAFETY: the engine refuses to start on a processor that lacks a flag of the compiled code.
        unsafe { config.cranelift_flag_enable(flag) };
    }
    Ok(config)
}
