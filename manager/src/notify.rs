//! Wakes requests that wait: for work, for a job's end, for a cancel.
//!
//! A bell says only "look again": whoever wakes reads the store, so a ring too many costs a look, and a ring lost costs
//! waiting until the next one (for work, at most until the reaper's next round).

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::Hash,
    sync::{Arc, Mutex, PoisonError},
};

use ampoule_protocol::JobId;
use tokio::sync::{Notify, futures::Notified};

use crate::queue::{Event, Scope, Wake};

/// All bells of a manager.
#[derive(Debug, Default)]
pub(crate) struct Bells {
    work: Notify,
    /// For those who may not take every job: none of them can count on being the right one to wake.
    scoped_work: Notify,
    delayed: Notify,
    /// Rung when the job's state has become final.
    pub(crate) finished: Keyed<JobId>,
    /// Rung when a run of the job said something through this manager, or the job has ended.
    pub(crate) logged: Keyed<JobId>,
    /// Rung when a job of this worker is to be cancelled.
    pub(crate) cancels: Keyed<String>,
}

impl Bells {
    /// Rings for what has been committed.
    pub(crate) fn hear(&self, events: &[Event]) {
        for event in events {
            match event {
                Event::Queued => self.ring_work(),
                Event::Delayed => self.delayed.notify_one(),
                Event::Finished { id, .. } => {
                    self.finished.ring(id);
                    self.logged.ring(id);
                }
                Event::Logged { id } => self.logged.ring(id),
                Event::CancelRequested { worker } => self.cancels.ring(worker),
                Event::Submitted | Event::Started { .. } | Event::LeaseLost | Event::LeaseReleased | Event::StaleReport => {}
            }
        }
    }

    /// Rings for what another manager did.
    pub(crate) fn wake(&self, wake: &Wake) {
        match wake {
            // Nobody knows how many jobs there are: all look.
            Wake::Work => {
                self.work.notify_waiters();
                self.scoped_work.notify_waiters();
            }
            Wake::Finished(id) => {
                self.finished.ring(id);
                self.logged.ring(id);
            }
            Wake::Cancel(worker) => self.cancels.ring(worker),
            Wake::All => {
                self.work.notify_waiters();
                self.scoped_work.notify_waiters();
                self.delayed.notify_one();
                self.finished.ring_all();
                self.logged.ring_all();
                self.cancels.ring_all();
            }
        }
    }

    /// Wakes one of those who wait for anybody's work, the one that has waited longest, and all who wait for one tenant's.
    pub(crate) fn ring_work(&self) {
        self.work.notify_one();
        self.scoped_work.notify_waiters();
    }

    /// For waiting for a job to be stored whose time is to come.
    pub(crate) fn delayed(&self) -> Notified<'_> {
        self.delayed.notified()
    }

    /// For waiting for work: enable it, look into the queue, then await it.
    pub(crate) fn work(&self, scope: &Scope) -> Notified<'_> {
        match scope {
            Scope::All => self.work.notified(),
            Scope::Tenant(_) => self.scoped_work.notified(),
        }
    }
}

/// A bell for each key that somebody listens for.
#[derive(Debug)]
pub(crate) struct Keyed<K>(Mutex<HashMap<K, Bell>>);

#[derive(Debug, Default)]
struct Bell {
    notify: Arc<Notify>,
    listeners: usize,
}

impl<K> Default for Keyed<K> {
    fn default() -> Self {
        Self(Mutex::default())
    }
}

impl<K: Clone + Eq + Hash> Keyed<K> {
    /// Listens for a key, until it is dropped.
    pub(crate) fn listen(&self, key: K) -> Listener<'_, K> {
        let mut bells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let bell = bells.entry(key.clone()).or_default();
        bell.listeners += 1;
        Listener { bells: self, key, notify: bell.notify.clone() }
    }

    fn ring_all(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).values().for_each(|bell| bell.notify.notify_waiters());
    }

    fn ring(&self, key: &K) {
        let bells = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bell) = bells.get(key) {
            bell.notify.notify_waiters();
        }
    }
}

/// Who listens for one key.
#[derive(Debug)]
pub(crate) struct Listener<'a, K: Clone + Eq + Hash> {
    bells: &'a Keyed<K>,
    key: K,
    notify: Arc<Notify>,
}

impl<K: Clone + Eq + Hash> Listener<'_, K> {
    /// The next ring after this call: make it, look, then await it.
    pub(crate) fn rung(&self) -> Notified<'_> {
        self.notify.notified()
    }
}

impl<K: Clone + Eq + Hash> Drop for Listener<'_, K> {
    fn drop(&mut self) {
        let mut bells = self.bells.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Entry::Occupied(mut bell) = bells.entry(self.key.clone()) {
            bell.get_mut().listeners -= 1;
            if bell.get().listeners == 0 {
                bell.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::FutureExt;

    use super::*;

    #[test]
    fn rings_those_who_listened_before() {
        let bells = Bells::default();
        let (ours, other) = (JobId::new(), JobId::new());
        let listener = bells.finished.listen(ours);
        let second = bells.finished.listen(ours);
        let mut rung = Box::pin(listener.rung());
        bells.hear(&[Event::Finished { id: other, outcome: "returned" }]);
        assert!(rung.as_mut().now_or_never().is_none());
        bells.hear(&[Event::Finished { id: ours, outcome: "returned" }]);
        assert!(rung.now_or_never().is_some());
        assert!(second.rung().now_or_never().is_none());
        drop(listener);
        drop(second);
        assert!(bells.finished.0.lock().unwrap().is_empty());
    }

    #[test]
    fn each_queued_job_wakes_one() {
        let bells = Bells::default();
        let (mut a, mut b) = (Box::pin(bells.work(&Scope::All)), Box::pin(bells.work(&Scope::All)));
        a.as_mut().enable();
        b.as_mut().enable();
        bells.hear(&[Event::Queued, Event::Queued]);
        assert!(a.now_or_never().is_some() && b.now_or_never().is_some());
    }
}
