//! Keeps the finished guest by the hash of what it is made from.

use std::{
    env, fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result};

use crate::{compile::Variant, settings::settings, split::Parts};

/// Written last: a folder without it was left half-done.
pub(crate) const COMPLETE: &str = "complete";

/// Length of a hash in names: 64 bits tell apart more engines than will ever be built.
const NAME_DIGITS: usize = 16;

/// Hash of everything that the guest's bytes depend on.
pub(crate) fn key(engine_dir: &Path, inputs: &[PathBuf], target: &str, variant: &Variant) -> Result<String> {
    let mut hash = blake3::Hasher::new();
    for path in inputs {
        let bytes = fs::read(path).with_context(|| path.display().to_string())?;
        hash.update(path.strip_prefix(engine_dir)?.to_string_lossy().as_bytes()).update(&[0]);
        hash.update(&(bytes.len() as u64).to_le_bytes()).update(&bytes);
    }
    let rustc = env::var_os("RUSTC").unwrap_or_else(|| "rustc".into());
    hash.update(&Command::new(rustc).arg("-vV").output().context("cannot run rustc")?.stdout);
    hash.update(target.as_bytes()).update(format!("{variant:?}").as_bytes());
    // The script's own dependencies: another Wasmtime, or one with other features, makes other machine code.
    let mut compatibility = DefaultHasher::new();
    wasmtime::Engine::new(&settings(target).map_err(wrong)?).map_err(wrong)?.precompile_compatibility_hash().hash(&mut compatibility);
    hash.update(&compatibility.finish().to_le_bytes());
    hash.update(wasmtime_version(engine_dir)?.as_bytes());
    Ok(hash.finalize().to_hex()[..NAME_DIGITS].to_owned())
}

/// Identity of the engine: the same id, script and input give the same result and the same fuel.
pub(crate) fn engine_id(engine_dir: &Path, parts: &Parts) -> Result<String> {
    let mut hash = blake3::Hasher::new();
    hash.update(&parts.code).update(&parts.image);
    // Wasmtime counts the fuel.
    hash.update(wasmtime_version(engine_dir)?.as_bytes());
    Ok(hash.finalize().to_hex()[..NAME_DIGITS].to_owned())
}

fn wrong(error: wasmtime::Error) -> anyhow::Error {
    anyhow::anyhow!("Wasmtime refuses the settings: {error:?}")
}

/// The version that the workspace pins.
fn wasmtime_version(engine_dir: &Path) -> Result<String> {
    let path = engine_dir.join("../Cargo.lock");
    let lock = fs::read_to_string(&path).with_context(|| path.display().to_string())?;
    let (_, rest) = lock.split_once("name = \"wasmtime\"\nversion = \"").context("Cargo.lock does not name wasmtime")?;
    Ok(rest.split('"').next().unwrap_or_default().to_owned())
}

/// Writes the files, then the mark that they are complete.
pub(crate) fn keep(dir: &Path, files: &[(&str, &[u8])]) -> Result<()> {
    if dir.exists() {
        fs::remove_dir_all(dir)?;
    }
    fs::create_dir_all(dir)?;
    for (name, bytes) in files {
        fs::write(dir.join(name), bytes)?;
    }
    fs::write(dir.join(COMPLETE), "")?;
    Ok(())
}
