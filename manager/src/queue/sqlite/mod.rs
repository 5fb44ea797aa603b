//! The queue on SQLite: one file, one writer that commits in groups, a pool of readers.
//!
//! All SQL is in this folder: `schema` makes the tables, `transitions` changes jobs, `views` reads them.

mod rows;
mod schema;
mod transitions;
mod views;
mod writer;

use std::{path::Path, sync::Arc};

use ampoule_protocol::{JobId, JobList, JobView, LeaseToken, LogPage, TokenState};
use deadpool_sqlite::{Hook, HookError, Pool, PoolError, Runtime, rusqlite::Connection};
use jiff::Timestamp;
use tokio::sync::mpsc;

pub use self::writer::Commits;
use self::{
    transitions::Leased,
    writer::{Message, Writer},
};
use super::{Acquired, Cancel, Depths, Enqueued, Event, EventSink, Filed, JobFilter, LeasePolicy, OpenError, QueueError, Submitted, Swept};

/// The job queue; see [the module](crate::queue) for what it promises. No method blocks the runtime's threads.
pub struct Queue {
    writer: Writer,
    readers: Pool,
    policy: LeasePolicy,
}

impl Queue {
    /// Opens the queue in this file, which is made or brought to the newest schema.
    pub async fn open(path: &Path, policy: LeasePolicy, readers: usize, sink: EventSink) -> Result<Self, OpenError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| OpenError::Store { path: path.to_owned(), source };
        let owned = path.to_owned();
        let conn = tokio::task::spawn_blocking(move || schema::open(&owned)).await.map_err(|err| failed(err.into()))??;
        let writer = Writer::start(conn, sink).map_err(|err| failed(err.into()))?;
        let prepare = Hook::async_fn(|conn, _| {
            Box::pin(async move {
                let prepared = conn.interact(|conn| schema::prepare_reader(conn)).await;
                prepared.map_err(|err| HookError::message(err.to_string()))?.map_err(HookError::Backend)
            })
        });
        let readers = deadpool_sqlite::Config::new(path)
            .builder(Runtime::Tokio1)
            .map_err(|err| failed(err.into()))?
            .max_size(readers)
            .post_create(prepare)
            .build()
            .map_err(|err| failed(err.into()))?;
        Ok(Self { writer, readers, policy })
    }

    /// Stores a job that waits to start.
    pub async fn enqueue(&self, job: Submitted, now: Timestamp) -> Result<Enqueued, QueueError> {
        let now = now.as_millisecond();
        self.writer.run(move |conn, events| transitions::enqueue(conn, &job, now, events)).await
    }

    /// Leases up to `slots` waiting jobs to this worker, oldest first, and says which of its leases are to be cancelled,
    /// but for the `known` ones. Answers at once, also when there is nothing.
    pub async fn acquire(&self, worker: &str, slots: u32, known: Vec<LeaseToken>, now: Timestamp) -> Result<Acquired, QueueError> {
        let (now, policy, worker, commands) = (now.as_millisecond(), self.policy, worker.to_owned(), self.writer.commands());
        let work = move |conn: &Connection, events: &mut Vec<Event>| {
            let cancelled = transitions::cancelling(conn, &worker, &known)?;
            let leases = transitions::lease(conn, &worker, slots, &policy, now, events)?;
            // Made here, so that the leases come back even when nobody waits for this answer any more.
            Ok((Claim { leases, since_ms: now, commands: Some(commands) }, cancelled))
        };
        let (claim, cancelled) = self.writer.run(work).await?;
        let jobs = if claim.leases.is_empty() {
            Vec::new()
        } else {
            let leases = claim.leases.clone();
            self.read(move |conn| views::leased_jobs(conn, &leases, policy.lease)).await?
        };
        Ok(Acquired { jobs, cancelled, claim })
    }

    /// Makes leases last from now on, and says which are to be cancelled or are no longer held.
    pub async fn renew(&self, tokens: Vec<LeaseToken>, now: Timestamp) -> Result<Vec<TokenState>, QueueError> {
        let (now, policy) = (now.as_millisecond(), self.policy);
        self.writer.run(move |conn, _| transitions::renew(conn, &tokens, &policy, now)).await
    }

    /// Ends jobs by their worker's reports. A fault is run again while attempts are left, and so is a report that goes
    /// beyond its job's limits; a token that is no longer held changes nothing.
    pub async fn complete(&self, reports: Vec<Filed>, now: Timestamp) -> Result<Vec<TokenState>, QueueError> {
        let (now, policy) = (now.as_millisecond(), self.policy);
        self.writer.run(move |conn, events| transitions::complete(conn, &reports, &policy, now, events)).await
    }

    /// Lets jobs wait again whose worker gives them up. This does not count against their attempts.
    pub async fn release(&self, tokens: Vec<LeaseToken>, now: Timestamp) -> Result<Vec<TokenState>, QueueError> {
        let now = now.as_millisecond();
        self.writer.run(move |conn, events| transitions::release(conn, &tokens, now, events)).await
    }

    /// Takes back some of the leases that have run out by now. Safe to run at any time, and twice.
    pub async fn sweep(&self, now: Timestamp) -> Result<Swept, QueueError> {
        let (now, policy) = (now.as_millisecond(), self.policy);
        self.writer.run(move |conn, events| transitions::sweep(conn, &policy, now, events)).await
    }

    /// Cancels a job. `None`: there is no such job.
    pub async fn cancel(&self, id: JobId, now: Timestamp) -> Result<Option<Cancel>, QueueError> {
        let now = now.as_millisecond();
        self.writer.run(move |conn, events| transitions::cancel(conn, id, now, events)).await
    }

    /// A job. `None`: there is no such job.
    pub async fn job(&self, id: JobId) -> Result<Option<JobView>, QueueError> {
        self.read(move |conn| views::job(conn, id)).await
    }

    /// A page of jobs, newest first. `None`: there is no job [`JobFilter::before`].
    pub async fn jobs(&self, filter: JobFilter) -> Result<Option<JobList>, QueueError> {
        self.read(move |conn| views::jobs(conn, &filter)).await
    }

    /// A page of the log of the attempt that ended a job, empty before its end. `None`: there is no such job.
    pub async fn logs(&self, id: JobId, from: u64, limit: u32) -> Result<Option<LogPage>, QueueError> {
        self.read(move |conn| views::logs(conn, id, from, limit)).await
    }

    /// How full the queue is.
    pub async fn depths(&self, now: Timestamp) -> Result<Depths, QueueError> {
        let now = now.as_millisecond();
        self.read(move |conn| views::depths(conn, now)).await
    }

    /// Fails unless the store can be read and its writer answers.
    pub async fn ping(&self) -> Result<(), QueueError> {
        self.read(views::probe).await?;
        self.writer.run(|_, _| Ok(())).await
    }

    /// What the writer has done since the queue was opened.
    pub fn commits(&self) -> &Arc<Commits> {
        self.writer.commits()
    }

    /// Waits until the writer has died, after which nothing can be written.
    pub async fn gone(&self) {
        self.writer.gone().await;
    }

    /// Writes what was asked for before, then refuses everything.
    pub async fn close(&self) {
        self.writer.close().await;
        self.readers.close();
    }

    async fn read<T: Send + 'static>(
        &self,
        view: impl FnOnce(&Connection) -> Result<T, QueueError> + Send + 'static,
    ) -> Result<T, QueueError> {
        let conn = self.readers.get().await.map_err(|err| match err {
            PoolError::Closed => QueueError::Closed,
            err => QueueError::Store(Arc::new(err)),
        })?;
        // The closure is not run to its end only if it panics.
        conn.interact(|conn| view(conn)).await.map_err(|_| QueueError::Closed)?
    }
}

/// Leases that were committed and have not reached their worker.
#[derive(Debug)]
pub(super) struct Claim {
    leases: Vec<Leased>,
    since_ms: i64,
    commands: Option<mpsc::Sender<Message>>,
}

impl Claim {
    pub(super) fn deliver(mut self) {
        self.commands = None;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        let Some(commands) = self.commands.take().filter(|_| !self.leases.is_empty()) else { return };
        let tokens: Vec<LeaseToken> = self.leases.iter().map(|leased| leased.token).collect();
        let since_ms = self.since_ms;
        // If the writer is too busy to take this, the leases run out.
        Writer::try_run(&commands, move |conn, events| transitions::release(conn, &tokens, since_ms, events).map(|_| ()));
    }
}
