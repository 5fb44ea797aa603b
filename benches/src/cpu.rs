//! How fast is JavaScript itself?
//!
//! Programs that need nothing but the processor, under the metering that every run has. What counts is the thread's CPU time.

use std::rc::Rc;

use ampoule_engine::{Engine, EngineConfig, RunRequest};
use ampoule_protocol::Limits;
use anyhow::Result;
use cpu_time::ThreadTime;

use crate::{Bench, Clock, Lab, Subject, Unit};

/// A program of `scripts/cpu`: `main(input)`, where `input.n` is the size of its work.
#[derive(Clone, Copy, Debug)]
pub struct Program {
    /// The file's name, without `.js`.
    pub name: &'static str,
    /// Its text.
    pub source: &'static str,
    /// A size that takes some milliseconds; without a size it takes some hundreds.
    pub small: u64,
}

/// Most time for one program.
const PATIENCE_MS: u64 = 20_000;

macro_rules! programs {
    ($($name:literal: $small:literal),* $(,)?) => {
        [$(Program { name: $name, source: include_str!(concat!("../scripts/cpu/", $name, ".js")), small: $small }),*]
    };
}

/// All of them.
pub const PROGRAMS: [Program; 19] = programs! {
    "alloc": 1,
    "bintrees": 1,
    "fib27": 15,
    "json": 20,
    "json1m": 100,
    "loop10m": 5,
    "loops": 100,
    "nbody": 200,
    "objects": 100,
    "regex": 50,
    "regex1m": 100,
    "richards": 2000,
    "sha256": 2048,
    "sieve": 20_000,
    "sort": 1000,
    "sort100k": 1000,
    "strbuild1m": 5000,
    "strings": 2000,
    "vectors": 3000,
};

impl Program {
    /// A run of the small size, or the full one, under limits that it meets only when the engine is hopelessly slow at it.
    pub fn request(&self, small: bool) -> RunRequest {
        let input = if small { serde_json::json!({"n": self.small}) } else { serde_json::json!({}) };
        RunRequest { input: input.into(), limits: Limits { wall_ms: PATIENCE_MS, ..Limits::CEILING }, ..RunRequest::new(self.source) }
    }
}

/// `cpu/<file>`, one for each program.
pub fn subjects() -> Result<Vec<Subject>> {
    let lab = Rc::new(Lab::without_images()?);
    let subject = |program: &Program| {
        let (lab, request) = (Rc::clone(&lab), program.request(false));
        Subject::new(format!("cpu/{}", program.name), Clock::Cpu, move || lab.returns(&request).map(drop))
    };
    Ok(PROGRAMS.iter().map(subject).collect())
}

pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    let before = bench.figures.len();
    bench.subjects(Unit::Milliseconds, subjects()?)?;
    let medians: Vec<_> = bench.figures[before..].iter().map(|figure| figure.p50).collect();
    if !medians.is_empty() {
        let geomean = (medians.iter().map(|median| median.ln()).sum::<f64>() / medians.len() as f64).exp();
        bench.record("cpu_geomean", Unit::Milliseconds, vec![geomean]);
        // Over how many programs: with some of them skipped it is another figure.
        if let Some(figure) = bench.figures.last_mut() {
            figure.n = medians.len();
        }
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
    for (number, program) in PROGRAMS.iter().enumerate() {
        bench.measuring("fuel_overhead", number as f64 / PROGRAMS.len() as f64);
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
    let geomean = (ratios.iter().map(|ratio| ratio.ln()).sum::<f64>() / ratios.len() as f64).exp();
    bench.record("fuel_overhead", Unit::Ratio, vec![geomean]);
    if let Some(figure) = bench.figures.last_mut() {
        figure.n = ratios.len();
    }
    Ok(())
}
