//! The HTTP API, version 1. The router is its table of contents.

mod attend;
mod auth;
mod children;
mod extract;
mod follow;
mod health;
mod jobs;
mod journals;
mod keys;
mod kv;
mod leases;
mod logs;
mod many;
mod openapi;
mod problem;
mod replays;
mod schedules;
mod scripts;
mod traced;
mod types;

use std::sync::Arc;

use ampoule_protocol::Role;
use axum::{Router, middleware::from_fn_with_state, routing::get};
use tokio_util::sync::CancellationToken;
use tower_http::{CompressionLevel, compression::CompressionLayer};
use utoipa::openapi::OpenApi;
use utoipa_axum::{router::OpenApiRouter, routes};

use self::problem::ApiError;
use crate::{
    compiler::Compiler,
    config::Config,
    key_ring::KeyRing,
    metrics::Metrics,
    notify::Bells,
    queue::{Kind, Queue},
    traces::Traces,
};

/// What every endpoint can reach.
pub(crate) struct Api {
    pub(crate) queue: Arc<Queue>,
    pub(crate) bells: Arc<Bells>,
    pub(crate) metrics: Arc<Metrics>,
    pub(crate) config: Config,
    pub(crate) keys: Arc<KeyRing>,
    pub(crate) compiler: Compiler,
    pub(crate) traces: Arc<Traces>,
    /// Cancelled when the server stops: whoever waits answers at once.
    pub(crate) stop: CancellationToken,
}

/// All endpoints, by who may use them. Anything else is answered with a problem document too.
pub(crate) fn router(api: Arc<Api>) -> Router {
    let read = OpenApiRouter::new()
        .routes(routes!(jobs::list))
        .routes(routes!(jobs::view))
        .routes(routes!(logs::read))
        .routes(routes!(schedules::list))
        .routes(routes!(schedules::view))
        .nest("/v1/scripts", scripts::reading(Kind::Script))
        .nest("/v1/libraries", scripts::reading(Kind::Library));
    let submit = OpenApiRouter::new()
        .routes(routes!(jobs::submit))
        .routes(routes!(many::batch))
        .routes(routes!(jobs::cancel))
        .routes(routes!(jobs::retry))
        .routes(routes!(replays::replay));
    let operate = OpenApiRouter::new()
        .routes(routes!(many::cancel))
        .routes(routes!(many::retry))
        .routes(routes!(journals::read))
        .routes(routes!(schedules::create))
        .routes(routes!(schedules::replace))
        .routes(routes!(schedules::delete))
        .routes(routes!(schedules::pause))
        .routes(routes!(schedules::resume))
        .routes(routes!(schedules::run))
        .nest("/v1/scripts", scripts::publishing(Kind::Script))
        .nest("/v1/libraries", scripts::publishing(Kind::Library))
        .routes(routes!(health::queue));
    let admin = OpenApiRouter::new()
        .routes(routes!(keys::create))
        .routes(routes!(keys::list))
        .routes(routes!(keys::revoke))
        .routes(routes!(keys::tenants))
        .routes(routes!(keys::set_tenant));
    let worker = OpenApiRouter::new()
        .routes(routes!(leases::acquire))
        .routes(routes!(leases::renew))
        .routes(routes!(leases::append))
        .routes(routes!(kv::kv))
        .routes(routes!(children::jobs))
        .routes(routes!(journals::keep, replays::journal))
        .routes(routes!(attend::attend))
        .routes(routes!(leases::complete))
        .routes(routes!(leases::release));
    // Probes, scrapes and editors carry no key; what they see is counts, and what every Ampoule has.
    let open = OpenApiRouter::new()
        .routes(routes!(health::alive))
        .routes(routes!(health::ready))
        .routes(routes!(health::metrics))
        .routes(routes!(types::types));

    let (mut all, mut document, mut needs) = (Router::new(), OpenApi::default(), openapi::Needs::new());
    for (role, routes) in [
        (Some(Role::Read), read),
        (Some(Role::Submit), submit),
        (Some(Role::Operate), operate),
        (Some(Role::Admin), admin),
        (Some(Role::Worker), worker),
        (None, open),
    ] {
        let (routes, described) = routes.split_for_parts();
        openapi::note(&mut needs, &described, role);
        document.merge(described);
        // Workers and probes ask all the time.
        let routes = match role {
            None | Some(Role::Worker) => routes,
            Some(_) => routes.route_layer(from_fn_with_state(api.clone(), traced::traced)),
        };
        all = all.merge(match role {
            Some(role) => auth::guarded(routes, &api, role),
            None => routes,
        });
    }
    let document = openapi::document(&document, &needs);
    all.route("/openapi.json", get(openapi::answer(&document)))
        .fallback(|| async { ApiError::NoRoute })
        .method_not_allowed_fallback(|| async { ApiError::Method })
        .layer(from_fn_with_state(api.clone(), auth::local_host))
        // For those who ask for it; streams and small answers are left as they are. The fastest level, because it runs among other requests.
        .layer(CompressionLayer::new().quality(CompressionLevel::Fastest))
        .with_state(api)
}
