//! How long from a submit to its result?
//!
//! Manager and worker in this process, speaking HTTP on loopback, with a store that syncs every commit to disk.

use std::{
    io::{BufRead as _, BufReader},
    process::{Command, Stdio},
    rc::Rc,
    sync::Arc,
    thread,
    time::Duration,
};

use ampoule_engine::{CancellationToken, Engine, EngineConfig};
use ampoule_manager::Config;
use ampoule_protocol::{JobView, Outcome};
use ampoule_worker::{LeaseClient, WorkerConfig};
use anyhow::{Context as _, Result, bail, ensure};
use tempfile::TempDir;
use tokio::{net::TcpListener, runtime::Runtime};

use crate::{Bench, Clock, Subject, Unit, density::Resident};

/// The script that is submitted: what is measured is the way there and back.
const SCRIPT: &str = "export default () => 1";
/// After this long, a service that started does nothing any more.
const SETTLED: Duration = Duration::from_secs(2);

/// `submit_to_result` with a worker, `enqueue` without one.
pub fn subjects() -> Result<Vec<Subject>> {
    let runtime = Rc::new(Runtime::new()?);
    let (with_worker, alone) = (runtime.block_on(Service::start(true))?, runtime.block_on(Service::start(false))?);
    let second = Rc::clone(&runtime);
    Ok(vec![
        Subject::new("submit_to_result", Clock::Wall, move || runtime.block_on(with_worker.submit_and_wait())),
        Subject::new("enqueue", Clock::Wall, move || second.block_on(alone.enqueue())),
    ])
}

pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    bench.subjects(Unit::Milliseconds, subjects()?)?;
    bench.measuring("idle_rss", 0.0);
    match bench
        .program
        .as_deref()
        .and_then(<[String]>::first)
        .context("only the command itself can be looked at")
        .and_then(|program| idle(program))
    {
        Ok(mebibytes) => bench.record("idle_rss", Unit::Mebibytes, vec![mebibytes]),
        Err(error) => bench.skip("idle_rss", format!("{error:#}")),
    }
    Ok(())
}

/// Memory of `ampoule serve` that has nothing to do.
fn idle(program: &str) -> Result<f64> {
    let store = TempDir::new()?;
    let mut child = Command::new(program)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(store.path())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()?;
    let log = BufReader::new(child.stderr.take().context("no output")?);
    let listens = log.lines().map_while(Result::ok).any(|line| line.contains("listens"));
    thread::sleep(SETTLED);
    let held = Resident::of(&child.id().to_string());
    child.kill()?;
    child.wait()?;
    ensure!(listens, "`{program} serve` does not start");
    Ok(held?.rss_kib / 1024.0)
}

struct Service {
    jobs: String,
    http: reqwest::Client,
    stop: CancellationToken,
    _store: TempDir,
}

impl Service {
    async fn start(worker: bool) -> Result<Self> {
        let store = TempDir::new()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let base = format!("http://{}", listener.local_addr()?);
        let stop = CancellationToken::new();
        tokio::spawn(ampoule_manager::run(listener, Config::new(store.path().join("bench.sqlite")), stop.clone().cancelled_owned()));
        if worker {
            let engine = Arc::new(Engine::new(EngineConfig::default())?);
            tokio::spawn(ampoule_worker::run(LeaseClient::new(&base, None)?, engine, WorkerConfig::default(), stop.clone()));
        }
        Ok(Self { jobs: format!("{base}/v1/jobs"), http: reqwest::Client::new(), stop, _store: store })
    }

    async fn submit_and_wait(&self) -> Result<()> {
        let response = self.post(&format!("{}?wait=10s", self.jobs)).await?;
        match response.json::<JobView>().await.context("the answer is no job")?.outcome {
            Some(Outcome::Returned { .. }) => Ok(()),
            other => bail!("the job ended with {other:?}"),
        }
    }

    async fn enqueue(&self) -> Result<()> {
        let response = self.post(&self.jobs).await?;
        ensure!(response.status().is_success(), "the manager answers {}", response.status());
        Ok(response.bytes().await.map(drop)?)
    }

    async fn post(&self, url: &str) -> Result<reqwest::Response> {
        Ok(self.http.post(url).json(&serde_json::json!({"script": {"source": SCRIPT}})).send().await?)
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
