//! Did the host's work change, noise aside?
//!
//! Valgrind counts every machine instruction of a process, Wasmtime's machine code included. Two processes that differ only in
//! their number of runs give the instructions of one run.

use std::{collections::BTreeMap, path::Path, process::Command, thread, time::Duration};

use ampoule_engine::EngineConfig;
use anyhow::{Context as _, Result, bail, ensure};
use serde::{Deserialize, Serialize};

use crate::{Lab, committed, eval, job};

/// What is counted.
pub const SUBJECTS: [&str; 3] = ["eval", "job", "job_no_image"];

/// The committed file, from the top of the repository.
pub const PATH: &str = "benches/instructions.json";

/// The command that writes the file anew.
pub const REFRESH: &str = "cargo build --workspace --bin ampoule && target/debug/ampoule bench callgrind --write";

/// Part of a count that may differ: other processors get other `memcpy`s.
pub const TOLERANCE: f64 = 0.05;

/// Runs of the shorter process; the longer one has twice as many.
const RUNS: u64 = 20;

/// In which an image is made even under Valgrind on a busy machine.
const IMAGE_TIME: Duration = Duration::from_secs(2);

/// What a process of its own does when it is told to: a subject, so many times.
pub fn serve(subject: &str, times: u64) -> Result<()> {
    let images = subject == "job";
    let image_cache_bytes = if images { EngineConfig::default().image_cache_bytes } else { 0 };
    // One sandbox: Valgrind has no room for the address space of many.
    let lab = Lab::with(EngineConfig { sandboxes: 1, image_cache_bytes, ..EngineConfig::default() })?;
    let request = match subject {
        "eval" => eval(),
        "job" | "job_no_image" => job(),
        other => bail!("no such subject: {other}"),
    };
    if images {
        // The second run makes the image, in the background. Looking for it by further runs would make their number, and the count, depend on time.
        for _ in 0..2 {
            lab.returns(&request)?;
        }
        thread::sleep(IMAGE_TIME);
        lab.image(&request)?;
    }
    for _ in 0..times {
        lab.returns(&request)?;
    }
    Ok(())
}

/// Host instructions of one run, by subject. They belong to the build that the tests use, in which the engine is optimised: no other need be made.
#[derive(Debug, Serialize, Deserialize)]
pub struct Instructions {
    /// Counts by name.
    pub runs: BTreeMap<String, u64>,
}

impl Instructions {
    /// Counts all subjects. `command` is a program, with arguments, that does [`serve`] with `repeat`, a subject and a number as further arguments.
    pub fn count(command: &[String]) -> Result<Self> {
        let runs = SUBJECTS.into_iter().map(|subject| Ok((subject.to_owned(), instructions(command, subject)?)));
        Ok(Self { runs: runs.collect::<Result<_>>()? })
    }

    /// Reads a committed file.
    pub fn read(path: &Path) -> Result<Self> {
        committed::read(path, "counts")
    }

    /// Writes the file.
    pub fn write(&self, path: &Path) -> Result<()> {
        committed::write(self, path)
    }

    /// What differs from the committed counts by more than the [`TOLERANCE`], a line for each.
    pub fn differences(&self, committed: &Self) -> Vec<String> {
        let change = |(name, is): (&String, &u64)| {
            let was = committed.runs.get(name).copied().unwrap_or(0);
            let part = *is as f64 / was.max(1) as f64 - 1.0;
            (part.abs() > TOLERANCE).then(|| format!("{name}: {was} → {is} instructions ({:+.1} %)", 100.0 * part))
        };
        self.runs.iter().filter_map(change).collect()
    }
}

/// The difference between many runs and few.
fn instructions(command: &[String], subject: &str) -> Result<u64> {
    let (short, long) = (count(command, subject, RUNS)?, count(command, subject, 2 * RUNS)?);
    Ok(long.saturating_sub(short) / RUNS)
}

fn count(command: &[String], subject: &str, times: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(command)
        .args(["repeat", subject, &times.to_string()])
        .output()
        .context("valgrind does not start")?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "under valgrind the program ends with {}:\n{text}", output.status);
    let collected = text.lines().find_map(|line| line.split_once("Collected :")).context("valgrind says nothing of what it collected")?;
    Ok(collected.1.trim().parse()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn small_changes_pass() {
        let counts = |count| Instructions { runs: BTreeMap::from([("eval".to_owned(), count)]) };
        assert!(counts(104).differences(&counts(100)).is_empty());
        assert_eq!(counts(106).differences(&counts(100)), ["eval: 100 → 106 instructions (+6.0 %)"]);
    }
}
