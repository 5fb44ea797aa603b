//! Errors as the asker sees them: RFC 9457 problem documents with a stable `code`.

use ampoule_protocol::{JobState, Problem, RefusedGrant, SpecError};
use axum::{
    http::{HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};

use crate::{config::Role, queue::QueueError};

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
    #[error("the job cannot be run: {0}")]
    Grant(#[from] RefusedGrant),
    #[error("jobs[{place}] cannot be run, and none was stored: {error}")]
    BatchGrant { place: usize, error: RefusedGrant },
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
    #[error("not ready: the job store does not answer")]
    NotReady(QueueError),
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
            Self::Role(_) => (StatusCode::FORBIDDEN, "forbidden"),
            Self::Host => (StatusCode::FORBIDDEN, "forbidden_host"),
            Self::NoJob(_) => (StatusCode::NOT_FOUND, "job_not_found"),
            Self::Id(_) => (StatusCode::BAD_REQUEST, "invalid_id"),
            Self::Query(_) => (StatusCode::BAD_REQUEST, "invalid_query"),
            Self::Header { .. } => (StatusCode::BAD_REQUEST, "invalid_header"),
            Self::ContentType => (StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type"),
            Self::TooLarge { .. } => (StatusCode::PAYLOAD_TOO_LARGE, "body_too_large"),
            Self::BodyBroken => (StatusCode::BAD_REQUEST, "incomplete_body"),
            Self::Malformed(_) => (StatusCode::BAD_REQUEST, "malformed_json"),
            Self::Shape(err) if err.to_string().starts_with("unknown field") => (StatusCode::UNPROCESSABLE_ENTITY, "unknown_field"),
            Self::Shape(_) | Self::Value { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_body"),
            Self::Spec(SpecError::TooLarge { .. }) | Self::BatchSpec { error: SpecError::TooLarge { .. }, .. } => {
                (StatusCode::PAYLOAD_TOO_LARGE, "job_too_large")
            }
            Self::Spec(_) | Self::BatchSpec { .. } => (StatusCode::UNPROCESSABLE_ENTITY, "invalid_job"),
            Self::Grant(_) | Self::BatchGrant { .. } => (StatusCode::FORBIDDEN, "grant_refused"),
            Self::IdempotencyConflict => (StatusCode::CONFLICT, "idempotency_conflict"),
            Self::TooLate(_) => (StatusCode::CONFLICT, "job_finished"),
            Self::NotRetryable(_) => (StatusCode::CONFLICT, "not_retryable"),
            Self::Queue(QueueError::UnknownCursor) => (StatusCode::BAD_REQUEST, "invalid_query"),
            Self::Queue(QueueError::Corrupt { .. }) | Self::Internal(_) => (StatusCode::INTERNAL_SERVER_ERROR, "internal"),
            Self::Queue(QueueError::Store(_) | QueueError::Closed) => (StatusCode::SERVICE_UNAVAILABLE, "store_unavailable"),
            Self::NotReady(_) | Self::Stopping => (StatusCode::SERVICE_UNAVAILABLE, "not_ready"),
        }
    }

    /// What only the log is told.
    fn log(&self) {
        match self {
            Self::Queue(QueueError::UnknownCursor) => {}
            Self::Queue(err) | Self::NotReady(err) => tracing::error!(%err, "a request failed"),
            Self::Internal(what) => tracing::error!(what, "a request failed"),
            other => tracing::debug!(err = %other, "a request was refused"),
        }
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        self.log();
        let (status, code) = self.kind();
        let problem = Problem {
            kind: "about:blank".to_owned(),
            title: status.canonical_reason().unwrap_or_default().to_owned(),
            status: status.as_u16(),
            code: code.to_owned(),
            detail: match &self {
                Self::Queue(QueueError::UnknownCursor) => format!("query: {}", QueueError::UnknownCursor),
                _ => self.to_string(),
            },
        };
        let mut response = (status, axum::Json(problem)).into_response();
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
