//! The job queue: which job is in which state, durably.
//!
//! [`Queue`] is the contract; [`StoreUrl`] names what keeps it: a file of SQLite on one machine, or a PostgreSQL server that several
//! managers share. What becomes of a job is decided in `life`, pure and once; the stores load, lock and write. What a queue promises:
//!
//! - An answer means that the write is on disk. A crash at any point loses no job.
//! - A job moves only as [`JobState`] says. Every write under a lease is fenced: it happens only while the job is
//!   running *and* its attempt is the token's, so that of all attempts one completion is accepted.
//! - Every job is one tenant's, and whoever asks for another's is told that there is none. Idempotency and concurrency keys are a tenant's too.
//! - Time is an argument. The queue never reads a clock.
//! - [`Event`]s are told after the commit and before the answer, once each, whether or not the asker still listens.

mod children;
mod commits;
mod companions;
pub mod copies;
mod fair;
mod filed;
mod invariants;
mod journals;
mod kv;
mod life;
mod logs;
mod postgres;
mod published;
mod schedules;
mod scope;
mod sqlite;
mod store_url;
mod stored_key;
mod submitted;

use std::{error::Error, fmt, sync::Arc, time::Duration};

use ampoule_protocol::{
    CancelledBy, JobId, JobList, JobState, JobView, KeyId, KeyView, LeaseToken, LeasedJob, TenantName, TenantSettings, TenantView,
    TokenState,
};
use jiff::Timestamp;

pub(crate) use self::published::{Pin, Pins};
pub use self::{
    children::Family,
    commits::Commits,
    filed::{Filed, FiledLines},
    kv::KvReply,
    logs::LogView,
    published::{AliasSet, Kind, NewVersion, Published, Version, VersionKey, Withdrawn},
    schedules::{Firing, SchedulePut, StoredSchedule},
    scope::Scope,
    store_url::{StoreUrl, StoreUrlError},
    stored_key::StoredKey,
    submitted::{Idempotency, Submitted},
};
use self::{postgres::Postgres, published::Versions, sqlite::Sqlite};

/// The job queue; see [the module](self) for what it promises. No method blocks the runtime's threads.
pub struct Queue {
    store: Store,
    versions: Versions,
}

enum Store {
    Sqlite(Sqlite),
    Postgres(Postgres),
}

/// Calls the same method of whichever store it is.
macro_rules! ask {
    ($queue:expr, $store:ident => $call:expr) => {
        match &$queue.store {
            Store::Sqlite($store) => $call,
            Store::Postgres($store) => $call,
        }
    };
}
use ask;

impl Queue {
    /// Opens the queue in this store, which is made or brought to the newest schema. `connections` is how many it reads with at once.
    pub async fn open(url: &StoreUrl, policy: LeasePolicy, connections: usize, ears: Ears) -> Result<Self, OpenError> {
        let store = match url {
            StoreUrl::Sqlite(path) => Store::Sqlite(Sqlite::open(path, policy, connections, ears.told).await?),
            StoreUrl::Postgres(url) => Store::Postgres(Postgres::open(url, policy, connections, ears).await?),
        };
        Ok(Self { store, versions: Versions::new() })
    }

    /// The time by the clock that this queue's leases go by: this machine's, or the database server's, which all managers share.
    pub fn now(&self) -> Timestamp {
        ask!(self, store => store.now())
    }

    /// Stores a job that waits to start.
    pub async fn enqueue(&self, job: Submitted, now: Timestamp) -> Result<Enqueued, QueueError> {
        let mut answers = self.enqueue_all(vec![job], now).await?;
        answers.pop().ok_or(QueueError::Closed)
    }

    /// Stores jobs in one transaction: all of them, or none and there is an error. One answer for each.
    pub async fn enqueue_all(&self, jobs: Vec<Submitted>, now: Timestamp) -> Result<Vec<Enqueued>, QueueError> {
        ask!(self, store => store.enqueue(jobs, now).await)
    }

    /// Leases up to `slots` waiting jobs to this worker, dealt fairly between the tenants in scope and within their ceilings, of each tenant those
    /// of the highest priority first and of these the oldest, and says which of its leases are to be
    /// cancelled, but for the `known` ones. Answers at once, also when there is nothing.
    pub async fn acquire(
        &self,
        scope: &Scope,
        worker: &str,
        slots: u32,
        known: Vec<LeaseToken>,
        now: Timestamp,
    ) -> Result<Acquired, QueueError> {
        let acquired = ask!(self, store => store.acquire(scope, worker, slots, known, now).await)?;
        self.unpinned(acquired).await
    }

    /// The same; where the store can, it answers only once there is something, which then comes in the commit that makes it ready, or with `None`
    /// once `until` is over. To drop this instead is to give back what is just being leased, behind which others then go first.
    pub(crate) async fn acquire_waiting(
        &self,
        scope: &Scope,
        worker: &str,
        slots: u32,
        known: Vec<LeaseToken>,
        until: impl Future<Output = ()>,
    ) -> Result<Option<Acquired>, QueueError> {
        let acquired = match &self.store {
            Store::Sqlite(store) => store.acquire_waiting(scope, worker, slots, known, until).await?,
            Store::Postgres(store) => Some(store.acquire(scope, worker, slots, known, store.now()).await?),
        };
        match acquired {
            Some(acquired) => self.unpinned(acquired).await.map(Some),
            None => Ok(None),
        }
    }

    async fn unpinned(&self, mut acquired: Acquired) -> Result<Acquired, QueueError> {
        for (place, pins) in std::mem::take(&mut acquired.pins) {
            self.unpin(&mut acquired.jobs[place], pins).await?;
        }
        Ok(acquired)
    }

    /// Makes leases of jobs in this scope last from now on, and says which are to be cancelled or are no longer held.
    pub async fn renew(&self, scope: &Scope, tokens: Vec<LeaseToken>, now: Timestamp) -> Result<Vec<TokenState>, QueueError> {
        ask!(self, store => store.renew(scope, tokens, now).await)
    }

    /// Ends jobs by their worker's reports. A fault is run again while attempts are left, and so is a report that goes
    /// beyond its job's limits; a token that is no longer held changes nothing.
    pub async fn complete(&self, scope: &Scope, reports: Vec<Filed>, now: Timestamp) -> Result<Vec<TokenState>, QueueError> {
        ask!(self, store => store.complete(scope, reports, now).await)
    }

    /// Lets jobs wait again whose worker gives them up. This does not count against their attempts.
    pub async fn release(&self, scope: &Scope, tokens: Vec<LeaseToken>, now: Timestamp) -> Result<Vec<TokenState>, QueueError> {
        ask!(self, store => store.release(scope, tokens, now).await)
    }

    /// Does some of what has become due: takes back leases that ran out, gives up jobs that nobody started in time, lets those start whose
    /// time has come. Safe to run at any time, twice, and by several managers.
    pub async fn sweep(&self, now: Timestamp) -> Result<Swept, QueueError> {
        ask!(self, store => store.sweep(now).await)
    }

    /// Cancels a job. `None`: its tenant has no such job.
    pub async fn cancel(&self, tenant: &TenantName, id: JobId, by: CancelledBy, now: Timestamp) -> Result<Option<Cancel>, QueueError> {
        ask!(self, store => store.cancel(tenant, id, by, now).await)
    }

    /// Lets a job that failed or was cancelled be tried again, with all of its attempts. `None`: its tenant has no such job.
    pub async fn retry(&self, tenant: &TenantName, id: JobId, now: Timestamp) -> Result<Option<Retried>, QueueError> {
        ask!(self, store => store.retry(tenant, id, now).await)
    }

    /// Changes some of the jobs that the filter names and that were there (for a retry: had ended) at `since`: how many. None are left when
    /// it says 0. The filter's cursor and limit mean nothing here.
    pub async fn bulk(&self, filter: JobFilter, bulk: Bulk, since: Timestamp, now: Timestamp) -> Result<u32, QueueError> {
        ask!(self, store => store.bulk(filter, bulk, since, now).await)
    }

    /// Deletes some of the jobs that ended before this moment, their logs and outcomes too: how many. None are left when it says 0.
    pub async fn prune(&self, before: Timestamp) -> Result<u32, QueueError> {
        ask!(self, store => store.prune(before).await)
    }

    /// A job. `None`: its tenant has no such job.
    pub async fn job(&self, tenant: &TenantName, id: JobId) -> Result<Option<JobView>, QueueError> {
        ask!(self, store => store.job(tenant, id).await)
    }

    /// A page of a tenant's jobs, newest first. [`QueueError::UnknownCursor`]: it has no job [`JobFilter::before`].
    pub async fn jobs(&self, filter: JobFilter) -> Result<JobList, QueueError> {
        ask!(self, store => store.jobs(filter).await)
    }

    /// How full the queue is, of this scope.
    pub async fn depths(&self, scope: &Scope, now: Timestamp) -> Result<Depths, QueueError> {
        ask!(self, store => store.depths(scope, now).await)
    }

    /// Stores a key, and its tenant if that is new. False: it was to be the first, and there is or was one already.
    pub async fn add_key(&self, key: StoredKey, only_first: bool) -> Result<bool, QueueError> {
        ask!(self, store => store.add_key(key, only_first).await)
    }

    /// Whether there is or was any key.
    pub async fn has_keys(&self) -> Result<bool, QueueError> {
        ask!(self, store => store.has_keys().await)
    }

    /// A key. `None`: there is no such key.
    pub async fn key(&self, id: KeyId) -> Result<Option<StoredKey>, QueueError> {
        ask!(self, store => store.key(id).await)
    }

    /// A page of keys, oldest first, revoked ones too.
    pub async fn keys(&self, after: Option<KeyId>, limit: u32) -> Result<Vec<KeyView>, QueueError> {
        ask!(self, store => store.keys(after, limit).await)
    }

    /// From now on this key opens nothing; one that was revoked before stays as it is. `None`: there is no such key.
    pub async fn revoke_key(&self, id: KeyId, now: Timestamp) -> Result<Option<KeyView>, QueueError> {
        ask!(self, store => store.revoke_key(id, now.as_millisecond()).await)
    }

    /// Takes note of when keys were shown, in milliseconds since 1970.
    pub async fn used_keys(&self, used: Vec<(KeyId, i64)>) -> Result<(), QueueError> {
        ask!(self, store => store.used_keys(used).await)
    }

    /// Stores how a tenant is treated, which is made if it is new.
    pub async fn set_tenant(&self, name: &TenantName, settings: TenantSettings, now: Timestamp) -> Result<Option<TenantView>, QueueError> {
        ask!(self, store => store.set_tenant(name, settings, now.as_millisecond()).await)
    }

    /// A tenant. `None`: nobody has named it yet.
    pub async fn tenant(&self, name: &TenantName) -> Result<Option<TenantView>, QueueError> {
        ask!(self, store => store.tenant(name).await)
    }

    /// A page of tenants, by name.
    pub async fn tenants(&self, after: Option<TenantName>, limit: u32) -> Result<Vec<TenantView>, QueueError> {
        ask!(self, store => store.tenants(after, limit).await)
    }

    /// Fails unless the store can be read and written.
    pub async fn ping(&self) -> Result<(), QueueError> {
        ask!(self, store => store.ping().await)
    }

    /// What the writers have done since the queue was opened.
    pub fn commits(&self) -> &Arc<Commits> {
        ask!(self, store => store.commits())
    }

    /// Waits until nothing can be written any more, for ever.
    pub async fn gone(&self) {
        ask!(self, store => store.gone().await)
    }

    /// Writes what was asked for before, then refuses everything.
    pub async fn close(&self) {
        ask!(self, store => store.close().await)
    }
}

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
    /// The job is stored as cancelled: another one has its concurrency key.
    Cancelled,
    /// The run that submits it has lost its lease; nothing was stored.
    LeaseLost,
    /// The run that submits it and those around it have submitted as many jobs as they may; nothing was stored.
    FamilyFull,
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

/// What a retry did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Retried {
    /// The job waits again.
    Done,
    /// It is in this state, from which there is no retry; nothing was changed.
    Not(JobState),
}

/// What to do with many jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bulk {
    /// Cancel those that wait or run.
    Cancel(CancelledBy),
    /// Try those again that failed or were cancelled.
    Retry,
}

/// Which jobs a listing shows. Conditions are joined by "and".
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JobFilter {
    /// Of this tenant.
    pub tenant: TenantName,
    /// In this state.
    pub state: Option<JobState>,
    /// Of a script with this name.
    pub script: Option<String>,
    /// With this tag, key and value.
    pub tag: Option<(String, String)>,
    /// Failed after all their attempts.
    pub dead: bool,
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
    /// Which of the jobs are pinned to what; their sources are yet to come.
    pins: Vec<(usize, Pins)>,
    cancelled: Vec<LeaseToken>,
    claim: Claim,
}

/// Gives leases back when it is dropped before they were delivered.
struct Claim {
    tokens: Vec<LeaseToken>,
    give_back: Option<Box<dyn FnOnce(Vec<LeaseToken>) + Send>>,
}

impl Claim {
    fn on(tokens: Vec<LeaseToken>, give_back: impl FnOnce(Vec<LeaseToken>) + Send + 'static) -> Self {
        Self { tokens, give_back: Some(Box::new(give_back)) }
    }

    fn deliver(mut self) {
        self.give_back = None;
    }
}

impl Drop for Claim {
    fn drop(&mut self) {
        if let Some(give_back) = self.give_back.take().filter(|_| !self.tokens.is_empty()) {
            give_back(std::mem::take(&mut self.tokens));
        }
    }
}

impl fmt::Debug for Claim {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Claim").field(&self.tokens).finish()
    }
}

impl Acquired {
    /// Neither a job nor a cancel.
    pub fn is_empty(&self) -> bool {
        self.jobs.is_empty() && self.cancelled.is_empty()
    }

    /// The leases, which are still to be delivered.
    pub fn leases(&self) -> &[LeaseToken] {
        &self.claim.tokens
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
    /// Some may be left to do: sweep again.
    pub more: bool,
    /// Some job waits to start.
    pub waiting: bool,
    /// When the next job can start whose time has not come, in milliseconds since 1970.
    pub next_due_ms: Option<i64>,
}

/// How full the queue is, all figures of one moment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Depths {
    /// Jobs that wait to start, and for nothing but a worker.
    pub queued: u64,
    /// Jobs that wait for their time.
    pub delayed: u64,
    /// Jobs that wait for another one with their concurrency key.
    pub blocked: u64,
    /// Jobs that wait for another one of their tenant to end, of which as many run as may.
    pub capped: u64,
    /// Jobs under a lease.
    pub running: u64,
    /// For how long the oldest of [`Depths::queued`] could have started.
    pub oldest: Option<Duration>,
}

/// Something that has become true, durably.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// A client's job was stored.
    Submitted,
    /// A job waits to start: submitted, released, or to be run again.
    Queued,
    /// A job waits for its time.
    Delayed,
    /// A run that goes on said something.
    Logged {
        /// Of which job.
        id: JobId,
    },
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

/// Something that another manager of the same store made true, or that it may have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wake {
    /// A job waits to start.
    Work,
    /// This job has ended.
    Finished(JobId),
    /// A running job of this worker is to be cancelled.
    Cancel(String),
    /// Anything: it was not heard what.
    All,
}

/// Who is told of other managers' doings. Not every one is told, and some may be told twice: look, then wait again.
pub type WakeSink = Arc<dyn Fn(Wake) + Send + Sync>;

/// Who listens to a queue.
#[derive(Clone)]
pub struct Ears {
    /// To what was done through it.
    pub told: EventSink,
    /// To what others did.
    pub woken: WakeSink,
}

impl Ears {
    /// Nobody.
    pub fn deaf() -> Self {
        Self { told: Arc::new(|_| {}), woken: Arc::new(|_| {}) }
    }
}

/// Why a queue did not answer. Nothing was written, unless the commit itself failed half-way through the disk's doing.
#[derive(Clone, Debug, thiserror::Error)]
pub enum QueueError {
    /// The store refused or failed.
    #[error("the store failed: {0}")]
    Store(#[source] Arc<dyn Error + Send + Sync>),
    /// The store's disk is full; what was there is still there.
    #[error("the store's disk is full: {0}")]
    Full(#[source] Arc<dyn Error + Send + Sync>),
    /// A row holds what this program never writes.
    #[error("stored {what} cannot be read: {why}")]
    Corrupt {
        /// Which column.
        what: &'static str,
        /// What the parser said.
        why: String,
    },
    /// A listing was to start before a job that is not there.
    #[error("the cursor is not one that a listing gave")]
    UnknownCursor,
    /// The queue has been closed, or its writer has died.
    #[error("the queue is closed")]
    Closed,
}

/// Why a queue does not open.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The store cannot be reached, made or read as a database.
    #[error("failed to open the store {store}: {source}")]
    Store {
        /// Which store.
        store: String,
        /// What it said.
        source: Box<dyn Error + Send + Sync>,
    },
    /// It is some other program's database.
    #[error("{store} is a database, but not one of Ampoule's")]
    Foreign {
        /// Which store.
        store: String,
    },
    /// A newer version of Ampoule wrote it.
    #[error("{store} has schema {found}, this program knows up to {known}: use a newer ampoule")]
    SchemaTooNew {
        /// Which store.
        store: String,
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
