//! Figures of the queue alone, printed; every commit is synced to disk.
//! `cargo test --release -p ampoule-manager --test all -- figures --ignored --nocapture --test-threads=1`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ampoule_manager::{
    StoreUrl,
    queue::{Ears, Queue, Scope},
};
use ampoule_protocol::{AcquireResponse, BatchStored, CompleteRequest, Completion, JobView, LeaseStates};
use jiff::Timestamp;
use serde_json::json;

use crate::{
    postgres::Server,
    store::POLICY,
    support::{Manager, job, returned},
};

/// Jobs that wait where an acquire is to cost no more than with a thousand; more with `QUEUED`.
const QUEUED: usize = 200_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; takes a while"]
async fn figures_sqlite() {
    let dir = tempfile::tempdir_in(".").unwrap();
    println!("== SQLite");
    figures(StoreUrl::Sqlite(dir.path().join("q.db"))).await;
    depth(StoreUrl::Sqlite(dir.path().join("deep.db"))).await;

    let file = std::fs::File::create(dir.path().join("sync")).unwrap();
    let times = (0..200).map(|_| {
        std::io::Write::write_all(&mut &file, &[0; 4096]).unwrap();
        let began = Instant::now();
        file.sync_data().unwrap();
        began.elapsed()
    });
    println!("for comparison, one fdatasync of 4 KiB on this disk: {}", spread(times.collect()));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; takes a while"]
async fn figures_postgres() {
    if !crate::postgres::is_there() {
        return;
    }
    let server = tokio::task::block_in_place(|| Server::start_with("-c shared_buffers=256MB -c max_wal_size=4GB")).unwrap();
    println!("== PostgreSQL");
    figures(StoreUrl::Postgres(server.database().await.unwrap())).await;
    depth(StoreUrl::Postgres(server.database().await.unwrap())).await;
}

fn spread(mut times: Vec<Duration>) -> String {
    times.sort_unstable();
    format!("p50 {:.2?}, p99 {:.2?}", times[times.len() / 2], times[times.len() * 99 / 100])
}

async fn figures(store: StoreUrl) {
    let m = Arc::new(Manager::start_on(store).await);
    let mut times = Vec::new();
    for _ in 0..300 {
        let began = Instant::now();
        m.submit().await;
        times.push(began.elapsed());
    }
    println!("enqueue over HTTP, 1 client: {}", spread(times));

    const EACH: usize = 1000;
    let began = Instant::now();
    let clients: Vec<_> = (0..20)
        .map(|_| {
            let m = m.clone();
            tokio::spawn(async move {
                for _ in 0..EACH {
                    m.submit().await;
                }
            })
        })
        .collect();
    for client in clients {
        client.await.unwrap();
    }
    println!("enqueue over HTTP, 20 clients: {:.0} jobs/s", (20 * EACH) as f64 / began.elapsed().as_secs_f64());

    let body = json!({"jobs": vec![job(); 1000]}).to_string();
    let began = Instant::now();
    for _ in 0..20 {
        let request = m.request(reqwest::Method::POST, "/v1/jobs/batch").header("content-type", "application/json").body(body.clone());
        m.send(request).await.read::<BatchStored>(202);
    }
    println!("batch enqueue over HTTP, 1,000 per call, 1 client: {:.0} jobs/s", 20_000.0 / began.elapsed().as_secs_f64());

    let jobs = 300 + 20 * EACH + 20_000;
    let began = Instant::now();
    let workers: Vec<_> = (0..4)
        .map(|name| {
            let m = m.clone();
            tokio::spawn(async move {
                let ask = json!({"worker": format!("w{name}"), "slots": 64, "wait_ms": 0});
                let mut done = 0;
                loop {
                    let answer: AcquireResponse = m.post("/v1/leases/acquire", &ask).await.read(200);
                    if answer.jobs.is_empty() {
                        return done;
                    }
                    let reports: Vec<_> =
                        answer.jobs.iter().map(|job| Completion { token: job.token, report: returned("1"), logs_from: 0 }).collect();
                    let states: LeaseStates = m.post("/v1/leases/complete", &CompleteRequest { reports }).await.read(200);
                    done += states.results.len();
                }
            })
        })
        .collect();
    let mut done = 0;
    for worker in workers {
        done += worker.await.unwrap();
    }
    assert_eq!(done, jobs);
    println!("no-op jobs, acquired and completed by 4 workers with 64 slots: {:.0} jobs/s", jobs as f64 / began.elapsed().as_secs_f64());

    let worker = tokio::spawn({
        let m = m.clone();
        async move {
            loop {
                for job in m.acquire("w", 16, 1000).await.jobs {
                    m.complete(job.token, returned("1")).await;
                }
            }
        }
    });
    let mut times = Vec::new();
    for _ in 0..300 {
        let began = Instant::now();
        m.post("/v1/jobs?wait=10s", &job()).await.read::<JobView>(200);
        times.push(began.elapsed());
    }
    worker.abort();
    println!("submit to result of a no-op worker: {}", spread(times));
}

/// What an acquire costs when few jobs wait and when many do.
async fn depth(store: StoreUrl) {
    let most = std::env::var("QUEUED").ok().and_then(|text| text.parse().ok()).unwrap_or(QUEUED);
    let queue = Queue::open(&store, POLICY, 2, Ears::deaf()).await.unwrap();
    let mut queued = 0;
    for wanted in [1_000, most] {
        while queued < wanted {
            let new = |_| crate::support::submitted(Default::default(), job());
            queue.enqueue_all((0..1000).map(new).collect(), Timestamp::now()).await.unwrap();
            queued += 1000;
        }
        let mut times = Vec::new();
        for _ in 0..200 {
            let began = Instant::now();
            let (jobs, _) = queue.acquire(&Scope::All, "w", 1, vec![], Timestamp::now()).await.unwrap().deliver();
            times.push(began.elapsed());
            assert_eq!(jobs.len(), 1);
        }
        println!("acquire of one of {wanted} queued: {}", spread(times));
        let began = Instant::now();
        queue.depths(&Scope::All, Timestamp::now()).await.unwrap();
        println!("depths with {wanted} queued: {:.2?}", began.elapsed());
    }
    queue.close().await;
}
