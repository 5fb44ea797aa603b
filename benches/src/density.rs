//! How much memory does a live sandbox hold?
//!
//! Memory of this process before and after so many sandboxes, each of which has run `job.js` and now waits for a timer.

use std::{
    fs,
    path::Path,
    process::Command,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use ampoule_engine::{CancellationToken, Engine, EngineConfig, RunRequest};
use ampoule_host_api::{Capabilities, Console};
use ampoule_protocol::Outcome;
use anyhow::{Context as _, Result, ensure};
use tokio::{runtime::Builder, task::JoinSet, time};

use crate::{Bench, JOB, Unit, job, lab};

/// Waiting runs of `waiting_5000`.
const CROWD: usize = 5000;
/// How long all of them may take to do their job.
const PATIENCE: Duration = Duration::from_secs(120);
/// What the sandboxes wait for; they are cancelled long before.
const LONG_MS: u64 = 600_000;

pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    let count = if bench.effort.quick { 64 } else { 256 };
    let rounds = bench.effort.rounds;
    let mut held = [Vec::new(), Vec::new(), Vec::new()];
    for round in 0..rounds {
        bench.measuring("density_kib", round as f64 / (rounds + 1) as f64);
        let with = crowd_of(bench, count, true, None)?;
        let without = crowd_of(bench, count, false, None)?;
        held[0].push(with.pss_kib / count as f64);
        held[1].push(with.rss_kib / count as f64);
        held[2].push(without.pss_kib / count as f64);
    }
    for (name, samples) in ["density_kib", "density_rss_kib", "density_no_image_kib"].into_iter().zip(held) {
        bench.record(name, Unit::Kibibytes, samples);
    }
    if !bench.effort.quick {
        bench.measuring("waiting_5000_mib", rounds as f64 / (rounds + 1) as f64);
        match crowd_of(bench, CROWD, true, None) {
            Ok(held) => bench.record("waiting_5000_mib", Unit::Mebibytes, vec![held.pss_kib / 1024.0]),
            Err(error) => bench.skip("waiting_5000_mib", format!("{error:#}")),
        }
    }
    Ok(())
}

/// KiB for each of so many.
pub(crate) fn kib_each(bench: &Bench<'_>, count: usize) -> Result<f64> {
    Ok(crowd_of(bench, count, true, None)?.pss_kib / count as f64)
}

/// The same without images, with the guest in this folder.
pub(crate) fn kib_each_of(bench: &Bench<'_>, count: usize, guest: &Path) -> Result<f64> {
    Ok(crowd_of(bench, count, false, Some(guest))?.pss_kib / count as f64)
}

/// What a process of its own does when it is told to: prints what so many sandboxes hold, of the guest in this folder or of ours.
pub fn serve(count: usize, images: bool, guest: Option<&Path>) -> Result<()> {
    let held = crowd(count, images, guest)?;
    println!("{} {}", held.pss_kib, held.rss_kib);
    Ok(())
}

/// [`crowd`], in a process that did nothing else: in this one, sandboxes would be made from memory that earlier ones left.
fn crowd_of(bench: &Bench<'_>, count: usize, images: bool, guest: Option<&Path>) -> Result<Resident> {
    let Some([program, args @ ..]) = bench.program.as_deref() else { return crowd(count, images, guest) };
    let output = Command::new(program).args(args).args(["serve-density", &count.to_string(), &images.to_string()]).args(guest).output()?;
    let said = String::from_utf8_lossy(&output.stdout);
    let (pss, rss) = said.trim().split_once(' ').with_context(|| String::from_utf8_lossy(&output.stderr).trim().to_owned())?;
    Ok(Resident { pss_kib: pss.parse()?, rss_kib: rss.parse()? })
}

/// What a process holds.
pub(crate) struct Resident {
    /// Every page once: what the machine, or a container's limit, is charged.
    pss_kib: f64,
    /// Every mapping's pages: a page of the image that all sandboxes share counts once for each of them.
    pub(crate) rss_kib: f64,
}

impl Resident {
    fn now() -> Result<Self> {
        Self::of("self")
    }

    /// Of the process with this id.
    pub(crate) fn of(process: &str) -> Result<Self> {
        let text = fs::read_to_string(format!("/proc/{process}/smaps_rollup")).context("memory is measured on Linux only")?;
        let field = |name: &str| -> Result<f64> {
            let line = text.lines().find_map(|line| line.strip_prefix(name)).with_context(|| format!("no {name} in smaps_rollup"))?;
            Ok(line.trim().trim_end_matches("kB").trim().parse()?)
        };
        Ok(Self { rss_kib: field("Rss:")?, pss_kib: field("Pss:")? })
    }
}

/// Growth of this process by so many sandboxes that have done their job and wait.
fn crowd(count: usize, images: bool, guest: Option<&Path>) -> Result<Resident> {
    let mut config = EngineConfig { sandboxes: u32::try_from(count)? + 1, ..EngineConfig::default() };
    if !images {
        config.image_cache_bytes = 0;
    }
    let runtime = Builder::new_current_thread().enable_all().build()?;
    let engine = Arc::new(match guest {
        Some(folder) => Engine::of_build(config, folder)?,
        None => Engine::new(config)?,
    });
    runtime.block_on(async {
        // The code's pages, the image and the allocator's first growth belong to the process, not to a sandbox.
        let request = waiting(1);
        for _ in 0..20 {
            let report = lab::run(&engine, &request).await?;
            ensure!(matches!(report.outcome, Outcome::Returned { .. }), "the job ended with {:?}", report.outcome);
        }

        let before = Resident::now()?;
        let (request, ready, stop) = (Arc::new(waiting(LONG_MS)), Arc::new(AtomicUsize::new(0)), CancellationToken::new());
        let mut runs = JoinSet::new();
        for _ in 0..count {
            let (engine, request, ready, stop) = (Arc::clone(&engine), Arc::clone(&request), Arc::clone(&ready), stop.clone());
            runs.spawn(async move {
                let console = Console::new(&request.limits).with_echo(move |_| _ = ready.fetch_add(1, Ordering::Relaxed));
                engine.run(&request, Capabilities { console, ..lab::capabilities(&request) }, stop).await
            });
        }
        let started = Instant::now();
        while ready.load(Ordering::Relaxed) < count {
            ensure!(started.elapsed() < PATIENCE, "only {} of {count} sandboxes wait after {PATIENCE:?}", ready.load(Ordering::Relaxed));
            if let Some(ended) = runs.try_join_next() {
                anyhow::bail!("a run that was to wait ended with {:?}", ended??.outcome);
            }
            time::sleep(Duration::from_millis(5)).await;
        }
        // The last one logs before it waits.
        time::sleep(Duration::from_millis(20)).await;
        let after = Resident::now()?;
        stop.cancel();
        while runs.join_next().await.is_some() {}
        Ok(Resident { rss_kib: after.rss_kib - before.rss_kib, pss_kib: after.pss_kib - before.pss_kib })
    })
}

/// `job.js`, then a line in the log, then a wait. The wait's length comes with the input, so that both lengths are one script.
fn waiting(ms: u64) -> RunRequest {
    let source = format!(
        "{JOB}async function waits(input) {{\n  const result = main(input);\n  console.log('waiting');\n  \
         await new Promise((done) => setTimeout(done, input.wait));\n  return result;\n}}\n"
    );
    let input = job().input.as_str().replacen('{', &format!("{{\"wait\":{ms},"), 1);
    let mut request = RunRequest { entry: Some("waits".to_owned()), ..RunRequest::new(source) };
    request.input = ampoule_protocol::Json::parse(input).unwrap_or_default();
    request.limits.wall_ms = LONG_MS;
    request
}
