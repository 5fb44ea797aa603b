use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// How a cluster follows a repository, instead of being told by hand.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct GitOps {
    /// The repository with the rendered folder, as its followers fetch it.
    pub repository: String,
    /// The rendered folder in it.
    pub path: String,
    /// Argo CD follows it.
    pub argocd: Option<ArgoCd>,
    /// Flux follows it.
    pub flux: Option<Flux>,
}

/// Argo CD.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ArgoCd {
    /// Its namespace.
    pub namespace: String,
    /// The project that applications belong to.
    pub project: String,
}

/// Flux.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Flux {
    /// Its namespace.
    pub namespace: String,
    /// How often it looks, in minutes.
    pub interval_minutes: u32,
}

/// A stage on the way to production: the same charts, from a branch of its own, with values of its own.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// What it is for.
    pub doc: String,
    /// Its place on the way, from 1.
    pub order: u32,
    /// The branch that it follows.
    pub branch: String,
    /// Its namespace; that of the install if absent.
    pub namespace: Option<String>,
    /// Registries that images may come from there; any if empty.
    #[serde(default)]
    pub registries: Vec<String>,
    /// The profile of each chart that it starts from, by the chart's name.
    #[serde(default)]
    pub profiles: BTreeMap<String, String>,
    /// What is different there: values by the path of their knob, for each chart.
    #[serde(default)]
    pub values: BTreeMap<String, BTreeMap<String, serde_json::Value>>,
}
