//! How fast is JavaScript itself?
//!
//! Programs that need nothing but the processor, under the metering that every run has. What counts is the thread's CPU time.

use std::rc::Rc;

use ampoule_engine::{Engine, EngineConfig};
use anyhow::Result;
use cpu_time::ThreadTime;

use crate::{
    Bench, Clock, Lab, Subject, Unit,
    contest::{CPU, contest},
    programs::{Program, SUITE},
};

/// `cpu/<file>`, one for each program.
pub fn subjects() -> Result<Vec<Subject>> {
    let lab = Rc::new(Lab::without_images()?);
    let subject = |program: &Program| {
        let (lab, request) = (Rc::clone(&lab), program.request(false));
        Subject::new(format!("cpu/{}", program.name), Clock::Cpu, move || lab.returns(&request).map(drop))
    };
    Ok(SUITE.iter().map(subject).collect())
}

pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    if bench.against.is_empty() {
        let before = bench.figures.len();
        bench.subjects(Unit::Milliseconds, subjects()?)?;
        let medians: Vec<_> = bench.figures[before..].iter().map(|figure| figure.p50).collect();
        bench.record_geomean("cpu_geomean", Unit::Milliseconds, &medians);
    } else {
        contest(bench, CPU, &SUITE)?;
    }
    overhead(bench)
}

/// `fuel_overhead`: each program with its small work on the engine and on one whose code was not metered, in turns; the time with by the time
/// without, geometric mean of the programs.
fn overhead(bench: &mut Bench<'_>) -> Result<()> {
    bench.measuring("fuel_overhead", 0.0);
    let config = || EngineConfig { image_cache_bytes: 0, ..EngineConfig::default() };
    let plain = match Engine::unmetered(config()) {
        Ok(engine) => Lab::around(engine)?,
        Err(error) => {
            bench.skip("fuel_overhead", format!("there is no guest without metering here, only where the engine was built: {error}"));
            return Ok(());
        }
    };
    let metered = Lab::without_images()?;
    let mut ratios = Vec::new();
    for (number, program) in SUITE.iter().enumerate() {
        bench.measuring("fuel_overhead", number as f64 / SUITE.len() as f64);
        let request = program.request(true);
        let mut least = [f64::INFINITY; 2];
        for _ in 0..bench.effort.rounds * 3 {
            for (lab, least) in [&metered, &plain].into_iter().zip(&mut least) {
                let started = ThreadTime::now();
                lab.returns(&request)?;
                *least = least.min(started.elapsed().as_secs_f64());
            }
        }
        ratios.push(least[0] / least[1]);
    }
    bench.record_geomean("fuel_overhead", Unit::Ratio, &ratios);
    Ok(())
}
