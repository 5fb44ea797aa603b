//! Which knobs a manifest's chart has: those that every chart of its shape has, and those that its components declare.

use serde_json::json;

use crate::{
    knob::{Knob, Knobs, key, pattern},
    manifest::{Component, Host, Kind, Manifest},
    plan::build::uses_secret,
};

/// All knobs of a chart, in the order of its values file.
pub(crate) fn knobs(manifest: &Manifest, chart: &str) -> Knobs {
    let mut knobs = Knobs::default();
    let mut add = |knob| knobs.add(knob);
    let here = |part: &Option<String>| manifest.chart_of(part.as_ref()) == chart;
    let components: Vec<_> =
        manifest.components.iter().filter(|(_, component)| component.kind.installed() && here(&component.chart)).collect();
    let ours = |name: &str| components.iter().any(|(own, _)| *own == name);
    for (name, host) in &manifest.hosts {
        if let Some(knob) = url_knob(chart, name, host) {
            add(Knob::text(knob, format!("{}; the same in every chart", host.doc), format!("https://{}", host.name), pattern::ORIGIN));
        }
    }
    let variants: Vec<_> = manifest.charts.get(chart).iter().flat_map(|chart| &chart.variants).collect();
    if !variants.is_empty() {
        let doc: Vec<_> = variants.iter().map(|(name, doc)| format!("{name}: {}", lower(doc))).collect();
        add(Knob::choice("mode".to_owned(), doc.join("; "), &variants.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>()));
    }
    for (name, image) in &manifest.images {
        if !components.iter().any(|(_, component)| component.image.as_ref() == Some(name)) {
            continue;
        }
        let at = |leaf| format!("images.{}.{leaf}", key(name));
        add(Knob::text(at("repository"), &image.doc, image.repository.as_str(), pattern::REPOSITORY));
        add(Knob::text(
            at("tag"),
            "Its build; TAG@sha256:DIGEST takes that one and no other",
            image.tag.as_ref().unwrap_or(&manifest.install.version).as_str(),
            pattern::TAG,
        ));
        add(Knob::choice(at("pullPolicy"), "When it is fetched", &["IfNotPresent", "Always", "Never"]));
    }
    for (name, component) in &components {
        of_component(&mut add, name, component);
    }
    for (name, volume) in manifest.volumes.iter().filter(|(_, volume)| here(&volume.chart)) {
        if volume.optional {
            add(Knob::flag(format!("volumes.{}.enabled", key(name)), format!("Whether there is a volume: {}", lower(&volume.doc)), false));
        }
        add(Knob::text(
            format!("volumes.{}.size", key(name)),
            format!("Size of the volume: {}", lower(&volume.doc)),
            volume.size.as_str(),
            pattern::QUANTITY,
        ));
        let doc = "Storage class; it must let several pods write. The cluster's default if empty";
        add(Knob::text(format!("volumes.{}.className", key(name)), doc, "", pattern::NAME_OR_NONE));
    }
    let base = manifest.install_order().first().is_some_and(|(first, _)| first == chart);
    let isolated: Vec<_> = components.iter().filter_map(|(name, component)| Some((*name, component.isolation.as_ref()?))).collect();
    if !isolated.is_empty() {
        let doc =
            "Whose network policies: kubernetes for every network that enforces them, calico for Calico's own, with order and refusal";
        if isolated.iter().any(|(_, isolation)| isolation.stored_form) {
            let doc = format!("{doc}; calico-stored is that in the form that Calico stores and nobody validates");
            add(Knob::choice("network.policy".to_owned(), doc, &["kubernetes", "calico", "calico-stored"]));
        } else {
            add(Knob::choice("network.policy".to_owned(), doc, &["kubernetes", "calico"]));
        }
    }
    for (name, _) in isolated.iter().filter(|(_, isolation)| !isolation.denied_nets.is_empty()) {
        let doc = "Whether it may dial port 443 of the internet; private networks stay closed";
        add(Knob::flag(format!("{}.internet", key(name)), doc, false));
    }
    if base && manifest.components.values().any(|component| component.kind == Kind::Cluster) {
        let doc = "Whether pods that are not isolated may dial, outside the namespace, what the manifest lists and nothing else";
        add(Knob::flag("network.connectivity".to_owned(), doc, true));
    }
    for (name, component) in &manifest.components {
        let linked = |from: &str, to: &str| manifest.connections.iter().any(|link| link.from == from && link.to == to);
        let near = components.iter().any(|(own, about)| about.isolation.is_some() && (linked(own, name) || linked(name, own)));
        let collects =
            manifest.signals.values().any(|signal| signal.collector == *name && signal.monitor.is_some() && ours(&signal.component));
        if let Some(namespace) = component.pods.as_ref().and_then(|pods| pods.namespace.as_ref())
            && (near || collects)
        {
            let doc = format!("Namespace of {name}: {}", lower(&component.doc));
            add(Knob::text(format!("network.{}", namespace_knob(name)), doc, namespace.as_str(), pattern::LABEL));
        }
        if let Some(host) = component.host.as_ref().filter(|host| host.nets_knob && near) {
            let doc = format!("Where {name} is, as networks such as 192.0.2.0/24; nobody is let through while there are none");
            add(Knob::texts(nets_knob(name), doc, &host.nets, pattern::NET));
        }
    }
    let signals: Vec<_> = manifest.signals.values().filter(|signal| ours(&signal.component)).collect();
    let scraped: Vec<_> = components.iter().filter_map(|(name, component)| Some((*name, component, component.scrape.as_ref()?))).collect();
    if !signals.is_empty() || !scraped.is_empty() {
        let with = scraped
            .iter()
            .find_map(|(name, component, scrape)| Some(format!("{}.{}", key(name), component.ports.get(&scrape.port)?.when.as_ref()?)));
        let doc = match (scraped.is_empty(), with) {
            (true, _) => "Whether there are ServiceMonitor objects; needs the Prometheus operator".to_owned(),
            (false, None) => "Whether there are ServiceMonitor and PodMonitor objects; needs the Prometheus operator".to_owned(),
            (false, Some(switch)) => {
                format!("Whether there are ServiceMonitor objects, and PodMonitor ones with {switch}; needs the Prometheus operator")
            }
        };
        add(Knob::flag("monitoring.serviceMonitor", doc, false));
        let labels = signals.iter().find_map(|signal| signal.monitor.as_ref()).map(|place| place.labels.clone()).unwrap_or_default();
        add(Knob::labels(
            "monitoring.labels",
            if scraped.is_empty() {
                "Labels of ServiceMonitor and PrometheusRule objects by which Prometheus finds them"
            } else {
                "Labels of ServiceMonitor, PodMonitor and PrometheusRule objects by which Prometheus finds them"
            },
            json!(labels),
        ));
    }
    if base && !manifest.alerts.is_empty() {
        add(Knob::flag("monitoring.rules", "Whether there is a PrometheusRule with the alerts; needs the Prometheus operator", false));
    }
    if base && !manifest.dashboards.is_empty() {
        add(Knob::flag("monitoring.dashboards", "Whether there are ConfigMaps with the dashboards, for Grafana's sidecar", false));
        let doc = "Labels by which Grafana's sidecar finds them";
        add(Knob::labels("monitoring.dashboardLabels", doc, json!({"grafana_dashboard": "1"})));
    }
    if let Some(url) = prometheus_url(manifest).filter(|_| components.iter().any(|(_, component)| component.scaling.is_some())) {
        add(Knob::text("monitoring.prometheusUrl", "Prometheus as KEDA reaches it", url, pattern::URL));
    }
    for (name, secret) in &manifest.secrets {
        if components.iter().any(|(_, component)| uses_secret(component, name)) {
            let object = secret.object.clone().unwrap_or_else(|| format!("{}-{name}", manifest.chart_of(None)));
            let doc = format!("Name of the Secret, which you make: {}", lower(&secret.doc));
            add(Knob::text(format!("secrets.{}", key(name)), doc, object, pattern::NAME));
        }
    }
    for (name, host) in &manifest.hosts {
        if !host.is_plain() || !host.routes.iter().any(|route| ours(&route.component)) {
            continue;
        }
        let at = |leaf| format!("hosts.{}.{leaf}", key(name));
        add(Knob::flag(at("enabled"), "Whether there is an Ingress for it", false));
        if url_knob(chart, name, host).is_none() {
            add(Knob::text(at("name"), &host.doc, host.name.as_str(), pattern::NAME));
        }
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
    format!("{}Namespace", key(component))
}

/// The knob with the addresses of a host.
pub(super) fn nets_knob(component: &str) -> String {
    format!("network.{}Nets", key(component))
}

/// The knob with the URL of a host, in charts that hold it.
pub(super) fn url_knob(chart: &str, name: &str, host: &Host) -> Option<String> {
    host.url_in.iter().any(|holder| holder == chart).then(|| format!("config.global.url.{}", key(name)))
}

fn of_component(add: &mut impl FnMut(Knob), name: &str, component: &Component) {
    let at = |leaf: &str| format!("{}.{leaf}", key(name));
    for (knob, spec) in &component.knobs {
        add(match &spec.default {
            serde_json::Value::Bool(on) => Knob::flag(at(knob), &spec.doc, *on),
            serde_json::Value::Object(_) => Knob::map(at(knob), &spec.doc, spec.default.clone()),
            serde_json::Value::String(text) => Knob::text(at(knob), &spec.doc, text.as_str(), spec.pattern.as_deref().unwrap_or_default()),
            // The checks have seen that it is an integer with a range.
            default => {
                let number = |value: Option<i64>| value.unwrap_or_default();
                Knob::integer(at(knob), &spec.doc, number(default.as_i64()), number(spec.min), number(spec.max))
            }
        });
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
        add(Knob::labels(at("nodeSelector"), "Labels of the nodes that it may run on", json!({})));
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
pub(crate) fn lower(doc: &str) -> String {
    // An acronym or a name with two capitals stays as it is.
    let capitals = doc.split([' ', ',']).next().unwrap_or_default().chars().filter(|letter| letter.is_uppercase()).count();
    match doc.chars().collect::<Vec<_>>()[..] {
        [first, second, ..] if first.is_uppercase() && !second.is_uppercase() && capitals < 2 => {
            first.to_lowercase().chain(doc.chars().skip(1)).collect()
        }
        _ => doc.to_owned(),
    }
}
