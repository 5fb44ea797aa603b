//! What a manifest says: one platform, as its author writes it.
//!
//! Names are the keys of maps, so that a name is written once; whatever refers to another part does so by that name. Every concept is one file
//! here, and every type is strict: a key that is not known is an error.

mod cloud;
mod component;
mod entrance;
mod gitops;
mod install;
mod network;
mod operation;
mod procedure;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

pub use self::{
    cloud::{AliCloud, Aws, Azure, Bucket, Clouds, Grant, Identity, Oci, Statements},
    component::{
        Address, Component, Disruption, Dump, Env, EnvSource, Kind, KnobSpec, Mount, Pods, Probe, Probes, Release, Resources, Scaling,
        StopWithin, Storage,
    },
    entrance::{Auth, CertificateAuth, Mesh, MeshKind, TenantRule, TokenAuth},
    gitops::{ArgoCd, Flux, GitOps, Stage},
    install::{Chart, Host, Image, Install, Profile, Route, Volume},
    network::{Connection, Isolation, Port, Protocol},
    operation::{
        Alert, Combine, Dashboard, KeySource, MonitorPlace, Panel, Query, Scrape, Secret, SecretKey, ServiceAccount, Severity, Signal,
    },
    procedure::{About, Guard, Procedure, Step},
};

/// One platform.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Platform manifest")]
pub struct Manifest {
    /// What is installed, and where it can be.
    pub install: Install,
    /// The clouds that it can stand in.
    #[serde(default)]
    pub clouds: Clouds,
    /// A mesh of proxies beside the pods.
    pub mesh: Option<Mesh>,
    /// How clusters follow a repository; stages are rendered for it.
    pub gitops: Option<GitOps>,
    /// The stages on the way to production.
    #[serde(default)]
    pub stages: BTreeMap<String, Stage>,
    /// Its charts, when there are several; else there is one, with the name of the install.
    #[serde(default)]
    pub charts: BTreeMap<String, Chart>,
    /// Container images by name.
    #[serde(default)]
    pub images: BTreeMap<String, Image>,
    /// Public DNS names, by what they are for. A URL elsewhere refers to one of them as `host:NAME`.
    #[serde(default)]
    pub hosts: BTreeMap<String, Host>,
    /// The parts: those that are installed, and those that are there already.
    pub components: BTreeMap<String, Component>,
    /// Identities of pods.
    #[serde(default)]
    pub service_accounts: BTreeMap<String, ServiceAccount>,
    /// Volumes that several pods share.
    #[serde(default)]
    pub volumes: BTreeMap<String, Volume>,
    /// Object storage.
    #[serde(default)]
    pub buckets: BTreeMap<String, Bucket>,
    /// Which account may use which bucket; every other pair is refused.
    #[serde(default)]
    pub grants: Vec<Grant>,
    /// Who may talk to whom. Every network policy is made from this one list.
    #[serde(default)]
    pub connections: Vec<Connection>,
    /// Values that nobody but their user may read. The manifest names them and never holds them.
    #[serde(default)]
    pub secrets: BTreeMap<String, Secret>,
    /// Metrics that something depends on, by their full name.
    #[serde(default)]
    pub signals: BTreeMap<String, Signal>,
    /// What an operator must look at, by the alert's name.
    #[serde(default)]
    pub alerts: BTreeMap<String, Alert>,
    /// Pages of Grafana.
    #[serde(default)]
    pub dashboards: BTreeMap<String, Dashboard>,
    /// Sets of values for typical places, each rendered as a values file.
    #[serde(default)]
    pub profiles: BTreeMap<String, Profile>,
    /// Runbooks, by name.
    #[serde(default)]
    pub procedures: BTreeMap<String, Procedure>,
}

impl Manifest {
    /// The charts in the order of their install: each after those that it depends on. Those that wait for each other come last, by name.
    pub fn install_order(&self) -> Vec<(String, Chart)> {
        if self.charts.is_empty() {
            return vec![(self.install.name.clone(), Chart { doc: self.install.doc.clone(), ..Chart::default() })];
        }
        let mut rest: Vec<_> = self.charts.iter().map(|(name, chart)| (name.clone(), chart.clone())).collect();
        let mut order: Vec<(String, Chart)> = Vec::new();
        while !rest.is_empty() {
            let ready = |(_, chart): &(String, Chart)| chart.depends_on.iter().all(|name| order.iter().any(|(done, _)| done == name));
            let next = rest.iter().position(ready).unwrap_or(0);
            order.push(rest.remove(next));
        }
        order
    }

    /// The chart that something is part of, when it says `chart`.
    pub fn chart_of<'a>(&'a self, chart: Option<&'a String>) -> &'a str {
        chart.or(self.charts.keys().next()).unwrap_or(&self.install.name)
    }
}

/// The JSON Schema of a manifest.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Manifest).into()
}
