//! How fast is the queue, durably?
//!
//! Manager and workers are processes of their own, on an SQLite file and on a PostgreSQL server of ours, both of which sync every commit to disk.
//! Whoever asks is this process, over plain connections that cost little.

mod connection;
mod depth;
mod fill;
mod loss;
mod peers;
mod rates;
mod results;
mod rig;

use std::{fs::File, io::Write as _, time::Instant};

use anyhow::{Context as _, Result};

use self::rig::Store;
use crate::{Bench, Unit};

pub use peers::table;

/// Synced writes that are timed for comparison.
const SYNCS: usize = 300;

pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    let program = bench.program.as_deref().and_then(<[String]>::first).context("only the command itself can be measured")?.clone();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
    // Beside the sources, like everything that is built: /tmp may be in memory, and would sync nothing.
    let dir = tempfile::Builder::new().prefix("ampoule-bench-queue-").tempdir_in(std::env::current_dir()?)?;
    let syncs = syncs(&dir.path().join("sync"))?;
    bench.record("sync", Unit::Milliseconds, syncs.clone());
    let mut stores = vec![Store::sqlite(dir.path())];
    match rig::server(dir.path()) {
        Ok(server) => stores.push(Store::Postgres(server)),
        Err(error) => bench.skip("postgres", format!("{error:#}")),
    }
    for store in &stores {
        let mut asked = Asked { bench, runtime: &runtime, program: &program, store };
        rates::measure(&mut asked)?;
        results::measure(&mut asked, &syncs)?;
        loss::measure(&mut asked)?;
        depth::measure(&mut asked)?;
    }
    drop(stores);
    peers::measure(bench)
}

/// What every part of the measurement has at hand.
struct Asked<'b, 'p> {
    bench: &'b mut Bench<'p>,
    runtime: &'b tokio::runtime::Runtime,
    program: &'b str,
    store: &'b Store,
}

impl Asked<'_, '_> {
    /// Keeps a figure of this store.
    fn record(&mut self, name: &str, unit: Unit, samples: Vec<f64>) {
        self.bench.record(format!("{name}/{}", self.store.name()), unit, samples);
    }

    fn measuring(&self, name: &str, done: f64) {
        self.bench.measuring(&format!("{name}/{}", self.store.name()), done);
    }
}

/// How long this disk takes to keep 4 KiB: what no commit can go below.
fn syncs(path: &std::path::Path) -> Result<Vec<f64>> {
    let mut file = File::create(path)?;
    let mut times = Vec::with_capacity(SYNCS);
    for _ in 0..SYNCS {
        let began = Instant::now();
        file.write_all(&[0; 4096])?;
        file.sync_data()?;
        times.push(Unit::Milliseconds.of(began.elapsed()));
    }
    Ok(times)
}

/// The median.
fn median(samples: &[f64]) -> f64 {
    let mut sorted = samples.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN)
}
