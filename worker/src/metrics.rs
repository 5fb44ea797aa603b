//! Every metric of a worker: its name, its help, its labels. Labels take their values from enums only.

use std::sync::{Mutex, PoisonError, atomic::Ordering};

use ampoule_protocol::{ImageUse, LimitKind, Outcome, RunReport};
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram},
    registry::{Registry, Unit},
};

/// Prefix of every name.
const PREFIX: &str = "scriptworker";
/// From a script that only computes a little to the ceiling of wall time.
const DURATION_SECONDS: [f64; 16] =
    [0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.1, 0.25, 1.0, 2.5, 10.0, 30.0, 120.0, 300.0, 900.0];
/// From an empty guest to the ceiling of memory.
const MEMORY_BYTES: [f64; 9] = [4e6, 8e6, 16e6, 32e6, 64e6, 128e6, 256e6, 512e6, 1024e6];
const IMAGES: [&str; 3] = ["hit", "miss", "unusable"];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByOutcome {
    outcome: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByLimit {
    limit: &'static str,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct ByResult {
    result: &'static str,
}

/// What a worker has done, and does.
#[derive(Debug)]
pub struct Metrics {
    registry: Mutex<Registry>,
    pub(crate) slots: Gauge,
    pub(crate) slots_used: Gauge,
    runs: Family<ByOutcome, Counter>,
    kills: Family<ByLimit, Counter>,
    run_duration: Histogram,
    run_memory: Histogram,
    memory_high_water: Gauge,
    resident_high_water: Gauge,
    fuel: Counter,
    images: Family<ByResult, Counter>,
    pub(crate) leases_acquired: Counter,
    pub(crate) lease_renewals: Counter,
    pub(crate) lease_renewals_failed: Counter,
    pub(crate) leases_lost: Counter,
    pub(crate) leases_released: Counter,
}

impl Default for Metrics {
    fn default() -> Self {
        let metrics = Self {
            registry: Mutex::new(Registry::with_prefix(PREFIX)),
            slots: Gauge::default(),
            slots_used: Gauge::default(),
            runs: Family::default(),
            kills: Family::default(),
            run_duration: Histogram::new(DURATION_SECONDS),
            run_memory: Histogram::new(MEMORY_BYTES),
            memory_high_water: Gauge::default(),
            resident_high_water: Gauge::default(),
            fuel: Counter::default(),
            images: Family::default(),
            leases_acquired: Counter::default(),
            lease_renewals: Counter::default(),
            lease_renewals_failed: Counter::default(),
            leases_lost: Counter::default(),
            leases_released: Counter::default(),
        };
        // Shown from the start, at 0.
        Outcome::KINDS.iter().for_each(|outcome| drop(metrics.runs.get_or_create(&ByOutcome { outcome })));
        LimitKind::ALL.iter().for_each(|limit| drop(metrics.kills.get_or_create(&ByLimit { limit: limit.as_str() })));
        IMAGES.iter().for_each(|result| drop(metrics.images.get_or_create(&ByResult { result })));
        metrics.register();
        metrics
    }
}

impl Metrics {
    #[rustfmt::skip]
    fn register(&self) {
        let registry = &mut *self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        registry.register("slots", "Concurrent runs that fit", self.slots.clone());
        registry.register("slots_used", "Runs under way, and those whose report waits for the manager", self.slots_used.clone());
        registry.register("runs", "Runs that ended, by the kind of their outcome", self.runs.clone());
        registry.register("limit_kills", "Runs that were ended by a limit, by which", self.kills.clone());
        registry.register_with_unit("run_duration", "Time from a run's start to its end", Unit::Seconds, self.run_duration.clone());
        registry.register_with_unit("run_memory", "Largest size of a run's sandbox", Unit::Bytes, self.run_memory.clone());
        registry.register_with_unit("run_memory_high_water", "Largest size of any run's sandbox since the start", Unit::Bytes, self.memory_high_water.clone());
        registry.register_with_unit("resident_high_water", "Most memory that the process has held", Unit::Bytes, self.resident_high_water.clone());
        registry.register("fuel", "Wasm instructions of scripts, loading included; what an image saves is counted as if it had run", self.fuel.clone());
        registry.register("image_cache", "Runs by whether their loaded script came from the cache of images: hit, miss, or unusable for scripts that have no image", self.images.clone());
        registry.register("leases_acquired", "Leases that the manager gave", self.leases_acquired.clone());
        registry.register("lease_renewals", "Leases renewed, each time", self.lease_renewals.clone());
        registry.register("lease_renewals_failed", "Calls to renew all leases that brought no answer", self.lease_renewals_failed.clone());
        registry.register("leases_lost", "Leases that the manager had given up before the run's report arrived", self.leases_lost.clone());
        registry.register("leases_released", "Leases given back unfinished, because this worker drained", self.leases_released.clone());
    }

    /// Counts a run that is over.
    pub(crate) fn ended(&self, report: &RunReport) {
        let usage = &report.usage;
        self.runs.get_or_create(&ByOutcome { outcome: report.outcome.kind() }).inc();
        if let Outcome::LimitExceeded { limit, .. } = &report.outcome {
            self.kills.get_or_create(&ByLimit { limit: limit.as_str() }).inc();
        }
        self.run_duration.observe(usage.wall_ms / 1e3);
        self.run_memory.observe(usage.memory_bytes as f64);
        self.memory_high_water.inner().fetch_max(usage.memory_bytes.cast_signed(), Ordering::Relaxed);
        self.fuel.inc_by(usage.fuel.saturating_add(usage.load_fuel));
        let result = match usage.image {
            ImageUse::Used => IMAGES[0],
            ImageUse::None => IMAGES[1],
            ImageUse::Unusable => IMAGES[2],
        };
        self.images.get_or_create(&ByResult { result }).inc();
    }

    /// Prints all in the OpenMetrics text format.
    pub fn print(&self) -> String {
        self.resident_high_water.set(resident_high_water().unwrap_or_default());
        let registry = self.registry.lock().unwrap_or_else(PoisonError::into_inner);
        let mut text = String::new();
        // Writing to a string fails only if a metric's own encoding does, and then for a bug of ours.
        encode(&mut text, &registry).unwrap_or_else(|err| unreachable!("metrics encoded as text: {err}"));
        text
    }
}

/// As Linux tells it.
fn resident_high_water() -> Option<i64> {
    let status = std::fs::read_to_string("/proc/self/status").ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.trim().parse::<i64>().ok().map(|kib| kib << 10)
}
