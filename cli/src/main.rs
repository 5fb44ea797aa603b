//! The `ampoule` command.

#![forbid(unsafe_code)]

mod admin_commands;
mod api_client;
mod bench;
mod capacity;
mod exit;
mod follow;
mod grants;
mod input;
mod job_commands;
mod job_table;
mod modules;
mod platform;
mod pool;
mod preflight;
mod replay;
mod run;
mod schedule;
mod scrape;
mod script;
mod serve;
mod store;
mod submit;
mod telemetry;
mod types;
mod waiting;

use clap::{Parser, Subcommand};

use crate::exit::Exit;

/// Runs JavaScript that somebody else wrote: each run in a fresh sandbox, under limits, with no power but what it is granted.
#[derive(Parser)]
#[command(name = "ampoule", version, arg_required_else_help = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Run a script here and now, without any server.
    Run(run::Args),
    /// Run a recorded run again, offline, and say where it differs.
    Replay(replay::Args),
    /// Manager and worker in one process, with an embedded store.
    Serve(serve::ServeArgs),
    /// The script manager: HTTP API and queue.
    Manager(serve::ManagerArgs),
    /// A script worker: leases jobs from a manager and runs them.
    Worker(serve::WorkerArgs),
    /// Send a script to a manager as a job.
    Submit(submit::Args),
    /// Publish scripts as versions that jobs run by name, and look at them.
    Script(script::ScriptArgs),
    /// Publish libraries that scripts import as lib:NAME.
    Library(script::LibraryArgs),
    /// Jobs by the calendar.
    Schedule(schedule::Args),
    /// List jobs.
    Jobs(job_commands::JobsArgs),
    /// Show one job.
    Job(job_commands::JobArgs),
    /// Print a job's log.
    Logs(job_commands::LogsArgs),
    /// Cancel a job, queued or running, or all that a filter names.
    Cancel(job_commands::CancelArgs),
    /// Let a failed or cancelled job be tried again, or all that a filter names.
    Retry(job_commands::RetryArgs),
    /// Show how full the queue is.
    Queue(job_commands::QueueArgs),
    /// Copy a store, restore it, and look whether it is whole.
    Store(store::Args),
    /// Make, list and revoke keys of the API.
    Key(admin_commands::KeyArgs),
    /// Show and set how tenants are treated.
    Tenant(admin_commands::TenantArgs),
    /// A whole install from one manifest: render, check, compare, explain it, and look whether a place is ready for it.
    Platform(platform::Args),
    /// Tell how many sandboxes fit into a given memory.
    Capacity(capacity::Args),
    /// Print the TypeScript declarations of everything that a script can see.
    Types(types::Args),
    /// Measure what a sandbox costs on this machine.
    Bench(bench::Args),
    /// Compile the TypeScript on standard input, for a manager that keeps away from it.
    #[command(hide = true)]
    CompileTypescript,
}

/// The name of [`Command::CompileTypescript`] on a command line.
pub(crate) const COMPILE_TYPESCRIPT: &str = "compile-typescript";

fn compile_typescript() -> anyhow::Result<Exit> {
    ampoule_typescript::request::serve().map_err(|error| exit::Ours(error.into()))?;
    Ok(Exit::Done)
}

fn main() -> std::process::ExitCode {
    let cli = Cli::parse();
    // Every HTTP client of the process takes its TLS from here; an error says that it is installed already.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let runtime = match tokio::runtime::Runtime::new() {
        Ok(runtime) => runtime,
        Err(error) => {
            eprintln!("error: the runtime does not start: {error}");
            return Exit::Fault.into();
        }
    };
    let result = runtime.block_on(async {
        match cli.command {
            Command::Run(args) => run::run(args).await,
            Command::Replay(args) => replay::replay(args).await,
            Command::Serve(args) => serve::serve(args).await,
            Command::Manager(args) => serve::manager(args).await,
            Command::Worker(args) => serve::worker(args).await,
            Command::Submit(args) => submit::submit(args).await,
            Command::Script(args) => script::script(args).await,
            Command::Library(args) => script::library(args).await,
            Command::Schedule(args) => schedule::schedule(args).await,
            Command::Jobs(args) => job_commands::jobs(args).await,
            Command::Job(args) => job_commands::job(args).await,
            Command::Logs(args) => job_commands::logs(args).await,
            Command::Cancel(args) => job_commands::cancel(args).await,
            Command::Retry(args) => job_commands::retry(args).await,
            Command::Queue(args) => job_commands::queue(args).await,
            Command::Store(args) => store::store(args).await,
            Command::Key(args) => admin_commands::key(args).await,
            Command::Tenant(args) => admin_commands::tenant(args).await,
            Command::Platform(args) => platform::platform(args).await,
            Command::Capacity(args) => capacity::capacity(args).await,
            Command::Types(args) => types::types(&args),
            Command::Bench(args) => bench::bench(args).await,
            Command::CompileTypescript => compile_typescript(),
        }
    });
    // Threads that still serve a connection must not hold up the exit.
    runtime.shutdown_background();
    match result {
        Ok(exit) => exit.into(),
        Err(error) => {
            eprintln!("error: {error:#}");
            exit::of_error(&error).into()
        }
    }
}
