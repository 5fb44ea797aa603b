use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;

use super::Auth;

/// What is installed, and where it can be.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Install {
    /// Name of the platform; of its chart too, unless `charts` names several: a DNS label.
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

/// One of several charts.
#[derive(Clone, Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Chart {
    /// One sentence for whoever lists charts.
    pub doc: String,
    /// Charts that must be there before it.
    #[serde(default)]
    pub depends_on: Vec<String>,
    /// The ways in which it can be installed, one of which is `default`, and what each is. Some components are there in one of them only.
    #[serde(default)]
    pub variants: BTreeMap<String, String>,
}

/// A public DNS name.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// What is reached there.
    pub doc: String,
    /// The name by default.
    pub name: String,
    /// Who answers.
    pub routes: Vec<Route>,
    /// Charts whose values hold its URL, as `config.global.url.NAME`: equal in all of them, because there is one name. Without any, the chart that
    /// answers has its name as `hosts.NAME.name`.
    #[serde(default)]
    pub url_in: Vec<String>,
}

/// Who answers at these paths of a host.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// The component.
    pub component: String,
    /// Its port.
    pub port: String,
    /// Path prefixes that are let through; everything else stays inside the cluster.
    pub paths: Vec<String>,
    /// What the component sees in place of the prefix.
    pub rewrite: Option<String>,
    /// Who may pass; everybody if absent.
    pub auth: Option<Auth>,
}

impl Host {
    /// Whether an Ingress can do what the routes say; else there is none, because it would do less.
    pub(crate) fn is_plain(&self) -> bool {
        self.routes.iter().all(|route| route.rewrite.is_none() && route.auth.is_none())
    }
}

/// A volume that several pods share.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Volume {
    /// What is on it.
    pub doc: String,
    /// The chart that makes it; the only one if absent.
    pub chart: Option<String>,
    /// Its size by default.
    pub size: String,
    /// Whether it is there only when an installer switches it on.
    #[serde(default)]
    pub optional: bool,
}

/// Values for one typical place.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// What the place is like, and why these values fit it.
    pub doc: String,
    /// The chart whose values these are; the only one if absent.
    pub chart: Option<String>,
    /// Values by the path of their knob, such as `worker.slots`; the others keep their default.
    pub values: BTreeMap<String, serde_json::Value>,
}
