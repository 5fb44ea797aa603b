//! Several managers on one PostgreSQL database.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use ampoule_manager::{
    StoreUrl,
    queue::{Ears, OpenError, Queue},
};
use ampoule_protocol::{AcquireResponse, CompleteRequest, Completion, JobState, JobView, LeaseState, LeaseStates, LeaseToken};
use serde_json::json;

use crate::{
    postgres,
    store::POLICY,
    support::{Manager, On, job, returned},
};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn one_managers_doings_wake_those_who_wait_at_another() {
    if !postgres::is_there() {
        return;
    }
    let a = Manager::start(On::Postgres).await;
    let b = a.replica().await;
    // Work stored at one is leased at the other.
    let (answer, id) = tokio::join!(b.acquire("w", 1, 20_000), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        a.submit().await
    });
    let token = answer.jobs[0].token;
    assert_eq!(token.job_id, id);
    // A cancel asked of one reaches the worker that waits at the other.
    let (told, _) = tokio::join!(b.acquire("w", 0, 20_000), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        a.cancel(id).await
    });
    assert_eq!(told.cancelled, [token]);
    // The end reported to one is seen by the client that waits at the other.
    let path = format!("/v1/jobs/{id}?wait=20s");
    let (ended, _) = tokio::join!(a.get(&path), async {
        tokio::time::sleep(Duration::from_millis(200)).await;
        b.complete(token, returned("1")).await
    });
    assert_eq!(ended.read::<JobView>(200).state, JobState::Succeeded);
    // Both show the same depth.
    for _ in 0..3 {
        a.submit().await;
    }
    for m in [&a, &b] {
        assert_eq!(m.metric("scriptmanager_job_queue_size").await, 3.0);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn workers_of_three_managers_lease_every_job_once() {
    if !postgres::is_there() {
        return;
    }
    const JOBS: usize = 600;
    let a = Manager::start(On::Postgres).await;
    let (b, c) = (a.replica().await, a.replica().await);
    let managers = [Arc::new(a), Arc::new(b), Arc::new(c)];
    let (leased, accepted) = (Arc::new(Mutex::new(HashSet::<LeaseToken>::new())), Arc::new(AtomicUsize::new(0)));
    let mut tasks = Vec::new();
    for name in 0..12 {
        let (m, leased, accepted) = (managers[name % 3].clone(), leased.clone(), accepted.clone());
        tasks.push(tokio::spawn(async move {
            let ask = json!({"worker": format!("w{name}"), "slots": 1 + name % 5, "wait_ms": 300});
            while accepted.load(Ordering::SeqCst) < JOBS {
                let answer: AcquireResponse = m.post("/v1/leases/acquire", &ask).await.read(200);
                let mut reports = Vec::new();
                for job in answer.jobs {
                    assert!(leased.lock().unwrap().insert(job.token), "leased twice: {:?}", job.token);
                    reports.push(Completion { token: job.token, report: returned("1"), logs_from: 0 });
                }
                if !reports.is_empty() {
                    let states: LeaseStates = m.post("/v1/leases/complete", &CompleteRequest { reports }).await.read(200);
                    assert!(states.results.iter().all(|state| state.state == LeaseState::Accepted));
                    accepted.fetch_add(states.results.len(), Ordering::SeqCst);
                }
            }
        }));
    }
    for name in 0..6 {
        let m = managers[name % 3].clone();
        tasks.push(tokio::spawn(async move {
            for k in 0..JOBS / 6 {
                // A third of them share keys across the managers.
                let body = if k % 3 == 0 { json!({"script": {"source": "1"}, "concurrency_key": (k % 5).to_string()}) } else { job() };
                m.post("/v1/jobs", &body).await.read::<JobView>(202);
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert_eq!(accepted.load(Ordering::SeqCst), JOBS);
    for m in &managers {
        assert_eq!(m.get("/v1/queue").await.json(), json!({"queued": 0, "running": 0}));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn an_idempotency_key_brings_one_job_at_whichever_manager() {
    if !postgres::is_there() {
        return;
    }
    let a = Manager::start(On::Postgres).await;
    let b = a.replica().await;
    let send = |m: &Manager, key: usize| {
        m.request(reqwest::Method::POST, "/v1/jobs").header("idempotency-key", key.to_string()).json(&job()).send()
    };
    let answers = futures_util::future::join_all((0..40).map(|k| send([&a, &b][k % 2], k / 4))).await;
    let mut ids = HashSet::new();
    for answer in answers {
        ids.insert(answer.unwrap().json::<JobView>().await.unwrap().id);
    }
    assert_eq!((ids.len(), a.metric("scriptmanager_job_queue_size").await), (10, 10.0));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn managers_that_start_together_migrate_once_and_newer_schemas_are_refused() {
    if !postgres::is_there() {
        return;
    }
    let url = postgres::shared().database().await.unwrap();
    let store = StoreUrl::Postgres(url.clone());
    let opened = futures_util::future::join_all((0..4).map(|_| Queue::open(&store, POLICY, 1, Ears::deaf()))).await;
    for queue in opened {
        queue.unwrap().close().await;
    }
    let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.unwrap();
    tokio::spawn(connection);
    client.batch_execute("UPDATE ampoule.schema_version SET version = 1000").await.unwrap();
    let said = Queue::open(&store, POLICY, 1, Ears::deaf()).await.unwrap_err();
    assert!(matches!(said, OpenError::SchemaTooNew { found: 1000, .. }), "{said}");
    client.batch_execute("DROP SCHEMA ampoule CASCADE; CREATE SCHEMA ampoule; CREATE TABLE ampoule.jobs (theirs int)").await.unwrap();
    let said = Queue::open(&store, POLICY, 1, Ears::deaf()).await.unwrap_err();
    assert!(matches!(said, OpenError::Foreign { .. }), "{said}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_is_met_again() {
    if !postgres::is_there() {
        return;
    }
    let mut server = tokio::task::block_in_place(postgres::Server::start).unwrap();
    let m = Manager::start_on(StoreUrl::Postgres(server.database().await.unwrap())).await;
    let id = m.submit().await;
    let token = m.acquire_one("w").await.token;
    tokio::task::block_in_place(|| server.kill()).unwrap();
    let away = m.post("/v1/jobs", &job()).await;
    assert_eq!((away.status.as_u16(), away.json()["code"].as_str()), (503, Some("store_unavailable")));
    let ready = m.get("/readyz").await;
    assert_eq!((ready.status.as_u16(), ready.json()["code"].as_str()), (503, Some("not_ready")));
    assert!(ready.json()["detail"].as_str().unwrap().contains("PostgreSQL store"), "{}", ready.text);
    tokio::task::block_in_place(|| server.run()).unwrap();
    // Nothing has to be started anew; what was true before is so still.
    crate::support::eventually(async || (m.get("/readyz").await.status.as_u16() == 200).then_some(())).await;
    assert_eq!(m.complete(token, returned("1")).await, LeaseState::Accepted);
    assert_eq!(m.job(id).await.state, JobState::Succeeded);
    let (answer, id) = tokio::join!(m.acquire("w", 1, 20_000), m.submit());
    assert_eq!(answer.jobs[0].token.job_id, id);
}
