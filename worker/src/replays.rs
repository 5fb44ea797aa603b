//! Jobs that replay a recorded attempt: nothing of it takes place, and what comes of it is the job's value.

use std::time::{Duration, Instant};

use ampoule_engine::{CancellationToken, Engine, EngineFault, ReplayError, Replayed};
use ampoule_host_api::Capabilities;
use ampoule_protocol::{
    Json, LeaseToken, LimitKind, Limits, Outcome, ReplayDifference, ReplayResult, RunReport, ScriptError, ScriptSource, Usage,
};
use tokio::time::sleep;

use crate::{ClientError, LeaseClient};

/// Beyond its wall time a replay may take so long: the recorded run had a faster machine. Managers give up a run that goes on for a minute.
const SLOWER: Duration = Duration::from_secs(30);

/// Pauses between tries to get the journal.
const PAUSES: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

/// Replays, with another script if there is one.
pub(crate) async fn replay(
    engine: &Engine,
    client: &LeaseClient,
    token: LeaseToken,
    script: Option<ScriptSource>,
    limits: &Limits,
    capabilities: Capabilities,
    cancel: CancellationToken,
) -> Result<RunReport, EngineFault> {
    let journal = match journal(client, token).await {
        Ok(journal) => journal,
        Err(ClientError::Refused { code, detail, .. }) if code == "journal_not_found" => return Ok(threw(engine, detail)),
        Err(error) => return Err(EngineFault::Host(format!("a journal could not be fetched: {error}"))),
    };
    let started = Instant::now();
    let longest = Duration::from_millis(limits.wall_ms) + SLOWER;
    let replay = engine.replay(&journal, script, Vec::new(), capabilities, cancel.clone());
    let replayed = tokio::select! {
        replayed = replay => replayed,
        () = sleep(longest) => {
            let used = started.elapsed().as_millis() as u64;
            let outcome = Outcome::LimitExceeded { limit: LimitKind::WallTime, ceiling: longest.as_millis() as u64, used, stack: None };
            return Ok(empty(engine, outcome));
        }
    };
    match replayed {
        // The journal may have ended so, too; what was asked for now is that this job ends.
        Ok(Replayed { report: Some(report), .. }) if cancel.is_cancelled() && report.outcome == Outcome::Cancelled => Ok(report),
        Ok(replayed) => told(engine, replayed),
        Err(ReplayError::Journal(error)) => Ok(threw(engine, error.to_string())),
        Err(ReplayError::Fault(fault)) => Err(fault),
    }
}

async fn journal(client: &LeaseClient, token: LeaseToken) -> Result<Vec<u8>, ClientError> {
    for pause in PAUSES {
        match client.replayed_journal(token).await {
            Err(error) if error.is_passing() => {
                tracing::warn!(%error, "a journal could not be fetched, trying again in {pause:?}");
                sleep(pause).await;
            }
            answered => return answered,
        }
    }
    client.replayed_journal(token).await
}

/// The replay's report, with what came of the comparison in its outcome's place.
fn told(engine: &Engine, Replayed { report, divergence }: Replayed) -> Result<RunReport, EngineFault> {
    let difference = divergence.map(|it| ReplayDifference { call: it.call, recorded: it.recorded, replayed: it.replayed });
    let outcome = report.as_ref().filter(|_| difference.is_some()).map(|report| report.outcome.clone());
    let result = ReplayResult { identical: difference.is_none(), difference, outcome };
    let value = serde_json::to_string(&result).ok().and_then(|text| Json::parse(text).ok());
    let value = value.ok_or_else(|| EngineFault::Host("a replay's result is no JSON".to_owned()))?;
    let outcome = Outcome::Returned { value };
    Ok(match report {
        Some(report) => RunReport { outcome, ..report },
        None => empty(engine, outcome),
    })
}

/// What a client did wrong, or what is not there any more: no other attempt would do better.
fn threw(engine: &Engine, message: String) -> RunReport {
    empty(engine, Outcome::Threw { error: ScriptError { name: "ReplayError".to_owned(), message, stack: String::new() } })
}

fn empty(engine: &Engine, outcome: Outcome) -> RunReport {
    RunReport { outcome, usage: Usage::default(), logs: Vec::new(), engine: engine.id().to_owned() }
}
