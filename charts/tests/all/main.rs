//! The generator on Ampoule's own manifest, and on wrong ones.

mod contract;
mod golden;
mod helm;
mod knobs;
mod objects;
mod reach;
mod refused;

use std::path::{Path, PathBuf};

use ampoule_charts::{Plan, Problems};

/// This crate's folder.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// Text of Ampoule's own manifest.
fn manifest() -> String {
    std::fs::read_to_string(folder().join("platforms/ampoule.yaml")).unwrap()
}

/// Ampoule's own plan.
fn plan() -> Plan {
    ampoule_charts::read("ampoule.yaml", &manifest()).unwrap_or_else(|problems| panic!("{problems}"))
}

/// The manifest with one text replaced by another.
fn changed(from: &str, to: &str) -> Result<Plan, Problems> {
    let text = manifest();
    assert!(text.contains(from), "the manifest no longer has {from:?}");
    ampoule_charts::read("ampoule.yaml", &text.replacen(from, to, 1))
}
