//! How do others compare, here and now?
//!
//! Each peer is a process that makes a fresh sandbox for every job, as we do. All take turns within the same minute, so that whatever else
//! the machine does disturbs all of them; only the ratios mean something on another machine.

use std::fmt::Write as _;

use ampoule_protocol::Outcome;
use anyhow::{Context as _, Result};

use crate::{Bench, Figure, Lab, Suite, Unit, density, eval, job, report::number};

pub(crate) mod packages;
mod peer;

use peer::{PEERS, Peer, Running};

/// Our name among them.
const OURS: &str = "ampoule";
/// What is compared by time.
const CASES: [&str; 2] = ["eval", "job"];
/// Sandboxes that are alive at once when memory is compared.
const LIVE: usize = 50;
/// One peer's turn.
const TURN_MS: u64 = 400;

/// Installs, measures in turns, and keeps figures named `eval/<peer>`, `job/<peer>` and `density/<peer>`.
pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    let scripts = peer::write_scripts(&bench.peers_dir)?;
    let peers_dir = bench.peers_dir.clone();
    let start = |peer: &Peer| Running::start(peer, &peers_dir, &scripts);
    // Memory first, each in a process that did nothing else: later, sandboxes would be made from memory that others left.
    let kib = density::kib_each(bench, LIVE)?;
    bench.record(format!("density/{OURS}"), Unit::Kibibytes, vec![kib]);
    let mut entrants = Vec::new();
    for (index, peer) in PEERS.iter().enumerate() {
        bench.measuring(&format!("installing {}", peer.name), index as f64 / PEERS.len() as f64 / 2.0);
        let entered = start(peer).and_then(|mut running| running.density(LIVE)).and_then(|kib| Ok((kib, start(peer)?)));
        match entered {
            Ok((kib, running)) => {
                bench.record(format!("density/{}", peer.name), Unit::Kibibytes, vec![kib]);
                entrants.push(Entrant { peer, running, times: [Vec::new(), Vec::new()] });
            }
            Err(error) => bench.skip(peer.name, format!("{error:#}")),
        }
    }

    let mut ours = Ours::new()?;
    let rounds = bench.effort.rounds;
    for round in 0..rounds {
        bench.measuring("eval, job", 0.5 + 0.5 * round as f64 / rounds as f64);
        for (case, name) in CASES.into_iter().enumerate() {
            let value = ours.time(case)?;
            let mut index = 0;
            while let Some(entrant) = entrants.get_mut(index) {
                match entrant.time(case, name, &value) {
                    Ok(()) => index += 1,
                    Err(error) => bench.skip(entrants.remove(index).peer.name, format!("{error:#}")),
                }
            }
        }
    }

    for (case, name) in CASES.into_iter().enumerate() {
        bench.record(format!("{name}/{OURS}"), Unit::Microseconds, std::mem::take(&mut ours.times[case]));
        for entrant in &mut entrants {
            bench.record(format!("{name}/{}", entrant.peer.name), Unit::Microseconds, std::mem::take(&mut entrant.times[case]));
        }
    }
    bench.peers = entrants.into_iter().map(|entrant| (entrant.peer.name, entrant.running.version.clone())).collect();
    Ok(())
}

/// The figures of the side-by-side as a table with ratios: how many times ours the others take. Empty where there are none.
pub fn table(figures: &[Figure]) -> String {
    let figures: Vec<_> = figures.iter().filter(|figure| figure.suite == Suite::SideBySide.as_str()).collect();
    let mut text = String::new();
    for case in CASES.into_iter().chain(["density"]) {
        let of_case: Vec<_> =
            figures.iter().filter_map(|figure| Some((figure.name.strip_prefix(case)?.strip_prefix('/')?, *figure))).collect();
        let Some((_, ours)) = of_case.iter().find(|(name, _)| *name == OURS) else { continue };
        let _ = writeln!(text, "{case:30}  {:>10}  {:>10}  {:5}  {:>8}", "p50", "p99", "unit", "× ours");
        for (name, figure) in &of_case {
            let (p50, p99, ratio) = (number(figure.p50), number(figure.p99), number(figure.p50 / ours.p50));
            let _ = writeln!(text, "  {name:28}  {p50:>10}  {p99:>10}  {:5}  {ratio:>8}", figure.unit.as_str());
        }
        let best = of_case
            .iter()
            .filter(|(name, _)| PEERS.iter().any(|peer| peer.own_instance && peer.name == *name))
            .map(|(_, figure)| figure.p50);
        let best = best.fold(f64::INFINITY, f64::min);
        if best.is_finite() {
            let _ = writeln!(text, "  ours ÷ best peer with a Wasm instance for each job: {}", number(ours.p50 / best));
        }
    }
    text
}

/// A peer that takes part.
struct Entrant {
    peer: &'static Peer,
    running: Running,
    times: [Vec<f64>; CASES.len()],
}

impl Entrant {
    fn time(&mut self, case: usize, name: &str, expected: &str) -> Result<()> {
        let (times, value) = self.running.time(name, TURN_MS)?;
        anyhow::ensure!(value == expected, "{name} gives {value} instead of {expected}");
        self.times[case].extend(times);
        Ok(())
    }
}

/// Our own part: `eval` without, `job` with an image.
struct Ours {
    labs: [Lab; CASES.len()],
    times: [Vec<f64>; CASES.len()],
}

impl Ours {
    fn new() -> Result<Self> {
        let labs = [Lab::without_images()?, Lab::new()?];
        labs[1].image(&job())?;
        Ok(Self { labs, times: Default::default() })
    }

    fn time(&mut self, case: usize) -> Result<String> {
        let (lab, request) = (&self.labs[case], if case == 0 { eval() } else { job() });
        let turn = std::time::Instant::now();
        let mut value = None;
        while turn.elapsed().as_millis() < u128::from(TURN_MS) {
            let started = std::time::Instant::now();
            let report = lab.returns(&request)?;
            self.times[case].push(Unit::Microseconds.of(started.elapsed()));
            if let Outcome::Returned { value: returned } = report.outcome {
                value = Some(returned.as_str().to_owned());
            }
        }
        value.context("no run in a whole turn")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn table_gives_ratios_and_the_best_wasm_peer() {
        let figure = |name: &str, p50| Figure::new("side-by-side", name, Unit::Microseconds, vec![p50]);
        let figures = [
            figure("eval/ampoule", 10.0),
            figure("eval/isolated-vm", 5.0),
            figure("eval/wasmtime-quickjs", 200.0),
            figure("eval/quickjs-emscripten-instance", 100.0),
        ];
        let table = table(&figures);
        assert!(table.contains("0.500") && table.contains("20.0"), "{table}");
        assert!(table.ends_with("ours ÷ best peer with a Wasm instance for each job: 0.100\n"), "{table}");
    }
}
