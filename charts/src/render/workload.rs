//! What runs: the workload, and the service, the files and the disruption budget that belong to it.

use super::{
    object::{Object, PART_OF, labels, metadata_of, own_labels},
    pod,
};
use crate::{
    manifest::Kind,
    plan::{Chart, Workload},
    tree::{Part, Tree, When, entry, list, map},
};

/// What a job waits for may take some minutes to come: 10 s, 20 s, … up to 6 minutes between attempts.
const JOB_RETRIES: i64 = 8;

pub(super) fn objects(chart: &Chart, workload: &Workload) -> Vec<Object> {
    let mut objects = vec![match workload.kind {
        Kind::StatefulSet => stateful_set(chart, workload),
        Kind::Test => test(chart, workload),
        Kind::Job => job(chart, workload),
        Kind::CronJob => cron_job(chart, workload),
        _ => deployment(chart, workload),
    }];
    objects.extend(service(chart, workload));
    objects.extend((!workload.files.is_empty()).then(|| files(chart, workload)));
    objects.extend(budget(chart, workload));
    objects.into_iter().map(|object| object.variant(workload.variant.as_ref())).collect()
}

fn deployment(chart: &Chart, workload: &Workload) -> Object {
    let name = &workload.name;
    let mut replicas = entry("replicas", Tree::Number(format!("{}.replicas", workload.knobs), 0));
    // With a field of its own, every upgrade would undo what the autoscaler decided.
    replicas.when = workload.scaled_by.as_ref().map(|_| When::Is(format!("{}.scaling.by", workload.knobs), "none".to_owned()));
    let spec = vec![replicas, selector(workload), template(chart, workload)];
    let tree = map! {
        "apiVersion" => "apps/v1",
        "kind" => "Deployment",
        "metadata" => metadata_of(chart, workload, &workload.object),
        "spec" => spec,
    };
    Object::new(format!("{name}/deployment.yaml"), tree)
}

fn stateful_set(chart: &Chart, workload: &Workload) -> Object {
    let name = &workload.name;
    let class = format!("{}.storage.className", workload.knobs);
    let claim = map! {
        "accessModes" => vec!["ReadWriteOnce"],
        "storageClassName" if When::Set(class.clone()) => Tree::knob(class.clone()),
        "resources" => map! { "requests" => map! { "storage" => Tree::knob(format!("{}.storage.size", workload.knobs)) } },
    };
    let claim = map! { "metadata" => map! { "name" => "data" }, "spec" => claim };
    let spec = vec![
        entry("serviceName", &workload.object),
        // The store has one writer. A stateful set never starts a second pod before the first is gone.
        entry("replicas", 1),
        selector(workload),
        template(chart, workload),
        entry("volumeClaimTemplates", vec![claim]),
    ];
    let tree = map! {
        "apiVersion" => "apps/v1",
        "kind" => "StatefulSet",
        "metadata" => metadata_of(chart, workload, &workload.object),
        "spec" => spec,
    };
    Object::new(format!("{name}/statefulset.yaml"), tree)
}

fn test(chart: &Chart, workload: &Workload) -> Object {
    let mut metadata = metadata_of(chart, workload, &workload.object);
    if let Tree::Map(members) = &mut metadata {
        let annotations = map! { "helm.sh/hook" => "test", "helm.sh/hook-delete-policy" => "before-hook-creation,hook-succeeded" };
        members.push(entry("annotations", annotations));
    }
    let tree = map! { "apiVersion" => "v1", "kind" => "Pod", "metadata" => metadata, "spec" => pod::spec(workload) };
    Object::new(format!("tests/{}.yaml", workload.name), tree)
}

/// Jobs cannot be changed: each upgrade makes a new one, and Helm takes the old one away.
fn job(chart: &Chart, workload: &Workload) -> Object {
    let name = Tree::Text(vec![Part::Literal(format!("{}-", workload.object)), Part::Revision]);
    let tree = map! {
        "apiVersion" => "batch/v1",
        "kind" => "Job",
        "metadata" => metadata_of(chart, workload, name),
        "spec" => vec![entry("backoffLimit", JOB_RETRIES), template(chart, workload)],
    };
    Object::new(format!("{}/job.yaml", workload.name), tree)
}

/// One at a time: what is late is left out, not made up for.
fn cron_job(chart: &Chart, workload: &Workload) -> Object {
    let job = vec![entry("backoffLimit", 1), template(chart, workload)];
    let tree = map! {
        "apiVersion" => "batch/v1",
        "kind" => "CronJob",
        "metadata" => metadata_of(chart, workload, &workload.object),
        "spec" => map! {
            "schedule" => workload.schedule.as_deref().unwrap_or_default(),
            "concurrencyPolicy" => "Forbid",
            "jobTemplate" => map! { "spec" => job },
        },
    };
    Object::new(format!("{}/cronjob.yaml", workload.name), tree)
}

fn selector(workload: &Workload) -> crate::tree::Entry {
    entry("selector", map! { "matchLabels" => labels(&workload.selector) })
}

fn template(chart: &Chart, workload: &Workload) -> crate::tree::Entry {
    let mut all = own_labels(workload);
    all.push(entry(PART_OF, &chart.install.name));
    entry("template", map! { "metadata" => map! { "labels" => all }, "spec" => pod::spec(workload) })
}

/// Of the ports that somebody may dial by the service's name.
fn service(chart: &Chart, workload: &Workload) -> Option<Object> {
    let served = workload.ports.iter().filter(|port| workload.scraped.as_ref() != Some(&port.name));
    let port = |port: &crate::plan::NamedPort| {
        map! {
            "name" => &port.name,
            "port" => i64::from(port.number),
            "targetPort" => &port.name,
            "protocol" => port.protocol.as_str(),
        }
        .when(port.when.as_ref())
    };
    let served: Vec<_> = served.map(port).collect();
    if served.is_empty() {
        return None;
    }
    let mut ports = list("ports", served);
    let when = ports.when.take();
    let tree = map! {
        "apiVersion" => "v1",
        "kind" => "Service",
        "metadata" => metadata_of(chart, workload, &workload.object),
        "spec" => vec![entry("selector", labels(&workload.selector)), ports],
    };
    // A service without ports is none.
    let object = Object::new(format!("{}/service.yaml", workload.name), tree);
    Some(when.into_iter().fold(object, Object::only))
}

fn files(chart: &Chart, workload: &Workload) -> Object {
    let data: Vec<_> = workload.files.iter().map(|(path, text)| entry(pod::file_key(path), text)).collect();
    let tree = map! {
        "apiVersion" => "v1",
        "kind" => "ConfigMap",
        "metadata" => metadata_of(chart, workload, format!("{}-files", workload.object)),
        "data" => data,
    };
    Object::new(format!("{}/files.yaml", workload.name), tree)
}

fn budget(chart: &Chart, workload: &Workload) -> Option<Object> {
    let most = &workload.disruption.as_ref()?.max_unavailable;
    let tree = map! {
        "apiVersion" => "policy/v1",
        "kind" => "PodDisruptionBudget",
        "metadata" => metadata_of(chart, workload, &workload.object),
        "spec" => map! {
            "maxUnavailable" => most.parse().map_or_else(|_| Tree::text(most), Tree::Int),
            "selector" => map! { "matchLabels" => labels(&workload.selector) },
        },
    };
    Some(Object::new(format!("{}/disruption-budget.yaml", workload.name), tree))
}
