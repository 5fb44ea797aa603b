//! Cancels reach jobs wherever they are.

use std::time::Duration;

use ampoule_protocol::{AcquireResponse, FaultCode, JobState, JobView, LeaseState, LogPage, Outcome};
use serde_json::json;

use crate::support::{Manager, On, eventually, fault, on_both_stores, report, returned};

on_both_stores!(
    a_waiting_job_is_cancelled_at_once,
    a_running_jobs_worker_is_told_in_its_waiting_call,
    a_job_that_ended_first_keeps_its_outcome,
    a_cancelled_job_is_not_run_again
);

async fn a_waiting_job_is_cancelled_at_once(on: On) {
    let m = Manager::start(on).await;
    let id = m.submit().await;
    let path = format!("/v1/jobs/{id}?wait=20s");
    let (waited, cancelled) = tokio::join!(m.get(&path), async {
        tokio::time::sleep(Duration::from_millis(50)).await;
        m.cancel(id).await
    });
    let job: JobView = cancelled.read(200);
    assert_eq!((job.state, &job.outcome, job.usage.is_none()), (JobState::Cancelled, &Some(Outcome::Cancelled), true));
    assert_eq!(waited.read::<JobView>(200), job);
    assert_eq!(m.cancel(id).await.read::<JobView>(200), job);
    assert!(m.acquire("w", 1, 0).await.jobs.is_empty());
    let logs: LogPage = m.get(&format!("/v1/jobs/{id}/logs")).await.read(200);
    assert_eq!(logs, LogPage { attempt: 0, items: vec![], next_offset: None });
}

async fn a_running_jobs_worker_is_told_in_its_waiting_call(on: On) {
    let m = Manager::start(on).await;
    let id = m.submit().await;
    let token = m.acquire_one("w").await.token;
    let ((told, other), cancelled) = tokio::join!(
        // No slots are free: the call only listens.
        async { tokio::join!(m.acquire("w", 0, 20_000), m.acquire("other", 1, 300)) },
        async {
            tokio::time::sleep(Duration::from_millis(50)).await;
            m.cancel(id).await
        }
    );
    assert_eq!(cancelled.read::<JobView>(202).state, JobState::Running);
    assert_eq!((told.cancelled, told.jobs.len()), (vec![token], 0));
    assert_eq!(other, AcquireResponse::default());

    // Said again until the worker says that it knows.
    assert_eq!(m.acquire("w", 1, 0).await.cancelled, [token]);
    let knows = m.post("/v1/leases/acquire", &json!({"worker": "w", "slots": 1, "wait_ms": 0, "cancelling": [token]})).await;
    assert_eq!(knows.read::<AcquireResponse>(200), AcquireResponse::default());
    assert_eq!(m.lease("renew", token).await, LeaseState::Cancelled);

    assert_eq!(m.cancel(id).await.status.as_u16(), 202);
    assert_eq!(m.complete(token, report(Outcome::Cancelled)).await, LeaseState::Accepted);
    assert_eq!(m.cancel(id).await.read::<JobView>(200).state, JobState::Cancelled);
}

async fn a_job_that_ended_first_keeps_its_outcome(on: On) {
    let m = Manager::start(on).await;
    let id = m.submit().await;
    let token = m.acquire_one("w").await.token;
    m.cancel(id).await;
    m.complete(token, returned("1")).await;
    assert_eq!(m.job(id).await.state, JobState::Succeeded);
    let late = m.cancel(id).await;
    assert_eq!((late.status.as_u16(), late.json()["code"].as_str()), (409, Some("job_finished")));
}

async fn a_cancelled_job_is_not_run_again(on: On) {
    let m = Manager::start_with(on, |config| config.lease = Duration::from_millis(300)).await;
    for end in ["release", "fault", "lost"] {
        let id = m.submit().await;
        let token = m.acquire_one("w").await.token;
        m.cancel(id).await;
        match end {
            "release" => assert_eq!(m.lease("release", token).await, LeaseState::Accepted),
            "fault" => assert_eq!(m.complete(token, fault(FaultCode::Host)).await, LeaseState::Accepted),
            _ => {}
        }
        let job = eventually(async || Some(m.job(id).await).filter(|job| job.state.is_final())).await;
        assert_eq!((job.state, job.outcome), (JobState::Cancelled, Some(Outcome::Cancelled)), "{end}");
    }
}
