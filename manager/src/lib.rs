//! The Script Manager: it owns the job queue and the HTTP API.
//!
//! Clients submit jobs, workers lease them over long polls and report back, Prometheus reads the depth of the queue. The
//! manager never runs a script and never links the engine; it meets clients and workers only in [`ampoule_protocol`].
//!
//! [`run`] is the whole server. Inside:
//!
//! - `api` speaks HTTP: authenticates, checks, bounds, and turns every error into a problem document.
//! - [`queue`] holds the truth: which job is in which state, durably, and the fencing of every lease write.
//! - `key_ring` knows whom a key lets in.
//! - [`scripts`] checks what is published, and pins jobs to published versions.
//! - `compiler` has the TypeScript of clients compiled, in a process of its own.
//! - `schedules` fires schedules that are due.
//! - `notify` wakes those who wait, on what the queue says has been committed.
//! - `reaper` does what becomes due: leases that ran out, jobs whose time has come, jobs to forget.
//! - `traces` records spans, where that is wanted.
//! - `metrics` counts the same events, and reads the queue's depth from the store.
//!
//! Delivery is at least once; of all attempts of a job, one completion is accepted.

#![forbid(unsafe_code)]

mod api;
mod compiler;
mod config;
mod key_ring;
mod metrics;
mod notify;
pub mod queue;
mod reaper;
mod schedules;
pub mod scripts;
mod server;
mod traces;

pub use config::{Config, ConfigError, Key, Keys};
pub use queue::{StoreUrl, StoreUrlError};
pub use server::{RunError, run};
