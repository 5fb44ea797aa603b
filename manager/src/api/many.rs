//! `/v1/jobs/batch`, `/v1/jobs/cancel`, `/v1/jobs/retry`: many jobs in one call.

use std::sync::Arc;

use ampoule_protocol::{BatchSpec, BatchStored, JobRef, JobState, MAX_BATCH_JOBS};
use axum::{
    Extension, Json,
    body::Body,
    extract::State,
    http::{HeaderMap, StatusCode},
    response::{IntoResponse, Response},
};
use serde::{Deserialize, Serialize};

use super::{
    Api,
    auth::Caller,
    extract, grants,
    jobs::{CancelBody, cancelled_by, printable, tag},
    problem::ApiError,
};
use crate::queue::{Bulk, JobFilter, Submitted};

/// Stores jobs, all of them or none. 202 with their ids, in the order of the request.
pub(super) async fn batch(State(api): State<Arc<Api>>, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let body = extract::body(&headers, body, api.config.body_bytes).await?;
    let bytes = body.len();
    let BatchSpec { jobs } = extract::parse(body).await?;
    if !(1..=MAX_BATCH_JOBS).contains(&jobs.len()) {
        return Err(ApiError::Value { field: "jobs", wanted: format!("must hold 1 to {MAX_BATCH_JOBS} jobs") });
    }
    let (ceiling, policy) = (api.config.ceiling.clone(), api.config.grants.clone());
    let submitted = extract::offload(bytes, move || {
        let job = |(place, mut spec): (usize, ampoule_protocol::JobSpec)| {
            let limits = spec.check(&ceiling).map_err(|error| ApiError::BatchSpec { place, error })?;
            grants::grant(&mut spec, &policy).map_err(|error| ApiError::BatchGrant { place, error })?;
            Ok(Submitted::new(spec, limits, None))
        };
        jobs.into_iter().enumerate().map(job).collect::<Result<Vec<_>, ApiError>>()
    })
    .await??;
    let jobs = submitted.iter().map(|job| JobRef { id: job.id() }).collect();
    api.queue.enqueue_all(submitted, api.queue.now()).await?;
    Ok((StatusCode::ACCEPTED, Json(BatchStored { jobs })).into_response())
}

/// Which jobs a bulk change is about; at least one condition.
#[derive(Debug, Deserialize)]
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
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct BulkBody {
    filter: Filter,
    reason: Option<String>,
}

/// Answer of a bulk change.
#[derive(Debug, Serialize)]
struct Changed {
    /// Jobs that were cancelled or asked to stop, or that wait again.
    changed: u64,
}

/// Cancels all jobs that the filter names, waiting and running ones.
pub(super) async fn cancel(
    State(api): State<Arc<Api>>,
    Extension(caller): Extension<Caller>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, ApiError> {
    let (filter, reason) = read(&headers, body).await?;
    change(&api, filter, Bulk::Cancel(cancelled_by(caller, Some(CancelBody { reason }))?)).await
}

/// Lets all jobs be tried again that the filter names, failed and cancelled ones.
pub(super) async fn retry(State(api): State<Arc<Api>>, headers: HeaderMap, body: Body) -> Result<Response, ApiError> {
    let (filter, _) = read(&headers, body).await?;
    change(&api, filter, Bulk::Retry).await
}

async fn read(headers: &HeaderMap, body: Body) -> Result<(JobFilter, Option<String>), ApiError> {
    let wanted = || ApiError::Value { field: "filter", wanted: "must have at least one of state, script, tag and dead".to_owned() };
    let BulkBody { filter, reason } = extract::body_or_none(headers, body).await?.ok_or_else(wanted)?;
    let filter = JobFilter {
        state: filter.state,
        script: printable("script", filter.script)?,
        tag: tag(filter.tag)?,
        dead: filter.dead,
        before: None,
        limit: 0,
    };
    if filter == JobFilter::default() {
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
