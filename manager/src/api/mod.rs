//! The HTTP API, version 1. The router is its table of contents.

mod auth;
mod extract;
mod grants;
mod health;
mod jobs;
mod leases;
mod logs;
mod many;
mod problem;

use std::sync::Arc;

use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post},
};
use tokio_util::sync::CancellationToken;

use self::problem::ApiError;
use crate::{
    config::{Config, Exposure},
    metrics::Metrics,
    notify::Bells,
    queue::Queue,
};

/// What every endpoint can reach.
pub(crate) struct Api {
    pub(crate) queue: Arc<Queue>,
    pub(crate) bells: Arc<Bells>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) config: Config,
    pub(crate) exposure: Exposure,
    /// Cancelled when the server stops: whoever waits answers at once.
    pub(crate) stop: CancellationToken,
}

/// All endpoints, by who may use them. Anything else is answered with a problem document too.
pub(crate) fn router(api: Arc<Api>) -> Router {
    let submit = Router::new()
        .route("/v1/jobs", post(jobs::submit).get(jobs::list))
        .route("/v1/jobs/batch", post(many::batch))
        .route("/v1/jobs/cancel", post(many::cancel))
        .route("/v1/jobs/retry", post(many::retry))
        .route("/v1/jobs/{id}", get(jobs::view))
        .route("/v1/jobs/{id}/cancel", post(jobs::cancel))
        .route("/v1/jobs/{id}/retry", post(jobs::retry))
        .route("/v1/jobs/{id}/logs", get(logs::page))
        .route_layer(from_fn_with_state(api.clone(), auth::submit));
    let worker = Router::new()
        .route("/v1/leases/acquire", post(leases::acquire))
        .route("/v1/leases/renew", post(leases::renew))
        .route("/v1/leases/complete", post(leases::complete))
        .route("/v1/leases/release", post(leases::release))
        .route_layer(from_fn_with_state(api.clone(), auth::worker));
    let admin = Router::new().route("/v1/queue", get(health::queue)).route_layer(from_fn_with_state(api.clone(), auth::admin));
    // Probes and scrapes carry no key; what they see is counts.
    let open =
        Router::new().route("/healthz", get(health::alive)).route("/readyz", get(health::ready)).route("/metrics", get(health::metrics));
    Router::new()
        .merge(submit)
        .merge(worker)
        .merge(admin)
        .merge(open)
        .fallback(|| async { ApiError::NoRoute })
        .method_not_allowed_fallback(|| async { ApiError::Method })
        .layer(from_fn_with_state(api.clone(), auth::local_host))
        .with_state(api)
}
