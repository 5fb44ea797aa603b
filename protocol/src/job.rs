use std::{collections::BTreeMap, fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{
    CancelledBy, ConcurrencyPolicy, GrantSyntax, Grants, JobLibrary, JobScript, Json, LibraryOf, LimitError, Limits, LimitsSpec,
    LostAttempt, MAX_ATTEMPTS, MAX_BACKOFF_MS, MAX_NON_RETRYABLE, Outcome, Progress, ReplayOf, Retry, Usage, VersionRef, is_published_name,
};

/// Most libraries that one job can bring.
pub const MAX_LIBRARIES: usize = 64;
/// Most tags of one job; they are indexed.
pub const MAX_TAGS: usize = 16;
/// Most characters of a tag's key or value.
pub const MAX_TAG_CHARS: usize = 128;
/// Most characters of an entry's, a script's or a library's name.
pub const MAX_ENTRY_CHARS: usize = 256;
/// The most and, negated, the least priority.
pub const MAX_PRIORITY: i32 = 100;
/// How long a job waits for its start that asks for nothing else: after a day nobody waits for it any more.
pub const START_WITHIN_MS: u64 = 24 * 60 * 60 * 1000;
/// The longest that a job can ask to wait, from its `run_at` on: 30 days.
pub const MAX_START_WITHIN_MS: u64 = 30 * START_WITHIN_MS;
/// Most jobs of one batch: one transaction, and one answer that is read at once.
pub const MAX_BATCH_JOBS: usize = 1_000;

/// Identity of a job: a UUIDv7, so ids sort by creation.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct JobId(Uuid);

impl JobId {
    /// A fresh id of the present moment.
    #[expect(clippy::new_without_default, reason = "two defaults would differ")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The sixteen bytes, most significant first: as stores keep it.
    pub const fn as_bytes(&self) -> &[u8; 16] {
        self.0.as_bytes()
    }

    /// The id that a store kept.
    pub const fn from_bytes(bytes: [u8; 16]) -> Self {
        Self(Uuid::from_bytes(bytes))
    }
}

impl fmt::Display for JobId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for JobId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Where a job is in its life.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum JobState {
    /// Durably stored, waits for a worker. Comes from submit, from a lease that ran out or was released, and from a fault
    /// with attempts left; leaves by acquire or cancel. A crash leaves it here.
    Queued,
    /// A worker holds its lease. Comes from acquire; leaves by an accepted completion, or back to queued. After a crash of
    /// worker or manager the lease runs out and it is queued again.
    Running,
    /// Its entry returned. Final.
    Succeeded,
    /// It threw, exceeded a limit, or met a fault on its last attempt. Final.
    Failed,
    /// Cancelled before or while it ran. Final.
    Cancelled,
}

impl JobState {
    /// Every state, in the order of a job's life.
    pub const ALL: [Self; 5] = [Self::Queued, Self::Running, Self::Succeeded, Self::Failed, Self::Cancelled];

    /// No further change is possible.
    pub const fn is_final(self) -> bool {
        matches!(self, Self::Succeeded | Self::Failed | Self::Cancelled)
    }

    /// The name on the wire, in stores and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Queued => "queued",
            Self::Running => "running",
            Self::Succeeded => "succeeded",
            Self::Failed => "failed",
            Self::Cancelled => "cancelled",
        }
    }
}

/// The state in which an outcome ends a job whose attempts are used up.
impl From<&Outcome> for JobState {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Returned { .. } => Self::Succeeded,
            Outcome::Threw { .. } | Outcome::LimitExceeded { .. } | Outcome::Fault { .. } => Self::Failed,
            Outcome::Cancelled => Self::Cancelled,
        }
    }
}

/// What a client asks for: the body of `POST /v1/jobs`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct JobSpec {
    /// What to run.
    pub script: JobScript,
    /// Which function to call; without it what the published script says, the default export, or `main`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// First argument of the entry.
    #[serde(default)]
    pub input: Json,
    /// The job's own object, part of the entry's third argument; a JSON object or null.
    #[serde(default)]
    pub context: Json,
    /// Modules that the script imports or receives.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "crate::reference::libraries")]
    pub libraries: Vec<JobLibrary>,
    /// Limits other than the defaults.
    #[serde(default)]
    pub limits: LimitsSpec,
    /// What the script may do beyond computing; nothing without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
    /// Keep a journal of each attempt: `GET /v1/jobs/{id}/journal`, `ampoule replay ID`.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub record: bool,
    /// Seed of the run's randomness; without it every attempt draws a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub seed: Option<u64>,
    /// Higher ones start first; from -[`MAX_PRIORITY`] to [`MAX_PRIORITY`].
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i32,
    /// Not before this moment.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub run_at: Option<Timestamp>,
    /// A job that has not started so long after it could fails; [`START_WITHIN_MS`] without it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_within_ms: Option<u64>,
    /// When it is run again; without it at once after a fault, and never after a throw.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry: Option<Retry>,
    /// Of jobs with the same key one runs at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency_key: Option<String>,
    /// What to do when another job has the key.
    #[serde(default)]
    pub concurrency_policy: ConcurrencyPolicy,
    /// The client's own labels.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
}

fn is_zero(number: &i32) -> bool {
    *number == 0
}

/// What is wrong with a [`JobSpec`] that is well-formed JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SpecError {
    /// A limit that no run can work with.
    #[error("limits: {0}")]
    Limit(#[from] LimitError),
    /// A grant that is written wrongly.
    #[error("grants: {0}")]
    Grant(#[from] GrantSyntax),
    /// Something is larger than its limit.
    #[error("`{field}` has {bytes} bytes, at most {most} are allowed")]
    TooLarge {
        /// Where.
        field: String,
        /// How large it is.
        bytes: u64,
        /// How large it may be.
        most: u64,
    },
    /// Too many of something.
    #[error("{count} {what}, at most {most} are allowed")]
    TooMany {
        /// What is counted.
        what: &'static str,
        /// How many there are.
        count: usize,
        /// How many may be.
        most: usize,
    },
    /// A name that cannot be.
    #[error("`{field}`: {why}")]
    Name {
        /// Where.
        field: String,
        /// What would be right.
        why: String,
    },
    /// A number that cannot be.
    #[error("`{field}` must be {wanted}")]
    Value {
        /// Where.
        field: &'static str,
        /// What would be right.
        wanted: String,
    },
    /// The context is neither an object nor null.
    #[error("`context` must be a JSON object or null")]
    Context,
}

impl JobSpec {
    /// The limits in force, or the first thing that is wrong with the request.
    pub fn check(&self, ceiling: &Limits) -> Result<Limits, SpecError> {
        fn size(field: impl Into<String>, bytes: usize, most: u64) -> Result<(), SpecError> {
            let bytes = bytes as u64;
            if bytes > most { Err(SpecError::TooLarge { field: field.into(), bytes, most }) } else { Ok(()) }
        }
        fn count(what: &'static str, count: usize, most: usize) -> Result<(), SpecError> {
            if count > most { Err(SpecError::TooMany { what, count, most }) } else { Ok(()) }
        }
        fn name(field: impl Into<String>, text: &str, most: usize) -> Result<(), SpecError> {
            if text.is_empty() || text.chars().count() > most || text.chars().any(char::is_control) {
                let why = format!("must have 1 to {most} characters, none of them a control character");
                return Err(SpecError::Name { field: field.into(), why });
            }
            Ok(())
        }

        fn published(field: &str, version: &VersionRef) -> Result<(), SpecError> {
            let names = [Some(&version.name), version.alias.as_ref()];
            match names.into_iter().flatten().find(|name| !is_published_name(name)) {
                Some(name) => {
                    let why = format!("`{name}` is no published name: those have ASCII letters, digits, `.`, `_` and `-`");
                    Err(SpecError::Name { field: field.to_owned(), why })
                }
                None => Ok(()),
            }
        }

        let limits = self.limits.resolve(ceiling)?;
        self.grants.as_ref().map_or(Ok(()), Grants::check)?;
        match &self.script {
            JobScript::Inline(script) => {
                name("script.name", &script.name, MAX_ENTRY_CHARS)?;
                script.check("script", limits.script_bytes)?;
            }
            JobScript::Published(version) => published("script", version)?,
        }
        if let Some(entry) = &self.entry {
            name("entry", entry, MAX_ENTRY_CHARS)?;
        }
        size("input", self.input.len(), limits.input_bytes)?;
        size("context", self.context.len(), limits.input_bytes)?;
        if !matches!(self.context.as_str().as_bytes().first(), Some(b'{' | b'n')) {
            return Err(SpecError::Context);
        }
        count("libraries", self.libraries.len(), MAX_LIBRARIES)?;
        for (k, library) in self.libraries.iter().enumerate() {
            name(format!("libraries[{k}].name"), &library.name, MAX_ENTRY_CHARS)?;
            let version = match &library.of {
                LibraryOf::Source(library) => {
                    library.check(&format!("libraries[{k}]"), limits.script_bytes)?;
                    library.version
                }
                LibraryOf::Published(version) => {
                    published(&format!("libraries[{k}]"), version)?;
                    None
                }
            };
            if self.libraries[..k].iter().any(|other| other.name == library.name && other.own_version() == version) {
                let why = format!("`{}` is there twice; every library needs a name or version of its own", library.name);
                return Err(SpecError::Name { field: format!("libraries[{k}].name"), why });
            }
        }
        fn within(field: &'static str, holds: bool, wanted: impl FnOnce() -> String) -> Result<(), SpecError> {
            if holds { Ok(()) } else { Err(SpecError::Value { field, wanted: wanted() }) }
        }
        within("priority", self.priority.unsigned_abs() <= MAX_PRIORITY.unsigned_abs(), || format!("-{MAX_PRIORITY} to {MAX_PRIORITY}"))?;
        let start_within_ms = self.start_within_ms.unwrap_or(START_WITHIN_MS);
        within("start_within_ms", (1..=MAX_START_WITHIN_MS).contains(&start_within_ms), || format!("1 to {MAX_START_WITHIN_MS}"))?;
        if let Some(retry) = &self.retry {
            let attempts = retry.max_attempts.unwrap_or(1);
            within("retry.max_attempts", (1..=MAX_ATTEMPTS).contains(&attempts), || format!("1 to {MAX_ATTEMPTS}"))?;
            let longest = retry.backoff_ms.max(retry.backoff_max_ms);
            within("retry.backoff_ms", longest <= MAX_BACKOFF_MS, || format!("at most {MAX_BACKOFF_MS}, and so must be backoff_max_ms"))?;
            count("names in retry.non_retryable", retry.non_retryable.len(), MAX_NON_RETRYABLE)?;
            for error in &retry.non_retryable {
                name("retry.non_retryable", error, MAX_TAG_CHARS)?;
            }
        }
        if let Some(key) = &self.concurrency_key {
            name("concurrency_key", key, MAX_ENTRY_CHARS)?;
        }
        count("tags", self.tags.len(), MAX_TAGS)?;
        for (key, value) in &self.tags {
            name("tags", key, MAX_TAG_CHARS)?;
            name(format!("tags.{key}"), value, MAX_TAG_CHARS)?;
        }
        Ok(limits)
    }
}

/// A job as its owner sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct JobView {
    /// Identity.
    pub id: JobId,
    /// Where it is in its life.
    pub state: JobState,
    /// Number of the current or last attempt; 0 before the first.
    pub attempt: u32,
    /// How the last attempt ended; once the state is final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// What the last attempt took; with the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub usage: Option<Usage>,
    /// Identity of the engine that ran it; with the outcome.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// When it was stored.
    pub created_at: Timestamp,
    /// When the current or last attempt was leased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When its state became final.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub finished_at: Option<Timestamp>,
    /// What it runs.
    pub script: ScriptView,
    /// Which function it calls, if the job names one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub entry: Option<String>,
    /// The limits in force.
    pub limits: Limits,
    /// What it is granted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub grants: Option<Grants>,
    /// Higher ones start first.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub priority: i32,
    /// It does not start before; while it waits for its `run_at` or pauses before another attempt.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub due_at: Option<Timestamp>,
    /// Of jobs with this key one runs at a time.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub concurrency_key: Option<String>,
    /// Who asked for its cancel, if somebody did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cancelled_by: Option<CancelledBy>,
    /// It failed after all of its attempts failed in ways that are tried again: a dead letter.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub dead: bool,
    /// The trace that it belongs to, in OpenTelemetry's words, if it does to one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub trace_id: Option<String>,
    /// Attempts that did not end it, oldest first; in the answer about one job only.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub lost_attempts: Vec<LostAttempt>,
    /// The job whose run submitted it, if one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub parent: Option<JobId>,
    /// The recorded attempt that it replays, if it does; what comes of that is its value.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub replays: Option<ReplayOf>,
    /// How far its last attempt to say so had come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub progress: Option<Progress>,
    /// The client's labels.
    #[serde(default)]
    pub tags: BTreeMap<String, String>,
}

/// Body of `POST /v1/jobs/batch`: all of them are stored, or none.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct BatchSpec {
    /// 1 to [`MAX_BATCH_JOBS`] jobs.
    pub jobs: Vec<JobSpec>,
}

/// Answer of `POST /v1/jobs/batch`, in the order of the request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct BatchStored {
    /// The new jobs.
    pub jobs: Vec<JobRef>,
}

/// A job's identity alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct JobRef {
    /// Which job.
    pub id: JobId,
}

/// A job's script without its source.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ScriptView {
    /// The name that it was published by, or that stack traces show.
    pub name: String,
    /// Which version it is, if it was published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// Length of its sources, without their source maps.
    pub source_bytes: u64,
}

/// Answer of `GET /v1/jobs`: newest first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct JobList {
    /// One page of jobs.
    pub items: Vec<JobView>,
    /// Give it as `cursor` to get the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(text: &str) -> Result<JobSpec, serde_json::Error> {
        serde_json::from_str(text)
    }

    #[test]
    fn the_least_job_runs_under_defaults() {
        let spec = spec(r#"{"script":{"source":"export default () => 1"}}"#).unwrap();
        assert_eq!(spec.check(&Limits::CEILING).unwrap(), Limits::DEFAULT);
        assert_eq!((spec.input.as_str(), spec.script.name()), ("null", "script.js"));
    }

    #[test]
    fn refuses_unknown_fields_and_wrong_sizes() {
        assert!(spec(r#"{"script":{"source":""},"inptu":1}"#).unwrap_err().to_string().contains("inptu"));
        for (text, field) in [
            (r#"{"script":{"source":"0"},"input":"12345678","limits":{"input_bytes":4}}"#, "`input` has 10 bytes"),
            (r#"{"script":{"source":"0"},"context":[]}"#, "`context` must be"),
            (r#"{"script":{"source":"0"},"limits":{"memory_bytes":5}}"#, "memory_bytes"),
            (r#"{"script":{"source":"0","name":""}}"#, "script.name"),
            (r#"{"script":{"source":"0"},"libraries":[{"name":"a","source":""},{"name":"a","source":""}]}"#, "twice"),
            (r#"{"script":{"source":"0"},"tags":{"a\nb":"c"}}"#, "tags"),
        ] {
            let said = spec(text).unwrap().check(&Limits::CEILING).unwrap_err().to_string();
            assert!(said.contains(field), "{text}: {said}");
        }
    }

    #[test]
    fn states_print_as_on_the_wire() {
        for state in JobState::ALL {
            assert_eq!(serde_json::to_string(&state).unwrap(), format!("\"{}\"", state.as_str()));
        }
    }
}
