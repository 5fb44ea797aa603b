//! The chart around the workloads: its description, its values, its accounts and its public names.

use super::{
    Files, notes,
    object::{Object, metadata},
};
use crate::{
    plan::{Chart, HostRef, Plan, ProfileValues, PublicName, VolumeRef},
    tree::{Tree, When, entry, map},
    yaml,
};

/// First line of what people open and might edit.
const HEAD: &str = "# Rendered by `ampoule platform render`: change the manifest, not this file.\n";

pub(super) fn files(chart: &Chart) -> Files {
    let install = &chart.install;
    let folder = format!("charts/{}", chart.name);
    let oldest = install.kubernetes.first().map_or("1.30", String::as_str);
    let about = map! {
        "apiVersion" => "v2",
        "name" => &chart.name,
        "description" => &chart.doc,
        "type" => "application",
        "version" => &install.version,
        "appVersion" => &install.version,
        "kubeVersion" => format!(">={oldest}.0-0"),
    };
    let schema = chart.knobs.schema(&format!("Values of the chart {}", chart.name));
    let mut files = Files::from([
        (format!("{folder}/Chart.yaml"), format!("{HEAD}{}", yaml::print(&about))),
        (format!("{folder}/values.yaml"), format!("{HEAD}{}", chart.knobs.file(None))),
        (format!("{folder}/values.schema.json"), format!("{schema:#}\n")),
        (format!("{folder}/templates/NOTES.txt"), notes::text(chart)),
    ]);
    for profile in &chart.profiles {
        files.insert(format!("{folder}/values-{}.yaml", profile.name), values(chart, profile));
    }
    files
}

/// What is about all charts: the namespace, which is nobody's, and the URLs that all of them are told.
pub(super) fn shared(plan: &Plan) -> Files {
    let namespace = map! {
        "apiVersion" => "v1",
        "kind" => "Namespace",
        "metadata" => map! {
            "name" => &plan.install.namespace,
            // Every pod of ours is as restricted as that; one that is not would be refused.
            "labels" => map! { "pod-security.kubernetes.io/enforce" => "restricted" },
        },
    };
    let mut files = Files::from([("cluster/namespace.yaml".to_owned(), yaml::print(&namespace))]);
    let urls: Vec<_> = in_all(plan).map(|name| entry(&name.name, format!("https://{}", name.default))).collect();
    if shares_urls(plan) {
        let text = yaml::print(&map! { "config" => map! { "global" => map! { "url" => urls } } });
        files.insert("charts/urls.yaml".to_owned(), format!("{HEAD}# Every chart gets this file, so that their URLs are equal.\n{text}"));
    }
    files
}

/// Public names whose URL every chart holds.
fn in_all(plan: &Plan) -> impl Iterator<Item = &PublicName> {
    plan.names.iter().filter(|name| plan.charts.iter().all(|chart| name.url_in.contains(&chart.name)))
}

/// Whether there is a file with URLs for all charts.
pub(super) fn shares_urls(plan: &Plan) -> bool {
    plan.charts.len() > 1 && in_all(plan).next().is_some()
}

fn values(chart: &Chart, profile: &ProfileValues) -> String {
    format!("{HEAD}# {}: {}.\n{}", profile.name, profile.doc, chart.knobs.file(Some(&profile.values)))
}

pub(super) fn objects(chart: &Chart) -> Vec<Object> {
    let accounts = chart.accounts.iter().map(|account| {
        let tree = map! {
            "apiVersion" => "v1",
            "kind" => "ServiceAccount",
            "metadata" => metadata(chart, &account.object),
            "automountServiceAccountToken" => false,
        };
        Object::new(format!("accounts/{}.yaml", account.object), tree)
    });
    let volumes = chart.volumes.iter().map(|volume| claim(chart, volume));
    accounts.chain(volumes).chain(chart.hosts.iter().map(|host| ingress(chart, host))).collect()
}

/// Several pods write to it and read it: on several nodes, that is.
fn claim(chart: &Chart, volume: &VolumeRef) -> Object {
    let knob = |leaf: &str| format!("{}.{leaf}", volume.knobs);
    let mut metadata = metadata(chart, &volume.name);
    if let Tree::Map(members) = &mut metadata {
        // What is on it outlives the release.
        members.push(entry("annotations", map! { "helm.sh/resource-policy" => "keep" }));
    }
    let tree = map! {
        "apiVersion" => "v1",
        "kind" => "PersistentVolumeClaim",
        "metadata" => metadata,
        "spec" => map! {
            "accessModes" => vec!["ReadWriteMany"],
            "storageClassName" if When::Set(knob("className")) => Tree::knob(knob("className")),
            "resources" => map! { "requests" => map! { "storage" => Tree::knob(knob("size")) } },
        },
    };
    let object = Object::new(format!("volumes/{}.yaml", volume.name), tree);
    volume.when.iter().cloned().map(When::Set).fold(object, Object::only)
}

fn ingress(chart: &Chart, host: &HostRef) -> Object {
    let path = |leaf: &str| format!("{}.{leaf}", host.knobs);
    let knob = |leaf: &str| Tree::knob(path(leaf));
    let paths = host.paths.iter().map(|(path, service, port)| {
        let backend = map! { "service" => map! { "name" => service, "port" => map! { "name" => port } } };
        map! { "path" => path, "pathType" => "Prefix", "backend" => backend }
    });
    let tree = map! {
        "apiVersion" => "networking.k8s.io/v1",
        "kind" => "Ingress",
        "metadata" => metadata(chart, &host.object),
        "spec" => map! {
            "ingressClassName" if When::Set(path("className")) => knob("className"),
            "rules" => vec![map! { "host" => host.dns.clone(), "http" => map! { "paths" => paths.collect::<Vec<_>>() } }],
            "tls" if When::Set(path("tlsSecret")) => vec![map! { "hosts" => vec![host.dns.clone()], "secretName" => knob("tlsSecret") }],
        },
    };
    Object::new(format!("hosts/{}.yaml", host.object), tree).only(When::Set(path("enabled"))).variant(host.variant.as_ref())
}
