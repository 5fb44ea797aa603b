//! The manager over real HTTP on a real SQLite file, and on a real PostgreSQL server.

mod attend;
mod auth;
mod cancel;
mod compiler;
mod concurrency;
mod copies;
mod crash;
mod errors;
mod figures;
mod jobs;
mod keys;
mod leases;
mod lifecycle;
mod logs;
mod metrics;
mod model;
mod openapi;
mod postgres;
mod replicas;
mod schedules;
mod scripts;
mod shutdown;
mod store;
mod support;
mod tenants;
mod tls;
