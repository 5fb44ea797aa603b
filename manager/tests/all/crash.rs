//! `kill -9`, a dead database, stopped processes, at random moments under load: no job is lost, none is stored or accepted twice, none is stuck.

use std::{
    collections::{HashMap, HashSet},
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use ampoule_manager::{Config, StoreUrl};
use ampoule_protocol::{AcquireResponse, CompleteRequest, Completion, JobId, JobList, JobState, JobView, LeaseState, LeaseStates, Outcome};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    postgres::Server,
    proxy::Proxy,
    support::{self, On, Random, job, on_both_stores, returned},
};

const STORE: &str = "AMPOULE_TEST_STORE";
const LEASE_MS: &str = "AMPOULE_TEST_LEASE_MS";
/// Leases of the managers that are killed.
const LEASE: Duration = Duration::from_millis(500);
/// Many lease periods, for a busy machine's sake: without any progress for this long, something is stuck.
const STUCK: Duration = Duration::from_secs(10);
/// No answer takes longer but from a process that is stopped.
const PATIENCE: Duration = Duration::from_secs(3);

on_both_stores!(what_was_promised_is_kept);

async fn what_was_promised_is_kept(on: On) {
    chaos(on, 25).await;
}

/// The long run: `KILLS` on each store, from `SEED` on.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes a quarter of an hour"]
async fn a_thousand_kills() {
    let kills = std::env::var("KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    chaos(On::Sqlite, kills).await;
    if crate::postgres::is_there() {
        chaos(On::Postgres, kills).await;
    }
}

/// Not a test: the manager that is killed, in a process of its own.
#[tokio::test]
#[ignore = "started by the tests above"]
async fn child() {
    let Some(store) = std::env::var(STORE).ok() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("\nlistens on {}", listener.local_addr().unwrap());
    let mut config = Config::new(store.parse::<StoreUrl>().unwrap());
    config.lease = Duration::from_millis(std::env::var(LEASE_MS).unwrap().parse().unwrap());
    config.grants = serde_json::from_value(json!({"kv": ["*:rw"]})).unwrap();
    // The killing is ours; no job is at fault.
    config.max_attempts = 100_000;
    ampoule_manager::run(listener, config, std::future::pending()).await.unwrap();
}

/// A manager in a process of its own.
pub(crate) struct Child {
    process: std::process::Child,
    pub(crate) url: String,
}

impl Child {
    pub(crate) fn start(store: &str, lease: Duration) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "crash::child", "--ignored", "--nocapture", "--test-threads=1"]);
        let mut process = command
            .env(STORE, store)
            .env(LEASE_MS, lease.as_millis().to_string())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let addr = lines.find_map(|line| line.strip_prefix("listens on ").map(str::to_owned)).unwrap();
        Self { process, url: format!("http://{addr}") }
    }

    pub(crate) fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }

    fn signal(&self, signal: &str) {
        assert!(Command::new("kill").args([signal, &self.process.id().to_string()]).status().unwrap().success());
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What clients and workers know, which must stay true.
#[derive(Default)]
struct World {
    /// The managers of the moment.
    urls: Mutex<Vec<String>>,
    /// By their idempotency keys: no two keys may bring the same job.
    stored: Mutex<HashMap<String, JobId>>,
    accepted: Mutex<HashMap<JobId, u32>>,
    submitting: AtomicBool,
    working: AtomicBool,
    next: AtomicUsize,
}

impl World {
    /// One of the managers, each time another one.
    fn url(&self) -> String {
        let urls = self.urls.lock().unwrap();
        urls[self.next.fetch_add(1, Ordering::Relaxed) % urls.len()].clone()
    }
}

async fn chaos(on: On, acts: usize) {
    let seed = Random::seed();
    println!("SEED={seed}");
    let mut random = Random::new(seed);
    let dir = tempfile::tempdir().unwrap();
    let mut server = (on == On::Postgres).then(|| tokio::task::block_in_place(Server::start));
    let store = match &server {
        Some(server) => server.database().await,
        None => match support::store(on, &dir).await {
            StoreUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
            StoreUrl::Postgres(url) => url,
        },
    };
    let mut managers: Vec<Child> = (0..if on == On::Postgres { 2 } else { 1 }).map(|_| Child::start(&store, LEASE)).collect();
    let world = Arc::new(World::default());
    // Clients and workers come through proxies, whose connections are cut as well.
    let mut proxies = Vec::new();
    for manager in &managers {
        proxies.push(Proxy::to(&manager.url).await);
    }
    *world.urls.lock().unwrap() = proxies.iter().map(|proxy| proxy.url.clone()).collect();
    let (mut kills, mut database_kills, mut stops, mut cuts) = (0, 0, 0, 0);
    world.submitting.store(true, Ordering::SeqCst);
    world.working.store(true, Ordering::SeqCst);
    let clients: Vec<_> = (0..4).map(|name| tokio::spawn(submit(world.clone(), name))).collect();
    let workers: Vec<_> = (0..3).map(|name| tokio::spawn(work(world.clone(), name, seed))).collect();

    for _ in 0..acts {
        tokio::time::sleep(Duration::from_millis(random.below(200) as u64)).await;
        let which = random.below(managers.len());
        match (random.below(6), &mut server) {
            (0, Some(server)) => {
                database_kills += 1;
                tokio::task::block_in_place(|| {
                    server.kill();
                    server.run();
                });
            }
            (1, _) => {
                stops += 1;
                // Longer than a lease: what it held when it was stopped is another's when it goes on.
                managers[which].signal("-STOP");
                tokio::time::sleep(LEASE + Duration::from_millis(200)).await;
                managers[which].signal("-CONT");
            }
            (2, _) => cuts += proxies[which].cut(),
            _ => {
                kills += 1;
                managers[which].kill();
                managers[which] = Child::start(&store, LEASE);
                proxies[which].point_to(&managers[which].url);
            }
        }
    }

    // In peace, everything comes to its end: what was leased is given out again once the leases ran out.
    world.submitting.store(false, Ordering::SeqCst);
    join_all(clients).await.into_iter().for_each(|ended| ended.unwrap());
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::new();
    let get = async |path: &str| -> Value {
        let answer = client.get(format!("{}{path}", managers[0].url)).send().await.unwrap();
        answer.json().await.unwrap()
    };
    // How long that takes is the machine's affair; that it goes on is ours.
    let (mut done, mut since) = (0, Instant::now());
    loop {
        let queue = get("/v1/queue").await;
        if queue == json!({"queued": 0, "running": 0}) {
            break;
        }
        let now_done = world.accepted.lock().unwrap().len();
        if now_done > done {
            (done, since) = (now_done, Instant::now());
        }
        assert!(since.elapsed() < STUCK, "stuck: {queue}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.working.store(false, Ordering::SeqCst);
    join_all(workers).await.into_iter().for_each(|ended| ended.unwrap());

    let (stored, accepted) = (world.stored.lock().unwrap().clone(), world.accepted.lock().unwrap().clone());
    println!(
        "{acts} acts on {on:?}: {kills} managers and {database_kills} databases killed, {stops} stopped for a while, {cuts} connections cut; \
         {} jobs stored, {} completions accepted",
        stored.len(),
        accepted.len()
    );
    assert!(!stored.is_empty());
    let mut left: HashSet<JobId> = stored.values().copied().collect();
    assert_eq!(left.len(), stored.len(), "two keys brought one job");
    let mut path = "/v1/jobs?limit=200".to_owned();
    loop {
        let page: JobList = serde_json::from_value(get(&path).await).unwrap();
        for job in page.items {
            assert!(left.remove(&job.id), "{} was stored twice", job.id);
            assert_eq!(job.state, JobState::Succeeded);
            let Some(Outcome::Returned { value }) = job.outcome else { panic!("{:?}", job.outcome) };
            assert_eq!(value.as_str(), job.attempt.to_string(), "the outcome is the last attempt's");
            if let Some(attempt) = accepted.get(&job.id) {
                assert_eq!(job.attempt, *attempt, "the report that was accepted is the one that counts");
            }
        }
        let Some(cursor) = page.next_cursor else { break };
        path = format!("/v1/jobs?limit=200&cursor={cursor}");
    }
    assert!(left.is_empty(), "{} jobs were lost", left.len());
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().timeout(PATIENCE).build().unwrap()
}

/// Submits, each job again and again under its key until it is told that it is stored.
async fn submit(world: Arc<World>, name: usize) {
    let client = client();
    for k in 0.. {
        if !world.submitting.load(Ordering::SeqCst) {
            return;
        }
        let key = format!("{name}-{k}");
        loop {
            let request = client.post(format!("{}/v1/jobs", world.url())).header("idempotency-key", &key).json(&job());
            let Ok(response) = request.send().await else { continue };
            if let Ok(view) = response.json::<JobView>().await {
                world.stored.lock().unwrap().insert(key, view.id);
                break;
            }
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    }
}

/// Leases and completes; now and then it forgets what it leased, as one that is killed does.
async fn work(world: Arc<World>, name: usize, seed: u64) {
    let (client, mut random) = (client(), Random::new(seed ^ name as u64));
    while world.working.load(Ordering::SeqCst) {
        let ask = json!({"worker": name.to_string(), "slots": 3, "wait_ms": 100});
        let Ok(response) = client.post(format!("{}/v1/leases/acquire", world.url())).json(&ask).send().await else { continue };
        let Ok(answer) = response.json::<AcquireResponse>().await else {
            tokio::time::sleep(Duration::from_millis(5)).await;
            continue;
        };
        if random.below(20) == 0 {
            continue;
        }
        for leased in answer.jobs {
            // Every attempt returns its own number, so that the store shows whose report was accepted.
            let report = returned(&leased.token.attempt.to_string());
            let body = CompleteRequest { reports: vec![Completion { token: leased.token, report, logs_from: 0 }] };
            let Ok(response) = client.post(format!("{}/v1/leases/complete", world.url())).json(&body).send().await else { continue };
            let Ok(states) = response.json::<LeaseStates>().await else { continue };
            if states.results[0].state == LeaseState::Accepted {
                let before = world.accepted.lock().unwrap().insert(leased.token.job_id, leased.token.attempt);
                assert_eq!(before, None, "accepted twice");
            }
        }
    }
}
