use schemars::JsonSchema;
use serde::Deserialize;

/// Something that operators do, step by step.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Procedure {
    /// When to do it, and what it leaves behind.
    pub doc: String,
    /// The steps, in order.
    pub steps: Vec<Step>,
}

/// One step of a procedure.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// What is done, as a heading.
    pub title: String,
    /// What it is about: this decides what is printed under the heading.
    pub about: About,
    /// What must be so before it is done.
    #[serde(default)]
    pub guards: Vec<Guard>,
    /// What else to know.
    #[serde(default)]
    pub notes: Vec<String>,
}

/// What must be so before a step is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Guard {
    /// Whoever does it types the name of the namespace.
    Confirm,
    /// There is a backup in the folder that the procedure was told.
    Backup,
}

/// What a step is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum About {
    /// Public names.
    Dns,
    /// Ports between the platform and what is outside.
    Connectivity,
    /// Buckets, roles and policies.
    CloudAccess,
    /// What isolated components may dial.
    NetworkPolicy,
    /// Signals on their way to the autoscaler.
    Monitoring,
    /// Secrets, in each of the ways to make them.
    Secrets,
    /// Charts in their order.
    Charts,
    /// A copy of what would be lost.
    Backup,
    /// The copy, back in its place.
    Restore,
    /// Secrets that are made anew.
    Rotate,
    /// Charts, backwards.
    Uninstall,
    /// Volumes, secrets and the namespace, for ever.
    Destroy,
}

impl About {
    /// Whether it is done by commands alone, so that a script can do it.
    pub(crate) const fn is_script(self) -> bool {
        matches!(self, Self::Backup | Self::Restore | Self::Rotate | Self::Uninstall | Self::Destroy)
    }
}
