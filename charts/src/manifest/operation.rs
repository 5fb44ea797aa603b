use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

/// An identity of pods. Its token is never mounted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct ServiceAccount {
    /// Who uses it.
    pub doc: String,
    /// Its name in the cluster; that of the chart and its own if absent.
    pub object: Option<String>,
    /// The chart that makes it; the only one if absent.
    pub chart: Option<String>,
}

/// A Kubernetes Secret that is made before the install.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Secret {
    /// What it is for.
    pub doc: String,
    /// Its name in the cluster; that of the chart and its own if absent.
    pub object: Option<String>,
    /// Its keys. None: the installer chooses them, and whether it is there at all.
    #[serde(default)]
    pub keys: BTreeMap<String, SecretKey>,
}

/// One key of a Secret.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SecretKey {
    /// What it is, or who shows it to whom.
    pub doc: String,
    /// Where it comes from.
    #[serde(default)]
    pub source: KeySource,
    /// Fewest characters.
    pub min_length: u32,
    /// Most characters.
    pub max_length: u32,
    /// Characters that it may not have, because something on its way cannot carry them.
    #[serde(default)]
    pub forbidden: String,
    /// Whether data is lost for ever with it: it is guarded against deletion and never made anew.
    #[serde(default)]
    pub irrecoverable: bool,
}

/// Where a key of a Secret comes from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum KeySource {
    /// A random password.
    #[default]
    Random,
    /// A random encryption key, 32 bytes in base64.
    EncryptionKey,
    /// A private key, in PEM.
    PrivateKey,
    /// The public half of the Secret's private key, in PEM.
    PublicKey,
    /// A certificate, in PEM; somebody else signs it.
    Certificate,
    /// A value of a system outside, which is told to us.
    External,
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
    /// The ServiceMonitor; beside the component and under its name if absent.
    pub monitor: Option<MonitorPlace>,
}

/// How Prometheus looks at each pod of a component, through no service: nobody finds those pods by a name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scrape {
    /// Port of the component, which no service has.
    pub port: String,
    /// At which path.
    pub path: String,
    /// How often, in seconds.
    pub interval_seconds: u32,
    /// The Prometheus that does: an external component.
    pub collector: String,
}

/// Where a ServiceMonitor is, and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct MonitorPlace {
    /// Its name, where `{namespace}` is the namespace of the install. It stands in the namespace of the collector.
    pub name: String,
    /// Labels by which the collector finds it, by default.
    pub labels: BTreeMap<String, String>,
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

/// Something that an operator must look at.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Alert {
    /// What has happened, and what to look at.
    pub doc: String,
    /// PromQL that has a value while it happens.
    pub expr: String,
    /// How long it must have happened, in minutes.
    pub for_minutes: u32,
    /// How urgent it is.
    pub severity: Severity,
}

/// How urgent an alert is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Somebody gets up at night.
    Critical,
    /// Somebody looks the next day.
    Warning,
}

impl Severity {
    /// The label's value.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Critical => "critical",
            Self::Warning => "warning",
        }
    }
}

/// A page of Grafana.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dashboard {
    /// Its title.
    pub title: String,
    /// A metric that every install has: its `namespace` labels are those that one can choose from.
    pub chosen_by: String,
    /// Its panels, two in a row.
    pub panels: Vec<Panel>,
}

/// A graph over time.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Panel {
    /// Its title.
    pub title: String,
    /// What it shows, and what to look for.
    pub doc: String,
    /// Unit of its axis, as Grafana calls it: `short`, `s`, `ops`, `bytes`, `percentunit`.
    pub unit: String,
    /// Its lines.
    pub queries: Vec<Query>,
}

/// A line of a graph, or several.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Query {
    /// PromQL, where `$namespace` is the one that was chosen.
    pub expr: String,
    /// Name of the line.
    pub name: Option<String>,
    /// The label by whose values several lines are told apart.
    pub by: Option<String>,
}
