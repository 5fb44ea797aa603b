//! What does a run in a fresh sandbox cost?

use ampoule_benches::{engine, eval, job, run};
use criterion::Criterion;
use tokio::runtime::Builder;

pub(crate) fn benches(c: &mut Criterion) {
    let engine = engine();
    let runtime = Builder::new_current_thread().enable_all().build().expect("a runtime");
    for (name, request) in [("eval", eval()), ("job_no_image", job())] {
        c.bench_function(name, |b| b.iter(|| runtime.block_on(run(&engine, &request)).expect("no fault")));
    }
}
