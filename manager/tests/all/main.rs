//! The manager over real HTTP on a real SQLite file.

mod auth;
mod cancel;
mod concurrency;
mod crash;
mod errors;
mod figures;
mod jobs;
mod leases;
mod metrics;
mod model;
mod shutdown;
mod store;
mod support;
