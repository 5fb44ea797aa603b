//! From a submit to its result, with a worker that makes a fresh sandbox for each job.

use std::{
    net::SocketAddr,
    time::{Duration, Instant},
};

use ampoule_protocol::{JobView, Outcome};
use anyhow::{Result, bail};
use serde_json::{Value, json};

use super::{
    Asked,
    connection::{Call, Connection},
    median,
    rig::Process,
};
use crate::{JOB, JOB_INPUT, Unit};

/// Clients that wait for results at the same time.
const CLIENTS: usize = 16;
/// Slots of the worker: none of the clients' jobs waits for one.
const SLOTS: u32 = 16;
/// Between two jobs of one that has all to itself.
const PAUSE: Duration = Duration::from_millis(15);
/// Jobs before the first that counts: the script's image is made, connections are there.
const WARM_UP: usize = 30;

pub(super) fn measure(asked: &mut Asked<'_, '_>, syncs: &[f64]) -> Result<()> {
    let url = asked.store.fresh(asked.runtime)?;
    let manager = Process::manager(asked.program, &url)?;
    let worker = Process::worker(asked.program, manager.addr()?, SLOTS)?;
    let (addr, rounds, length) = (manager.addr()?, asked.bench.effort.rounds, asked.bench.effort.measure);
    let input: Value = serde_json::from_str(JOB_INPUT)?;
    let call = Call::post("/v1/jobs?wait=10s", &json!({"script": {"source": JOB}, "input": input}).to_string());
    let (mut alone, mut crowd, mut waits) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        asked.measuring("submit_to_result, results_16", round as f64 / rounds as f64);
        alone.extend(asked.runtime.block_on(one_by_one(addr, &call, length))?);
        let (rate, times) = asked.runtime.block_on(together(addr, &call, length))?;
        crowd.push(rate);
        waits.extend(times);
    }
    let beyond = median(&alone) - 2.0 * median(syncs);
    asked.record("submit_to_result", Unit::Milliseconds, alone);
    asked.record("submit_to_result_beyond_2_syncs", Unit::Milliseconds, vec![beyond]);
    asked.record("results_16", Unit::PerSecond, crowd);
    asked.record("result_of_16", Unit::Milliseconds, waits);
    worker.end()?;
    manager.end()?;
    asked.store.forget(&url, asked.runtime)
}

/// One result, and how long it took.
async fn result(connection: &mut Connection, call: &Call) -> Result<f64> {
    let began = Instant::now();
    match connection.call::<JobView>(call).await?.outcome {
        Some(Outcome::Returned { .. }) => Ok(Unit::Milliseconds.of(began.elapsed())),
        other => bail!("the job ended with {other:?}"),
    }
}

async fn one_by_one(addr: SocketAddr, call: &Call, length: Duration) -> Result<Vec<f64>> {
    let mut connection = Connection::open(addr).await?;
    for _ in 0..WARM_UP {
        result(&mut connection, call).await?;
    }
    let (began, mut times) = (Instant::now(), Vec::new());
    while began.elapsed() < length {
        times.push(result(&mut connection, call).await?);
        tokio::time::sleep(PAUSE).await;
    }
    Ok(times)
}

async fn together(addr: SocketAddr, call: &Call, length: Duration) -> Result<(f64, Vec<f64>)> {
    let began = Instant::now();
    let clients: Vec<_> = (0..CLIENTS)
        .map(|_| {
            let call = call.clone();
            tokio::spawn(async move {
                let (mut connection, mut times) = (Connection::open(addr).await?, Vec::new());
                while began.elapsed() < length {
                    times.push(result(&mut connection, &call).await?);
                }
                anyhow::Ok(times)
            })
        })
        .collect();
    let mut times = Vec::new();
    for client in clients {
        times.extend(client.await??);
    }
    Ok((times.len() as f64 / began.elapsed().as_secs_f64(), times))
}
