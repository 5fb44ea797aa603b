//! Leases: fencing, loss, release, faults, bounds.

use std::time::Duration;

use ampoule_protocol::{FaultCode, JobState, JobView, LeaseState, LogLevel, LogPage, Outcome};
use serde_json::json;

use crate::support::{Manager, On, eventually, fault, line, on_both_stores, returned};

on_both_stores!(
    a_late_report_is_stale_and_changes_nothing,
    a_job_that_loses_its_workers_fails_in_the_end,
    renewing_keeps_a_lease,
    a_release_costs_no_attempt,
    faults_are_run_again_and_throws_are_not,
    a_report_beyond_the_limits_is_a_fault,
    an_acquire_waits_for_work_and_takes_only_its_slots,
    two_waiting_workers_share_two_jobs,
    an_answer_holds_bounded_bytes,
    a_worker_that_hangs_up_gets_no_job
);

async fn short_leases(on: On) -> Manager {
    Manager::start_with(on, |config| config.lease = Duration::from_millis(100)).await
}

/// Waits until the job has been taken back from its worker.
async fn lost(m: &Manager, id: ampoule_protocol::JobId) -> JobView {
    eventually(async || Some(m.job(id).await).filter(|job| job.state != JobState::Running)).await
}

async fn a_late_report_is_stale_and_changes_nothing(on: On) {
    let m = short_leases(on).await;
    let id = m.submit().await;
    let first = m.acquire_one("slow").await;
    assert_eq!(lost(&m, id).await.state, JobState::Queued);
    assert_eq!(m.complete(first.token, returned("1")).await, LeaseState::Stale);
    assert_eq!(m.job(id).await.state, JobState::Queued);

    let second = m.acquire_one("quick").await;
    assert_eq!((second.token.job_id, second.token.attempt), (id, 2));
    for verb in ["renew", "release"] {
        assert_eq!(m.lease(verb, first.token).await, LeaseState::Stale);
    }
    assert_eq!(m.complete(first.token, returned("1")).await, LeaseState::Stale);
    assert_eq!(m.complete(second.token, returned("2")).await, LeaseState::Accepted);
    assert_eq!(m.complete(second.token, returned("3")).await, LeaseState::Stale);
    let Some(Outcome::Returned { value }) = m.job(id).await.outcome else { panic!() };
    assert_eq!(value.as_str(), "2");
    assert_eq!(m.metric("scriptmanager_stale_completions_total").await, 3.0);
    assert_eq!(m.metric("scriptmanager_leases_expired_total").await, 1.0);
}

async fn a_job_that_loses_its_workers_fails_in_the_end(on: On) {
    let m = short_leases(on).await;
    let id = m.submit().await;
    for attempt in 1..=3 {
        assert_eq!(m.acquire_one("w").await.token.attempt, attempt);
        let job = lost(&m, id).await;
        assert_eq!(job.state, if attempt < 3 { JobState::Queued } else { JobState::Failed });
    }
    let job = m.job(id).await;
    assert!(matches!(job.outcome, Some(Outcome::Fault { code: FaultCode::WorkerLost, .. })), "{job:?}");
    assert_eq!((job.attempt, job.usage, job.engine), (3, None, None));
    assert_eq!(m.metric("scriptmanager_jobs_finished_total{outcome=\"fault\"}").await, 1.0);
}

async fn renewing_keeps_a_lease(on: On) {
    let m = Manager::start_with(on, |config| config.lease = Duration::from_millis(1500)).await;
    m.submit().await;
    let token = m.acquire_one("w").await.token;
    for _ in 0..8 {
        tokio::time::sleep(Duration::from_millis(400)).await;
        assert_eq!(m.lease("renew", token).await, LeaseState::Held);
    }
    assert_eq!(m.complete(token, returned("1")).await, LeaseState::Accepted);
}

async fn a_release_costs_no_attempt(on: On) {
    let m = Manager::start_with(on, |config| config.max_attempts = 1).await;
    let id = m.submit().await;
    for attempt in 1..=5 {
        let token = m.acquire_one("w").await.token;
        assert_eq!(token.attempt, attempt);
        assert_eq!(m.lease("release", token).await, LeaseState::Accepted);
        assert_eq!(m.job(id).await.state, JobState::Queued);
    }
    assert_eq!(m.complete(m.acquire_one("w").await.token, returned("1")).await, LeaseState::Accepted);
}

async fn faults_are_run_again_and_throws_are_not(on: On) {
    let m = Manager::start(on).await;
    let id = m.submit().await;
    for code in [FaultCode::EnginePanic, FaultCode::Host] {
        assert_eq!(m.complete(m.acquire_one("w").await.token, fault(code)).await, LeaseState::Accepted);
        let job = m.job(id).await;
        assert_eq!((job.state, job.outcome), (JobState::Queued, None));
    }
    let mut last = fault(FaultCode::EnginePanic);
    last.logs = vec![line(LogLevel::Log, "so far")];
    m.complete(m.acquire_one("w").await.token, last.clone()).await;
    let job = m.job(id).await;
    assert_eq!((job.state, job.attempt, job.outcome), (JobState::Failed, 3, Some(last.outcome)));
    let logs: LogPage = m.get(&format!("/v1/jobs/{id}/logs")).await.read(200);
    assert_eq!(logs.items.len(), 1);
}

async fn a_report_beyond_the_limits_is_a_fault(on: On) {
    let m = Manager::start_with(on, |config| config.max_attempts = 2).await;
    let spec = json!({"script": {"source": "1"}, "limits": {"output_bytes": 10, "log_lines": 2}});
    let id = m.post("/v1/jobs", &spec).await.read::<JobView>(202).id;
    m.complete(m.acquire_one("w").await.token, returned("\"123456789\"")).await;
    assert_eq!(m.job(id).await.state, JobState::Queued);
    let mut report = returned("1");
    report.logs = vec![line(LogLevel::Log, ""); 3];
    assert_eq!(m.complete(m.acquire_one("w").await.token, report).await, LeaseState::Accepted);
    assert!(matches!(m.job(id).await.outcome, Some(Outcome::Fault { code: FaultCode::Host, .. })));
}

async fn an_acquire_waits_for_work_and_takes_only_its_slots(on: On) {
    let m = Manager::start(on).await;
    assert!(m.acquire("w", 4, 0).await.jobs.is_empty());
    let (answer, ()) = tokio::join!(m.acquire("w", 2, 20_000), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        m.submit().await;
    });
    assert_eq!(answer.jobs.len(), 1);
    let mut ids = Vec::new();
    for _ in 0..5 {
        ids.push(m.submit().await);
    }
    let (first, second) = (m.acquire("a", 2, 0).await.jobs, m.acquire("b", 9, 0).await.jobs);
    assert_eq!((first.len(), second.len()), (2, 3));
    assert_eq!(first.iter().chain(&second).map(|job| job.token.job_id).collect::<Vec<_>>(), ids);
    assert!(m.acquire("w", 0, 0).await.jobs.is_empty());
}

async fn two_waiting_workers_share_two_jobs(on: On) {
    let m = Manager::start(on).await;
    let (a, b, _) = tokio::join!(m.acquire("a", 1, 20_000), m.acquire("b", 1, 20_000), async {
        tokio::time::sleep(Duration::from_millis(100)).await;
        tokio::join!(m.submit(), m.submit())
    });
    assert_eq!((a.jobs.len(), b.jobs.len()), (1, 1));
    assert_ne!(a.jobs[0].token, b.jobs[0].token);
}

async fn an_answer_holds_bounded_bytes(on: On) {
    let m = Manager::start_with(on, |config| config.acquire_bytes = ampoule_protocol::ByteSize(10_000)).await;
    for bytes in [20_000, 4_000, 4_000, 4_000] {
        m.post("/v1/jobs", &json!({"script": {"source": "x".repeat(bytes)}})).await;
    }
    let counts = [m.acquire("w", 9, 0).await.jobs.len(), m.acquire("w", 9, 0).await.jobs.len(), m.acquire("w", 9, 0).await.jobs.len()];
    assert_eq!(counts, [1, 2, 1]);
}

async fn a_worker_that_hangs_up_gets_no_job(on: On) {
    let m = Manager::start(on).await;
    for _ in 0..20 {
        let body = json!({"worker": "gone", "slots": 9, "wait_ms": 20_000});
        let call = m.request(reqwest::Method::POST, "/v1/leases/acquire").json(&body).send();
        assert!(tokio::time::timeout(Duration::from_millis(5), call).await.is_err());
    }
    let id = m.submit().await;
    // A caller whose hanging up was not seen in time may have leased it; then it comes back at once.
    let leased = eventually(async || m.acquire("here", 1, 200).await.jobs.pop()).await;
    assert_eq!(leased.token.job_id, id);
}
