//! The engine, from outside: real guest, real sandboxes.

use std::sync::LazyLock;

use ampoule_engine::{CancellationToken, Engine, EngineConfig, EngineFault, RunRequest};
use ampoule_host_api::{Capabilities, Clock, Console, Granted, Random};
use ampoule_protocol::{Outcome, RunReport};

mod behaviours;
mod capabilities;
mod fetch;
mod images;
mod leaks;
mod patches;
mod replay;
mod scripts;
mod secrets;
mod web;

/// One engine for all tests, as a process has one.
static ENGINE: LazyLock<Engine> = LazyLock::new(|| Engine::new(EngineConfig::default()).expect("the engine starts"));

fn capabilities(request: &RunRequest) -> Capabilities {
    Capabilities::new(Console::new(&request.limits), Clock::Fixed(1.7e12), Random::seeded(1), Granted::default())
}

async fn try_run(request: &RunRequest) -> Result<RunReport, EngineFault> {
    ENGINE.run(request, capabilities(request), CancellationToken::new()).await
}

/// Runs and expects no fault.
async fn run(request: &RunRequest) -> RunReport {
    try_run(request).await.unwrap_or_else(|fault| panic!("{fault}: {}", request.script.source))
}

/// The returned JSON.
async fn value(source: &str) -> String {
    match run(&RunRequest::new(source)).await.outcome {
        Outcome::Returned { value } => value.as_str().to_owned(),
        other => panic!("{other:?}: {source}"),
    }
}
