use serde::{Deserialize, Serialize};

use crate::{LogLine, Outcome};

/// What one run did.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
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
}
