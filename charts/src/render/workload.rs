//! What runs: the workload, and the service, the files and the disruption budget that belong to it.

use super::{
    object::{Object, labels, metadata_of},
    pod,
};
use crate::{
    manifest::Kind,
    plan::{Plan, Workload},
    tree::{Tree, When, entry, map},
};

pub(super) fn objects(plan: &Plan, workload: &Workload) -> Vec<Object> {
    let mut objects = vec![match workload.kind {
        Kind::StatefulSet => stateful_set(plan, workload),
        Kind::Test => test(plan, workload),
        Kind::Deployment | Kind::External => deployment(plan, workload),
    }];
    objects.extend((!workload.ports.is_empty()).then(|| service(plan, workload)));
    objects.extend((!workload.files.is_empty()).then(|| files(plan, workload)));
    objects.extend(budget(plan, workload));
    objects
}

fn deployment(plan: &Plan, workload: &Workload) -> Object {
    let name = &workload.name;
    let mut replicas = entry("replicas", Tree::Number(format!("{name}.replicas"), 0));
    // With a field of its own, every upgrade would undo what the autoscaler decided.
    replicas.when = workload.scaled_by.as_ref().map(|_| When::Is(format!("{name}.scaling.by"), "none".to_owned()));
    let spec = vec![replicas, selector(workload), template(plan, workload)];
    let tree = map! {
        "apiVersion" => "apps/v1",
        "kind" => "Deployment",
        "metadata" => metadata_of(plan, workload, &workload.object),
        "spec" => spec,
    };
    Object::new(format!("{name}/deployment.yaml"), tree)
}

fn stateful_set(plan: &Plan, workload: &Workload) -> Object {
    let name = &workload.name;
    let class = format!("{name}.storage.className");
    let claim = map! {
        "accessModes" => vec!["ReadWriteOnce"],
        "storageClassName" if When::Set(class.clone()) => Tree::knob(class.clone()),
        "resources" => map! { "requests" => map! { "storage" => Tree::knob(format!("{name}.storage.size")) } },
    };
    let claim = map! { "metadata" => map! { "name" => "data" }, "spec" => claim };
    let spec = vec![
        entry("serviceName", &workload.object),
        // The store has one writer. A stateful set never starts a second pod before the first is gone.
        entry("replicas", 1),
        selector(workload),
        template(plan, workload),
        entry("volumeClaimTemplates", vec![claim]),
    ];
    let tree = map! {
        "apiVersion" => "apps/v1",
        "kind" => "StatefulSet",
        "metadata" => metadata_of(plan, workload, &workload.object),
        "spec" => spec,
    };
    Object::new(format!("{name}/statefulset.yaml"), tree)
}

fn test(plan: &Plan, workload: &Workload) -> Object {
    let mut metadata = metadata_of(plan, workload, &workload.object);
    if let Tree::Map(members) = &mut metadata {
        let annotations = map! { "helm.sh/hook" => "test", "helm.sh/hook-delete-policy" => "before-hook-creation,hook-succeeded" };
        members.push(entry("annotations", annotations));
    }
    let tree = map! { "apiVersion" => "v1", "kind" => "Pod", "metadata" => metadata, "spec" => pod::spec(workload) };
    Object::new(format!("tests/{}.yaml", workload.name), tree)
}

fn selector(workload: &Workload) -> crate::tree::Entry {
    entry("selector", map! { "matchLabels" => labels(&workload.selector) })
}

fn template(plan: &Plan, workload: &Workload) -> crate::tree::Entry {
    let mut all = labels(&workload.selector);
    all.push(entry("app.kubernetes.io/component", &workload.name));
    all.push(entry("app.kubernetes.io/part-of", &plan.install.name));
    entry("template", map! { "metadata" => map! { "labels" => all }, "spec" => pod::spec(workload) })
}

fn service(plan: &Plan, workload: &Workload) -> Object {
    let port = |port: &crate::plan::NamedPort| {
        map! {
            "name" => &port.name,
            "port" => i64::from(port.number),
            "targetPort" => &port.name,
            "protocol" => port.protocol.as_str(),
        }
    };
    let tree = map! {
        "apiVersion" => "v1",
        "kind" => "Service",
        "metadata" => metadata_of(plan, workload, &workload.object),
        "spec" => map! {
            "selector" => labels(&workload.selector),
            "ports" => workload.ports.iter().map(port).collect::<Vec<_>>(),
        },
    };
    Object::new(format!("{}/service.yaml", workload.name), tree)
}

fn files(plan: &Plan, workload: &Workload) -> Object {
    let data: Vec<_> = workload.files.iter().map(|(path, text)| entry(pod::file_key(path), text)).collect();
    let tree = map! {
        "apiVersion" => "v1",
        "kind" => "ConfigMap",
        "metadata" => metadata_of(plan, workload, &format!("{}-files", workload.object)),
        "data" => data,
    };
    Object::new(format!("{}/files.yaml", workload.name), tree)
}

fn budget(plan: &Plan, workload: &Workload) -> Option<Object> {
    let most = &workload.disruption.as_ref()?.max_unavailable;
    let tree = map! {
        "apiVersion" => "policy/v1",
        "kind" => "PodDisruptionBudget",
        "metadata" => metadata_of(plan, workload, &workload.object),
        "spec" => map! {
            "maxUnavailable" => most.parse().map_or_else(|_| Tree::text(most), Tree::Int),
            "selector" => map! { "matchLabels" => labels(&workload.selector) },
        },
    };
    Some(Object::new(format!("{}/disruption-budget.yaml", workload.name), tree))
}
