//! Jobs that a run submits, and what it says of how far it has come: both under its lease.

use serde::{Deserialize, Serialize};

use crate::{JobId, JobState, Json, LeaseToken, Outcome};

/// How deep jobs may submit jobs: a job that a client submits has depth 0.
pub const MAX_CHILD_DEPTH: u32 = 4;
/// Most jobs that a client's job and those below it may submit together: a script that submits itself ends there.
pub const MAX_FAMILY_JOBS: u64 = 1_000;
/// Most bytes of a job that a run submits, as JSON; a larger script is published.
pub const MAX_CHILD_BYTES: usize = 1 << 20;
/// Most characters of the text of a [`Progress`].
pub const MAX_PROGRESS_CHARS: usize = 200;

/// Body of `POST /v1/leases/jobs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ChildRequest {
    /// Under which lease. One that is over submits and cancels nothing.
    pub token: LeaseToken,
    /// What is asked.
    pub ask: ChildAsk,
}

/// What a run asks about jobs of its own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum ChildAsk {
    /// Stores a job. Another attempt that submits the same job in the same place gets the one that is stored already.
    Submit {
        /// How many this run has submitted before.
        place: u64,
        /// A [`JobSpec`](crate::JobSpec).
        job: Json,
    },
    /// Waits for a job's end.
    Await {
        /// One that this run's job submitted.
        id: JobId,
        /// How long the answer may take when it has not ended; the manager bounds it.
        wait_ms: u64,
    },
    /// How a job has ended.
    Result {
        /// One that this run's job submitted.
        id: JobId,
    },
    /// Cancels a job.
    Cancel {
        /// One that this run's job submitted.
        id: JobId,
    },
}

/// A job that a run submitted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ChildView {
    /// Identity.
    pub id: JobId,
    /// Where it is in its life.
    pub state: JobState,
    /// How it ended; only in the answer to [`ChildAsk::Result`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// How far a run has come, by its own account.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// 0 to 1.
    pub fraction: f64,
    /// At most 200 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub text: String,
}

impl Progress {
    /// Within its bounds, whatever somebody says.
    #[must_use]
    pub fn bounded(self) -> Self {
        let fraction = if self.fraction.is_finite() { self.fraction.clamp(0.0, 1.0) } else { 0.0 };
        let text = self.text.chars().map(|char| if char.is_control() { ' ' } else { char }).take(MAX_PROGRESS_CHARS).collect();
        Self { fraction, text }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_is_bounded() {
        let of = |fraction, text: &str| Progress { fraction, text: text.to_owned() }.bounded();
        assert_eq!(of(2.0, "a\nb\0"), of(1.0, "a b "));
        assert_eq!(of(f64::NAN, "").fraction, 0.0);
        assert_eq!(of(0.5, &"é".repeat(300)).text.chars().count(), MAX_PROGRESS_CHARS);
    }
}
