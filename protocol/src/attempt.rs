use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{KeyId, Outcome};

/// An attempt that did not end its job, or no longer does.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LostAttempt {
    /// Its number.
    pub attempt: u32,
    /// Why it did not count.
    pub cause: LostCause,
    /// Who ran it.
    pub worker: String,
    /// When it was leased.
    pub started_at: Timestamp,
    /// When the queue took note of its end.
    pub ended_at: Timestamp,
    /// When its worker was last heard of; for [`LostCause::WorkerLost`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_seen_at: Option<Timestamp>,
    /// How it ended, if it came that far.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// Why an attempt did not end its job.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LostCause {
    /// Its worker fell silent and the lease ran out.
    WorkerLost,
    /// Its worker was heard of, but the run went on long past its wall time.
    Overrun,
    /// Its worker gave it back, as workers do that drain.
    Released,
    /// A fault; the outcome says which.
    Fault,
    /// It threw, and the job asks to be run again then.
    Threw,
    /// It ended the job, and somebody asked for another try.
    Retried,
}

impl LostCause {
    /// Every cause.
    pub const ALL: [Self; 6] = [Self::WorkerLost, Self::Overrun, Self::Released, Self::Fault, Self::Threw, Self::Retried];

    /// The name on the wire and in stores.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::WorkerLost => "worker_lost",
            Self::Overrun => "overrun",
            Self::Released => "released",
            Self::Fault => "fault",
            Self::Threw => "threw",
            Self::Retried => "retried",
        }
    }
}

/// Who asked for a job's cancel.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct CancelledBy {
    /// The role of the key that was shown, `anybody` where none is needed, or `concurrency_key`.
    pub by: String,
    /// Which key, if it is one that the store keeps.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub key: Option<KeyId>,
    /// What they said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
}
