//! Jobs that runs submit, and how far runs have come, over HTTP.

use ampoule_manager::Config;
use ampoule_protocol::{
    ChildView, JobId, JobState, JobView, LeaseState, LeaseStates, LeaseToken, MAX_CHILD_DEPTH, MAX_FAMILY_JOBS, Progress,
};
use serde_json::{Value, json};

use crate::support::{Answer, Manager, On, on_both_stores, returned};

on_both_stores!(
    a_run_submits_awaits_and_cancels_its_own,
    another_attempt_finds_what_the_first_submitted,
    a_lease_that_is_over_submits_and_cancels_nothing,
    children_have_no_more_than_their_parent,
    depth_and_count_are_bounded,
    progress_shows_in_the_job_and_its_stream,
);

fn granting(config: &mut Config) {
    config.grants = serde_json::from_value(json!({"kv": ["*:rw"], "jobs": ["*"], "secrets": ["A"]})).unwrap();
}

fn spec(grants: &Value) -> Value {
    json!({"script": {"source": "1"}, "grants": grants})
}

async fn running(m: &Manager, grants: Value) -> LeaseToken {
    m.post("/v1/jobs", &spec(&grants)).await.read::<JobView>(202);
    m.acquire_one("w").await.token
}

async fn ask(m: &Manager, token: LeaseToken, ask: Value) -> Answer {
    m.post("/v1/leases/jobs", &json!({"token": token, "ask": ask})).await
}

async fn submit(m: &Manager, token: LeaseToken, place: u64, job: Value) -> Answer {
    ask(m, token, json!({"submit": {"place": place, "job": job}})).await
}

fn refused(answer: &Answer) -> (u16, String) {
    (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
}

async fn a_run_submits_awaits_and_cancels_its_own(on: On) {
    let m = Manager::start_with(on, granting).await;
    let token = running(&m, json!({"jobs": ["*"]})).await;
    let first = submit(&m, token, 0, json!({"script": {"source": "2"}})).await.read::<ChildView>(200);
    let second = submit(&m, token, 1, json!({"script": {"source": "3"}})).await.read::<ChildView>(200);
    let view = m.job(first.id).await;
    assert_eq!((view.parent, view.state), (Some(token.job_id), JobState::Queued));
    let wait = |id: JobId, wait_ms: u64| ask(&m, token, json!({"await": {"id": id, "wait_ms": wait_ms}}));
    assert_eq!(wait(first.id, 0).await.read::<ChildView>(200).state, JobState::Queued);
    let child = m.acquire_one("v").await.token;
    assert_eq!(child.job_id, first.id);
    let (ended, ()) = tokio::join!(wait(first.id, 10_000), async {
        assert_eq!(m.complete(child, returned("1e21")).await, LeaseState::Accepted);
    });
    let ended = ended.read::<ChildView>(200);
    assert_eq!((ended.state, ended.outcome), (JobState::Succeeded, None));
    let result = ask(&m, token, json!({"result": {"id": first.id}})).await;
    assert!(result.text.contains(r#""outcome":{"kind":"returned","value":1e21}"#), "{}", result.text);
    assert_eq!(ask(&m, token, json!({"cancel": {"id": second.id}})).await.read::<ChildView>(200).state, JobState::Cancelled);
    let by = m.job(second.id).await.cancelled_by.unwrap();
    assert!(by.by == "job" && by.reason.unwrap().contains(&token.job_id.to_string()));
    // A job that it did not submit is as good as not there.
    let other = m.submit().await;
    for verb in ["await", "result", "cancel"] {
        let mut asked = json!({"id": other});
        if verb == "await" {
            asked["wait_ms"] = json!(0);
        }
        assert_eq!(refused(&ask(&m, token, json!({ verb: asked })).await), (404, "job_not_found".into()), "{verb}");
    }
}

async fn another_attempt_finds_what_the_first_submitted(on: On) {
    let m = Manager::start_with(on, granting).await;
    let token = running(&m, json!({"jobs": ["*"]})).await;
    let job = |n: u32| json!({"script": {"source": n.to_string()}});
    let first = submit(&m, token, 0, job(1)).await.read::<ChildView>(200).id;
    // An answer that got lost.
    assert_eq!(submit(&m, token, 0, job(1)).await.read::<ChildView>(200).id, first);
    let second = submit(&m, token, 1, job(1)).await.read::<ChildView>(200).id;
    assert_ne!(first, second);
    m.lease("release", token).await;
    let again = loop {
        let leased = m.acquire_one("w").await.token;
        if leased.job_id == token.job_id {
            break leased;
        }
    };
    assert_eq!(again.attempt, 2);
    assert_eq!(submit(&m, again, 0, job(1)).await.read::<ChildView>(200).id, first);
    // It went another way this time.
    assert_ne!(submit(&m, again, 1, job(2)).await.read::<ChildView>(200).id, second);
}

async fn a_lease_that_is_over_submits_and_cancels_nothing(on: On) {
    let m = Manager::start_with(on, granting).await;
    let token = running(&m, json!({"jobs": ["*"]})).await;
    let child = submit(&m, token, 0, json!({"script": {"source": "1"}})).await.read::<ChildView>(200).id;
    m.lease("release", token).await;
    let lost = (409, "lease_lost".to_owned());
    assert_eq!(refused(&submit(&m, token, 1, json!({"script": {"source": "1"}})).await), lost);
    assert_eq!(refused(&ask(&m, token, json!({"cancel": {"id": child}})).await), lost);
    assert_eq!(refused(&ask(&m, token, json!({"result": {"id": child}})).await), lost);
    assert_eq!(m.job(child).await.state, JobState::Queued);
    assert_eq!(m.get("/v1/jobs").await.json()["items"].as_array().unwrap().len(), 2);
}

async fn children_have_no_more_than_their_parent(on: On) {
    let m = Manager::start_with(on, granting).await;
    m.put("/v1/scripts/tax", &json!({"source": "1", "manifest": {"grants": {"kv": ["carts:rw"]}}})).await;
    m.put("/v1/scripts/other", &json!({"source": "1"})).await;
    let token = running(&m, json!({"jobs": ["tax"], "kv": ["carts:ro"]})).await;
    let named = |name: &str, grants: Value| json!({"script": {"name": name}, "grants": grants});
    let said = |answer: Answer| {
        assert_eq!(refused(&answer), (403, "grant_refused".to_owned()));
        answer.json()["detail"].as_str().unwrap().to_owned()
    };
    // The manifest asks for more than the parent has.
    assert!(
        said(submit(&m, token, 0, json!({"script": {"name": "tax"}})).await)
            .contains("`carts:rw` is not allowed by the job that submits it")
    );
    assert!(said(submit(&m, token, 0, named("tax", json!({"jobs": ["other"]}))).await).contains("the script's manifest"));
    assert!(said(submit(&m, token, 0, named("other", json!({}))).await).contains("grants.jobs: `other`"));
    assert!(said(submit(&m, token, 0, spec(&json!({}))).await).contains("grants.jobs: `*`"));
    let stored = submit(&m, token, 0, named("tax", json!({"kv": ["carts:ro"]}))).await.read::<ChildView>(200);
    assert_eq!(serde_json::to_value(m.job(stored.id).await.grants).unwrap(), json!({"kv": ["carts:ro"]}));
    for (job, status) in
        [(json!({"script": {"source": "1"}, "inptu": 1}), 422), (json!([]), 422), (json!({"script": {"name": "none"}}), 403)]
    {
        assert_eq!(submit(&m, token, 1, job).await.status.as_u16(), status);
    }
}

async fn depth_and_count_are_bounded(on: On) {
    let m = Manager::start_with(on, granting).await;
    let root = running(&m, json!({"jobs": ["*"]})).await;
    let mut token = root;
    for _ in 0..MAX_CHILD_DEPTH {
        submit(&m, token, 0, spec(&json!({"jobs": ["*"]}))).await.read::<ChildView>(200);
        token = m.acquire_one("w").await.token;
    }
    let full = (409, "family_full".to_owned());
    assert_eq!(refused(&submit(&m, token, 0, spec(&json!({}))).await), full);
    // All of a client's job, whoever of them submits.
    let some: Vec<_> = (1..MAX_FAMILY_JOBS + 20).map(|place| submit(&m, root, place, spec(&json!({})))).collect();
    let answers = futures_util::future::join_all(some).await;
    let stored = answers.iter().filter(|answer| answer.status.is_success()).count() as u64;
    assert_eq!(stored, MAX_FAMILY_JOBS - u64::from(MAX_CHILD_DEPTH));
    assert!(answers.iter().filter(|answer| !answer.status.is_success()).all(|answer| refused(answer) == full));
    // What is stored is found, however many there are.
    let known = answers.iter().position(|answer| answer.status.is_success()).unwrap() as u64 + 1;
    assert!(submit(&m, root, known, spec(&json!({}))).await.status.is_success());
}

async fn progress_shows_in_the_job_and_its_stream(on: On) {
    let m = Manager::start_with(on, granting).await;
    let token = running(&m, json!({})).await;
    let tell = async |fraction: f64, text: &str| {
        let append = json!({"token": token, "lines": [], "progress": {"fraction": fraction, "text": text}});
        m.post("/v1/leases/logs", &json!({"appends": [append]})).await.read::<LeaseStates>(200).results[0].state
    };
    assert_eq!(tell(0.25, "a\u{0}quarter").await, LeaseState::Held);
    assert_eq!(m.job(token.job_id).await.progress, Some(Progress { fraction: 0.25, text: "a quarter".into() }));
    assert_eq!(tell(7.0, "").await, LeaseState::Held);
    let stream = m.request(reqwest::Method::GET, &format!("/v1/jobs/{}/logs", token.job_id)).header("accept", "text/event-stream");
    let stream = m.send(stream);
    let (stream, ()) = tokio::join!(stream, async {
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
        assert_eq!(m.complete(token, returned("1")).await, LeaseState::Accepted);
    });
    assert!(stream.text.contains("event: progress\ndata: {\"fraction\":1.0}"), "{}", stream.text);
    assert_eq!(tell(0.5, "late").await, LeaseState::Stale);
    assert_eq!(m.job(token.job_id).await.progress, Some(Progress { fraction: 1.0, text: String::new() }));
}
