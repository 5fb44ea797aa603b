//! Names, and what each kind of component has and has not.

use super::Check;
use crate::manifest::{Component, Kind};

/// Longest name of a Kubernetes object that others are named after.
const MAX_LABEL: usize = 63;

pub(super) fn check(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let install = &manifest.install;
    for (key, name) in [("install.name", &install.name), ("install.namespace", &install.namespace)] {
        label(check, key, name);
    }
    if install.version.split('.').count() != 3 || install.version.split('.').any(|part| part.parse::<u32>().is_err()) {
        check.tell("install.version", format!("`{}` is no version; write it like 1.2.3", install.version));
    }
    if install.kubernetes.is_empty() {
        check.tell("install.kubernetes", "names no version; write those that you test, such as [\"1.30\"]");
    }
    let minors: Vec<_> =
        install.kubernetes.iter().map(|version| version.strip_prefix("1.").and_then(|minor| minor.parse::<u32>().ok())).collect();
    for (index, minor) in minors.iter().enumerate() {
        if minor.is_none() {
            check.tell(
                format!("install.kubernetes[{index}]"),
                format!("`{}` is no version; write it like \"1.30\"", install.kubernetes[index]),
            );
        }
    }
    if !minors.is_sorted() {
        check.tell("install.kubernetes", "must begin with the oldest version");
    }
    let named = [
        ("images", manifest.images.keys().collect::<Vec<_>>()),
        ("hosts", manifest.hosts.keys().collect()),
        ("components", manifest.components.keys().collect()),
        ("service_accounts", manifest.service_accounts.keys().collect()),
        ("secrets", manifest.secrets.keys().collect()),
        ("profiles", manifest.profiles.keys().collect()),
        ("charts", manifest.charts.keys().collect()),
        ("volumes", manifest.volumes.keys().collect()),
        ("buckets", manifest.buckets.keys().collect()),
        ("stages", manifest.stages.keys().collect()),
        ("procedures", manifest.procedures.keys().collect()),
        ("dashboards", manifest.dashboards.keys().collect()),
    ];
    for (concept, names) in named {
        for name in names {
            label(check, &format!("{concept}.{name}"), name);
            let object = format!("{}-{name}", manifest.chart_of(None));
            if object.len() > MAX_LABEL {
                check.tell(format!("{concept}.{name}"), format!("`{object}` is longer than {MAX_LABEL} characters; choose a shorter name"));
            }
        }
    }
    for (name, dashboard) in &manifest.dashboards {
        for (index, panel) in dashboard.panels.iter().enumerate() {
            let key = format!("dashboards.{name}.panels[{index}]");
            // Queries of a panel are lettered.
            if panel.queries.is_empty() || panel.queries.len() > 26 {
                check.tell(format!("{key}.queries"), format!("{} queries; a panel has 1 to 26", panel.queries.len()));
            }
        }
    }
    for (name, component) in &manifest.components {
        of_component(check, &format!("components.{name}"), component);
    }
}

fn label(check: &mut Check<'_>, key: &str, name: &str) {
    let inner = name.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-');
    if name.is_empty() || !inner || name.starts_with('-') || name.ends_with('-') || !name.starts_with(|c: char| c.is_ascii_lowercase()) {
        check.tell(key, format!("`{name}` is no DNS label; use a-z, 0-9 and -, beginning with a letter"));
    }
}

fn of_component(check: &mut Check<'_>, key: &str, component: &Component) {
    let kind = component.kind;
    let ours = kind.installed();
    let served = matches!(kind, Kind::Deployment | Kind::StatefulSet);
    let listens = !matches!(kind, Kind::Test | Kind::Job | Kind::CronJob | Kind::Cluster);
    // (member, is it there, may it be, must it be)
    let members = [
        ("pods", component.pods.is_some(), kind == Kind::External, kind == Kind::External),
        ("host", component.host.is_some(), kind == Kind::Host, kind == Kind::Host),
        ("schedule", component.schedule.is_some(), kind == Kind::CronJob, kind == Kind::CronJob),
        ("release", component.release.is_some(), kind == Kind::Release, kind == Kind::Release),
        ("image", component.image.is_some(), ours, ours),
        ("command", !component.command.is_empty(), ours, false),
        ("resources", component.resources.is_some(), ours, ours),
        ("service_account", component.service_account.is_some(), ours, ours),
        ("chart", component.chart.is_some(), ours, false),
        ("variant", component.variant.is_some(), ours, false),
        ("stands_for", component.stands_for.is_some(), served, false),
        ("instance", component.instance.is_some(), ours, false),
        ("secret_env", !component.secret_env.is_empty(), ours, false),
        ("volumes", !component.volumes.is_empty(), ours, false),
        ("scratch", !component.scratch.is_empty(), ours, false),
        ("env", !component.env.is_empty(), ours, false),
        ("knobs", !component.knobs.is_empty(), ours, false),
        ("files", !component.files.is_empty(), ours, false),
        ("ports", !component.ports.is_empty(), listens, false),
        ("storage", component.storage.is_some(), kind == Kind::StatefulSet, kind == Kind::StatefulSet),
        ("scaling", component.scaling.is_some(), kind == Kind::Deployment, false),
        ("disruption", component.disruption.is_some(), kind == Kind::Deployment, false),
        ("isolation", component.isolation.is_some(), ours, false),
        ("stop_within", component.stop_within.is_some(), served, false),
        ("scrape", component.scrape.is_some(), served, false),
        ("probes", component.probes.live.is_some() || component.probes.ready.is_some(), served, false),
    ];
    let kind = format!("{kind:?}").to_lowercase();
    for (member, there, may, must) in members {
        if there && !may {
            check.tell(format!("{key}.{member}"), format!("means nothing for kind {kind}; take it away"));
        } else if must && !there {
            check.tell(key, format!("kind {kind} needs `{member}`"));
        }
    }
    if component.schedule.as_ref().is_some_and(|schedule| schedule.split_whitespace().count() != 5) {
        check.tell(format!("{key}.schedule"), "has five fields: minute, hour, day of the month, month, day of the week");
    }
    for (name, port) in &component.ports {
        let twin =
            component.ports.iter().find(|(other, twin)| *other < name && twin.number == port.number && twin.protocol == port.protocol);
        if let Some((other, _)) = twin {
            let (number, protocol) = (port.number, port.protocol.as_str());
            check.tell(format!("{key}.ports.{name}"), format!("{number}/{protocol} is `{other}` already; use that name"));
        }
        if let Some(switch) = &port.when
            && check.declared(&format!("{key}.ports.{name}.when"), "knob", switch, &component.knobs)
            && !component.knobs[switch].default.is_boolean()
        {
            check.tell(format!("{key}.ports.{name}.when"), format!("`{switch}` is no switch; its default is neither true nor false"));
        }
        // Kubernetes: IANA_SVC_NAME.
        if name.len() > 15 {
            check.tell(format!("{key}.ports.{name}"), "a port's name has at most 15 characters");
        }
    }
    for (name, knob) in &component.knobs {
        let at = format!("{key}.knobs.{name}");
        match (knob.default.as_i64(), knob.min.zip(knob.max)) {
            (Some(default), Some((min, max))) if !(min..=max).contains(&default) => {
                check.tell(format!("{at}.default"), format!("{default} is not from {min} to {max}"));
            }
            (Some(_), None) => check.tell(&at, "is an integer and needs `min` and `max`"),
            (None, _) if !knob.default.is_boolean() && !knob.default.is_object() && !knob.default.is_string() => {
                check.tell(format!("{at}.default"), format!("`{}` is no integer, no text, no map, neither true nor false", knob.default));
            }
            _ if knob.default.is_string() != knob.pattern.is_some() => {
                check.tell(&at, if knob.pattern.is_some() { "is no text: take `pattern` away" } else { "is a text and needs `pattern`" });
            }
            (None, _) if knob.min.is_some() || knob.max.is_some() => check.tell(&at, "is no integer: take `min` and `max` away"),
            _ => {}
        }
    }
    if let Some(scaling) = &component.scaling {
        if scaling.min > scaling.max || scaling.min < 0 {
            check.tell(format!("{key}.scaling"), format!("min {} to max {} is no range", scaling.min, scaling.max));
        }
        if scaling.per_replica < 1 {
            check.tell(format!("{key}.scaling.per_replica"), "must be at least 1");
        }
    }
    let folders = component.scratch.iter().chain(component.volumes.values().map(|mount| &mount.path));
    for path in folders.filter(|path| !path.starts_with('/')) {
        check.tell(key, format!("`{path}` is mounted, and is not the absolute path of a folder"));
    }
    for path in component.files.keys().filter(|path| !path.starts_with('/') || path.ends_with('/')) {
        check.tell(format!("{key}.files.{path}"), "must be the absolute path of a file");
    }
}
