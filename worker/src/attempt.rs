use std::sync::Arc;

use ampoule_engine::{CancellationToken, Engine, EngineFault, Mode, RunContext, RunRequest};
use ampoule_host_api::{Capabilities, Clock, Console, Granted, Random};
use ampoule_protocol::{LeaseToken, LeasedJob, LogLine, Outcome, RunReport, Usage};
use tracing::{Instrument as _, Span};

use crate::{backing::LeaseBacking, journals, replays, traces, worker::WorkerConfig};

/// Carries out one lease: whatever happens, there is a report. Shows every line of the log to `said` as soon as it is written.
pub(crate) async fn attempt(
    engine: &Engine,
    config: &WorkerConfig,
    backing: LeaseBacking,
    job: LeasedJob,
    cancel: CancellationToken,
    said: impl FnMut(&LogLine) + Send + 'static,
) -> RunReport {
    let token = job.token;
    let span = if config.traces { traces::Run::begin(&job) } else { None };
    let log = job.traceparent.map_or(
        Span::none(),
        |parent| tracing::info_span!("run", job = %token.job_id, attempt = token.attempt, trace_id = parent.trace_id_hex()),
    );
    let report = ran(engine, config, backing, job, cancel, said).instrument(log.clone()).await;
    log.in_scope(|| tracing::debug!(outcome = report.outcome.kind(), "a run has ended"));
    if let Some(span) = span {
        span.end(&report);
    }
    report
}

async fn ran(
    engine: &Engine,
    config: &WorkerConfig,
    backing: LeaseBacking,
    job: LeasedJob,
    cancel: CancellationToken,
    said: impl FnMut(&LogLine) + Send + 'static,
) -> RunReport {
    let token = job.token;
    let client = backing.client.clone();
    let random = match job.seed.map_or_else(Random::fresh, |seed| Ok(Random::seeded(seed))) {
        Ok(random) => random,
        Err(error) => return fault(engine, &EngineFault::Host(error.to_string())),
    };
    let granted = Granted::new(job.grants.unwrap_or_default(), &config.resources).of_tenant(&job.tenant).backed_by(Arc::new(backing));
    let capabilities = Capabilities::new(Console::new(&job.limits).with_echo(said), Clock::System, random, granted);
    if let Some(of) = job.replays {
        let script = of.what_if.then_some(job.script);
        let replayed = replays::replay(engine, &client, token, script, &job.limits, capabilities, cancel).await;
        return replayed.unwrap_or_else(|error| failed(engine, token, &error));
    }
    let request = RunRequest {
        mode: Mode::Entry,
        script: job.script,
        libraries: job.libraries,
        entry: job.entry,
        input: job.input,
        context: RunContext { job_id: token.job_id.to_string(), attempt: token.attempt, context: job.context },
        limits: job.limits,
    };
    let ended = if job.record {
        match engine.record(&request, capabilities, cancel).await {
            Ok((report, journal)) => {
                journals::keep(&client, config.journals.as_deref(), token, journal).await;
                Ok(report)
            }
            Err(fault) => Err(fault),
        }
    } else {
        engine.run(&request, capabilities, cancel).await
    };
    ended.unwrap_or_else(|error| failed(engine, token, &error))
}

fn failed(engine: &Engine, token: LeaseToken, error: &EngineFault) -> RunReport {
    tracing::error!(job = %token.job_id, attempt = token.attempt, %error, "run failed by our fault");
    fault(engine, error)
}

fn fault(engine: &Engine, fault: &EngineFault) -> RunReport {
    RunReport {
        outcome: Outcome::Fault { code: fault.code(), message: fault.public_message().to_owned() },
        usage: Usage::default(),
        logs: Vec::new(),
        engine: engine.id().to_owned(),
    }
}
