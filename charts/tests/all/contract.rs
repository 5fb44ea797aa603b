//! The chart asks of the product only what the product has: variables, metrics, endpoints.

use std::{collections::BTreeSet, fs};

use ampoule_charts::plan::EnvValue;

use crate::{folder, plan};

fn source(path: &str) -> String {
    fs::read_to_string(folder().join("..").join(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

#[test]
fn every_variable_is_read_by_the_command_line() {
    let sources = source("cli/src/serve.rs") + &source("cli/src/api_client.rs");
    let mut seen = 0;
    for workload in &plan().workloads {
        for (variable, value) in &workload.env {
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

#[test]
fn every_metric_is_exposed_by_the_manager() {
    let source = source("manager/src/metrics.rs");
    let between =
        |text: &str, start: &str| text.split_once(start).and_then(|(_, rest)| rest.split_once('"')).map(|(name, _)| name.to_owned());
    let prefix = between(&source, "const PREFIX: &str = \"").expect("the prefix");
    let mut metrics = BTreeSet::new();
    for line in source.lines().filter(|line| line.contains("registry.register")) {
        let unit = if line.contains("Unit::Seconds") { "_seconds" } else { "" };
        metrics.extend(between(line, "(\"").map(|name| format!("{prefix}_{name}{unit}")));
    }
    assert!(metrics.len() > 5, "{metrics:?}");
    let plan = plan();
    assert!(!plan.signals.is_empty());
    for signal in &plan.signals {
        assert!(metrics.contains(&signal.metric), "{} is none of {metrics:?}", signal.metric);
    }
}

#[test]
fn every_path_is_an_endpoint() {
    let router = source("manager/src/api/mod.rs");
    let plan = plan();
    let probes =
        plan.workloads.iter().flat_map(|workload| [&workload.probes.live, &workload.probes.ready]).flatten().map(|probe| &probe.path);
    let paths: Vec<_> =
        probes.chain(plan.monitors.iter().map(|monitor| &monitor.path)).chain(plan.hosts.iter().flat_map(|host| &host.paths)).collect();
    assert!(paths.len() >= 5);
    for path in paths {
        assert!(router.contains(&format!(".route(\"{path}\"")), "the manager has no {path}");
    }
}
