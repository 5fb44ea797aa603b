//! Other queues beside ours, by scripts in a folder that the caller names: `npm/queues.mjs NAME` and `npm/e2e.mjs NAME`, each of which prints a
//! line of JSON, with a PostgreSQL server at port 54320 and a Redis server at 63790, both of which sync everything.

use std::{
    fmt::Write as _,
    fs,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;

use super::rig;
use crate::{Bench, Figure, Suite, Unit, peers::packages, report::number};

/// What the scripts are written for.
const POSTGRES_PORT: u16 = 54_320;
const REDIS_PORT: u16 = 63_790;
/// Longest run of one script.
const PATIENCE_S: &str = "150";
/// How long a server of theirs may take to start.
const STARTS: Duration = Duration::from_secs(2);
const PACKAGES: [&str; 5] = ["graphile-worker@0.17", "pg@8", "pg-boss@10", "bullmq@6", "isolated-vm@5"];
/// A queue's script, its argument, and whether it needs Redis.
const SCRIPTS: [(&str, &str, bool); 6] = [
    ("queues.mjs", "graphile", false),
    ("queues.mjs", "graphile-local", false),
    ("queues.mjs", "pgboss", false),
    ("queues.mjs", "bullmq", true),
    ("e2e.mjs", "graphile", false),
    ("e2e.mjs", "bullmq", true),
];
/// Where a figure of ours stands in a peer's line.
const FIGURES: [(&str, &str, Unit); 5] = [
    ("enqueue_20", "/enq_20conc/per_s", Unit::PerSecond),
    ("batch_1000", "/enq_batch1000_per_s", Unit::PerSecond),
    ("noop", "/complete_per_s", Unit::PerSecond),
    ("submit_to_result", "/low_load/result_p50", Unit::Milliseconds),
    ("results_16", "/load/jobs_s", Unit::PerSecond),
];

/// Runs those that can run here; the others are skipped, loudly.
pub(super) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    let Some(scripts) = bench.queue_peers.clone() else { return Ok(()) };
    let dir = install(&bench.peers_dir, &scripts)?;
    let postgres = rig::Server::start_at(&dir, POSTGRES_PORT, "-c shared_buffers=512MB -c max_wal_size=4GB")
        .map_err(|error| bench.skip("peers on PostgreSQL", error.to_string()))
        .ok();
    let redis = Redis::start(&dir).map_err(|error| bench.skip("peers on Redis", format!("{error:#}"))).ok();
    for (place, (script, name, needs_redis)) in SCRIPTS.into_iter().enumerate() {
        let has_server = if needs_redis { redis.is_some() } else { postgres.is_some() };
        if !has_server {
            continue;
        }
        let shown = if script == "e2e.mjs" { format!("{name}+isolated-vm") } else { name.to_owned() };
        let mut samples = FIGURES.map(|_| Vec::new());
        for round in 0..bench.effort.rounds.div_ceil(2) {
            bench.measuring(&format!("{shown}, round {}", round + 1), place as f64 / SCRIPTS.len() as f64);
            match run(&dir, &scripts, script, name) {
                Ok(line) => {
                    for ((_, pointer, _), samples) in FIGURES.iter().zip(&mut samples) {
                        samples.extend(line.pointer(pointer).and_then(Value::as_f64));
                    }
                }
                Err(error) => bench.skip(shown.clone(), format!("{error:#}")),
            }
        }
        for ((figure, _, unit), samples) in FIGURES.into_iter().zip(samples) {
            if !samples.is_empty() {
                bench.record(format!("{figure}/{shown}"), unit, samples);
            }
        }
    }
    Ok(())
}

/// A folder with the scripts and their packages.
fn install(peers_dir: &Path, scripts: &Path) -> Result<PathBuf> {
    let dir = packages::npm(peers_dir, "queues", &PACKAGES)?;
    for script in ["queues.mjs", "e2e.mjs"] {
        let from = scripts.join("npm").join(script);
        let text = fs::read_to_string(&from).with_context(|| format!("failed to read {}", from.display()))?;
        fs::write(dir.join(script), text)?;
    }
    Ok(dir)
}

fn run(dir: &Path, scripts: &Path, script: &str, name: &str) -> Result<Value> {
    let mut node = Command::new("timeout");
    node.args(["-s", "KILL", PATIENCE_S, "node", "--no-node-snapshot", script, name]).current_dir(dir).env("PEERS", scripts);
    let output = node.stdin(Stdio::null()).stderr(Stdio::piped()).output().context("node does not start")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let said = String::from_utf8_lossy(&output.stderr);
    let line = text.lines().rev().find(|line| line.starts_with('{'));
    let line = line.with_context(|| format!("{script} {name} ends with {}: {}", output.status, said.lines().last().unwrap_or_default()))?;
    Ok(serde_json::from_str(line)?)
}

/// A Redis server that syncs every write, which ends with this value.
struct Redis(Child);

impl Redis {
    fn start(dir: &Path) -> Result<Self> {
        let data = dir.join("redis");
        fs::create_dir_all(&data)?;
        let port = REDIS_PORT.to_string();
        let args = ["--bind", "127.0.0.1", "--port", &port, "--appendonly", "yes", "--appendfsync", "always", "--save", "", "--dir"];
        let mut command = Command::new("redis-server");
        let child = command.args(args).arg(&data).args(["--maxmemory-policy", "noeviction"]).stdout(Stdio::null()).spawn();
        let mut redis = Self(child.context("redis-server does not start (apt install redis-server)")?);
        std::thread::sleep(STARTS);
        ensure!(redis.0.try_wait()?.is_none(), "redis-server ended at once: is port {REDIS_PORT} taken?");
        Ok(redis)
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What others did in the same run as ours: how many times as good ours is. Empty where no peers were measured.
pub fn table(figures: &[Figure]) -> String {
    let of_suite: Vec<_> = figures.iter().filter(|figure| figure.suite == Suite::Queue.as_str()).collect();
    let mut text = String::new();
    for (name, _, unit) in FIGURES {
        let of_name: Vec<_> =
            of_suite.iter().filter_map(|figure| Some((figure.name.strip_prefix(name)?.strip_prefix('/')?, figure.p50))).collect();
        let is_ours = |who: &str| matches!(who, "sqlite" | "postgres");
        if of_name.iter().all(|(who, _)| is_ours(who)) {
            continue;
        }
        let _ = writeln!(text, "{name:30}  {:>10}  {:5}  {:>14}  {:>16}", "p50", "unit", "sqlite: × as good", "postgres: × as good");
        for (who, p50) in &of_name {
            let _ = write!(text, "  {who:28}  {:>10}  {:5}", number(*p50), unit.as_str());
            for ours in ["sqlite", "postgres"] {
                let ours = of_name
                    .iter()
                    .find(|(who, _)| *who == ours)
                    .map(|(_, ours)| if unit == Unit::PerSecond { ours / p50 } else { p50 / ours });
                let _ = write!(text, "  {:>17}", ours.filter(|_| !is_ours(who)).map(number).unwrap_or_default());
            }
            text.push('\n');
        }
    }
    text
}
