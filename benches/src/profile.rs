//! Where does the guest's time go?
//!
//! Linux's `perf` samples a process that runs one program again and again; Wasmtime tells it the names of the guest's functions.

use std::{
    collections::{BTreeMap, BTreeSet},
    fmt::Write as _,
    fs,
    path::Path,
    process::{Command, Stdio},
    time::{Duration, Instant},
};

use ampoule_engine::{Engine, EngineConfig, RunRequest};
use anyhow::{Context as _, Result, bail, ensure};

use crate::{
    Lab, job,
    programs::{Program, SUITE},
};

/// Samples a second: not a round number, which might beat in time with something that is sampled.
const HERTZ: u32 = 1999;

/// What one run does: `job`, a program of the suite, or a file with a `main`. The held-out set is not to be looked at.
fn request(subject: &str) -> Result<RunRequest> {
    if subject == "job" {
        return Ok(job());
    }
    if let Some(program) = SUITE.iter().find(|program| program.name == subject) {
        return Ok(program.request(false));
    }
    let known: Vec<_> = SUITE.iter().map(|program| &*program.name).collect();
    let source = fs::read_to_string(subject)
        .with_context(|| format!("failed to read {subject}; it is neither a file nor job, {}", known.join(", ")))?;
    Ok(Program { name: subject.to_owned().into(), source: source.into(), small: 0 }.request(false))
}

/// What a process of its own does while it is sampled. `build` is the folder of another build's guest.
pub fn serve(subject: &str, time: Duration, build: Option<&Path>) -> Result<()> {
    let lab = Lab::around(Engine::profiled(EngineConfig::default(), build)?)?;
    let request = request(subject)?;
    let started = Instant::now();
    while started.elapsed() < time {
        lab.returns(&request)?;
    }
    // What the engine wrote for `perf` is removed by who reads it.
    Ok(())
}

/// Stacks of functions and how often each was seen.
#[derive(Debug, Default)]
pub struct Profile {
    /// By stack, from the caller to the called.
    stacks: BTreeMap<Vec<String>, u64>,
}

impl Profile {
    /// Samples so long. `command` is a program, with arguments, that does [`serve`] with `serve-profile`, a subject, seconds and perhaps a folder as further arguments.
    pub fn record(command: &[String], subject: &str, time: Duration, build: Option<&Path>) -> Result<Self> {
        request(subject)?;
        let dir = tempfile::tempdir()?;
        let data = dir.path().join("perf.data");
        let output = Command::new("perf")
            .args(["record", "--event", "cpu-clock", "--call-graph", "fp", "--freq", &HERTZ.to_string(), "--output"])
            .arg(&data)
            .arg("--")
            .args(command)
            .args(["serve-profile", subject, &time.as_secs().to_string()])
            .args(build)
            .stdin(Stdio::null())
            .output()
            .context("perf does not start (apt install linux-perf)")?;
        ensure!(output.status.success(), "perf ends with {}:\n{}", output.status, String::from_utf8_lossy(&output.stderr));
        let output = Command::new("perf")
            .args(["script", "--no-inline", "--fields", "pid,ip,sym,dso", "--input"])
            .arg(&data)
            .output()
            .context("perf does not start a second time")?;
        ensure!(output.status.success(), "perf script ends with {}:\n{}", output.status, String::from_utf8_lossy(&output.stderr));
        let text = String::from_utf8_lossy(&output.stdout);
        if let Some(map) = text.split_whitespace().find_map(map_file) {
            let _ = fs::remove_file(map);
        }
        let profile = Self::parse(&text);
        if profile.stacks.is_empty() {
            bail!("perf took no samples; it says:\n{}", String::from_utf8_lossy(&output.stderr));
        }
        Ok(profile)
    }

    /// What `perf script` prints: for each sample a line with the process, and a line for each frame, the called first; then an empty line.
    fn parse(text: &str) -> Self {
        let mut profile = Self::default();
        let mut stack = Vec::new();
        for line in text.lines().chain([""]) {
            let frame = line.trim();
            if frame.is_empty() {
                if !stack.is_empty() {
                    stack.reverse();
                    *profile.stacks.entry(std::mem::take(&mut stack)).or_default() += 1;
                }
            } else if line.starts_with(char::is_whitespace)
                && let Some((_, symbol)) = frame.split_once(' ')
            {
                let (symbol, object) = symbol.rsplit_once(" (").unwrap_or((symbol, ""));
                stack.push(name(symbol, object));
            }
        }
        profile
    }

    /// The functions in which most time was spent: alone, and with what they called, in percent.
    pub fn table(&self, rows: usize) -> String {
        let total: u64 = self.stacks.values().sum();
        let mut functions: BTreeMap<&str, (u64, u64)> = BTreeMap::new();
        for (stack, count) in &self.stacks {
            if let Some(last) = stack.last() {
                functions.entry(last).or_default().0 += count;
            }
            // A function that calls itself counts once.
            for function in stack.iter().collect::<BTreeSet<_>>() {
                functions.entry(function).or_default().1 += count;
            }
        }
        let mut functions: Vec<_> = functions.into_iter().collect();
        functions.sort_by_key(|(name, (alone, with))| (u64::MAX - alone, u64::MAX - with, *name));
        let mut text = format!("{total} samples at {HERTZ} Hz\n{:>7}  {:>7}  function\n", "self %", "total %");
        for (name, (alone, with)) in functions.into_iter().take(rows) {
            let percent = |count: u64| 100.0 * count as f64 / total as f64;
            let _ = writeln!(text, "{:7.2}  {:7.2}  {name}", percent(alone), percent(with));
        }
        text
    }

    /// `caller;called count`, a line for each stack: what flame graph tools read.
    pub fn folded(&self) -> String {
        let lines = self.stacks.iter().map(|(stack, count)| {
            let names: Vec<_> = stack.iter().map(|name| name.replace(';', ",")).collect();
            format!("{} {count}\n", names.join(";"))
        });
        lines.collect()
    }

    /// Writes the stacks.
    pub fn write_folded(&self, path: &Path) -> Result<()> {
        fs::write(path, self.folded()).with_context(|| format!("failed to write {}", path.display()))
    }
}

/// The file by which the engine told `perf` its names, where a word of `perf script` names it.
fn map_file(word: &str) -> Option<&str> {
    let path = word.strip_prefix('(')?.strip_suffix(')')?;
    (path.starts_with("/tmp/perf-") && path.ends_with(".map")).then_some(path)
}

/// How a function is shown: guest functions by their path, others marked.
fn name(symbol: &str, object: &str) -> String {
    let guest = object.trim_end_matches(')').ends_with(".map");
    let symbol = symbol.split("+0x").next().unwrap_or(symbol);
    let readable = readable(symbol);
    if guest { readable } else { format!("[host] {readable}") }
}

/// A Rust symbol as people write it: without the hash, and with what the legacy mangling escapes.
fn readable(symbol: &str) -> String {
    let demangled = format!("{:#}", rustc_demangle::demangle(symbol));
    let mut name = demangled.as_str();
    // `wasm[0]::function[17]::path`
    if let Some(rest) = name.strip_prefix("wasm[") {
        name = rest.splitn(3, "::").nth(2).unwrap_or(name);
    }
    if let Some((path, hash)) = name.rsplit_once("::h")
        && hash.len() == 16
        && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
    {
        name = path;
    }
    const ESCAPES: [(&str, &str); 14] = [
        ("_$LT$", "<"),
        ("$LT$", "<"),
        ("$GT$", ">"),
        ("$u20$", " "),
        ("$RF$", "&"),
        ("$BP$", "*"),
        ("$LP$", "("),
        ("$RP$", ")"),
        ("$C$", ","),
        ("$u7b$", "{"),
        ("$u7d$", "}"),
        ("$u5b$", "["),
        ("$u5d$", "]"),
        ("..", "::"),
    ];
    ESCAPES.iter().fold(name.to_owned(), |name, (from, to)| name.replace(from, to))
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCRIPT: &str = "\
 7
\t          7f01 wasm[0]::function[5]::_$LT$boa..Shape$u20$as$u20$Get$GT$::get::h0123456789abcdef+0x1a (/tmp/perf-7.map)
\t          7f02 wasm[0]::function[6]::boa::run::h0123456789abcdef (/tmp/perf-7.map)
\t          5501 main (/usr/bin/ampoule)

 7
\t          7f02 wasm[0]::function[6]::boa::run::h0123456789abcdef (/tmp/perf-7.map)
\t          5501 main (/usr/bin/ampoule)

";

    #[test]
    fn stacks_become_a_table_and_folded_lines() {
        let profile = Profile::parse(SCRIPT);
        assert_eq!(profile.folded(), "[host] main;boa::run 1\n[host] main;boa::run;<boa::Shape as Get>::get 1\n");
        let table = profile.table(2);
        let lines: Vec<_> = table.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        assert_eq!(lines[2..], ["50.00 100.00 boa::run", "50.00 50.00 <boa::Shape as Get>::get"]);
    }

    #[test]
    fn nobody_profiles_the_held_out_set() {
        assert!(request("fib27").is_ok() && request("lru").is_err());
    }

    #[test]
    fn map_file_is_found() {
        assert_eq!(SCRIPT.split_whitespace().find_map(map_file), Some("/tmp/perf-7.map"));
    }
}
