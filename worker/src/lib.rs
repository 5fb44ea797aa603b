//! Leases jobs from the manager and runs them in the engine. Always dials, is never dialled.
//!
//! [`run`] is the whole worker: it acquires as many jobs as it has free [slots](WorkerConfig::slots), gives each to the engine in a fresh
//! sandbox, renews all leases in one call, and completes what is finished in batches. `lease_client` is the only file that speaks HTTP;
//! `backing` asks the manager for what outlives a run; `slots` knows what runs; `attempt` carries out one lease; `log_lines` holds what runs said until the manager has it; `presence` lets the manager
//! see this worker's death at once.

#![forbid(unsafe_code)]

mod attempt;
mod backing;
mod journals;
mod lease_client;
mod log_lines;
mod presence;
mod slots;
mod worker;

pub use lease_client::{ClientError, LeaseClient};
pub use worker::{WorkerConfig, run};
