//! The generator on the manifests of this repository, and on wrong ones.

mod calico;
mod contract;
mod expect;
mod explain;
mod golden;
mod helm;
mod knobs;
mod objects;
mod procedures;
mod reach;
mod refused;
mod shape;
mod stages;
mod twinit;
mod vectors;

use std::path::{Path, PathBuf};

use ampoule_charts::{Plan, Problems, plan::Chart};

/// This crate's folder.
fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).to_owned()
}

/// The manifests that are committed, each with its rendered output.
const PLATFORMS: [&str; 2] = ["ampoule", "twinit"];

/// Text of a platform's manifest.
fn manifest_of(platform: &str) -> String {
    std::fs::read_to_string(folder().join(format!("platforms/{platform}.yaml"))).unwrap()
}

/// A platform's plan.
fn plan_of(platform: &str) -> Plan {
    ampoule_charts::read(&format!("{platform}.yaml"), &manifest_of(platform)).unwrap_or_else(|problems| panic!("{problems}"))
}

/// Text of Ampoule's own manifest.
fn manifest() -> String {
    manifest_of("ampoule")
}

/// Ampoule's own plan.
fn plan() -> Plan {
    plan_of("ampoule")
}

/// The one chart of Ampoule's own plan.
fn chart() -> Chart {
    plan().charts.remove(0)
}

/// The manifest with one text replaced by another.
fn changed(from: &str, to: &str) -> Result<Plan, Problems> {
    let text = manifest();
    assert!(text.contains(from), "the manifest no longer has {from:?}");
    ampoule_charts::read("ampoule.yaml", &text.replacen(from, to, 1))
}
