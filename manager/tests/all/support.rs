//! A running manager, and what tests say to it.

use std::{path::PathBuf, time::Duration};

use ampoule_manager::{
    Config, RunError, StoreUrl,
    queue::{Idempotency, Submitted},
    scripts::Sources,
};
use ampoule_protocol::{
    AcquireResponse, CompleteRequest, Completion, FaultCode, JobId, JobSpec, JobView, Json, LeaseState, LeaseStates, LeaseToken, LeasedJob,
    Limits, LogLevel, LogLine, Outcome, RunReport, TenantName, Usage,
};
use reqwest::{Method, StatusCode, header::HeaderMap};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};

/// Which store a test runs on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum On {
    Sqlite,
    Postgres,
}

/// Makes each of these functions a test on both stores: `async fn name(on: On)`.
macro_rules! on_both_stores {
    ($($name:ident),* $(,)?) => {
        mod sqlite {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                super::$name(crate::support::On::Sqlite).await;
            })*
        }
        mod postgres {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn $name() {
                if crate::postgres::is_there() {
                    super::$name(crate::support::On::Postgres).await;
                }
            })*
        }
    };
}
pub(crate) use on_both_stores;

/// A store of its own, empty; the folder belongs to it.
pub(crate) async fn store(on: On, dir: &TempDir) -> StoreUrl {
    match on {
        On::Sqlite => StoreUrl::Sqlite(dir.path().join("queue.db")),
        On::Postgres => StoreUrl::Postgres(crate::postgres::shared().database().await.unwrap()),
    }
}

/// Removes a store that no folder of the test's own holds.
pub(crate) async fn forget(store: &StoreUrl) {
    if let StoreUrl::Postgres(url) = store {
        crate::postgres::shared().drop_database(url).await.unwrap();
    }
}

/// A manager on a port of its own and a store of its own.
pub(crate) struct Manager {
    pub(crate) url: String,
    pub(crate) client: reqwest::Client,
    key: Option<String>,
    dir: TempDir,
    store: StoreUrl,
    configure: fn(&mut Config),
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<Result<(), RunError>>,
}

/// What a manager answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|err| panic!("{err}: {}", self.text))
    }

    #[track_caller]
    pub(crate) fn read<T: DeserializeOwned>(&self, status: u16) -> T {
        assert_eq!(self.status.as_u16(), status, "{}", self.text);
        serde_json::from_str(&self.text).unwrap_or_else(|err| panic!("{err}: {}", self.text))
    }
}

impl Manager {
    pub(crate) async fn start(on: On) -> Self {
        Self::start_with(on, |_| {}).await
    }

    pub(crate) async fn start_with(on: On, configure: fn(&mut Config)) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let store = store(on, &dir).await;
        Self::start_in(dir, store, configure).await
    }

    /// On a store of the test's own.
    pub(crate) async fn start_on(store: StoreUrl) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), store, |_| {}).await
    }

    /// Another manager on the same store.
    pub(crate) async fn replica(&self) -> Self {
        Self::start_in(tempfile::tempdir().unwrap(), self.store.clone(), self.configure).await
    }

    async fn start_in(dir: TempDir, store: StoreUrl, configure: fn(&mut Config)) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let mut config = Config::new(store.clone());
        configure(&mut config);
        let (stop, stopped) = oneshot::channel::<()>();
        let task = tokio::spawn(async move {
            ampoule_manager::run(listener, config, async {
                let _ = stopped.await;
            })
            .await
        });
        let _ = rustls::crypto::ring::default_provider().install_default();
        Self {
            url,
            client: reqwest::Client::builder().no_gzip().build().unwrap(),
            key: None,
            dir,
            store,
            configure,
            stop: Some(stop),
            task,
        }
    }

    /// The same manager, asked with this key.
    pub(crate) fn with_key(mut self, key: &str) -> Self {
        self.key = Some(key.to_owned());
        self
    }

    pub(crate) fn store(&self) -> PathBuf {
        self.dir.path().join("queue.db")
    }

    pub(crate) fn store_url(&self) -> &StoreUrl {
        &self.store
    }

    /// Begins the stop without waiting for it.
    pub(crate) fn begin_stop(&mut self) {
        drop(self.stop.take());
    }

    /// Waits for the end of a stop that was begun.
    pub(crate) async fn stopped(&mut self) {
        (&mut self.task).await.unwrap().unwrap();
    }

    /// Stops it and starts another on the same store.
    pub(crate) async fn restart(mut self) -> Self {
        self.begin_stop();
        self.stopped().await;
        Self::start_in(self.dir, self.store, self.configure).await
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> reqwest::RequestBuilder {
        let request = self.client.request(method, format!("{}{path}", self.url));
        match &self.key {
            Some(key) => request.bearer_auth(key),
            None => request,
        }
    }

    pub(crate) async fn send(&self, request: reqwest::RequestBuilder) -> Answer {
        let response = request.send().await.unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        Answer { status, headers, text: response.text().await.unwrap() }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &impl Serialize) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    pub(crate) async fn put(&self, path: &str, body: &impl Serialize) -> Answer {
        self.send(self.request(Method::PUT, path).json(body)).await
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(self.request(Method::DELETE, path)).await
    }

    pub(crate) async fn submit(&self) -> JobId {
        self.post("/v1/jobs", &job()).await.read::<JobView>(202).id
    }

    pub(crate) async fn job(&self, id: JobId) -> JobView {
        self.get(&format!("/v1/jobs/{id}")).await.read(200)
    }

    pub(crate) async fn acquire(&self, worker: &str, slots: u32, wait_ms: u64) -> AcquireResponse {
        self.post("/v1/leases/acquire", &json!({"worker": worker, "slots": slots, "wait_ms": wait_ms})).await.read(200)
    }

    /// Leases the one job that waits.
    pub(crate) async fn acquire_one(&self, worker: &str) -> LeasedJob {
        let mut answer = self.acquire(worker, 1, 5_000).await;
        assert_eq!(answer.jobs.len(), 1);
        answer.jobs.remove(0)
    }

    /// Reports on one lease.
    pub(crate) async fn complete(&self, token: LeaseToken, report: RunReport) -> LeaseState {
        let body = CompleteRequest { reports: vec![Completion { token, report, logs_from: 0 }] };
        let states: LeaseStates = self.post("/v1/leases/complete", &body).await.read(200);
        assert_eq!((states.results.len(), states.results[0].token), (1, token));
        states.results[0].state
    }

    /// Asks `renew` or `release` for one lease.
    pub(crate) async fn lease(&self, verb: &str, token: LeaseToken) -> LeaseState {
        let states: LeaseStates = self.post(&format!("/v1/leases/{verb}"), &json!({"tokens": [token]})).await.read(200);
        states.results[0].state
    }

    pub(crate) async fn cancel(&self, id: JobId) -> Answer {
        self.send(self.request(Method::POST, &format!("/v1/jobs/{id}/cancel"))).await
    }

    /// The value of a metric, which must be there; with its labels if it has any.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").await.text;
        metric(&text, name)
    }
}

pub(crate) fn metric(text: &str, name: &str) -> f64 {
    let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    line.unwrap_or_else(|| panic!("no metric {name} in\n{text}")).parse().unwrap()
}

/// The smallest job.
pub(crate) fn job() -> Value {
    json!({"script": {"source": "export default () => 1"}})
}

/// A job with its own sources, on its way into the queue.
pub(crate) fn submitted(tenant: TenantName, spec: Value) -> Submitted {
    submitted_as(JobId::new(), tenant, spec, None)
}

/// The same with an id of the test's own.
pub(crate) fn submitted_as(id: JobId, tenant: TenantName, spec: Value, idempotency: Option<Idempotency>) -> Submitted {
    let spec: JobSpec = serde_json::from_value(spec).unwrap();
    let sources = Sources::inline(&spec).expect("nothing published");
    Submitted::new(id, tenant, spec, sources, Limits::DEFAULT, idempotency)
}

pub(crate) fn returned(value: &str) -> RunReport {
    report(Outcome::Returned { value: Json::parse(value.to_owned()).unwrap() })
}

pub(crate) fn fault(code: FaultCode) -> RunReport {
    report(Outcome::Fault { code, message: "broken".into() })
}

pub(crate) fn report(outcome: Outcome) -> RunReport {
    RunReport { outcome, usage: Usage { fuel: 7, wall_ms: 0.25, ..Usage::default() }, logs: Vec::new(), engine: "test/1".into() }
}

pub(crate) fn line(level: LogLevel, message: impl Into<String>) -> LogLine {
    LogLine { offset: 0, level, message: message.into() }
}

/// Asks again until it is so; panics after ten seconds.
pub(crate) async fn eventually<T>(mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = tokio::time::Instant::now() + Duration::from_secs(10);
    loop {
        if let Some(found) = check().await {
            return found;
        }
        assert!(tokio::time::Instant::now() < deadline, "it never came");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}

/// Small, seeded, good enough to pick operations.
pub(crate) struct Random(u64);

impl Random {
    pub(crate) fn new(seed: u64) -> Self {
        Self(seed ^ 0x9e37_79b9_7f4a_7c15)
    }

    /// A seed of this moment, or the one in `SEED`.
    pub(crate) fn seed() -> u64 {
        let given = std::env::var("SEED").ok().and_then(|text| text.parse().ok());
        given.unwrap_or_else(|| uuid::Uuid::now_v7().as_u64_pair().1)
    }

    pub(crate) fn below(&mut self, n: usize) -> usize {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((z ^ (z >> 31)) % n as u64) as usize
    }

    pub(crate) fn pick<'a, T>(&mut self, from: &'a [T]) -> Option<&'a T> {
        if from.is_empty() { None } else { from.get(self.below(from.len())) }
    }
}
