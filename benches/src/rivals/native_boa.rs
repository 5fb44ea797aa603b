//! Boa as published, compiled for this machine: what Wasm and its metering cost is between it and us.

use std::{
    fs,
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdout, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use super::Contestant;
use crate::{
    peers::packages::{built, run},
    programs::Program,
};

const FILES: [(&str, &str); 3] = [
    ("Cargo.toml", include_str!("../../rivals/native-boa/Cargo.toml")),
    ("Cargo.lock", include_str!("../../rivals/native-boa/Cargo.lock")),
    ("src/main.rs", include_str!("../../rivals/native-boa/src/main.rs")),
];

pub(super) struct NativeBoa {
    child: Child,
    output: BufReader<ChildStdout>,
}

/// The program, built if that was not done before.
pub fn program(peers_dir: &Path) -> Result<PathBuf> {
    let dir = built(peers_dir, "native-boa", &FILES.map(|(_, text)| text), |dir| {
        fs::create_dir_all(dir.join("src"))?;
        for (name, text) in FILES {
            fs::write(dir.join(name), text)?;
        }
        run(dir, "cargo", ["build", "--release", "--locked", "--target-dir", "target"])
    })?;
    Ok(dir.join("target/release/native-boa"))
}

impl NativeBoa {
    pub(super) fn build(peers_dir: &Path) -> Result<Self> {
        let mut child = Command::new(program(peers_dir)?)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .context("it does not start")?;
        let output = BufReader::new(child.stdout.take().context("no output")?);
        Ok(Self { child, output })
    }
}

impl Contestant for NativeBoa {
    fn version(&self) -> String {
        let pinned = FILES[0].1.split_once("version = \"=").and_then(|(_, rest)| rest.split('"').next());
        format!("boa_engine {}, native", pinned.unwrap_or_default())
    }

    fn run(&mut self, program: &Program, small: bool) -> Result<(Duration, String)> {
        let request = json!({"script": program.source, "input": program.input(small)});
        writeln!(self.child.stdin.as_mut().context("no input")?, "{request}").context("it has ended")?;
        let mut line = String::new();
        ensure!(self.output.read_line(&mut line)? > 0, "it ended without an answer");
        let answer: Value = serde_json::from_str(&line).with_context(|| format!("it answers {line:?}"))?;
        match (answer["cpu_ns"].as_u64(), answer["value"].as_str()) {
            (Some(nanoseconds), Some(value)) => Ok((Duration::from_nanos(nanoseconds), value.to_owned())),
            _ => bail!("it says {answer}"),
        }
    }
}

impl Drop for NativeBoa {
    fn drop(&mut self) {
        // At the end of its input it ends by itself.
        self.child.stdin.take();
        let _ = self.child.wait();
    }
}
