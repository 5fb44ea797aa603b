//! Connections and isolation: what is isolated is opened by its own list only, and what needs a connection has one.

use super::Check;
use crate::{
    manifest::{Env, EnvSource, Kind},
    problem::suggestion,
};

pub(super) fn check(check: &mut Check<'_>) {
    connections(check);
    isolation(check);
    needs(check);
}

fn connections(check: &mut Check<'_>) {
    let manifest = check.manifest;
    let components = &manifest.components;
    for (index, connection) in manifest.connections.iter().enumerate() {
        let (from, to) = (&connection.from, &connection.to);
        let key = format!("connections[{index}]");
        let from_there = check.declared(&format!("{key}.from"), "component", from, components);
        let to_there = check.declared(&format!("{key}.to"), "component", to, components);
        if to_there {
            for (at, port) in connection.ports.iter().enumerate() {
                if !components[to].ports.contains_key(port) {
                    let known = suggestion(port, components[to].ports.keys().map(String::as_str));
                    check.tell(format!("{key}.ports[{at}]"), format!("component `{to}` has no port `{port}`{known}"));
                }
            }
        }
        if connection.ports.is_empty() {
            check.tell(format!("{key}.ports"), "names no port; a connection without ports would open all");
        }
        if let Some(first) = manifest.connections[..index].iter().position(|other| other.from == *from && other.to == *to) {
            check.tell(&key, format!("{from} → {to} is connections[{first}] already; add the ports there"));
        }
        if !from_there || !to_there {
            continue;
        }
        if components[from].kind == Kind::External && components[to].kind == Kind::External {
            check.tell(&key, format!("neither `{from}` nor `{to}` is installed here; nothing can be done about it"));
        }
        if let Some(isolation) = &components[from].isolation
            && !isolation.outward.contains(to)
        {
            check
                .tell(&key, format!("`{from}` is isolated and may dial {} only; {} → {} is refused", listed(&isolation.outward), from, to));
        }
        if let Some(isolation) = &components[to].isolation
            && !isolation.inward.contains(from)
        {
            check.tell(
                &key,
                format!("`{to}` is isolated and may be dialled by {} only; {} → {} is refused", listed(&isolation.inward), from, to),
            );
        }
    }
}

fn isolation(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (name, component) in &manifest.components {
        let Some(isolation) = &component.isolation else { continue };
        for (direction, others) in [("in", &isolation.inward), ("out", &isolation.outward)] {
            for (index, other) in others.iter().enumerate() {
                let key = format!("components.{name}.isolation.{direction}[{index}]");
                if !check.declared(&key, "component", other, &manifest.components) {
                    continue;
                }
                let (from, to) = if direction == "in" { (other, name) } else { (name, other) };
                if !connected(check, from, to, None) {
                    check.tell(key, format!("there is no connection {from} → {to}; take it away, or add the connection"));
                }
            }
        }
    }
}

/// Variables, signals and hosts that can only work over a connection.
fn needs(check: &mut Check<'_>) {
    let manifest = check.manifest;
    for (name, component) in &manifest.components {
        for (variable, value) in &component.env {
            if let Env::From(EnvSource::Url(target)) = value
                && let Some((to, port)) = target.split_once(':')
                && to != "host"
                && to != name
                && manifest.components.contains_key(to)
                && !connected(check, name, to, Some(port))
            {
                let message = format!("{name} would dial {to}:{port}, and no connection lets it; add {name} → {to} to `connections`");
                check.tell(format!("components.{name}.env.{variable}"), message);
            }
        }
    }
    for (name, signal) in &manifest.signals {
        let (from, to) = (&signal.collector, &signal.component);
        let isolated = manifest.components.get(to).is_some_and(|component| component.isolation.is_some());
        if isolated && manifest.components.contains_key(from) && !connected(check, from, to, Some(&signal.port)) {
            let message = format!("{from} scrapes {to}:{}, and no connection lets it; add {from} → {to} to `connections`", signal.port);
            check.tell(format!("signals.{name}.collector"), message);
        }
    }
}

fn connected(check: &Check<'_>, from: &str, to: &str, port: Option<&str>) -> bool {
    let carries = |ports: &[String]| port.is_none_or(|port| ports.iter().any(|name| name == port));
    check.manifest.connections.iter().any(|connection| connection.from == from && connection.to == to && carries(&connection.ports))
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "nobody".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}
