//! What a manifest says: one platform, as its author writes it.
//!
//! Names are the keys of maps, so that a name is written once; whatever refers to another part does so by that name. Every concept is one file
//! here, and every type is strict: a key that is not known is an error.

mod component;
mod install;
mod network;
mod operation;

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

pub use self::{
    component::{Component, Disruption, Env, EnvSource, Kind, KnobSpec, Pods, Probe, Probes, Resources, Scaling, StopWithin, Storage},
    install::{Host, Image, Install, Profile},
    network::{Connection, Isolation, Port, Protocol},
    operation::{Combine, Secret, SecretKey, ServiceAccount, Signal},
};

/// One platform.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Platform manifest")]
pub struct Manifest {
    /// What is installed, and where it can be.
    pub install: Install,
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
    /// Who may talk to whom. Every network policy is made from this one list.
    #[serde(default)]
    pub connections: Vec<Connection>,
    /// Values that nobody but their user may read. The manifest names them and never holds them.
    #[serde(default)]
    pub secrets: BTreeMap<String, Secret>,
    /// Metrics that something depends on, by their full name.
    #[serde(default)]
    pub signals: BTreeMap<String, Signal>,
    /// Sets of values for typical places, each rendered as a values file.
    #[serde(default)]
    pub profiles: BTreeMap<String, Profile>,
}

/// The JSON Schema of a manifest.
pub fn schema() -> serde_json::Value {
    schemars::schema_for!(Manifest).into()
}
