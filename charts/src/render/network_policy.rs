//! Kubernetes network policies: an isolated workload has its links and nothing else; all others may dial what is listed.

use super::object::{Object, PART_OF, labels, metadata, metadata_of};
use crate::{
    manifest::Isolation,
    plan::{Chart, Labels, Link, NamedPort, OpenPolicy, Peer, Place, Workload},
    tree::{Part, Tree, When, entry, map},
};

/// HTTPS: what opening the internet opens.
pub(super) const INTERNET_PORT: i64 = 443;

/// The EKS Pod Identity Agent on each node: without it, pods get no credentials.
const POD_IDENTITY_AGENT: &str = "169.254.170.23/32";

pub(super) fn objects(chart: &Chart, workload: &Workload, isolation: &Isolation) -> Vec<Object> {
    let always = || chart.links.iter().filter(|link| link.when().is_none());
    let inward = always().filter(|link| workload.is(&link.to.component)).map(|link| rule("from", &link.from, &link.ports));
    let outward = always().filter(|link| workload.is(&link.from.component)).map(|link| rule("to", &link.to, &link.ports));
    let spec = map! {
        "podSelector" => map! { "matchLabels" => labels(&workload.selector) },
        "policyTypes" => vec!["Ingress", "Egress"],
        // An empty list lets nothing through.
        "ingress" => inward.collect::<Vec<_>>(),
        "egress" => outward.collect::<Vec<_>>(),
    };
    let name = isolation.policy.as_ref().unwrap_or(&workload.object);
    let policy = |name: &str, spec: Tree| {
        map! { "apiVersion" => "networking.k8s.io/v1", "kind" => "NetworkPolicy", "metadata" => metadata_of(chart, workload, name), "spec" => spec }
    };
    let when = When::Is("network.policy".to_owned(), "kubernetes".to_owned());
    let mut objects = vec![Object::new(format!("{}/network-policy.yaml", workload.name), policy(name, spec)).only(when.clone())];
    // Policies add up: what comes and goes with a switch has one of its own.
    for link in switched(chart, workload) {
        let (direction, rules, side, peer) = match workload.is(&link.to.component) {
            true => ("Ingress", "ingress", "from", &link.from),
            false => ("Egress", "egress", "to", &link.to),
        };
        let spec = Tree::Map(vec![
            entry("podSelector", map! { "matchLabels" => labels(&workload.selector) }),
            entry("policyTypes", vec![direction]),
            entry(rules, vec![rule(side, peer, &link.ports)]),
        ]);
        let other = &peer.component;
        let file = format!("{}/network-policy-{other}.yaml", workload.name);
        let object = Object::new(file, policy(&format!("{name}-{other}"), spec)).only(when.clone());
        objects.extend(link.when().map(|switch| object.only(When::Set(switch.clone()))));
    }
    if !isolation.denied_nets.is_empty() {
        // There is no verb that refuses: what is refused is left out of what is let through.
        let outside = map! { "ipBlock" => map! { "cidr" => "0.0.0.0/0", "except" => isolation.denied_nets.clone() } };
        let port = map! { "port" => INTERNET_PORT, "protocol" => "TCP" };
        let spec = map! {
            "podSelector" => map! { "matchLabels" => labels(&workload.selector) },
            "policyTypes" => vec!["Egress"],
            "egress" => vec![map! { "to" => vec![outside], "ports" => vec![port] }],
        };
        let object = Object::new(format!("{}/network-policy-internet.yaml", workload.name), policy(&format!("{name}-internet"), spec));
        objects.push(object.only(when).only(When::Set(format!("{}.internet", workload.knobs))));
    }
    objects
}

/// Links of a workload that come and go with a switch.
pub(super) fn switched<'a>(chart: &'a Chart, workload: &'a Workload) -> impl Iterator<Item = &'a Link> {
    let ours = |link: &&Link| workload.is(&link.to.component) || workload.is(&link.from.component);
    chart.links.iter().filter(|link| link.when().is_some()).filter(ours)
}

/// The policy of everything that is not isolated: the namespace, DNS, and what the manifest lists outside.
pub(super) fn open(chart: &Chart, open: &OpenPolicy) -> Object {
    let apart = map! { "key" => "app.kubernetes.io/name", "operator" => "NotIn", "values" => open.isolated.clone() };
    let mut egress = vec![map! { "to" => vec![map! { "podSelector" => map! {} }] }];
    let mine = |link: &&Link| link.from.place == Place::Cluster;
    egress.extend(chart.links.iter().filter(mine).map(|link| rule("to", &link.to, &link.ports)));
    if open.pod_identity {
        let port = map! { "port" => 80, "protocol" => "TCP" };
        egress.push(map! { "to" => vec![map! { "ipBlock" => map! { "cidr" => POD_IDENTITY_AGENT } }], "ports" => vec![port] });
    }
    let tree = map! {
        "apiVersion" => "networking.k8s.io/v1",
        "kind" => "NetworkPolicy",
        "metadata" => metadata(chart, &format!("{}-connectivity", chart.name)),
        "spec" => map! {
            "podSelector" => map! {
                "matchLabels" => Tree::Map(vec![entry(PART_OF, &chart.install.name)]),
                "matchExpressions" => vec![apart],
            },
            "policyTypes" => vec!["Egress"],
            "egress" => egress,
        },
    };
    Object::new("connectivity/network-policy.yaml", tree).only(When::Set("network.connectivity".to_owned()))
}

fn rule(side: &str, peer: &Peer, ports: &[NamedPort]) -> Tree {
    let mut rule = Vec::new();
    // No peers are all peers, and no ports are all ports.
    rule.extend(peers(peer).map(|peers| entry(side, peers)));
    if !ports.is_empty() {
        let port = |port: &NamedPort| map! { "port" => i64::from(port.number), "protocol" => port.protocol.as_str() };
        rule.push(entry("ports", ports.iter().map(port).collect::<Vec<_>>()));
    }
    Tree::Map(rule)
}

fn peers(peer: &Peer) -> Option<Vec<Tree>> {
    match &peer.place {
        Place::Pods(labels, namespace) => Some(vec![pods(labels, namespace.as_ref())]),
        Place::Nets(nets) => Some(nets.iter().map(|net| map! { "ipBlock" => map! { "cidr" => net } }).collect()),
        Place::NetsOf(knob) => {
            let net = map! { "ipBlock" => map! { "cidr" => Tree::Text(vec![Part::Item]) } };
            Some(vec![Tree::Each(knob.clone(), Box::new(net))])
        }
        Place::Anywhere => None,
        Place::Cluster => Some(vec![map! { "podSelector" => map! {} }]),
    }
}

fn pods(all: &Labels, namespace: Option<&String>) -> Tree {
    let mut members = Vec::new();
    if let Some(namespace) = namespace {
        let name = map! { "kubernetes.io/metadata.name" => Tree::knob(namespace) };
        members.push(entry("namespaceSelector", map! { "matchLabels" => name }));
    }
    let selector = if all.is_empty() {
        map! {}
    } else {
        map! { "matchLabels" => labels(all) }
    };
    members.push(entry("podSelector", selector));
    Tree::Map(members)
}
