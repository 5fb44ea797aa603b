//! Packages of others, from the npm and PyPI registries, by the ordinary clients.

use std::{
    ffi::OsStr,
    fs,
    hash::{DefaultHasher, Hash as _, Hasher as _},
    path::{Path, PathBuf},
    process::Command,
};

use anyhow::{Context as _, Result, ensure};

/// What `job` with a library loads.
const LODASH: &str = "lodash@4.17.21";

/// The source of lodash, whole.
pub(crate) fn lodash(peers_dir: &Path) -> Result<String> {
    let path = npm(peers_dir, "lodash", &[LODASH])?.join("node_modules/lodash/lodash.js");
    fs::read_to_string(&path).with_context(|| format!("failed to read {}", path.display()))
}

/// A folder in which these packages are installed, made at the first time.
pub(crate) fn npm(peers_dir: &Path, name: &str, packages: &[&str]) -> Result<PathBuf> {
    once(peers_dir, name, |dir| {
        fs::write(dir.join("package.json"), "{\"private\": true}\n")?;
        let fixed = ["install", "--no-audit", "--no-fund", "--loglevel=error"];
        run(dir, "npm", fixed.iter().chain(packages))
    })
}

/// The Python of a virtual environment in which these packages are installed, made at the first time.
pub(crate) fn python(peers_dir: &Path, name: &str, packages: &[&str]) -> Result<PathBuf> {
    let dir = once(peers_dir, name, |dir| {
        run(dir, "python3", ["-m", "venv", "venv"])?;
        run(dir, dir.join("venv/bin/python"), ["-m", "pip", "install", "--quiet"].iter().chain(packages))
    })?;
    Ok(dir.join("venv/bin/python"))
}

/// Major version of the Node that is installed.
pub(crate) fn node_major() -> Result<u32> {
    let output = Command::new("node").arg("--version").output().context("node does not start")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let major = text.trim().trim_start_matches('v').split('.').next().unwrap_or_default();
    major.parse().with_context(|| format!("node says of its version {:?}", text.trim()))
}

/// Runs a program in a folder; says what it said when it fails.
pub(crate) fn run(dir: &Path, program: impl AsRef<OsStr>, args: impl IntoIterator<Item = impl AsRef<OsStr>>) -> Result<()> {
    let program = program.as_ref();
    let name = program.display();
    let output = Command::new(program).args(args).current_dir(dir).output().with_context(|| format!("{name} does not start"))?;
    let said = String::from_utf8_lossy(&output.stderr);
    let last: Vec<_> = said.lines().rev().filter(|line| !line.trim().is_empty()).take(3).collect();
    ensure!(output.status.success(), "{name} ends with {}: {}", output.status, last.into_iter().rev().collect::<Vec<_>>().join(" / "));
    Ok(())
}

/// As [`once`], and anew when what it is made from changes.
pub(crate) fn built(peers_dir: &Path, name: &str, from: &[&str], fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    let mut hash = DefaultHasher::new();
    from.hash(&mut hash);
    once(peers_dir, &format!("{name}-{:016x}", hash.finish()), fill)
}

/// A folder that `fill` fills, unless it was filled before. A half-filled one is begun anew.
fn once(peers_dir: &Path, name: &str, fill: impl FnOnce(&Path) -> Result<()>) -> Result<PathBuf> {
    fs::create_dir_all(peers_dir).with_context(|| format!("failed to make {}", peers_dir.display()))?;
    let dir = peers_dir.canonicalize()?.join(name);
    let complete = dir.join("complete");
    if !complete.exists() {
        if dir.exists() {
            fs::remove_dir_all(&dir)?;
        }
        fs::create_dir_all(&dir)?;
        fill(&dir)?;
        fs::write(complete, "")?;
    }
    Ok(dir)
}
