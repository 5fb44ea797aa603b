//! The HTTP API, version 1. The router is its table of contents.

mod attend;
mod auth;
mod extract;
mod follow;
mod health;
mod jobs;
mod leases;
mod logs;
mod many;
mod problem;
mod schedules;
mod scripts;

use std::sync::Arc;

use ampoule_protocol::Role;
use axum::{
    Router,
    middleware::from_fn_with_state,
    routing::{get, post, put},
};
use tokio_util::sync::CancellationToken;

use self::problem::ApiError;
use crate::{
    config::{Config, Exposure},
    metrics::Metrics,
    notify::Bells,
    queue::{Kind, Queue},
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
    let guarded = |role, routes| auth::guarded(routes, &api, role);
    let read = Router::new()
        .route("/v1/jobs", get(jobs::list))
        .route("/v1/jobs/{id}", get(jobs::view))
        .route("/v1/jobs/{id}/logs", get(logs::read))
        .route("/v1/schedules", get(schedules::list))
        .route("/v1/schedules/{name}", get(schedules::view))
        .nest("/v1/scripts", scripts::reading(Kind::Script))
        .nest("/v1/libraries", scripts::reading(Kind::Library));
    let submit = Router::new()
        .route("/v1/jobs", post(jobs::submit))
        .route("/v1/jobs/batch", post(many::batch))
        .route("/v1/jobs/{id}/cancel", post(jobs::cancel))
        .route("/v1/jobs/{id}/retry", post(jobs::retry));
    let operate = Router::new()
        .route("/v1/jobs/cancel", post(many::cancel))
        .route("/v1/jobs/retry", post(many::retry))
        .route("/v1/schedules", post(schedules::create))
        .route("/v1/schedules/{name}", put(schedules::replace).delete(schedules::delete))
        .route("/v1/schedules/{name}/pause", post(schedules::pause))
        .route("/v1/schedules/{name}/resume", post(schedules::resume))
        .route("/v1/schedules/{name}/run", post(schedules::run))
        .nest("/v1/scripts", scripts::publishing(Kind::Script))
        .nest("/v1/libraries", scripts::publishing(Kind::Library))
        .route("/v1/queue", get(health::queue));
    let worker = Router::new()
        .route("/v1/leases/acquire", post(leases::acquire))
        .route("/v1/leases/renew", post(leases::renew))
        .route("/v1/leases/logs", post(leases::append))
        .route("/v1/leases/attend", post(attend::attend))
        .route("/v1/leases/complete", post(leases::complete))
        .route("/v1/leases/release", post(leases::release));
    // Probes and scrapes carry no key; what they see is counts.
    let open =
        Router::new().route("/healthz", get(health::alive)).route("/readyz", get(health::ready)).route("/metrics", get(health::metrics));
    Router::new()
        .merge(guarded(Role::Read, read))
        .merge(guarded(Role::Submit, submit))
        .merge(guarded(Role::Operate, operate))
        .merge(guarded(Role::Worker, worker))
        .merge(open)
        .fallback(|| async { ApiError::NoRoute })
        .method_not_allowed_fallback(|| async { ApiError::Method })
        .layer(from_fn_with_state(api.clone(), auth::local_host))
        .with_state(api)
}
