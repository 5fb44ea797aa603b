//! `/v1/leases`: how workers get jobs, keep them, and report on them.

use std::{pin::pin, sync::Arc, time::Duration};

use ampoule_protocol::{AcquireRequest, AcquireResponse, AppendRequest, CompleteRequest, LeaseStates, Tokens};
use axum::{Json, body::Body, extract::State, http::HeaderMap};
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use super::{Api, auth::Caller, extract, problem::ApiError};
use crate::queue::{Filed, FiledLines};

/// Most characters of a worker's name; it is stored with each job that the worker runs.
const MAX_WORKER_CHARS: usize = 256;
/// Most tokens of one request: more than any worker has slots.
const MAX_TOKENS: usize = 4096;

/// Leases waiting jobs to a worker and tells it of cancels. Waits while there is neither.
#[utoipa::path(post, operation_id = "acquire_leases", path = "/v1/leases/acquire", tag = "leases", request_body = AcquireRequest, responses((status = 200, body = AcquireResponse, description = "What became of it")))]
pub(super) async fn acquire(
    State(api): State<Arc<Api>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<AcquireResponse>, ApiError> {
    let (ask, _): (AcquireRequest, _) = read(&api, &headers, body).await?;
    named(&ask.worker)?;
    bounded("cancelling", ask.cancelling.len())?;
    let slots = ask.slots.min(api.config.acquire_jobs);
    let deadline = Instant::now() + Duration::from_millis(ask.wait_ms).min(api.config.max_wait);
    let cancels = api.bells.cancels.listen(ask.worker.clone());
    loop {
        // Both bells are heard from before the look at the queue, so that nothing is missed between look and wait.
        let mut work = pin!(api.bells.work(&caller.scope));
        let mut cancel = pin!(cancels.rung());
        if slots > 0 {
            work.as_mut().enable();
        }
        // A manager that stops gives out nothing more.
        if api.stop.is_cancelled() {
            return Ok(Json(AcquireResponse::default()));
        }
        let (worker, known) = (&*ask.worker, ask.cancelling.clone());
        let acquired = if slots > 0 && Instant::now() < deadline {
            let until = async {
                tokio::select! {
                    () = tokio::time::sleep_until(deadline) => {}
                    () = &mut cancel => {}
                    () = api.stop.cancelled() => {}
                }
            };
            match api.queue.acquire_waiting(&caller.scope, worker, slots, known, until).await? {
                Some(acquired) => acquired,
                // Back to the look that waits for nothing.
                None => continue,
            }
        } else {
            api.queue.acquire(&caller.scope, worker, slots, known, api.queue.now()).await?
        };
        if !acquired.is_empty() || Instant::now() >= deadline {
            let (mut jobs, cancelled) = acquired.deliver();
            for job in &mut jobs {
                let (id, attempt, waited) = (job.token.job_id, job.token.attempt, Duration::from_millis(job.waited_ms));
                job.traceparent = job.traceparent.map(|parent| api.traces.waited(id, attempt, waited, parent));
            }
            return Ok(Json(AcquireResponse { jobs, cancelled }));
        }
        tokio::select! {
            () = work, if slots > 0 => {}
            () = cancel => {}
            () = tokio::time::sleep_until(deadline) => {}
            () = api.stop.cancelled() => {}
        }
    }
}

/// Prolongs leases; the answer names those to cancel and those that are lost.
#[utoipa::path(post, operation_id = "renew_leases", path = "/v1/leases/renew", tag = "leases", request_body = Tokens, responses((status = 200, body = LeaseStates, description = "What became of it")))]
pub(super) async fn renew(
    State(api): State<Arc<Api>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<LeaseStates>, ApiError> {
    let (Tokens { tokens }, _) = read(&api, &headers, body).await?;
    bounded("tokens", tokens.len())?;
    let results = api.queue.renew(&caller.scope, tokens, api.queue.now()).await?;
    Ok(Json(LeaseStates { results }))
}

/// Takes lines of logs of runs that go on. All of them are committed, or none and the answer is an error.
#[utoipa::path(post, operation_id = "append_logs", path = "/v1/leases/logs", tag = "leases", request_body = AppendRequest, responses((status = 200, body = LeaseStates, description = "What became of it")))]
pub(super) async fn append(
    State(api): State<Arc<Api>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<LeaseStates>, ApiError> {
    let (AppendRequest { appends }, bytes) = read(&api, &headers, body).await?;
    bounded("appends", appends.len())?;
    let filed = extract::offload(bytes, || appends.into_iter().map(FiledLines::new).collect()).await?;
    let results = api.queue.append_logs(&caller.scope, filed, api.queue.now()).await?;
    Ok(Json(LeaseStates { results }))
}

/// Takes reports. All of them are committed, or none and the answer is an error.
#[utoipa::path(post, operation_id = "complete_leases", path = "/v1/leases/complete", tag = "leases", request_body = CompleteRequest, responses((status = 200, body = LeaseStates, description = "What became of it")))]
pub(super) async fn complete(
    State(api): State<Arc<Api>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<LeaseStates>, ApiError> {
    let (CompleteRequest { reports }, bytes) = read(&api, &headers, body).await?;
    bounded("reports", reports.len())?;
    let filed = extract::offload(bytes, || reports.into_iter().map(Filed::new).collect()).await?;
    let results = api.queue.complete(&caller.scope, filed, api.queue.now()).await?;
    Ok(Json(LeaseStates { results }))
}

/// Takes jobs back that a worker gives up.
#[utoipa::path(post, operation_id = "release_leases", path = "/v1/leases/release", tag = "leases", request_body = Tokens, responses((status = 200, body = LeaseStates, description = "What became of it")))]
pub(super) async fn release(
    State(api): State<Arc<Api>>,
    caller: Caller,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<LeaseStates>, ApiError> {
    let (Tokens { tokens }, _) = read(&api, &headers, body).await?;
    bounded("tokens", tokens.len())?;
    let results = api.queue.release(&caller.scope, tokens, api.queue.now()).await?;
    Ok(Json(LeaseStates { results }))
}

/// A worker's body, and how many bytes it had.
pub(super) async fn read<T: DeserializeOwned + Send + 'static>(api: &Api, headers: &HeaderMap, body: Body) -> Result<(T, usize), ApiError> {
    let body = extract::body(headers, body, api.config.worker_body_bytes).await?;
    let bytes = body.len();
    Ok((extract::parse(body).await?, bytes))
}

/// Refuses what is no name of a worker.
pub(super) fn named(worker: &str) -> Result<(), ApiError> {
    if worker.is_empty() || worker.chars().count() > MAX_WORKER_CHARS || worker.chars().any(char::is_control) {
        let wanted = format!("must have 1 to {MAX_WORKER_CHARS} characters, none of them a control character");
        return Err(ApiError::Value { field: "worker", wanted });
    }
    Ok(())
}

fn bounded(field: &'static str, count: usize) -> Result<(), ApiError> {
    if count > MAX_TOKENS { Err(ApiError::Value { field, wanted: format!("must hold at most {MAX_TOKENS}") }) } else { Ok(()) }
}
