//! Does the engine do what ECMA-262 says? By a checkout of test262, through the real sandbox, and by how the engine without our patches does.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
};

use ampoule_engine::{CancellationToken, Engine, EngineConfig, EngineFault, Mode, RunRequest};
use ampoule_protocol::{Limits, Outcome};
use anyhow::{Context as _, Result, ensure};

use crate::lab::capabilities;

mod case;
mod report;

use case::{Case, Expected, Harness};
pub use report::Report;

/// The variable that names a checkout.
pub const CHECKOUT: &str = "AMPOULE_TEST262";

/// Folders of a checkout that are run: `intl402` needs what the guest has not, `staging` is not settled.
const FOLDERS: [&str; 3] = ["test/language", "test/built-ins", "test/annexB"];

/// For each test: enough for the longest that are right (`decodeURI` over all of Unicode), and an end for those that are not.
const LIMITS: Limits = Limits { fuel: 100_000_000_000, memory_bytes: 256 << 20, wall_ms: 60_000, ..Limits::CEILING };

/// How a test ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// As it should.
    Passed,
    /// Otherwise; what it gave.
    Failed(String),
    /// In our failure: a panic or a trap of the guest.
    Faulted(String),
}

/// What to run.
#[derive(Debug)]
pub struct Plan {
    checkout: PathBuf,
    harness: Harness,
    /// Test files, relative to the checkout.
    files: Vec<PathBuf>,
}

impl Plan {
    /// The tests of a checkout whose path, from its top, begins with one of `only`; all where that is empty.
    pub fn of(checkout: &Path, only: &[String]) -> Result<Self> {
        let harness = Harness::of(checkout)
            .with_context(|| format!("{} is no checkout of test262 (https://github.com/tc39/test262)", checkout.display()))?;
        let mut files = Vec::new();
        for folder in FOLDERS {
            walk(checkout, Path::new(folder), &mut files)?;
        }
        files.retain(|file| only.is_empty() || only.iter().any(|prefix| file.to_string_lossy().starts_with(prefix.as_str())));
        files.sort();
        ensure!(!files.is_empty(), "no test there begins with {}", only.join(" or "));
        Ok(Self { checkout: checkout.to_owned(), harness, files })
    }

    /// Runs all of them in an engine, on all cores. `progress` is told how many are done, of how many.
    pub fn run(&self, engine: &Engine, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Report> {
        let (next, verdicts) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
        let features = Mutex::new(BTreeMap::new());
        let skipped = AtomicUsize::new(0);
        let worker = || -> Result<()> {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
            loop {
                let index = next.fetch_add(1, Ordering::Relaxed);
                let Some(file) = self.files.get(index) else { return Ok(()) };
                progress(index, self.files.len());
                let source = fs::read_to_string(self.checkout.join(file)).with_context(|| file.display().to_string())?;
                let Some(case) = Case::parse(&source).with_context(|| file.display().to_string())? else {
                    skipped.fetch_add(1, Ordering::Relaxed);
                    continue;
                };
                for (variant, text) in case.variants(&source, &self.harness)? {
                    let name = format!("{}{variant}", file.display());
                    let verdict = runtime.block_on(judge(engine, &case, text));
                    if let Ok(mut verdicts) = verdicts.lock() {
                        verdicts.insert(name.clone(), verdict);
                    }
                    if let Ok(mut features) = features.lock() {
                        features.insert(name, case.features.clone());
                    }
                }
            }
        };
        let threads = thread::available_parallelism().map_or(1, usize::from);
        thread::scope(|scope| {
            let workers: Vec<_> = (0..threads).map(|_| scope.spawn(worker)).collect();
            workers.into_iter().try_for_each(|worker| worker.join().unwrap_or_else(|_| Err(anyhow::anyhow!("a worker panicked"))))
        })?;
        Ok(Report {
            verdicts: verdicts.into_inner().unwrap_or_default(),
            features: features.into_inner().unwrap_or_default(),
            skipped: skipped.into_inner(),
        })
    }
}

/// An engine for [`Plan::run`]: the embedded guest, or one that another build left in a folder.
pub fn engine(build: Option<&Path>) -> Result<Engine> {
    let config = EngineConfig { image_cache_bytes: 0, ..EngineConfig::default() };
    let engine = match build {
        Some(folder) => Engine::of_build(config, folder),
        None => Engine::new(config),
    };
    engine.context("the engine does not start")
}

async fn judge(engine: &Engine, case: &Case, source: String) -> Verdict {
    let request = RunRequest { mode: Mode::Evaluate, limits: LIMITS, ..RunRequest::new(source) };
    let report = match engine.run(&request, capabilities(&request), CancellationToken::new()).await {
        Ok(report) => report,
        Err(EngineFault::Panic { message }) => return Verdict::Faulted(message),
        Err(fault) => return Verdict::Faulted(fault.to_string()),
    };
    let said = |text: &str| report.logs.iter().any(|line| line.message.contains(text));
    match (&case.expected, &report.outcome) {
        (Expected::Throws(class), Outcome::Threw { error }) if error.name == *class => Verdict::Passed,
        (Expected::Returns, Outcome::Returned { .. }) => Verdict::Passed,
        (Expected::Completes, Outcome::Returned { .. }) if said("Test262:AsyncTestComplete") => Verdict::Passed,
        (Expected::Completes, Outcome::Returned { .. }) => {
            let failure = report.logs.iter().find(|line| line.message.contains("Test262:AsyncTestFailure"));
            Verdict::Failed(failure.map_or("never says that it is done".to_owned(), |line| line.message.clone()))
        }
        (_, Outcome::Threw { error }) => Verdict::Failed(format!("{}: {}", error.name, error.message)),
        (Expected::Throws(class), Outcome::Returned { .. }) => Verdict::Failed(format!("throws no {class}")),
        (_, outcome) => Verdict::Failed(serde_json::to_string(outcome).unwrap_or_default()),
    }
}

fn walk(checkout: &Path, folder: &Path, into: &mut Vec<PathBuf>) -> Result<()> {
    let dir = checkout.join(folder);
    for entry in fs::read_dir(&dir).with_context(|| dir.display().to_string())? {
        let entry = entry?;
        let path = folder.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            walk(checkout, &path, into)?;
        } else if path.extension().is_some_and(|extension| extension == "js") && !path.to_string_lossy().contains("_FIXTURE") {
            into.push(path);
        }
    }
    Ok(())
}
