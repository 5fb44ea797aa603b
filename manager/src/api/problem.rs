//! Errors as the asker sees them: RFC 9457 problem documents with a stable `code`.

use std::time::Duration;

use ampoule_protocol::{
    JobState, MAX_CHILD_DEPTH, MAX_FAMILY_JOBS, MAX_KEPT_JOURNAL_BYTES, Problem, RefusedGrant, Role, SpecError, TenantName, VersionRef,
};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{
    compiler::CompileError,
    queue::{Kind, QueueError},
    schedules::CalendarError,
    scripts::{PublishError, ResolveError},
};

/// Every code, with its status and its meaning.
pub(super) const CODES: &[(StatusCode, &str, &str)] = &[
    (StatusCode::BAD_REQUEST, "invalid_id", "the path names something by what is no id"),
    (StatusCode::BAD_REQUEST, "invalid_query", "a parameter of the query is unknown or has a wrong value"),
    (StatusCode::BAD_REQUEST, "invalid_header", "a header has a wrong value"),
    (StatusCode::BAD_REQUEST, "incomplete_body", "the body broke off"),
    (StatusCode::BAD_REQUEST, "malformed_json", "the body is not JSON"),
    (StatusCode::UNAUTHORIZED, "unauthorized", "a key is needed, and none or a wrong one was shown"),
    (StatusCode::FORBIDDEN, "forbidden", "the key may not do this"),
    (StatusCode::FORBIDDEN, "grant_refused", "the job asks for a grant that the manager does not give"),
    (StatusCode::FORBIDDEN, "forbidden_host", "without keys only requests to localhost are served"),
    (StatusCode::NOT_FOUND, "not_found", "there is nothing at this path"),
    (StatusCode::NOT_FOUND, "job_not_found", "the tenant has no such job"),
    (StatusCode::NOT_FOUND, "journal_not_found", "of that attempt no journal is kept"),
    (StatusCode::NOT_FOUND, "script_not_found", "the tenant has published no such script, version or alias of one"),
    (StatusCode::NOT_FOUND, "library_not_found", "the tenant has published no such library, version or alias of one"),
    (StatusCode::NOT_FOUND, "alias_not_found", "there is no such alias"),
    (StatusCode::NOT_FOUND, "schedule_not_found", "the tenant has no such schedule"),
    (StatusCode::NOT_FOUND, "tenant_not_found", "there is no such tenant"),
    (StatusCode::NOT_FOUND, "key_not_found", "there is no such key"),
    (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", "the path does not answer this method"),
    (StatusCode::CONFLICT, "idempotency_conflict", "the idempotency key came before with another body"),
    (StatusCode::CONFLICT, "job_finished", "the job has ended"),
    (StatusCode::CONFLICT, "not_retryable", "the job is in a state from which there is no retry"),
    (StatusCode::CONFLICT, "alias_conflict", "the alias points to another version than expected"),
    (StatusCode::CONFLICT, "schedule_exists", "there is a schedule of this name"),
    (StatusCode::CONFLICT, "schedule_not_fired", "its overlap policy, or a script that is no more, is against it"),
    (StatusCode::CONFLICT, "lease_lost", "the job went on without this lease"),
    (StatusCode::CONFLICT, "family_full", "a job and those below it submit too many jobs, or too deep"),
    (StatusCode::CONFLICT, "first_key", "the first key must be an admin's"),
    (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large", "the body is larger than the manager reads"),
    (StatusCode::PAYLOAD_TOO_LARGE, "job_too_large", "a part of the job is larger than its limit"),
    (StatusCode::PAYLOAD_TOO_LARGE, "script_too_large", "what is to be published is larger than its limit"),
    (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", "the body must be JSON, and not compressed"),
    (StatusCode::UNPROCESSABLE_ENTITY, "unknown_field", "the body has a field that is not known"),
    (StatusCode::UNPROCESSABLE_ENTITY, "invalid_body", "the body has the wrong shape"),
    (StatusCode::UNPROCESSABLE_ENTITY, "invalid_job", "the job cannot be run"),
    (StatusCode::UNPROCESSABLE_ENTITY, "invalid_script", "it cannot be published"),
    (StatusCode::UNPROCESSABLE_ENTITY, "no_typescript", "the manager was started without a compiler"),
    (StatusCode::UNPROCESSABLE_ENTITY, "invalid_schedule", "the cron expression or the time zone is none"),
    (StatusCode::UNPROCESSABLE_ENTITY, "script_not_found", "the job names a script that is not published"),
    (StatusCode::UNPROCESSABLE_ENTITY, "library_not_found", "the job names a library that is not published"),
    (StatusCode::TOO_MANY_REQUESTS, "rate_limited", "the key has used up its requests; see `retry-after`"),
    (StatusCode::INTERNAL_SERVER_ERROR, "internal", "a bug of the manager's"),
    (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", "the store does not answer; see `retry-after`"),
    (StatusCode::SERVICE_UNAVAILABLE, "not_ready", "the manager starts, stops, or has lost its store"),
];

/// Why a request was not served. Its text is for the asker; what only we should know goes to the log.
#[derive(Debug, thiserror::Error)]
pub(super) enum ApiError {
    #[error("there is nothing at this path")]
    NoRoute,
    #[error("this path does not answer that method; see the `allow` header")]
    Method,
    #[error("a key is needed here: send `authorization: Bearer KEY`")]
    NoKey,
    #[error("the key is not one of this manager's")]
    WrongKey,
    #[error("a {0} key may not do this")]
    Role(Role),
    #[error("a {0} key works for its own tenant alone; only an admin's may name one in `ampoule-tenant`")]
    ForeignTenant(Role),
    #[error("there is no tenant `{0}`; an admin makes one by `PUT /v1/tenants/{0}`")]
    NoTenant(TenantName),
    #[error("no key has the id {0}")]
    NoApiKey(String),
    #[error("the first key must be an admin's, or nobody could make another")]
    FirstKey,
    #[error("this key has used up its requests; try again in {} s", retry_after(.0))]
    RateLimited(Duration),
    #[error("no key is configured, so only requests to localhost are served, and this one names another host")]
    Host,
    #[error("no job has the id {0}")]
    NoJob(String),
    #[error("`{0}` is not a job id; one looks like 0190a3c4-7a2f-7b61-9d5e-3f8c2b1a4d6e")]
    Id(String),
    #[error("query: {0}")]
    Query(String),
    #[error("header `{name}`: {wanted}")]
    Header { name: &'static str, wanted: &'static str },
    #[error("the body must be JSON: send `content-type: application/json`")]
    ContentType,
    #[error("the body is compressed; send it as it is, without `content-encoding`")]
    Encoding,
    #[error("the body is larger than {most} bytes")]
    TooLarge { most: u64 },
    #[error("the body ended before it was complete")]
    BodyBroken,
    #[error("the body is not JSON: {0}")]
    Malformed(serde_json::Error),
    #[error("the body has the wrong shape: {0}")]
    Shape(serde_json::Error),
    #[error("the job cannot be run: {0}")]
    Spec(#[from] SpecError),
    #[error("jobs[{place}] cannot be run, and none was stored: {error}")]
    BatchSpec { place: usize, error: SpecError },
    #[error("no {} `{version}` is published", .kind.as_str())]
    NotPublished { kind: Kind, version: VersionRef },
    #[error("no {} `{name}` is published", .kind.as_str())]
    NoPublished { kind: Kind, name: String },
    #[error("the name `{0}` has no such alias")]
    NoAlias(String),
    #[error("the alias points to {}", match .0 { 0 => "nothing: it does not exist".to_owned(), version => format!("version {version}") })]
    AliasDiffers(u32),
    #[error("no schedule has the name `{0}`")]
    NoSchedule(String),
    #[error("there is a schedule named `{0}`: replace it with PUT /v1/schedules/{0}")]
    ScheduleExists(String),
    #[error("the schedule did not fire: {0}")]
    NotFired(String),
    #[error(transparent)]
    Calendar(#[from] CalendarError),
    #[error("it cannot be published: {0}")]
    Publish(#[from] PublishError),
    #[error("{0}")]
    Compile(#[from] CompileError),
    #[error("jobs[{place}], and none was stored: {error}")]
    BatchCompile { place: usize, error: CompileError },
    #[error("the job cannot be run: {0}")]
    Grant(#[from] RefusedGrant),
    #[error("jobs[{place}] cannot be run, and none was stored: {error}")]
    BatchGrant { place: usize, error: RefusedGrant },
    #[error("the job was not granted the namespace `{0}` for this")]
    NamespaceNotGranted(String),
    #[error("the job went on without this lease; nothing was done")]
    LeaseLost,
    #[error("jobs that jobs submit are at most {MAX_CHILD_DEPTH} deep, and {MAX_FAMILY_JOBS} below one of a client's")]
    FamilyFull,
    #[error(
        "of that attempt no journal is kept: a job is recorded with `record`, and a journal has at most {MAX_KEPT_JOURNAL_BYTES} bytes here"
    )]
    NoJournal,
    #[error("`{field}`: {wanted}")]
    Value { field: &'static str, wanted: String },
    #[error("this idempotency key came before with another body")]
    IdempotencyConflict,
    #[error("the job has already {}", .0.as_str())]
    TooLate(JobState),
    #[error("the job is {}; only failed and cancelled ones are tried again", .0.as_str())]
    NotRetryable(JobState),
    #[error("the store cannot answer now; try again")]
    Queue(#[from] QueueError),
    #[error("not ready: the {missing} does not answer")]
    NotReady { missing: &'static str, err: QueueError },
    #[error("not ready: shutting down")]
    Stopping,
    #[error("something went wrong here; it has been logged")]
    Internal(&'static str),
}

impl ApiError {
    /// Status and stable code. Programs tell problems apart by the code; it never changes its meaning.
    fn kind(&self) -> (StatusCode, &'static str) {
        match self {
            Self::NoRoute => (StatusCode::NOT_FOUND, "not_found"),
            Self::Method => (StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
            Self::NoKey | Self::WrongKey => (StatusCode::UNAUTHORIZED, "unauthorized"),
            Self::Role(_) | Self::ForeignTenant(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Self::NoTenant(_) => (StatusCode::NOT_FOUND, "tenant_not_found"),
            Self::NoApiKey(_) => (StatusCode::NOT_FOUND, "key_not_found"),
            Self::FirstKey => (StatusCode::CONFLICT, "first_key"),
            Self::RateLimited(_) => (StatusCode::TOO_MANY_REQUESTS, "rate_limited"),
            Self::Host => (StatusCode::FORBIDDEN, "forbidden_host"),
            Self::NoJob(_) => (StatusCode::NOT_FOUND, "job_not_found"),
            Self::Id(_) => (StatusCode::BAD_REQUEST, "invalid_id"),
            Self::Query(_) => (StatusCode::BAD_REQUEST, "invalid_query"),
            Self::Header { .. } => (StatusCode::BAD_REQUEST, "invalid_header"),
            Self::ContentType | Self::Encoding => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::BodyBroken => (StatusCode::BAD_REQUEST, "incomplete_body"),
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed_json"),
            Self::Shape(err) if err.to_string().starts_with("unknown field") => (StatusCode::UNPROCESSABLE_ENTITY, "unknown_field"),
            Self::Shape(_) | Self::Value { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_body"),
            Self::Spec(SpecError::TooLarge { .. }) | Self::BatchSpec { error: SpecError::TooLarge { .. }, .. } => {
                (StatusCode::PAYLOAD_TOO_LARGE, "job_too_large")
            }
            Self::Spec(_) | Self::BatchSpec { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_job"),
            // In a job that names it the request is at fault, in a path the path.
            Self::NotPublished { kind: Kind::Script, .. } => (StatusCode::UNPROCESSABLE_ENTITY, "script_not_found"),
            Self::NotPublished { kind: Kind::Library, .. } => (StatusCode::UNPROCESSABLE_ENTITY, "library_not_found"),
            Self::NoPublished { kind: Kind::Script, .. } => (StatusCode::NOT_FOUND, "script_not_found"),
            Self::NoPublished { kind: Kind::Library, .. } => (StatusCode::NOT_FOUND, "library_not_found"),
            Self::NoAlias(_) => (StatusCode::NOT_FOUND, "alias_not_found"),
            Self::NoSchedule(_) => (StatusCode::NOT_FOUND, "schedule_not_found"),
            Self::ScheduleExists(_) => (StatusCode::CONFLICT, "schedule_exists"),
            Self::NotFired(_) => (StatusCode::CONFLICT, "schedule_not_fired"),
            Self::Calendar(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_schedule"),
            Self::AliasDiffers(_) => (StatusCode::CONFLICT, "alias_conflict"),
            Self::Publish(PublishError::Spec(SpecError::TooLarge { .. })) => (StatusCode::PAYLOAD_TOO_LARGE, "script_too_large"),
            Self::Publish(_) => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_script"),
            Self::Compile(error) | Self::BatchCompile { error, .. } => match error {
                CompileError::Start(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
                CompileError::Unavailable => (StatusCode::UNPROCESSABLE_ENTITY, "no_typescript"),
                CompileError::Wrong(_) | CompileError::TooMuch => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_script"),
            },
            Self::Grant(_) | Self::BatchGrant { .. } => (StatusCode::FORBIDDEN, "grant_refused"),
            Self::NamespaceNotGranted(_) => (StatusCode::FORBIDDEN, "grant_refused"),
            Self::LeaseLost => (StatusCode::CONFLICT, "lease_lost"),
            Self::FamilyFull => (StatusCode::CONFLICT, "family_full"),
            Self::NoJournal => (StatusCode::NOT_FOUND, "journal_not_found"),
            Self::IdempotencyConflict => (StatusCode::CONFLICT, "idempotency_conflict"),
            Self::TooLate(_) => (StatusCode::CONFLICT, "job_finished"),
            Self::NotRetryable(_) => (StatusCode::CONFLICT, "not_retryable"),
            Self::Queue(QueueError::UnknownCursor) => (StatusCode::BAD_REQUEST, "invalid_query"),
            Self::Queue(QueueError::Corrupt { .. }) | Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            Self::Queue(QueueError::Store(_) | QueueError::Closed) => (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable"),
            Self::NotReady { .. } | Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "not_ready"),
        }
    }

    /// What only the log is told.
    fn log(&self) {
        match self {
            Self::Queue(QueueError::UnknownCursor) => {}
            Self::Queue(err) | Self::NotReady { err, .. } => tracing::error!(%err, "a request failed"),
            Self::Compile(CompileError::Start(err)) | Self::BatchCompile { error: CompileError::Start(err), .. } => {
                tracing::error!(%err, "TypeScript was not compiled")
            }
            Self::Internal(what) => tracing::error!(what, "a request failed"),
            other => tracing::debug!(err = %other, "a request was refused"),
        }
    }
}

/// Whole seconds, as the header has them, and never less than what is to be waited.
fn retry_after(wait: &Duration) -> u64 {
    wait.as_secs() + u64::from(wait.subsec_nanos() > 0)
}

impl From<ResolveError> for ApiError {
    fn from(error: ResolveError) -> Self {
        match error {
            ResolveError::NotPublished { kind, version } => Self::NotPublished { kind, version },
            ResolveError::Spec(error) => Self::Spec(error),
            ResolveError::Grant(error) => Self::Grant(error),
            ResolveError::Queue(error) => Self::Queue(error),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let (status, code) = self.kind();
        debug_assert!(CODES.iter().any(|(of, known, _)| (*of, *known) == (status, code)), "`{code}` is not in the list of codes");
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: match &self {
                Self::Compile(CompileError::Start(_)) | Self::BatchCompile { error: CompileError::Start(_), .. } => {
                    Self::Internal("").to_string()
                }
                Self::Queue(QueueError::UnknownCursor) => format!("query: {}", QueueError::UnknownCursor),
                _ => self.to_string(),
            },
        };
        let mut response = (status, axum::Json(problem)).into_response();
        if let Self::RateLimited(wait) = &self {
            response.headers_mut().insert(header::RETRY_AFTER, retry_after(wait).into());
        }
        let mut set = |name, value| response.headers_mut().insert(name, HeaderValue::from_static(value));
        set(header::CONTENT_TYPE, "application/problem+json");
        match status {
            StatusCode::UNAUTHORIZED => drop(set(header::WWW_AUTHENTICATE, "Bearer")),
            StatusCode::SERVICE_UNAVAILABLE => drop(set(header::RETRY_AFTER, "1")),
            _ => {}
        }
        response
    }
}
