//! Manager and workers as processes of their own: a worker that dies, one that stops for a while, one that is refused.

use std::time::Duration;

use serde_json::json;

use crate::support::{Server, ampoule, eventually, folder, job};

/// Takes its time without a processor, and says which attempt it was.
const SOURCE: &str = "
    export default async (input, libraries, ctx) => {
        await new Promise((done) => setTimeout(done, input.ms));
        return [ctx.attempt, input.ms];
    };";

const LEASE: [&str; 2] = ["--lease", "500ms"];

#[tokio::test]
async fn a_killed_workers_job_runs_again() {
    let folder = folder();
    let manager = Server::manager(folder.path(), &LEASE);
    let worker = Server::worker(&manager, folder.path(), "first", &[]);
    let id = manager.submit(&job(SOURCE, json!({"ms": 1500}))).await;
    assert_eq!(manager.running(&id).await["attempt"], 1);
    worker.kill();

    let _worker = Server::worker(&manager, folder.path(), "second", &[]);
    let finished = manager.finished(&id).await;
    assert_eq!((&finished["attempt"], &finished["outcome"]["value"]), (&json!(2), &json!([2, 1500])), "{finished}");
    assert!(manager.metric("scriptmanager_leases_expired_total").await >= 1.0);

    // A report of the first attempt, as the first worker would have sent it, comes too late.
    let report = json!({"outcome": {"kind": "returned", "value": [1, 1500]}, "usage": finished["usage"], "logs": [], "engine": "late"});
    let token = json!({"job_id": id, "attempt": 1});
    let answer = manager.post("/v1/leases/complete", &json!({"reports": [{"token": token, "report": report}]})).await;
    assert_eq!(answer.json(200)["results"], json!([{"token": token, "state": "stale"}]));
    assert_eq!(manager.job(&id).await, finished);
    assert_eq!(manager.metric("scriptmanager_stale_completions_total").await, 1.0);
    assert_eq!(manager.metric("scriptmanager_job_queue_size").await, 0.0);
}

/// As a paused virtual machine does: it believes to hold its lease when it goes on.
#[tokio::test]
async fn a_paused_workers_report_is_not_taken() {
    let folder = folder();
    let manager = Server::manager(folder.path(), &LEASE);
    // Its one slot is taken, so it does not wait for this job's next attempt as well.
    let paused = Server::worker(&manager, folder.path(), "paused", &["--slots", "1"]);
    let id = manager.submit(&job(SOURCE, json!({"ms": 300}))).await;
    manager.running(&id).await;
    paused.signal("STOP");

    let _worker = Server::worker(&manager, folder.path(), "other", &[]);
    let finished = manager.finished(&id).await;
    assert_eq!(finished["outcome"]["value"], json!([2, 300]), "{finished}");
    paused.signal("CONT");
    // It learns so from a renewal or from its completion, whichever comes first.
    eventually(async || {
        let log = paused.log();
        (log.contains("lease lost, report dropped") || log.contains("had given this lease up")).then_some(())
    })
    .await;
    assert_eq!(manager.job(&id).await, finished);
}

/// A run of many lease periods keeps its lease, from its first period on.
#[tokio::test]
async fn a_long_run_keeps_its_lease() {
    let folder = folder();
    let manager = Server::manager(folder.path(), &LEASE);
    let id = manager.submit(&job(SOURCE, json!({"ms": 3000}))).await;
    // The manager looks for lost leases every second. So one of its looks comes soon after the first period's end.
    tokio::time::sleep(Duration::from_millis(350)).await;
    let _worker = Server::worker(&manager, folder.path(), "worker", &[]);
    assert_eq!(manager.finished(&id).await["outcome"]["value"], json!([1, 3000]));
    assert_eq!(manager.metric("scriptmanager_leases_expired_total").await, 0.0);
}

/// Jobs that came before any worker wait for one.
#[tokio::test]
async fn a_job_waits_for_a_worker() {
    let folder = folder();
    let manager = Server::manager(folder.path(), &[]);
    let id = manager.submit(&job(SOURCE, json!({"ms": 0}))).await;
    assert_eq!(manager.metric("scriptmanager_job_queue_size").await, 1.0);
    let mut worker = Server::worker(&manager, folder.path(), "worker", &[]);
    assert_eq!(manager.finished(&id).await["outcome"]["value"], json!([1, 0]));
    worker.signal("TERM");
    assert_eq!(worker.ended(Duration::from_secs(5)), Some(0), "{}", worker.log());
}

#[test]
fn a_store_of_another_kind_is_refused() {
    ampoule(&["manager", "--listen", "127.0.0.1:0", "--store", "mysql://db"]).says(2, &["sqlite:PATH", "postgres://"]);
    ampoule(&["manager", "--listen", "127.0.0.1:0", "--store", "sqlite:"]).says(2, &["sqlite:PATH"]);
    // One of a known kind that does not answer: no word of the password.
    let away = ampoule(&["manager", "--listen", "127.0.0.1:0", "--store", "postgres://me:s3cr3t@127.0.0.1:1/db"]);
    away.says(4, &["postgres://127.0.0.1:1/db"]);
    assert!(!away.stderr.contains("s3cr3t"), "{away:?}");
}
