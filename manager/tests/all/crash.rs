//! `kill -9` at any point loses no job and accepts no second completion.

use std::{
    collections::HashMap,
    io::{BufRead, BufReader},
    process::{Command, Stdio},
    sync::{Arc, Mutex},
    time::Duration,
};

use ampoule_manager::{Config, StoreUrl};
use ampoule_protocol::{AcquireResponse, CompleteRequest, Completion, JobId, JobState, JobView, LeaseState, LeaseStates, Outcome};
use futures_util::future::join_all;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::support::{self, On, Random, eventually, job, on_both_stores, returned};

on_both_stores!(a_killed_manager_keeps_its_word);

const STORE: &str = "AMPOULE_TEST_STORE";
const JOBS: usize = 200;
const KILLS: usize = 25;

/// Not a test: the manager that is killed, in a process of its own.
#[tokio::test]
#[ignore = "started by the test below"]
async fn child() {
    let Some(store) = std::env::var(STORE).ok() else { return };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    println!("\nlistens on {}", listener.local_addr().unwrap());
    let mut config = Config::new(store.parse::<StoreUrl>().unwrap());
    config.lease = Duration::from_millis(500);
    // The killing is ours; no job is at fault.
    config.max_attempts = 1000;
    ampoule_manager::run(listener, config, std::future::pending()).await.unwrap();
}

struct Child {
    process: std::process::Child,
    url: String,
}

impl Child {
    fn start(store: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "crash::child", "--ignored", "--nocapture", "--test-threads=1"]);
        let mut process = command.env(STORE, store).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut lines = BufReader::new(process.stdout.take().unwrap()).lines().map_while(Result::ok);
        let addr = lines.find_map(|line| line.strip_prefix("listens on ").map(str::to_owned)).unwrap();
        Self { process, url: format!("http://{addr}") }
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// What clients and workers were told, which must stay true.
#[derive(Default)]
struct Told {
    stored: Vec<JobId>,
    accepted: HashMap<JobId, u32>,
}

async fn a_killed_manager_keeps_its_word(on: On) {
    let seed = Random::seed();
    println!("SEED={seed}");
    let mut random = Random::new(seed);
    let dir = tempfile::tempdir().unwrap();
    let store = match support::store(on, &dir).await {
        StoreUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        StoreUrl::Postgres(url) => url,
    };
    let told = Arc::new(Mutex::new(Told::default()));
    let mut kills = 0;
    while kills < KILLS || told.lock().unwrap().stored.len() < JOBS {
        let mut manager = Child::start(&store);
        let (url, told) = (manager.url.clone(), told.clone());
        let calls = tokio::spawn(async move {
            let clients = join_all((0..4).map(|_| submit(&url, &told)));
            let workers = join_all((0..3).map(|name| work(&url, &told, name)));
            tokio::join!(clients, workers);
        });
        tokio::time::sleep(Duration::from_millis(random.below(200) as u64)).await;
        manager.kill();
        calls.await.unwrap();
        kills += 1;
    }

    // In peace, everything comes to its end: what was leased is given out again once the leases ran out.
    let manager = Child::start(&store);
    let client = reqwest::Client::new();
    let workers = tokio::spawn({
        let (url, told) = (manager.url.clone(), told.clone());
        async move { join_all((0..3).map(|name| work(&url, &told, name))).await }
    });
    eventually(async || {
        let depths: Value = client.get(format!("{}/v1/queue", manager.url)).send().await.unwrap().json().await.unwrap();
        (depths == json!({"queued": 0, "running": 0})).then_some(())
    })
    .await;
    workers.abort();

    let told = std::mem::take(&mut *told.lock().unwrap());
    println!("{kills} kills, {} jobs stored, {} completions accepted", told.stored.len(), told.accepted.len());
    for id in &told.stored {
        let response = client.get(format!("{}/v1/jobs/{id}", manager.url)).send().await.unwrap();
        let job: JobView = response.json().await.unwrap();
        assert_eq!(job.state, JobState::Succeeded);
        let Some(Outcome::Returned { value }) = job.outcome else { panic!("{job:?}") };
        assert_eq!(value.as_str(), job.attempt.to_string(), "the outcome is the last attempt's");
        if let Some(attempt) = told.accepted.get(id) {
            assert_eq!(job.attempt, *attempt, "the report that was accepted is the one that counts");
        }
    }
}

/// Submits until the manager is gone.
async fn submit(url: &str, told: &Mutex<Told>) {
    let client = reqwest::Client::new();
    loop {
        let Ok(response) = client.post(format!("{url}/v1/jobs")).json(&job()).send().await else { return };
        let Ok(view) = response.json::<JobView>().await else { return };
        told.lock().unwrap().stored.push(view.id);
    }
}

/// Leases and completes until the manager is gone.
async fn work(url: &str, told: &Mutex<Told>, name: usize) {
    let client = reqwest::Client::new();
    loop {
        let ask = json!({"worker": name.to_string(), "slots": 3, "wait_ms": 1000});
        let Ok(response) = client.post(format!("{url}/v1/leases/acquire")).json(&ask).send().await else { return };
        let Ok(answer) = response.json::<AcquireResponse>().await else { return };
        for leased in answer.jobs {
            // Every attempt returns its own number, so that the store shows whose report was accepted.
            let report = returned(&leased.token.attempt.to_string());
            let body = CompleteRequest { reports: vec![Completion { token: leased.token, report }] };
            let Ok(response) = client.post(format!("{url}/v1/leases/complete")).json(&body).send().await else { return };
            let Ok(states) = response.json::<LeaseStates>().await else { return };
            if states.results[0].state == LeaseState::Accepted {
                let before = told.lock().unwrap().accepted.insert(leased.token.job_id, leased.token.attempt);
                assert_eq!(before, None, "accepted twice");
            }
        }
    }
}
