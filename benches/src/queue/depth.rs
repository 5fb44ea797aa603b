//! What it costs that very many jobs wait: to acquire one, to list some, to count all. Against a store with few, in turns.

use std::time::Instant;

use ampoule_protocol::{AcquireResponse, CompleteRequest, Completion, JobList};
use anyhow::{Context as _, Result, ensure};
use serde_json::json;

use super::{
    Asked,
    connection::{Call, Connection},
    fill, median,
    rates::returned,
    rig::Process,
};
use crate::Unit;

const FEW: u64 = 1_000;
/// Acquires of all rounds: each takes a job, and a page of those that wait must stay full where there are few.
const CALLS: usize = 300;
/// A page's length.
const PAGE: usize = 100;

pub(super) fn measure(asked: &mut Asked<'_, '_>) -> Result<()> {
    let (many, name) = if asked.bench.effort.quick { (1_000_000, "1m") } else { (10_000_000, "10m") };
    if let Err(error) = fill::check_room(&std::env::current_dir()?, many) {
        asked.bench.skip(format!("acquire_of_{name}/{}", asked.store.name()), format!("{error:#}"));
        return Ok(());
    }
    let mut sides = [Side::new(asked, FEW)?, Side::new(asked, many)?];
    let pages = [("page_first", None, ""), ("page_middle", Some(2), ""), ("page_middle_queued", Some(2), "&state=queued")];
    let mut acquires = [Vec::new(), Vec::new()];
    let mut listings = pages.map(|_| [Vec::new(), Vec::new()]);
    let mut counts = [Vec::new(), Vec::new()];
    let rounds = asked.bench.effort.rounds;
    for round in 0..rounds {
        asked.measuring(&format!("acquire_of_{name}"), 0.5 + 0.5 * round as f64 / rounds as f64);
        for _ in 0..CALLS / rounds {
            for (side, times) in sides.iter_mut().zip(&mut acquires) {
                times.push(asked.runtime.block_on(side.acquire())?);
            }
        }
        for _ in 0..CALLS / rounds / 5 {
            for ((_, part, filter), times) in pages.iter().zip(&mut listings) {
                for (side, times) in sides.iter_mut().zip(times) {
                    times.push(asked.runtime.block_on(side.list(*part, filter))?);
                }
            }
        }
        for (side, times) in sides.iter_mut().zip(&mut counts) {
            times.push(asked.runtime.block_on(side.timed(&Call::get("/metrics")))?);
        }
    }
    keep(asked, "acquire", name, acquires);
    for ((page, ..), times) in pages.iter().zip(listings) {
        keep(asked, page, name, times);
    }
    keep(asked, "metrics", name, counts);
    for side in sides {
        side.manager.end()?;
        asked.store.forget(&side.url, asked.runtime)?;
    }
    Ok(())
}

/// Both sides' times, and how many times as long it takes with many.
fn keep(asked: &mut Asked<'_, '_>, what: &str, name: &str, [few, many]: [Vec<f64>; 2]) {
    let ratio = median(&many) / median(&few);
    asked.record(&format!("{what}_of_1k"), Unit::Milliseconds, few);
    asked.record(&format!("{what}_of_{name}"), Unit::Milliseconds, many);
    asked.record(&format!("{what}_{name}_to_1k"), Unit::Ratio, vec![ratio]);
}

/// A store with so many jobs, and a manager on it.
struct Side {
    url: String,
    count: u64,
    manager: Process,
    connection: Connection,
}

impl Side {
    fn new(asked: &Asked<'_, '_>, count: u64) -> Result<Self> {
        let url = asked.store.fresh(asked.runtime)?;
        let manager = Process::manager(asked.program, &url)?;
        let store = Call::post("/v1/jobs", &json!({"script": {"source": "export default () => 1"}}).to_string());
        let addr = manager.addr()?;
        asked.runtime.block_on(async { Connection::open(addr).await?.text(&store).await })?;
        manager.end()?;
        let told = |done: u64| asked.measuring(&format!("filling, {done} of {count}"), 0.5 * done as f64 / count as f64);
        asked.runtime.block_on(fill::fill(asked.store, &url, count, told)).context("failed to fill the store")?;
        let manager = Process::manager(asked.program, &url)?;
        let connection = asked.runtime.block_on(Connection::open(manager.addr()?))?;
        Ok(Self { url, count, manager, connection })
    }

    async fn timed(&mut self, call: &Call) -> Result<f64> {
        let began = Instant::now();
        self.connection.text(call).await?;
        Ok(Unit::Milliseconds.of(began.elapsed()))
    }

    /// One job, which is completed then.
    async fn acquire(&mut self) -> Result<f64> {
        let ask = Call::post("/v1/leases/acquire", &json!({"worker": "w", "slots": 1, "wait_ms": 0}).to_string());
        let began = Instant::now();
        let answer: AcquireResponse = self.connection.call(&ask).await?;
        let took = Unit::Milliseconds.of(began.elapsed());
        let job = answer.jobs.first().context("no job waits")?;
        let reports = vec![Completion { token: job.token, report: returned(), logs_from: 0 }];
        self.connection.text(&Call::post("/v1/leases/complete", &serde_json::to_string(&CompleteRequest { reports })?)).await?;
        Ok(took)
    }

    /// A page of the newest jobs, or of those behind one part of all.
    async fn list(&mut self, part: Option<u64>, filter: &str) -> Result<f64> {
        let cursor = part.map(|part| format!("&cursor={}", fill::id(self.count / part))).unwrap_or_default();
        let call = Call::get(&format!("/v1/jobs?limit={PAGE}{filter}{cursor}"));
        let began = Instant::now();
        let page: JobList = self.connection.call(&call).await?;
        ensure!(page.items.len() == PAGE, "a page has {} jobs", page.items.len());
        Ok(Unit::Milliseconds.of(began.elapsed()))
    }
}
