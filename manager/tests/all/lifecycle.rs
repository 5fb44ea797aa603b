//! Priorities, times, retries, concurrency keys, batches, bulk changes.

use std::time::Duration;

use ampoule_protocol::{BatchStored, FaultCode, JobList, JobState, JobView, LostCause, Outcome, ScriptError};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::{Manager, On, eventually, fault, job, on_both_stores, report, returned};

on_both_stores!(
    higher_priorities_start_first,
    a_job_waits_for_its_time,
    a_job_that_nobody_starts_fails,
    throws_are_tried_again_where_it_is_asked_for,
    a_job_whose_attempts_are_used_up_is_a_dead_letter_and_can_be_tried_again,
    every_lost_attempt_is_recorded_with_its_cause,
    of_jobs_with_a_key_one_runs_at_a_time,
    a_newer_job_cancels_those_before_it,
    a_newer_job_gives_way,
    a_batch_is_stored_whole_or_not_at_all,
    many_jobs_are_cancelled_and_tried_again_by_filter,
    old_jobs_are_forgotten,
    who_cancelled_is_on_record,
    a_script_may_hold_every_character,
);

fn with(fields: Value) -> Value {
    let mut body = job();
    body.as_object_mut().unwrap().extend(fields.as_object().unwrap().clone());
    body
}

async fn submit(m: &Manager, fields: Value) -> JobView {
    m.post("/v1/jobs", &with(fields)).await.read(202)
}

fn threw(name: &str) -> ampoule_protocol::RunReport {
    report(Outcome::Threw { error: ScriptError { name: name.into(), message: "m".into(), stack: String::new() } })
}

async fn higher_priorities_start_first(on: On) {
    let m = Manager::start(on).await;
    let mut ids = Vec::new();
    for priority in [0, -5, 9, 0, 100] {
        ids.push(submit(&m, json!({"priority": priority})).await.id);
    }
    let leased: Vec<_> = m.acquire("w", 9, 0).await.jobs.iter().map(|job| job.token.job_id).collect();
    assert_eq!(leased, [ids[4], ids[2], ids[0], ids[3], ids[1]]);
    assert_eq!(m.job(ids[2]).await.priority, 9);
    let refused = m.post("/v1/jobs", &with(json!({"priority": 101}))).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (422, Some("invalid_job")));
}

async fn a_job_waits_for_its_time(on: On) {
    let m = Manager::start(on).await;
    let at = Timestamp::now() + Duration::from_millis(700);
    let view = submit(&m, json!({"run_at": at})).await;
    assert_eq!(view.due_at.unwrap().as_millisecond(), at.as_millisecond());
    assert_eq!(m.job(view.id).await.due_at, view.due_at);
    assert!(m.acquire("w", 1, 0).await.jobs.is_empty());
    let queue = m.get("/v1/queue").await.json();
    assert_eq!((queue["queued"].as_u64(), queue["delayed"].as_u64()), (Some(0), Some(1)));
    assert_eq!(m.metric("scriptmanager_job_queue_size").await, 0.0);
    // One who waits for work is woken when the time comes.
    let leased = m.acquire_one("w").await;
    assert!(Timestamp::now() >= at);
    assert_eq!(leased.token.job_id, view.id);
    assert_eq!(m.job(view.id).await.due_at, None);
}

async fn a_job_that_nobody_starts_fails(on: On) {
    let m = Manager::start(on).await;
    let id = submit(&m, json!({"start_within_ms": 50})).await.id;
    let job: JobView = m.get(&format!("/v1/jobs/{id}?wait=10s")).await.read(200);
    assert!(matches!(job.outcome, Some(Outcome::Fault { code: FaultCode::StartTimeout, .. })), "{job:?}");
    assert_eq!((job.state, job.attempt, m.metric("scriptmanager_job_queue_size").await), (JobState::Failed, 0, 0.0));
}

async fn throws_are_tried_again_where_it_is_asked_for(on: On) {
    let m = Manager::start(on).await;
    let retry = json!({"max_attempts": 3, "on_throw": true, "backoff_ms": 20, "non_retryable": ["TypeError"]});
    let id = submit(&m, json!({"retry": retry})).await.id;
    for attempt in 1..=2 {
        let token = m.acquire_one("w").await.token;
        assert_eq!(token.attempt, attempt);
        m.complete(token, threw("NetworkError")).await;
        assert_eq!(m.job(id).await.state, JobState::Queued);
    }
    m.complete(m.acquire_one("w").await.token, returned("1")).await;
    let done = m.job(id).await;
    assert_eq!((done.state, done.attempt, done.dead), (JobState::Succeeded, 3, false));
    assert_eq!(done.lost_attempts.iter().map(|lost| lost.cause).collect::<Vec<_>>(), [LostCause::Threw, LostCause::Threw]);

    let id = submit(&m, json!({"retry": retry})).await.id;
    m.complete(m.acquire_one("w").await.token, threw("TypeError")).await;
    let done = m.job(id).await;
    assert_eq!((done.state, done.dead), (JobState::Failed, false));
}

async fn a_job_whose_attempts_are_used_up_is_a_dead_letter_and_can_be_tried_again(on: On) {
    let m = Manager::start(on).await;
    let id = submit(&m, json!({"retry": {"max_attempts": 1, "on_throw": true}, "tags": {"k": "v"}})).await.id;
    m.complete(m.acquire_one("w").await.token, threw("E")).await;
    let job = m.job(id).await;
    assert!(job.dead && job.state == JobState::Failed);
    let dead: JobList = m.get("/v1/jobs?dead=true").await.read(200);
    assert_eq!(dead.items.iter().map(|job| job.id).collect::<Vec<_>>(), [id]);

    let retry = m.request(reqwest::Method::POST, &format!("/v1/jobs/{id}/retry"));
    let again: JobView = m.send(retry.try_clone().unwrap()).await.read(202);
    assert_eq!((again.state, again.dead, again.outcome), (JobState::Queued, false, None));
    let not_now = m.send(retry).await;
    assert_eq!((not_now.status.as_u16(), not_now.json()["code"].as_str()), (409, Some("not_retryable")));
    let token = m.acquire_one("w").await.token;
    assert_eq!(token.attempt, 2);
    m.complete(token, returned("1")).await;
    let done = m.job(id).await;
    assert_eq!((done.state, done.lost_attempts.len()), (JobState::Succeeded, 1));
    let lost = &done.lost_attempts[0];
    assert_eq!((lost.cause, lost.attempt, lost.worker.as_str()), (LostCause::Retried, 1, "w"));
    assert!(matches!(lost.outcome, Some(Outcome::Threw { .. })));
}

async fn every_lost_attempt_is_recorded_with_its_cause(on: On) {
    let m = Manager::start_with(on, |config| {
        config.lease = Duration::from_millis(200);
        config.max_attempts = 9;
    })
    .await;
    let id = m.submit().await;
    m.complete(m.acquire_one("faulty").await.token, fault(FaultCode::EnginePanic)).await;
    m.lease("release", m.acquire_one("drains").await.token).await;
    m.acquire_one("dies").await;
    let job = eventually(async || Some(m.job(id).await).filter(|job| job.state == JobState::Queued)).await;
    let causes: Vec<_> = job.lost_attempts.iter().map(|lost| (lost.attempt, lost.cause, lost.worker.as_str())).collect();
    assert_eq!(causes, [(1, LostCause::Fault, "faulty"), (2, LostCause::Released, "drains"), (3, LostCause::WorkerLost, "dies")]);
    assert!(matches!(job.lost_attempts[0].outcome, Some(Outcome::Fault { code: FaultCode::EnginePanic, .. })));
    let seen = job.lost_attempts[2].last_seen_at.unwrap();
    assert_eq!(seen.as_millisecond(), job.lost_attempts[2].started_at.as_millisecond());
    assert!(job.lost_attempts[2].ended_at >= seen);
}

async fn of_jobs_with_a_key_one_runs_at_a_time(on: On) {
    let m = Manager::start(on).await;
    let mut ids = Vec::new();
    for _ in 0..3 {
        ids.push(submit(&m, json!({"concurrency_key": "tenant-1"})).await.id);
    }
    let other = submit(&m, json!({"concurrency_key": "tenant-2"})).await.id;
    let queue = m.get("/v1/queue").await.json();
    assert_eq!((queue["queued"].as_u64(), queue["blocked"].as_u64()), (Some(2), Some(2)));
    let first = m.acquire("w", 9, 0).await.jobs;
    assert_eq!(first.iter().map(|job| job.token.job_id).collect::<Vec<_>>(), [ids[0], other]);
    // Giving it back keeps its place.
    m.lease("release", first[0].token).await;
    let again = m.acquire("w", 9, 0).await.jobs;
    assert_eq!(again.iter().map(|job| job.token.job_id).collect::<Vec<_>>(), [ids[0]]);
    m.complete(again[0].token, returned("1")).await;
    m.cancel(ids[1]).await;
    let next = m.acquire("w", 9, 0).await.jobs;
    assert_eq!(next.iter().map(|job| job.token.job_id).collect::<Vec<_>>(), [ids[2]]);
    m.complete(next[0].token, returned("1")).await;
    let late = submit(&m, json!({"concurrency_key": "tenant-1"})).await.id;
    assert_eq!(m.acquire_one("w").await.token.job_id, late);
}

async fn a_newer_job_cancels_those_before_it(on: On) {
    let m = Manager::start(on).await;
    let fields = json!({"concurrency_key": "k", "concurrency_policy": "cancel_oldest"});
    let (first, second) = (submit(&m, fields.clone()).await.id, submit(&m, fields.clone()).await.id);
    let job = m.job(first).await;
    assert_eq!((job.state, job.cancelled_by.unwrap().by.as_str()), (JobState::Cancelled, "concurrency_key"));
    let token = m.acquire_one("w").await.token;
    assert_eq!(token.job_id, second);
    let third = submit(&m, fields).await.id;
    // The running one is told, and the new one waits until it has stopped.
    let told = m.acquire("w", 1, 0).await;
    assert_eq!((told.cancelled, told.jobs.len()), (vec![token], 0));
    m.complete(token, report(Outcome::Cancelled)).await;
    assert_eq!(m.acquire_one("w").await.token.job_id, third);
}

async fn a_newer_job_gives_way(on: On) {
    let m = Manager::start(on).await;
    let fields = json!({"concurrency_key": "k", "concurrency_policy": "cancel_newest"});
    let first = submit(&m, fields.clone()).await.id;
    let refused: JobView = m.post("/v1/jobs", &with(fields)).await.read(200);
    assert_eq!((refused.state, refused.outcome), (JobState::Cancelled, Some(Outcome::Cancelled)));
    assert!(refused.cancelled_by.unwrap().reason.unwrap().contains("`k`"));
    assert_eq!(m.acquire_one("w").await.token.job_id, first);
}

async fn a_batch_is_stored_whole_or_not_at_all(on: On) {
    let m = Manager::start(on).await;
    let jobs: Vec<_> = (0..1000).map(|k| with(json!({"input": k, "tags": {"batch": "b"}}))).collect();
    let stored: BatchStored = m.post("/v1/jobs/batch", &json!({"jobs": jobs})).await.read(202);
    assert_eq!(stored.jobs.len(), 1000);
    let leased = m.acquire("w", 3, 0).await.jobs;
    assert_eq!(
        leased.iter().map(|job| job.token.job_id).collect::<Vec<_>>(),
        stored.jobs[..3].iter().map(|job| job.id).collect::<Vec<_>>()
    );
    assert_eq!(leased[2].input.as_str(), "2");

    for (body, detail) in [
        (json!({"jobs": []}), "1 to 1000"),
        (json!({"jobs": vec![job(); 1001]}), "1 to 1000"),
        (json!({"jobs": [job(), with(json!({"context": []}))]}), "jobs[1]"),
        (json!({"jobs": [job(), with(json!({"priority": 1000}))]}), "jobs[1]"),
    ] {
        let refused = m.post("/v1/jobs/batch", &body).await;
        assert_eq!(refused.status.as_u16(), 422, "{}", refused.text);
        assert!(refused.json()["detail"].as_str().unwrap().contains(detail), "{}", refused.text);
    }
    assert_eq!(m.metric("scriptmanager_job_queue_size").await, 997.0);
}

async fn many_jobs_are_cancelled_and_tried_again_by_filter(on: On) {
    let m = Manager::start(on).await;
    let jobs: Vec<_> = (0..1000).map(|k| with(json!({"tags": {"half": (k % 2).to_string()}}))).collect();
    for _ in 0..2 {
        m.post("/v1/jobs/batch", &json!({"jobs": jobs})).await.read::<BatchStored>(202);
    }
    let running = m.acquire("w", 4, 0).await.jobs;
    let changed = m.post("/v1/jobs/cancel", &json!({"filter": {"tag": "half:1"}, "reason": "wrong"})).await;
    assert_eq!((changed.status.as_u16(), changed.json()), (200, json!({"changed": 1000})));
    assert_eq!(m.metric("scriptmanager_job_queue_size").await, 998.0);
    assert_eq!(m.acquire("w", 0, 0).await.cancelled.len(), 2);
    for job in running {
        m.complete(job.token, report(Outcome::Cancelled)).await;
    }
    let list: JobList = m.get("/v1/jobs?state=cancelled&limit=1").await.read(200);
    assert_eq!(list.items[0].cancelled_by.as_ref().unwrap().reason.as_deref(), Some("wrong"));
    let changed = m.post("/v1/jobs/retry", &json!({"filter": {"state": "cancelled"}})).await;
    assert_eq!(changed.json(), json!({"changed": 1002}));
    assert_eq!(m.metric("scriptmanager_job_queue_size").await, 2000.0);
    for (path, body) in [("cancel", json!({})), ("cancel", json!({"filter": {}})), ("retry", json!({"filter": {"colour": 1}}))] {
        assert_eq!(m.post(&format!("/v1/jobs/{path}"), &body).await.status.as_u16(), 422, "{path} {body}");
    }
}

async fn old_jobs_are_forgotten(on: On) {
    let m = Manager::start_with(on, |config| config.retention = Duration::ZERO).await;
    let (done, waiting) = (submit(&m, json!({"tags": {"a": "b"}})).await.id, m.submit().await);
    m.complete(m.acquire_one("w").await.token, returned("1")).await;
    // It looks when it starts, and then every half minute.
    let m = m.restart().await;
    eventually(async || (m.get(&format!("/v1/jobs/{done}")).await.status.as_u16() == 404).then_some(())).await;
    assert_eq!(m.job(waiting).await.state, JobState::Queued);
    assert!(m.get("/v1/jobs?tag=a:b").await.read::<JobList>(200).items.is_empty());
}

async fn who_cancelled_is_on_record(on: On) {
    let m = Manager::start(on).await;
    let id = m.submit().await;
    let cancelled = m.post(&format!("/v1/jobs/{id}/cancel"), &json!({"reason": "superseded"})).await.read::<JobView>(200);
    let by = cancelled.cancelled_by.unwrap();
    assert_eq!((by.by.as_str(), by.reason.as_deref()), ("anybody", Some("superseded")));
}

async fn a_script_may_hold_every_character(on: On) {
    let m = Manager::start(on).await;
    let source = "// \u{0} \u{feff} \u{10ffff} ✓";
    let modules = json!({"lib/\u{10ffff}.js": "\u{0}", "data.json": "{}"});
    let imports = json!({"data": "./data.json"});
    let script = json!({"source": source, "name": "m.js", "language": "javascript", "modules": modules, "imports": imports});
    let body = json!({"script": script, "input": "\u{0}", "libraries": [{"name": "l", "source": "\u{0}"}]});
    m.post("/v1/jobs", &body).await.read::<JobView>(202);
    let leased = m.acquire_one("w").await;
    assert_eq!(
        (leased.script.source.as_str(), leased.input.as_str(), leased.libraries[0].source.as_str()),
        (source, "\"\\u0000\"", "\u{0}")
    );
    assert_eq!(serde_json::to_value(&leased.script).unwrap(), script);
}
