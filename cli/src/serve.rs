//! The long-running commands: manager, worker, and both in one process.

use std::{env, fs, net::SocketAddr, path::PathBuf, sync::Arc, time::Duration};

use ampoule_engine::{CancellationToken, Engine};
use ampoule_manager::{Config, Key, Keys, StoreUrl};
use ampoule_worker::{LeaseClient, WorkerConfig};
use anyhow::{Context as _, Result, bail};
use tokio::{
    net::TcpListener,
    signal::unix::{SignalKind, signal},
};

use crate::{
    exit::{Exit, Ours},
    grants::{ResourceArgs, policy},
    input,
    pool::PoolArgs,
    scrape,
    telemetry::{self, LogArgs},
};

/// API, queue and worker in one process. Jobs are kept in an SQLite file in the data folder, unless --store says otherwise.
#[derive(clap::Args)]
pub(crate) struct ServeArgs {
    /// Where to listen. Anywhere but on loopback every request needs a key; without any, one for an admin is made and shown.
    #[arg(long, env = "AMPOULE_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The folder for the store; made if it is absent.
    #[arg(long, env = "AMPOULE_DATA", default_value = "ampoule-data")]
    data: PathBuf,
    /// Another store than the one in the data folder: sqlite:PATH or postgres://USER@HOST/DATABASE.
    #[arg(long, env = "AMPOULE_STORE", value_name = "URL", hide_env_values = true)]
    store: Option<StoreUrl>,
    #[command(flatten)]
    worker: SlotArgs,
    #[command(flatten)]
    queue: QueueArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// API and queue; workers connect from elsewhere.
#[derive(clap::Args)]
pub(crate) struct ManagerArgs {
    /// Where to listen. Anywhere but on loopback every request needs a key; without any, one for an admin is made and shown.
    #[arg(long, env = "AMPOULE_LISTEN", default_value = "127.0.0.1:8080")]
    listen: SocketAddr,
    /// The store: sqlite:PATH, or postgres://USER@HOST/DATABASE, which several managers may share.
    #[arg(long, env = "AMPOULE_STORE", value_name = "URL", hide_env_values = true)]
    store: StoreUrl,
    #[command(flatten)]
    queue: QueueArgs,
    #[command(flatten)]
    log: LogArgs,
}

/// Leases jobs from a manager and runs them. Listens on no port, unless --metrics-listen says so.
#[derive(clap::Args)]
pub(crate) struct WorkerArgs {
    /// The manager's address. The worker's key comes from AMPOULE_WORKER_KEY or the file that AMPOULE_WORKER_KEY_FILE names.
    #[arg(long, env = "AMPOULE_MANAGER", value_name = "URL")]
    manager: String,
    #[command(flatten)]
    worker: SlotArgs,
    #[command(flatten)]
    log: LogArgs,
}

#[derive(clap::Args)]
struct SlotArgs {
    /// Concurrent runs [default: four per core].
    #[arg(long, env = "AMPOULE_SLOTS", value_parser = clap::value_parser!(u32).range(1..=10_000))]
    slots: Option<u32>,
    #[command(flatten)]
    pool: PoolArgs,
    /// How long runs may go on after SIGTERM; what is left then goes back to the queue.
    #[arg(long, env = "AMPOULE_DRAIN", default_value = "20s", value_parser = input::duration_ms)]
    drain: u64,
    #[command(flatten)]
    resources: ResourceArgs,
    /// Keep journals of jobs that ask to be recorded here, too; those above 16 MiB are here alone.
    #[arg(long, env = "AMPOULE_JOURNALS", value_name = "DIR")]
    journals: Option<PathBuf>,
    /// Show the worker's metrics at /metrics of this address, to everybody who can reach it. Without it the worker is reached by nobody.
    #[arg(long, env = "AMPOULE_METRICS_LISTEN", value_name = "ADDR")]
    metrics_listen: Option<SocketAddr>,
}

#[derive(clap::Args)]
struct QueueArgs {
    /// How long a worker keeps a job without a sign of life.
    #[arg(long, env = "AMPOULE_LEASE", default_value = "15s", value_parser = input::duration_ms)]
    lease: u64,
    /// How long jobs are kept after their end, with their logs and outcomes.
    #[arg(long, env = "AMPOULE_RETENTION", default_value = "336h", value_parser = input::duration_ms)]
    retention: u64,
    /// The most that jobs can be granted, as JSON or @FILE: {"net":["*.example.com"],"dirs":["data:ro"],"secrets":["*"]}. Nothing without it.
    #[arg(long, env = "AMPOULE_GRANTS", value_name = "JSON|@FILE")]
    grants: Option<String>,
}

/// Environment variable that holds each role's key; with `_FILE` behind it, the one that names a file with it.
const KEY_VARIABLES: [&str; 3] = ["AMPOULE_SUBMIT_KEY", "AMPOULE_WORKER_KEY", "AMPOULE_ADMIN_KEY"];

/// File of the store in the data folder.
pub(crate) const STORE_FILE: &str = "ampoule.sqlite";

pub(crate) async fn serve(args: ServeArgs) -> Result<Exit> {
    let telemetry = telemetry::start(&args.log, "ampoule")?;
    let is_ours = args.store.is_none();
    let store = args.store.unwrap_or_else(|| StoreUrl::Sqlite(args.data.join(STORE_FILE)));
    let mut config = manager_config(store, &args.queue)?;
    config.traces = telemetry.is_on();
    config.listens = |address| println!("ampoule listens on http://{address}");
    let worker_key = match key_text(KEY_VARIABLES[1])? {
        Some(key) => Some(key),
        // As soon as there is a key, the worker of this process needs one too; nobody else has to know it.
        None => {
            let key = own_key()?;
            config.own_worker_key = Some(Key::new(&key)?);
            Some(key)
        }
    };
    if is_ours {
        fs::create_dir_all(&args.data).with_context(|| format!("cannot make the data folder {}", args.data.display()))?;
    }
    let engine = engine(&args.worker)?;
    let listener = bind(args.listen).await?;
    let address = listener.local_addr()?;

    let terminated = terminated()?;
    let (stop_worker, stop_manager) = (CancellationToken::new(), CancellationToken::new());
    let manager = tokio::spawn(ampoule_manager::run(listener, config, stop_manager.clone().cancelled_owned()));
    // The two speak the lease protocol over HTTP, as they would on two machines.
    let client = LeaseClient::new(&format!("http://{}", dialled(address)), worker_key)?;
    let worker_config = WorkerConfig { traces: telemetry.is_on(), ..worker_config(&args.worker)? };
    show_metrics(&args.worker, &worker_config, &stop_worker).await?;
    let worker = tokio::spawn(ampoule_worker::run(client, engine, worker_config, stop_worker.clone()));

    let (mut manager, mut worker) = (manager, worker);
    let early = tokio::select! {
        () = terminated => None,
        ended = &mut manager => Some(("manager", ended.map(|result| result.map_err(anyhow::Error::from)))),
        ended = &mut worker => Some(("worker", ended.map(|result| result.map_err(anyhow::Error::from)))),
    };
    if let Some((which, ended)) = early {
        let reason = match ended {
            Ok(Ok(())) => "it ended".to_owned(),
            Ok(Err(error)) => format!("{error:#}"),
            Err(panic) => panic.to_string(),
        };
        return Err(Ours(anyhow::anyhow!("the {which} stopped: {reason}")).into());
    }
    tracing::info!("draining");
    // The worker first: it hands its last reports to the manager.
    stop_worker.cancel();
    (&mut worker).await.map_err(|error| Ours(error.into()))?.map_err(|error| Ours(error.into()))?;
    stop_manager.cancel();
    manager.await.map_err(|error| Ours(error.into()))?.map_err(|error| Ours(error.into()))?;
    Ok(Exit::Done)
}

pub(crate) async fn manager(args: ManagerArgs) -> Result<Exit> {
    let telemetry = telemetry::start(&args.log, "ampoule-manager")?;
    let listens = |address| println!("ampoule manager listens on http://{address}");
    let config = Config { traces: telemetry.is_on(), listens, ..manager_config(args.store, &args.queue)? };
    let listener = bind(args.listen).await?;
    let terminated = terminated()?;
    ampoule_manager::run(listener, config, terminated).await.map_err(|error| Ours(error.into()))?;
    Ok(Exit::Done)
}

pub(crate) async fn worker(args: WorkerArgs) -> Result<Exit> {
    let telemetry = telemetry::start(&args.log, "ampoule-worker")?;
    let client = LeaseClient::new(&args.manager, key_text(KEY_VARIABLES[1])?)?;
    let (stop, terminated) = (CancellationToken::new(), terminated()?);
    let stopped = stop.clone();
    tokio::spawn(async move {
        terminated.await;
        tracing::info!("draining");
        stopped.cancel();
    });
    let config = WorkerConfig { traces: telemetry.is_on(), ..worker_config(&args.worker)? };
    show_metrics(&args.worker, &config, &stop).await?;
    ampoule_worker::run(client, engine(&args.worker)?, config, stop).await?;
    Ok(Exit::Done)
}

async fn bind(address: SocketAddr) -> Result<TcpListener> {
    TcpListener::bind(address).await.with_context(|| format!("cannot listen on {address}"))
}

/// The address at which this process reaches itself.
fn dialled(mut address: SocketAddr) -> SocketAddr {
    if address.ip().is_unspecified() {
        address.set_ip(if address.is_ipv4() { std::net::Ipv4Addr::LOCALHOST.into() } else { std::net::Ipv6Addr::LOCALHOST.into() });
    }
    address
}

fn slots(args: &SlotArgs) -> u32 {
    args.slots.unwrap_or_else(|| WorkerConfig::default().slots)
}

fn engine(args: &SlotArgs) -> Result<Arc<Engine>> {
    Ok(Arc::new(Engine::new(args.pool.config(slots(args))).map_err(|error| Ours(error.into()))?))
}

fn worker_config(args: &SlotArgs) -> Result<WorkerConfig> {
    let journals = args.journals.clone();
    if let Some(folder) = &journals {
        fs::create_dir_all(folder).with_context(|| format!("cannot make the folder for journals {}", folder.display()))?;
    }
    let drain = Duration::from_millis(args.drain);
    Ok(WorkerConfig { slots: slots(args), drain, resources: args.resources.resolve()?, journals, ..WorkerConfig::default() })
}

async fn show_metrics(args: &SlotArgs, config: &WorkerConfig, stop: &CancellationToken) -> Result<()> {
    let Some(address) = args.metrics_listen else { return Ok(()) };
    let listener = bind(address).await?;
    tracing::info!(address = %listener.local_addr()?, "the worker's metrics are shown");
    tokio::spawn(scrape::serve(listener, Arc::clone(&config.metrics), stop.clone()));
    Ok(())
}

fn manager_config(store: StoreUrl, queue: &QueueArgs) -> Result<Config> {
    let key = |variable| key_text(variable)?.map(|text| Key::new(&text).with_context(|| variable.to_owned())).transpose();
    let keys = Keys { submit: key(KEY_VARIABLES[0])?, worker: key(KEY_VARIABLES[1])?, admin: key(KEY_VARIABLES[2])? };
    let (lease, retention) = (Duration::from_millis(queue.lease), Duration::from_millis(queue.retention));
    // This very program compiles TypeScript, in a process of its own.
    let compiler = vec![env::current_exe().context("this program's own path is not known")?, crate::COMPILE_TYPESCRIPT.into()];
    let grants = queue.grants.as_deref().map(policy).transpose()?.unwrap_or_default();
    Ok(Config { keys, grants, lease, retention, compiler: Some(compiler), ..Config::new(store) })
}

/// A key from its variable or its file; secrets do not belong on a command line, which other processes can read.
fn key_text(variable: &str) -> Result<Option<String>> {
    let file = format!("{variable}_FILE");
    match (env::var(variable).ok(), env::var(&file).ok()) {
        (Some(_), Some(_)) => bail!("both {variable} and {file} are set; one of them has to go"),
        (Some(key), None) => Ok(Some(key)),
        (None, Some(path)) => Ok(Some(fs::read_to_string(&path).with_context(|| format!("{file}: cannot read {path}"))?.trim().to_owned())),
        (None, None) => Ok(None),
    }
}

fn own_key() -> Result<String> {
    let mut random = ampoule_host_api::Random::fresh().map_err(|error| Ours(error.into()))?;
    Ok(format!("{:016x}{:016x}", random.bits(), random.bits()))
}

/// SIGTERM, as Kubernetes and systemd send it, or Ctrl-C. From this call on, not from the first poll, neither ends the process by itself.
fn terminated() -> Result<impl Future<Output = ()>> {
    let listen = |kind| signal(kind).map_err(|error| Ours(error.into()));
    let (mut term, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    Ok(async move {
        tokio::select! {
            _ = term.recv() => {},
            _ = interrupt.recv() => {},
        }
    })
}
