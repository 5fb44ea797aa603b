//! Values of profiles belong to knobs that are there, and fit them.

use std::collections::BTreeMap;

use serde_json::Value;

use super::Check;
use crate::{knob::Knobs, plan, problem::suggestion};

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (name, profile) in &manifest.profiles {
        let knobs = plan::knobs(manifest, manifest.chart_of(profile.chart.as_ref()));
        fit(check, &format!("profiles.{name}.values"), &knobs, &profile.values);
    }
}

/// Values by the path of their knob.
pub(super) fn fit(check: &mut Check<'_>, at: &str, knobs: &Knobs, values: &BTreeMap<String, Value>) {
    for (path, value) in values {
        let key = format!("{at}.{path}");
        match knobs.get(path) {
            None => check.tell(key, format!("there is no knob `{path}`{}", suggestion(path, knobs.iter().map(|knob| knob.path.as_str())))),
            Some(knob) => {
                if let Some(reason) = knob.refuses(value) {
                    check.tell(key, reason);
                }
            }
        }
    }
}
