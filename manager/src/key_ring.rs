//! Who a key belongs to: those that the operator provided, and those that the store keeps.
//!
//! What the store says is remembered for [`FRESH`], so that a key costs no look into the store on each request; a key that was revoked through
//! another manager works for as long.

use std::{
    collections::{HashMap, HashSet},
    num::NonZeroU32,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, Ordering},
    },
    time::{Duration, Instant},
};

use ampoule_protocol::{KeyId, KeyView, Role, TenantName};
use governor::{
    DefaultDirectRateLimiter, Quota, RateLimiter,
    clock::{Clock, DefaultClock},
};
use tokio_util::sync::CancellationToken;

use crate::{
    config::{Key, Keys},
    queue::{Queue, QueueError, StoredKey},
};

/// How long what the store said of a key is believed.
const FRESH: Duration = Duration::from_secs(2);
/// Time between two looks whether the first key was made, while there is none.
const FIRST: Duration = Duration::from_secs(1);
/// Keys that are remembered; beyond, all are looked up anew. Each takes a few hundred bytes.
const REMEMBERED: usize = 10_000;
/// Time between two writes of when keys were last used.
const USED: Duration = Duration::from_secs(10);

/// Whom a key lets in.
#[derive(Clone, Debug)]
pub(crate) struct Holder {
    pub(crate) role: Role,
    /// `None`: a worker for everybody, or a key that the operator provided.
    pub(crate) tenant: Option<TenantName>,
    /// `None`: the operator provided it.
    pub(crate) id: Option<KeyId>,
}

/// Why a key lets nobody in.
#[derive(Clone, Debug)]
pub(crate) enum Refused {
    /// It is no key, or one no longer.
    Unknown,
    /// It may again after this time.
    Rate(Duration),
    /// The store does not say.
    Store(QueueError),
}

/// All keys of a manager.
pub(crate) struct KeyRing {
    provided: Keys,
    /// Of the worker in the same process: it makes nobody else need a key.
    own_worker: Option<Key>,
    queue: Arc<Queue>,
    clock: DefaultClock,
    required: AtomicBool,
    asked: Mutex<Option<Instant>>,
    known: Mutex<HashMap<KeyId, Known>>,
    tenants: Mutex<HashSet<TenantName>>,
    used: Mutex<HashMap<KeyId, i64>>,
}

struct Known {
    key: Option<Arc<StoredKey>>,
    at: Instant,
    rate: Option<Arc<DefaultDirectRateLimiter>>,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl KeyRing {
    /// `required`: every request needs a key, whether there is one or not.
    pub(crate) fn new(provided: Keys, own_worker: Option<Key>, queue: Arc<Queue>, required: bool) -> Self {
        let required = AtomicBool::new(required || !provided.is_empty());
        let (asked, known, tenants, used) = (Mutex::default(), Mutex::default(), Mutex::default(), Mutex::default());
        Self { provided, own_worker, queue, clock: DefaultClock::default(), required, asked, known, tenants, used }
    }

    /// Whether requests need a key: for good, once there was one.
    pub(crate) async fn is_required(&self) -> Result<bool, QueueError> {
        if self.required.load(Ordering::Relaxed) {
            return Ok(true);
        }
        let due = {
            let mut asked = lock(&self.asked);
            let due = asked.is_none_or(|at| at.elapsed() >= FIRST);
            if due {
                *asked = Some(Instant::now());
            }
            due
        };
        if due && self.queue.has_keys().await? {
            self.require();
        }
        Ok(self.required.load(Ordering::Relaxed))
    }

    /// From now on every request needs a key.
    pub(crate) fn require(&self) {
        self.required.store(true, Ordering::Relaxed);
    }

    /// The key's holder, whose request this counts as one.
    pub(crate) async fn holder(&self, text: &str) -> Result<Holder, Refused> {
        let Some(id) = StoredKey::claimed(text) else {
            let own = self.own_worker.as_ref().is_some_and(|key| key.is(text)).then_some(Role::Worker);
            let role = self.provided.role_of(text).or(own).ok_or(Refused::Unknown)?;
            return Ok(Holder { role, tenant: None, id: None });
        };
        let (key, rate) = self.known(id).await.map_err(Refused::Store)?;
        let key = key.filter(|key| key.is(text) && key.view.revoked_at.is_none()).ok_or(Refused::Unknown)?;
        if let Some(rate) = rate {
            rate.check().map_err(|until| Refused::Rate(until.wait_time_from(self.clock.now())))?;
        }
        lock(&self.used).insert(id, self.queue.now().as_millisecond());
        let KeyView { role, ref tenant, .. } = key.view;
        Ok(Holder { role, tenant: tenant.clone(), id: Some(id) })
    }

    /// What the store says of a key, now or lately.
    async fn known(&self, id: KeyId) -> Result<(Option<Arc<StoredKey>>, Option<Arc<DefaultDirectRateLimiter>>), QueueError> {
        if let Some(known) = lock(&self.known).get(&id).filter(|known| known.at.elapsed() < FRESH) {
            return Ok((known.key.clone(), known.rate.clone()));
        }
        let key = self.queue.key(id).await?.map(Arc::new);
        let mut all = lock(&self.known);
        if all.len() >= REMEMBERED {
            all.clear();
        }
        // Its limit goes on counting.
        let rate = all.remove(&id).and_then(|known| known.rate).or_else(|| {
            let rate = NonZeroU32::new(key.as_ref()?.view.requests_per_second?)?;
            Some(Arc::new(RateLimiter::direct(Quota::per_second(rate))))
        });
        all.insert(id, Known { key: key.clone(), at: Instant::now(), rate: rate.clone() });
        Ok((key, rate))
    }

    /// Something was changed about this key here.
    pub(crate) fn forget(&self, id: KeyId) {
        lock(&self.known).remove(&id);
    }

    /// Whether there is such a tenant; there are never fewer.
    pub(crate) async fn has_tenant(&self, name: &TenantName) -> Result<bool, QueueError> {
        if lock(&self.tenants).contains(name) {
            return Ok(true);
        }
        let found = self.queue.tenant(name).await?.is_some();
        if found {
            lock(&self.tenants).insert(name.clone());
        }
        Ok(found)
    }

    /// Writes down when keys were used, every now and then and at the end.
    pub(crate) async fn keep(&self, stop: &CancellationToken) {
        loop {
            let stopped = tokio::time::timeout(USED, stop.cancelled()).await.is_ok();
            let used: Vec<_> = lock(&self.used).drain().collect();
            if !used.is_empty()
                && let Err(err) = self.queue.used_keys(used).await
            {
                tracing::debug!(%err, "when keys were used was not written");
            }
            if stopped {
                return;
            }
        }
    }
}
