//! Jobs per second: stored one by one, stored by the thousand, acquired and completed.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use ampoule_protocol::{AcquireResponse, CompleteRequest, Completion, Json, LeaseState, LeaseStates, Outcome, RunReport, Usage};
use anyhow::{Result, ensure};
use serde_json::json;

use super::{
    Asked,
    connection::{Call, Connection},
    rig::Process,
};
use crate::Unit;

/// Clients that store one by one.
const CLIENTS: usize = 20;
/// Jobs of a batch.
const BATCH: usize = 1_000;
/// Workers that take and complete, and how much they take at once: never more than they have free slots.
const WORKERS: usize = 4;
const SLOTS: u32 = 64;

/// The size of the peers' payload: a script of 500 bytes and a small input.
pub(super) fn body() -> serde_json::Value {
    json!({"script": {"source": format!("export default () => 1 //{}", "x".repeat(475))}, "input": {"a": 1}})
}

pub(super) fn measure(asked: &mut Asked<'_, '_>) -> Result<()> {
    let length = asked.bench.effort.measure;
    let (mut single, mut batch, mut done) = (Vec::new(), Vec::new(), Vec::new());
    let rounds = asked.bench.effort.rounds;
    for round in 0..rounds {
        asked.measuring("enqueue_20, batch_1000, noop", round as f64 / rounds as f64);
        let url = asked.store.fresh(asked.runtime)?;
        let manager = Process::manager(asked.program, &url)?;
        let addr = manager.addr()?;
        let one = Call::post("/v1/jobs", &body().to_string());
        let thousand = Call::post("/v1/jobs/batch", &json!({"jobs": vec![body(); BATCH]}).to_string());
        let (first, stored) = asked.runtime.block_on(repeat(addr, CLIENTS, length, &one))?;
        single.push(first);
        let (second, batches) = asked.runtime.block_on(repeat(addr, 2, length, &thousand))?;
        batch.push(second * BATCH as f64);
        let waiting = stored + batches * BATCH as u64;
        done.push(asked.runtime.block_on(complete(addr, length, waiting))?);
        manager.end()?;
        asked.store.forget(&url, asked.runtime)?;
    }
    asked.record("enqueue_20", Unit::PerSecond, single);
    asked.record("batch_1000", Unit::PerSecond, batch);
    asked.record("noop", Unit::PerSecond, done);
    Ok(())
}

/// The same call by so many clients for so long: how many a second, and in all.
async fn repeat(addr: SocketAddr, clients: usize, length: Duration, call: &Call) -> Result<(f64, u64)> {
    let began = Instant::now();
    let clients: Vec<_> = (0..clients)
        .map(|_| {
            let call = call.clone();
            tokio::spawn(async move {
                let (mut connection, mut count) = (Connection::open(addr).await?, 0);
                while began.elapsed() < length {
                    connection.text(&call).await?;
                    count += 1;
                }
                anyhow::Ok(count)
            })
        })
        .collect();
    let mut count = 0;
    for client in clients {
        count += client.await??;
    }
    Ok((count as f64 / began.elapsed().as_secs_f64(), count))
}

/// Workers without a sandbox: how many jobs a second go from queued to completed, for so long or until none waits.
async fn complete(addr: SocketAddr, length: Duration, waiting: u64) -> Result<f64> {
    let (began, done) = (Instant::now(), Arc::new(AtomicU64::new(0)));
    let workers: Vec<_> = (0..WORKERS)
        .map(|name| {
            let done = done.clone();
            tokio::spawn(async move {
                let ask = Call::post("/v1/leases/acquire", &json!({"worker": name.to_string(), "slots": SLOTS, "wait_ms": 0}).to_string());
                let mut connection = Connection::open(addr).await?;
                while began.elapsed() < length {
                    let answer: AcquireResponse = connection.call(&ask).await?;
                    if answer.jobs.is_empty() {
                        break;
                    }
                    let reports = answer.jobs.iter().map(|job| Completion { token: job.token, report: returned(), logs_from: 0 }).collect();
                    let body = serde_json::to_string(&CompleteRequest { reports })?;
                    let states: LeaseStates = connection.call(&Call::post("/v1/leases/complete", &body)).await?;
                    ensure!(states.results.iter().all(|result| result.state == LeaseState::Accepted), "{states:?}");
                    done.fetch_add(states.results.len() as u64, Ordering::Relaxed);
                }
                anyhow::Ok(())
            })
        })
        .collect();
    for worker in workers {
        worker.await??;
    }
    let (done, elapsed) = (done.load(Ordering::Relaxed), began.elapsed());
    ensure!(done > 0 && done <= waiting, "{done} jobs were completed of {waiting}");
    Ok(done as f64 / elapsed.as_secs_f64())
}

/// A report of nothing.
pub(super) fn returned() -> RunReport {
    let value = Json::parse("1".to_owned()).unwrap_or_default();
    RunReport { outcome: Outcome::Returned { value }, usage: Usage::default(), logs: Vec::new(), engine: "bench".to_owned() }
}
