//! The chart around the workloads: its description, its values, its accounts and its public names.

use super::{
    Files, notes,
    object::{Object, metadata},
};
use crate::{
    plan::{HostRef, Plan, ProfileValues},
    tree::{Tree, When, map},
    yaml,
};

/// First line of what people open and might edit.
const HEAD: &str = "# Rendered by `ampoule platform render`: change the manifest, not this file.\n";

pub(super) fn files(plan: &Plan) -> Files {
    let install = &plan.install;
    let chart = format!("charts/{}", install.name);
    let oldest = install.kubernetes.first().map_or("1.30", String::as_str);
    let about = map! {
        "apiVersion" => "v2",
        "name" => &install.name,
        "description" => &install.doc,
        "type" => "application",
        "version" => &install.version,
        "appVersion" => &install.version,
        "kubeVersion" => format!(">={oldest}.0-0"),
    };
    let schema = plan.knobs.schema(&format!("Values of the chart {}", install.name));
    let mut files = Files::from([
        (format!("{chart}/Chart.yaml"), format!("{HEAD}{}", yaml::print(&about))),
        (format!("{chart}/values.yaml"), format!("{HEAD}{}", plan.knobs.file(None))),
        (format!("{chart}/values.schema.json"), format!("{schema:#}\n")),
        (format!("{chart}/templates/NOTES.txt"), notes::text(plan)),
    ]);
    for profile in &plan.profiles {
        files.insert(format!("{chart}/values-{}.yaml", profile.name), values(plan, profile));
    }
    files
}

fn values(plan: &Plan, profile: &ProfileValues) -> String {
    format!("{HEAD}# {}: {}.\n{}", profile.name, profile.doc, plan.knobs.file(Some(&profile.values)))
}

pub(super) fn objects(plan: &Plan) -> Vec<Object> {
    let accounts = plan.accounts.iter().map(|account| {
        let tree = map! {
            "apiVersion" => "v1",
            "kind" => "ServiceAccount",
            "metadata" => metadata(plan, &account.object),
            "automountServiceAccountToken" => false,
        };
        Object::new(format!("accounts/{}.yaml", account.object), tree)
    });
    accounts.chain(plan.hosts.iter().map(|host| ingress(plan, host))).collect()
}

fn ingress(plan: &Plan, host: &HostRef) -> Object {
    let path = |leaf: &str| format!("{}.{leaf}", host.knobs);
    let knob = |leaf: &str| Tree::knob(path(leaf));
    let backend = map! { "service" => map! { "name" => &host.service, "port" => map! { "name" => &host.port } } };
    let paths = host.paths.iter().map(|path| map! { "path" => path, "pathType" => "Prefix", "backend" => backend.clone() });
    let tree = map! {
        "apiVersion" => "networking.k8s.io/v1",
        "kind" => "Ingress",
        "metadata" => metadata(plan, &host.object),
        "spec" => map! {
            "ingressClassName" if When::Set(path("className")) => knob("className"),
            "rules" => vec![map! { "host" => knob("name"), "http" => map! { "paths" => paths.collect::<Vec<_>>() } }],
            "tls" if When::Set(path("tlsSecret")) => vec![map! { "hosts" => vec![knob("name")], "secretName" => knob("tlsSecret") }],
        },
    };
    Object::new(format!("hosts/{}.yaml", host.object), tree).only(When::Set(path("enabled")))
}
