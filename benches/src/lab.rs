use std::{
    path::Path,
    time::{Duration, Instant},
};

use ampoule_engine::{CancellationToken, Engine, EngineConfig, ImageCost, Mode, RunRequest};
use ampoule_host_api::{Capabilities, Clock, Console, Granted, Random};
use ampoule_protocol::{ImageUse, Json, Outcome, RunReport};
use anyhow::{Context as _, Result, bail, ensure};
use tokio::runtime::{Builder, Runtime};

/// The 20-line script that peers are measured with too: JSON in, grouping and sorting, JSON out.
pub const JOB: &str = include_str!("../scripts/job.js");
/// Its input.
pub const JOB_INPUT: &str = include_str!("../scripts/job.input.json");

/// `1+1`, evaluated.
pub fn eval() -> RunRequest {
    RunRequest { mode: Mode::Evaluate, ..RunRequest::new("1+1") }
}

/// [`JOB`] with its input.
pub fn job() -> RunRequest {
    let input = Json::parse(JOB_INPUT.to_owned()).unwrap_or_default();
    RunRequest { input, ..RunRequest::new(JOB) }
}

/// How long an image may take to be made before a bench gives up on it.
const IMAGE_PATIENCE: Duration = Duration::from_secs(10);

const NO_IMAGE: &str = "it has no image: its top level looks at the clock, draws randomness or begins an operation";

/// An engine, and a thread's runtime to drive it.
pub struct Lab {
    /// The engine.
    pub engine: Engine,
    runtime: Runtime,
}

impl Lab {
    /// An engine with its defaults.
    pub fn new() -> Result<Self> {
        Self::with(EngineConfig::default())
    }

    /// An engine that loads every script in every run.
    pub fn without_images() -> Result<Self> {
        Self::with(EngineConfig { image_cache_bytes: 0, ..EngineConfig::default() })
    }

    /// An engine with this configuration.
    pub fn with(config: EngineConfig) -> Result<Self> {
        Self::around(Engine::new(config).context("the engine does not start")?)
    }

    /// An engine around the guest that another build left in this folder; it loads every script in every run.
    pub(crate) fn of_build(folder: &Path) -> Result<Self> {
        Self::around(Engine::of_build(EngineConfig::default(), folder).with_context(|| folder.display().to_string())?)
    }

    /// Around an engine that is there.
    pub fn around(engine: Engine) -> Result<Self> {
        Ok(Self { engine, runtime: Builder::new_current_thread().enable_all().build()? })
    }

    /// One run in a fresh sandbox, on this thread.
    pub fn run(&self, request: &RunRequest) -> Result<RunReport> {
        self.runtime.block_on(run(&self.engine, request))
    }

    /// Drives something else of this engine's.
    pub(crate) fn wait<T>(&self, what: impl Future<Output = T>) -> T {
        self.runtime.block_on(what)
    }

    /// One run that must return.
    pub fn returns(&self, request: &RunRequest) -> Result<RunReport> {
        let report = self.run(request)?;
        ensure!(matches!(report.outcome, Outcome::Returned { .. }), "a run that must return ended with {:?}", report.outcome);
        Ok(report)
    }

    /// What a script's image costs.
    pub fn image_cost(&self, request: &RunRequest) -> Result<ImageCost> {
        self.runtime.block_on(self.engine.image_cost(request, capabilities(request)))?.context(NO_IMAGE)
    }

    /// Runs a script until its runs start from an image.
    pub fn image(&self, request: &RunRequest) -> Result<()> {
        let started = Instant::now();
        loop {
            match self.returns(request)?.usage.image {
                ImageUse::Used => return Ok(()),
                ImageUse::Unusable => bail!(NO_IMAGE),
                ImageUse::None => ensure!(started.elapsed() < IMAGE_PATIENCE, "after {IMAGE_PATIENCE:?} it still has no image"),
            }
        }
    }
}

/// One run in a fresh sandbox, with what every run has. `Math.random` is seeded so that runs are alike.
pub(crate) async fn run(engine: &Engine, request: &RunRequest) -> Result<RunReport> {
    Ok(engine.run(request, capabilities(request), CancellationToken::new()).await?)
}

/// The capabilities of a run that was granted nothing.
pub(crate) fn capabilities(request: &RunRequest) -> Capabilities {
    Capabilities::new(Console::new(&request.limits), Clock::System, Random::seeded(1), Granted::default())
}
