//! The lease protocol: what a worker and the manager say to each other. The worker always dials.
//!
//! Durations cross the wire, instants never: neither side believes the other's clock.

use serde::{Deserialize, Serialize};

use crate::{Grants, JobId, Json, LibrarySource, Limits, LogLine, Progress, ReplayOf, RunReport, ScriptSource, TenantName, TraceParent};

/// Right of one worker to finish one job; fences every write. A token of an older attempt is stale for ever.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LeaseToken {
    /// The job.
    pub job_id: JobId,
    /// The attempt, counted in the statement that leased it.
    pub attempt: u32,
}

/// Body of `POST /v1/leases/acquire`, a long poll: answered at once when there is something to say, else after `wait_ms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AcquireRequest {
    /// Name of the worker process, for records; unique per start.
    pub worker: String,
    /// Free slots: most jobs to lease. 0 only listens for cancels.
    pub slots: u32,
    /// How long the answer may take when there is nothing to say; the manager bounds it.
    pub wait_ms: u64,
    /// Leases whose cancel this worker already knows of, so that they are not said again.
    #[serde(default)]
    pub cancelling: Vec<LeaseToken>,
}

/// Answer of `POST /v1/leases/acquire`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct AcquireResponse {
    /// Leased now, oldest job first.
    pub jobs: Vec<LeasedJob>,
    /// Leases of this worker whose jobs somebody cancelled: stop the run and complete it.
    pub cancelled: Vec<LeaseToken>,
}

/// All that a worker needs to run a job.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LeasedJob {
    /// The lease.
    pub token: LeaseToken,
    /// Whose job it is.
    pub tenant: TenantName,
    /// The lease runs out so long after the answer was sent, unless renewed.
    pub lease_ms: u64,
    /// What to run.
    pub script: ScriptSource,
    /// Which function to call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// First argument of the entry.
    pub input: Json,
    /// The job's own object.
    pub context: Json,
    /// Modules that the script imports or receives.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<LibrarySource>,
    /// The limits in force.
    pub limits: Limits,
    /// What it is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
    /// A journal of the run is wanted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub record: bool,
    /// What is to be replayed; the script above counts only for a what-if.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replays: Option<ReplayOf>,
    /// Seed of the run's randomness, if the job fixed one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// How long it has waited since it could have started.
    #[serde(default)]
    pub waited_ms: u64,
    /// What the run's span belongs below, if the job belongs to a trace.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[cfg_attr(feature = "schema", schema(value_type = Option<String>))]
    pub traceparent: Option<TraceParent>,
}

/// Body of `POST /v1/leases/renew` (all leases of a worker in one call) and `POST /v1/leases/release` (back to the queue,
/// the attempt does not count against the job).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Tokens {
    /// Which leases.
    pub tokens: Vec<LeaseToken>,
}

/// Body of `POST /v1/leases/logs`: what runs have said since the last such call, all runs of a worker in one call.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AppendRequest {
    /// New lines, by run.
    pub appends: Vec<LogAppend>,
}

/// New lines of one run. Lines that were appended before are not stored twice: their offsets tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct LogAppend {
    /// Under which lease.
    pub token: LeaseToken,
    /// Consecutive lines.
    pub lines: Vec<LogLine>,
    /// How far it has come, if it has said so since the last such call.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
}

/// Most bytes of a journal that a manager keeps; a larger one stays with the worker, if that has a folder for them.
pub const MAX_KEPT_JOURNAL_BYTES: u64 = 16 << 20;

/// Body of `POST /v1/leases/attend`, a long poll by which a manager knows that a worker lives: when its connection breaks and the worker does
/// not renew its leases soon after, they are taken back. Answered with nothing after `wait_ms`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct AttendRequest {
    /// Name of the worker process, as in [`AcquireRequest::worker`].
    pub worker: String,
    /// How long the answer may take; the manager bounds it.
    pub wait_ms: u64,
}

/// Body of `POST /v1/leases/complete`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct CompleteRequest {
    /// Finished runs.
    pub reports: Vec<Completion>,
}

/// One finished run.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct Completion {
    /// Under which lease.
    pub token: LeaseToken,
    /// What it did; of its log, what was not appended while it ran.
    pub report: RunReport,
    /// Offset of the first line of the report's log: so many were appended before.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub logs_from: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// Answer of renew, release, logs and complete: one state per token, in the order asked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct LeaseStates {
    /// What became of each token.
    pub results: Vec<TokenState>,
}

/// What became of one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TokenState {
    /// The token.
    pub token: LeaseToken,
    /// Its state after the call.
    pub state: LeaseState,
}

/// What a manager answers for one token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum LeaseState {
    /// Renewed; goes on for another lease period.
    Held,
    /// Renewed, and its job was cancelled: stop the run and complete it.
    Cancelled,
    /// The completion or release was written; the lease is over.
    Accepted,
    /// The job went on without this lease; nothing was written. Stop the run and forget it.
    Stale,
}
