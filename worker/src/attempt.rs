use ampoule_engine::{CancellationToken, Engine, EngineFault, Mode, RunContext, RunRequest};
use ampoule_host_api::{Capabilities, Clock, Console, Random, Timer};
use ampoule_protocol::{LeasedJob, LogLine, Outcome, RunReport, Usage};

/// Carries out one lease: whatever happens, there is a report. Shows every line of the log to `said` as soon as it is written.
pub(crate) async fn attempt(
    engine: &Engine,
    job: LeasedJob,
    cancel: CancellationToken,
    said: impl FnMut(&LogLine) + Send + 'static,
) -> RunReport {
    let token = job.token;
    let random = match job.seed.map_or_else(Random::fresh, |seed| Ok(Random::seeded(seed))) {
        Ok(random) => random,
        Err(error) => return fault(engine, &EngineFault::Host(error.to_string())),
    };
    let capabilities = Capabilities { console: Console::new(&job.limits).with_echo(said), clock: Clock::System, random, timer: Timer };
    let request = RunRequest {
        mode: Mode::Entry,
        script: job.script,
        libraries: job.libraries,
        entry: job.entry,
        input: job.input,
        context: RunContext { job_id: token.job_id.to_string(), attempt: token.attempt, context: job.context },
        limits: job.limits,
    };
    match engine.run(&request, capabilities, cancel).await {
        Ok(report) => report,
        Err(error) => {
            tracing::error!(job = %token.job_id, attempt = token.attempt, %error, "run failed by our fault");
            fault(engine, &error)
        }
    }
}

fn fault(engine: &Engine, fault: &EngineFault) -> RunReport {
    RunReport {
        outcome: Outcome::Fault { code: fault.code(), message: fault.public_message().to_owned() },
        usage: Usage::default(),
        logs: Vec::new(),
        engine: engine.id().to_owned(),
    }
}
