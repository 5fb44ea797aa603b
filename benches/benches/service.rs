//! How long from a submit over HTTP to its result, through the durable queue and a fresh sandbox?

use ampoule_benches::Service;
use criterion::Criterion;
use tokio::runtime::Runtime;

pub(crate) fn benches(c: &mut Criterion) {
    let runtime = Runtime::new().expect("a runtime");
    let service = runtime.block_on(Service::start());
    c.bench_function("submit_to_result", |b| {
        b.iter(|| runtime.block_on(service.submit_and_wait("export default () => 1")));
    });
}
