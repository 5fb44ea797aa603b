use serde::{Deserialize, Serialize};

use crate::{JobId, JobScript, Outcome};

/// Body of `POST /v1/jobs/{id}/replay`. Without it, the last recorded attempt is run again as it was.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct ReplaySpec {
    /// Which attempt; without it the last one that has a journal.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub attempt: Option<u32>,
    /// What if this script had heard what the recorded one heard? As in a job.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub script: Option<JobScript>,
}

/// What a job replays, instead of running a script on the world.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ReplayOf {
    /// The recorded job.
    pub job_id: JobId,
    /// Its attempt.
    pub attempt: u32,
    /// It runs the job's own script instead of the recorded one.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub what_if: bool,
}

/// What comes of a replay: the value that its job returns.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReplayResult {
    /// Outcome, log and fuel are those of the recorded attempt.
    pub identical: bool,
    /// Else the first difference.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub difference: Option<ReplayDifference>,
    /// How the replay ended, if it is not identical and came to an end: after a host call that was not recorded there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
}

/// Where a replay first went another way than the recorded attempt.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ReplayDifference {
    /// Number of the host call, from 1; 0 when all of them agree and the end does not.
    pub call: u64,
    /// What was recorded.
    pub recorded: String,
    /// What the replay did.
    pub replayed: String,
}
