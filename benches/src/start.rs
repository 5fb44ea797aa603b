//! How long until a process can run anything?

use std::time::Instant;

use anyhow::Result;
use cpu_time::ThreadTime;

use crate::{Bench, Clock, Lab, Sample, Subject, Unit, eval};

/// `start`: from nothing to the end of the first run. Taking the engine down again does not count.
pub fn subjects() -> Vec<Subject> {
    vec![until_first_run("start", Lab::new)]
}

/// From nothing to the end of the first run in this lab.
pub(crate) fn until_first_run(name: &str, lab: impl Fn() -> Result<Lab> + 'static) -> Subject {
    Subject::timing_itself(name, Clock::Wall, move || {
        let (wall, cpu) = (Instant::now(), ThreadTime::now());
        let lab = lab()?;
        lab.returns(&eval())?;
        Ok(Sample { cpu: cpu.elapsed(), wall: wall.elapsed() })
    })
}

pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    bench.subjects(Unit::Milliseconds, subjects())
}
