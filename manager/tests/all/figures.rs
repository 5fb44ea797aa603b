//! Figures, printed. Run with `cargo test --release -p ampoule-manager -- --ignored --nocapture figures`.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ampoule_protocol::{AcquireResponse, CompleteRequest, Completion, JobView, LeaseStates};
use serde_json::json;

use crate::support::{Manager, On, job, returned};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "measures; takes a while"]
async fn figures() {
    let m = Arc::new(Manager::start(On::Sqlite).await);

    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..500 {
        let began = Instant::now();
        m.submit().await;
        times.push(began.elapsed());
    }
    times.sort_unstable();
    println!("enqueue over HTTP, 1 client: p50 {:?}, p99 {:?}", times[250], times[495]);

    const EACH: usize = 1000;
    let began = Instant::now();
    let clients = (0..20).map(|_| {
        let m = m.clone();
        tokio::spawn(async move {
            for _ in 0..EACH {
                m.submit().await;
            }
        })
    });
    for client in clients.collect::<Vec<_>>() {
        client.await.unwrap();
    }
    println!("enqueue over HTTP, 20 clients: {:.0} jobs/s", (20 * EACH) as f64 / began.elapsed().as_secs_f64());

    let jobs = 500 + 20 * EACH;
    let began = Instant::now();
    let workers = (0..4).map(|name| {
        let m = m.clone();
        tokio::spawn(async move {
            let ask = json!({"worker": format!("w{name}"), "slots": 64, "wait_ms": 0});
            let mut done = 0;
            loop {
                let answer: AcquireResponse = m.post("/v1/leases/acquire", &ask).await.read(200);
                if answer.jobs.is_empty() {
                    return done;
                }
                let reports: Vec<_> = answer.jobs.iter().map(|job| Completion { token: job.token, report: returned("1") }).collect();
                let states: LeaseStates = m.post("/v1/leases/complete", &CompleteRequest { reports }).await.read(200);
                done += states.results.len();
            }
        })
    });
    let mut done = 0;
    for worker in workers.collect::<Vec<_>>() {
        done += worker.await.unwrap();
    }
    assert_eq!(done, jobs);
    println!("no-op jobs, acquired and completed by 4 workers with 64 slots: {:.0} jobs/s", jobs as f64 / began.elapsed().as_secs_f64());

    let worker = tokio::spawn({
        let m = m.clone();
        async move {
            loop {
                let answer = m.acquire("w", 1, 1000).await;
                for job in answer.jobs {
                    m.complete(job.token, returned("1")).await;
                }
            }
        }
    });
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..300 {
        let began = Instant::now();
        m.post("/v1/jobs?wait=10s", &job()).await.read::<JobView>(200);
        times.push(began.elapsed());
    }
    worker.abort();
    times.sort_unstable();
    println!("submit to result of a no-op worker: p50 {:?}, p99 {:?}", times[150], times[297]);

    let file = std::fs::File::create(m.store().with_extension("sync")).unwrap();
    let mut times: Vec<Duration> = Vec::new();
    for _ in 0..200 {
        std::io::Write::write_all(&mut &file, &[0; 4096]).unwrap();
        let began = Instant::now();
        file.sync_data().unwrap();
        times.push(began.elapsed());
    }
    times.sort_unstable();
    println!("for comparison, one fdatasync of 4 KiB on this disk: p50 {:?}", times[100]);
}
