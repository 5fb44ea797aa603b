use std::sync::{Arc, Mutex, PoisonError};

use ampoule_host_api::{
    Capabilities,
    journal::{Divergence, Ending, JournalError},
};
use ampoule_protocol::{Grants, Json, LibrarySource, Limits, RunReport, ScriptSource};
use serde::{Deserialize, Serialize};
use tokio_util::sync::CancellationToken;

use crate::{
    Engine, EngineFault, Mode, RunContext, RunRequest,
    tape::{Play, Tape},
};

/// What a journal says was run, and with which powers.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Recorded {
    /// Identity of the engine that ran it.
    pub engine: String,
    /// The script was evaluated for its value, not called.
    evaluate: bool,
    /// The script.
    pub script: ScriptSource,
    libraries: Vec<LibrarySource>,
    entry: Option<String>,
    input: Json,
    job_id: String,
    attempt: u32,
    context: Json,
    limits: Limits,
    /// Secrets are named here, their values are nowhere.
    pub grants: Grants,
}

/// A replay that could be carried out.
#[derive(Debug)]
pub struct Replayed {
    /// The report of the replay. What it used is what it would have used: nothing took place.
    pub report: Option<RunReport>,
    /// The first difference; none: outcome, logs and fuel are those of the recorded run.
    pub divergence: Option<Divergence>,
}

/// A replay that could not be carried out.
#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    /// The journal cannot be played on this engine.
    #[error(transparent)]
    Journal(#[from] JournalError),
    /// Ampoule failed.
    #[error(transparent)]
    Fault(#[from] EngineFault),
}

impl Recorded {
    fn of(engine: &Engine, request: &RunRequest, grants: &Grants) -> Self {
        Self {
            engine: engine.id().to_owned(),
            evaluate: request.mode == Mode::Evaluate,
            script: request.script.clone(),
            libraries: request.libraries.clone(),
            entry: request.entry.clone(),
            input: request.input.clone(),
            job_id: request.context.job_id.clone(),
            attempt: request.context.attempt,
            context: request.context.context.clone(),
            limits: request.limits.clone(),
            grants: grants.clone(),
        }
    }

    /// The recorded run's request, with another version of the script if one is given.
    pub fn request(&self, script: Option<ScriptSource>) -> RunRequest {
        RunRequest {
            mode: if self.evaluate { Mode::Evaluate } else { Mode::Entry },
            script: script.unwrap_or_else(|| self.script.clone()),
            libraries: self.libraries.clone(),
            entry: self.entry.clone(),
            input: self.input.clone(),
            context: RunContext { job_id: self.job_id.clone(), attempt: self.attempt, context: self.context.clone() },
            limits: self.limits.clone(),
        }
    }
}

impl Engine {
    /// Runs as [`run`](Self::run) does, and gives a journal of it, too; none when the run heard more than a journal holds.
    pub async fn record(
        &self,
        request: &RunRequest,
        capabilities: Capabilities,
        cancel: CancellationToken,
    ) -> Result<(RunReport, Option<Vec<u8>>), EngineFault> {
        let header = serde_json::to_string(&Recorded::of(self, request, capabilities.granted.grants()));
        let header = header.map_err(|error| EngineFault::Host(format!("a request that is no JSON: {error}")))?;
        let tape = Tape::Record(capabilities.granted.record(&header), None);
        let (report, tape) = self.run_with(request, capabilities, cancel, tape).await?;
        let journal = match tape {
            Tape::Record(recorder, _) => recorder.finish(&ending(&report)?),
            _ => None,
        };
        Ok((report, journal))
    }

    /// What a journal says, once it is sure that it is whole and of this engine. `capabilities` hold the secrets that the recorded run was granted.
    pub fn recorded(&self, journal: &[u8], capabilities: &Capabilities) -> Result<Recorded, JournalError> {
        let header = capabilities.granted.header(journal)?;
        let recorded: Recorded = serde_json::from_str(&header).map_err(|_| JournalError::Damaged)?;
        if recorded.engine != self.id() {
            return Err(JournalError::Engine { recorded: recorded.engine, ours: self.id().to_owned() });
        }
        Ok(recorded)
    }

    /// Runs a recorded run again, on what it heard then: no clock, file or network is asked. `bodies` are results that the journal keeps by their hash alone.
    pub async fn replay(
        &self,
        journal: &[u8],
        script: Option<ScriptSource>,
        bodies: Vec<Vec<u8>>,
        capabilities: Capabilities,
        cancel: CancellationToken,
    ) -> Result<Replayed, ReplayError> {
        let request = self.recorded(journal, &capabilities)?.request(script);
        let player = capabilities.granted.play(journal, bodies)?;
        let diverged = Arc::new(Mutex::new(None));
        let tape = Tape::Play(Play { player, diverged: Arc::clone(&diverged), stopped: None });
        match self.run_with(&request, capabilities, cancel, tape).await {
            Ok((report, tape)) => {
                let divergence = match tape {
                    Tape::Play(play) => play.player.finish(&ending(&report)?),
                    _ => None,
                };
                Ok(Replayed { report: Some(report), divergence })
            }
            Err(EngineFault::Diverged) => {
                let divergence = diverged.lock().unwrap_or_else(PoisonError::into_inner).take();
                Ok(Replayed { report: None, divergence })
            }
            Err(fault) => Err(fault.into()),
        }
    }
}

fn ending(report: &RunReport) -> Result<Ending, EngineFault> {
    let outcome =
        serde_json::to_string(&report.outcome).map_err(|error| EngineFault::Host(format!("an outcome that is no JSON: {error}")))?;
    let logs = report.logs.iter().map(|line| format!("{:?} {}", line.level, line.message)).collect();
    Ok(Ending { outcome, logs, fuel: report.usage.fuel, load_fuel: report.usage.load_fuel })
}
