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
    nets(check);
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
        if let Some(component) = components.get(to) {
            let mut switches = connection.ports.iter().filter_map(|port| component.ports.get(port)).map(|port| &port.when);
            let first = switches.next();
            if switches.any(|switch| Some(switch) != first) {
                check.tell(
                    format!("{key}.ports"),
                    "some of these ports come and go with a switch and others do not; give all of them the same `when`",
                );
            }
        }
        if connection.ports.is_empty() && !connection.any_port {
            check.tell(format!("{key}.ports"), "names no port; a connection without ports would open all, which is `any_port: true`");
        }
        if !connection.ports.is_empty() && connection.any_port {
            check.tell(format!("{key}.any_port"), "opens all ports, and `ports` names some; take one of the two away");
        }
        if let Some(first) = manifest.connections[..index].iter().position(|other| other.from == *from && other.to == *to) {
            check.tell(&key, format!("{from} → {to} is connections[{first}] already; add the ports there"));
        }
        if !from_there || !to_there {
            continue;
        }
        if to_there && from_there && components[to].kind == Kind::Cluster {
            check.tell(format!("{key}.to"), format!("`{to}` is many components; name the one that is dialled"));
        }
        let outside = |name: &String| !components[name].kind.installed() && components[name].kind != Kind::Cluster;
        // The load balancer is not installed here, but its firewall is opened here.
        if outside(from) && outside(to) && components[to].kind != Kind::Host {
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
        for (index, net) in isolation.denied_nets.iter().enumerate().filter(|(_, net)| !is_net(net)) {
            check.tell(
                format!("components.{name}.isolation.denied_nets[{index}]"),
                format!("`{net}` is no network; write it like 10.0.0.0/8"),
            );
        }
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

/// Addresses of what is outside.
fn nets(check: &mut Check<'_>) {
    for (name, component) in &check.manifest.components {
        let Some(host) = &component.host else { continue };
        for (index, net) in host.nets.iter().enumerate().filter(|(_, net)| !is_net(net)) {
            check.tell(format!("components.{name}.host.nets[{index}]"), format!("`{net}` is no network; write it like 10.0.0.0/8"));
        }
        if host.nets.is_empty() && !host.nets_knob {
            check.tell(format!("components.{name}.host.nets"), "names no network; any address is [0.0.0.0/0]");
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
    let signals =
        manifest.signals.iter().map(|(name, signal)| (format!("signals.{name}"), &signal.collector, &signal.component, &signal.port));
    let scrapes = manifest.components.iter().filter_map(|(name, component)| {
        component.scrape.as_ref().map(|scrape| (format!("components.{name}.scrape"), &scrape.collector, name, &scrape.port))
    });
    for (key, from, to, port) in signals.chain(scrapes) {
        let isolated = manifest.components.get(to).is_some_and(|component| component.isolation.is_some());
        if isolated && manifest.components.contains_key(from) && !connected(check, from, to, Some(port)) {
            let message = format!("{from} scrapes {to}:{port}, and no connection lets it; add {from} → {to} to `connections`");
            check.tell(format!("{key}.collector"), message);
        }
    }
}

fn connected(check: &Check<'_>, from: &str, to: &str, port: Option<&str>) -> bool {
    let carries = |ports: &[String]| port.is_none_or(|port| ports.iter().any(|name| name == port));
    let lets = |connection: &crate::manifest::Connection| connection.any_port || carries(&connection.ports);
    let open = |name: &str| {
        check.manifest.components.get(name).is_some_and(|component| component.isolation.is_none() && component.kind.installed())
    };
    // Inside the namespace, what is not isolated may dial what is not isolated.
    let neighbours = port.is_some() && open(from) && open(to) && check.manifest.components.values().any(|part| part.kind == Kind::Cluster);
    let stands_for = |name: &str| check.manifest.components.get(name).and_then(|component| component.stands_for.as_deref());
    let is = |name: &str, end: &str| name == end || stands_for(name) == Some(end);
    neighbours
        || check.manifest.connections.iter().any(|connection| is(from, &connection.from) && is(to, &connection.to) && lets(connection))
}

/// An IPv4 network with its length, and no bit set behind it.
fn is_net(text: &str) -> bool {
    let Some((address, length)) = text.split_once('/') else { return false };
    let (Ok(address), Ok(length)) = (address.parse::<std::net::Ipv4Addr>(), length.parse::<u32>()) else { return false };
    length <= 32 && u64::from(address.to_bits()) & (u64::from(u32::MAX) >> length) == 0
}

fn listed(names: &[String]) -> String {
    match names {
        [] => "nobody".to_owned(),
        names => names.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", "),
    }
}
