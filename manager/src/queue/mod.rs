//! The job queue: which job is in which state, durably.
//!
//! [`Queue`] is the one that keeps its jobs in SQLite. What a queue promises, whatever it is built on:
//!
//! - An answer means that the write is on disk. A crash at any point loses no job.
//! - A job moves only as [`JobState`] says. Every write under a lease is fenced: it happens only while the job is
//!   running *and* its attempt is the token's, so that of all attempts one completion is accepted.
//! - Time is an argument. The queue never reads a clock.
//! - [`Event`]s are told after the commit and before the answer, once each, whether or not the asker still listens.

mod filed;
mod sqlite;
mod submitted;

use std::{error::Error, fmt, path::PathBuf, sync::Arc, time::Duration};

use ampoule_protocol::{JobId, JobState, JobView, LeaseToken, LeasedJob};

pub use self::{
    filed::Filed,
    sqlite::{Commits, Queue},
    submitted::{Idempotency, Submitted},
};

/// How leases are kept.
#[derive(Clone, Copy, Debug)]
pub struct LeasePolicy {
    /// How long a lease lasts from its acquire or last renewal.
    pub lease: Duration,
    /// Lost leases and faults after which a job is failed.
    pub max_attempts: u32,
    /// Most bytes of payload that one acquire leases; a single larger job is still leased.
    pub acquire_bytes: u64,
}

/// What an enqueue found.
#[derive(Clone, Debug, PartialEq)]
pub enum Enqueued {
    /// The job is stored and waits.
    Stored,
    /// Its idempotency key had brought the same body before; this is the job of then.
    Known(Box<JobView>),
    /// Its idempotency key had brought another body before; nothing was stored.
    Conflict,
}

/// What a cancel did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cancel {
    /// It is cancelled, by this call or an earlier one.
    Done,
    /// It runs; its worker will be told.
    Requested,
    /// It had ended otherwise; nothing was changed.
    TooLate,
}

/// Which jobs a listing shows. Conditions are joined by "and".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// In this state.
    pub state: Option<JobState>,
    /// Of a script with this name.
    pub script: Option<String>,
    /// With this tag, key and value.
    pub tag: Option<(String, String)>,
    /// Submitted before this job.
    pub before: Option<JobId>,
    /// At most so many. A page also ends once it holds [`MAX_PAGE_BYTES`].
    pub limit: u32,
}

/// Most bytes of outcomes in a page of jobs, or of text in a page of logs, unless one item alone is larger.
pub const MAX_PAGE_BYTES: usize = 4 << 20;

/// What an acquire found. Dropped undelivered, it gives the leases back.
#[derive(Debug)]
pub struct Acquired {
    jobs: Vec<LeasedJob>,
    cancelled: Vec<LeaseToken>,
    claim: sqlite::Claim,
}

impl Acquired {
    /// Neither a job nor a cancel.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.cancelled.is_empty()
    }

    /// Hands over the leased jobs, oldest first, and the worker's leases whose jobs were cancelled. From here on, leases
    /// that get lost come back only by running out.
    pub fn deliver(self) -> (Vec<LeasedJob>, Vec<LeaseToken>) {
        self.claim.deliver();
        (self.jobs, self.cancelled)
    }
}

/// What a sweep for lost leases did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Swept {
    /// Leases taken back.
    pub lost: u32,
    /// Lost leases may be left: sweep again.
    pub more: bool,
    /// Some job waits to start.
    pub waiting: bool,
}

/// How full the queue is, all figures of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depths {
    /// Jobs that wait to start.
    pub queued: u64,
    /// Jobs under a lease.
    pub running: u64,
    /// Time since the submission of the oldest job that waits to start.
    pub oldest: Option<Duration>,
}

/// Something that has become true, durably.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A client's job was stored.
    Submitted,
    /// A job waits to start: submitted, released, or to be run again.
    Queued,
    /// A worker leased a job.
    Started {
        /// How long it had waited since it was last queued.
        waited: Duration,
    },
    /// A job's state became final.
    Finished {
        /// Which job.
        id: JobId,
        /// [`Outcome::kind`](ampoule_protocol::Outcome::kind) of its outcome.
        outcome: &'static str,
    },
    /// A running job is to be cancelled.
    CancelRequested {
        /// Who runs it.
        worker: String,
    },
    /// A lease ran out.
    LeaseLost,
    /// A worker gave a lease back.
    LeaseReleased,
    /// A worker reported under a lease that it no longer held.
    StaleReport,
}

/// Who is told of the events of each commit, in the order in which they happened.
pub type EventSink = Arc<dyn Fn(&[Event]) + Send + Sync>;

/// Why a queue did not answer. Nothing was written, unless the commit itself failed half-way through the disk's doing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum QueueError {
    /// The store refused or failed.
    #[error("the store failed: {0}")]
    Store(#[source] Arc<dyn Error + Send + Sync>),
    /// A row holds what this program never writes.
    #[error("stored {what} cannot be read: {why}")]
    Corrupt {
        /// Which column.
        what: &'static str,
        /// What the parser said.
        why: String,
    },
    /// The queue has been closed, or its writer has died.
    #[error("the queue is closed")]
    Closed,
}

/// Why a queue does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The file cannot be opened, made or read as a database.
    #[error("failed to open the store {}: {source}", path.display())]
    Store {
        /// Which file.
        path: PathBuf,
        /// What the store said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// The file is some other program's database.
    #[error("{} is a database, but not one of Ampoule's", path.display())]
    Foreign {
        /// Which file.
        path: PathBuf,
    },
    /// A newer version of Ampoule wrote it.
    #[error("{} has schema {found}, this program knows up to {known}: use a newer ampoule", path.display())]
    SchemaTooNew {
        /// Which file.
        path: PathBuf,
        /// Its schema's version.
        found: i64,
        /// The newest version that this program knows.
        known: i64,
    },
}

impl fmt::Debug for Queue {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Queue").finish_non_exhaustive()
    }
}
