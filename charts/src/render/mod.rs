//! Files from a plan. Each renderer is a pure function of the plan; this is their table of contents.

mod aws;
mod calico;
mod chart;
mod connectivity;
mod gitops;
mod monitoring;
mod network_policy;
mod notes;
mod object;
mod observe;
mod oci;
mod pod;
mod preflight;
mod runbook;
mod scaling;
mod secrets;
mod workload;

use std::collections::BTreeMap;

pub use self::{
    object::Object,
    preflight::{Ask, Need, Probe, probes},
};
use crate::{
    graph::svg,
    lock,
    manifest::Isolation,
    plan::{Chart, Plan},
    tree::{When, lookup},
};

/// Rendered files: their text by their path, with `/` on every system.
pub type Files = BTreeMap<String, String>;

/// Everything that is rendered, the lock file included.
pub fn render(plan: &Plan) -> Files {
    let mut files = Files::new();
    for chart in &plan.charts {
        files.extend(chart::files(chart));
        for object in objects(chart) {
            files.insert(format!("charts/{}/templates/{}", chart.name, object.file), object.template());
        }
        files.extend(policies(chart));
    }
    files.extend(chart::shared(plan));
    files.extend(monitoring::files(plan));
    files.extend(observe::files(plan));
    files.extend(connectivity::files(plan));
    files.extend(aws::files(plan));
    files.extend(oci::files(plan));
    files.extend(gitops::files(plan));
    files.extend(secrets::files(plan));
    files.extend(runbook::files(plan));
    files.extend(preflight::files(plan));
    files.insert("connections.svg".to_owned(), svg(plan));
    if !plan.lints.is_empty() {
        files.insert("lints.txt".to_owned(), plan.lints.iter().map(|lint| format!("{}: {}\n", lint.key, lint.message)).collect());
    }
    files.insert(lock::FILE.to_owned(), lock::text(&files));
    files
}

/// The objects of a chart, each one template.
pub fn objects(chart: &Chart) -> Vec<Object> {
    let mut objects = chart::objects(chart);
    for workload in &chart.workloads {
        objects.extend(workload::objects(chart, workload));
        objects.extend(scaling::objects(chart, workload));
        if let Some(isolation) = &workload.isolation {
            let mut policies = network_policy::objects(chart, workload, isolation);
            policies.extend(forms(isolation).iter().flat_map(|form| calico::objects(chart, workload, isolation, *form)));
            objects.extend(policies.into_iter().map(|policy| policy.variant(workload.variant.as_ref())));
        }
    }
    objects.extend(chart.open_policy.as_ref().map(|open| network_policy::open(chart, open)));
    objects.extend(monitoring::objects(chart));
    objects.extend(observe::objects(chart));
    objects
}

fn forms(isolation: &Isolation) -> &'static [calico::Form] {
    if isolation.stored_form { &[calico::API, calico::STORED] } else { &[calico::API] }
}

/// The policies as they are without Helm: for who keeps policies elsewhere, and for tools that evaluate them.
fn policies(chart: &Chart) -> Files {
    let values = chart.knobs.defaults();
    let namespace = &chart.install.namespace;
    let mut files = Files::new();
    let mut add = |folder: &str, name: &str, objects: Vec<Object>| {
        // The internet is closed by default, as is what has a switch: what opens it has a folder of its own. Where somebody has to say what is opened there
        // is none: a rule without peers would open everything.
        let unsaid = |when: &When| matches!(when, When::Set(knob) if lookup(&values, knob).as_array().is_some_and(Vec::is_empty));
        for object in objects.iter().filter(|object| !object.when.iter().any(unsaid)) {
            let opens = object.file.rsplit_once("policy-").map(|(_, what)| format!("-{}", what.trim_end_matches(".yaml")));
            let folder = format!("{folder}{}", opens.unwrap_or_default());
            files.insert(format!("policies/{folder}/{name}.yaml"), object.plain(&values, namespace));
        }
    };
    for workload in &chart.workloads {
        // Two that take each other's place give one name to two policies: that of the variant has a folder of its own.
        let apart = workload.stands_for.as_ref().and(workload.variant.as_ref()).map(|variant| format!("-{variant}")).unwrap_or_default();
        if let Some(isolation) = &workload.isolation {
            add(&format!("kubernetes{apart}"), &workload.name, network_policy::objects(chart, workload, isolation));
            for form in forms(isolation) {
                add(&format!("{}{apart}", form.name), &workload.name, calico::objects(chart, workload, isolation, *form));
            }
        }
    }
    if let Some(open) = &chart.open_policy {
        add("connectivity", "connectivity", vec![network_policy::open(chart, open)]);
    }
    files
}
