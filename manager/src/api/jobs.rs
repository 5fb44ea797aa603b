//! `/v1/jobs`: submit, read, list, cancel, retry.

use std::{sync::Arc, time::Duration};

use ampoule_protocol::{CancelledBy, JobId, JobList, JobSpec, JobState, JobView};
use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio::time::Instant;

use super::{
    Api,
    auth::Caller,
    extract::{self, JobPath, Params, Wait},
    grants,
    problem::ApiError,
};
use crate::queue::{Cancel, Enqueued, Idempotency, JobFilter, QueueError, Retried, Submitted};

/// Most jobs of a page.
const MAX_PAGE_JOBS: u32 = 200;
/// Jobs of a page that asks for no number.
const PAGE_JOBS: u32 = 50;
/// Most characters of an idempotency key.
const MAX_IDEMPOTENCY_KEY_CHARS: usize = 255;

/// Most characters of the reason of a cancel; it is stored with each job.
const MAX_REASON_CHARS: usize = 500;

/// Stores a job. 202 with its view; with `?wait=`, 200 once it has ended in that time.
pub(super) async fn submit(
    State(api): State<Arc<Api>>,
    Params(Wait { wait }): Params<Wait>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let key = idempotency_key(&headers)?;
    let body = extract::body(&headers, body, api.config.body_bytes).await?;
    let idempotency = key.map(|key| Idempotency { key, body: *blake3::hash(&body).as_bytes() });
    let bytes = body.len();
    let mut spec: JobSpec = extract::parse(body).await?;
    let limits = spec.check(&api.config.ceiling)?;
    grants::grant(&mut spec, &api.config.grants)?;
    let job = extract::offload(bytes, || Submitted::new(spec, limits, idempotency)).await?;

    let now = api.queue.now();
    let mut view = job.view(now);
    match api.queue.enqueue(job, now).await? {
        Enqueued::Stored => {}
        Enqueued::Known(known) => view = *known,
        Enqueued::Cancelled => view = api.queue.job(view.id).await?.ok_or_else(|| ApiError::NoJob(view.id.to_string()))?,
        Enqueued::Conflict => return Err(ApiError::IdempotencyConflict),
    }
    if !wait.is_zero() && !view.state.is_final() {
        view = ended_within(&api, view.id, wait).await?;
    }
    let status = if view.state.is_final() { StatusCode::OK } else { StatusCode::ACCEPTED };
    let location = HeaderValue::try_from(format!("/v1/jobs/{}", view.id)).map_err(|_| ApiError::Internal("an id is no header value"))?;
    Ok((status, [(header::LOCATION, location)], Json(view)).into_response())
}

fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let name = "idempotency-key";
    let Some(value) = headers.get(name) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    if text.is_empty() || text.len() > MAX_IDEMPOTENCY_KEY_CHARS {
        return Err(ApiError::Header { name, wanted: "must have 1 to 255 printable ASCII characters" });
    }
    Ok(Some(text.to_owned()))
}

/// One job; with `?wait=`, once it has ended or that time is over.
pub(super) async fn view(
    State(api): State<Arc<Api>>,
    JobPath(id): JobPath,
    Params(Wait { wait }): Params<Wait>,
) -> Result<Json<JobView>, ApiError> {
    ended_within(&api, id, wait).await.map(Json)
}

/// The job once its state is final, or as it is when the time is over or the server stops.
async fn ended_within(api: &Api, id: JobId, wait: Duration) -> Result<JobView, ApiError> {
    let deadline = Instant::now() + wait.min(api.config.max_wait);
    let listener = api.bells.finished.listen(id);
    loop {
        let rung = listener.rung();
        let job = api.queue.job(id).await?.ok_or_else(|| ApiError::NoJob(id.to_string()))?;
        if job.state.is_final() || Instant::now() >= deadline || api.stop.is_cancelled() {
            return Ok(job);
        }
        tokio::select! {
            () = rung => {}
            () = tokio::time::sleep_until(deadline) => {}
            () = api.stop.cancelled() => {}
        }
    }
}

/// The query of a listing.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    state: Option<JobState>,
    script: Option<String>,
    /// `KEY:VALUE`; the key ends at the first colon.
    tag: Option<String>,
    /// Only those that failed after all their attempts.
    #[serde(default)]
    dead: bool,
    cursor: Option<String>,
    limit: Option<u32>,
}

/// A page of jobs, newest first. It can be shorter than `limit` when outcomes are large; only a missing `next_cursor` is
/// the end.
pub(super) async fn list(State(api): State<Arc<Api>>, Params(listing): Params<Listing>) -> Result<Json<JobList>, ApiError> {
    let limit = listing.limit.unwrap_or(PAGE_JOBS);
    if !(1..=MAX_PAGE_JOBS).contains(&limit) {
        return Err(ApiError::Query(format!("`limit` must be 1 to {MAX_PAGE_JOBS}")));
    }
    let unknown = || ApiError::Queue(QueueError::UnknownCursor);
    let before = listing.cursor.map(|cursor| cursor.parse::<JobId>().map_err(|_| unknown())).transpose()?;
    let filter = JobFilter {
        state: listing.state,
        script: printable("script", listing.script)?,
        tag: tag(listing.tag)?,
        dead: listing.dead,
        before,
        limit,
    };
    api.queue.jobs(filter).await.map(Json).map_err(ApiError::Queue)
}

/// A tag's key and value.
pub(super) fn tag(text: Option<String>) -> Result<Option<(String, String)>, ApiError> {
    let wrong = || ApiError::Query("`tag` must be KEY:VALUE".to_owned());
    let split = |text: String| text.split_once(':').map(|(key, value)| (key.to_owned(), value.to_owned())).ok_or_else(wrong);
    printable("tag", text)?.map(split).transpose()
}

/// No job has a control character in what is filtered by, and not every store can be asked for one.
pub(super) fn printable(field: &'static str, text: Option<String>) -> Result<Option<String>, ApiError> {
    match text {
        Some(text) if text.chars().any(char::is_control) => {
            Err(ApiError::Query(format!("`{field}` holds a control character; no job's does")))
        }
        text => Ok(text),
    }
}

/// The optional body of a cancel.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CancelBody {
    /// For people who wonder later.
    pub(super) reason: Option<String>,
}

/// Cancels a job. 200 with the job cancelled, also when it was before; 202 when it runs and its worker will be told;
/// 409 when it has ended otherwise.
pub(super) async fn cancel(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    JobPath(id): JobPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let by = cancelled_by(caller, extract::body_or_none(&headers, body).await?)?;
    let no_job = || ApiError::NoJob(id.to_string());
    let cancel = api.queue.cancel(id, by, api.queue.now()).await?.ok_or_else(no_job)?;
    let job = api.queue.job(id).await?.ok_or_else(no_job)?;
    match cancel {
        Cancel::Done => Ok(Json(job).into_response()),
        Cancel::Requested => Ok((StatusCode::ACCEPTED, Json(job)).into_response()),
        Cancel::TooLate => Err(ApiError::TooLate(job.state)),
    }
}

/// Who cancels, and why.
pub(super) fn cancelled_by(caller: Caller, body: Option<CancelBody>) -> Result<CancelledBy, ApiError> {
    let reason = body.unwrap_or_default().reason;
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_REASON_CHARS || reason.contains('\0')) {
        return Err(ApiError::Value {
            field: "reason",
            wanted: format!("must have at most {MAX_REASON_CHARS} characters, without U+0000"),
        });
    }
    Ok(CancelledBy { by: caller.name().to_owned(), reason })
}

/// Lets a job be tried again that failed or was cancelled. 202 with the job waiting; 409 when it is in another state.
pub(super) async fn retry(State(api): State<Arc<Api>>, JobPath(id): JobPath) -> Result<Response, ApiError> {
    let no_job = || ApiError::NoJob(id.to_string());
    match api.queue.retry(id, api.queue.now()).await?.ok_or_else(no_job)? {
        Retried::Done => {}
        Retried::Not(state) => return Err(ApiError::NotRetryable(state)),
    }
    let job = api.queue.job(id).await?.ok_or_else(no_job)?;
    Ok((StatusCode::ACCEPTED, Json(job)).into_response())
}
