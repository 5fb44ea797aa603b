//! Does the engine do what ECMA-262 says? By a checkout of test262, through the real sandbox; by how the engine without our patches does; and by
//! how Boa does that is compiled for this machine.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    sync::{
        Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    thread,
    time::Duration,
};

use ampoule_engine::{Engine, EngineConfig};
use anyhow::{Context as _, Result, ensure};

mod case;
mod native;
mod report;
mod sandbox;

use case::{Case, Expected, Harness};
pub use report::Report;

/// The variable that names a checkout.
pub const CHECKOUT: &str = "AMPOULE_TEST262";

/// Folders of a checkout that are run: `intl402` needs what the guest has not, `staging` is not settled.
const FOLDERS: [&str; 3] = ["test/language", "test/built-ins", "test/annexB"];

/// For each test.
const TIMEOUT: Duration = Duration::from_secs(60);

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

/// Who runs the tests.
pub enum Candidate {
    /// An engine of ours.
    Sandbox(Box<Engine>),
    /// Native Boa: the program of `native-boa`.
    Native(PathBuf),
}

impl Candidate {
    /// The engine with the embedded guest, or with one that another build left in a folder.
    pub fn sandbox(build: Option<&Path>) -> Result<Self> {
        let config = EngineConfig { image_cache_bytes: 0, ..EngineConfig::default() };
        let engine = match build {
            Some(folder) => Engine::of_build(config, folder),
            None => Engine::new(config),
        };
        Ok(Self::Sandbox(Box::new(engine.context("the engine does not start")?)))
    }

    fn subject(&self) -> Result<Box<dyn Subject + '_>> {
        Ok(match self {
            Self::Sandbox(engine) => Box::new(sandbox::Sandbox::new(engine)?),
            Self::Native(program) => Box::new(native::Native::new(program)),
        })
    }
}

/// Runs scripts one after the other, each in something fresh.
trait Subject {
    fn run(&mut self, source: String) -> Result<Ended>;
}

/// How a script ended, and what it said before.
struct Ended {
    ending: Ending,
    said: Vec<String>,
}

enum Ending {
    Returned,
    Threw { name: String, message: String },
    Killed(String),
    Faulted(String),
}

impl From<Ending> for Ended {
    fn from(ending: Ending) -> Self {
        Self { ending, said: Vec::new() }
    }
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

    /// Has a candidate run all of them, on all cores. `progress` is told how many are done, of how many.
    pub fn run(&self, candidate: &Candidate, progress: &(dyn Fn(usize, usize) + Sync)) -> Result<Report> {
        let (next, verdicts) = (AtomicUsize::new(0), Mutex::new(BTreeMap::new()));
        let features = Mutex::new(BTreeMap::new());
        let skipped = AtomicUsize::new(0);
        let worker = || -> Result<()> {
            let mut subject = candidate.subject()?;
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
                    let verdict = judge(&case, subject.run(text).with_context(|| name.clone())?);
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

fn judge(case: &Case, Ended { ending, said }: Ended) -> Verdict {
    let says = |text: &str| said.iter().find(|line| line.contains(text));
    match (&case.expected, ending) {
        (_, Ending::Faulted(message)) => Verdict::Faulted(message),
        (_, Ending::Killed(why)) => Verdict::Failed(why),
        (Expected::Throws(class), Ending::Threw { name, .. }) if name == *class => Verdict::Passed,
        (_, Ending::Threw { name, message }) => Verdict::Failed(format!("{name}: {message}")),
        (Expected::Returns, Ending::Returned) => Verdict::Passed,
        (Expected::Completes, Ending::Returned) if says("Test262:AsyncTestComplete").is_some() => Verdict::Passed,
        (Expected::Completes, Ending::Returned) => {
            Verdict::Failed(says("Test262:AsyncTestFailure").map_or_else(|| "never says that it is done".to_owned(), String::clone))
        }
        (Expected::Throws(class), Ending::Returned) => Verdict::Failed(format!("throws no {class}")),
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
