//! Cancelling: a job that waits never runs, one that runs is stopped at once.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, ampoule, folder, job};

/// A cancel reaches the worker over its long poll, not with the next renewal.
const PROMPT: Duration = Duration::from_secs(1);

fn endless(source: &str) -> Value {
    let mut job = job(source, Value::Null);
    job["limits"] = json!({"fuel": 1_000_000_000_000_u64, "wall_ms": 60_000});
    job
}

async fn cancel(server: &Server, id: &str) -> (u16, Value) {
    let answer = server.send(server.request(Method::POST, &format!("/v1/jobs/{id}/cancel"))).await;
    (answer.status.as_u16(), serde_json::from_str(&answer.text).unwrap())
}

#[tokio::test]
async fn a_waiting_job_never_runs() {
    let folder = folder();
    // A manager without any worker.
    let manager = Server::manager(folder.path(), &[]);
    let id = manager.submit(&job("export default () => 1", Value::Null)).await;
    let (status, job) = cancel(&manager, &id).await;
    assert_eq!((status, &job["state"], &job["attempt"]), (200, &json!("cancelled"), &json!(0)), "{job}");
    assert_eq!(manager.metric("scriptmanager_job_queue_size").await, 0.0);
    // Again is no error; and a worker that comes later finds nothing.
    assert_eq!(cancel(&manager, &id).await, (200, job.clone()));
    let _worker = Server::worker(&manager, folder.path(), "worker", &[]);
    let other = manager.submit(&crate::support::job("export default () => 2", Value::Null)).await;
    assert_eq!(manager.finished(&other).await["outcome"]["value"], json!(2));
    assert_eq!(manager.job(&id).await, job);
}

#[tokio::test]
async fn a_running_job_stops_at_once() {
    let folder = folder();
    // One slot: the worker must hear of the cancel although it has no room for more.
    for slots in ["1", "4"] {
        let data = folder.path().join(slots);
        std::fs::create_dir(&data).unwrap();
        let server = Server::serve(&data, &["--slots", slots]);
        for source in [
            "export default () => { console.log('begun'); for (;;) {} }",
            "export default async () => { console.log('begun'); await new Promise((done) => setTimeout(done, 50_000)); }",
            "export default () => { console.log('begun'); const a = []; a.length = 2 ** 32 - 1; return a.indexOf(5); }",
        ] {
            let id = server.submit(&endless(source)).await;
            server.running(&id).await;
            tokio::time::sleep(Duration::from_millis(50)).await;
            let began = Instant::now();
            let (status, job) = cancel(&server, &id).await;
            assert!(status == 202 || status == 200 && job["state"] == "cancelled", "{status} {job}");
            let job = server.finished(&id).await;
            let took = began.elapsed();
            assert_eq!((&job["state"], &job["outcome"]), (&json!("cancelled"), &json!({"kind": "cancelled"})), "{job}");
            println!("cancelled with {slots} slots: {took:?}");
            assert!(took < PROMPT, "{took:?}: {source}");
            assert_eq!(server.messages(&id).await, ["begun"]);
        }
        // The slot is free again.
        let next = server.post("/v1/jobs?wait=10s", &job("export default () => 3", Value::Null)).await;
        assert_eq!(next.json(200)["outcome"]["value"], json!(3));
    }
}

#[tokio::test]
async fn a_finished_job_stays_as_it_is() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let id = server.submit(&job("export default () => 1", Value::Null)).await;
    let finished = server.finished(&id).await;
    let (status, problem) = cancel(&server, &id).await;
    assert_eq!((status, &problem["code"]), (409, &json!("job_finished")));
    ampoule(&["cancel", &id, "--manager", &server.url]).says(2, &["job_finished", "succeeded"]);
    assert_eq!(server.job(&id).await, finished);
}

#[tokio::test]
async fn the_command_cancels() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let id = server.submit(&endless("export default () => { for (;;) {} }")).await;
    server.running(&id).await;
    let said = ampoule(&["cancel", &id, "--manager", &server.url]);
    assert!(said.code == Some(0) && said.stdout.starts_with(&id), "{said:?}");
    assert_eq!(server.finished(&id).await["state"], "cancelled");
}
