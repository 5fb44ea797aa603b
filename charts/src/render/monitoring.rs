//! How metrics get from the component that exposes them to Prometheus, by ServiceMonitor and PodMonitor; and to the autoscaler, by the rule of
//! prometheus-adapter.

use super::{
    Files,
    object::{Object, labels},
};
use crate::{
    plan::{Chart, Monitor, Plan, SignalRef, Watched},
    tree::{Part, Tree, When, entry, map, with_namespace},
    yaml,
};

pub(super) fn objects(chart: &Chart) -> Vec<Object> {
    chart.monitors.iter().map(monitor).collect()
}

fn monitor(monitor: &Monitor) -> Object {
    let endpoint = map! { "port" => &monitor.port, "path" => &monitor.path, "interval" => format!("{}s", monitor.interval) };
    let found_by = "monitoring.labels".to_owned();
    let mut metadata = match &monitor.place {
        Some((namespace, place)) => vec![entry("name", with_namespace(&place.name)), entry("namespace", Tree::knob(namespace))],
        None => vec![entry("name", &monitor.object)],
    };
    let mut labelled = entry("labels", Tree::Block(found_by.clone()));
    labelled.when = Some(When::Set(found_by));
    metadata.push(labelled);
    let (kind, endpoints) = match monitor.of {
        // Where the `service` label of every series comes from: without it, the rule of the adapter would find no series.
        Watched::Service => ("ServiceMonitor", "endpoints"),
        Watched::Pods => ("PodMonitor", "podMetricsEndpoints"),
    };
    let tree = map! {
        "apiVersion" => "monitoring.coreos.com/v1",
        "kind" => kind,
        "metadata" => metadata,
        "spec" => vec![
            entry("selector", map! { "matchLabels" => labels(&monitor.selector) }),
            entry("namespaceSelector", map! { "matchNames" => vec![Tree::Text(vec![Part::Namespace])] }),
            entry(endpoints, vec![endpoint]),
        ],
    };
    let file = format!("monitoring/{}.yaml", monitor.object);
    let object = Object::new(file, tree).only(When::Set("monitoring.serviceMonitor".to_owned()));
    monitor.when.iter().cloned().map(When::Set).fold(object, Object::only)
}

/// Where it is without Helm.
pub(super) fn file(monitor: &Monitor) -> String {
    let kind = match monitor.of {
        Watched::Service => "servicemonitor",
        Watched::Pods => "podmonitor",
    };
    format!("monitoring/{kind}-{}.yaml", monitor.object)
}

/// Values of the prometheus-adapter chart, which belongs to the cluster and not to this install.
pub(super) fn files(plan: &Plan) -> Files {
    let mut files = Files::new();
    for chart in &plan.charts {
        let values = chart.knobs.defaults();
        for about in &chart.monitors {
            let text = monitor(about).plain(&values, &plan.install.namespace);
            files.insert(file(about), text);
        }
    }
    if !plan.signals.is_empty() {
        let rules: Vec<_> = plan.signals.iter().map(rule).collect();
        let text = yaml::print(&map! { "rules" => map! { "external" => rules } });
        let head = "# Add this to the values of the prometheus-adapter chart: it serves the signals as external metrics.\n";
        files.insert("monitoring/prometheus-adapter.values.yaml".to_owned(), format!("{head}{text}"));
    }
    files
}

fn rule(signal: &SignalRef) -> Tree {
    map! {
        "seriesQuery" => format!("{{__name__=~\"{}\",service!=\"\"}}", signal.metric),
        "metricsQuery" => format!("{}(<<.Series>>{{<<.LabelMatchers>>}}) by (service)", signal.combine.as_str()),
        "resources" => map! { "overrides" => map! { "namespace" => map! { "resource" => "namespace" } } },
    }
}
