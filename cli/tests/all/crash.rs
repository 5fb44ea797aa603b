//! A job submitted is never lost and never gets two accepted completions, however often the process is killed.

use std::{
    collections::{BTreeMap, VecDeque},
    sync::{Arc, Mutex},
    time::Duration,
};

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Random, Server, folder, id, job};

/// Jobs of which the client has an answer, at the end.
const JOBS: u64 = 240;
/// Jobs that the client begins to submit in one life of the process.
const JOBS_PER_LIFE: u64 = 20;
/// Requests of the client under way at the same time.
const CLIENTS: usize = 3;
/// Latest moment of a kill after the process listens, in milliseconds.
const LATEST_KILL_MS: u64 = 600;

/// Its value follows from its input; its log and its value name the attempt that made them; no two runs of it agree.
const SOURCE: &str = "
    export default async (input, libraries, ctx) => {
        let sum = 0;
        for (let i = 1; i <= input.n * input.work; i++) sum += i % 7;
        await new Promise((done) => setTimeout(done, input.wait));
        console.log(`attempt ${ctx.attempt} of ${input.n}`);
        return { n: input.n, sum, attempt: ctx.attempt, mark: Math.random() };
    };";

/// Iterations of a job's loop for each unit of `n`; up to some ten milliseconds altogether.
const WORK: u64 = 200;

/// Some milliseconds to wait, so that most kills meet running jobs.
const WAITS_MS: [u64; 5] = [0, 3, 150, 40, 80];

fn body(n: u64) -> Value {
    job(SOURCE, json!({"n": n, "work": WORK, "wait": WAITS_MS[n as usize % WAITS_MS.len()]}))
}

fn sum(n: u64) -> u64 {
    (1..=n * WORK).map(|i| i % 7).sum()
}

/// What the client knows.
#[derive(Default)]
struct Ledger {
    /// Still to be submitted, or submitted without an answer.
    waiting: VecDeque<u64>,
    /// Submitted with an answer: the job's id.
    accepted: BTreeMap<u64, String>,
    /// Requests whose answer never came.
    unanswered: u64,
}

type Shared = Arc<Mutex<Ledger>>;

/// Submits under a key of the job's own.
async fn submit(server: &Server, n: u64) -> reqwest::Result<Answer> {
    let request = server.request(Method::POST, "/v1/jobs").header("Idempotency-Key", format!("job-{n}"));
    Server::try_send(request.json(&body(n))).await
}

/// Submits what waits, one after the other, until nothing does or the server is gone.
async fn submit_all(server: Arc<Server>, ledger: Shared, pauses_ms: Vec<u64>) {
    for pause_ms in pauses_ms {
        let Some(n) = ledger.lock().unwrap().waiting.pop_front() else { return };
        match submit(&server, n).await {
            Ok(answer) => {
                assert!(matches!(answer.status.as_u16(), 200 | 202), "{answer:?}");
                let id = id(&serde_json::from_str(&answer.text).unwrap());
                assert_eq!(ledger.lock().unwrap().accepted.insert(n, id), None, "job {n} was accepted before");
            }
            Err(_) => {
                let mut ledger = ledger.lock().unwrap();
                ledger.waiting.push_front(n);
                ledger.unanswered += 1;
                return;
            }
        }
        tokio::time::sleep(Duration::from_millis(pause_ms)).await;
    }
}

#[tokio::test]
async fn no_job_is_lost_and_none_completes_twice() {
    let mut random = Random::seeded();
    let folder = folder();
    let ledger = Shared::default();
    // What the client saw of a job the first time that it saw it finished.
    let mut seen: BTreeMap<u64, Value> = BTreeMap::new();
    let (mut lives, mut begun) = (0, 0);
    let server = loop {
        let server = Arc::new(Server::serve(folder.path(), &["--lease", "500ms", "--slots", "4"]));
        lives += 1;
        let known: Vec<(u64, String)> = {
            let mut ledger = ledger.lock().unwrap();
            if ledger.accepted.len() as u64 == JOBS {
                break server;
            }
            let more = JOBS_PER_LIFE.min(JOBS - begun);
            ledger.waiting.extend(begun..begun + more);
            begun += more;
            ledger.accepted.clone().into_iter().filter(|(n, _)| !seen.contains_key(n)).collect()
        };
        let clients: Vec<_> = (0..CLIENTS)
            .map(|_| {
                let pauses_ms = (0..JOBS_PER_LIFE).map(|_| random.below(60)).collect();
                tokio::spawn(submit_all(server.clone(), ledger.clone(), pauses_ms))
            })
            .collect();
        // A job is given up after three lost workers. Every second life is long enough for what was accepted before it,
        // so that no job is lost more than twice; what it accepts itself is killed all the same.
        if lives % 2 == 0 {
            for (n, id) in known {
                seen.insert(n, server.finished(&id).await);
            }
        }
        tokio::time::sleep(Duration::from_millis(random.below(LATEST_KILL_MS))).await;
        server.signal("KILL");
        for client in clients {
            client.await.unwrap();
        }
    };

    let accepted = ledger.lock().unwrap().accepted.clone();
    let mut attempts = 0;
    for (n, id) in &accepted {
        let job = server.finished(id).await;
        let attempt = job["attempt"].as_u64().unwrap();
        attempts += attempt;
        let value = &job["outcome"]["value"];
        assert_eq!((&job["state"], value["n"].as_u64(), value["sum"].as_u64()), (&json!("succeeded"), Some(*n), Some(sum(*n))), "{job}");
        // One attempt's report is there, whole, and it is the last attempt's.
        assert_eq!(value["attempt"].as_u64(), Some(attempt), "{job}");
        assert_eq!(server.messages(id).await, [format!("attempt {attempt} of {n}")]);
        // Once finished, always the same: no later completion was taken.
        if let Some(first) = seen.get(n) {
            assert_eq!(*first, job);
        }
        // Whether or not the client had to submit it more than once, it is one job.
        let again = submit(&server, *n).await.unwrap();
        assert_eq!(again.json(200)["id"], json!(id));
    }
    assert_eq!(server.count().await, accepted.len(), "a job that the client does not know of");
    assert_eq!(server.metric("scriptmanager_job_queue_size").await, 0.0);
    assert_eq!(server.metric("scriptmanager_jobs_running").await, 0.0);
    let unanswered = ledger.lock().unwrap().unanswered;
    println!("{} jobs over {} kills: {attempts} attempts, {unanswered} requests without an answer", accepted.len(), lives - 1);
    assert!(attempts > JOBS, "no kill met a running job: this test tested nothing");
}

/// The answer to a submission can be lost with the process; the key finds the job that was stored.
#[tokio::test]
async fn a_key_outlives_the_process() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let first = id(&submit(&server, 1).await.unwrap().json(202));
    server.kill();

    let server = Server::serve(folder.path(), &["--lease", "500ms"]);
    let again = submit(&server, 1).await.unwrap();
    assert_eq!(id(&serde_json::from_str(&again.text).unwrap()), first);
    assert_eq!(server.finished(&first).await["outcome"]["value"]["sum"], json!(sum(1)));

    let other = server.request(Method::POST, "/v1/jobs").header("Idempotency-Key", "job-1").json(&body(2));
    assert_eq!(server.send(other).await.json(409)["code"], "idempotency_conflict");
    assert_eq!(server.count().await, 1);
}
