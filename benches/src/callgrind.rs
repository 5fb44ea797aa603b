//! Did the host's work change, noise aside?
//!
//! Valgrind counts every machine instruction of a process, Wasmtime's machine code included. Two processes that differ only in
//! their number of runs give the instructions of one run.

use std::process::Command;

use ampoule_engine::EngineConfig;
use anyhow::{Context as _, Result, bail, ensure};

use crate::{Lab, eval, job};

/// What is counted.
pub const SUBJECTS: [&str; 3] = ["eval", "job", "job_no_image"];

/// Runs of the shorter process; the longer one has twice as many.
const RUNS: u64 = 20;

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
        lab.image(&request)?;
    }
    for _ in 0..times {
        lab.returns(&request)?;
    }
    Ok(())
}

/// Host instructions of one run. `command` is a program that does [`serve`] with a subject and a number as further arguments.
pub fn instructions(command: &[String], subject: &str) -> Result<u64> {
    let (short, long) = (count(command, subject, RUNS)?, count(command, subject, 2 * RUNS)?);
    Ok(long.saturating_sub(short) / RUNS)
}

fn count(command: &[String], subject: &str, times: u64) -> Result<u64> {
    let output = Command::new("valgrind")
        .args(["--tool=callgrind", "--callgrind-out-file=/dev/null"])
        .args(command)
        .args([subject, &times.to_string()])
        .output()
        .context("valgrind does not start")?;
    let text = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "under valgrind the program ends with {}:\n{text}", output.status);
    let collected = text.lines().find_map(|line| line.split_once("Collected :")).context("valgrind says nothing of what it collected")?;
    Ok(collected.1.trim().parse()?)
}
