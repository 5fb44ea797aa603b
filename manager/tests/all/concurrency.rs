//! Many at once.

use std::{
    collections::HashSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
};

use ampoule_protocol::{AcquireResponse, CompleteRequest, Completion, JobList, LeaseState, LeaseStates, LeaseToken};
use serde_json::json;

use crate::support::{Manager, On, on_both_stores, returned};

on_both_stores!(twenty_workers_lease_every_job_once);

const JOBS: usize = 500;
const WORKERS: usize = 20;

async fn twenty_workers_lease_every_job_once(on: On) {
    let m = Arc::new(Manager::start(on).await);
    let (leased, accepted) = (Arc::new(Mutex::new(HashSet::<LeaseToken>::new())), Arc::new(AtomicUsize::new(0)));
    let mut tasks = Vec::new();
    for name in 0..WORKERS {
        let (m, leased, accepted) = (m.clone(), leased.clone(), accepted.clone());
        tasks.push(tokio::spawn(async move {
            let ask = json!({"worker": format!("w{name}"), "slots": 1 + name % 4, "wait_ms": 10_000});
            while accepted.load(Ordering::SeqCst) < JOBS {
                let answer: AcquireResponse = m.post("/v1/leases/acquire", &ask).await.read(200);
                let mut reports = Vec::new();
                for job in answer.jobs {
                    assert_eq!(job.token.attempt, 1);
                    assert!(leased.lock().unwrap().insert(job.token), "leased twice: {:?}", job.token);
                    reports.push(Completion { token: job.token, report: returned("1"), logs_from: 0 });
                }
                if reports.is_empty() {
                    continue;
                }
                let states: LeaseStates = m.post("/v1/leases/complete", &CompleteRequest { reports }).await.read(200);
                assert!(states.results.iter().all(|state| state.state == LeaseState::Accepted));
                if accepted.fetch_add(states.results.len(), Ordering::SeqCst) + states.results.len() == JOBS {
                    // Those who still wait for work need not wait for the time to pass.
                    for _ in 0..WORKERS {
                        m.submit().await;
                    }
                }
            }
        }));
    }
    for _ in 0..10 {
        let m = m.clone();
        tasks.push(tokio::spawn(async move {
            for _ in 0..JOBS / 10 {
                m.submit().await;
            }
        }));
    }
    for task in tasks {
        task.await.unwrap();
    }
    assert!(accepted.load(Ordering::SeqCst) >= JOBS);
    let failed: JobList = m.get("/v1/jobs?state=failed").await.read(200);
    assert!(failed.items.is_empty());
}
