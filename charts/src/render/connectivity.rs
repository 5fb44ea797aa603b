//! What the platform dials outside of the cluster, and what is let in: one list, as a table to read and as rules for clouds.

use super::Files;
use crate::{
    manifest::{Kind, Protocol},
    plan::{Link, NamedPort, Place, Plan},
};

/// One port of one connection, from or to one network.
pub(super) struct Rule {
    /// Unique among the rules: an identifier of Terraform.
    pub(super) id: String,
    /// What is at the other end, as the cloud calls it.
    pub(super) name: String,
    /// From outside to the load balancer, rather than from the platform to something outside.
    pub(super) inward: bool,
    /// The network outside.
    pub(super) net: String,
    /// The port that is dialled.
    pub(super) port: NamedPort,
}

/// The connections between the cluster and what is outside of it.
pub(super) fn links(plan: &Plan) -> impl Iterator<Item = &Link> {
    let outside = |name: &str| plan.parts.get(name).is_some_and(|part| part.kind == Kind::Host);
    plan.links
        .iter()
        .filter(move |link| outside(&link.to.component) && (link.from.place == Place::Cluster || outside(&link.from.component)))
}

/// All rules for a cloud.
pub(super) fn rules(plan: &Plan, cloud: &str) -> Vec<Rule> {
    let mut rules = Vec::new();
    for link in links(plan) {
        let inward = link.from.place != Place::Cluster;
        let far = if inward { &link.from } else { &link.to };
        let Place::Nets(nets) = &far.place else { continue };
        for port in &link.ports {
            for (index, net) in nets.iter().enumerate() {
                let number = if nets.len() > 1 { format!("_{}", index + 1) } else { String::new() };
                rules.push(Rule {
                    id: format!("{}_{}{number}", link.to.component.replace('-', "_"), port.name.replace('-', "_")),
                    name: called(plan, &link.to.component, cloud),
                    inward,
                    net: net.clone(),
                    port: port.clone(),
                });
            }
        }
    }
    rules
}

/// What a cloud calls a component.
pub(super) fn called(plan: &Plan, component: &str, cloud: &str) -> String {
    let part = plan.parts.get(component);
    match part.and_then(|part| part.host.as_ref()).and_then(|host| host.clouds.get(cloud)) {
        Some(name) => name.clone(),
        None if part.is_some_and(|part| part.kind == Kind::Cluster) => "Kubernetes".to_owned(),
        None => component.to_owned(),
    }
}

/// The clouds that the manifest names, and how people call them.
pub(super) fn clouds(plan: &Plan) -> Vec<(&'static str, &'static str)> {
    let mut clouds = Vec::new();
    clouds.extend(plan.clouds.aws.as_ref().map(|_| ("aws", "Amazon Web Services")));
    clouds.extend(plan.clouds.oci.as_ref().map(|_| ("oci", "Oracle Cloud Infrastructure")));
    clouds
}

/// The table for one cloud, in Markdown.
pub(super) fn table(plan: &Plan, cloud: &str) -> String {
    let mut text = "| source | destination | ports | what for |\n|---|---|---|---|\n".to_owned();
    for link in links(plan) {
        let ports: Vec<_> = link.ports.iter().map(|port| format!("{}/{}", port.number, lower(port.protocol))).collect();
        let (from, to) = (called(plan, &link.from.component, cloud), called(plan, &link.to.component, cloud));
        text.push_str(&format!("| {from} | {to} | {} | {} |\n", ports.join(" "), link.doc));
    }
    text
}

/// One row a connection, as data: what the conformance of an install is compared with.
pub(super) fn files(plan: &Plan) -> Files {
    let mut files = Files::new();
    for (cloud, _) in clouds(plan) {
        let row = |link: &Link| {
            serde_json::json!({
                "from": called(plan, &link.from.component, cloud),
                "to": called(plan, &link.to.component, cloud),
                "component": link.to.component,
                "ports": link.ports.iter().map(|port| format!("{}/{}", port.number, lower(port.protocol))).collect::<Vec<_>>(),
                "doc": link.doc,
            })
        };
        let rows: Vec<_> = links(plan).map(row).collect();
        if !rows.is_empty() {
            files.insert(format!("cloud/{cloud}/connectivity.json"), super::aws::text(&rows.into()));
        }
    }
    files
}

/// As in `5432/tcp`.
pub(super) fn lower(protocol: Protocol) -> String {
    protocol.as_str().to_lowercase()
}
