//! Values of profiles belong to knobs that are there, and fit them.

use super::Check;
use crate::{plan, problem::suggestion};

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (name, profile) in &manifest.profiles {
        let knobs = plan::knobs(manifest, manifest.chart_of(profile.chart.as_ref()));
        for (path, value) in &profile.values {
            let key = format!("profiles.{name}.values.{path}");
            match knobs.get(path) {
                None => {
                    check.tell(key, format!("there is no knob `{path}`{}", suggestion(path, knobs.iter().map(|knob| knob.path.as_str()))))
                }
                Some(knob) => {
                    if let Some(reason) = knob.refuses(value) {
                        check.tell(key, reason);
                    }
                }
            }
        }
    }
}
