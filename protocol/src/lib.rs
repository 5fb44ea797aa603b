//! The nouns of Ampoule, as they cross the wire. Start reading here.
//!
//! A client sends a [`JobSpec`] and reads back a [`JobView`]. A worker acquires a [`LeasedJob`] under a [`LeaseToken`],
//! runs it and completes it with a [`RunReport`]. Manager and worker meet nowhere but in this crate.
//!
//! Everything here is data and pure functions. Sizes are in bytes and durations in milliseconds, and their names end so
//! (`memory_bytes`, `wall_ms`). JSON that belongs to a script (input, context, returned value) is carried as its
//! own text in a [`Json`], never parsed and printed again: a lone surrogate or `1e21` arrives as it was sent.

#![forbid(unsafe_code)]

mod attempt;
mod grant;
mod job;
mod json;
mod lease;
mod limits;
mod log;
mod net_rule;
mod outcome;
mod problem;
mod report;
mod retry;
mod script;
mod size;
mod used;

pub use attempt::{CancelledBy, LostAttempt, LostCause};
pub use grant::{Access, GrantSyntax, GrantedBy, Grants, MAX_ENV_BYTES, MAX_GRANT_CHARS, MAX_GRANTS, NameRule, RefusedGrant, grant_name};
pub use job::{
    BatchSpec, BatchStored, JobId, JobList, JobRef, JobSpec, JobState, JobView, MAX_BATCH_JOBS, MAX_ENTRY_CHARS, MAX_LIBRARIES,
    MAX_PRIORITY, MAX_START_WITHIN_MS, MAX_TAG_CHARS, MAX_TAGS, START_WITHIN_MS, ScriptView, SpecError,
};
pub use json::{Json, NotJson};
pub use lease::{
    AcquireRequest, AcquireResponse, CompleteRequest, Completion, LeaseState, LeaseStates, LeaseToken, LeasedJob, TokenState, Tokens,
};
pub use limits::{LimitError, LimitKind, Limits, LimitsSpec};
pub use log::{LogLevel, LogLine, LogPage};
pub use net_rule::NetRule;
pub use outcome::{FaultCode, Outcome, ScriptError};
pub use problem::Problem;
pub use report::{ImageUse, RunReport, Usage};
pub use retry::{ConcurrencyPolicy, MAX_ATTEMPTS, MAX_BACKOFF_MS, MAX_NON_RETRYABLE, Retry};
pub use script::{LibrarySource, ScriptSource};
pub use size::{ByteSize, ParseByteSizeError};
pub use used::{MAX_USED, Used, UsedHost, UsedItem};
