//! How a signal gets from the component that exposes it to the autoscaler: ServiceMonitor, and the rule of prometheus-adapter.

use super::{
    Files,
    object::{Object, labels},
};
use crate::{
    plan::{Monitor, Plan, SignalRef},
    tree::{Part, Tree, When, map},
    yaml,
};

pub(super) fn objects(plan: &Plan) -> Vec<Object> {
    plan.monitors.iter().map(service_monitor).collect()
}

fn service_monitor(monitor: &Monitor) -> Object {
    let endpoint = map! { "port" => &monitor.port, "path" => &monitor.path, "interval" => format!("{}s", monitor.interval) };
    let found_by = "monitoring.labels".to_owned();
    let tree = map! {
        "apiVersion" => "monitoring.coreos.com/v1",
        "kind" => "ServiceMonitor",
        "metadata" => map! {
            "name" => &monitor.object,
            "labels" if When::Set(found_by.clone()) => Tree::Block(found_by.clone()),
        },
        "spec" => map! {
            "selector" => map! { "matchLabels" => labels(&monitor.selector) },
            "namespaceSelector" => map! { "matchNames" => vec![Tree::Text(vec![Part::Namespace])] },
            "endpoints" => vec![endpoint],
        },
    };
    let file = format!("monitoring/{}.yaml", monitor.object);
    Object::new(file, tree).only(When::Set("monitoring.serviceMonitor".to_owned()))
}

/// Values of the prometheus-adapter chart, which belongs to the cluster and not to this install.
pub(super) fn files(plan: &Plan) -> Files {
    let mut files = Files::new();
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
