//! Files from a plan. Each renderer is a pure function of the plan; this is their table of contents.

mod calico;
mod chart;
mod monitoring;
mod network_policy;
mod notes;
mod object;
mod pod;
mod scaling;
mod workload;

use std::collections::BTreeMap;

pub use self::object::Object;
use crate::{lock, plan::Plan};

/// Rendered files: their text by their path, with `/` on every system.
pub type Files = BTreeMap<String, String>;

/// Everything that is rendered, the lock file included.
pub fn render(plan: &Plan) -> Files {
    let mut files = chart::files(plan);
    let chart = format!("charts/{}", plan.install.name);
    for object in objects(plan) {
        files.insert(format!("{chart}/templates/{}", object.file), object.template());
    }
    files.extend(policies(plan));
    files.extend(monitoring::files(plan));
    files.insert(lock::FILE.to_owned(), lock::text(&files));
    files
}

/// The objects of the chart, each one template.
pub fn objects(plan: &Plan) -> Vec<Object> {
    let mut objects = chart::objects(plan);
    for workload in &plan.workloads {
        objects.extend(workload::objects(plan, workload));
        objects.extend(scaling::objects(plan, workload));
        if workload.isolated {
            objects.push(network_policy::object(plan, workload));
            objects.push(calico::object(plan, workload));
        }
    }
    objects.extend(monitoring::objects(plan));
    objects
}

/// The policies as they are without Helm: for who keeps policies elsewhere, and for tools that evaluate them.
fn policies(plan: &Plan) -> Files {
    let values = plan.knobs.defaults();
    let mut files = Files::new();
    for workload in plan.workloads.iter().filter(|workload| workload.isolated) {
        for (folder, object) in [("kubernetes", network_policy::object(plan, workload)), ("calico", calico::object(plan, workload))] {
            files.insert(format!("policies/{folder}/{}.yaml", workload.name), object.plain(&values, &plan.install.namespace));
        }
    }
    files
}
