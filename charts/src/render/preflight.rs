//! What `ampoule platform preflight` looks at in a live place, before an install and after it.

use serde::Serialize;

use super::{Files, connectivity};
use crate::{
    knob::key,
    manifest::{Identity, Kind},
    plan::{Chart, DEFAULT, Plan, PublicName},
    tree::When,
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
    /// It is asked only with these values.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub when: Option<Need>,
}

/// Values with which something is needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Need {
    /// The chart.
    pub chart: String,
    /// The knob's path.
    pub knob: String,
    /// What it is set to; anything but nothing if absent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is: Option<String>,
}

impl Need {
    fn new(chart: &Chart, knob: impl Into<String>, is: Option<&str>) -> Option<Self> {
        Some(Self { chart: chart.name.clone(), knob: knob.into(), is: is.map(str::to_owned) })
    }

    fn holds(&self, plan: &Plan, profiles: &[&str]) -> bool {
        let Some(chart) = plan.charts.iter().find(|chart| chart.name == self.chart) else { return false };
        let values = chart.knobs.values(|path| {
            chart.profiles.iter().filter(|profile| profiles.contains(&profile.name.as_str())).find_map(|profile| profile.values.get(path))
        });
        match &self.is {
            Some(wanted) => When::Is(self.knob.clone(), wanted.clone()).holds(&values),
            None => When::Set(self.knob.clone()).holds(&values),
        }
    }
}

impl Probe {
    /// Whether it is asked of an install with the values of these profiles.
    pub fn is_for(&self, plan: &Plan, profiles: &[&str]) -> bool {
        self.when.as_ref().is_none_or(|need| need.holds(plan, profiles))
    }
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
    let mut add = |id: String, ask: Ask, doc: &str, when: Option<Need>| probes.push(Probe { id, ask, doc: doc.to_owned(), when });
    // A name that no chart holds in its URLs is there for its Ingress alone.
    let entrance = |name: &PublicName| {
        let answers = |chart: &&Chart| chart.hosts.iter().any(|host| host.knobs == format!("hosts.{}", key(&name.name)));
        let chart = plan.charts.iter().find(answers).filter(|_| name.url_in.is_empty())?;
        Need::new(chart, format!("hosts.{}.enabled", key(&name.name)), None)
    };
    for name in &plan.names {
        add(format!("dns.{}", name.name), Ask::Dns { host: name.default.clone() }, &name.doc, entrance(name));
    }
    for name in &plan.names {
        let (host, port) = (name.default.clone(), 443);
        add(format!("tls.{}", name.name), Ask::Tls { host, port }, &name.doc, entrance(name));
    }
    for link in connectivity::links(plan) {
        let Some(host) = plan.parts[&link.to.component].host.as_ref().and_then(|host| host.name.clone()) else { continue };
        for port in &link.ports {
            add(format!("tcp.{}.{}", link.to.component, port.number), Ask::Tcp { host: host.clone(), port: port.number }, &link.doc, None);
        }
    }
    if let (Some(oldest), Some(newest)) = (plan.install.kubernetes.first(), plan.install.kubernetes.last()) {
        let ask = Ask::KubernetesVersion { oldest: oldest.clone(), newest: newest.clone() };
        add("kubernetes.version".to_owned(), ask, "Objects are valid in these versions", None);
    }
    let volumes = plan.workloads().any(|workload| workload.kind == Kind::StatefulSet) || !plan.volumes.is_empty();
    if volumes {
        add(
            "kubernetes.storage".to_owned(),
            Ask::StorageClass { name: None },
            "Volumes are made by the default class, unless values name another",
            None,
        );
    }
    let path = |path: &str| Ask::KubernetesPath { path: path.to_owned() };
    let mut operators = Vec::new();
    for chart in &plan.charts {
        if let Some(scaled) = chart.workloads.iter().find(|workload| workload.scaled_by.is_some()) {
            let by = |who| Need::new(chart, format!("{}.scaling.by", scaled.knobs), Some(who));
            let doc = "prometheus-adapter serves external metrics, by which workers are scaled";
            operators.push(("external-metrics", "/apis/external.metrics.k8s.io/v1beta1", doc, by("hpa")));
            operators.push(("keda", "/apis/keda.sh/v1alpha1", "KEDA, which scales workers", by("keda")));
        }
        if !chart.monitors.is_empty() {
            let need = Need::new(chart, "monitoring.serviceMonitor", None);
            let doc = "The Prometheus operator, which reads ServiceMonitor and PodMonitor objects";
            operators.push(("monitors", "/apis/monitoring.coreos.com/v1", doc, need));
        }
        if chart.workloads.iter().any(|workload| workload.isolation.is_some()) {
            let need = Need::new(chart, "network.policy", Some("calico"));
            operators.push(("calico", "/apis/projectcalico.org/v3", "Calico's API server, for network.policy: calico", need));
        }
    }
    for (id, place, doc, need) in operators {
        add(format!("kubernetes.{id}"), path(place), doc, need);
    }
    let namespace = &plan.install.namespace;
    for volume in &plan.volumes {
        let chart = plan.charts.iter().find(|chart| chart.name == volume.chart);
        let need = chart.zip(volume.when.as_ref()).and_then(|(chart, switch)| Need::new(chart, switch, None));
        let place = format!("/api/v1/namespaces/{namespace}/persistentvolumeclaims/{}", volume.name);
        let doc = format!("Made by {}; charts that copy files to it need it before them", volume.chart);
        add(format!("kubernetes.volume.{}", volume.name), path(&place), &doc, need);
    }
    for secret in plan.secrets.iter().filter(|secret| !secret.keys.is_empty()) {
        let reader = plan.charts.iter().find(|chart| chart.workloads.iter().any(|workload| workload.reads(secret)));
        let variant = secret.variant.as_deref().filter(|variant| *variant != DEFAULT);
        let need = reader.zip(variant).and_then(|(chart, variant)| Need::new(chart, "mode", Some(variant)));
        let place = format!("/api/v1/namespaces/{namespace}/secrets/{}", secret.object);
        add(format!("kubernetes.secret.{}", secret.object), path(&place), &secret.doc, need);
    }
    let label = format!("app.kubernetes.io/part-of={}", plan.install.name);
    add("kubernetes.alone".to_owned(), Ask::Alone { namespace: namespace.clone(), label }, "One install in a namespace", None);
    if let Some(aws) = &plan.clouds.aws {
        let Identity::PodIdentity = aws.identity;
        let ask = Ask::EksAddon { cluster: aws.cluster.clone(), addon: "eks-pod-identity-agent".to_owned(), region: aws.region.clone() };
        add("aws.pod-identity".to_owned(), ask, "Pods get credentials by it", None);
    }
    probes
}

pub(super) fn files(plan: &Plan) -> Files {
    let probes = serde_json::json!({"platform": plan.install.name, "probes": probes(plan)});
    Files::from([("preflight/checks.json".to_owned(), super::aws::text(&probes))])
}
