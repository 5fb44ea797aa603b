//! Stage 2: the guest as Wasm, by a cargo of its own.

use std::{
    env,
    ffi::OsString,
    fs,
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context, Result, bail, ensure};

use crate::sources::{Stage, env_cargo};

const TARGET: &str = "wasm32-unknown-unknown";

/// The guest's stack in its own memory. Lies below everything else (`--stack-first`), so that overflowing it traps.
///
/// What most runs use of it shares 2 MiB, aligned, with the initialised data: when a sandbox is cleaned, the kernel looks at every page of each 2 MiB
/// that has one in use, and 2 MiB that have none cost nothing.
const SHADOW_STACK_BYTES: u32 = (4 << 20) + (128 << 10);

const FEATURES: &str = "+bulk-memory,+simd128,+sign-ext,+nontrapping-fptoint,+mutable-globals,+multivalue,+reference-types";

/// Above LLVM's default of 275 for this level: calls cost more in Wasm than on machines.
const INLINE_THRESHOLD: u32 = 700;

/// For working on the bindings: Boa's crates are compiled once and kept, and only what changed is compiled again.
const QUICK: [(&str, &str); 4] = [
    ("CARGO_PROFILE_RELEASE_LTO", "off"),
    ("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1"),
    ("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16"),
    ("CARGO_PROFILE_RELEASE_INCREMENTAL", "true"),
];

/// What is different from the guest that users get.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Variant {
    /// Boa as published.
    pub(crate) unpatched: bool,
    /// No web API.
    pub(crate) without_web: bool,
    /// Counts what it executes, for the profile that the others are optimised by.
    pub(crate) profiled: bool,
    /// Less optimised.
    pub(crate) quick: bool,
}

/// Builds the guest optimised, whatever the profile of the build that asks.
pub(crate) fn wasm(engine_dir: &Path, stage: &Stage, work_dir: &Path, variant: Variant) -> Result<Vec<u8>> {
    check_target()?;
    let mut flags = vec![
        "--cfg".to_owned(),
        "getrandom_backend=\"custom\"".to_owned(),
        format!("-Clink-arg=-zstack-size={SHADOW_STACK_BYTES}"),
        "-Clink-arg=--stack-first".to_owned(),
        "-Clink-arg=--export=__stack_pointer".to_owned(),
        format!("-Clink-arg=--export={}", ampoule_abi::MAILBOX_EXPORT),
        format!("-Ctarget-feature={FEATURES}"),
    ];
    if variant.without_web {
        flags.push("--cfg=without_web".to_owned());
    }
    if !variant.unpatched {
        flags.push("--cfg=boa_patched".to_owned());
    }
    // Which values calls have is not counted: reading that needs LLVM's own runtime.
    if variant.profiled {
        let section = |name| ["start", "stop"].map(|end| format!("-Clink-arg=--export=__{end}___llvm_prf_{name}"));
        flags.extend(["cnts", "data", "names"].into_iter().flat_map(section));
        flags.extend(["--cfg=profiled", "-Cprofile-generate", "-Zno-profiler-runtime", "-Cllvm-args=-disable-vp"].map(str::to_owned));
    } else if !variant.unpatched && !variant.quick {
        // Functions that the profile does not know are compiled as without it.
        flags.push(format!("-Cprofile-use={}", engine_dir.join("guest/guest.profdata").display()));
        flags.extend(["-Cllvm-args=-disable-vp", "-Cllvm-args=-pgo-warn-missing-function=false"].map(str::to_owned));
    }
    // Panic messages name files: the same bytes must come out wherever the sources lie. Cargo leaves all flags out of the
    // hashes in symbol names when there is such a flag among them.
    let remap = |from: &Path, to: &str| format!("--remap-path-prefix={}={to}", from.display());
    flags.push(remap(work_dir, "ampoule"));
    flags.extend(stage.registries.iter().map(|registry| remap(registry, "registry")));
    flags.push(remap(&standard_library()?, &format!("/rustc/{}", commit_hash()?)));

    let target_dir = work_dir.join(if variant.quick { "build-quick" } else { "build" });
    let mut cargo = Command::new(env_cargo());
    if variant.quick {
        cargo.envs(QUICK);
    }
    if variant.profiled {
        // The flag that leaves LLVM's runtime out is not stable.
        cargo.env("RUSTC_BOOTSTRAP", "1");
    }
    let status = cargo
        .args(["rustc", "--release", "--lib", "--crate-type", "cdylib", "--target", TARGET, "--target-dir"])
        .arg(&target_dir)
        // Of the last crate alone, which is where all code is generated.
        .args(["--", &format!("-Cllvm-args=-inline-threshold={INLINE_THRESHOLD}")])
        .current_dir(&stage.guest)
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
    let libdir = rustc(&["--print", "target-libdir", "--target", TARGET]);
    if !libdir.is_ok_and(|libdir| Path::new(libdir.trim()).exists()) {
        bail!("the Rust target {TARGET} is not installed, and the guest is built for it: run `rustup target add {TARGET}`");
    }
    Ok(())
}

/// Where the standard library's sources lie if the component `rust-src` is installed. Without it, messages name them by the commit of rustc.
fn standard_library() -> Result<PathBuf> {
    Ok(Path::new(rustc(&["--print", "sysroot"])?.trim()).join("lib/rustlib/src/rust"))
}

fn commit_hash() -> Result<String> {
    let version = rustc(&["-vV"])?;
    let hash = version.lines().find_map(|line| line.strip_prefix("commit-hash: "));
    Ok(hash.context("`rustc -vV` names no commit")?.to_owned())
}

fn rustc(args: &[&str]) -> Result<String> {
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| OsString::from("rustc"));
    let output = Command::new(rustc).args(args).output().context("cannot run rustc")?;
    ensure!(output.status.success(), "rustc {args:?} failed:\n{}", String::from_utf8_lossy(&output.stderr));
    Ok(String::from_utf8(output.stdout)?)
}
