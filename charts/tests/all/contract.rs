//! The chart asks of the product only what the product has: variables, metrics, endpoints.

use std::{collections::BTreeSet, fs};

use ampoule_charts::plan::{EnvValue, Watched};

use crate::{PLATFORMS, folder, plan, plan_of};

fn source(path: &str) -> String {
    fs::read_to_string(folder().join("..").join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// All sources of a folder.
fn all_of(path: &str) -> String {
    let mut files: Vec<_> = fs::read_dir(folder().join("..").join(path)).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    files.iter().filter(|path| path.is_file()).map(|path| fs::read_to_string(path).unwrap()).collect()
}

#[test]
fn every_variable_is_read_by_the_command_line() {
    let sources = ["serve", "api_client", "pool", "grants", "telemetry"].map(|name| source(&format!("cli/src/{name}.rs"))).concat();
    let mut seen = 0;
    for workload in plan().workloads() {
        for (variable, value) in &workload.env {
            // Of a bucket: read under the names that AWS's own tools have.
            if variable.starts_with("AWS_") {
                assert!(source("host-api/src/blob/store.rs").contains("starts_with(\"AWS_\")"), "{variable}");
                continue;
            }
            // A role's key may come from a file: the same name with `_FILE`.
            let base = variable.strip_suffix("_FILE").unwrap_or(variable);
            assert!(sources.contains(&format!("\"{base}\"")), "{}: the command line knows no {variable}", workload.name);
            if base != variable {
                assert!(sources.contains("format!(\"{variable}_FILE\")") && matches!(value, EnvValue::Plain(_)), "{variable}");
            }
            seen += 1;
        }
    }
    assert!(seen >= 14, "{seen}");
}

/// Names of a process's series, as Prometheus keeps them: those of `manager/` or of `worker/`.
fn series(process: &str) -> BTreeSet<String> {
    let source = source(&format!("{process}/src/metrics.rs"));
    let between =
        |text: &str, start: &str| text.split_once(start).and_then(|(_, rest)| rest.split_once('"')).map(|(name, _)| name.to_owned());
    let prefix = between(&source, "const PREFIX: &str = \"").expect("the prefix");
    let mut series = BTreeSet::new();
    for line in source.lines().filter(|line| line.contains("registry.register")) {
        let unit = match line.split_once("Unit::").map(|(_, rest)| rest.split(',').next().unwrap()) {
            None => "",
            Some("Seconds") => "_seconds",
            Some("Bytes") => "_bytes",
            Some(unit) => panic!("which end has a name with Unit::{unit}?"),
        };
        let name = between(line, "(\"").map(|name| format!("{prefix}_{name}{unit}")).unwrap_or_else(|| panic!("no name in {line}"));
        let field = line.rsplit_once("self.").and_then(|(_, rest)| rest.split_once('.')).expect(line).0;
        let declared = source.lines().find_map(|line| {
            let line = line.trim_start().trim_start_matches("pub(crate) ");
            line.strip_prefix(field)?.strip_prefix(": ")
        });
        let of = |kind: &str| declared.unwrap_or_else(|| panic!("no field {field}")).contains(kind);
        match (of("Counter"), of("Histogram")) {
            (true, _) => series.extend([format!("{name}_total")]),
            (_, true) => series.extend(["_bucket", "_sum", "_count"].map(|end| format!("{name}{end}"))),
            _ => series.extend([name]),
        }
    }
    assert!(series.len() > 10, "{process}: {series:?}");
    series
}

/// Words of a query that are names of ours.
fn named(expr: &str) -> impl Iterator<Item = &str> {
    let words = expr.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
    words.filter(|word| word.starts_with("scriptmanager_") || word.starts_with("scriptworker_"))
}

#[test]
fn every_metric_is_exposed() {
    let series = ["manager", "worker"].map(series);
    let mut seen = [0; 2];
    for plan in PLATFORMS.map(plan_of) {
        assert!(!plan.signals.is_empty());
        let signals = plan.signals.iter().map(|signal| signal.metric.as_str());
        let queries =
            plan.dashboards.values().flat_map(|page| &page.panels).flat_map(|panel| &panel.queries).map(|query| query.expr.as_str());
        let alerts = plan.alerts.values().map(|alert| alert.expr.as_str());
        let chosen = plan.dashboards.values().map(|page| page.chosen_by.as_str());
        for expr in signals.chain(queries).chain(alerts).chain(chosen) {
            let names: Vec<_> = named(expr).collect();
            assert!(!names.is_empty(), "{expr}");
            for name in names {
                let process = series.iter().position(|series| series.contains(name));
                seen[process.unwrap_or_else(|| panic!("{name} of {expr} is none of {series:?}"))] += 1;
            }
        }
    }
    assert!(seen[0] > 25 && seen[1] > 20, "{seen:?}");
}

/// A page or an alert about nothing but workers that are not scraped would be empty or silent for ever.
#[test]
fn what_shows_workers_is_scraped_of_workers() {
    let plan = plan();
    let monitor = plan.monitors.iter().find(|monitor| monitor.of == Watched::Pods).expect("workers are scraped, when it is switched on");
    assert_eq!(monitor.when.as_deref(), Some("worker.metrics"));
    let scrape = source("cli/src/scrape.rs");
    assert!(scrape.contains(&format!("\"{}\"", monitor.path)), "a worker has no {}", monitor.path);
}

#[test]
fn every_path_is_an_endpoint() {
    let handlers = all_of("manager/src/api");
    let plan = plan();
    let probes = plan.workloads().flat_map(|workload| [&workload.probes.live, &workload.probes.ready]).flatten().map(|probe| &probe.path);
    let paths: Vec<_> = probes
        .chain(plan.monitors.iter().filter(|monitor| monitor.of == Watched::Service).map(|monitor| &monitor.path))
        .chain(plan.charts[0].hosts.iter().flat_map(|host| host.paths.iter().map(|(path, ..)| path)))
        .collect();
    assert!(paths.len() >= 5);
    for path in paths {
        assert!(
            ["path = ", ".route(", ".nest("].iter().any(|start| handlers.contains(&format!("{start}\"{path}\""))),
            "the manager has no {path}"
        );
    }
}

/// Units and image start what is there, as the charts do.
#[test]
fn units_and_image_fit_the_product() {
    let sources = ["serve", "api_client", "telemetry"].map(|name| source(&format!("cli/src/{name}.rs"))).concat();
    for (role, wanted) in [("manager", 6), ("worker", 3)] {
        let unit = source(&format!("charts/systemd/ampoule-{role}.service"));
        assert!(unit.contains(&format!("\nExecStart=/usr/local/bin/ampoule {role}\n")), "{role}");
        let variables: Vec<_> = unit.lines().filter_map(|line| line.strip_prefix("Environment=")?.split_once('=')).collect();
        assert_eq!(variables.len(), wanted, "{role}");
        for (name, value) in variables {
            let base = name.strip_suffix("_FILE").unwrap_or(name);
            assert!(sources.contains(&format!("\"{base}\"")), "{role}: the command line knows no {name}");
            // A key is handed over by systemd, and never stands in the unit.
            if let Some(file) = value.strip_prefix("%d/") {
                assert!(unit.contains(&format!("\nLoadCredential={file}:")), "{role}: nobody loads {file}");
            }
            assert!(!base.ends_with("_KEY") || name != base, "{role}: {name} holds a key");
        }
        // The pod's grace is the same, or the drain would be cut short.
        let plan = plan();
        let own = plan.workloads().find(|workload| workload.name == role).unwrap();
        let values = plan.charts[0].knobs.defaults();
        let grace = own.grace.as_ref().unwrap().json(&values, "");
        assert!(unit.contains(&format!("\nTimeoutStopSec={grace}\n")), "{role}: {grace}");
    }
    let image = source("charts/container/Containerfile");
    let pod = crate::objects::objects(None, &[]).into_iter().find(|object| object["kind"] == "Deployment").unwrap();
    let user = pod.pointer("/spec/template/spec/securityContext/runAsUser").unwrap();
    assert!(image.contains(&format!("\nUSER {user}:{user}\n")) && image.contains(" /usr/local/bin/ampoule\n"));
    let toolchain = source("rust-toolchain.toml");
    let version = image.split_once("library/rust:").unwrap().1.split('-').next().unwrap();
    assert!(toolchain.contains(&format!("channel = \"{version}")), "the image is built by Rust {version}");
}
