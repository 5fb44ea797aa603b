//! Clients and workers of the test's own, and what they were told, which must stay true.

use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
    },
    time::Duration,
};

use ampoule_protocol::{
    AcquireResponse, CompleteRequest, Completion, JobId, JobView, Json, LeaseState, LeaseStates, Outcome, Problem, RunReport, Usage,
};
use reqwest::RequestBuilder;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use crate::support::Random;

/// Those who submit, one job after the other.
const CLIENTS: u64 = 4;
/// Workers of ours, beside the real ones: they see what they are answered, and forget leases.
const WORKERS: u64 = 2;
/// No answer takes longer but from a process that stands still.
const PATIENCE: Duration = Duration::from_secs(3);
/// Between two jobs of a client: keeps a long run's store small.
const PAUSE: Duration = Duration::from_millis(20);

/// Every attempt returns its own number, so that the store shows whose report was accepted.
const SOURCE: &str = "
    export default async (input, libraries, ctx) => {
        await new Promise((done) => setTimeout(done, input.ms));
        console.log(`attempt ${ctx.attempt}`);
        return ctx.attempt;
    };";

/// A job that takes some time. The killing is ours: it is given up late.
pub(super) fn job(ms: u64) -> Value {
    json!({"script": {"source": SOURCE}, "input": {"ms": ms}, "retry": {"max_attempts": 100, "backoff_ms": 0}})
}

pub(super) struct World {
    shared: Arc<Shared>,
    clients: Mutex<Vec<JoinHandle<()>>>,
    workers: Mutex<Vec<JoinHandle<()>>>,
}

#[derive(Default)]
struct Shared {
    /// The managers, through their proxies.
    urls: Vec<String>,
    /// By their idempotency keys: no two keys may bring the same job.
    stored: Mutex<HashMap<String, JobId>>,
    accepted: Mutex<HashMap<JobId, u32>>,
    /// Submissions that were refused because the disk was full.
    refused: AtomicU64,
    stop_submitting: AtomicBool,
    stop_working: AtomicBool,
    next: AtomicUsize,
}

impl Shared {
    /// A call to one of the managers, each time another one. `None`: no answer, or a problem.
    async fn call<T: DeserializeOwned>(
        &self,
        client: &reqwest::Client,
        path: &str,
        with: impl Fn(RequestBuilder) -> RequestBuilder,
    ) -> Option<T> {
        let url = &self.urls[self.next.fetch_add(1, Ordering::Relaxed) % self.urls.len()];
        let response = with(client.post(format!("{url}{path}"))).send().await.ok()?;
        let is_answer = response.status().is_success();
        let text = response.text().await.ok()?;
        if is_answer {
            return serde_json::from_str(&text).ok();
        }
        if serde_json::from_str::<Problem>(&text).is_ok_and(|problem| problem.code == "store_full") {
            self.refused.fetch_add(1, Ordering::SeqCst);
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
        None
    }
}

impl World {
    pub(super) fn start(urls: Vec<String>, random: &mut Random) -> Self {
        let shared = Arc::new(Shared { urls, ..Shared::default() });
        let clients = (0..CLIENTS).map(|name| tokio::spawn(submit(shared.clone(), name, random.fork()))).collect();
        let workers = (0..WORKERS).map(|name| tokio::spawn(work(shared.clone(), name, random.fork()))).collect();
        Self { shared, clients: Mutex::new(clients), workers: Mutex::new(workers) }
    }

    pub(super) async fn stop_submitting(&self) {
        self.shared.stop_submitting.store(true, Ordering::SeqCst);
        ended(&self.clients).await;
    }

    pub(super) async fn stop_working(&self) {
        self.shared.stop_working.store(true, Ordering::SeqCst);
        ended(&self.workers).await;
    }

    /// Jobs by idempotency key, and the attempts whose completion was accepted.
    pub(super) fn told(&self) -> (HashMap<String, JobId>, HashMap<JobId, u32>) {
        (self.shared.stored.lock().unwrap().clone(), self.shared.accepted.lock().unwrap().clone())
    }

    /// How often a full disk was the answer.
    pub(super) fn refused(&self) -> u64 {
        self.shared.refused.load(Ordering::SeqCst)
    }

    pub(super) fn known(&self) -> String {
        let (stored, accepted) = self.told();
        format!(
            "{} jobs stored, {} completions accepted of our own workers, {} times the disk was full",
            stored.len(),
            accepted.len(),
            self.refused()
        )
    }
}

async fn ended(tasks: &Mutex<Vec<JoinHandle<()>>>) {
    let tasks: Vec<_> = tasks.lock().unwrap().drain(..).collect();
    for task in tasks {
        task.await.unwrap();
    }
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().timeout(PATIENCE).build().unwrap()
}

/// Submits, each job again and again under its key until it is told that it is stored.
async fn submit(world: Arc<Shared>, name: u64, mut random: Random) {
    let client = client();
    for k in 0.. {
        if world.stop_submitting.load(Ordering::SeqCst) {
            return;
        }
        let (key, body) = (format!("{name}-{k}"), job(random.below(100)));
        let stored = loop {
            let view = world.call::<JobView>(&client, "/v1/jobs", |request| request.header("idempotency-key", &key).json(&body)).await;
            if let Some(view) = view {
                break view.id;
            }
        };
        world.stored.lock().unwrap().insert(key, stored);
        tokio::time::sleep(PAUSE).await;
    }
}

/// Leases and completes; now and then it forgets what it leased, as one that is killed does.
async fn work(world: Arc<Shared>, name: u64, mut random: Random) {
    let client = client();
    let ask = json!({"worker": format!("ours-{name}"), "slots": 2, "wait_ms": 100});
    while !world.stop_working.load(Ordering::SeqCst) {
        let Some(answer) = world.call::<AcquireResponse>(&client, "/v1/leases/acquire", |request| request.json(&ask)).await else {
            continue;
        };
        if random.below(20) == 0 && !world.stop_submitting.load(Ordering::SeqCst) {
            continue;
        }
        for leased in answer.jobs {
            let value = Json::parse(leased.token.attempt.to_string()).unwrap();
            let report =
                RunReport { outcome: Outcome::Returned { value }, usage: Usage::default(), logs: Vec::new(), engine: "test".into() };
            let body = CompleteRequest { reports: vec![Completion { token: leased.token, report, logs_from: 0 }] };
            let states = world.call::<LeaseStates>(&client, "/v1/leases/complete", |request| request.json(&body)).await;
            if states.is_some_and(|states| states.results[0].state == LeaseState::Accepted) {
                let before = world.accepted.lock().unwrap().insert(leased.token.job_id, leased.token.attempt);
                assert_eq!(before, None, "accepted twice");
            }
        }
        tokio::time::sleep(PAUSE).await;
    }
}
