//! Did the guest's work change, noise aside?
//!
//! Fuel is the same wherever the same engine runs the same script, so it can be committed and compared to the last unit.

use std::{collections::BTreeMap, path::Path};

use ampoule_engine::RunRequest;
use anyhow::Result;
use serde::{Deserialize, Serialize};

use crate::{Lab, committed, eval, job, programs};

/// The command that writes the file anew.
pub const REFRESH: &str = "cargo run -p ampoule -- bench figures --write";

/// The committed file, from the top of the repository.
pub const PATH: &str = "benches/figures.json";

/// What runs burn, by name.
#[derive(Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Figures {
    /// Identity of the engine that they were measured on. Another engine may well burn the same.
    pub engine: String,
    /// By subject: `eval`, `job`, and `cpu/<file>` with its small work.
    pub runs: BTreeMap<String, Burnt>,
}

/// Fuel of one run, and what it returned.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Burnt {
    /// Of parsing the script and running its top level.
    pub load_fuel: u64,
    /// Of the call.
    pub fuel: u64,
    /// The returned JSON.
    pub value: String,
}

impl Figures {
    /// Runs everything once.
    pub fn measure() -> Result<Self> {
        let lab = Lab::without_images()?;
        let programs = programs::SUITE.iter().map(|program| (format!("cpu/{}", program.name), program.request(true)));
        let all = [("eval".to_owned(), eval()), ("job".to_owned(), job())].into_iter().chain(programs);
        let runs = all.map(|(name, request)| Ok((name, burn(&lab, &request)?))).collect::<Result<_>>()?;
        Ok(Self { engine: lab.engine.id().to_owned(), runs })
    }

    /// Reads a committed file.
    pub fn read(path: &Path) -> Result<Self> {
        committed::read(path, "figures")
    }

    /// Writes the file.
    pub fn write(&self, path: &Path) -> Result<()> {
        committed::write(self, path)
    }

    /// What differs from the committed figures, a line for each; in front, which engines, if not the same.
    pub fn differences(&self, committed: &Self) -> Vec<String> {
        let mut lines = Vec::new();
        for name in committed.runs.keys().chain(self.runs.keys().filter(|name| !committed.runs.contains_key(*name))) {
            match (committed.runs.get(name), self.runs.get(name)) {
                (Some(was), Some(is)) => {
                    lines.extend(change(&format!("{name}: load_fuel"), was.load_fuel, is.load_fuel));
                    lines.extend(change(&format!("{name}: fuel"), was.fuel, is.fuel));
                    if was.value != is.value {
                        lines.push(format!("{name}: returned {} → {}", was.value, is.value));
                    }
                }
                (was, _) => lines.push(format!("{name}: {}", if was.is_some() { "gone" } else { "new" })),
            }
        }
        if !lines.is_empty() && self.engine != committed.engine {
            lines.insert(0, format!("engine: {} → {}", committed.engine, self.engine));
        }
        lines
    }
}

fn change(what: &str, was: u64, is: u64) -> Option<String> {
    let percent = 100.0 * (is as f64 / was.max(1) as f64 - 1.0);
    (was != is).then(|| format!("{what} {was} → {is} ({percent:+.2} %)"))
}

fn burn(lab: &Lab, request: &RunRequest) -> Result<Burnt> {
    let report = lab.returns(request)?;
    let value = match report.outcome {
        ampoule_protocol::Outcome::Returned { value } => value.as_str().to_owned(),
        _ => String::new(),
    };
    Ok(Burnt { load_fuel: report.usage.load_fuel, fuel: report.usage.fuel, value })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn figures(engine: &str, runs: &[(&str, u64)]) -> Figures {
        let burnt = |fuel| Burnt { load_fuel: 1, fuel, value: "2".to_owned() };
        Figures { engine: engine.to_owned(), runs: runs.iter().map(|(name, fuel)| ((*name).to_owned(), burnt(*fuel))).collect() }
    }

    #[test]
    fn differences_name_what_changed() {
        let committed = figures("a", &[("eval", 100), ("gone", 1)]);
        assert!(committed.differences(&committed).is_empty());
        assert!(figures("b", &[("eval", 100), ("gone", 1)]).differences(&committed).is_empty());
        let now = figures("b", &[("eval", 101), ("new", 1)]);
        assert_eq!(now.differences(&committed), ["engine: a → b", "eval: fuel 100 → 101 (+1.00 %)", "gone: gone", "new: new"]);
    }
}
