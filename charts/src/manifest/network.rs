use schemars::JsonSchema;
use serde::Deserialize;

/// Transport protocol.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize, JsonSchema)]
pub enum Protocol {
    /// TCP.
    #[default]
    #[serde(rename = "TCP")]
    Tcp,
    /// UDP.
    #[serde(rename = "UDP")]
    Udp,
}

impl Protocol {
    /// As Kubernetes spells it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Tcp => "TCP",
            Self::Udp => "UDP",
        }
    }
}

/// A port that something listens on.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Port {
    /// Its number.
    pub number: u16,
    /// TCP unless said otherwise.
    #[serde(default)]
    pub protocol: Protocol,
    /// The component's switch with which it listens there at all: what is about this port comes and goes with it.
    pub when: Option<String>,
}

/// One component may open connections to another.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Connection {
    /// Who dials.
    pub from: String,
    /// Who is dialled.
    pub to: String,
    /// Which of its ports, by name.
    #[serde(default)]
    pub ports: Vec<String>,
    /// Every port and protocol instead.
    #[serde(default)]
    pub any_port: bool,
    /// What for.
    pub doc: String,
}

/// Nothing in and nothing out, but for these.
///
/// A connection must be listed here too, or it is an error: a line added to `connections` cannot open what is isolated.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Isolation {
    /// Components that may dial in.
    #[serde(rename = "in")]
    pub inward: Vec<String>,
    /// Components that may be dialled.
    #[serde(rename = "out")]
    pub outward: Vec<String>,
    /// Name of its policy; that of the component's objects if absent.
    pub policy: Option<String>,
    /// Networks that are refused by name, as Calico can. What no rule lets through is refused in any case; these stay closed when the internet is opened.
    #[serde(default)]
    pub denied_nets: Vec<String>,
    /// Whether the policy can also be had in the form in which Calico stores it (`crd.projectcalico.org/v1`).
    #[serde(default)]
    pub stored_form: bool,
}
