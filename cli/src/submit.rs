use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    str::FromStr,
};

use ampoule_protocol::{ConcurrencyPolicy, JobLibrary, JobScript, JobSpec, JobView, Json, LibraryOf, Retry, VersionRef, is_published_name};
use anyhow::{Result, bail};
use jiff::Timestamp;

use crate::{
    api_client::{ApiClient, ManagerAddress},
    exit::Exit,
    grants,
    input::{self, LibraryArg},
    modules,
    run::{LimitArgs, print_outcome},
    waiting::Waiting,
};

/// Prints the job's id; with --wait, its log on standard error and its result on standard output, and exits as `run` does.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The script: a file of JavaScript or TypeScript, with what it imports from its folder; or the name of a published one, NAME, NAME@VERSION
    /// or NAME@ALIAS.
    script: String,
    /// Import map, {"imports": {"NAME": "lib:NAME"}}, instead of the one in ampoule.json beside the script.
    #[arg(long, value_name = "FILE")]
    import_map: Option<PathBuf>,
    /// The function to call: an export, a member of the default export, or a global function.
    #[arg(long)]
    entry: Option<String>,
    /// The first argument: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON|@FILE|-")]
    input: Option<String>,
    /// The job's own object, seen by the script as ctx.context: JSON or @FILE.
    #[arg(long, value_name = "JSON|@FILE")]
    context: Option<String>,
    /// A library, imported as lib:NAME and passed as libraries.NAME: from a file, or a published one.
    #[arg(long = "lib", value_name = "NAME=FILE|NAME@VERSION|NAME@ALIAS")]
    libraries: Vec<LibraryRef>,
    /// What the script may do beyond computing: {"net":["api.example.com"],"dirs":["data:ro"],"env":{"K":"V"},"secrets":["NAME"]}.
    #[arg(long, value_name = "JSON|@FILE")]
    grants: Option<String>,
    /// Have the worker keep a journal of the run, for `ampoule replay`.
    #[arg(long)]
    record: bool,
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
    when: WhenArgs,
    #[command(flatten)]
    manager: ManagerAddress,
}

/// When, in which order and how often the job runs.
#[derive(clap::Args)]
#[command(next_help_heading = "When it runs")]
struct WhenArgs {
    /// Of the waiting jobs the highest starts first: -100 to 100.
    #[arg(long, default_value_t = 0, allow_negative_numbers = true)]
    priority: i32,
    /// Not before this moment, such as 2027-01-31T08:00:00Z.
    #[arg(long, value_name = "TIME")]
    run_at: Option<Timestamp>,
    /// It fails if no worker takes it within this time.
    #[arg(long, value_name = "DURATION", value_parser = input::duration_ms)]
    start_within: Option<u64>,
    /// Attempts that may fail, the last one included.
    #[arg(long, value_name = "N")]
    attempts: Option<u32>,
    /// Try again after a throw too, not only after a fault.
    #[arg(long)]
    retry_throws: bool,
    /// Pause before the second attempt; doubled for each one after it.
    #[arg(long, value_name = "DURATION", value_parser = input::duration_ms)]
    backoff: Option<u64>,
    /// Name of an error after which it is not tried again.
    #[arg(long, value_name = "NAME")]
    never_after: Vec<String>,
    /// Of jobs with the same key one runs at a time.
    #[arg(long, value_name = "KEY")]
    concurrency_key: Option<String>,
    /// What happens when another job has the key.
    #[arg(long, value_enum, default_value = "queue")]
    when_taken: WhenTaken,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum WhenTaken {
    /// This one waits.
    Queue,
    /// The others are cancelled.
    CancelOldest,
    /// This one is.
    CancelNewest,
}

impl WhenArgs {
    fn retry(&self) -> Option<Retry> {
        let asked = self.attempts.is_some() || self.retry_throws || self.backoff.is_some() || !self.never_after.is_empty();
        asked.then(|| {
            let or = Retry::default();
            let backoff_ms = self.backoff.unwrap_or(or.backoff_ms);
            Retry {
                max_attempts: self.attempts,
                on_throw: self.retry_throws,
                backoff_ms,
                backoff_max_ms: or.backoff_max_ms.max(backoff_ms),
                non_retryable: self.never_after.clone(),
            }
        })
    }

    fn policy(&self) -> ConcurrencyPolicy {
        match self.when_taken {
            WhenTaken::Queue => ConcurrencyPolicy::Queue,
            WhenTaken::CancelOldest => ConcurrencyPolicy::CancelOldest,
            WhenTaken::CancelNewest => ConcurrencyPolicy::CancelNewest,
        }
    }
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

#[derive(Clone)]
enum LibraryRef {
    File(LibraryArg),
    Published(VersionRef),
}

impl FromStr for LibraryRef {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match VersionRef::parse(text) {
            version if text.contains('@') && !text.contains('=') => Ok(Self::Published(version)),
            _ => text.parse().map(Self::File),
        }
    }
}

fn libraries(asked: Vec<LibraryRef>) -> Result<Vec<JobLibrary>> {
    let (mut files, mut libraries) = (Vec::new(), Vec::new());
    for library in asked {
        match library {
            LibraryRef::File(file) => files.push(file),
            LibraryRef::Published(version) => libraries.push(JobLibrary { name: version.name.clone(), of: LibraryOf::Published(version) }),
        }
    }
    libraries.extend(input::libraries(&files)?.into_iter().map(JobLibrary::from));
    Ok(libraries)
}

/// What could be a published name is one, unless there is such a file.
pub(crate) fn script(text: &str, import_map: Option<&Path>) -> Result<JobScript> {
    let version = VersionRef::parse(text);
    if is_published_name(&version.name) && !Path::new(text).exists() {
        return Ok(JobScript::Published(version));
    }
    Ok(JobScript::Inline(modules::script(Path::new(text), import_map)?))
}

pub(crate) async fn submit(args: Args) -> Result<Exit> {
    let json = |text: Option<&str>| text.map_or_else(|| Ok(Json::null()), input::json);
    let spec = JobSpec {
        script: script(&args.script, args.import_map.as_deref())?,
        entry: args.entry,
        input: json(args.input.as_deref())?,
        context: json(args.context.as_deref())?,
        libraries: libraries(args.libraries)?,
        limits: args.limits.spec(),
        grants: args.grants.as_deref().map(grants::policy).transpose()?,
        record: args.record,
        seed: args.seed,
        priority: args.when.priority,
        run_at: args.when.run_at,
        start_within_ms: args.when.start_within,
        retry: args.when.retry(),
        concurrency_policy: args.when.policy(),
        concurrency_key: args.when.concurrency_key,
        tags: args.tags.into_iter().map(|TagArg(key, value)| (key, value)).collect::<BTreeMap<_, _>>(),
    };
    let client = ApiClient::new(&args.manager)?;
    let mut job = client.submit(&spec, args.idempotency_key.as_deref()).await?;
    if !args.wait {
        print_job(&job, args.json)?;
        return Ok(Exit::Done);
    }
    let waiting = Waiting::for_what(format!("job {} has not ended", job.id));
    job = client.finished(job.id).await?;
    drop(waiting);
    if args.json {
        print_job(&job, true)?;
    } else {
        let mut from = Some(0);
        while let Some(offset) = from {
            let page = client.logs(job.id, None, offset).await?;
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
