//! How long until the first sandbox of a process is ready?

use ampoule_benches::{engine, eval, run};
use criterion::Criterion;
use tokio::runtime::Builder;

pub(crate) fn benches(c: &mut Criterion) {
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    c.bench_function("start", |b| b.iter(|| runtime.block_on(run(&engine(), &eval())).expect("no fault")));
}
