//! Commands that look at jobs or stop them.

use ampoule_protocol::{JobId, JobView};
use anyhow::Result;

use crate::{
    api_client::{ApiClient, ManagerAddress},
    exit::Exit,
};

/// Newest first.
#[derive(clap::Args)]
pub(crate) struct JobsArgs {
    /// Only jobs in this state: queued, running, succeeded, failed or cancelled.
    #[arg(long)]
    state: Option<String>,
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
    #[command(flatten)]
    manager: ManagerAddress,
}

#[derive(clap::Args)]
pub(crate) struct LogsArgs {
    id: JobId,
    /// First message to print, counted from 0.
    #[arg(long, default_value_t = 0)]
    from: u64,
    /// Print JSON, one message a line.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    manager: ManagerAddress,
}

#[derive(clap::Args)]
pub(crate) struct CancelArgs {
    id: JobId,
    #[command(flatten)]
    manager: ManagerAddress,
}

pub(crate) async fn jobs(args: JobsArgs) -> Result<Exit> {
    let mut query = vec![("limit", args.limit.to_string())];
    query.extend(args.state.map(|state| ("state", state)));
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
    let job = if args.wait { client.finished(args.id).await? } else { client.job(args.id, false).await? };
    println!("{}", serde_json::to_string_pretty(&job)?);
    Ok(Exit::Done)
}

pub(crate) async fn logs(args: LogsArgs) -> Result<Exit> {
    let client = ApiClient::new(&args.manager)?;
    let mut from = Some(args.from);
    while let Some(offset) = from {
        let page = client.logs(args.id, offset).await?;
        for line in &page.items {
            if args.json { println!("{}", serde_json::to_string(line)?) } else { println!("{}", line.message) }
        }
        // The offset is also given while the job runs: this prints what is there.
        from = page.next_offset.filter(|_| !page.items.is_empty());
    }
    Ok(Exit::Done)
}

pub(crate) async fn cancel(args: CancelArgs) -> Result<Exit> {
    let job = ApiClient::new(&args.manager)?.cancel(args.id).await?;
    println!("{} {}", job.id, job.state.as_str());
    Ok(Exit::Done)
}
