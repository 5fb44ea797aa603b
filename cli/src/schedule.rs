//! `ampoule schedule`: jobs by the calendar.

use ampoule_protocol::{JobScript, JobView, Json, MissedPolicy, OverlapPolicy, ScheduleList, ScheduleSpec, ScheduleView};
use anyhow::Result;
use serde_json::json;

use crate::{
    api_client::{ApiClient, ManagerAddress},
    exit::Exit,
    input,
    run::LimitArgs,
    submit::script,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Make a schedule, or replace the one of this name.
    Create(Box<CreateArgs>),
    /// List schedules.
    List(ListArgs),
    /// Show one, its job as JSON.
    Show(NameArgs),
    /// Let it fire no more until it is resumed.
    Pause(NameArgs),
    /// Let it fire again.
    Resume(NameArgs),
    /// Fire it now; prints the job's id.
    Run(NameArgs),
    /// Delete it; its jobs stay.
    Delete(NameArgs),
}

#[derive(clap::Args)]
struct CreateArgs {
    /// Its name.
    name: String,
    /// When: minute, hour, day of the month, month, day of the week, such as "0 6 * * MON-FRI"; or @daily and the like.
    #[arg(long)]
    cron: String,
    /// By which clock, such as Europe/Berlin.
    #[arg(long, default_value = "UTC", value_name = "ZONE")]
    time_zone: String,
    /// The script: a file, or the name of a published one, NAME, NAME@VERSION or NAME@ALIAS.
    #[arg(long)]
    script: String,
    /// The function to call.
    #[arg(long)]
    entry: Option<String>,
    /// The first argument: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON|@FILE|-")]
    input: Option<String>,
    /// What becomes of firings that no manager was there for.
    #[arg(long, value_enum, default_value = "run-once")]
    missed: Missed,
    /// What to do when the job of the last firing has not ended.
    #[arg(long, value_enum, default_value = "allow")]
    overlap: Overlap,
    /// It does not fire until it is resumed.
    #[arg(long)]
    paused: bool,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    manager: ManagerAddress,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Missed {
    /// Nothing.
    Skip,
    /// One makes up for all.
    RunOnce,
    /// Each is made up for, within reason.
    RunAll,
}

#[derive(Clone, Copy, clap::ValueEnum)]
enum Overlap {
    /// Both run.
    Allow,
    /// The new one is left out.
    Skip,
    /// The old one is cancelled.
    CancelPrevious,
}

#[derive(clap::Args)]
struct ListArgs {
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    manager: ManagerAddress,
}

#[derive(clap::Args)]
struct NameArgs {
    name: String,
    /// Print JSON.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    manager: ManagerAddress,
}

pub(crate) async fn schedule(args: Args) -> Result<Exit> {
    match args.verb {
        Verb::Create(args) => return create(*args).await,
        Verb::List(args) => return list(args).await,
        Verb::Show(args) => {
            let view: ScheduleView = ApiClient::new(&args.manager)?.get(&path(&args, ""), &[]).await?;
            if args.json {
                println!("{}", serde_json::to_string(&view)?);
            } else {
                detail(&view)?;
            }
        }
        Verb::Pause(args) => one(&ApiClient::new(&args.manager)?.post(&path(&args, "/pause"), &json!({})).await?, args.json)?,
        Verb::Resume(args) => one(&ApiClient::new(&args.manager)?.post(&path(&args, "/resume"), &json!({})).await?, args.json)?,
        Verb::Run(args) => {
            let job: JobView = ApiClient::new(&args.manager)?.post(&path(&args, "/run"), &json!({})).await?;
            if args.json { println!("{}", serde_json::to_string(&job)?) } else { println!("{}", job.id) }
        }
        Verb::Delete(args) => {
            ApiClient::new(&args.manager)?.delete(&path(&args, "")).await?;
            if args.json { println!("{}", json!({"deleted": args.name})) } else { println!("{} is deleted; its jobs stay", args.name) }
        }
    }
    Ok(Exit::Done)
}

fn path(args: &NameArgs, verb: &str) -> String {
    format!("schedules/{}{verb}", args.name)
}

async fn create(args: CreateArgs) -> Result<Exit> {
    let input = args.input.as_deref().map_or_else(|| Ok(Json::null()), input::json)?;
    let script: JobScript = script(&args.script, None)?;
    let job = json!({"script": script, "entry": args.entry, "limits": args.limits.spec()});
    let spec = ScheduleSpec {
        name: None,
        cron: args.cron,
        time_zone: args.time_zone,
        job: ampoule_protocol::JobSpec { input, ..serde_json::from_value(job)? },
        missed: match args.missed {
            Missed::Skip => MissedPolicy::Skip,
            Missed::RunOnce => MissedPolicy::RunOnce,
            Missed::RunAll => MissedPolicy::RunAll,
        },
        overlap: match args.overlap {
            Overlap::Allow => OverlapPolicy::Allow,
            Overlap::Skip => OverlapPolicy::Skip,
            Overlap::CancelPrevious => OverlapPolicy::CancelPrevious,
        },
        paused: args.paused,
    };
    let view: ScheduleView = ApiClient::new(&args.manager)?.put(&format!("schedules/{}", args.name), &spec).await?;
    one(&view, args.json)?;
    Ok(Exit::Done)
}

async fn list(args: ListArgs) -> Result<Exit> {
    let client = ApiClient::new(&args.manager)?;
    let (mut all, mut cursor) = (Vec::new(), String::new());
    loop {
        let page: ScheduleList = client.get("schedules", &[("cursor", cursor), ("limit", "200".to_owned())]).await?;
        all.extend(page.items);
        let Some(next) = page.next_cursor else { break };
        cursor = next;
    }
    if args.json {
        println!("{}", serde_json::to_string(&all)?)
    } else {
        print(&all);
    }
    Ok(Exit::Done)
}

fn one(view: &ScheduleView, json: bool) -> Result<()> {
    if json {
        println!("{}", serde_json::to_string(view)?)
    } else {
        print(std::slice::from_ref(view))
    }
    Ok(())
}

fn next(view: &ScheduleView) -> String {
    view.next_at.map_or_else(|| "paused".to_owned(), |at| at.to_string())
}

fn print(views: &[ScheduleView]) {
    println!("{:<24}  {:<20}  {:<20}  {:<20}  {:<24}  PROBLEM", "NAME", "CRON", "TIME ZONE", "NEXT", "SCRIPT");
    for view in views {
        let (name, cron, zone, script) = (&view.name, &view.cron, &view.time_zone, view.job.script.name());
        println!("{name:<24}  {cron:<20}  {zone:<20}  {:<20}  {script:<24}  {}", next(view), view.problem.as_deref().unwrap_or("-"));
    }
}

fn detail(view: &ScheduleView) -> Result<()> {
    let line = |name: &str, text: String| println!("{name:<12}  {text}");
    line("schedule", view.name.clone());
    line("cron", format!("{} by the clock of {}", view.cron, view.time_zone));
    line("next", next(view));
    if let Some(at) = view.last_at {
        line("last", at.to_string());
    }
    if let Some(job) = view.last_job {
        line("last job", job.to_string());
    }
    if let Some(problem) = &view.problem {
        line("problem", problem.clone());
    }
    line("job", serde_json::to_string(&view.job)?);
    Ok(())
}
