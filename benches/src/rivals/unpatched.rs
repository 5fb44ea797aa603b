//! Our guest with Boa as published, metered as ours is: what the patches give is between it and us.

use std::{
    path::{Path, PathBuf},
    process::{Command, Stdio},
    time::Duration,
};

use ampoule_engine::{Engine, EngineConfig};
use ampoule_protocol::Outcome;
use anyhow::{Context as _, Result, bail, ensure};
use cpu_time::ThreadTime;
use serde_json::Value;

use super::Contestant;
use crate::{Lab, programs::Program};

pub(super) struct Unpatched {
    lab: Lab,
}

impl Unpatched {
    pub(super) fn build(peers_dir: &Path) -> Result<Self> {
        let folder = guest(peers_dir)?;
        let engine = Engine::of_build(EngineConfig::default(), &folder).with_context(|| folder.display().to_string())?;
        Ok(Self { lab: Lab::around(engine)? })
    }
}

/// The folder of a guest without our patches, built by the engine's own build script: in this program's own target folder and profile,
/// where what the script needs is built already, or in one beside the peers where this program lies elsewhere.
pub fn guest(peers_dir: &Path) -> Result<PathBuf> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace lies nowhere")?;
    ensure!(workspace.join("Cargo.lock").exists(), "it is built from the workspace's sources, which are not in {}", workspace.display());
    let (target_dir, profile) = match own_target() {
        Some(own) => own,
        None => {
            std::fs::create_dir_all(peers_dir)?;
            (peers_dir.canonicalize()?.join("unpatched"), "release".to_owned())
        }
    };
    // `check`: the build script does everything, and the engine itself is not wanted.
    let output = Command::new("cargo")
        .args(["check", "--quiet", "--locked", "-p", "ampoule", "--message-format", "json", "--profile", &profile, "--target-dir"])
        .arg(target_dir)
        .current_dir(workspace)
        .env("AMPOULE_BOA_UNPATCHED", "1")
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

impl Contestant for Unpatched {
    fn version(&self) -> String {
        "our guest without patches, metered the same way".to_owned()
    }

    fn run(&mut self, program: &Program, small: bool) -> Result<(Duration, String)> {
        run_in(&self.lab, program, small)
    }
}

/// One run in a lab that must return.
pub(crate) fn run_in(lab: &Lab, program: &Program, small: bool) -> Result<(Duration, String)> {
    let request = program.request(small);
    let started = ThreadTime::now();
    let report = lab.returns(&request)?;
    let time = started.elapsed();
    match report.outcome {
        Outcome::Returned { value } => Ok((time, value.as_str().to_owned())),
        other => bail!("it ends with {other:?}"),
    }
}
