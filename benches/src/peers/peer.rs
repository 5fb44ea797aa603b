use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
};

use anyhow::{Context as _, Result, bail, ensure};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::{JOB, JOB_INPUT, peers::packages};

/// A competitor that can be measured.
pub(crate) struct Peer {
    pub(crate) name: &'static str,
    /// Whether each job has a Wasm instance, and so a memory, of its own, as ours have.
    pub(crate) own_instance: bool,
    command: fn(&Path, &Path) -> Result<Command>,
}

/// All of them. Each `command` installs what it needs into the first folder; the second one holds the scripts.
pub(crate) const PEERS: [Peer; 5] = [
    Peer { name: "wasmtime-quickjs", own_instance: true, command: wasmtime_quickjs },
    Peer { name: "quickjs-emscripten-instance", own_instance: true, command: |dir, scripts| quickjs_emscripten(dir, scripts, "instance") },
    Peer { name: "quickjs-emscripten-runtime", own_instance: false, command: |dir, scripts| quickjs_emscripten(dir, scripts, "runtime") },
    Peer { name: "isolated-vm", own_instance: false, command: isolated_vm },
    Peer {
        name: "workerd",
        own_instance: false,
        command: |dir, scripts| node(&packages::npm(dir, "workerd", &["workerd@1"])?, scripts, "workerd.mjs"),
    },
];

/// Our scripts that drive them.
const SCRIPTS: [(&str, &str); 7] = [
    ("protocol.mjs", include_str!("../../peers/protocol.mjs")),
    ("isolated-vm.mjs", include_str!("../../peers/isolated-vm.mjs")),
    ("quickjs-emscripten.mjs", include_str!("../../peers/quickjs-emscripten.mjs")),
    ("workerd.mjs", include_str!("../../peers/workerd.mjs")),
    ("wasmtime_quickjs.py", include_str!("../../peers/wasmtime_quickjs.py")),
    ("wasmtime_quickjs.js", include_str!("../../peers/wasmtime_quickjs.js")),
    ("wasmtime_quickjs.wit", include_str!("../../peers/wasmtime_quickjs.wit")),
];

/// Writes the scripts where the peers' programs find them.
pub(crate) fn write_scripts(peers_dir: &Path) -> Result<PathBuf> {
    let dir = peers_dir.join("scripts");
    fs::create_dir_all(&dir).with_context(|| format!("failed to make {}", dir.display()))?;
    for (name, text) in SCRIPTS {
        fs::write(dir.join(name), text)?;
    }
    Ok(dir.canonicalize()?)
}

fn node(dir: &Path, scripts: &Path, script: &str) -> Result<Command> {
    let mut command = Command::new("node");
    command.arg("--expose-gc").arg(scripts.join(script)).current_dir(dir);
    Ok(command)
}

fn isolated_vm(peers_dir: &Path, scripts: &Path) -> Result<Command> {
    // Each line of versions is for its own line of Nodes.
    let package = match packages::node_major()? {
        24.. => "isolated-vm@7",
        22.. => "isolated-vm@6",
        _ => "isolated-vm@5",
    };
    let mut command = node(&packages::npm(peers_dir, "isolated-vm", &[package])?, scripts, "isolated-vm.mjs")?;
    // Asked for by its documentation, from Node 20 on.
    command.env("NODE_OPTIONS", "--no-node-snapshot");
    Ok(command)
}

fn quickjs_emscripten(peers_dir: &Path, scripts: &Path, mode: &str) -> Result<Command> {
    let dir = packages::npm(peers_dir, "quickjs-emscripten", &["quickjs-emscripten@0.32"])?;
    let mut command = node(&dir, scripts, "quickjs-emscripten.mjs")?;
    command.arg(mode);
    Ok(command)
}

fn wasmtime_quickjs(peers_dir: &Path, scripts: &Path) -> Result<Command> {
    let dir = packages::npm(peers_dir, "componentize-qjs", &["componentize-qjs@0.4"])?;
    let python = packages::python(peers_dir, "wasmtime", &["wasmtime>=40"])?;
    let component = dir.join("peer.wasm");
    let from = |name: &str| scripts.join(name).into_os_string();
    let args =
        ["--wit".into(), from("wasmtime_quickjs.wit"), "--js".into(), from("wasmtime_quickjs.js"), "-o".into(), component.clone().into()];
    packages::run(&dir, dir.join("node_modules/.bin/componentize-qjs"), args)?;
    let mut command = Command::new(python);
    command.arg(scripts.join("wasmtime_quickjs.py")).arg(component);
    Ok(command)
}

/// A peer's process, ready for requests.
pub(crate) struct Running {
    /// What it says it is.
    pub(crate) version: String,
    child: Child,
    output: BufReader<ChildStdout>,
}

impl Running {
    pub(crate) fn start(peer: &Peer, peers_dir: &Path, scripts: &Path) -> Result<Self> {
        let mut command = (peer.command)(peers_dir, scripts)?;
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().context("it does not start")?;
        let output = BufReader::new(child.stdout.take().context("no output")?);
        let mut running = Self { version: String::new(), child, output };
        let ready = running.ask(&json!({"op": "prepare", "scripts": {"eval": "1+1", "job": JOB}, "input": JOB_INPUT.trim()}))?;
        running.version = field(&ready, "ready")?;
        Ok(running)
    }

    /// Fresh sandboxes for so long: how long each took in microseconds, and what the last one gave.
    pub(crate) fn time(&mut self, case: &str, ms: u64) -> Result<(Vec<f64>, String)> {
        let answer = self.ask(&json!({"op": "time", "case": case, "ms": ms}))?;
        Ok((field(&answer, "us")?, field(&answer, "value")?))
    }

    /// KiB for each of so many live sandboxes that have run the job.
    pub(crate) fn density(&mut self, count: usize) -> Result<f64> {
        field(&self.ask(&json!({"op": "density", "count": count}))?, "kib")
    }

    fn ask(&mut self, request: &Value) -> Result<Value> {
        writeln!(self.child.stdin.as_mut().context("no input")?, "{request}").context("it has ended")?;
        let mut line = String::new();
        ensure!(self.output.read_line(&mut line)? > 0, "it ended without an answer");
        let answer: Value = serde_json::from_str(&line).with_context(|| format!("it answers {line:?}"))?;
        match answer.get("error") {
            Some(error) => bail!("it says: {error}"),
            None => Ok(answer),
        }
    }
}

fn field<T: DeserializeOwned>(answer: &Value, name: &str) -> Result<T> {
    serde_json::from_value(answer[name].clone()).with_context(|| format!("its answer has no {name}"))
}

impl Drop for Running {
    fn drop(&mut self) {
        // At the end of its input it ends by itself, and takes its own children along.
        self.child.stdin.take();
        let _ = self.child.wait();
    }
}
