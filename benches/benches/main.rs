//! One main, the library's subjects. `cargo bench -p ampoule-benches -- FILTER` runs those whose name contains FILTER.
//!
//! What is no subject (density, preemption, scale) is measured by `ampoule bench`.

use std::{path::Path, time::Duration};

use ampoule_benches::{Subject, cpu, host_call, interrupt, run, sandbox, service, start};
use criterion::{Criterion, criterion_group, criterion_main};

fn benches(c: &mut Criterion) {
    let peers = Path::new(env!("CARGO_MANIFEST_DIR")).join("../target/ampoule-peers");
    let groups: [(&str, &dyn Fn() -> Vec<Subject>); 7] = [
        ("sandbox", &|| sandbox::subjects().expect("sandboxes run")),
        ("run", &|| run::subjects(&peers).expect("jobs run")),
        ("host-call", &|| host_call::subjects().expect("host calls are answered")),
        ("start", &start::subjects),
        ("interrupt", &|| interrupt::subjects().expect("scripts are stopped")),
        ("cpu", &|| cpu::subjects().expect("programs run")),
        ("service", &|| service::subjects().expect("the service starts")),
    ];
    for (name, subjects) in groups {
        let mut group = c.benchmark_group(name);
        if name == "cpu" || name == "interrupt" {
            group.sample_size(10).measurement_time(Duration::from_secs(3));
        }
        for mut subject in subjects() {
            match subject.once() {
                Err(reason) => eprintln!("SKIPPED {name}/{}: {reason:#}", subject.name),
                Ok(_) => drop(group.bench_function(subject.name.clone(), |b| b.iter_custom(|n| subject.times(n).expect("it runs")))),
            }
        }
    }
}

criterion_group!(all, benches);
criterion_main!(all);
