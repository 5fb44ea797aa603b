//! Stage 2: the guest as Wasm, by a cargo of its own.

use std::{env, fs, path::Path, process::Command};

use anyhow::{Context, Result, bail, ensure};

use crate::sources::env_cargo;

const TARGET: &str = "wasm32-unknown-unknown";

/// The guest's stack in its own memory. Lies below everything else (`--stack-first`), so that overflowing it traps.
const SHADOW_STACK_BYTES: u32 = 4 << 20;

const FEATURES: &str = "+bulk-memory,+simd128,+sign-ext,+nontrapping-fptoint,+mutable-globals,+multivalue,+reference-types";

/// Builds the guest optimised, whatever the profile of the build that asks.
pub(crate) fn wasm(guest_dir: &Path, work_dir: &Path, unpatched: bool) -> Result<Vec<u8>> {
    check_target()?;
    let stage = guest_dir.parent().context("the guest lies in the stage")?;
    let mut flags = vec![
        "--cfg".to_owned(),
        "getrandom_backend=\"custom\"".to_owned(),
        format!("-Clink-arg=-zstack-size={SHADOW_STACK_BYTES}"),
        "-Clink-arg=--stack-first".to_owned(),
        "-Clink-arg=--export=__stack_pointer".to_owned(),
        format!("-Ctarget-feature={FEATURES}"),
        // Panic messages name files: the same bytes must come out wherever the sources lie.
        format!("--remap-path-prefix={}=ampoule", stage.display()),
    ];
    if !unpatched {
        flags.push("--cfg=boa_patched".to_owned());
    }
    for (name, default) in [("CARGO_HOME", ".cargo"), ("RUSTUP_HOME", ".rustup")] {
        let home = env::var(name).or_else(|_| env::var("HOME").map(|home| format!("{home}/{default}")));
        flags.extend(home.map(|home| format!("--remap-path-prefix={home}={}", name.to_lowercase())));
    }

    let target_dir = work_dir.join("build");
    let status = Command::new(env_cargo())
        .args(["build", "--release", "--lib", "--target", TARGET, "--target-dir"])
        .arg(&target_dir)
        .current_dir(guest_dir)
        .env("CARGO_ENCODED_RUSTFLAGS", flags.join("\u{1f}"))
        // What cargo sets for the build that runs this script is not meant for the guest's.
        .env_remove("RUSTFLAGS")
        .env_remove("CARGO_BUILD_TARGET")
        .env_remove("CARGO_TARGET_DIR")
        .env_remove("RUSTC_WRAPPER")
        .env_remove("RUSTC_WORKSPACE_WRAPPER")
        .env_remove("CARGO_MAKEFLAGS")
        .status()
        .context("cannot run cargo for the guest")?;
    ensure!(status.success(), "building the guest for {TARGET} failed; its messages stand above");
    let file = target_dir.join(TARGET).join("release/ampoule_guest.wasm");
    fs::read(&file).with_context(|| file.display().to_string())
}

/// A missing target otherwise shows as "can't find crate for `core`" a hundred lines up.
fn check_target() -> Result<()> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    let output = Command::new(rustc).args(["--print", "target-libdir", "--target", TARGET]).output().context("cannot run rustc")?;
    let libdir = String::from_utf8_lossy(&output.stdout).trim().to_owned();
    if !output.status.success() || !Path::new(&libdir).exists() {
        bail!("the Rust target {TARGET} is not installed, and the guest is built for it: run `rustup target add {TARGET}`");
    }
    Ok(())
}
