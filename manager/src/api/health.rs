//! What operators and their machines look at.

use std::{sync::Arc, time::Duration};

use axum::{
    Json,
    extract::State,
    http::header,
    response::{IntoResponse, Response},
};
use serde::Serialize;

use super::{Api, auth::Caller, problem::ApiError};
use crate::queue::{Depths, QueueError, Scope, StoreUrl};

/// A store that takes longer than this is not ready.
const READY_WITHIN: Duration = Duration::from_secs(2);

/// The process lives.
#[utoipa::path(get, operation_id = "get_healthz", path = "/healthz", tag = "operation", responses((status = 200, body = String, content_type = "text/plain", description = "It does")))]
pub(super) async fn alive() -> &'static str {
    "ok\n"
}

/// Requests can be served: the store can be read and its writer answers.
#[utoipa::path(get, operation_id = "get_readyz", path = "/readyz", tag = "operation", responses((status = 200, body = String, content_type = "text/plain", description = "They can")))]
pub(super) async fn ready(State(api): State<Arc<Api>>) -> Result<&'static str, ApiError> {
    if api.stop.is_cancelled() {
        return Err(ApiError::Stopping);
    }
    let answered = tokio::time::timeout(READY_WITHIN, api.queue.ping()).await;
    let late = |err| QueueError::Store(Arc::new(err));
    // Not where the store is: whoever asks shows no key.
    let missing = match api.config.store {
        StoreUrl::Sqlite(_) => "SQLite store",
        StoreUrl::Postgres(_) => "PostgreSQL store",
    };
    answered.map_err(late).flatten().map_err(|err| ApiError::NotReady { missing, err })?;
    Ok("ready\n")
}

/// Answer of `GET /v1/queue`.
#[derive(Debug, Serialize, utoipa::ToSchema)]
pub(super) struct QueueView {
    /// Jobs waiting to start.
    queued: u64,
    /// Jobs waiting for their time.
    #[serde(skip_serializing_if = "is_none")]
    delayed: u64,
    /// Jobs waiting for another one with their concurrency key.
    #[serde(skip_serializing_if = "is_none")]
    blocked: u64,
    /// Jobs waiting for another one of their tenant to end, of which as many run as may.
    #[serde(skip_serializing_if = "is_none")]
    capped: u64,
    /// Jobs under a lease.
    running: u64,
    /// Time for which the oldest job waiting to start could have started.
    #[serde(skip_serializing_if = "Option::is_none")]
    oldest_queued_ms: Option<u64>,
}

fn is_none(count: &u64) -> bool {
    *count == 0
}

/// How full the queue is, of the caller's tenant.
#[utoipa::path(get, operation_id = "get_queue", path = "/v1/queue", tag = "operation", responses((status = 200, body = QueueView, description = "Counts")))]
pub(super) async fn queue(State(api): State<Arc<Api>>, caller: Caller) -> Result<Json<QueueView>, ApiError> {
    let depths = api.queue.depths(&Scope::Tenant(caller.tenant), api.queue.now()).await?;
    let oldest_queued_ms = depths.oldest.map(|age| u64::try_from(age.as_millis()).unwrap_or(u64::MAX));
    let Depths { queued, delayed, blocked, capped, running, .. } = depths;
    Ok(Json(QueueView { queued, delayed, blocked, capped, running, oldest_queued_ms }))
}

/// All metrics. Depths are read from the store now: without the store there is no answer rather than an old one.
#[utoipa::path(get, operation_id = "get_metrics", path = "/metrics", tag = "operation", responses((status = 200, body = String, content_type = "application/openmetrics-text", description = "All metrics")))]
pub(super) async fn metrics(State(api): State<Arc<Api>>) -> Result<Response, ApiError> {
    let depths = api.queue.depths(&Scope::All, api.queue.now()).await?;
    let text = api.metrics.print(&depths, api.queue.commits());
    Ok(([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], text).into_response())
}
