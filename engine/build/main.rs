//! Builds the guest: sources → Wasm → pre-initialised Wasm → code module + memory image → metered code → machine code.
//!
//! Each stage is one file. The result is kept under the target folder by the hash of everything it is made from, so that
//! only a change of the guest, its patches, these stages or the toolchain builds it again, whatever the profile.

mod cache;
mod compile;
#[path = "../src/memory_module.rs"]
mod memory_module;
mod metering;
mod precompile;
mod preinit;
#[path = "../src/settings.rs"]
mod settings;
mod sources;
mod split;

use std::{
    env, fs,
    path::{Path, PathBuf},
};

use anyhow::{Context as _, Result, anyhow, ensure};

fn main() -> Result<()> {
    let engine_dir = PathBuf::from(env::var("CARGO_MANIFEST_DIR")?);
    let out_dir = PathBuf::from(env::var("OUT_DIR")?);
    let target = env::var("TARGET")?;
    // OUT_DIR is <target>/<profile>/build/<package>/out.
    let target_dir = out_dir.ancestors().nth(4).context("OUT_DIR is not inside a target folder")?;
    let work_dir = target_dir.join("ampoule-guest");

    let inputs = sources::inputs(&engine_dir)?;
    println!("cargo:rerun-if-changed={}", engine_dir.join("../Cargo.lock").display());
    // Folders, not the files of today: a new file counts too.
    for path in sources::FOLDERS.iter().chain(&sources::FILES) {
        println!("cargo:rerun-if-changed={}", engine_dir.join(path).display());
    }
    println!("cargo:rerun-if-env-changed=AMPOULE_BOA_UNPATCHED");
    println!("cargo:rerun-if-env-changed=AMPOULE_GUEST_VERIFY");
    let asked = |name: &str| {
        println!("cargo:rerun-if-env-changed={name}");
        env::var_os(name).is_some()
    };
    let variant = compile::Variant {
        unpatched: asked("AMPOULE_BOA_UNPATCHED"),
        without_web: asked("AMPOULE_GUEST_WITHOUT_WEB"),
        profiled: asked("AMPOULE_GUEST_PROFILED"),
        quick: asked("AMPOULE_GUEST_QUICK"),
    };
    if variant.quick {
        println!("cargo:warning=AMPOULE_GUEST_QUICK is set: the guest is not optimised; measure nothing with it");
    }

    let key = cache::key(&engine_dir, &inputs, &target, &variant)?;
    let kept = work_dir.join("cache").join(&key);
    if !kept.join(cache::COMPLETE).exists() {
        let stage = sources::stage(&engine_dir, &work_dir, variant.unpatched)?;
        let wasm = compile::wasm(&engine_dir, &stage, &work_dir, variant)?;
        let initialised = preinit::run(&wasm, &target).map_err(|error| anyhow!("while pre-initialising the guest: {error:?}"))?;
        let parts = split::split(&initialised).context("while splitting the guest")?;
        let plain = parts.code.clone();
        let parts = split::Parts { code: metering::meter(&parts.code).context("while metering the guest")?, ..parts };
        let machine_code = precompile::run(&parts, &target).map_err(|error| anyhow!("while compiling the guest: {error:?}"))?;
        cache::keep(
            &kept,
            &[
                ("guest.wasm", &wasm),
                ("code.wasm", &parts.code),
                // What metering costs is measured against it; nothing else uses it.
                ("plain.wasm", &plain),
                ("image.bin", &parts.image),
                ("code.cwasm", &machine_code.code),
                ("image.cwasm", &machine_code.image),
                ("mailbox", &split::mailbox(&initialised)?.to_le_bytes()),
                ("engine.id", cache::engine_id(&engine_dir, &parts)?.as_bytes()),
            ],
        )?;
    }
    if env::var_os("AMPOULE_GUEST_VERIFY").is_some() {
        verify(&engine_dir, &work_dir.join("verify"), &kept, &target, variant)?;
    }
    println!("cargo:rustc-env=AMPOULE_GUEST={}", kept.display());
    println!("cargo:rustc-env=AMPOULE_TARGET={target}");
    Ok(())
}

/// Builds the guest once more, in another folder, and compares: the same sources must give the same bytes, or an engine id would mean nothing.
fn verify(engine_dir: &Path, work_dir: &Path, kept: &Path, target: &str, variant: compile::Variant) -> Result<()> {
    let stage = sources::stage(engine_dir, work_dir, variant.unpatched)?;
    let wasm = compile::wasm(engine_dir, &stage, work_dir, compile::Variant { quick: false, ..variant })?;
    ensure!(wasm == fs::read(kept.join("guest.wasm"))?, "building the guest twice gave different Wasm");
    let initialised = preinit::run(&wasm, target).map_err(|error| anyhow!("while pre-initialising the guest: {error:?}"))?;
    let parts = split::split(&initialised).context("while splitting the guest")?;
    let code = metering::meter(&parts.code).context("while metering the guest")?;
    ensure!(code == fs::read(kept.join("code.wasm"))?, "pre-initialising the guest twice gave different code");
    ensure!(parts.image == fs::read(kept.join("image.bin"))?, "pre-initialising the guest twice gave different memory");
    println!("cargo:warning=the guest is reproducible: two builds gave the same bytes");
    Ok(())
}
