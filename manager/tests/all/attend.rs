//! Workers whose connections break.

use std::time::{Duration, Instant};

use ampoule_protocol::{LeaseState, LostCause};
use reqwest::Method;
use serde_json::json;

use crate::support::{Manager, On, on_both_stores};

on_both_stores!(a_dead_workers_jobs_run_again_soon, a_worker_that_comes_back_keeps_its_leases, an_answered_call_is_no_death);

/// Holds the call open until it is aborted, which closes its connection.
fn attend(m: &Manager, worker: &str) -> tokio::task::JoinHandle<u16> {
    // A client of its own: its connection ends with the call.
    let request = reqwest::Client::new().request(Method::POST, format!("{}/v1/leases/attend", m.url));
    let request = request.json(&json!({"worker": worker, "wait_ms": 40_000}));
    tokio::spawn(async move { request.send().await.unwrap().status().as_u16() })
}

async fn a_dead_workers_jobs_run_again_soon(on: On) {
    let m = Manager::start(on).await;
    let (id, other) = (m.submit().await, m.submit().await);
    let call = attend(&m, "dead");
    let token = m.acquire_one("dead").await.token;
    m.acquire_one("alive").await;
    tokio::time::sleep(Duration::from_millis(200)).await;
    let died = Instant::now();
    call.abort();
    let again = m.acquire("alive", 1, 10_000).await.jobs.remove(0);
    println!("given out again after {:?}", died.elapsed());
    assert_eq!((again.token.job_id, again.token.attempt), (id, 2));
    // By its lease it would take 15 s.
    assert!(died.elapsed() < Duration::from_secs(6));
    assert_eq!(m.lease("renew", token).await, LeaseState::Stale);
    let view = m.job(id).await;
    assert_eq!((view.lost_attempts[0].cause, view.lost_attempts[0].worker.as_str()), (LostCause::WorkerLost, "dead"));
    assert_eq!(m.job(other).await.attempt, 1);
}

async fn a_worker_that_comes_back_keeps_its_leases(on: On) {
    let m = Manager::start(on).await;
    let id = m.submit().await;
    let call = attend(&m, "w");
    let token = m.acquire_one("w").await.token;
    for _ in 0..2 {
        tokio::time::sleep(Duration::from_millis(200)).await;
        call.abort();
        tokio::time::sleep(Duration::from_millis(200)).await;
        let call = attend(&m, "w");
        assert_eq!(m.lease("renew", token).await, LeaseState::Held);
        tokio::time::sleep(Duration::from_millis(1_500)).await;
        assert_eq!(m.job(id).await.attempt, 1);
        assert_eq!(m.lease("renew", token).await, LeaseState::Held);
        call.abort();
        assert_eq!(m.lease("renew", token).await, LeaseState::Held);
    }
}

async fn an_answered_call_is_no_death(on: On) {
    let m = Manager::start(on).await;
    m.submit().await;
    let token = m.acquire_one("w").await.token;
    assert_eq!(m.post("/v1/leases/attend", &json!({"worker": "w", "wait_ms": 0})).await.status, 204);
    tokio::time::sleep(Duration::from_millis(1_300)).await;
    assert_eq!(m.lease("renew", token).await, LeaseState::Held);
}
