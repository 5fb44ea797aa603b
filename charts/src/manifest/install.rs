use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// What is installed, and where it can be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Install {
    /// Name of the chart and prefix of every object: a DNS label.
    pub name: String,
    /// One sentence for whoever lists charts.
    pub doc: String,
    /// Version of the platform, as `1.2.3`.
    pub version: String,
    /// Namespace of what is rendered outside the chart; the chart itself goes where Helm is told to. Object names carry no release name: one
    /// install per namespace.
    pub namespace: String,
    /// Kubernetes versions, oldest first, as `1.30`: every object is valid in each.
    pub kubernetes: Vec<String>,
}

/// A container image.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Image {
    /// What is in it.
    pub doc: String,
    /// Name without tag.
    pub repository: String,
    /// Which build; the install's version if absent.
    pub tag: Option<String>,
}

/// A public DNS name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// What is reached there.
    pub doc: String,
    /// The name by default.
    pub name: String,
    /// The component that answers.
    pub component: String,
    /// Its port.
    pub port: String,
    /// Path prefixes that are let through; everything else stays inside the cluster.
    pub paths: Vec<String>,
}

/// Values for one typical place.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What the place is like, and why these values fit it.
    pub doc: String,
    /// Values by the path of their knob, such as `worker.slots`; the others keep their default.
    pub values: BTreeMap<String, serde_json::Value>,
}
