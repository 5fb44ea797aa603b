//! `/v1/jobs/batch`, `/v1/jobs/cancel`, `/v1/jobs/retry`: many jobs in one call.

use std::sync::Arc;

use ampoule_protocol::{BatchSpec, BatchStored, JobRef, JobState, MAX_BATCH_JOBS};
use axum::{
    Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{
    Api,
    auth::Caller,
    extract,
    jobs::{CancelBody, cancelled_by, printable, tag},
    problem::ApiError,
};
use crate::{
    queue::{Bulk, JobFilter, Submitted},
    scripts::{ResolveError, Resolver},
};

/// Stores jobs, all of them or none. 202 with their ids, in the order of the request.
#[utoipa::path(post, operation_id = "submit_jobs", path = "/v1/jobs/batch", tag = "jobs", request_body = BatchSpec, responses((status = 202, body = BatchStored, description = "Their ids")))]
pub(super) async fn batch(State(api): State<Arc<Api>>, caller: Caller, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let body = extract::body(&headers, body, api.config.body_bytes).await?;
    let bytes = body.len();
    let BatchSpec { mut jobs } = extract::parse(body).await?;
    if !(1..=MAX_BATCH_JOBS).contains(&jobs.len()) {
        return Err(ApiError::Value { field: "jobs", wanted: format!("must hold 1 to {MAX_BATCH_JOBS} jobs") });
    }
    let mut resolver = Resolver::new(&api.queue, &caller.tenant, &api.config.ceiling, &api.config.grants);
    for (place, spec) in jobs.iter_mut().enumerate() {
        spec.check(&api.config.ceiling).map_err(|error| ApiError::BatchSpec { place, error })?;
    }
    api.compiler.compile_jobs(&mut jobs).await.map_err(|(place, error)| ApiError::BatchCompile { place, error })?;
    let mut resolved = Vec::with_capacity(jobs.len());
    for (place, mut spec) in jobs.into_iter().enumerate() {
        let (sources, limits) = resolver.resolve(&mut spec).await.map_err(|error| match error {
            ResolveError::Spec(error) => ApiError::BatchSpec { place, error },
            ResolveError::Grant(error) => ApiError::BatchGrant { place, error },
            error => error.into(),
        })?;
        resolved.push((spec, sources, limits));
    }
    let tenant = caller.tenant;
    let submitted = move |(spec, sources, limits)| Submitted::new(tenant.clone(), spec, sources, limits, None);
    let submit = move || resolved.into_iter().map(submitted).collect::<Vec<_>>();
    let submitted = extract::offload(bytes, submit).await?;
    let jobs = submitted.iter().map(|job| JobRef { id: job.id() }).collect();
    api.queue.enqueue_all(submitted, api.queue.now()).await?;
    Ok((StatusCode::ACCEPTED, Json(BatchStored { jobs })).into_response())
}

/// Which jobs a bulk change is about; at least one condition.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct Filter {
    state: Option<JobState>,
    script: Option<String>,
    /// `KEY:VALUE`, as in listings.
    tag: Option<String>,
    #[serde(default)]
    dead: bool,
}

/// The body of a bulk change.
#[derive(Debug, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
struct BulkBody {
    filter: Filter,
    reason: Option<String>,
}

/// Answer of a bulk change.
#[derive(Debug, Serialize, utoipa::ToSchema)]
struct Changed {
    /// Jobs that were cancelled or asked to stop, or that wait again.
    changed: u64,
}

/// Cancels all jobs that the filter names, waiting and running ones.
#[utoipa::path(post, operation_id = "cancel_jobs", path = "/v1/jobs/cancel", tag = "jobs", request_body = BulkBody, responses((status = 200, body = Changed, description = "How many")))]
pub(super) async fn cancel(State(api): State<Arc<Api>>, caller: Caller, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let (filter, reason) = read(&caller, &headers, body).await?;
    change(&api, filter, Bulk::Cancel(cancelled_by(&caller, Some(CancelBody { reason }))?)).await
}

/// Lets all jobs be tried again that the filter names, failed and cancelled ones.
#[utoipa::path(post, operation_id = "retry_jobs", path = "/v1/jobs/retry", tag = "jobs", request_body = BulkBody, responses((status = 200, body = Changed, description = "How many")))]
pub(super) async fn retry(State(api): State<Arc<Api>>, caller: Caller, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let (filter, _) = read(&caller, &headers, body).await?;
    change(&api, filter, Bulk::Retry).await
}

async fn read(caller: &Caller, headers: &HeaderMap, body: Body) -> Result<(JobFilter, Option<String>), ApiError> {
    let wanted = || ApiError::Value { field: "filter", wanted: "must have at least one of state, script, tag and dead".to_owned() };
    let BulkBody { filter, reason } = extract::body_or_none(headers, body).await?.ok_or_else(wanted)?;
    let empty = JobFilter { tenant: caller.tenant.clone(), ..JobFilter::default() };
    let filter = JobFilter {
        state: filter.state,
        script: printable("script", filter.script)?,
        tag: tag(filter.tag)?,
        dead: filter.dead,
        ..empty.clone()
    };
    if filter == empty {
        return Err(wanted());
    }
    Ok((filter, reason))
}

/// In steps, so that others are served between them. What comes to match while it goes on is left alone.
async fn change(api: &Api, filter: JobFilter, bulk: Bulk) -> Result<Response, ApiError> {
    let since = api.queue.now();
    let mut changed = 0;
    loop {
        match api.queue.bulk(filter.clone(), bulk.clone(), since, api.queue.now()).await? {
            0 => return Ok(Json(Changed { changed }).into_response()),
            step => changed += u64::from(step),
        }
        if api.stop.is_cancelled() {
            return Err(ApiError::Stopping);
        }
    }
}
