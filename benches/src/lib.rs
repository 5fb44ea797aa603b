//! What the benches share: one engine, one service, ready-made requests.

#![forbid(unsafe_code)]

use std::sync::Arc;

use ampoule_engine::{CancellationToken, Engine, EngineConfig, EngineFault, Mode, RunRequest};
use ampoule_host_api::{Capabilities, Clock, Console, Random, Timer};
use ampoule_manager::Config;
use ampoule_protocol::{JobView, Json, Outcome, RunReport};
use ampoule_worker::{LeaseClient, WorkerConfig};
use tempfile::TempDir;
use tokio::net::TcpListener;

/// The 20-line script that peers are measured with too: JSON in, grouping and sorting, JSON out.
pub const JOB: &str = include_str!("../scripts/job.js");
/// Its input.
pub const JOB_INPUT: &str = include_str!("../scripts/job.input.json");

/// An engine with its defaults.
///
/// # Panics
/// When this machine cannot run sandboxes; a bench has nothing to measure then.
pub fn engine() -> Engine {
    Engine::new(EngineConfig::default()).expect("the engine starts")
}

/// `1+1`, evaluated.
pub fn eval() -> RunRequest {
    RunRequest { mode: Mode::Evaluate, ..RunRequest::new("1+1") }
}

/// [`JOB`] with its input.
///
/// # Panics
/// Never: the input is JSON.
pub fn job() -> RunRequest {
    RunRequest { input: Json::parse(JOB_INPUT.to_owned()).expect("the input is JSON"), ..RunRequest::new(JOB) }
}

/// Runs a request in a fresh sandbox.
pub async fn run(engine: &Engine, request: &RunRequest) -> Result<RunReport, EngineFault> {
    let capabilities =
        Capabilities { console: Console::new(&request.limits), clock: Clock::System, random: Random::seeded(1), timer: Timer };
    engine.run(request, capabilities, CancellationToken::new()).await
}

/// Manager and worker in this process, speaking HTTP on loopback, with a store that syncs to disk.
pub struct Service {
    /// Where the API listens.
    pub base: String,
    http: reqwest::Client,
    stop: CancellationToken,
    _store: TempDir,
}

impl Service {
    /// Starts both.
    ///
    /// # Panics
    /// When a part does not start.
    pub async fn start() -> Self {
        let store = TempDir::new().expect("a folder for the store");
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let base = format!("http://{}", listener.local_addr().expect("the port's number"));
        let stop = CancellationToken::new();
        tokio::spawn(ampoule_manager::run(listener, Config::new(store.path().join("bench.sqlite")), stop.clone().cancelled_owned()));
        let client = LeaseClient::new(&base, None).expect("a client");
        tokio::spawn(ampoule_worker::run(client, Arc::new(engine()), WorkerConfig::default(), stop.clone()));
        Self { base, http: reqwest::Client::new(), stop, _store: store }
    }

    /// Submits a script and waits for its value.
    ///
    /// # Panics
    /// When it does not return.
    pub async fn submit_and_wait(&self, source: &str) -> Json {
        let body = serde_json::json!({"script": {"source": source}});
        let response = self.http.post(format!("{}/v1/jobs?wait=10s", self.base)).json(&body).send().await.expect("an answer");
        let job: JobView = response.json().await.expect("a job");
        match job.outcome {
            Some(Outcome::Returned { value }) => value,
            other => panic!("the job ended with {other:?}"),
        }
    }
}

impl Drop for Service {
    fn drop(&mut self) {
        self.stop.cancel();
    }
}
