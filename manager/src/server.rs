//! The server as a function.

use std::{future::IntoFuture, pin::pin, sync::Arc};

use ampoule_protocol::{KeySpec, Role};
use axum::serve::ListenerExt;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

use crate::{
    api::{self, Api},
    compiler::Compiler,
    config::{Config, ConfigError},
    key_ring::KeyRing,
    metrics::Metrics,
    notify::Bells,
    queue::{Ears, Event, OpenError, Queue, QueueError, StoredKey, Wake},
    reaper, schedules,
    traces::Traces,
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
    /// The store does not answer.
    #[error(transparent)]
    Store(#[from] QueueError),
    /// The system has no randomness for a key.
    #[error("no key can be made: {0}")]
    Randomness(getrandom::Error),
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
    let is_reachable = !addr.ip().to_canonical().is_loopback();
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
    let queue = Arc::new(Queue::open(&config.store, config.lease_policy(), config.readers, Ears { told, woken }).await?);
    if is_reachable && config.keys.is_empty() {
        make_first_key(&queue, config.first_key).await?;
    }
    let keys = Arc::new(KeyRing::new(config.keys.clone(), config.own_worker_key.clone(), queue.clone(), is_reachable));
    if !keys.is_required().await? {
        tracing::warn!(%addr, "the API is open to every process on this machine: there is no key");
    }
    tracing::info!(%addr, store = %config.store, "the manager listens");
    (config.listens)(addr);

    let stop = CancellationToken::new();
    let (drain, retention, of_firing) = (config.drain, config.retention, config.clone());
    let compiler = Compiler::new(config.compiler.clone());
    let traces = Arc::new(Traces::new(config.traces));
    let api = Api {
        queue: queue.clone(),
        bells: bells.clone(),
        metrics,
        config,
        keys: keys.clone(),
        compiler,
        traces: traces.clone(),
        stop: stop.clone(),
    };
    let listener = listener.tap_io(|stream| {
        // Answers are small and awaited: they must not wait for more to send.
        let _ = stream.set_nodelay(true);
    });
    let mut serving =
        pin!(axum::serve(listener, api::router(Arc::new(api))).with_graceful_shutdown(stop.clone().cancelled_owned()).into_future());
    let keeping = keys.keep(&stop);
    let mut reaping = pin!(async { tokio::join!(reaper::run(&queue, &bells, retention, &stop), keeping) });
    let mut firing = pin!(schedules::run(&queue, &of_firing, &traces, &stop));

    let ended = tokio::select! {
        ended = &mut serving => Err(RunError::Listen(ended.err().unwrap_or_else(|| std::io::ErrorKind::NotConnected.into()))),
        _ = &mut reaping => unreachable!("the reaper runs until the stop below"),
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

/// Where others can reach the manager, somebody must be able to make keys.
async fn make_first_key(queue: &Queue, tell: fn(&str)) -> Result<(), RunError> {
    let spec = KeySpec { name: "first".to_owned(), role: Role::Admin, tenant: None, requests_per_second: None };
    let (stored, shown) = StoredKey::make(spec, queue.now()).map_err(RunError::Randomness)?;
    if queue.add_key(stored, true).await? {
        tell(&shown.key);
    }
    Ok(())
}
