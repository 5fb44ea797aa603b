//! Logs of runs that go on, and what is left of them when their worker is killed.

use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Server, ampoule, eventually, folder, id, job};

const SOURCE: &str = "
    export default async (input, libraries, ctx) => {
        for (let k = 0; k < input.lines; k++) {
            console.log(`attempt ${ctx.attempt} line ${k}`);
            if (k % 10 === 9) await new Promise((done) => setTimeout(done, 30));
        }
        await new Promise((done) => setTimeout(done, ctx.attempt === 1 ? input.ms : 0));
    };";

#[tokio::test]
async fn a_killed_workers_lines_remain_and_its_job_runs_again_at_once() {
    let folder = folder();
    // Leases of 15 s: what is seen is the broken connection.
    let manager = Server::manager(folder.path(), &[]);
    let first = Server::worker(&manager, folder.path(), "first", &[]);
    let submitted = manager.submit(&job(SOURCE, json!({"lines": 20, "ms": 60_000}))).await;
    manager.running(&submitted).await;
    let _second = Server::worker(&manager, folder.path(), "second", &[]);
    let lines = async |query: &str| -> Vec<String> {
        let page = manager.get(&format!("/v1/jobs/{submitted}/logs{query}")).await.json(200);
        page["items"].as_array().unwrap().iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    };
    eventually(async || (lines("").await.len() == 20).then_some(())).await;
    let killed = Instant::now();
    first.kill();
    eventually(async || (manager.job(&submitted).await["attempt"] == 2).then_some(())).await;
    println!("the job runs again {:?} after its worker was killed", killed.elapsed());
    assert!(killed.elapsed() < Duration::from_secs(8), "{:?}", killed.elapsed());

    let finished = manager.finished(&submitted).await;
    assert_eq!((&finished["state"], &finished["lost_attempts"][0]["cause"]), (&json!("succeeded"), &json!("worker_lost")), "{finished}");
    let of = |attempt: u32| (0..20).map(|k| format!("attempt {attempt} line {k}")).collect::<Vec<_>>();
    assert_eq!(lines("?attempt=1").await, of(1));
    assert_eq!(lines("").await, of(2));
}

#[tokio::test]
async fn logs_are_followed_to_the_jobs_end() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let source = "export default async (n) => { for (let k = 0; k < n; k++) { console.log(`line ${k}`);
        if (k % 50 === 0) await new Promise((done) => setTimeout(done, 40)); } throw new TypeError('done'); }";
    let answer = server.post("/v1/jobs", &job(source, json!(500))).await.json(202);
    let followed = ampoule(&["logs", &id(&answer), "--follow", "--manager", &server.url]);
    let lines = followed.stdout.lines().map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(lines, (0..500).map(|k| format!("line {k}")).collect::<Vec<_>>());
    followed.says(1, &["failed (attempt 1)"]);
    // What is over is told at once.
    let again = ampoule(&["logs", &id(&answer), "--follow", "--from", "498", "--json", "--manager", &server.url]);
    assert_eq!(again.stdout.lines().count(), 2, "{again:?}");
    ampoule(&["logs", "0190a3c4-7a2f-7b61-9d5e-3f8c2b1a4d6e", "--follow", "--manager", &server.url]).says(2, &["job_not_found"]);
}
