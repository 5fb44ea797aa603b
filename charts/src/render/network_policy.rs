//! Kubernetes network policies: an isolated workload has its links and nothing else.

use super::object::{Object, labels, metadata_of};
use crate::{
    plan::{Link, Peer, Plan, Workload},
    tree::{Tree, When, entry, map},
};

pub(super) fn object(plan: &Plan, workload: &Workload) -> Object {
    let inward = plan.links.iter().filter(|link| link.to.component == workload.name).map(|link| rule("from", &link.from, link));
    let outward = plan.links.iter().filter(|link| link.from.component == workload.name).map(|link| rule("to", &link.to, link));
    let tree = map! {
        "apiVersion" => "networking.k8s.io/v1",
        "kind" => "NetworkPolicy",
        "metadata" => metadata_of(plan, workload, &workload.object),
        "spec" => map! {
            "podSelector" => map! { "matchLabels" => labels(&workload.selector) },
            "policyTypes" => vec!["Ingress", "Egress"],
            // An empty list lets nothing through.
            "ingress" => inward.collect::<Vec<_>>(),
            "egress" => outward.collect::<Vec<_>>(),
        },
    };
    let when = When::Is("network.policy".to_owned(), "kubernetes".to_owned());
    Object::new(format!("{}/network-policy.yaml", workload.name), tree).only(when)
}

fn rule(side: &str, peer: &Peer, link: &Link) -> Tree {
    let port = |port: &crate::plan::NamedPort| map! { "port" => i64::from(port.number), "protocol" => port.protocol.as_str() };
    Tree::Map(vec![entry(side, vec![pods(peer)]), entry("ports", link.ports.iter().map(port).collect::<Vec<_>>())])
}

fn pods(peer: &Peer) -> Tree {
    let mut members = Vec::new();
    if let Some(namespace) = &peer.namespace {
        let name = map! { "kubernetes.io/metadata.name" => Tree::knob(namespace) };
        members.push(entry("namespaceSelector", map! { "matchLabels" => name }));
    }
    let selector = if peer.labels.is_empty() {
        map! {}
    } else {
        map! { "matchLabels" => labels(&peer.labels) }
    };
    members.push(entry("podSelector", selector));
    Tree::Map(members)
}
