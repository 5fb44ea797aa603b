use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::{Isolation, Port, Scrape};

/// What a component is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum Kind {
    /// Replicas that are all alike and keep nothing.
    Deployment,
    /// One replica that keeps data on a volume.
    StatefulSet,
    /// A pod that runs once at each install and upgrade, and ends.
    Job,
    /// A pod that runs at certain times.
    CronJob,
    /// A pod that `helm test` runs once, to see that the install works.
    Test,
    /// Pods that are there already and belong to others: DNS, Prometheus, clients.
    External,
    /// A Helm chart of others, which they install. Nothing is rendered of it so far.
    Release,
    /// A service outside the cluster: a database, a mail server, the load balancer.
    Host,
    /// Any address.
    Anywhere,
    /// All that is installed here and is not isolated.
    Cluster,
}

impl Kind {
    /// Whether it is installed by this manifest.
    pub const fn installed(self) -> bool {
        matches!(self, Self::Deployment | Self::StatefulSet | Self::Job | Self::CronJob | Self::Test)
    }
}

/// One part of the platform.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Component {
    /// What it is.
    pub kind: Kind,
    /// What it does.
    pub doc: String,
    /// The chart that it is part of; the only one if absent.
    pub chart: Option<String>,
    /// The variant of its chart in which it is there; every one if absent.
    pub variant: Option<String>,
    /// The component whose place it takes in its variant: it has that one's names and labels, and whoever may dial that one may dial it.
    pub stands_for: Option<String>,
    /// Its `app.kubernetes.io/instance` label, where `{namespace}` is the namespace; the name of the install if absent.
    pub instance: Option<String>,
    /// Named ports: those it listens on.
    #[serde(default)]
    pub ports: BTreeMap<String, Port>,
    /// External: which pods it is.
    pub pods: Option<Pods>,
    /// Host: where it is.
    pub host: Option<Address>,
    /// Name of its image.
    pub image: Option<String>,
    /// Cron job: when it runs, as `0 */3 * * *`.
    pub schedule: Option<String>,
    /// Release: where the chart comes from.
    pub release: Option<Release>,
    /// What is started, and its arguments.
    #[serde(default)]
    pub command: Vec<String>,
    /// Environment variables.
    #[serde(default)]
    pub env: BTreeMap<String, Env>,
    /// What an installer may set: integers, texts and maps, used by `env`, and switches, used by ports.
    #[serde(default)]
    pub knobs: BTreeMap<String, KnobSpec>,
    /// Small text files, by their absolute path in the container.
    #[serde(default)]
    pub files: BTreeMap<String, String>,
    /// Secrets whose keys become variables, all of them. A secret without known keys need not be there.
    #[serde(default)]
    pub secret_env: Vec<String>,
    /// Shared volumes, and where they are mounted.
    #[serde(default)]
    pub volumes: BTreeMap<String, Mount>,
    /// Folders that it may write to and that are empty at each start.
    #[serde(default)]
    pub scratch: Vec<String>,
    /// Its service account.
    pub service_account: Option<String>,
    /// What it is given.
    pub resources: Option<Resources>,
    /// The volume of a stateful set.
    pub storage: Option<Storage>,
    /// How its health is seen from outside.
    #[serde(default)]
    pub probes: Probes,
    /// How Prometheus looks at each of its pods. Nothing else depends on what they tell: that would be a signal.
    pub scrape: Option<Scrape>,
    /// Time between SIGTERM and SIGKILL.
    pub stop_within: Option<StopWithin>,
    /// How the number of replicas follows a signal.
    pub scaling: Option<Scaling>,
    /// What a drained node may take away at once.
    pub disruption: Option<Disruption>,
    /// Present: nothing in and nothing out but the connections to and from the components listed here.
    pub isolation: Option<Isolation>,
}

/// A Helm chart of others.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Release {
    /// The repository that it is in.
    pub repository: String,
    /// Its name there.
    pub chart: String,
    /// Its version.
    pub version: String,
}

/// Pods of others, by namespace and labels.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Pods {
    /// Their namespace; the platform's own if absent.
    pub namespace: Option<String>,
    /// The service in front of them, for those who dial it by name.
    pub service: Option<String>,
    /// Labels that they all carry; none means every pod of the namespace.
    #[serde(default)]
    pub labels: BTreeMap<String, String>,
}

/// Where a service outside the cluster is.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Address {
    /// Its DNS name by default: what `preflight` dials. Absent: it has none of its own, such as the whole internet.
    pub name: Option<String>,
    /// The addresses that policies and security rules let through.
    pub nets: Vec<String>,
    /// Whether an installer sets the addresses, as `network.NAMENets`, and `nets` is what they are by default. While there are none, nobody is let through.
    #[serde(default)]
    pub nets_knob: bool,
    /// What it is called in each cloud.
    #[serde(default)]
    pub clouds: BTreeMap<String, String>,
    /// What a backup takes from it.
    pub dump: Option<Dump>,
}

/// What a backup takes from a PostgreSQL database.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Dump {
    /// The key of a secret with its URL: `database.url`.
    pub url: String,
    /// The schema that is ours; everything if absent.
    pub schema: Option<String>,
}

/// Where a shared volume is mounted.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Mount {
    /// The folder.
    pub path: String,
    /// Whether it is only read.
    #[serde(default)]
    pub read_only: bool,
}

/// An environment variable's value.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(untagged)]
pub enum Env {
    /// This text. Neither a secret nor a URL: those are referred to.
    Text(String),
    /// From another part of the manifest.
    From(EnvSource),
}

/// Where an environment variable's value comes from.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum EnvSource {
    /// Address to listen on with this port of the component: `0.0.0.0:8080`.
    Listen(String),
    /// URL of a component's port inside the cluster, `manager:http-web`, or of a host, `host:api`.
    Url(String),
    /// One of the component's knobs. Of a text, the variable is there only while it is not empty.
    Knob(String),
    /// One of the component's knobs, as a duration: `20s`.
    Seconds(String),
    /// One of the component's knobs, as a duration: `336h`.
    Hours(String),
    /// One of the component's knobs, as a size: `128MiB`.
    Mebibytes(String),
    /// One of the component's knobs that is a map, as JSON.
    Json(String),
    /// Where one of the component's volumes is mounted; the variable is there only with an optional volume.
    Folder(String),
    /// Path of a mounted file with this key of a secret: `keys.worker`.
    SecretFile(String),
    /// Folder with a file for each key of a secret, whichever keys it has, if there is one.
    SecretFolder(String),
    /// This key of a secret, in the variable itself. Files are better: they show up nowhere else.
    Secret(String),
}

/// What an installer may set: an integer, a text, a map, or a switch that is on or off.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct KnobSpec {
    /// What it does.
    pub doc: String,
    /// Its value when nobody sets it; what it is decides what the knob is.
    pub default: serde_json::Value,
    /// Least value of an integer.
    pub min: Option<i64>,
    /// Greatest value of an integer.
    pub max: Option<i64>,
    /// Regular expression that a text fits. It admits no quote, no backslash and no line's end.
    pub pattern: Option<String>,
}

/// What a container is given.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Resources {
    /// CPU request, such as `500m`. There is no CPU limit: it only throttles.
    pub cpu: String,
    /// Memory, requested and at most: `512Mi`.
    pub memory: String,
    /// Why so much.
    pub doc: String,
}

/// Time between SIGTERM and SIGKILL.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct StopWithin {
    /// Seconds.
    pub seconds: i64,
    /// One of the component's knobs, in seconds, that is added.
    pub knob: Option<String>,
}

/// A volume.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Storage {
    /// Where it is mounted.
    pub path: String,
    /// Its size by default.
    pub size: String,
}

/// How a component's health is seen from outside.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probes {
    /// Fails: the container is started anew.
    pub live: Option<Probe>,
    /// Fails: no requests are sent to it.
    pub ready: Option<Probe>,
}

/// An HTTP GET that must succeed.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Probe {
    /// Port of the component.
    pub port: String,
    /// Path that is asked for.
    pub path: String,
}

/// How the number of replicas follows a signal.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Scaling {
    /// The signal: its value is shared among the replicas.
    pub signal: String,
    /// How much of it one replica is there for.
    pub per_replica: i64,
    /// Fewest replicas.
    pub min: i64,
    /// Most replicas.
    pub max: i64,
    /// How long it must have been too many before there are fewer, in seconds.
    pub scale_down_seconds: i64,
}

/// What a drained node may take away at once.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Disruption {
    /// Replicas, as a count or a share: `1` or `25%`.
    pub max_unavailable: String,
}
