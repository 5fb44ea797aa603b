//! How long until a job runs again whose worker was killed, or stands still.

use std::time::{Duration, Instant};

use ampoule_protocol::{JobState, JobView};
use anyhow::{Result, ensure};
use serde_json::json;

use super::{
    Asked,
    connection::{Call, Connection},
    rig::Process,
};
use crate::Unit;

/// How often a job is looked at.
const LOOK: Duration = Duration::from_millis(5);
/// Longest wait for anything: more than two leases.
const PATIENCE: Duration = Duration::from_secs(40);
/// Runs long enough to be killed.
const SOURCE: &str = "export default async () => { await new Promise((done) => setTimeout(done, 25000)); }";

pub(super) fn measure(asked: &mut Asked<'_, '_>) -> Result<()> {
    let (by_connection, by_lease) = if asked.bench.effort.quick { (2, 1) } else { (5, 3) };
    let url = asked.store.fresh(asked.runtime)?;
    let manager = Process::manager(asked.program, &url)?;
    for (name, count, stands_still) in [("again_by_connection", by_connection, false), ("again_by_lease", by_lease, true)] {
        let mut times = Vec::new();
        for k in 0..count {
            asked.measuring(name, f64::from(k) / f64::from(count));
            times.push(asked.runtime.block_on(lose(asked.program, &manager, stands_still))?);
        }
        asked.record(name, Unit::Seconds, times);
    }
    manager.end()?;
    asked.store.forget(&url, asked.runtime)
}

/// Seconds from the loss of a worker to the start of its job at another one.
async fn lose(program: &str, manager: &Process, stands_still: bool) -> Result<f64> {
    let addr = manager.addr()?;
    let mut connection = Connection::open(addr).await?;
    let mut lost = Process::worker(program, addr, 1)?;
    let id = connection.call::<JobView>(&Call::post("/v1/jobs", &json!({"script": {"source": SOURCE}}).to_string())).await?.id;
    let look = Call::get(&format!("/v1/jobs/{id}"));
    attempt(&mut connection, &look, 1).await?;
    let _heir = Process::worker(program, addr, 1)?;
    // It waits for work, and the lost one's presence is known.
    tokio::time::sleep(Duration::from_secs(1)).await;
    let began = Instant::now();
    if stands_still {
        lost.signal("STOP")?;
    } else {
        lost.kill()?;
    }
    attempt(&mut connection, &look, 2).await?;
    let took = began.elapsed();
    connection.text(&Call::post(&format!("/v1/jobs/{id}/cancel"), "{}")).await?;
    Ok(took.as_secs_f64())
}

/// Waits until this attempt runs.
async fn attempt(connection: &mut Connection, look: &Call, number: u32) -> Result<()> {
    let began = Instant::now();
    loop {
        let job: JobView = connection.call(look).await?;
        if (job.state, job.attempt) == (JobState::Running, number) {
            return Ok(());
        }
        ensure!(began.elapsed() < PATIENCE, "attempt {number} did not begin: {:?}, attempt {}", job.state, job.attempt);
        tokio::time::sleep(LOOK).await;
    }
}
