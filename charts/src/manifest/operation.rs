use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// An identity of pods. Its token is never mounted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceAccount {
    /// Who uses it.
    pub doc: String,
}

/// A Kubernetes Secret that the installer makes.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// What it is for.
    pub doc: String,
    /// Its keys.
    pub keys: BTreeMap<String, SecretKey>,
}

/// One key of a Secret.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretKey {
    /// Who shows it to whom.
    pub doc: String,
    /// Fewest characters.
    pub min_length: u32,
    /// Most characters.
    pub max_length: u32,
}

/// A metric that something depends on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Signal {
    /// What it says.
    pub doc: String,
    /// Who exposes it.
    pub component: String,
    /// On which port.
    pub port: String,
    /// At which path.
    pub path: String,
    /// How often it is scraped, in seconds.
    pub interval_seconds: u32,
    /// The Prometheus that scrapes it: an external component.
    pub collector: String,
    /// How the figures of several replicas become one.
    pub combine: Combine,
}

/// How the figures of several replicas become one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Combine {
    /// Every replica tells the same figure.
    Avg,
    /// Each replica tells its share.
    Sum,
    /// The worst counts.
    Max,
}

impl Combine {
    /// The PromQL aggregation.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Avg => "avg",
            Self::Sum => "sum",
            Self::Max => "max",
        }
    }
}
