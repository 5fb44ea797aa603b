//! What does a fresh sandbox cost?

use ampoule_engine::{Mode, RunRequest};
use ampoule_protocol::{LimitKind, Limits, Outcome};
use anyhow::{Result, ensure};

use crate::{Bench, Clock, Lab, Subject, Unit, eval};

/// `floor` and `eval`.
pub fn subjects() -> Result<Vec<Subject>> {
    Ok(vec![floor()?, evaluate()?])
}

pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    bench.subjects(Unit::Microseconds, subjects()?)
}

/// A sandbox that is made, entered, stopped by its first instruction because it has no fuel, and dropped.
fn floor() -> Result<Subject> {
    let lab = Lab::without_images()?;
    let limits = Limits { fuel: Limits::FLOOR.fuel, ..Limits::DEFAULT };
    let request = RunRequest { mode: Mode::Evaluate, limits, ..RunRequest::new("") };
    Ok(Subject::new("floor", Clock::Both, move || {
        let outcome = lab.run(&request)?.outcome;
        ensure!(matches!(outcome, Outcome::LimitExceeded { limit: LimitKind::Fuel, .. }), "a run without fuel ended with {outcome:?}");
        Ok(())
    }))
}

/// `1+1` parsed, compiled and evaluated.
fn evaluate() -> Result<Subject> {
    let (lab, request) = (Lab::without_images()?, eval());
    Ok(Subject::new("eval", Clock::Both, move || lab.returns(&request).map(drop)))
}
