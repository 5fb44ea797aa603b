//! How long after its limit is a script stopped?

use std::{
    rc::Rc,
    time::{Duration, Instant},
};

use ampoule_engine::{Mode, RunRequest};
use ampoule_protocol::{LimitKind, Limits, Outcome};
use anyhow::{Result, ensure};

use crate::{Bench, Clock, Lab, Sample, Subject, Unit};

/// The wall limit of the runs that are stopped.
const WALL: Duration = Duration::from_millis(20);

/// Scripts that never end, by where they are.
const ENDLESS: [(&str, &str); 3] = [
    ("kill_wall", "while (true) {}"),
    ("kill_builtin", "const a = []; a.length = 2 ** 32 - 1; a.indexOf(5)"),
    ("kill_regex", "/^(a+)+$/.test('a'.repeat(40) + 'b')"),
];

/// One for each place where a script can be caught. What counts is the time from the wall limit to the report.
pub fn subjects() -> Result<Vec<Subject>> {
    let lab = Rc::new(Lab::without_images()?);
    Ok(ENDLESS.into_iter().map(|(name, source)| kill(name, source, Rc::clone(&lab))).collect())
}

pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    bench.subjects(Unit::Milliseconds, subjects()?)
}

fn kill(name: &'static str, source: &str, lab: Rc<Lab>) -> Subject {
    let limits = Limits { wall_ms: WALL.as_millis() as u64, fuel: Limits::CEILING.fuel, ..Limits::DEFAULT };
    let request = RunRequest { mode: Mode::Evaluate, limits, ..RunRequest::new(source) };
    Subject::timing_itself(name, Clock::Wall, move || {
        let started = Instant::now();
        let outcome = lab.run(&request)?.outcome;
        let wall = started.elapsed().saturating_sub(WALL);
        ensure!(matches!(outcome, Outcome::LimitExceeded { limit: LimitKind::WallTime, .. }), "{name} ended with {outcome:?}");
        Ok(Sample { wall, cpu: Duration::ZERO })
    })
}
