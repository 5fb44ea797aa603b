//! The server as a function.

use std::{future::IntoFuture, pin::pin, sync::Arc};

use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    api::{self, Api},
    config::{Config, ConfigError, Exposure, check_exposure},
    metrics::Metrics,
    notify::Bells,
    queue::{Ears, Event, LeasePolicy, OpenError, Queue, Wake},
    reaper, schedules,
};

/// Why a manager did not start, or stopped by itself.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// The configuration cannot be worked with.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// The store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// The listener failed.
    #[error("failed to listen: {0}")]
    Listen(#[from] std::io::Error),
    /// The store's writer died; the process should be started anew.
    #[error("the queue's writer died")]
    WriterDied,
}

/// Serves the API on this listener until `shutdown` resolves, then stops accepting, answers what waits, finishes what is in
/// flight (at most [`Config::drain`]), and closes the store.
///
/// Leases stay with their workers over a stop: they report to the next manager on the same store.
pub async fn run(listener: TcpListener, config: Config, shutdown: impl Future<Output = ()>) -> Result<(), RunError> {
    config.check()?;
    let addr = listener.local_addr()?;
    let exposure = check_exposure(addr, &config.keys)?;
    if exposure == Exposure::OpenOnLoopback {
        tracing::warn!(%addr, "the API is open to every process on this machine: no key is configured");
    }

    let (bells, metrics) = (Arc::new(Bells::default()), Arc::new(Metrics::default()));
    let told = {
        let (bells, metrics) = (bells.clone(), metrics.clone());
        Arc::new(move |events: &[Event]| {
            metrics.count(events);
            bells.hear(events);
        })
    };
    let woken = {
        let bells = bells.clone();
        Arc::new(move |wake: Wake| bells.wake(&wake))
    };
    let policy = LeasePolicy { lease: config.lease, max_attempts: config.max_attempts, acquire_bytes: config.acquire_bytes.0 };
    let queue = Arc::new(Queue::open(&config.store, policy, config.readers, Ears { told, woken }).await?);
    tracing::info!(%addr, store = %config.store, "the manager listens");

    let stop = CancellationToken::new();
    let (drain, retention, ceiling) = (config.drain, config.retention, config.ceiling.clone());
    let api = Arc::new(Api { queue: queue.clone(), bells: bells.clone(), metrics, config, exposure, stop: stop.clone() });
    let listener = listener.tap_io(|stream| {
        // Answers are small and awaited: they must not wait for more to send.
        let _ = stream.set_nodelay(true);
    });
    let mut serving = pin!(axum::serve(listener, api::router(api)).with_graceful_shutdown(stop.clone().cancelled_owned()).into_future());
    let mut reaping = pin!(reaper::run(&queue, &bells, retention, &stop));
    let mut firing = pin!(schedules::run(&queue, &ceiling, &stop));

    let ended = tokio::select! {
        ended = &mut serving => Err(RunError::Listen(ended.err().unwrap_or_else(|| std::io::ErrorKind::NotConnected.into()))),
        () = &mut reaping => unreachable!("the reaper runs until the stop below"),
        () = &mut firing => unreachable!("schedules fire until the stop below"),
        () = queue.gone() => Err(RunError::WriterDied),
        () = shutdown => Ok(()),
    };
    stop.cancel();
    if ended.is_ok() && tokio::time::timeout(drain, serving).await.is_err() {
        tracing::warn!(?drain, "requests were still in flight at the end of the drain");
    }
    tokio::join!(reaping, firing);
    queue.close().await;
    tracing::info!("the manager has stopped");
    ended
}
