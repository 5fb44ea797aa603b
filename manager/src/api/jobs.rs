//! `/v1/jobs`: submit, read, list, cancel, retry.

use std::{sync::Arc, time::Duration};

use ampoule_protocol::{CancelledBy, JobId, JobList, JobSpec, JobState, JobView, TenantName, TraceParent};
use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, HeaderValue, StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Deserialize;
use tokio::{sync::futures::Notified, time::Instant};

use super::{
    Api,
    auth::Caller,
    extract::{self, JobPath, Params, Wait},
    problem::ApiError,
};
use crate::{
    notify::Listener,
    queue::{Cancel, Enqueued, Idempotency, JobFilter, QueueError, Retried, Submitted},
    scripts::Resolver,
};

/// Most jobs of a page.
const MAX_PAGE_JOBS: u32 = 200;
/// Jobs of a page that asks for no number.
const PAGE_JOBS: u32 = 50;
/// Most characters of an idempotency key.
const MAX_IDEMPOTENCY_KEY_CHARS: usize = 255;

/// Most characters of the reason of a cancel; it is stored with each job.
const MAX_REASON_CHARS: usize = 500;

/// Stores a job. 202 with its view; with `?wait=`, 200 once it has ended in that time.
#[utoipa::path(post, operation_id = "submit_job", path = "/v1/jobs", tag = "jobs", request_body = JobSpec, params(
    Wait, ("traceparent" = Option<String>, Header, description = "The W3C trace context that the job belongs to."),
    ("idempotency-key" = Option<String>, Header, max_length = 255, description = "All requests of a tenant with this key and the same body are one."),
), responses(
    (status = 200, body = JobView, description = "The job, which has ended", headers(("location" = String))),
    (status = 202, body = JobView, description = "The job, which waits or runs", headers(("location" = String))),
    (status = 409, description = "idempotency_conflict"),
))]
pub(super) async fn submit(
    State(api): State<Arc<Api>>,
    caller: Caller,
    Params(Wait { wait }): Params<Wait>,
    trace: Option<Extension<TraceParent>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let key = idempotency_key(&headers)?;
    let body = extract::body(&headers, body, api.config.body_bytes).await?;
    let idempotency = key.map(|key| Idempotency { key, body: *blake3::hash(&body).as_bytes() });
    let bytes = body.len();
    let mut spec: JobSpec = extract::parse(body).await?;
    spec.check(&api.config.ceiling)?;
    api.compiler.compile_job(&mut spec).await?;
    let (sources, limits) = Resolver::new(&api.queue, &caller.tenant, &api.config.ceiling, &api.config.grants).resolve(&mut spec).await?;
    let tenant = caller.tenant.clone();
    let trace = trace.map(|Extension(parent)| parent);
    let job =
        extract::offload(bytes, move || Submitted::new(JobId::new(), tenant, spec, sources, limits, idempotency).traced(trace)).await?;
    tracing::debug!(job = %job.id(), "a job is submitted");
    stored(&api, &caller, job, wait).await
}

/// Stores a new job and answers with it, once it has ended if that is soon enough.
pub(super) async fn stored(api: &Api, caller: &Caller, job: Submitted, wait: Duration) -> Result<Response, ApiError> {
    let now = api.queue.now();
    let mut view = job.view(now);
    // Heard from before it is there: then it need not be looked at before something has become of it.
    let listener = (!wait.is_zero()).then(|| api.bells.finished.listen(view.id));
    let rung = listener.as_ref().map(Listener::rung);
    let mut begun = None;
    match api.queue.enqueue(job, now).await? {
        Enqueued::Stored => begun = rung,
        Enqueued::Known(known) => view = *known,
        Enqueued::Cancelled => view = api.queue.job(&caller.tenant, view.id).await?.ok_or_else(|| ApiError::NoJob(view.id.to_string()))?,
        Enqueued::Conflict => return Err(ApiError::IdempotencyConflict),
        // Of jobs that runs submit.
        Enqueued::LeaseLost => return Err(ApiError::LeaseLost),
        Enqueued::FamilyFull => return Err(ApiError::FamilyFull),
    }
    if !wait.is_zero() && !view.state.is_final() {
        let deadline = Instant::now() + wait.min(api.config.max_wait);
        if let Some(rung) = begun {
            heard(api, rung, deadline).await;
        }
        view = ended_by(api, &caller.tenant, view.id, deadline).await?;
    }
    let status = if view.state.is_final() { StatusCode::OK } else { StatusCode::ACCEPTED };
    let location = HeaderValue::try_from(format!("/v1/jobs/{}", view.id)).map_err(|_| ApiError::Internal("an id is no header value"))?;
    Ok((status, [(header::LOCATION, location)], Json(view)).into_response())
}

pub(super) fn idempotency_key(headers: &HeaderMap) -> Result<Option<String>, ApiError> {
    let name = "idempotency-key";
    let Some(value) = headers.get(name) else { return Ok(None) };
    let text = value.to_str().unwrap_or_default();
    if text.is_empty() || text.len() > MAX_IDEMPOTENCY_KEY_CHARS {
        return Err(ApiError::Header { name, wanted: "must have 1 to 255 printable ASCII characters" });
    }
    Ok(Some(text.to_owned()))
}

/// One job; with `?wait=`, once it has ended or that time is over.
#[utoipa::path(get, operation_id = "get_job", path = "/v1/jobs/{id}", tag = "jobs", params(("id" = JobId, Path), Wait), responses((status = 200, body = JobView, description = "The job")))]
pub(super) async fn view(
    State(api): State<Arc<Api>>,
    caller: Caller,
    JobPath(id): JobPath,
    Params(Wait { wait }): Params<Wait>,
) -> Result<Json<JobView>, ApiError> {
    ended_within(&api, &caller.tenant, id, wait).await.map(Json)
}

/// The job once its state is final, or as it is when the time is over or the server stops.
pub(super) async fn ended_within(api: &Api, tenant: &TenantName, id: JobId, wait: Duration) -> Result<JobView, ApiError> {
    ended_by(api, tenant, id, Instant::now() + wait.min(api.config.max_wait)).await
}

async fn ended_by(api: &Api, tenant: &TenantName, id: JobId, deadline: Instant) -> Result<JobView, ApiError> {
    let listener = api.bells.finished.listen(id);
    loop {
        let rung = listener.rung();
        let job = api.queue.job(tenant, id).await?.ok_or_else(|| ApiError::NoJob(id.to_string()))?;
        if job.state.is_final() || Instant::now() >= deadline || api.stop.is_cancelled() {
            return Ok(job);
        }
        heard(api, rung, deadline).await;
    }
}

/// Until something is told of the job, the time is over, or the server stops.
async fn heard(api: &Api, rung: Notified<'_>, deadline: Instant) {
    tokio::select! {
        () = rung => {}
        () = tokio::time::sleep_until(deadline) => {}
        () = api.stop.cancelled() => {}
    }
}

/// The query of a listing.
#[derive(Debug, Deserialize, utoipa::IntoParams)]
#[into_params(parameter_in = Query)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// Only jobs in this state.
    state: Option<JobState>,
    /// Only jobs of a script with this name.
    script: Option<String>,
    /// `KEY:VALUE`; the key ends at the first colon.
    tag: Option<String>,
    /// Only those that failed after all their attempts.
    #[serde(default)]
    dead: bool,
    /// `next_cursor` of the page before.
    cursor: Option<String>,
    /// Most jobs of the page: 1 to 200; 50 without it.
    #[param(minimum = 1, maximum = 200)]
    limit: Option<u32>,
}

/// A page of jobs, newest first. It can be shorter than `limit` when outcomes are large; only a missing `next_cursor` is
/// the end.
#[utoipa::path(get, operation_id = "list_jobs", path = "/v1/jobs", tag = "jobs", params(Listing), responses((status = 200, body = JobList, description = "A page")))]
pub(super) async fn list(State(api): State<Arc<Api>>, caller: Caller, Params(listing): Params<Listing>) -> Result<Json<JobList>, ApiError> {
    let limit = listing.limit.unwrap_or(PAGE_JOBS);
    if !(1..=MAX_PAGE_JOBS).contains(&limit) {
        return Err(ApiError::Query(format!("`limit` must be 1 to {MAX_PAGE_JOBS}")));
    }
    let unknown = || ApiError::Queue(QueueError::UnknownCursor);
    let before = listing.cursor.map(|cursor| cursor.parse::<JobId>().map_err(|_| unknown())).transpose()?;
    let filter = JobFilter {
        tenant: caller.tenant,
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
#[derive(Debug, Default, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields, default)]
pub(super) struct CancelBody {
    /// For people who wonder later.
    pub(super) reason: Option<String>,
}

/// Cancels a job. 200 with the job cancelled, also when it was before; 202 when it runs and its worker will be told;
/// 409 when it has ended otherwise.
#[utoipa::path(post, operation_id = "cancel_job", path = "/v1/jobs/{id}/cancel", tag = "jobs", request_body = Option<CancelBody>, params(("id" = JobId, Path)), responses(
    (status = 200, body = JobView, description = "The job, cancelled"),
    (status = 202, body = JobView, description = "The job, which runs and will be stopped"),
    (status = 409, description = "job_finished"),
))]
pub(super) async fn cancel(
    State(api): State<Arc<Api>>,
    caller: Caller,
    JobPath(id): JobPath,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let by = cancelled_by(&caller, extract::body_or_none(&headers, body).await?)?;
    let no_job = || ApiError::NoJob(id.to_string());
    let cancel = api.queue.cancel(&caller.tenant, id, by, api.queue.now()).await?.ok_or_else(no_job)?;
    let job = api.queue.job(&caller.tenant, id).await?.ok_or_else(no_job)?;
    match cancel {
        Cancel::Done => Ok(Json(job).into_response()),
        Cancel::Requested => Ok((StatusCode::ACCEPTED, Json(job)).into_response()),
        Cancel::TooLate => Err(ApiError::TooLate(job.state)),
    }
}

/// Who cancels, and why.
pub(super) fn cancelled_by(caller: &Caller, body: Option<CancelBody>) -> Result<CancelledBy, ApiError> {
    let reason = body.unwrap_or_default().reason;
    if reason.as_ref().is_some_and(|reason| reason.chars().count() > MAX_REASON_CHARS || reason.contains('\0')) {
        return Err(ApiError::Value {
            field: "reason",
            wanted: format!("must have at most {MAX_REASON_CHARS} characters, without U+0000"),
        });
    }
    Ok(CancelledBy { by: caller.name().to_owned(), key: caller.key, reason })
}

/// Lets a job be tried again that failed or was cancelled. 202 with the job waiting; 409 when it is in another state.
#[utoipa::path(post, operation_id = "retry_job", path = "/v1/jobs/{id}/retry", tag = "jobs", params(("id" = JobId, Path)), responses(
    (status = 202, body = JobView, description = "The job, which waits again"),
    (status = 409, description = "not_retryable"),
))]
pub(super) async fn retry(State(api): State<Arc<Api>>, caller: Caller, JobPath(id): JobPath) -> Result<Response, ApiError> {
    let no_job = || ApiError::NoJob(id.to_string());
    match api.queue.retry(&caller.tenant, id, api.queue.now()).await?.ok_or_else(no_job)? {
        Retried::Done => {}
        Retried::Not(state) => return Err(ApiError::NotRetryable(state)),
    }
    let job = api.queue.job(&caller.tenant, id).await?.ok_or_else(no_job)?;
    Ok((StatusCode::ACCEPTED, Json(job)).into_response())
}
