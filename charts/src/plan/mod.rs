//! A manifest after validation, with every name resolved to what will be rendered.

mod build;
mod env;
mod knobs;
mod network;
mod signal;

use std::collections::BTreeMap;

use serde_json::Value;

pub(crate) use self::{
    build::build,
    env::SECRET_FOLDER,
    knobs::{knobs, lower},
};
pub use self::{
    network::{Link, NamedPort, Peer, Place},
    signal::{Monitor, SignalRef, Watched},
};
use crate::{
    knob::Knobs,
    manifest::{
        About, Address, Alert, Bucket, Clouds, Dashboard, Disruption, GitOps, Install, Isolation, KeySource, Kind, Mount, Probes,
        SecretKey, Stage, Step,
    },
    problem::Problem,
    tree::Tree,
};

/// The variant of a chart that is there when nobody chooses.
pub(crate) const DEFAULT: &str = "default";

/// Everything that renderers need; nothing in it has to be looked up or can be missing.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is installed.
    pub install: Install,
    /// What is allowed and yet not as one would wish.
    pub lints: Vec<Problem>,
    /// Charts in the order of their install.
    pub charts: Vec<Chart>,
    /// All components, those of others too.
    pub parts: BTreeMap<String, PartRef>,
    /// Who may talk to whom.
    pub links: Vec<Link>,
    /// Metrics that something depends on.
    pub signals: Vec<SignalRef>,
    /// What Prometheus scrapes.
    pub monitors: Vec<Monitor>,
    /// What an operator must look at.
    pub alerts: BTreeMap<String, Alert>,
    /// Pages of Grafana.
    pub dashboards: BTreeMap<String, Dashboard>,
    /// Secrets that are made before the install.
    pub secrets: Vec<SecretRef>,
    /// Public names.
    pub names: Vec<PublicName>,
    /// Volumes that several pods share.
    pub volumes: Vec<VolumeRef>,
    /// How clusters follow a repository.
    pub gitops: Option<GitOps>,
    /// Stages on the way to production, in their order.
    pub stages: Vec<(String, Stage)>,
    /// The clouds that it can stand in.
    pub clouds: Clouds,
    /// Buckets by name.
    pub buckets: BTreeMap<String, Bucket>,
    /// Who may use which.
    pub grants: Vec<GrantRef>,
    /// Runbooks by name: what for, and the steps.
    pub procedures: BTreeMap<String, (String, Vec<Step>)>,
}

impl Plan {
    /// All that is installed, chart by chart.
    pub fn workloads(&self) -> impl Iterator<Item = &Workload> {
        self.charts.iter().flat_map(|chart| &chart.workloads)
    }

    /// Workloads that read a secret.
    pub fn readers<'a>(&'a self, secret: &'a SecretRef) -> impl Iterator<Item = &'a Workload> {
        self.workloads().filter(|workload| workload.reads(secret))
    }

    /// Whether any procedure has a step about this.
    pub fn tells_about(&self, about: About) -> bool {
        self.procedures.values().any(|(_, steps)| steps.iter().any(|step| step.about == about))
    }
}

/// One chart.
#[derive(Clone, Debug)]
pub struct Chart {
    /// Its name, and the prefix of its objects.
    pub name: String,
    /// One sentence about it.
    pub doc: String,
    /// The install that it is part of.
    pub install: Install,
    /// Charts that must be there before it.
    pub depends_on: Vec<String>,
    /// The ways in which it can be installed, and what each is.
    pub variants: BTreeMap<String, String>,
    /// What an installer may set.
    pub knobs: Knobs,
    /// What is installed, in the order of names.
    pub workloads: Vec<Workload>,
    /// Service accounts.
    pub accounts: Vec<Account>,
    /// Volumes that it makes.
    pub volumes: Vec<VolumeRef>,
    /// Who may talk to whom, in the whole install.
    pub links: Vec<Link>,
    /// Secrets that its components use.
    pub secrets: Vec<SecretRef>,
    /// What Prometheus scrapes of it.
    pub monitors: Vec<Monitor>,
    /// Public names that it answers under.
    pub hosts: Vec<HostRef>,
    /// Values files.
    pub profiles: Vec<ProfileValues>,
    /// What an operator must look at, in the chart that comes first.
    pub alerts: BTreeMap<String, Alert>,
    /// Pages of Grafana, in the chart that comes first.
    pub dashboards: BTreeMap<String, Dashboard>,
    /// Objects of this install that are isolated, when this chart has the policy of all others.
    pub open_policy: Option<OpenPolicy>,
}

/// The policy of everything that is not isolated: what it may dial outside.
#[derive(Clone, Debug)]
pub struct OpenPolicy {
    /// `app.kubernetes.io/name` of those that are isolated and have a policy of their own.
    pub isolated: Vec<String>,
    /// Whether they get credentials from an agent on their node.
    pub pod_identity: bool,
}

/// A component as others see it.
#[derive(Clone, Debug)]
pub struct PartRef {
    /// What it is.
    pub kind: Kind,
    /// What it does.
    pub doc: String,
    /// Its chart, when it is installed.
    pub chart: Option<String>,
    /// Where it is, when it is outside.
    pub host: Option<Address>,
    /// Its ports.
    pub ports: Vec<NamedPort>,
    /// Present: nothing in and nothing out but its links.
    pub isolation: Option<Isolation>,
    /// The component whose place it takes.
    pub stands_for: Option<String>,
}

/// What an account may use.
#[derive(Clone, Debug)]
pub struct GrantRef {
    /// Name of the service account in the cluster.
    pub account: String,
    /// The buckets, in the manifest's order.
    pub buckets: Vec<String>,
}

/// A name that DNS must know.
#[derive(Clone, Debug)]
pub struct PublicName {
    /// What it is called in the manifest.
    pub name: String,
    /// What is reached there.
    pub doc: String,
    /// The DNS name by default.
    pub default: String,
    /// Charts whose values hold its URL.
    pub url_in: Vec<String>,
}

/// A volume that several pods share.
#[derive(Clone, Debug)]
pub struct VolumeRef {
    /// Its name, in the manifest and in the cluster.
    pub name: String,
    /// Path of its knobs.
    pub knobs: String,
    /// What is on it.
    pub doc: String,
    /// The chart that makes it.
    pub chart: String,
    /// The switch with which it is there.
    pub when: Option<String>,
}

/// A component that is installed.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The component's name.
    pub name: String,
    /// Path of its knobs.
    pub knobs: String,
    /// Name of its objects.
    pub object: String,
    /// What it is.
    pub kind: Kind,
    /// What it does.
    pub doc: String,
    /// The variant of its chart in which it is there; every one if absent.
    pub variant: Option<String>,
    /// The component whose place it takes.
    pub stands_for: Option<String>,
    /// Labels that select its pods and nothing else.
    pub selector: Labels,
    /// Value of its `app.kubernetes.io/instance` label.
    pub instance: Tree,
    /// Path of its image's knobs.
    pub image: String,
    /// When it runs, by the calendar.
    pub schedule: Option<String>,
    /// What is started.
    pub command: Vec<String>,
    /// Environment variables in the order of their names.
    pub env: Vec<(String, EnvValue)>,
    /// Secret files that are mounted: the secret's name, and its keys; none means all that there are, if there is a secret.
    pub secret_files: BTreeMap<String, Vec<String>>,
    /// Text files by their path.
    pub files: BTreeMap<String, String>,
    /// Knobs with the names of Secrets whose keys become variables, and whether there may be none.
    pub secret_env: Vec<(String, bool)>,
    /// Shared volumes by name, each with the switch with which it is there.
    pub mounts: BTreeMap<String, (Mount, Option<String>)>,
    /// Folders that are empty at each start.
    pub scratch: Vec<String>,
    /// Name of its service account's object.
    pub account: String,
    /// Ports in the order of their names.
    pub ports: Vec<NamedPort>,
    /// The port that Prometheus scrapes, which no service has.
    pub scraped: Option<String>,
    /// Where its volume is mounted.
    pub volume: Option<String>,
    /// Health.
    pub probes: Probes,
    /// Seconds between SIGTERM and SIGKILL.
    pub grace: Option<Tree>,
    /// The signal that its number of replicas follows.
    pub scaled_by: Option<SignalRef>,
    /// What a drained node may take away.
    pub disruption: Option<Disruption>,
    /// Present: nothing in and nothing out but its links.
    pub isolation: Option<Isolation>,
}

impl Workload {
    /// Whether it reads this secret, as a file or a variable.
    pub fn reads(&self, secret: &SecretRef) -> bool {
        let variable = |value: &EnvValue| matches!(value, EnvValue::SecretKey(knob, _) if *knob == secret.knob);
        self.secret_files.contains_key(&secret.name)
            || self.secret_env.iter().any(|(knob, _)| *knob == secret.knob)
            || self.env.iter().any(|(_, value)| variable(value))
    }

    /// Whether a link to or from this component is one of the workload's.
    pub fn is(&self, component: &str) -> bool {
        self.name == component || self.stands_for.as_deref() == Some(component)
    }
}

/// Labels in the order of their names.
pub type Labels = BTreeMap<String, Tree>;

/// Value of an environment variable.
#[derive(Clone, Debug)]
pub enum EnvValue {
    /// Stands in the pod.
    Plain(Tree),
    /// Stands in the pod when this switch is on.
    When(String, Tree),
    /// A key of the Secret that this knob names.
    SecretKey(String, String),
}

/// A service account.
#[derive(Clone, Debug)]
pub struct Account {
    /// Name of its object.
    pub object: String,
    /// Who uses it.
    pub doc: String,
}

/// A Secret that the installer makes.
#[derive(Clone, Debug)]
pub struct SecretRef {
    /// Its name in the manifest.
    pub name: String,
    /// Its default name in the cluster.
    pub object: String,
    /// Path of the knob with its name in the cluster.
    pub knob: String,
    /// What it is for.
    pub doc: String,
    /// The one variant of its chart in which somebody reads it; every one if absent.
    pub variant: Option<String>,
    /// Its keys.
    pub keys: BTreeMap<String, SecretKey>,
}

impl SecretRef {
    /// Whether nobody outside has to tell us a value.
    pub fn is_ours(&self) -> bool {
        !self.keys.is_empty() && self.keys.values().all(|key| !matches!(key.source, KeySource::External | KeySource::Certificate))
    }
}

/// A public name, as one chart answers under it.
#[derive(Clone, Debug)]
pub struct HostRef {
    /// Name of its objects.
    pub object: String,
    /// Path of its knobs.
    pub knobs: String,
    /// Its DNS name.
    pub dns: Tree,
    /// The variant in which the chart answers; every one if absent.
    pub variant: Option<String>,
    /// Path prefix, service, and the service's port.
    pub paths: Vec<(String, String, String)>,
}

/// A values file.
#[derive(Clone, Debug)]
pub struct ProfileValues {
    /// Its name.
    pub name: String,
    /// What place it is for.
    pub doc: String,
    /// Values by the path of their knob.
    pub values: BTreeMap<String, Value>,
}
