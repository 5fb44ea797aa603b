//! The same policies in Calico's own form, which has an order and an explicit refusal.

use super::{
    network_policy::{INTERNET_PORT, switched},
    object::{Object, metadata_of},
};
use crate::{
    manifest::{Isolation, Protocol},
    plan::{Chart, Labels, Link, NamedPort, Peer, Place, Workload},
    tree::{Entry, Part, Tree, When, entry, map},
};

/// After what an administrator puts first, before what opens by default.
const ORDER: i64 = 1000;

/// What an installer switches on comes before the refusals.
const SWITCHED_ORDER: i64 = 900;

/// What opens the internet comes after the refusals, and before what others add.
const INTERNET_ORDER: i64 = 1100;

/// A form in which a policy is written.
#[derive(Clone, Copy)]
pub(super) struct Form {
    pub(super) version: &'static str,
    /// The knob's choice, and the folder of the policies without Helm.
    pub(super) name: &'static str,
}

/// What Calico's API server takes, and validates.
pub(super) const API: Form = Form { version: "projectcalico.org/v3", name: "calico" };

/// What Calico keeps in the cluster's store. Who writes it directly is validated by nobody.
pub(super) const STORED: Form = Form { version: "crd.projectcalico.org/v1", name: "calico-stored" };

pub(super) fn objects(chart: &Chart, workload: &Workload, isolation: &Isolation, form: Form) -> Vec<Object> {
    let always = || chart.links.iter().filter(|link| link.when().is_none());
    let inward: Vec<_> = always().filter(|link| workload.is(&link.to.component)).collect();
    let outward: Vec<_> = always().filter(|link| workload.is(&link.from.component)).collect();
    let name = isolation.policy.as_ref().unwrap_or(&workload.object);
    let policy = |name: &str, spec: Vec<Entry>| {
        map! { "apiVersion" => form.version, "kind" => "NetworkPolicy", "metadata" => metadata_of(chart, workload, name), "spec" => spec }
    };
    let mut spec = vec![entry("selector", selector(&workload.selector)), entry("types", vec!["Ingress", "Egress"]), entry("order", ORDER)];
    // No rule at all refuses everything, as the last rule does.
    let refused = |mut rules: Vec<Tree>| {
        rules.push(refusal(isolation));
        rules
    };
    spec.extend((!inward.is_empty()).then(|| entry("ingress", refused(rules(&inward, |link| Side::From(&link.from))))));
    spec.push(entry("egress", refused(rules(&outward, |link| Side::To(&link.to)))));
    let when = When::Is("network.policy".to_owned(), form.name.to_owned());
    let mut objects = vec![Object::new(format!("{}/{}-policy.yaml", workload.name, form.name), policy(name, spec)).only(when.clone())];
    for link in switched(chart, workload) {
        let (direction, side, rules, other) = match workload.is(&link.to.component) {
            true => ("Ingress", "ingress", rules(&[link], |link| Side::From(&link.from)), &link.from.component),
            false => ("Egress", "egress", rules(&[link], |link| Side::To(&link.to)), &link.to.component),
        };
        let spec = vec![
            entry("selector", selector(&workload.selector)),
            entry("types", vec![direction]),
            entry("order", SWITCHED_ORDER),
            entry(side, rules),
        ];
        let file = format!("{}/{}-policy-{other}.yaml", workload.name, form.name);
        let object = Object::new(file, policy(&format!("{name}-{other}"), spec)).only(when.clone());
        objects.extend(link.when().map(|switch| object.only(When::Set(switch.clone()))));
    }
    if !isolation.denied_nets.is_empty() {
        let outside = map! { "nets" => vec!["0.0.0.0/0"], "notNets" => isolation.denied_nets.clone(), "ports" => vec![INTERNET_PORT] };
        let rule = map! { "action" => "Allow", "protocol" => "TCP", "source" => map! {}, "destination" => outside };
        let spec = vec![
            entry("selector", selector(&workload.selector)),
            entry("types", vec!["Egress"]),
            entry("order", INTERNET_ORDER),
            entry("egress", vec![rule]),
        ];
        let object =
            Object::new(format!("{}/{}-policy-internet.yaml", workload.name, form.name), policy(&format!("{name}-internet"), spec));
        objects.push(object.only(when).only(When::Set(format!("{}.internet", workload.knobs))));
    }
    objects
}

enum Side<'a> {
    From(&'a Peer),
    To(&'a Peer),
}

/// A rule for each link and protocol, in their order.
fn rules<'a>(links: &[&'a Link], side: impl Fn(&'a Link) -> Side<'a>) -> Vec<Tree> {
    let mut rules = Vec::new();
    for link in links {
        for (protocol, ports) in by_protocol(&link.ports) {
            let mut rule = vec![entry("action", "Allow")];
            rule.extend(protocol.map(|protocol| entry("protocol", protocol.as_str())));
            // Ports are the destination's, whoever the rule is about.
            let (mut source, mut destination) = (Vec::new(), Vec::new());
            match side(link) {
                Side::From(peer) => source.extend(place(peer)),
                Side::To(peer) => destination.extend(place(peer)),
            }
            destination.extend((!ports.is_empty()).then(|| entry("ports", ports)));
            rule.extend([entry("source", source), entry("destination", destination)]);
            rules.push(Tree::Map(rule));
        }
    }
    rules
}

/// The networks that are named are refused, or everything.
fn refusal(isolation: &Isolation) -> Tree {
    match &isolation.denied_nets[..] {
        [] => map! { "action" => "Deny" },
        nets => map! { "action" => "Deny", "source" => map! {}, "destination" => map! { "nets" => nets.to_vec() } },
    }
}

/// A rule has one protocol; none is every protocol.
fn by_protocol(ports: &[NamedPort]) -> Vec<(Option<Protocol>, Vec<i64>)> {
    if ports.is_empty() {
        return vec![(None, Vec::new())];
    }
    let mut groups: Vec<(Option<Protocol>, Vec<i64>)> = Vec::new();
    for port in ports {
        let number = port.number.into();
        match groups.iter_mut().find(|(protocol, _)| *protocol == Some(port.protocol)) {
            Some((_, numbers)) => numbers.push(number),
            None => groups.push((Some(port.protocol), vec![number])),
        }
    }
    groups
}

fn place(peer: &Peer) -> Vec<Entry> {
    match &peer.place {
        Place::Anywhere => Vec::new(),
        Place::Cluster => vec![entry("selector", "all()")],
        Place::Nets(nets) => vec![entry("nets", nets.clone())],
        Place::NetsOf(knob) => vec![entry("nets", Tree::Block(knob.clone()))],
        Place::Pods(labels, namespace) => {
            let mut members = vec![entry("selector", selector(labels))];
            if let Some(namespace) = namespace {
                let parts = vec![
                    Part::Literal("kubernetes.io/metadata.name == '".to_owned()),
                    Part::Knob(namespace.clone()),
                    Part::Literal("'".to_owned()),
                ];
                members.push(entry("namespaceSelector", Tree::Text(parts)));
            }
            members
        }
    }
}

fn selector(labels: &Labels) -> Tree {
    let mut parts = Vec::new();
    for (name, value) in labels {
        let and = if parts.is_empty() { "" } else { "' && " };
        parts.push(Part::Literal(format!("{and}{name} == '")));
        if let Tree::Text(value) = value {
            parts.extend(value.iter().cloned());
        }
    }
    if parts.is_empty() {
        return Tree::text("all()");
    }
    parts.push(Part::Literal("'".to_owned()));
    Tree::Text(joined(parts))
}

/// Neighbouring literals as one.
fn joined(parts: Vec<Part>) -> Vec<Part> {
    let mut joined: Vec<Part> = Vec::new();
    for part in parts {
        match (joined.last_mut(), part) {
            (Some(Part::Literal(text)), Part::Literal(more)) => text.push_str(&more),
            (_, part) => joined.push(part),
        }
    }
    joined
}
