//! One main, a module per question. `cargo bench -p ampoule-benches -- FILTER` runs those whose name contains FILTER.

use criterion::{criterion_group, criterion_main};

mod run;
mod service;
mod start;

criterion_group!(benches, run::benches, start::benches, service::benches);
criterion_main!(benches);
