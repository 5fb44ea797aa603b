//! What `ampoule platform preflight` looks at in a live place, before an install and after it.

use serde::Serialize;

use super::{Files, connectivity};
use crate::{
    manifest::{Identity, Kind},
    plan::Plan,
};

/// One question to a live place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Probe {
    /// Unique name: `dns.app`, `tcp.postgresql.5432`.
    pub id: String,
    /// What is asked.
    #[serde(flatten)]
    pub ask: Ask,
    /// What it is for.
    pub doc: String,
}

/// What is asked.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "kind")]
pub enum Ask {
    /// The name has an address; all names of one install have the same.
    Dns {
        /// The name.
        host: String,
    },
    /// Somebody listens there.
    Tcp {
        /// Name or address.
        host: String,
        /// Port.
        port: u16,
    },
    /// TLS 1.2 or newer, with a certificate for the name that is valid now.
    Tls {
        /// The name.
        host: String,
        /// Port.
        port: u16,
    },
    /// The cluster's version is between these, both included.
    KubernetesVersion {
        /// Oldest, as `1.30`.
        oldest: String,
        /// Newest.
        newest: String,
    },
    /// The API server has something at this path.
    KubernetesPath {
        /// Such as `/apis/external.metrics.k8s.io/v1beta1`.
        path: String,
    },
    /// There is a storage class; the default one, when no name is given.
    StorageClass {
        /// Its name.
        name: Option<String>,
    },
    /// No other release's objects of this kind are in the namespace.
    Alone {
        /// The namespace.
        namespace: String,
        /// Label of the objects, `NAME=VALUE`, that only this platform has.
        label: String,
    },
    /// An add-on of the EKS cluster is active.
    EksAddon {
        /// The cluster.
        cluster: String,
        /// The add-on.
        addon: String,
        /// The region.
        region: String,
    },
}

/// All questions, in the order of the runbook.
pub fn probes(plan: &Plan) -> Vec<Probe> {
    let mut probes = Vec::new();
    let mut add = |id: String, ask: Ask, doc: &str| probes.push(Probe { id, ask, doc: doc.to_owned() });
    for name in &plan.names {
        add(format!("dns.{}", name.name), Ask::Dns { host: name.default.clone() }, &name.doc);
    }
    for name in &plan.names {
        let (host, port) = (name.default.clone(), 443);
        add(format!("tls.{}", name.name), Ask::Tls { host, port }, &name.doc);
    }
    for link in connectivity::links(plan) {
        let Some(host) = plan.parts[&link.to.component].host.as_ref().and_then(|host| host.name.clone()) else { continue };
        for port in &link.ports {
            add(format!("tcp.{}.{}", link.to.component, port.number), Ask::Tcp { host: host.clone(), port: port.number }, &link.doc);
        }
    }
    if let (Some(oldest), Some(newest)) = (plan.install.kubernetes.first(), plan.install.kubernetes.last()) {
        let ask = Ask::KubernetesVersion { oldest: oldest.clone(), newest: newest.clone() };
        add("kubernetes.version".to_owned(), ask, "Objects are valid in these versions");
    }
    let volumes = plan.workloads().any(|workload| workload.kind == Kind::StatefulSet) || !plan.volumes.is_empty();
    if volumes {
        add(
            "kubernetes.storage".to_owned(),
            Ask::StorageClass { name: None },
            "Volumes are made by the default class, unless values name another",
        );
    }
    let path = |path: String| Ask::KubernetesPath { path };
    if plan.workloads().any(|workload| workload.scaled_by.is_some()) {
        let doc = "prometheus-adapter serves external metrics, by which workers are scaled";
        add("kubernetes.external-metrics".to_owned(), path("/apis/external.metrics.k8s.io/v1beta1".to_owned()), doc);
    }
    if !plan.monitors.is_empty() {
        let doc = "The Prometheus operator, which reads ServiceMonitor objects";
        add("kubernetes.monitors".to_owned(), path("/apis/monitoring.coreos.com/v1".to_owned()), doc);
    }
    if plan.workloads().any(|workload| workload.isolation.as_ref().is_some_and(|isolation| !isolation.denied_nets.is_empty())) {
        add(
            "kubernetes.calico".to_owned(),
            path("/apis/projectcalico.org/v3".to_owned()),
            "Calico's API server, for network.policy: calico",
        );
    }
    let namespace = &plan.install.namespace;
    for volume in &plan.volumes {
        let place = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims/{}", volume.name);
        let doc = format!("Made by {}; charts that copy files to it need it before them", volume.chart);
        add(format!("kubernetes.volume.{}", volume.name), path(place), &doc);
    }
    for secret in &plan.secrets {
        let place = format!("/api/v1/namespaces/{namespace}/secrets/{}", secret.object);
        add(format!("kubernetes.secret.{}", secret.object), path(place), &secret.doc);
    }
    let label = format!("app.kubernetes.io/part-of={}", plan.install.name);
    add("kubernetes.alone".to_owned(), Ask::Alone { namespace: namespace.clone(), label }, "One install in a namespace");
    if let Some(aws) = &plan.clouds.aws {
        let Identity::PodIdentity = aws.identity;
        let ask = Ask::EksAddon { cluster: aws.cluster.clone(), addon: "eks-pod-identity-agent".to_owned(), region: aws.region.clone() };
        add("aws.pod-identity".to_owned(), ask, "Pods get credentials by it");
    }
    probes
}

pub(super) fn files(plan: &Plan) -> Files {
    let probes = serde_json::json!({"platform": plan.install.name, "probes": probes(plan)});
    Files::from([("preflight/checks.json".to_owned(), super::aws::text(&probes))])
}
