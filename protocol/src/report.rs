use serde::{Deserialize, Serialize};

use crate::{LogLine, Outcome, Used};

/// What one run did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct RunReport {
    /// How it ended.
    pub outcome: Outcome,
    /// What it took.
    pub usage: Usage,
    /// What it said, in order.
    pub logs: Vec<LogLine>,
    /// Identity of the engine that ran it: same engine, script and input give the same fuel and result.
    pub engine: String,
}

/// What one run took of each limit.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Usage {
    /// Fuel of the call to the entry, all its microtasks included.
    pub fuel: u64,
    /// Fuel of parsing the script and running its top level.
    pub load_fuel: u64,
    /// Largest size of the sandbox's linear memory.
    pub memory_bytes: u64,
    /// Time from start to end, to the microsecond.
    pub wall_ms: f64,
    /// Requests to the host.
    pub host_calls: u64,
    /// Text of all log lines that were kept.
    pub log_bytes: u64,
    /// The returned value's JSON text.
    pub output_bytes: u64,
    /// Whether the script was loaded in this run, or came loaded.
    #[serde(default)]
    pub image: ImageUse,
    /// What it did with its capabilities.
    #[serde(default, skip_serializing_if = "Used::is_empty")]
    pub capabilities: Used,
}

/// Where a run's loaded script came from. Nothing else about the run depends on it: not the outcome, not the logs, not the fuel.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ImageUse {
    /// Loaded in this run: the script was seen for the first time, or it did not fit the limits, or images are switched off.
    #[default]
    None,
    /// Came from an image: its top level ran earlier, in another sandbox, without capabilities.
    Used,
    /// Loaded in this run and in every other, because its top level looks at the clock, draws randomness, or begins an operation.
    Unusable,
}
