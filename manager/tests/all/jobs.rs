//! Submit, read, wait, list, logs.

use ampoule_protocol::{JobList, JobState, JobView, Limits, LogLevel, LogPage, Outcome, ScriptError};
use reqwest::Method;
use serde_json::json;

use crate::support::{Manager, On, job, line, on_both_stores, report, returned};

on_both_stores!(
    a_job_goes_all_the_way,
    the_state_follows_the_outcome,
    waiting_ends_with_the_job_or_the_time,
    an_idempotency_key_brings_one_job,
    lists_newest_first_by_pages_and_filters,
    a_page_of_large_outcomes_is_short,
    logs_are_read_by_offset
);

async fn a_job_goes_all_the_way(on: On) {
    let m = Manager::start(on).await;
    let body = json!({
        "script": {"source": "export function go() {}", "name": "go.mjs"}, "entry": "go", "input": {"a": 1}, "context": {"who": "me"},
        "libraries": [{"name": "lib", "source": "1"}], "limits": {"fuel": 5, "memory_bytes": u64::MAX}, "seed": u64::MAX, "tags": {"team": "red"}
    });
    let answer = m.post("/v1/jobs", &body).await;
    let stored: JobView = answer.read(202);
    assert_eq!(answer.headers["location"], format!("/v1/jobs/{}", stored.id));
    assert_eq!((stored.state, stored.attempt, stored.started_at), (JobState::Queued, 0, None));
    assert_eq!((stored.limits.fuel, stored.limits.memory_bytes), (5, Limits::CEILING.memory_bytes));
    assert_eq!(m.job(stored.id).await, stored);

    let leased = m.acquire_one("w").await;
    assert_eq!((leased.token.job_id, leased.token.attempt, leased.lease_ms), (stored.id, 1, 15_000));
    assert_eq!((leased.script.name.as_str(), leased.entry.as_deref(), leased.seed), ("go.mjs", Some("go"), Some(u64::MAX)));
    assert_eq!((leased.input.as_str(), leased.context.as_str()), (r#"{"a":1}"#, r#"{"who":"me"}"#));
    assert_eq!((leased.libraries.len(), &leased.limits), (1, &stored.limits));
    let running = m.job(stored.id).await;
    assert_eq!((running.state, running.attempt, running.outcome), (JobState::Running, 1, None));

    let mut report = returned(r#"{"b":1e21,"a":"\ud800"}"#);
    report.logs = vec![line(LogLevel::Log, "hello"), line(LogLevel::Error, "line\nbreak")];
    m.complete(leased.token, report.clone()).await;
    let done = m.job(stored.id).await;
    assert_eq!((done.state, done.attempt, done.outcome.unwrap()), (JobState::Succeeded, 1, report.outcome));
    assert_eq!((done.usage.unwrap(), done.engine.as_deref()), (report.usage, Some("test/1")));
    assert!(done.created_at <= done.started_at.unwrap() && done.started_at <= done.finished_at);
    // A script's JSON comes back as it was written, not as it would be printed anew.
    assert!(m.get(&format!("/v1/jobs/{}", stored.id)).await.text.contains(r#"{"b":1e21,"a":"\ud800"}"#));
    let logs: LogPage = m.get(&format!("/v1/jobs/{}/logs", stored.id)).await.read(200);
    assert_eq!(logs.items.iter().map(|line| (line.offset, line.message.as_str())).collect::<Vec<_>>(), [(0, "hello"), (1, "line\nbreak")]);
    assert_eq!(logs.next_offset, None);
}

async fn the_state_follows_the_outcome(on: On) {
    let m = Manager::start(on).await;
    let threw = Outcome::Threw { error: ScriptError { name: "E".into(), message: "m".into(), stack: String::new() } };
    let limit = Outcome::LimitExceeded { limit: ampoule_protocol::LimitKind::Fuel, ceiling: 1, used: 2, stack: None };
    for (outcome, state) in [(threw, JobState::Failed), (limit, JobState::Failed), (Outcome::Cancelled, JobState::Cancelled)] {
        let id = m.submit().await;
        m.complete(m.acquire_one("w").await.token, report(outcome.clone())).await;
        let job = m.job(id).await;
        assert_eq!((job.state, job.outcome), (state, Some(outcome)));
    }
}

async fn waiting_ends_with_the_job_or_the_time(on: On) {
    let m = Manager::start(on).await;
    let answer = m.post("/v1/jobs?wait=50ms", &job()).await;
    let id = answer.read::<JobView>(202).id;
    let worker = async {
        m.complete(m.acquire_one("w").await.token, returned("1")).await;
        m.complete(m.acquire_one("w").await.token, returned("2")).await;
    };
    let (read, submitted, ()) = tokio::join!(
        m.get("/v1/jobs?limit=1"),
        async {
            let read: JobView = m.get(&format!("/v1/jobs/{id}?wait=20s")).await.read(200);
            (read, m.post("/v1/jobs?wait=20s", &job()).await.read::<JobView>(200))
        },
        worker
    );
    read.read::<JobList>(200);
    assert_eq!((submitted.0.state, submitted.1.state), (JobState::Succeeded, JobState::Succeeded));
    let at_once: JobView = m.get(&format!("/v1/jobs/{id}?wait=20s")).await.read(200);
    assert_eq!(at_once.state, JobState::Succeeded);
}

async fn an_idempotency_key_brings_one_job(on: On) {
    let m = Manager::start(on).await;
    let send = |key: &'static str, body: &'static str| {
        m.send(m.request(Method::POST, "/v1/jobs").header("idempotency-key", key).header("content-type", "application/json").body(body))
    };
    let (one, other) = (r#"{"script":{"source":"1"}}"#, r#"{"script":{"source":"2"}}"#);
    let first: JobView = send("k", one).await.read(202);
    assert_eq!(send("k", one).await.read::<JobView>(202).id, first.id);
    let conflict = send("k", other).await;
    assert_eq!((conflict.status.as_u16(), conflict.json()["code"].as_str()), (409, Some("idempotency_conflict")));
    assert_ne!(send("l", other).await.read::<JobView>(202).id, first.id);
    assert_eq!(m.metric("scriptmanager_jobs_submitted_total").await, 2.0);

    m.complete(m.acquire_one("w").await.token, returned("1")).await;
    let again: JobView = send("k", one).await.read(200);
    assert_eq!((again.id, again.state), (first.id, JobState::Succeeded));

    // Twenty at once are still one.
    let twenty = futures_util::future::join_all((0..20).map(|_| send("many", one))).await;
    let mut ids: Vec<_> = twenty.iter().map(|answer| answer.read::<JobView>(202).id).collect();
    ids.dedup();
    assert_eq!(ids.len(), 1);
}

async fn lists_newest_first_by_pages_and_filters(on: On) {
    let m = Manager::start(on).await;
    let mut ids = Vec::new();
    for k in 0..25 {
        let body = json!({"script": {"source": "1", "name": format!("s{}", k % 2)}, "tags": {"k": (k % 5).to_string(), "all": "a:b"}});
        ids.push(m.post("/v1/jobs", &body).await.read::<JobView>(202).id);
    }
    ids.reverse();
    m.complete(m.acquire_one("w").await.token, returned("1")).await;
    m.acquire_one("w").await;

    for limit in [1, 7, 24, 25, 200] {
        let (mut seen, mut path) = (Vec::new(), format!("/v1/jobs?limit={limit}"));
        loop {
            let page: JobList = m.get(&path).await.read(200);
            assert!(page.items.len() <= limit);
            seen.extend(page.items.iter().map(|job| job.id));
            let Some(cursor) = page.next_cursor else { break };
            path = format!("/v1/jobs?limit={limit}&cursor={cursor}");
        }
        assert_eq!(seen, ids, "limit {limit}");
    }

    for (query, count) in [
        ("state=queued", 23),
        ("state=running", 1),
        ("state=succeeded", 1),
        ("state=failed", 0),
        ("script=s0", 13),
        ("script=s1&state=queued", 11),
        ("tag=k:3", 5),
        ("tag=all:a:b", 25),
        ("tag=k:3&script=s1", 3),
        ("tag=k:0&state=succeeded", 1),
        ("tag=k:9", 0),
    ] {
        let page: JobList = m.get(&format!("/v1/jobs?{query}")).await.read(200);
        assert_eq!((page.items.len(), page.next_cursor), (count, None), "{query}");
    }
}

async fn a_page_of_large_outcomes_is_short(on: On) {
    let m = Manager::start(on).await;
    for _ in 0..8 {
        m.post("/v1/jobs", &json!({"script": {"source": "1"}})).await;
        let token = m.acquire_one("w").await.token;
        m.complete(token, returned(&format!("\"{}\"", "x".repeat(1_000_000)))).await;
    }
    let first: JobList = m.get("/v1/jobs").await.read(200);
    let next: JobList = m.get(&format!("/v1/jobs?cursor={}", first.next_cursor.unwrap())).await.read(200);
    assert_eq!((first.items.len(), next.items.len(), next.next_cursor), (5, 3, None));
}

async fn logs_are_read_by_offset(on: On) {
    let m = Manager::start(on).await;
    let id = m.submit().await;
    let page = |query: &str| {
        let path = format!("/v1/jobs/{id}/logs{query}");
        let m = &m;
        async move { m.get(&path).await.read::<LogPage>(200) }
    };
    assert_eq!(page("?from=3").await, LogPage { attempt: 0, items: vec![], next_offset: Some(3) });
    let mut report = returned("1");
    report.logs = (0..700).map(|k| line(LogLevel::Info, format!("line {k}"))).collect();
    m.complete(m.acquire_one("w").await.token, report).await;

    for (query, first, count, next) in [
        ("", Some(0), 700, None),
        ("?from=300&limit=10", Some(300), 10, Some(310)),
        ("?from=250&limit=10", Some(250), 10, Some(260)),
        ("?from=690&limit=10", Some(690), 10, None),
        ("?from=700", None, 0, None),
        ("?from=18446744073709551615", None, 0, None),
    ] {
        let page = page(query).await;
        let found = (page.items.first().map(|line| line.offset), page.items.len(), page.next_offset);
        assert_eq!(found, (first, count, next), "{query}");
    }
}
