//! What does a host call cost?

use std::rc::Rc;

use ampoule_engine::RunRequest;
use anyhow::Result;
use cpu_time::ThreadTime;

use crate::{Bench, Clock, Lab, Sample, Subject, Unit};

/// Calls of one sample; what the sandbox itself costs is taken off by a run that makes none.
const CALLS: u32 = 500;

/// What asks the host, by what the host does. `main(n)` does it `n` times.
const CALLERS: [(&str, &str); 3] = [
    // The loop alone, so that the others can be compared with it.
    ("call_nothing", "function main(n) { const f = () => 0; for (let i = 0; i < n; i++) f(); }"),
    ("call_log", "function main(n) { const f = () => console.debug('x'); for (let i = 0; i < n; i++) f(); }"),
    (
        "call_wait",
        "async function main(n) { const f = () => new Promise((go) => setTimeout(go, 0)); for (let i = 0; i < n; i++) await f(); }",
    ),
];

/// One for each kind of call: CPU time of one call, its JavaScript included.
pub fn subjects() -> Result<Vec<Subject>> {
    let lab = Rc::new(Lab::new()?);
    CALLERS.into_iter().map(|(name, source)| caller(name, source, CALLS, Rc::clone(&lab))).collect()
}

pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    bench.subjects(Unit::Microseconds, subjects()?)
}

/// What one call costs of a script's `main(n)` that makes `n`, by so many calls a sample.
pub(crate) fn caller(name: &'static str, source: &str, calls: u32, lab: Rc<Lab>) -> Result<Subject> {
    let request = |calls: u32| RunRequest { input: serde_json::json!(calls).into(), ..RunRequest::new(source) };
    let (none, all) = (request(0), request(calls));
    lab.image(&none)?;
    Ok(Subject::timing_itself(name, Clock::Cpu, move || {
        let time = |request: &RunRequest| {
            let started = ThreadTime::now();
            lab.returns(request).map(|_| started.elapsed())
        };
        let idle = time(&none)?;
        let cpu = time(&all)?.saturating_sub(idle) / calls;
        Ok(Sample { cpu, ..Sample::default() })
    }))
}
