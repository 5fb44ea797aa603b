//! SIGTERM: what runs is finished and stored, or goes back to the queue; the process ends by itself with exit code 0.

use std::time::{Duration, Instant};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, ampoule, folder, job};

/// Waits, computes for a while, and says which attempt it was.
const SOURCE: &str = "
    export default async (input, libraries, ctx) => {
        await new Promise((done) => setTimeout(done, input.ms));
        for (let i = 0; i < input.iterations; i++);
        return ctx.attempt;
    };";

fn taking(ms: u64, iterations: u64) -> Value {
    let mut job = job(SOURCE, json!({"ms": ms, "iterations": iterations}));
    job["limits"] = json!({"fuel": 1_000_000_000_000_u64, "wall_ms": 60_000});
    job
}

/// Far longer than any of these drains takes, and shorter than the worker's default of 20 s.
const SOON: Duration = Duration::from_secs(15);

#[tokio::test]
async fn a_running_job_is_finished_and_stored() {
    let folder = folder();
    let mut server = Server::serve(folder.path(), &[]);
    let id = server.submit(&taking(1000, 1000)).await;
    server.running(&id).await;
    // Whoever waits for the job is still answered.
    let waiting = server.request(Method::GET, &format!("/v1/jobs/{id}?wait=20s"));
    let waiting = tokio::spawn(async move { waiting.send().await.unwrap().json::<Value>().await.unwrap() });
    tokio::time::sleep(Duration::from_millis(100)).await;
    server.signal("TERM");
    let seen = waiting.await.unwrap();
    assert_eq!((&seen["state"], &seen["outcome"]["value"]), (&json!("succeeded"), &json!(1)), "{seen}");
    assert_eq!(server.ended(SOON), Some(0), "{}", server.log());

    let server = Server::serve(folder.path(), &[]);
    assert_eq!(server.job(&id).await, seen);
}

/// One that waits and one that computes: both go back at the drain's end, and the next process need not wait for a lease
/// to run out.
#[tokio::test]
async fn a_long_job_goes_back_to_the_queue() {
    let folder = folder();
    let mut server = Server::serve(folder.path(), &["--drain", "200ms", "--lease", "10m"]);
    let ids = [server.submit(&taking(4000, 0)).await, server.submit(&taking(0, 30_000_000)).await];
    for id in &ids {
        server.running(id).await;
    }
    server.signal("TERM");
    let began = Instant::now();
    assert_eq!(server.ended(SOON), Some(0), "{}", server.log());
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());

    let server = Server::serve(folder.path(), &["--lease", "10m"]);
    for id in &ids {
        let finished = server.finished(id).await;
        assert_eq!((&finished["state"], &finished["outcome"]["value"]), (&json!("succeeded"), &json!(2)), "{finished}");
    }
}

#[tokio::test]
async fn with_nothing_to_do_it_ends_at_once() {
    let folder = folder();
    let mut server = Server::serve(folder.path(), &[]);
    let id = server.submit(&taking(0, 0)).await;
    server.finished(&id).await;
    // The worker's long poll and the client's idle connections are open.
    tokio::time::sleep(Duration::from_millis(200)).await;
    for signal in ["TERM", "INT"] {
        let began = Instant::now();
        server.signal(signal);
        assert_eq!(server.ended(SOON), Some(0), "{}", server.log());
        assert!(began.elapsed() < Duration::from_secs(2), "{signal}: {:?}", began.elapsed());
        server = Server::serve(folder.path(), &[]);
    }
}

/// A supervisor may change its mind as soon as the process says that it listens.
#[test]
fn a_signal_just_after_the_start_is_a_drain_too() {
    let folder = folder();
    for _ in 0..5 {
        let mut server = Server::serve(folder.path(), &[]);
        server.signal("TERM");
        assert_eq!(server.ended(SOON), Some(0), "{}", server.log());
    }
    let mut manager = Server::manager(folder.path(), &[]);
    manager.signal("TERM");
    assert_eq!(manager.ended(SOON), Some(0), "{}", manager.log());
}

#[test]
fn a_drain_needs_a_duration() {
    ampoule(&["serve", "--drain", "soon"]).says(2, &["`soon` is not a duration", "500ms"]);
}
