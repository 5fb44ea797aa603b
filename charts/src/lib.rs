//! The platform generator: one typed manifest in; Helm charts, policies, cloud access, monitoring and runbooks out.
//!
//! A pipeline of pure functions, a stage a file:
//!
//! 1. `source` reads YAML into a value that knows its lines,
//! 2. `structure` compares it with the JSON Schema of [`manifest`],
//! 3. `check` looks at what must hold between the parts; all that is wrong is told at once, as [`Problems`],
//! 4. [`plan`] resolves every name,
//! 5. [`render()`] makes files of the plan: objects are [`tree::Tree`]s with [knobs](knob), printed as templates,
//! 6. [`lock`] keeps the hash of each file, and names those that drifted.
//!
//! Beside it: [`Plan::reach`] says who may reach whom and [`svg`] draws it, [`diff()`] compares two platforms, [`probes`] is what a live place is asked.
//!
//! Nothing here reads a clock, the environment or the network: the same manifest always gives the same bytes.

#![forbid(unsafe_code)]

mod check;
mod diff;
mod graph;
pub mod knob;
pub mod lock;
pub mod manifest;
pub mod plan;
mod problem;
mod reach;
pub mod render;
mod source;
mod structure;
pub mod tree;
mod yaml;

use crate::source::Source;
pub use crate::{
    diff::{Difference, diff},
    graph::svg,
    manifest::{Manifest, schema},
    plan::Plan,
    problem::{Problem, Problems},
    reach::Answer,
    render::{Ask, Files, Need, Probe, probes, render},
};

/// Reads a manifest and resolves it. `file` is its name in messages.
pub fn read(file: &str, text: &str) -> Result<Plan, Problems> {
    let all = |mut problems: Vec<Problem>| {
        problems.sort();
        problems.dedup();
        Problems { file: file.to_owned(), problems }
    };
    let (source, mut problems) = Source::parse(text).map_err(|problem| all(vec![problem]))?;
    let mut value = source.value.clone();
    problems.extend(structure::check(&source, &schema(), &mut value));
    // Keys that are not known were taken out, so that the rest can still be looked at.
    match serde_json::from_value::<Manifest>(value) {
        Ok(manifest) => {
            problems.extend(check::check(&manifest, &source));
            if problems.is_empty() {
                return Ok(plan::build(&manifest, check::lint(&manifest, &source)));
            }
        }
        // The schema and serde are made from the same types: what serde refuses was told above.
        Err(error) if problems.is_empty() => problems.push(source.problem("", error.to_string())),
        Err(_) => {}
    }
    Err(all(problems))
}
