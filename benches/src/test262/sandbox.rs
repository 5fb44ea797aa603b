//! Tests in an engine of ours: each in a fresh sandbox.

use ampoule_engine::{CancellationToken, Engine, EngineFault, Mode, RunRequest};
use ampoule_protocol::{Limits, Outcome};
use anyhow::Result;
use tokio::runtime::Runtime;

use super::{Ended, Ending, Subject, TIMEOUT};
use crate::lab::capabilities;

/// For each test: enough for the longest that are right (`decodeURI` over all of Unicode), and an end for those that are not.
const LIMITS: Limits = Limits { fuel: 100_000_000_000, memory_bytes: 256 << 20, wall_ms: TIMEOUT.as_millis() as u64, ..Limits::CEILING };

pub(super) struct Sandbox<'a> {
    engine: &'a Engine,
    runtime: Runtime,
}

impl<'a> Sandbox<'a> {
    pub(super) fn new(engine: &'a Engine) -> Result<Self> {
        Ok(Self { engine, runtime: tokio::runtime::Builder::new_current_thread().enable_all().build()? })
    }
}

impl Subject for Sandbox<'_> {
    fn run(&mut self, source: String) -> Result<Ended> {
        let request = RunRequest { mode: Mode::Evaluate, limits: LIMITS, ..RunRequest::new(source) };
        let report = match self.runtime.block_on(self.engine.run(&request, capabilities(&request), CancellationToken::new())) {
            Ok(report) => report,
            Err(EngineFault::Panic { message }) => return Ok(Ending::Faulted(message).into()),
            Err(fault) => return Ok(Ending::Faulted(fault.to_string()).into()),
        };
        let ending = match report.outcome {
            Outcome::Returned { .. } => Ending::Returned,
            Outcome::Threw { error } => Ending::Threw { name: error.name, message: error.message },
            other => Ending::Killed(serde_json::to_string(&other)?),
        };
        Ok(Ended { ending, said: report.logs.into_iter().map(|line| line.message).collect() })
    }
}
