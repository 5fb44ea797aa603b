//! A manifest after validation, with every name resolved to what will be rendered.

mod build;
mod knobs;

use std::collections::BTreeMap;

use serde_json::Value;

pub(crate) use self::{
    build::{SECRET_FOLDER, build},
    knobs::knobs,
};
use crate::{
    knob::Knobs,
    manifest::{Combine, Disruption, Install, Kind, Probes, Protocol},
    tree::Tree,
};

/// Everything that renderers need; nothing in it has to be looked up or can be missing.
#[derive(Clone, Debug)]
pub struct Plan {
    /// What is installed.
    pub install: Install,
    /// What an installer may set.
    pub knobs: Knobs,
    /// What is installed, in the order of names.
    pub workloads: Vec<Workload>,
    /// Service accounts.
    pub accounts: Vec<Account>,
    /// Who may talk to whom.
    pub links: Vec<Link>,
    /// Secrets that the installer makes.
    pub secrets: Vec<SecretRef>,
    /// What Prometheus scrapes.
    pub monitors: Vec<Monitor>,
    /// Signals.
    pub signals: Vec<SignalRef>,
    /// Public names.
    pub hosts: Vec<HostRef>,
    /// Values files.
    pub profiles: Vec<ProfileValues>,
}

/// A component that is installed.
#[derive(Clone, Debug)]
pub struct Workload {
    /// The component's name, which is also the path of its knobs.
    pub name: String,
    /// Name of its objects.
    pub object: String,
    /// What it is.
    pub kind: Kind,
    /// What it does.
    pub doc: String,
    /// Labels that select its pods and nothing else.
    pub selector: Labels,
    /// Path of its image's knobs.
    pub image: String,
    /// What is started.
    pub command: Vec<String>,
    /// Environment variables in the order of their names.
    pub env: Vec<(String, EnvValue)>,
    /// Secret files that are mounted: the secret's knob path, and its keys.
    pub secret_files: BTreeMap<String, Vec<String>>,
    /// Text files by their path.
    pub files: BTreeMap<String, String>,
    /// Name of its service account's object.
    pub account: String,
    /// Ports in the order of their names.
    pub ports: Vec<NamedPort>,
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
    /// Nothing in and nothing out but its links.
    pub isolated: bool,
}

/// Labels in the order of their names.
pub type Labels = BTreeMap<String, String>;

/// Value of an environment variable.
#[derive(Clone, Debug)]
pub enum EnvValue {
    /// Stands in the pod.
    Plain(Tree),
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

/// A port with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPort {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: u16,
    /// Its protocol.
    pub protocol: Protocol,
}

/// One side of a link.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Peer {
    /// The component's name.
    pub component: String,
    /// Labels of its pods; none means all.
    pub labels: Labels,
    /// Path of the knob with its namespace; our own if absent.
    pub namespace: Option<String>,
}

/// A connection that is let through.
#[derive(Clone, Debug)]
pub struct Link {
    /// Who dials.
    pub from: Peer,
    /// Who is dialled.
    pub to: Peer,
    /// On which ports.
    pub ports: Vec<NamedPort>,
    /// What for.
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
    /// Its keys, with what they are for and their shortest and longest length.
    pub keys: Vec<(String, String, u32, u32)>,
}

/// A service that Prometheus scrapes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Monitor {
    /// The component's object.
    pub object: String,
    /// Labels of its service.
    pub selector: Labels,
    /// Name of the port.
    pub port: String,
    /// Path.
    pub path: String,
    /// Seconds between scrapes.
    pub interval: u32,
}

/// A metric that something depends on.
#[derive(Clone, Debug)]
pub struct SignalRef {
    /// The metric's full name.
    pub metric: String,
    /// Service that exposes it: the `service` label of its series.
    pub service: String,
    /// How several replicas' figures become one.
    pub combine: Combine,
    /// What it says.
    pub doc: String,
}

/// A public name.
#[derive(Clone, Debug)]
pub struct HostRef {
    /// Name of its objects.
    pub object: String,
    /// Path of its knobs.
    pub knobs: String,
    /// Service behind it.
    pub service: String,
    /// The service's port.
    pub port: String,
    /// Path prefixes that are let through.
    pub paths: Vec<String>,
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
