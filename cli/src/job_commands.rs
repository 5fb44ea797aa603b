//! Commands that look at jobs or stop them.

use ampoule_protocol::{JobId, JobView};
use anyhow::Result;

use crate::{
    api_client::{ApiClient, ManagerAddress},
    exit::Exit,
    follow, job_table,
    waiting::Waiting,
};

/// Which jobs; conditions are joined by "and".
#[derive(clap::Args)]
struct FilterArgs {
    /// Only jobs in this state: queued, running, succeeded, failed or cancelled.
    #[arg(long)]
    state: Option<String>,
    /// Only jobs of a script with this name.
    #[arg(long)]
    script: Option<String>,
    /// Only jobs with this tag.
    #[arg(long, value_name = "KEY=VALUE")]
    tag: Option<String>,
    /// Only jobs that failed after all their attempts.
    #[arg(long)]
    dead: bool,
}

impl FilterArgs {
    fn fields(&self) -> Vec<(&'static str, String)> {
        let tag = self.tag.as_ref().map(|tag| tag.replacen('=', ":", 1));
        let texts = [("state", self.state.clone()), ("script", self.script.clone()), ("tag", tag)];
        texts.into_iter().filter_map(|(name, text)| Some((name, text?))).collect()
    }

    fn body(&self) -> serde_json::Value {
        let mut filter: serde_json::Map<_, _> = self.fields().into_iter().map(|(name, text)| (name.to_owned(), text.into())).collect();
        if self.dead {
            filter.insert("dead".to_owned(), true.into());
        }
        filter.into()
    }
}

/// Newest first.
#[derive(clap::Args)]
pub(crate) struct JobsArgs {
    #[command(flatten)]
    filter: FilterArgs,
    /// Most jobs to list.
    #[arg(long, default_value_t = 20)]
    limit: u32,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    manager: ManagerAddress,
}

#[derive(clap::Args)]
pub(crate) struct JobArgs {
    id: JobId,
    /// Wait for the job's end.
    #[arg(long)]
    wait: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    manager: ManagerAddress,
}

#[derive(clap::Args)]
pub(crate) struct LogsArgs {
    id: JobId,
    /// First message to print, counted from 0.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Go on until the job ends, and tell its states on standard error.
    #[arg(long)]
    follow: bool,
    /// Which attempt's log [default: the current or last one's].
    #[arg(long)]
    attempt: Option<u32>,
    /// Print JSON, one message a line.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    manager: ManagerAddress,
}

#[derive(clap::Args)]
pub(crate) struct CancelArgs {
    /// Without it, all jobs that the filter names.
    id: Option<JobId>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Why, for the record.
    #[arg(long)]
    reason: Option<String>,
    /// Print JSON: the job, or how many were changed.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    manager: ManagerAddress,
}

#[derive(clap::Args)]
pub(crate) struct RetryArgs {
    /// Without it, all jobs that the filter names.
    id: Option<JobId>,
    #[command(flatten)]
    filter: FilterArgs,
    /// Print JSON: the job, or how many were changed.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    manager: ManagerAddress,
}

#[derive(clap::Args)]
pub(crate) struct QueueArgs {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    manager: ManagerAddress,
}

pub(crate) async fn jobs(args: JobsArgs) -> Result<Exit> {
    let mut query = vec![("limit", args.limit.to_string())];
    query.extend(args.filter.fields());
    query.extend(args.filter.dead.then(|| ("dead", "true".to_owned())));
    let list = ApiClient::new(&args.manager)?.jobs(&query).await?;
    if args.json {
        println!("{}", serde_json::to_string(&list)?);
        return Ok(Exit::Done);
    }
    println!("{:<36}  {:<9}  {:>7}  {:<14}  {:<20}  SCRIPT", "JOB", "STATE", "ATTEMPT", "OUTCOME", "CREATED");
    for job in &list.items {
        println!("{}", row(job));
    }
    if list.next_cursor.is_some() {
        eprintln!("there are more: raise --limit");
    }
    Ok(Exit::Done)
}

fn row(job: &JobView) -> String {
    let outcome = job.outcome.as_ref().map_or("-", |outcome| outcome.kind());
    let created = job.created_at.strftime("%Y-%m-%d %H:%M:%SZ");
    format!(
        "{:<36}  {:<9}  {:>7}  {:<14}  {:<20}  {}",
        job.id.to_string(),
        job.state.as_str(),
        job.attempt,
        outcome,
        created,
        job.script.name
    )
}

pub(crate) async fn job(args: JobArgs) -> Result<Exit> {
    let client = ApiClient::new(&args.manager)?;
    let job = if args.wait {
        let _waiting = Waiting::for_what(format!("job {} has not ended", args.id));
        client.finished(args.id).await?
    } else {
        client.job(args.id, false).await?
    };
    if args.json {
        println!("{}", serde_json::to_string_pretty(&job)?);
    } else {
        job_table::print(&job);
    }
    Ok(Exit::Done)
}

pub(crate) async fn logs(args: LogsArgs) -> Result<Exit> {
    let client = ApiClient::new(&args.manager)?;
    if args.follow {
        return follow::follow(&client, args.id, args.attempt, args.from, args.json).await;
    }
    let mut from = Some(args.from);
    while let Some(offset) = from {
        let page = client.logs(args.id, args.attempt, offset).await?;
        for line in &page.items {
            if args.json { println!("{}", serde_json::to_string(line)?) } else { println!("{}", line.message) }
        }
        // The offset is also given while the job runs: this prints what is there.
        from = page.next_offset.filter(|_| !page.items.is_empty());
    }
    Ok(Exit::Done)
}

pub(crate) async fn cancel(args: CancelArgs) -> Result<Exit> {
    let client = ApiClient::new(&args.manager)?;
    match args.id {
        Some(id) => {
            let job = client.cancel(id, args.reason.as_deref()).await?;
            print_changed(&job, args.json)?;
        }
        None => {
            let body = serde_json::json!({"filter": args.filter.body(), "reason": args.reason});
            let waiting = Waiting::for_what("jobs are being cancelled");
            let changed = client.change_many("cancel", &body).await?;
            drop(waiting);
            print_count(changed, "cancelled or asked to stop", args.json);
        }
    }
    Ok(Exit::Done)
}

pub(crate) async fn retry(args: RetryArgs) -> Result<Exit> {
    let client = ApiClient::new(&args.manager)?;
    match args.id {
        Some(id) => {
            let job = client.retry(id).await?;
            print_changed(&job, args.json)?;
        }
        None => {
            let waiting = Waiting::for_what("jobs are being put back");
            let changed = client.change_many("retry", &serde_json::json!({"filter": args.filter.body()})).await?;
            drop(waiting);
            print_count(changed, "wait again", args.json);
        }
    }
    Ok(Exit::Done)
}

fn print_changed(job: &JobView, json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string(job)?)
    } else {
        println!("{} {}", job.id, job.state.as_str())
    }
    Ok(())
}

fn print_count(changed: u64, what: &str, json: bool) {
    if json { println!("{}", serde_json::json!({"changed": changed})) } else { println!("{changed} {what}") }
}

pub(crate) async fn queue(args: QueueArgs) -> Result<Exit> {
    let queue = ApiClient::new(&args.manager)?.queue().await?;
    if args.json {
        println!("{queue}");
        return Ok(Exit::Done);
    }
    for (name, what) in [
        ("queued", "wait for a worker"),
        ("delayed", "wait for their time"),
        ("blocked", "wait for another job with their concurrency key"),
        ("capped", "wait for others of their tenant, of which as many run as may"),
        ("running", "run"),
        ("oldest_queued_ms", "ms for which the oldest could have started"),
    ] {
        println!("{:>10}  {what}", queue[name].as_u64().unwrap_or(0));
    }
    Ok(Exit::Done)
}
