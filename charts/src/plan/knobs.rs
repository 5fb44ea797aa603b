//! Which knobs a manifest's chart has: those that every chart of its shape has, and those that its components declare.

use serde_json::json;

use crate::{
    knob::{Knob, Knobs, pattern},
    manifest::{Component, Kind, Manifest},
};

/// All knobs, in the order of the values file.
pub(crate) fn knobs(manifest: &Manifest) -> Knobs {
    let mut knobs = Knobs::default();
    let mut add = |knob| knobs.add(knob);
    for (name, image) in &manifest.images {
        let at = |leaf| format!("images.{name}.{leaf}");
        add(Knob::text(at("repository"), &image.doc, image.repository.as_str(), pattern::REPOSITORY));
        add(Knob::text(at("tag"), "Its build", image.tag.as_ref().unwrap_or(&manifest.install.version).as_str(), pattern::TAG));
        add(Knob::choice(at("pullPolicy"), "When it is fetched", &["IfNotPresent", "Always", "Never"]));
    }
    for (name, component) in &manifest.components {
        if component.kind != Kind::External {
            of_component(&mut add, name, component);
        }
    }
    if manifest.components.values().any(|component| component.isolation.is_some()) {
        let doc =
            "Whose network policies: kubernetes for every network that enforces them, calico for Calico's own, with order and refusal";
        add(Knob::choice("network.policy", doc, &["kubernetes", "calico"]));
    }
    for (name, component) in &manifest.components {
        if let Some(namespace) = component.pods.as_ref().and_then(|pods| pods.namespace.as_ref()) {
            let doc = format!("Namespace of {name}: {}", lower(&component.doc));
            add(Knob::text(format!("network.{}", namespace_knob(name)), doc, namespace.as_str(), pattern::LABEL));
        }
    }
    if !manifest.signals.is_empty() {
        add(Knob::flag("monitoring.serviceMonitor", "Whether there are ServiceMonitor objects; needs the Prometheus operator", false));
        add(Knob::labels("monitoring.labels", "Labels of the ServiceMonitor objects by which Prometheus finds them"));
    }
    if let Some(url) = prometheus_url(manifest) {
        add(Knob::text("monitoring.prometheusUrl", "Prometheus as KEDA reaches it", url, pattern::URL));
    }
    for (name, secret) in &manifest.secrets {
        let object = format!("{}-{name}", manifest.install.name);
        let doc = format!("Name of the Secret, which you make: {}", lower(&secret.doc));
        add(Knob::text(format!("secrets.{name}"), doc, object, pattern::NAME));
    }
    for (name, host) in &manifest.hosts {
        let at = |leaf| format!("hosts.{name}.{leaf}");
        add(Knob::flag(at("enabled"), "Whether there is an Ingress for it", false));
        add(Knob::text(at("name"), &host.doc, host.name.as_str(), pattern::NAME));
        add(Knob::text(at("className"), "Ingress class; the cluster's default if empty", "", pattern::NAME_OR_NONE));
        add(Knob::text(
            at("tlsSecret"),
            "Secret with its certificate; without one, keys would cross the network in clear",
            "",
            pattern::NAME_OR_NONE,
        ));
    }
    knobs
}

/// The knob with the namespace of an external component.
pub(super) fn namespace_knob(component: &str) -> String {
    format!("{component}Namespace")
}

fn of_component(add: &mut impl FnMut(Knob), name: &str, component: &Component) {
    let at = |leaf: &str| format!("{name}.{leaf}");
    for (knob, spec) in &component.knobs {
        add(Knob::integer(at(knob), &spec.doc, spec.default, spec.min, spec.max));
    }
    if component.kind == Kind::Deployment {
        let min = component.scaling.as_ref().map_or(1, |scaling| scaling.min.max(1));
        let doc = if component.scaling.is_some() { "How many, when scaling.by is none" } else { "How many" };
        add(Knob::integer(at("replicas"), doc, min, 0, 10_000));
    }
    if let Some(scaling) = &component.scaling {
        let doc = "Who sets the number of replicas: none, hpa (needs an external metrics adapter) or keda (needs KEDA)";
        add(Knob::choice(at("scaling.by"), doc, &["none", "hpa", "keda"]));
        add(Knob::integer(at("scaling.min"), "Fewest replicas", scaling.min, 1, 10_000));
        add(Knob::integer(at("scaling.max"), "Most replicas", scaling.max, 1, 10_000));
        let doc = format!("How much of {} one replica is there for", scaling.signal);
        add(Knob::integer(at("scaling.perReplica"), doc, scaling.per_replica, 1, 1_000_000));
        let doc = "How long there must have been too many before there are fewer, in seconds";
        add(Knob::integer(at("scaling.scaleDownSeconds"), doc, scaling.scale_down_seconds, 0, 3600));
    }
    if let Some(storage) = &component.storage {
        add(Knob::text(at("storage.size"), "Size of the volume", storage.size.as_str(), pattern::QUANTITY));
        add(Knob::text(at("storage.className"), "Storage class; the cluster's default if empty", "", pattern::NAME_OR_NONE));
    }
    if let Some(resources) = &component.resources {
        let given = json!({"requests": {"cpu": resources.cpu, "memory": resources.memory}, "limits": {"memory": resources.memory}});
        add(Knob::map(at("resources"), &resources.doc, given));
    }
    if component.kind != Kind::Test {
        add(Knob::labels(at("nodeSelector"), "Labels of the nodes that it may run on"));
        add(Knob::list(at("tolerations"), "Taints of nodes that it may run on all the same"));
    }
}

/// Where the first signal's collector is reached by name.
fn prometheus_url(manifest: &Manifest) -> Option<String> {
    manifest.components.values().find(|component| component.scaling.is_some())?;
    let collector = manifest.components.get(&manifest.signals.values().next()?.collector)?;
    let pods = collector.pods.as_ref()?;
    let (service, port) = (pods.service.as_ref()?, collector.ports.values().next()?.number);
    let namespace = pods.namespace.as_ref().unwrap_or(&manifest.install.namespace);
    Some(format!("http://{service}.{namespace}.svc:{port}"))
}

/// As the second half of a sentence.
fn lower(doc: &str) -> String {
    // An acronym stays as it is.
    match doc.chars().collect::<Vec<_>>()[..] {
        [first, second, ..] if first.is_uppercase() && !second.is_uppercase() => first.to_lowercase().chain(doc.chars().skip(1)).collect(),
        _ => doc.to_owned(),
    }
}
