use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ampoule_engine::CancellationToken;
use ampoule_protocol::{LeaseToken, LeasedJob};
use tokio::sync::Notify;

/// Why a running attempt was stopped from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Interruption {
    /// Somebody cancelled the job: report it.
    Cancelled,
    /// The lease is lost: the report would be refused.
    Stale,
    /// The worker drains: give the lease back.
    Drained,
}

/// What runs in this process, and how much more fits.
pub(crate) struct Slots {
    total: u32,
    running: Mutex<HashMap<LeaseToken, Running>>,
    /// Told whenever a slot becomes free.
    pub(crate) freed: Notify,
    /// Told whenever a slot is taken.
    pub(crate) taken: Notify,
}

struct Running {
    cancel: CancellationToken,
    lease: Duration,
    interruption: Option<Interruption>,
}

impl Slots {
    pub(crate) fn new(total: u32) -> Self {
        Self { total, running: Mutex::default(), freed: Notify::new(), taken: Notify::new() }
    }

    fn running(&self) -> MutexGuard<'_, HashMap<LeaseToken, Running>> {
        // A panic elsewhere leaves the map whole: each change is one call.
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Slots without a run.
    pub(crate) fn free(&self) -> u32 {
        self.total.saturating_sub(u32::try_from(self.running().len()).unwrap_or(u32::MAX))
    }

    /// Takes a slot; the answer stops the run.
    pub(crate) fn occupy(&self, job: &LeasedJob) -> CancellationToken {
        let cancel = CancellationToken::new();
        let lease = Duration::from_millis(job.lease_ms);
        self.running().insert(job.token, Running { cancel: cancel.clone(), lease, interruption: None });
        self.taken.notify_one();
        cancel
    }

    /// Gives a slot back.
    pub(crate) fn vacate(&self, token: LeaseToken) {
        self.running().remove(&token);
        self.freed.notify_one();
    }

    /// How a run was interrupted, if it was.
    pub(crate) fn interruption(&self, token: LeaseToken) -> Option<Interruption> {
        self.running().get(&token).and_then(|running| running.interruption)
    }

    /// Stops a run; the first reason counts.
    pub(crate) fn interrupt(&self, token: LeaseToken, why: Interruption) {
        if let Some(running) = self.running().get_mut(&token) {
            running.interruption.get_or_insert(why);
            running.cancel.cancel();
        }
    }

    /// Stops every run.
    pub(crate) fn interrupt_all(&self, why: Interruption) {
        for token in self.tokens() {
            self.interrupt(token, why);
        }
    }

    /// Leases held.
    pub(crate) fn tokens(&self) -> Vec<LeaseToken> {
        self.running().keys().copied().collect()
    }

    /// Leases whose runs are being stopped because their jobs were cancelled.
    pub(crate) fn cancelling(&self) -> Vec<LeaseToken> {
        self.running().iter().filter(|(_, running)| running.interruption.is_some()).map(|(token, _)| *token).collect()
    }

    /// The shortest lease held: it decides when to renew.
    pub(crate) fn shortest_lease(&self) -> Option<Duration> {
        self.running().values().map(|running| running.lease).min()
    }
}
