//! Journals of recorded runs: kept for their jobs, and given out to be replayed elsewhere.

use std::sync::Arc;

use ampoule_protocol::{ByteSize, JobId, LeaseState, LeaseStates, LeaseToken, MAX_KEPT_JOURNAL_BYTES, TokenState};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;

use super::{
    Api,
    auth::Caller,
    extract::{self, JobPath, Params},
    problem::ApiError,
};

/// The lease under which a run is recorded, or replayed.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Of {
    /// The job.
    pub(super) job_id: JobId,
    /// The attempt.
    pub(super) attempt: u32,
}

/// Keeps the journal of an attempt, while its lease is held. It is read as it is: nothing here looks into it.
#[utoipa::path(post, operation_id = "keep_journal", path = "/v1/leases/journal", tag = "leases", params(Of),
    request_body(content = Vec<u8>, content_type = "application/octet-stream"), responses(
        (status = 200, body = LeaseStates, description = "What became of it"),
    ))]
pub(super) async fn keep(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Params(Of { job_id, attempt }): Params<Of>,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<LeaseStates>, ApiError> {
    let journal = extract::bytes(&headers, body, ByteSize(MAX_KEPT_JOURNAL_BYTES)).await?;
    let token = LeaseToken { job_id, attempt };
    let kept = api.queue.keep_journal(&caller.scope, token, journal.into()).await?;
    let state = if kept { LeaseState::Held } else { LeaseState::Stale };
    Ok(Json(LeaseStates { results: vec![TokenState { token, state }] }))
}

/// Which attempt's.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Which {
    /// Which attempt's; without it the last one's that has one.
    attempt: Option<u32>,
}

/// The journal of a recorded job, for `ampoule replay`. It holds the job's script and input; secrets are not in it.
#[utoipa::path(get, operation_id = "get_job_journal", path = "/v1/jobs/{id}/journal", tag = "jobs", params(("id" = JobId, Path), Which), responses(
    (status = 200, description = "The journal", content_type = "application/octet-stream", body = Vec<u8>),
    (status = 404, description = "job_not_found, journal_not_found"),
))]
pub(super) async fn read(
    State(api): State<Arc<Api>>,
    caller: Caller,
    JobPath(id): JobPath,
    Params(Which { attempt }): Params<Which>,
) -> Result<Response, ApiError> {
    if api.queue.job(&caller.tenant, id).await?.is_none() {
        return Err(ApiError::NoJob(id.to_string()));
    }
    let journal = api.queue.journal(&caller.tenant, id, attempt).await?.ok_or(ApiError::NoJournal)?;
    Ok(([(header::CONTENT_TYPE, "application/octet-stream")], journal).into_response())
}
