//! What does the web's common API cost?
//!
//! Our guest beside one that is built without it; then what the first use of each part costs a script that has no image.

use std::fs;

use ampoule_engine::{Mode, RunRequest};
use anyhow::{Context as _, Result};

use crate::{
    Bench, Clock, Lab, Subject, Unit, density, eval,
    guests::{self, Variant},
    start,
};

/// What the build leaves of a guest: as Wasm with all of its names, as machine code, and the memory that sandboxes begin with.
const FILES: [(&str, &str); 3] = [("wasm_mib", "guest.wasm"), ("machine_code_mib", "code.cwasm"), ("image_mib", "image.bin")];

/// A global of each part that can be touched without any grant.
const PARTS: [&str; 9] =
    ["performance", "EventTarget", "URL", "URLPattern", "TextDecoder", "ReadableStream", "CompressionStream", "Response", "crypto"];

pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    bench.measuring("guest", 0.0);
    let guests = [("", Variant::Whole), ("_without", Variant::WithoutWeb)]
        .map(|(suffix, variant)| Ok((suffix, guests::build(variant, &bench.peers_dir)?)))
        .into_iter()
        .collect::<Result<Vec<_>>>()?;
    for (suffix, folder) in &guests {
        for (name, file) in FILES {
            let path = folder.join(file);
            let bytes = fs::metadata(&path).with_context(|| path.display().to_string())?.len();
            bench.record(format!("{name}{suffix}"), Unit::Mebibytes, vec![bytes as f64 / f64::from(1 << 20)]);
        }
    }

    let count = if bench.effort.quick { 64 } else { 256 };
    let mut held = [Vec::new(), Vec::new()];
    for _ in 0..bench.effort.rounds {
        for ((_, folder), held) in guests.iter().zip(&mut held) {
            held.push(density::kib_each_of(bench, count, folder)?);
        }
    }
    for ((suffix, _), held) in guests.iter().zip(held) {
        bench.record(format!("density_kib{suffix}"), Unit::Kibibytes, held);
    }

    let mut subjects = Vec::new();
    for (suffix, folder) in &guests {
        let folder = folder.clone();
        subjects.push(start::until_first_run(&format!("start{suffix}"), move || Lab::of_build(&folder)));
    }
    bench.subjects(Unit::Milliseconds, subjects)?;
    let mut subjects = Vec::new();
    for (suffix, folder) in &guests {
        subjects.push(run(&format!("eval{suffix}"), Lab::of_build(folder)?, eval()));
    }
    for global in PARTS {
        let request = RunRequest { mode: Mode::Evaluate, ..RunRequest::new(format!("typeof {global}")) };
        subjects.push(run(&format!("first_{global}"), Lab::of_build(&guests[0].1)?, request));
    }
    bench.subjects(Unit::Microseconds, subjects)
}

fn run(name: &str, lab: Lab, request: RunRequest) -> Subject {
    Subject::new(name, Clock::Wall, move || lab.returns(&request).map(drop))
}
