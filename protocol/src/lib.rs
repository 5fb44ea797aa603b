//! The nouns of Ampoule, as they cross the wire. Start reading here.
//!
//! A client sends a [`JobSpec`] and reads back a [`JobView`]. A worker acquires a [`LeasedJob`] under a [`LeaseToken`],
//! runs it and completes it with a [`RunReport`]. Manager and worker meet nowhere but in this crate.
//!
//! Everything here is data and pure functions. Sizes are in bytes and durations in milliseconds, and their names end so
//! (`memory_bytes`, `wall_ms`). JSON that belongs to a script (input, context, returned value) is carried as its
//! own text in a [`Json`], never parsed and printed again: a lone surrogate or `1e21` arrives as it was sent.
//!
//! The feature `schema` describes the nouns for the API's document; only the manager wants it.

#![forbid(unsafe_code)]

mod attempt;
mod child;
mod grant;
mod job;
mod json;
mod key;
mod kv;
mod lease;
mod limits;
mod log;
mod net_rule;
mod outcome;
mod problem;
mod published;
mod reference;
mod replay;
mod report;
mod retry;
mod role;
mod schedule;
mod script;
mod size;
mod tenant;
mod trace;
mod used;

pub use attempt::{CancelledBy, LostAttempt, LostCause};
pub use child::{ChildAsk, ChildRequest, ChildView, MAX_CHILD_BYTES, MAX_CHILD_DEPTH, MAX_FAMILY_JOBS, MAX_PROGRESS_CHARS, Progress};
pub use grant::{Access, GrantSyntax, GrantedBy, Grants, MAX_ENV_BYTES, MAX_GRANT_CHARS, MAX_GRANTS, NameRule, RefusedGrant, grant_name};
pub use job::{
    BatchSpec, BatchStored, JobId, JobList, JobRef, JobSpec, JobState, JobView, MAX_BATCH_JOBS, MAX_ENTRY_CHARS, MAX_LIBRARIES,
    MAX_PRIORITY, MAX_START_WITHIN_MS, MAX_TAG_CHARS, MAX_TAGS, START_WITHIN_MS, ScriptView, SpecError,
};
pub use json::{Json, NotJson};
pub use key::{KeyId, KeyList, KeySpec, KeySpecError, KeyView, MAX_KEY_NAME_CHARS, MAX_REQUESTS_PER_SECOND, NewKey};
pub use kv::{
    KvAnswer, KvAsk, KvHeld, KvKey, KvQuota, KvRequest, KvSpace, KvWrong, MAX_KV_BYTES, MAX_KV_KEY_BYTES, MAX_KV_KEYS, MAX_KV_LISTED,
    MAX_KV_NAMESPACES, MAX_KV_TTL_MS, MAX_KV_VALUE_BYTES,
};
pub use lease::{
    AcquireRequest, AcquireResponse, AppendRequest, AttendRequest, CompleteRequest, Completion, LeaseState, LeaseStates, LeaseToken,
    LeasedJob, LogAppend, MAX_KEPT_JOURNAL_BYTES, TokenState, Tokens,
};
pub use limits::{LimitError, LimitKind, Limits, LimitsSpec};
pub use log::{LogLevel, LogLine, LogPage, StateChange};
pub use net_rule::NetRule;
pub use outcome::{FaultCode, Outcome, ScriptError};
pub use problem::Problem;
pub use published::{
    AliasList, AliasSpec, AliasView, MAX_ALIASES, Manifest, Modules, PublishSpec, PublishedList, PublishedView, VersionView,
};
pub use reference::{JobLibrary, JobScript, LibraryOf, MAX_PUBLISHED_NAME_CHARS, VersionRef, is_published_name};
pub use replay::{ReplayDifference, ReplayOf, ReplayResult, ReplaySpec};
pub use report::{ImageUse, RunReport, Usage};
pub use retry::{ConcurrencyPolicy, MAX_ATTEMPTS, MAX_BACKOFF_MS, MAX_NON_RETRYABLE, Retry};
pub use role::{Role, RoleError};
pub use schedule::{MAX_CRON_CHARS, MAX_MADE_UP, MAX_SCHEDULES, MissedPolicy, OverlapPolicy, ScheduleList, ScheduleSpec, ScheduleView};
pub use script::{Language, LibrarySource, MAX_IMPORTS, MAX_MODULES, MAX_PATH_CHARS, SOURCE_MAP_FACTOR, ScriptSource, source_map};
pub use size::{ByteSize, ParseByteSizeError};
pub use tenant::{MAX_TENANT_CHARS, MAX_WEIGHT, TenantList, TenantName, TenantNameError, TenantSettings, TenantView};
pub use trace::{NoTraceParent, TraceParent};
pub use used::{MAX_USED, Used, UsedHost, UsedItem};
