use std::path::{Path, PathBuf};

use ampoule_engine::{CancellationToken, Engine, EngineConfig};
use ampoule_host_api::{Capabilities, Clock, Console, Granted, Random, Resources};
use ampoule_protocol::{Grants, JobId, Limits};
use anyhow::{Context as _, Result};

use crate::{
    api_client::{ApiClient, ManagerAddress},
    exit::{Exit, Ours},
    grants::SecretArgs,
    modules,
    run::print_outcome,
};

/// Runs a recorded run again, offline, on what it heard then; prints its value and console as `run` does.
///
/// Exit code: 0 identical in outcome, logs and fuel, 5 not identical (the first difference is printed), 2 the journal cannot be played here, 4 fault of Ampoule.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// What `ampoule run --journal` or a worker's `--journals` wrote, or the id of a job that was recorded: its manager has the journal.
    journal: String,
    /// Of a job, which attempt; without it the last that was recorded.
    #[arg(long)]
    attempt: Option<u32>,
    /// Run another version of the script on what the recorded one heard.
    #[arg(long, value_name = "FILE")]
    script: Option<PathBuf>,
    /// A host's answer that was too large for the journal; it is recognised by its hash.
    #[arg(long, value_name = "FILE")]
    body: Vec<PathBuf>,
    #[command(flatten)]
    secrets: SecretArgs,
    /// Print the replay's whole run report as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    manager: ManagerAddress,
}

/// Replays a journal.
pub(crate) async fn replay(args: Args) -> Result<Exit> {
    let journal = match args.journal.parse::<JobId>() {
        Ok(id) => ApiClient::new(&args.manager)?.journal(id, args.attempt).await?,
        Err(_) => read(Path::new(&args.journal))?,
    };
    let bodies = args.body.iter().map(|path| read(path)).collect::<Result<Vec<_>>>()?;
    let script = args.script.as_deref().map(|path| modules::script(path, None)).transpose()?;
    let resources = Resources { secrets: args.secrets.resolve()?, ..Resources::default() };
    let engine =
        Engine::new(EngineConfig { sandboxes: 1, image_cache_bytes: 0, ..EngineConfig::default() }).map_err(|error| Ours(error.into()))?;
    // The secrets are known by what was supplied; what else was granted says the journal.
    let secrets = Grants { secrets: resources.secrets.names().map(str::to_owned).collect(), ..Grants::default() };
    let capabilities = |grants, console| Capabilities::new(console, Clock::Fixed(0.0), Random::seeded(0), Granted::new(grants, &resources));
    let recorded = engine.recorded(&journal, &capabilities(secrets, Console::new(&Limits::DEFAULT)))?;

    let mut console = Console::new(&recorded.request(None).limits);
    if !args.json {
        console = console.with_echo(|line| eprintln!("{}", line.message));
    }
    let capabilities = capabilities(recorded.grants, console);
    let replayed = engine.replay(&journal, script, bodies, capabilities, CancellationToken::new()).await.map_err(|error| match error {
        ampoule_engine::ReplayError::Journal(error) => anyhow::Error::from(error),
        ampoule_engine::ReplayError::Fault(fault) => Ours(fault.into()).into(),
    })?;
    if let Some(report) = &replayed.report {
        if args.json {
            println!("{}", serde_json::to_string(report)?);
        } else {
            print_outcome(&report.outcome);
        }
    }
    match replayed.divergence {
        None => Ok(Exit::Done),
        Some(divergence) => {
            eprintln!("replay {divergence}");
            Ok(Exit::Differs)
        }
    }
}

fn read(path: &Path) -> Result<Vec<u8>> {
    std::fs::read(path).with_context(|| path.display().to_string())
}
