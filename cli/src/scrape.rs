//! A worker's metrics over HTTP, for a Prometheus that may reach it.

use std::sync::Arc;

use ampoule_engine::CancellationToken;
use ampoule_worker::Metrics;
use axum::{Router, http::header, routing::get};
use tokio::net::TcpListener;

/// Serves `/metrics` until `stop`; a worker that drains is not scraped any more.
pub(crate) async fn serve(listener: TcpListener, metrics: Arc<Metrics>, stop: CancellationToken) {
    let print = move || {
        let metrics = Arc::clone(&metrics);
        async move { ([(header::CONTENT_TYPE, "application/openmetrics-text; version=1.0.0; charset=utf-8")], metrics.print()) }
    };
    let served = axum::serve(listener, Router::new().route("/metrics", get(print))).with_graceful_shutdown(stop.cancelled_owned()).await;
    if let Err(error) = served {
        tracing::error!(%error, "the worker's metrics are shown no more");
    }
}
