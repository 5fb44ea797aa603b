//! The queue on SQLite: one file, one writer that commits in groups, a pool of readers.
//!
//! All SQL is in this folder: `schema` makes the tables, `transitions` changes jobs, `views` reads them, `verify` reads them all.

mod children;
pub(super) mod copies;
mod journals;
mod keys;
mod kv;
mod lease;
mod logs;
mod published;
mod readers;
mod rows;
mod schedules;
mod schema;
mod transitions;
mod verify;
mod views;
mod writer;

use std::{
    path::Path,
    sync::{Arc, Mutex, PoisonError},
};

use ampoule_protocol::{
    CancelledBy, JobId, JobList, JobView, KeyId, KeyView, KvRequest, LeaseToken, LeasedJob, TenantName, TenantSettings, TenantView,
    TokenState,
};
use deadpool_sqlite::{PoolError, rusqlite::Connection};
use jiff::Timestamp;

use self::{lease::Leased, writer::Writer};
use super::{
    Acquired, Bulk, Cancel, Claim, Commits, Depths, Enqueued, Event, EventSink, Family, Filed, FiledLines, JobFilter, KvReply, LeasePolicy,
    LogView, OpenError, Pins, QueueError, Retried, Scope, StoredKey, Submitted, Swept, fair::Fair,
};

/// Most bytes of leased jobs that are read on the writer's thread.
const READ_AT_ONCE_BYTES: u64 = 64 << 10;

/// The store of one machine. No method blocks the runtime's threads.
pub(super) struct Sqlite {
    writer: Writer,
    readers: readers::Pool,
    policy: LeasePolicy,
    fair: Arc<Mutex<Fair>>,
}

/// What a look found, with the jobs' payloads where they are small.
struct Found {
    leases: Vec<Leased>,
    jobs: Option<Vec<(LeasedJob, Option<Pins>)>>,
    cancelled: Vec<LeaseToken>,
    claim: Claim,
}

impl Sqlite {
    /// Opens the queue in this file, which is made or brought to the newest schema.
    pub(super) async fn open(path: &Path, policy: LeasePolicy, readers: usize, sink: EventSink) -> Result<Self, OpenError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| OpenError::Store { store: path.display().to_string(), source };
        let owned = path.to_owned();
        let conn = tokio::task::spawn_blocking(move || schema::open(&owned)).await.map_err(|err| failed(err.into()))??;
        let writer = Writer::start(conn, sink).map_err(|err| failed(err.into()))?;
        let readers = readers::Readers::pool(path, readers).map_err(|err| failed(err.into()))?;
        Ok(Self { writer, readers, policy, fair: Arc::default() })
    }

    pub(super) async fn enqueue(&self, jobs: Vec<Submitted>, now: Timestamp) -> Result<Vec<Enqueued>, QueueError> {
        let now = now.as_millisecond();
        let work =
            move |conn: &Connection, events: &mut Vec<Event>| jobs.iter().map(|job| transitions::enqueue(conn, job, now, events)).collect();
        self.writer.run(work).await
    }

    pub(super) async fn acquire(
        &self,
        scope: &Scope,
        worker: &str,
        slots: u32,
        known: Vec<LeaseToken>,
        now: Timestamp,
    ) -> Result<Acquired, QueueError> {
        let mut look = self.looking(scope, worker, slots, known);
        let found = self.writer.run(move |conn, events| look(conn, events, now.as_millisecond())).await?;
        self.complete_with_sources(found).await
    }

    /// The same once there is something; nothing once `until` is over.
    pub(super) async fn acquire_waiting(
        &self,
        scope: &Scope,
        worker: &str,
        slots: u32,
        known: Vec<LeaseToken>,
        until: impl Future<Output = ()>,
    ) -> Result<Option<Acquired>, QueueError> {
        let mut look = self.looking(scope, worker, slots, known);
        let look = move |conn: &Connection, events: &mut Vec<Event>| {
            let found = look(conn, events, Timestamp::now().as_millisecond())?;
            Ok((!found.leases.is_empty() || !found.cancelled.is_empty()).then_some(found))
        };
        match self.writer.wait(scope.clone(), look, until).await? {
            Some(found) => self.complete_with_sources(found).await.map(Some),
            None => Ok(None),
        }
    }

    /// A look for jobs, to be run on the writer's thread.
    fn looking(
        &self,
        scope: &Scope,
        worker: &str,
        slots: u32,
        known: Vec<LeaseToken>,
    ) -> impl FnMut(&Connection, &mut Vec<Event>, i64) -> Result<Found, QueueError> + Send + 'static {
        let (scope, policy, worker, commands, fair) =
            (scope.clone(), self.policy, worker.to_owned(), self.writer.commands(), self.fair.clone());
        move |conn, events, now| {
            let fair = &mut fair.lock().unwrap_or_else(PoisonError::into_inner);
            let cancelled = lease::cancelling(conn, &scope, &worker, &known)?;
            let leases = lease::lease(conn, fair, &lease::Ask { scope: &scope, worker: &worker, slots }, &policy, now, events)?;
            let tokens: Vec<LeaseToken> = leases.iter().map(|leased| leased.token).collect();
            // What is small is read at once, while its pages are at hand; the rest must hold up no other write.
            let is_small = leases.iter().map(|leased| leased.payload_bytes).sum::<u64>() <= READ_AT_ONCE_BYTES;
            let jobs = if is_small { Some(views::leased_jobs(conn, &leases, policy.lease)?) } else { None };
            // Made here, so that the leases come back even when nobody waits for this answer any more.
            let commands = commands.clone();
            let claim = Claim::on(tokens, move |tokens| {
                // If the writer is too busy to take this, the leases run out.
                Writer::try_run(&commands, move |conn, events| transitions::release(conn, &Scope::All, &tokens, now, events).map(|_| ()));
            });
            Ok(Found { leases, jobs, claim, cancelled })
        }
    }

    async fn complete_with_sources(&self, found: Found) -> Result<Acquired, QueueError> {
        let (Found { leases, jobs, claim, cancelled }, lease) = (found, self.policy.lease);
        let jobs = match jobs {
            Some(jobs) => jobs,
            None => self.read(move |conn| views::leased_jobs(conn, &leases, lease)).await?,
        };
        let (jobs, pins) = super::published::pinned(jobs);
        Ok(Acquired { jobs, pins, cancelled, claim })
    }

    pub(super) async fn renew(&self, scope: &Scope, tokens: Vec<LeaseToken>, now: Timestamp) -> Result<Vec<TokenState>, QueueError> {
        let (scope, now, policy) = (scope.clone(), now.as_millisecond(), self.policy);
        self.writer.run(move |conn, _| transitions::renew(conn, &scope, &tokens, &policy, now)).await
    }

    pub(super) async fn complete(&self, scope: &Scope, reports: Vec<Filed>, now: Timestamp) -> Result<Vec<TokenState>, QueueError> {
        let (scope, now, policy) = (scope.clone(), now.as_millisecond(), self.policy);
        self.writer.run(move |conn, events| transitions::complete(conn, &scope, &reports, &policy, now, events)).await
    }

    pub(super) async fn release(&self, scope: &Scope, tokens: Vec<LeaseToken>, now: Timestamp) -> Result<Vec<TokenState>, QueueError> {
        let (scope, now) = (scope.clone(), now.as_millisecond());
        self.writer.run(move |conn, events| transitions::release(conn, &scope, &tokens, now, events)).await
    }

    pub(super) async fn sweep(&self, now: Timestamp) -> Result<Swept, QueueError> {
        let (now, policy) = (now.as_millisecond(), self.policy);
        self.writer.run(move |conn, events| transitions::sweep(conn, &policy, now, events)).await
    }

    pub(super) async fn cancel(
        &self,
        tenant: &TenantName,
        id: JobId,
        by: CancelledBy,
        now: Timestamp,
    ) -> Result<Option<Cancel>, QueueError> {
        let (tenant, now) = (tenant.clone(), now.as_millisecond());
        self.writer.run(move |conn, events| transitions::cancel(conn, &tenant, id, &by, now, events)).await
    }

    pub(super) async fn retry(&self, tenant: &TenantName, id: JobId, now: Timestamp) -> Result<Option<Retried>, QueueError> {
        let (tenant, now) = (tenant.clone(), now.as_millisecond());
        self.writer.run(move |conn, events| transitions::retry(conn, &tenant, id, now, events)).await
    }

    pub(super) async fn bulk(&self, filter: JobFilter, bulk: Bulk, since: Timestamp, now: Timestamp) -> Result<u32, QueueError> {
        let (since, now) = (since.as_millisecond(), now.as_millisecond());
        self.writer.run(move |conn, events| transitions::bulk(conn, &filter, &bulk, since, now, events)).await
    }

    pub(super) async fn prune(&self, before: Timestamp) -> Result<u32, QueueError> {
        self.writer.run(move |conn, _| transitions::prune(conn, before.as_millisecond())).await
    }

    pub(super) async fn job(&self, tenant: &TenantName, id: JobId) -> Result<Option<JobView>, QueueError> {
        let tenant = tenant.clone();
        self.read(move |conn| views::job(conn, &tenant, id)).await
    }

    pub(super) async fn jobs(&self, filter: JobFilter) -> Result<JobList, QueueError> {
        self.read(move |conn| views::jobs(conn, &filter)).await
    }

    pub(super) async fn append_logs(&self, scope: &Scope, appends: Vec<FiledLines>, _: Timestamp) -> Result<Vec<TokenState>, QueueError> {
        let scope = scope.clone();
        self.writer.run(move |conn, events| logs::append(conn, &scope, &appends, events)).await
    }

    pub(super) async fn drop_worker(&self, worker: &str, dropped_ms: i64, now_ms: i64) -> Result<u32, QueueError> {
        let (worker, policy) = (worker.to_owned(), self.policy);
        self.writer.run(move |conn, events| transitions::drop_worker(conn, &worker, dropped_ms, &policy, now_ms, events)).await
    }

    pub(super) async fn logs(
        &self,
        tenant: &TenantName,
        id: JobId,
        attempt: Option<u32>,
        from: u64,
        limit: u32,
    ) -> Result<Option<LogView>, QueueError> {
        let tenant = tenant.clone();
        self.read(move |conn| logs::page(conn, &tenant, id, attempt, from, limit)).await
    }

    pub(super) async fn depths(&self, scope: &Scope, now: Timestamp) -> Result<Depths, QueueError> {
        let (scope, now) = (scope.clone(), now.as_millisecond());
        self.read(move |conn| views::depths(conn, &scope, now)).await
    }

    pub(super) async fn add_key(&self, key: StoredKey, only_first: bool) -> Result<bool, QueueError> {
        self.writer.run(move |conn, _| keys::add_key(conn, &key, only_first)).await
    }

    pub(super) async fn has_keys(&self) -> Result<bool, QueueError> {
        self.read(keys::has_keys).await
    }

    pub(super) async fn key(&self, id: KeyId) -> Result<Option<StoredKey>, QueueError> {
        self.read(move |conn| keys::key(conn, id)).await
    }

    pub(super) async fn keys(&self, after: Option<KeyId>, limit: u32) -> Result<Vec<KeyView>, QueueError> {
        self.read(move |conn| keys::keys(conn, after, limit)).await
    }

    pub(super) async fn revoke_key(&self, id: KeyId, now_ms: i64) -> Result<Option<KeyView>, QueueError> {
        self.writer.run(move |conn, _| keys::revoke_key(conn, id, now_ms)).await
    }

    pub(super) async fn used_keys(&self, used: Vec<(KeyId, i64)>) -> Result<(), QueueError> {
        self.writer.run(move |conn, _| keys::used_keys(conn, &used)).await
    }

    pub(super) async fn set_tenant(
        &self,
        name: &TenantName,
        settings: TenantSettings,
        now_ms: i64,
    ) -> Result<Option<TenantView>, QueueError> {
        let name = name.clone();
        self.writer.run(move |conn, _| keys::set_tenant(conn, &name, &settings, now_ms)).await
    }

    pub(super) async fn tenant(&self, name: &TenantName) -> Result<Option<TenantView>, QueueError> {
        let name = name.clone();
        self.read(move |conn| keys::tenant(conn, &name)).await
    }

    pub(super) async fn tenants(&self, after: Option<TenantName>, limit: u32) -> Result<Vec<TenantView>, QueueError> {
        self.read(move |conn| keys::tenants(conn, after.as_ref(), limit)).await
    }

    pub(super) async fn family(&self, scope: &Scope, token: LeaseToken) -> Result<Option<Family>, QueueError> {
        let scope = scope.clone();
        self.read(move |conn| children::family(conn, &scope, token)).await
    }

    pub(super) async fn cancel_child(
        &self,
        scope: &Scope,
        token: LeaseToken,
        id: JobId,
        by: CancelledBy,
        now_ms: i64,
    ) -> Result<Option<Cancel>, QueueError> {
        let scope = scope.clone();
        self.writer.run(move |conn, events| children::cancel_child(conn, &scope, token, id, &by, now_ms, events)).await
    }

    pub(super) async fn keep_journal(&self, scope: &Scope, token: LeaseToken, journal: Vec<u8>) -> Result<bool, QueueError> {
        let scope = scope.clone();
        self.writer.run(move |conn, _| journals::keep(conn, &scope, token, &journal)).await
    }

    pub(super) async fn journal(&self, tenant: &TenantName, id: JobId, attempt: Option<u32>) -> Result<Option<Vec<u8>>, QueueError> {
        let tenant = tenant.clone();
        self.read(move |conn| journals::journal(conn, &tenant, id, attempt)).await
    }

    pub(super) async fn recorded(&self, tenant: &TenantName, id: JobId, attempt: Option<u32>) -> Result<Option<u32>, QueueError> {
        let tenant = tenant.clone();
        self.read(move |conn| journals::recorded(conn, &tenant, id, attempt)).await
    }

    pub(super) async fn kv(&self, scope: &Scope, request: KvRequest, now_ms: i64) -> Result<KvReply, QueueError> {
        let scope = scope.clone();
        if request.ask.writes() {
            self.writer.run(move |conn, _| kv::carry_out(conn, &scope, &request, now_ms)).await
        } else {
            self.read(move |conn| kv::carry_out(conn, &scope, &request, now_ms)).await
        }
    }

    pub(super) async fn expire_keys(&self, now_ms: i64) -> Result<u32, QueueError> {
        self.writer.run(move |conn, _| kv::expire(conn, now_ms)).await
    }

    pub(super) fn now(&self) -> Timestamp {
        Timestamp::now()
    }

    pub(super) async fn ping(&self) -> Result<(), QueueError> {
        self.read(views::probe).await?;
        self.writer.run(|_, _| Ok(())).await
    }

    pub(super) fn commits(&self) -> &Arc<Commits> {
        self.writer.commits()
    }

    pub(super) async fn gone(&self) {
        self.writer.gone().await;
    }

    pub(super) async fn close(&self) {
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
