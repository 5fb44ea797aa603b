//! The same policies in Calico's own form, which has an order and an explicit refusal.

use std::collections::BTreeMap;

use super::object::{Object, metadata_of};
use crate::{
    manifest::Protocol,
    plan::{Labels, Link, Peer, Plan, Workload},
    tree::{Part, Tree, When, entry, map},
};

/// After what an administrator puts first, before what opens by default.
const ORDER: i64 = 1000;

pub(super) fn object(plan: &Plan, workload: &Workload) -> Object {
    let inward: Vec<_> = plan.links.iter().filter(|link| link.to.component == workload.name).collect();
    let outward: Vec<_> = plan.links.iter().filter(|link| link.from.component == workload.name).collect();
    let tree = map! {
        "apiVersion" => "projectcalico.org/v3",
        "kind" => "NetworkPolicy",
        "metadata" => metadata_of(plan, workload, &workload.object),
        "spec" => map! {
            "order" => ORDER,
            "selector" => selector(&workload.selector),
            "types" => vec!["Ingress", "Egress"],
            "ingress" => rules(&inward, |link| Side::From(&link.from)),
            "egress" => rules(&outward, |link| Side::To(&link.to)),
        },
    };
    let when = When::Is("network.policy".to_owned(), "calico".to_owned());
    Object::new(format!("{}/calico-policy.yaml", workload.name), tree).only(when)
}

enum Side<'a> {
    From(&'a Peer),
    To(&'a Peer),
}

/// A rule for each link and protocol, then the refusal of everything else.
fn rules<'a>(links: &[&'a Link], side: impl Fn(&'a Link) -> Side<'a>) -> Vec<Tree> {
    let mut rules = Vec::new();
    for link in links {
        let mut ports: BTreeMap<Protocol, Vec<i64>> = BTreeMap::new();
        for port in &link.ports {
            ports.entry(port.protocol).or_default().push(port.number.into());
        }
        for (protocol, ports) in ports {
            let mut rule = vec![entry("action", "Allow"), entry("protocol", protocol.as_str())];
            // Ports are the destination's, whoever the rule is about.
            let mut destination = Vec::new();
            match side(link) {
                Side::From(peer) => rule.push(entry("source", pods(peer))),
                Side::To(peer) => destination.extend(pods(peer)),
            }
            destination.push(entry("ports", ports));
            rule.push(entry("destination", destination));
            rules.push(Tree::Map(rule));
        }
    }
    rules.push(map! { "action" => "Deny" });
    rules
}

fn pods(peer: &Peer) -> Vec<crate::tree::Entry> {
    let mut members = vec![entry("selector", selector(&peer.labels))];
    if let Some(namespace) = &peer.namespace {
        let parts =
            [Part::Literal("kubernetes.io/metadata.name == '".to_owned()), Part::Knob(namespace.clone()), Part::Literal("'".to_owned())];
        members.push(entry("namespaceSelector", Tree::Text(parts.to_vec())));
    }
    members
}

fn selector(labels: &Labels) -> Tree {
    if labels.is_empty() {
        return Tree::text("all()");
    }
    Tree::text(labels.iter().map(|(name, value)| format!("{name} == '{value}'")).collect::<Vec<_>>().join(" && "))
}
