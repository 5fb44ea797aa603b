//! Every metric of the manager: its name, its help, its labels. Labels take their values from enums only.

use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering},
};

use ampoule_protocol::Outcome;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

use crate::queue::{Commits, Depths, Event};

/// Prefix of every name.
const PREFIX: &str = "scriptmanager";
/// From a job that finds a free slot to one that waits for a fleet to grow or for the night.
const START_DELAY_SECONDS: [f64; 16] =
    [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0, 30.0, 120.0, 600.0, 3600.0];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByOutcome {
    outcome: &'static str,
}

/// Counters and gauges, and how they print.
#[derive(Debug)]
pub(crate) struct Metrics {
    /// The lock is held from setting the gauges to printing them, so that a scrape shows one moment.
    registry: Mutex<Registry>,
    queue_size: Gauge,
    delayed: Gauge,
    blocked: Gauge,
    capped: Gauge,
    running: Gauge,
    oldest_age: Gauge<f64, AtomicU64>,
    start_delay: Histogram,
    submitted: Counter,
    finished: Family<ByOutcome, Counter>,
    leases_acquired: Counter,
    leases_expired: Counter,
    leases_released: Counter,
    stale_completions: Counter,
    store_commits: Counter,
    store_writes: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Mutex::new(Registry::with_prefix(PREFIX)),
            queue_size: Gauge::default(),
            delayed: Gauge::default(),
            blocked: Gauge::default(),
            capped: Gauge::default(),
            running: Gauge::default(),
            oldest_age: Gauge::default(),
            start_delay: Histogram::new(START_DELAY_SECONDS),
            submitted: Counter::default(),
            finished: Family::default(),
            leases_acquired: Counter::default(),
            leases_expired: Counter::default(),
            leases_released: Counter::default(),
            stale_completions: Counter::default(),
            store_commits: Counter::default(),
            store_writes: Counter::default(),
        };
        // Shown from the start, at 0.
        for outcome in Outcome::KINDS {
            drop(metrics.finished.get_or_create(&ByOutcome { outcome }));
        }
        metrics.register();
        metrics
    }
}

impl Metrics {
    #[rustfmt::skip]
    fn register(&self) {
        let registry = &mut *self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register("job_queue_size", "Jobs waiting to start; the same figure from every replica", self.queue_size.clone());
        registry.register("jobs_delayed", "Jobs waiting for their time; the same figure from every replica", self.delayed.clone());
        registry.register("jobs_blocked", "Jobs waiting for another one with their concurrency key; the same figure from every replica", self.blocked.clone());
        registry.register("jobs_capped", "Jobs waiting for another one of their tenant to end, of which as many run as may; the same figure from every replica", self.capped.clone());
        registry.register("jobs_running", "Jobs under a lease; the same figure from every replica", self.running.clone());
        registry.register_with_unit("job_queue_oldest_age", "Time for which the oldest job waiting to start could have started, 0 when none waits", Unit::Seconds, self.oldest_age.clone());
        registry.register_with_unit("job_start_delay", "Time from queued to started, of each attempt", Unit::Seconds, self.start_delay.clone());
        registry.register("jobs_submitted", "Jobs stored", self.submitted.clone());
        registry.register("jobs_finished", "Jobs that reached a final state, by the kind of their outcome", self.finished.clone());
        registry.register("leases_acquired", "Leases given to workers", self.leases_acquired.clone());
        registry.register("leases_expired", "Leases that ran out: the worker was lost", self.leases_expired.clone());
        registry.register("leases_released", "Leases that came back unused, because a worker drained or went away", self.leases_released.clone());
        registry.register("stale_completions", "Reports under a lease that was no longer held", self.stale_completions.clone());
        registry.register("store_commits", "Transactions of the store that were synced to disk", self.store_commits.clone());
        registry.register("store_writes", "Writes to the store; many share one commit", self.store_writes.clone());
    }

    /// Counts what has been committed.
    pub(crate) fn count(&self, events: &[Event]) {
        for event in events {
            match event {
                Event::Submitted => {
                    self.submitted.inc();
                }
                Event::Started { waited } => {
                    self.leases_acquired.inc();
                    self.start_delay.observe(waited.as_secs_f64());
                }
                Event::Finished { outcome, .. } => {
                    self.finished.get_or_create(&ByOutcome { outcome }).inc();
                }
                Event::LeaseLost => {
                    self.leases_expired.inc();
                }
                Event::LeaseReleased => {
                    self.leases_released.inc();
                }
                Event::StaleReport => {
                    self.stale_completions.inc();
                }
                Event::Queued | Event::Delayed | Event::Logged { .. } | Event::CancelRequested { .. } => {}
            }
        }
    }

    /// Prints all in the OpenMetrics text format, with these figures of the store.
    pub(crate) fn print(&self, depths: &Depths, commits: &Commits) -> String {
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        self.queue_size.set(depths.queued.cast_signed());
        self.delayed.set(depths.delayed.cast_signed());
        self.blocked.set(depths.blocked.cast_signed());
        self.capped.set(depths.capped.cast_signed());
        self.running.set(depths.running.cast_signed());
        self.oldest_age.set(depths.oldest.unwrap_or_default().as_secs_f64());
        self.store_commits.inner().store(commits.commits(), Ordering::Relaxed);
        self.store_writes.inner().store(commits.writes(), Ordering::Relaxed);
        let mut text = String::new();
        // Writing to a string fails only if a metric's own encoding does, and then for a bug of ours.
        encode(&mut text, &registry).unwrap_or_else(|err| unreachable!("metrics encoded as text: {err}"));
        text
    }
}
