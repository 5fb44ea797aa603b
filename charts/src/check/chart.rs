//! Charts that depend on each other, their variants, and what they share.

use super::Check;
use crate::{
    manifest::{Component, Kind},
    plan::DEFAULT,
    problem::suggestion,
};

pub(super) fn check(check: &mut Check<'_>) {
    charts(check);
    members(check);
}

fn charts(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (name, chart) in &manifest.charts {
        let key = format!("charts.{name}");
        for (index, other) in chart.depends_on.iter().enumerate() {
            check.declared(&format!("{key}.depends_on[{index}]"), "chart", other, &manifest.charts);
        }
        if !chart.variants.is_empty() && !chart.variants.contains_key(DEFAULT) {
            check.tell(format!("{key}.variants"), "has no `default`, which is what one gets without choosing");
        }
    }
    let order = manifest.install_order();
    for (index, (name, chart)) in order.iter().enumerate() {
        if let Some(later) = chart.depends_on.iter().find(|other| order[index..].iter().any(|(later, _)| later == *other)) {
            check.tell(format!("charts.{name}.depends_on"), format!("`{name}` and `{later}` wait for each other; one must come first"));
        }
    }
}

/// What says in which chart and variant it is.
fn members(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let components = manifest.components.iter().filter(|(_, component)| component.kind.installed());
    let accounts = manifest.service_accounts.iter().map(|(name, account)| (format!("service_accounts.{name}"), &account.chart));
    let volumes = manifest.volumes.iter().map(|(name, volume)| (format!("volumes.{name}"), &volume.chart));
    let profiles = manifest.profiles.iter().map(|(name, profile)| (format!("profiles.{name}"), &profile.chart));
    let all = components.clone().map(|(name, component)| (format!("components.{name}"), &component.chart));
    for (key, chart) in all.chain(accounts).chain(volumes).chain(profiles) {
        match chart {
            Some(chart) if manifest.charts.is_empty() => {
                check.tell(format!("{key}.chart"), format!("there is one chart only; take `{chart}` away"))
            }
            Some(chart) => {
                check.declared(&format!("{key}.chart"), "chart", chart, &manifest.charts);
            }
            None if manifest.charts.len() > 1 => {
                check.tell(
                    &key,
                    format!("is part of no chart; write `chart`{}", suggestion("", manifest.charts.keys().map(String::as_str))),
                );
            }
            None => {}
        }
    }
    for (name, component) in components {
        let chart = manifest.charts.get(manifest.chart_of(component.chart.as_ref()));
        if let (Some(variant), Some(chart)) = (&component.variant, chart) {
            check.declared(&format!("components.{name}.variant"), "variant", variant, &chart.variants);
        }
        if let Some(other) = &component.stands_for
            && check.declared(&format!("components.{name}.stands_for"), "component", other, &manifest.components)
        {
            let twin = &manifest.components[other];
            let ports = |component: &Component| component.ports.iter().map(|(name, port)| (name.clone(), port.number)).collect::<Vec<_>>();
            if component.variant.is_none() || component.variant == twin.variant || twin.variant.is_none() {
                check.tell(
                    format!("components.{name}.stands_for"),
                    format!("each of `{name}` and `{other}` needs a `variant` of its own, or both would be there"),
                );
            }
            if ports(component) != ports(twin) {
                check.tell(format!("components.{name}.ports"), format!("must be those of `{other}`, whose place it takes"));
            }
        }
        if let Some(account) = component.service_account.as_ref().and_then(|account| manifest.service_accounts.get(account))
            && manifest.chart_of(account.chart.as_ref()) != manifest.chart_of(component.chart.as_ref())
        {
            check.tell(format!("components.{name}.service_account"), "is an account of another chart; each chart has its own");
        }
        for volume in component.volumes.keys() {
            let maker = manifest.volumes.get(volume).map(|volume| manifest.chart_of(volume.chart.as_ref()));
            let chart_name = manifest.chart_of(component.chart.as_ref());
            if let (Some(maker), Some(chart)) = (maker, chart)
                && maker != chart_name
                && !chart.depends_on.iter().any(|before| before == maker)
            {
                let message =
                    format!("is made by {maker}, which need not be there before {chart_name}; add it to charts.{chart_name}.depends_on");
                check.tell(format!("components.{name}.volumes.{volume}"), message);
            }
        }
    }
    let clusters: Vec<_> = manifest.components.iter().filter(|(_, component)| component.kind == Kind::Cluster).collect();
    if let [_, (second, _), ..] = &clusters[..] {
        check.tell(format!("components.{second}.kind"), "all that is not isolated has a name already; one is enough");
    }
}
