//! The number of replicas follows a signal: by the HPA on an external metric, or by KEDA on the same query.

use super::object::{Object, metadata_of};
use crate::{
    plan::{Chart, SignalRef, Workload},
    tree::{Part, Tree, When, map},
};

pub(super) fn objects(chart: &Chart, workload: &Workload) -> Vec<Object> {
    let Some(signal) = &workload.scaled_by else { return Vec::new() };
    let by = |who: &str| When::Is(format!("{}.scaling.by", workload.knobs), who.to_owned());
    let file = |name: &str| format!("{}/{name}.yaml", workload.name);
    vec![
        Object::new(file("hpa"), hpa(chart, workload, signal)).only(by("hpa")),
        Object::new(file("keda"), keda(chart, workload, signal)).only(by("keda")),
    ]
}

fn hpa(chart: &Chart, workload: &Workload, signal: &SignalRef) -> Tree {
    let target = map! { "type" => "AverageValue", "averageValue" => Tree::Text(vec![Part::Number(path(workload, "perReplica"))]) };
    // The adapter adds the namespace by itself.
    let metric = map! { "name" => &signal.metric, "selector" => map! { "matchLabels" => map! { "service" => &signal.service } } };
    map! {
        "apiVersion" => "autoscaling/v2",
        "kind" => "HorizontalPodAutoscaler",
        "metadata" => metadata_of(chart, workload, &workload.object),
        "spec" => map! {
            "scaleTargetRef" => target_ref(workload),
            "minReplicas" => number(workload, "min"),
            "maxReplicas" => number(workload, "max"),
            "metrics" => vec![map! { "type" => "External", "external" => map! { "metric" => metric, "target" => target } }],
            "behavior" => behavior(workload),
        },
    }
}

fn keda(chart: &Chart, workload: &Workload, signal: &SignalRef) -> Tree {
    let literal = |text: String| Part::Literal(text);
    let query = Tree::Text(vec![
        literal(format!("{}({}{{namespace=\"", signal.combine.as_str(), signal.metric)),
        Part::Namespace,
        literal(format!("\",service=\"{}\"}})", signal.service)),
    ]);
    let metadata = map! {
        "serverAddress" => Tree::knob("monitoring.prometheusUrl"),
        "query" => query,
        "threshold" => Tree::Text(vec![Part::Number(path(workload, "perReplica"))]),
        // No figure is not the figure 0: without one, nothing is scaled down.
        "ignoreNullValues" => "false",
    };
    map! {
        "apiVersion" => "keda.sh/v1alpha1",
        "kind" => "ScaledObject",
        "metadata" => metadata_of(chart, workload, &workload.object),
        "spec" => map! {
            "scaleTargetRef" => target_ref(workload),
            "minReplicaCount" => number(workload, "min"),
            "maxReplicaCount" => number(workload, "max"),
            "advanced" => map! { "horizontalPodAutoscalerConfig" => map! { "behavior" => behavior(workload) } },
            "triggers" => vec![map! { "type" => "prometheus", "metadata" => metadata }],
        },
    }
}

fn target_ref(workload: &Workload) -> Tree {
    map! { "apiVersion" => "apps/v1", "kind" => "Deployment", "name" => &workload.object }
}

fn behavior(workload: &Workload) -> Tree {
    map! { "scaleDown" => map! { "stabilizationWindowSeconds" => number(workload, "scaleDownSeconds") } }
}

fn number(workload: &Workload, leaf: &str) -> Tree {
    Tree::Number(path(workload, leaf), 0)
}

fn path(workload: &Workload, leaf: &str) -> String {
    format!("{}.scaling.{leaf}", workload.knobs)
}
