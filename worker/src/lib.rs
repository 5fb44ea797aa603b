//! Leases jobs from the manager and runs them in the engine. Always dials, is never dialled.
//!
//! [`run`] is the whole worker: it acquires as many jobs as it has free [slots](WorkerConfig::slots), gives each to the engine in a fresh
//! sandbox, renews all leases in one call, and completes what is finished in batches. `lease_client` is the only file that speaks HTTP;
//! `slots` knows what runs; `metrics` counts it, for whoever prints it; `traces` records spans, where that is wanted; `backing` asks the manager for what outlives a run; `attempt` carries out one lease, `replays` one that replays a recorded attempt; `log_lines` holds what runs said until the manager has it; `presence` lets the manager
//! see this worker's death at once.

#![forbid(unsafe_code)]

mod attempt;
mod backing;
mod journals;
mod lease_client;
mod log_lines;
mod metrics;
mod presence;
mod replays;
mod slots;
mod traces;
mod worker;

pub use lease_client::{ClientError, LeaseClient};
pub use metrics::Metrics;
pub use worker::{WorkerConfig, run};
