//! Gathers what is asked at the same time into one transaction.
//!
//! A commit costs a sync to the server's disk, and a statement a trip to the server, whatever they hold. While one batch is under way, the
//! next one gathers.

use std::{future::Future, sync::Arc, time::Duration};

use tokio::sync::{mpsc, oneshot};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::queue::QueueError;

/// Asks that may wait; more wait in their senders. Each holds its jobs, so this bounds memory as well.
const WAITING: usize = 1024;
/// Most asks of one transaction: bounds how long the first of them waits for the last.
const GROUP: usize = 256;
/// Tries of a batch that met a deadlock, or a connection that had broken before anything was asked of it.
const TRIES: u32 = 4;

/// What a lane does for what it is asked.
pub(super) trait Work: Send + Sync + 'static {
    type Ask: Send + Sync + 'static;
    type Answer: Send + 'static;
    /// Carries out all of it in one transaction, or none and fails. One answer for each ask, in order.
    fn run(&self, asks: &[Self::Ask]) -> impl Future<Output = Result<Vec<Self::Answer>, QueueError>> + Send;
}

/// The way to a task that works in batches.
pub(super) struct Lane<W: Work>(mpsc::Sender<Asked<W>>);

type Asked<W> = (<W as Work>::Ask, oneshot::Sender<Result<<W as Work>::Answer, QueueError>>);

impl<W: Work> Clone for Lane<W> {
    fn clone(&self) -> Self {
        Self(self.0.clone())
    }
}

impl<W: Work> Lane<W> {
    pub(super) fn start(work: Arc<W>, tasks: &TaskTracker, stop: CancellationToken) -> Self {
        let (asks, waiting) = mpsc::channel(WAITING);
        tasks.spawn(serve(work, waiting, stop));
        Self(asks)
    }

    /// Answers once it is durable. It is carried out even when the caller stops waiting.
    pub(super) async fn ask(&self, ask: W::Ask) -> Result<W::Answer, QueueError> {
        let (reply, answer) = oneshot::channel();
        self.0.send((ask, reply)).await.map_err(|_| QueueError::Closed)?;
        answer.await.unwrap_or(Err(QueueError::Closed))
    }

    /// The same for those who cannot wait. Nothing happens when too many wait already.
    pub(super) fn try_ask(&self, ask: W::Ask) {
        let _ = self.0.try_send((ask, oneshot::channel().0));
    }

    /// Waits until nothing is carried out any more.
    pub(super) async fn gone(&self) {
        self.0.closed().await;
    }
}

async fn serve<W: Work>(work: Arc<W>, mut waiting: mpsc::Receiver<Asked<W>>, stop: CancellationToken) {
    let mut batch = Vec::new();
    loop {
        tokio::select! {
            count = waiting.recv_many(&mut batch, GROUP) => if count == 0 { return },
            // Those that were sent already are still received.
            () = stop.cancelled(), if !waiting.is_closed() => { waiting.close(); continue }
        }
        let (asks, replies): (Vec<_>, Vec<_>) = batch.drain(..).unzip();
        match insist(&*work, &asks).await {
            Ok(answers) => replies.into_iter().zip(answers).for_each(|(reply, answer)| drop(reply.send(Ok(answer)))),
            // One of many that the server refuses must not spoil the others.
            Err(err) if asks.len() > 1 && !is_away(&err) => {
                for (ask, reply) in asks.iter().zip(replies) {
                    let answer = insist(&*work, std::slice::from_ref(ask)).await;
                    let _ = reply.send(answer.and_then(|mut answers| answers.pop().ok_or(QueueError::Closed)));
                }
            }
            Err(err) => {
                tracing::error!(%err, asks = asks.len(), "the queue failed to commit");
                replies.into_iter().for_each(|reply| drop(reply.send(Err(err.clone()))));
            }
        }
    }
}

async fn insist<W: Work>(work: &W, asks: &[W::Ask]) -> Result<Vec<W::Answer>, QueueError> {
    let mut tries = 1;
    loop {
        match work.run(asks).await {
            Err(err) if tries < TRIES && passes(&err) => {
                tries += 1;
                tracing::debug!(%err, "trying a batch again");
                tokio::time::sleep(Duration::from_millis(5) * tries).await;
            }
            done => return done,
        }
    }
}

fn server_error(err: &QueueError) -> Option<&tokio_postgres::Error> {
    let QueueError::Store(err) = err else { return None };
    err.downcast_ref()
}

/// The transaction was rolled back by the server, and may well succeed the next time. (A connection that breaks is another matter: whether
/// the commit was carried out is not known then, and only the asker may ask again.)
fn passes(err: &QueueError) -> bool {
    use tokio_postgres::error::SqlState;
    let state = server_error(err).and_then(tokio_postgres::Error::code);
    [SqlState::T_R_DEADLOCK_DETECTED, SqlState::T_R_SERIALIZATION_FAILURE, SqlState::LOCK_NOT_AVAILABLE].iter().any(|s| state == Some(s))
}

/// No server answers: what is asked one by one will meet the same.
fn is_away(err: &QueueError) -> bool {
    matches!(err, QueueError::Store(_)) && server_error(err).is_none_or(|err| err.is_closed() || err.code().is_none())
}
