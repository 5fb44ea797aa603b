use serde::{Deserialize, Serialize};

use crate::JobState;

/// How loud a log line is; `console.log` and `console.info` differ as in the Console Standard.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// `console.debug`, `console.trace`.
    Debug,
    /// `console.log` and all that print like it (`dir`, `table`, `group`, `time`, `count`).
    Log,
    /// `console.info`.
    Info,
    /// `console.warn`.
    Warn,
    /// `console.error`, `console.assert`.
    Error,
    /// Said by Ampoule itself, not by the script: that lines were cut.
    System,
}

impl LogLevel {
    /// Every level, quietest first.
    pub const ALL: [Self; 6] = [Self::Debug, Self::Log, Self::Info, Self::Warn, Self::Error, Self::System];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Debug => "debug",
            Self::Log => "log",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::System => "system",
        }
    }
}

/// One message of a run's console.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LogLine {
    /// Position among the run's messages, from 0 without gaps.
    pub offset: u64,
    /// How loud.
    pub level: LogLevel,
    /// The formatted text; may hold line breaks.
    pub message: String,
}

/// A job's state, as the stream of its log tells it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StateChange {
    /// The new state.
    pub state: JobState,
    /// Number of the current or last attempt.
    pub attempt: u32,
    /// How the job ended, by the kind of its outcome; once the state is final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<String>,
}

/// Answer of `GET /v1/jobs/{id}/logs`: of the current or last attempt, or of the one that was asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LogPage {
    /// Which attempt's; absent for the first, and 0 before it.
    #[serde(default = "first", skip_serializing_if = "is_first")]
    pub attempt: u32,
    /// Messages from the asked offset on.
    pub items: Vec<LogLine>,
    /// Offset to ask for next; absent when the attempt is over and nothing is left.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub next_offset: Option<u64>,
}

fn first() -> u32 {
    1
}

fn is_first(attempt: &u32) -> bool {
    *attempt == first()
}
