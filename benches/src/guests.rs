//! Guests that differ from ours in one thing, to measure what that gives or costs.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

/// Which one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Variant {
    /// Ours.
    Whole,
    /// With Boa as published.
    Unpatched,
    /// Without the web's common API.
    WithoutWeb,
    /// Counting what it executes.
    Profiled,
}

impl Variant {
    /// The variable that the build script looks at.
    const fn switch(self) -> Option<&'static str> {
        match self {
            Self::Whole => None,
            Self::Unpatched => Some("AMPOULE_BOA_UNPATCHED"),
            Self::WithoutWeb => Some("AMPOULE_GUEST_WITHOUT_WEB"),
            Self::Profiled => Some("AMPOULE_GUEST_PROFILED"),
        }
    }
}

/// The folder of a guest, built by the engine's own build script: in this program's own target folder and profile, where what the script needs is
/// built already, or in one beside the peers where this program lies elsewhere.
pub fn build(variant: Variant, peers_dir: &Path) -> Result<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace lies nowhere")?;
    ensure!(workspace.join("Cargo.lock").exists(), "it is built from the workspace's sources, which are not in {}", workspace.display());
    let (target_dir, profile) = match own_target() {
        Some(own) => own,
        None => {
            std::fs::create_dir_all(peers_dir)?;
            (peers_dir.canonicalize()?.join("guests"), "release".to_owned())
        }
    };
    // `check`: the build script does everything, and the engine itself is not wanted.
    let mut cargo = Command::new("cargo");
    if let Some(switch) = variant.switch() {
        cargo.env(switch, "1");
    }
    let output = cargo
        .args(["check", "--quiet", "--locked", "-p", "ampoule", "--message-format", "json", "--profile", &profile, "--target-dir"])
        .arg(target_dir)
        .current_dir(workspace)
        .stdin(Stdio::null())
        .output()
        .context("no cargo")?;
    ensure!(output.status.success(), "it does not build: {}", String::from_utf8_lossy(&output.stderr).trim());
    let messages = String::from_utf8_lossy(&output.stdout);
    let folder = messages.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok()).find_map(|message| {
        let variables = message["env"].as_array()?.clone();
        let named = variables.iter().find(|pair| pair[0] == "AMPOULE_GUEST")?;
        Some(PathBuf::from(named[1].as_str()?))
    });
    folder.context("cargo does not say where the guest lies")
}

/// The target folder and the profile that this program was built in.
fn own_target() -> Option<(PathBuf, String)> {
    let program = std::env::current_exe().ok()?;
    let folder = program.parent()?;
    let target = folder.parent()?;
    let profile = match folder.file_name()?.to_str()? {
        "debug" => "dev",
        other => other,
    };
    target.join("CACHEDIR.TAG").exists().then(|| (target.to_owned(), profile.to_owned()))
}
