//! The queue on PostgreSQL, for several managers at once: writes go in batches, by lanes that work side by side.
//!
//! A batch loads the jobs that it is about under a lock, changes their lives, and writes them back: fencing needs no condition in the
//! write, because nobody else can have changed what is locked. `lives` has the order of locks; all SQL is in this folder.

mod children;
mod clock;
mod journals;
mod keys;
mod kv;
mod lane;
mod lease;
mod lives;
mod logs;
mod promote;
mod published;
mod rows;
mod schedules;
mod schema;
mod session;
mod settle;
mod submit;
mod tls;
pub(super) mod verify;
mod views;
mod wakes;

use std::sync::{Arc, OnceLock};

use ampoule_protocol::{
    CancelledBy, JobId, JobList, JobView, KeyId, KeyView, KvRequest, LeaseToken, TenantName, TenantSettings, TenantView, TokenState,
};
use deadpool_postgres::Pool;
use jiff::Timestamp;
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use self::{clock::Clock, kv::Kv, lane::Lane, lease::Lease, session::Server, settle::Settle, submit::Submit, wakes::Wakes};
use super::{
    Acquired, Bulk, Cancel, Claim, Commits, Depths, Ears, Enqueued, Event, EventSink, Family, Filed, FiledLines, JobFilter, KvReply,
    LeasePolicy, LogView, OpenError, QueueError, Retried, Scope, StoredKey, Submitted, Swept,
};
use crate::queue::StoreUrl;

/// Connections for the lanes, the sweep, the clock and the notifications.
const WRITING_CONNECTIONS: usize = 7;

/// The store of a fleet.
pub(super) struct Postgres {
    clock: Arc<Clock>,
    /// Of their own, so that many who read do not hold up those who write.
    readers: Pool,
    shared: Arc<Shared>,
    submit: Lane<Submit>,
    lease: Lane<Lease>,
    settle: Lane<Settle>,
    kv: Lane<Kv>,
    /// Cancelled first: the lanes carry out what waits and end.
    stop: CancellationToken,
    lanes: TaskTracker,
    /// Cancelled once the lanes have ended.
    stop_aside: CancellationToken,
    aside: TaskTracker,
}

/// What every lane can reach.
struct Shared {
    pool: Pool,
    policy: LeasePolicy,
    told: EventSink,
    wakes: Arc<Wakes>,
    commits: Arc<Commits>,
    /// For leases that reach nobody.
    settle: OnceLock<Lane<Settle>>,
}

impl Shared {
    fn committed(&self, writes: usize, changed: bool, events: &[Event]) {
        self.commits.count(writes, changed);
        (self.told)(events);
        self.wakes.tell(events);
    }

    fn claim(&self, tokens: Vec<LeaseToken>, now_ms: i64) -> Claim {
        let settle = self.settle.get().cloned();
        Claim::on(tokens, move |tokens| {
            // If the lane is too busy to take this, the leases run out.
            if let Some(settle) = settle {
                settle.try_ask(settle::Ask::Release(Scope::All, tokens, now_ms));
            }
        })
    }
}

impl Postgres {
    /// Opens the queue in this database, whose schema is made or brought to the newest version.
    pub(super) async fn open(url: &str, policy: LeasePolicy, connections: usize, ears: Ears) -> Result<Self, OpenError> {
        let store = StoreUrl::Postgres(url.to_owned()).to_string();
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| OpenError::Store { store: store.clone(), source };
        let server = Server::of(url, &store)?;
        let (mut client, connection) = server.connect().await.map_err(|err| failed(session::explained(err)))?;
        let connection = tokio::spawn(connection);
        schema::migrate(&mut client, &store).await?;
        drop(client);
        let _ = connection.await;

        let pool = server.pool(WRITING_CONNECTIONS).map_err(|err| failed(err.into()))?;
        let readers = server.pool(connections).map_err(|err| failed(err.into()))?;
        let clock = Arc::new(Clock::new());
        clock.set(&pool).await.map_err(|err| failed(err.into()))?;
        let (stop, lanes) = (CancellationToken::new(), TaskTracker::new());
        let (stop_aside, aside) = (CancellationToken::new(), TaskTracker::new());
        let wakes = Arc::new(Wakes::new());
        let commits = Arc::default();
        let shared =
            Arc::new(Shared { pool: pool.clone(), policy, told: ears.told, wakes: wakes.clone(), commits, settle: OnceLock::new() });
        let submit = Lane::start(Arc::new(Submit(shared.clone())), &lanes, stop.clone());
        let lease = Lane::start(Arc::new(Lease::new(shared.clone())), &lanes, stop.clone());
        let settle = Lane::start(Arc::new(Settle(shared.clone())), &lanes, stop.clone());
        let kv = Lane::start(Arc::new(Kv(shared.clone())), &lanes, stop.clone());
        let _ = shared.settle.set(settle.clone());
        aside.spawn(wakes.clone().send(pool.clone(), stop_aside.clone()));
        aside.spawn(wakes.hear(server, ears.woken, stop_aside.clone()));
        aside.spawn({
            let (clock, stop) = (clock.clone(), stop_aside.clone());
            async move { clock.keep(&pool, &stop).await }
        });
        Ok(Self { shared, submit, lease, settle, kv, stop, lanes, stop_aside, aside, clock, readers })
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    pub(super) async fn enqueue(&self, jobs: Vec<Submitted>, now: Timestamp) -> Result<Vec<Enqueued>, QueueError> {
        let ask = submit::Ask { jobs, now_ms: now.as_millisecond(), firing: None };
        self.submit.ask(ask).await?.ok_or(QueueError::Closed)
    }

    pub(super) async fn acquire(
        &self,
        scope: &Scope,
        worker: &str,
        slots: u32,
        known: Vec<LeaseToken>,
        now: Timestamp,
    ) -> Result<Acquired, QueueError> {
        let ask = lease::Ask { scope: scope.clone(), worker: worker.to_owned(), slots, known, now_ms: now.as_millisecond() };
        let lease::Answer { jobs, cancelled, claim } = self.lease.ask(ask).await?;
        let (jobs, pins) = super::published::pinned(jobs);
        Ok(Acquired { jobs, pins, cancelled, claim: claim.unwrap_or_else(|| Claim::on(Vec::new(), drop)) })
    }

    pub(super) async fn renew(&self, scope: &Scope, tokens: Vec<LeaseToken>, now: Timestamp) -> Result<Vec<TokenState>, QueueError> {
        self.states(settle::Ask::Renew(scope.clone(), tokens, now.as_millisecond())).await
    }

    pub(super) async fn complete(&self, scope: &Scope, reports: Vec<Filed>, now: Timestamp) -> Result<Vec<TokenState>, QueueError> {
        self.states(settle::Ask::Complete(scope.clone(), reports, now.as_millisecond())).await
    }

    pub(super) async fn release(&self, scope: &Scope, tokens: Vec<LeaseToken>, now: Timestamp) -> Result<Vec<TokenState>, QueueError> {
        self.states(settle::Ask::Release(scope.clone(), tokens, now.as_millisecond())).await
    }

    async fn states(&self, ask: settle::Ask) -> Result<Vec<TokenState>, QueueError> {
        match self.settle.ask(ask).await? {
            settle::Answer::States(states) => Ok(states),
            _ => Err(QueueError::Closed),
        }
    }

    pub(super) async fn sweep(&self, now: Timestamp) -> Result<Swept, QueueError> {
        let now_ms = now.as_millisecond();
        let mut client = session::lend(&self.shared.pool).await?;
        let tx = client.transaction().await?;
        let mut events = Vec::new();
        let promoted = promote::promote(&tx, now_ms, &mut events).await?;
        let overdue = promote::overdue(&tx, now_ms).await?;
        tx.commit().await?;
        self.shared.committed(1, promoted > 0, &events);
        drop(client);
        let more = promoted as i64 == promote::STEP || overdue.len() as i64 >= promote::STEP;
        let lost = if overdue.is_empty() {
            0
        } else {
            match self.settle.ask(settle::Ask::Expire(overdue, now_ms)).await? {
                settle::Answer::Expired(lost) => lost,
                _ => return Err(QueueError::Closed),
            }
        };
        let (waiting, next_due_ms) = views::outlook(&session::lend(&self.shared.pool).await?).await?;
        Ok(Swept { lost, more, waiting, next_due_ms })
    }

    pub(super) async fn cancel(
        &self,
        tenant: &TenantName,
        id: JobId,
        by: CancelledBy,
        now: Timestamp,
    ) -> Result<Option<Cancel>, QueueError> {
        match self.settle.ask(settle::Ask::Cancel(tenant.clone(), id, by, now.as_millisecond())).await? {
            settle::Answer::Cancel(cancel) => Ok(cancel),
            _ => Err(QueueError::Closed),
        }
    }

    pub(super) async fn retry(&self, tenant: &TenantName, id: JobId, now: Timestamp) -> Result<Option<Retried>, QueueError> {
        match self.settle.ask(settle::Ask::Retry(tenant.clone(), id, now.as_millisecond())).await? {
            settle::Answer::Retried(retried) => Ok(retried),
            _ => Err(QueueError::Closed),
        }
    }

    pub(super) async fn bulk(&self, filter: JobFilter, bulk: Bulk, since: Timestamp, now: Timestamp) -> Result<u32, QueueError> {
        let ids = {
            let client = session::lend(&self.shared.pool).await?;
            views::changeable(&client, &filter, &bulk, since.as_millisecond(), promote::STEP as u32).await?
        };
        let count = ids.len() as u32;
        let asks = ids.into_iter().map(|id| {
            let (bulk, tenant) = (bulk.clone(), &filter.tenant);
            async move {
                match bulk {
                    Bulk::Cancel(by) => self.cancel(tenant, id, by, now).await.map(drop),
                    Bulk::Retry => self.retry(tenant, id, now).await.map(drop),
                }
            }
        });
        futures_util::future::try_join_all(asks).await?;
        Ok(count)
    }

    pub(super) async fn prune(&self, before: Timestamp) -> Result<u32, QueueError> {
        let client = session::lend(&self.shared.pool).await?;
        promote::prune(&client, before.as_millisecond()).await
    }

    pub(super) async fn job(&self, tenant: &TenantName, id: JobId) -> Result<Option<JobView>, QueueError> {
        views::job(&session::lend(&self.readers).await?, tenant, id).await
    }

    pub(super) async fn jobs(&self, filter: JobFilter) -> Result<JobList, QueueError> {
        views::jobs(&session::lend(&self.readers).await?, &filter).await
    }

    pub(super) async fn append_logs(&self, scope: &Scope, appends: Vec<FiledLines>, _: Timestamp) -> Result<Vec<TokenState>, QueueError> {
        self.states(settle::Ask::Append(scope.clone(), appends)).await
    }

    pub(super) async fn drop_worker(&self, worker: &str, dropped_ms: i64, now_ms: i64) -> Result<u32, QueueError> {
        let ids = {
            let client = session::lend(&self.shared.pool).await?;
            let query = client.prepare_cached("SELECT id FROM jobs WHERE state = 1 AND worker = $1").await?;
            client.query(&query, &[&worker]).await?.iter().map(rows::id).collect::<Result<Vec<_>, _>>()?
        };
        if ids.is_empty() {
            return Ok(0);
        }
        match self.settle.ask(settle::Ask::Drop(ids, worker.to_owned(), dropped_ms, now_ms)).await? {
            settle::Answer::Expired(lost) => Ok(lost),
            _ => Err(QueueError::Closed),
        }
    }

    pub(super) async fn logs(
        &self,
        tenant: &TenantName,
        id: JobId,
        attempt: Option<u32>,
        from: u64,
        limit: u32,
    ) -> Result<Option<LogView>, QueueError> {
        logs::page(&session::lend(&self.readers).await?, tenant, id, attempt, from, limit).await
    }

    pub(super) async fn depths(&self, scope: &Scope, now: Timestamp) -> Result<Depths, QueueError> {
        views::depths(&session::lend(&self.readers).await?, scope, now.as_millisecond()).await
    }

    pub(super) async fn add_key(&self, key: StoredKey, only_first: bool) -> Result<bool, QueueError> {
        let mut client = session::lend(&self.shared.pool).await?;
        let tx = client.transaction().await?;
        let added = keys::add_key(&tx, &key, only_first).await?;
        tx.commit().await?;
        Ok(added)
    }

    pub(super) async fn has_keys(&self) -> Result<bool, QueueError> {
        keys::has_keys(&session::lend(&self.readers).await?).await
    }

    pub(super) async fn key(&self, id: KeyId) -> Result<Option<StoredKey>, QueueError> {
        keys::key(&session::lend(&self.readers).await?, id).await
    }

    pub(super) async fn keys(&self, after: Option<KeyId>, limit: u32) -> Result<Vec<KeyView>, QueueError> {
        keys::keys(&session::lend(&self.readers).await?, after, limit).await
    }

    pub(super) async fn revoke_key(&self, id: KeyId, now_ms: i64) -> Result<Option<KeyView>, QueueError> {
        keys::revoke_key(&session::lend(&self.shared.pool).await?, id, now_ms).await
    }

    pub(super) async fn used_keys(&self, used: Vec<(KeyId, i64)>) -> Result<(), QueueError> {
        keys::used_keys(&session::lend(&self.shared.pool).await?, &used).await
    }

    pub(super) async fn set_tenant(
        &self,
        name: &TenantName,
        settings: TenantSettings,
        now_ms: i64,
    ) -> Result<Option<TenantView>, QueueError> {
        keys::set_tenant(&session::lend(&self.shared.pool).await?, name, &settings, now_ms).await
    }

    pub(super) async fn tenant(&self, name: &TenantName) -> Result<Option<TenantView>, QueueError> {
        keys::tenant(&session::lend(&self.readers).await?, name).await
    }

    pub(super) async fn tenants(&self, after: Option<TenantName>, limit: u32) -> Result<Vec<TenantView>, QueueError> {
        keys::tenants(&session::lend(&self.readers).await?, after.as_ref(), limit).await
    }

    pub(super) async fn family(&self, scope: &Scope, token: LeaseToken) -> Result<Option<Family>, QueueError> {
        children::family(&session::lend(&self.readers).await?, scope, token).await
    }

    pub(super) async fn cancel_child(
        &self,
        scope: &Scope,
        token: LeaseToken,
        id: JobId,
        by: CancelledBy,
        now_ms: i64,
    ) -> Result<Option<Cancel>, QueueError> {
        match self.settle.ask(settle::Ask::CancelChild(scope.clone(), token, id, by, now_ms)).await? {
            settle::Answer::Cancel(cancel) => Ok(cancel),
            _ => Err(QueueError::Closed),
        }
    }

    pub(super) async fn keep_journal(&self, scope: &Scope, token: LeaseToken, journal: Vec<u8>) -> Result<bool, QueueError> {
        let mut client = session::lend(&self.shared.pool).await?;
        let tx = client.transaction().await?;
        let kept = journals::keep(&tx, scope, token, &journal).await?;
        tx.commit().await?;
        Ok(kept)
    }

    pub(super) async fn journal(&self, tenant: &TenantName, id: JobId, attempt: Option<u32>) -> Result<Option<Vec<u8>>, QueueError> {
        journals::journal(&session::lend(&self.readers).await?, tenant, id, attempt).await
    }

    pub(super) async fn recorded(&self, tenant: &TenantName, id: JobId, attempt: Option<u32>) -> Result<Option<u32>, QueueError> {
        journals::recorded(&session::lend(&self.readers).await?, tenant, id, attempt).await
    }

    pub(super) async fn kv(&self, scope: &Scope, request: KvRequest, now_ms: i64) -> Result<KvReply, QueueError> {
        if request.ask.writes() {
            self.kv.ask(kv::Ask { scope: scope.clone(), request, now_ms }).await
        } else {
            kv::read(&session::lend(&self.readers).await?, scope, &request, now_ms).await
        }
    }

    pub(super) async fn expire_keys(&self, now_ms: i64) -> Result<u32, QueueError> {
        let mut client = session::lend(&self.shared.pool).await?;
        let tx = client.transaction().await?;
        let removed = kv::expire(&tx, now_ms).await?;
        tx.commit().await?;
        Ok(removed)
    }

    pub(super) async fn ping(&self) -> Result<(), QueueError> {
        self.settle.ask(settle::Ask::Renew(Scope::All, Vec::new(), 0)).await.map(drop)
    }

    pub(super) fn commits(&self) -> &Arc<Commits> {
        &self.shared.commits
    }

    /// A lane that has ended, which without [`Postgres::close`] means that it panicked.
    pub(super) async fn gone(&self) {
        tokio::select! { () = self.submit.gone() => {}, () = self.lease.gone() => {}, () = self.settle.gone() => {}, () = self.kv.gone() => {} }
    }

    pub(super) async fn close(&self) {
        self.stop.cancel();
        self.lanes.close();
        self.lanes.wait().await;
        self.stop_aside.cancel();
        self.aside.close();
        self.aside.wait().await;
        self.shared.pool.close();
        self.readers.close();
    }
}

impl Drop for Postgres {
    fn drop(&mut self) {
        self.stop.cancel();
        self.stop_aside.cancel();
    }
}
