//! Stages on the way to production, and who follows them.

use super::Check;
use crate::{knob::key, manifest::Stage, plan, problem::suggestion};

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    match &manifest.gitops {
        None if !manifest.stages.is_empty() => {
            check.tell("stages", "nobody follows them: say in `gitops` who does, and from which repository")
        }
        Some(_) if manifest.stages.is_empty() => check.tell("gitops", "there is no stage to follow; write at least one under `stages`"),
        Some(gitops) if gitops.argocd.is_none() && gitops.flux.is_none() => {
            check.tell("gitops", "names nobody who follows; add `argocd` or `flux`")
        }
        _ => {}
    }
    for (name, stage) in &manifest.stages {
        for (other, twin) in manifest.stages.iter().filter(|(other, _)| *other < name) {
            if twin.order == stage.order {
                check.tell(
                    format!("stages.{name}.order"),
                    format!("{} is that of `{other}` already; one comes before the other", stage.order),
                );
            }
            if twin.branch == stage.branch {
                let message = format!("`{}` is that of `{other}` already: what is tried there would be here at once", stage.branch);
                check.tell(format!("stages.{name}.branch"), message);
            }
        }
        values(check, name, stage);
        registries(check, name, stage);
    }
}

fn values(check: &mut Check<'_>, name: &str, stage: &Stage) {
    let manifest = check.manifest;
    let charts: std::collections::BTreeMap<_, _> = manifest.install_order().into_iter().collect();
    for (chart, profile) in &stage.profiles {
        let key = format!("stages.{name}.profiles.{chart}");
        if check.declared(&key, "chart", chart, &charts)
            && check.declared(&key, "profile", profile, &manifest.profiles)
            && manifest.chart_of(manifest.profiles[profile].chart.as_ref()) != chart
        {
            check.tell(key, format!("`{profile}` is a profile of another chart"));
        }
    }
    for (chart, values) in &stage.values {
        if check.declared(&format!("stages.{name}.values.{chart}"), "chart", chart, &charts) {
            super::profile::fit(check, &format!("stages.{name}.values.{chart}"), &plan::knobs(manifest, chart), values);
        }
    }
}

/// Where images come from in this stage: as its values say, else as the manifest does.
fn registries(check: &mut Check<'_>, name: &str, stage: &Stage) {
    if stage.registries.is_empty() {
        return;
    }
    for (image, about) in &check.manifest.images {
        let knob = format!("images.{}.repository", key(image));
        let set = stage.values.iter().find_map(|(chart, values)| Some((chart, values.get(&knob)?.as_str()?)));
        let repository = set.map_or(about.repository.as_str(), |(_, repository)| repository);
        let from = |registry: &String| repository == registry || repository.starts_with(&format!("{registry}/"));
        if !stage.registries.iter().any(from) {
            let at = set.map_or(format!("images.{image}.repository"), |(chart, _)| format!("stages.{name}.values.{chart}.{knob}"));
            let known = suggestion("", stage.registries.iter().map(String::as_str));
            check.tell(at, format!("`{repository}` may not be used in stage {name}{known}"));
        }
    }
}
