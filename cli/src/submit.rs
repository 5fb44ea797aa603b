use std::{collections::BTreeMap, path::PathBuf, str::FromStr};

use ampoule_protocol::{ConcurrencyPolicy, JobSpec, JobView, Json};
use anyhow::{Result, bail};

use crate::{
    api_client::{ApiClient, ManagerAddress},
    exit::Exit,
    input::{self, LibraryArg},
    run::{LimitArgs, print_outcome},
};

/// Prints the job's id; with --wait, its log on standard error and its result on standard output, and exits as `run` does.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The script.
    file: PathBuf,
    /// The function to call: an export, a member of the default export, or a global function.
    #[arg(long)]
    entry: Option<String>,
    /// The first argument: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON|@FILE|-")]
    input: Option<String>,
    /// The job's own object, seen by the script as ctx.context: JSON or @FILE.
    #[arg(long, value_name = "JSON|@FILE")]
    context: Option<String>,
    /// A library, imported as lib:NAME and passed as libraries.NAME.
    #[arg(long = "lib", value_name = "NAME=FILE")]
    libraries: Vec<LibraryArg>,
    /// Seed of Math.random: the same seed gives the same numbers.
    #[arg(long)]
    seed: Option<u64>,
    /// A label to find the job by.
    #[arg(long = "tag", value_name = "KEY=VALUE")]
    tags: Vec<TagArg>,
    /// Submitting again with the same key gives the same job.
    #[arg(long, value_name = "KEY")]
    idempotency_key: Option<String>,
    /// Wait for the job's end.
    #[arg(long)]
    wait: bool,
    /// Print the job as JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    manager: ManagerAddress,
}

#[derive(Clone)]
struct TagArg(String, String);

impl FromStr for TagArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (key, value) = text.split_once('=').ok_or("expected KEY=VALUE")?;
        Ok(Self(key.to_owned(), value.to_owned()))
    }
}

pub(crate) async fn submit(args: Args) -> Result<Exit> {
    let json = |text: Option<&str>| text.map_or_else(|| Ok(Json::null()), input::json);
    let spec = JobSpec {
        script: input::script(&args.file)?,
        entry: args.entry,
        input: json(args.input.as_deref())?,
        context: json(args.context.as_deref())?,
        libraries: input::libraries(&args.libraries)?,
        limits: args.limits.spec(),
        seed: args.seed,
        priority: 0,
        run_at: None,
        start_within_ms: None,
        retry: None,
        concurrency_key: None,
        concurrency_policy: ConcurrencyPolicy::Queue,
        tags: args.tags.into_iter().map(|TagArg(key, value)| (key, value)).collect::<BTreeMap<_, _>>(),
    };
    let client = ApiClient::new(&args.manager)?;
    let mut job = client.submit(&spec, args.idempotency_key.as_deref()).await?;
    if !args.wait {
        print_job(&job, args.json)?;
        return Ok(Exit::Done);
    }
    job = client.finished(job.id).await?;
    if args.json {
        print_job(&job, true)?;
    } else {
        let mut from = Some(0);
        while let Some(offset) = from {
            let page = client.logs(job.id, offset).await?;
            for line in &page.items {
                eprintln!("{}", line.message);
            }
            from = page.next_offset;
        }
    }
    let Some(outcome) = &job.outcome else {
        if job.state == ampoule_protocol::JobState::Cancelled {
            eprintln!("cancelled");
            return Ok(Exit::Stopped);
        }
        bail!("job {} ended without an outcome", job.id);
    };
    if !args.json {
        print_outcome(outcome);
    }
    Ok(Exit::from(outcome))
}

fn print_job(job: &JobView, json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string(job)?)
    } else {
        println!("{}", job.id)
    }
    Ok(())
}
