//! Do long scripts starve short ones?

use std::{sync::Arc, time::Instant};

use ampoule_engine::{CancellationToken, Engine, EngineConfig, Mode, RunRequest};
use ampoule_protocol::Limits;
use anyhow::{Result, ensure};
use tokio::{
    runtime::{Builder, Runtime},
    task::JoinSet,
};

use crate::{Bench, Unit, job, lab};

/// Endless scripts that share the cores with the short jobs.
const ENDLESS: usize = 8;
/// Threads that run scripts; the target is written for two cores.
const THREADS: usize = 2;

pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    let runtime = Builder::new_multi_thread().worker_threads(THREADS).enable_all().build()?;
    let engine = Arc::new(Engine::new(EngineConfig::default())?);
    let (mut idle, mut crowded) = (Vec::new(), Vec::new());
    let rounds = bench.effort.rounds;
    short_jobs(&runtime, &engine, bench)?;
    for round in 0..rounds {
        bench.measuring("short_crowded", round as f64 / rounds as f64);
        idle.extend(short_jobs(&runtime, &engine, bench)?);
        let stop = CancellationToken::new();
        let mut endless = JoinSet::new();
        for _ in 0..ENDLESS {
            let (engine, stop) = (Arc::clone(&engine), stop.clone());
            let limits = Limits { wall_ms: Limits::CEILING.wall_ms, fuel: Limits::CEILING.fuel, ..Limits::DEFAULT };
            let request = RunRequest { mode: Mode::Evaluate, limits, ..RunRequest::new("while (true) {}") };
            endless.spawn_on(async move { engine.run(&request, lab::capabilities(&request), stop).await }, runtime.handle());
        }
        crowded.extend(short_jobs(&runtime, &engine, bench)?);
        ensure!(endless.try_join_next().is_none(), "an endless script ended");
        stop.cancel();
        runtime.block_on(async { while endless.join_next().await.is_some() {} });
    }
    bench.record("short_idle", Unit::Microseconds, idle);
    bench.record("short_crowded", Unit::Microseconds, crowded);
    let tail = |name| bench.figures.iter().rev().find(|figure| figure.name == name).map_or(f64::NAN, |figure| figure.p99);
    let ratio = tail("short_crowded") / tail("short_idle");
    bench.record("preemption_p99", Unit::Ratio, vec![ratio]);
    Ok(())
}

/// Job after job for one round's time: how long each took, in microseconds, until its submitter had the report.
fn short_jobs(runtime: &Runtime, engine: &Arc<Engine>, bench: &Bench<'_>) -> Result<Vec<f64>> {
    let (request, mut times) = (Arc::new(job()), Vec::new());
    let started = Instant::now();
    while started.elapsed() < bench.effort.measure / bench.effort.rounds as u32 || times.len() < bench.effort.min_samples {
        let (engine, request, submitted) = (Arc::clone(engine), Arc::clone(&request), Instant::now());
        runtime.block_on(runtime.spawn(async move { lab::run(&engine, &request).await }))??;
        times.push(Unit::Microseconds.of(submitted.elapsed()));
    }
    Ok(times)
}
