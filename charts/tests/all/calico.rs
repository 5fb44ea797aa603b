//! Calico's policies, strictly, as its documentation lists the fields of `NetworkPolicy`: nothing here has Calico's own API server to ask, which would
//! refuse an unknown field, and `crd.projectcalico.org/v1` would even keep it.

use serde::Deserialize;
use serde_json::Value;

use crate::{objects::objects_of, plan_of};

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Policy {
    #[serde(rename = "apiVersion")]
    version: String,
    kind: String,
    metadata: Value,
    spec: Spec,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Spec {
    order: f64,
    selector: String,
    types: Vec<Direction>,
    #[serde(default)]
    ingress: Vec<Rule>,
    #[serde(default)]
    egress: Vec<Rule>,
    #[serde(rename = "serviceAccountSelector")]
    _account: Option<String>,
    #[serde(rename = "tier")]
    _tier: Option<String>,
}

#[derive(Deserialize, PartialEq)]
enum Direction {
    Ingress,
    Egress,
}

#[derive(Deserialize)]
enum Action {
    Allow,
    Deny,
    Log,
    Pass,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Rule {
    #[serde(rename = "action")]
    _action: Action,
    protocol: Option<String>,
    #[serde(rename = "ipVersion")]
    _ip: Option<u8>,
    #[serde(default)]
    source: Entity,
    #[serde(default)]
    destination: Entity,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Entity {
    #[serde(default)]
    nets: Vec<String>,
    #[serde(default)]
    not_nets: Vec<String>,
    selector: Option<String>,
    #[serde(rename = "notSelector")]
    _not_selector: Option<String>,
    namespace_selector: Option<String>,
    #[serde(default)]
    ports: Vec<u16>,
}

/// Why the object is none that Calico takes.
fn wrong(object: &Value) -> Option<String> {
    let policy: Policy = match serde_json::from_value(object.clone()) {
        Ok(policy) => policy,
        Err(error) => return Some(error.to_string()),
    };
    let spec = &policy.spec;
    let wrong = |text: &str| Some(text.to_owned());
    if policy.kind != "NetworkPolicy" || !policy.version.contains("projectcalico.org/") || policy.metadata["name"].as_str().is_none() {
        return wrong("no policy of Calico's");
    }
    if spec.types.is_empty() || spec.order <= 0.0 || !selects(&spec.selector) {
        return wrong("no types, no order, or no selector");
    }
    if !spec.ingress.is_empty() && !spec.types.contains(&Direction::Ingress)
        || !spec.egress.is_empty() && !spec.types.contains(&Direction::Egress)
    {
        return wrong("rules of a type that is not listed are never looked at");
    }
    for rule in spec.ingress.iter().chain(&spec.egress) {
        if rule.protocol.as_ref().is_some_and(|protocol| !["TCP", "UDP", "SCTP", "ICMP", "ICMPv6", "UDPLite"].contains(&protocol.as_str()))
        {
            return wrong("no such protocol");
        }
        for entity in [&rule.source, &rule.destination] {
            // "Rules that specify ports must set protocol to TCP, UDP or SCTP."
            if !entity.ports.is_empty() && !matches!(rule.protocol.as_deref(), Some("TCP" | "UDP" | "SCTP")) {
                return wrong("ports without a protocol that has them");
            }
            if entity.nets.iter().chain(&entity.not_nets).any(|net| {
                net.split_once('/').is_none_or(|(ip, bits)| ip.parse::<std::net::IpAddr>().is_err() || bits.parse::<u8>().is_err())
            }) {
                return wrong("no network");
            }
            if [&entity.selector, &entity.namespace_selector].into_iter().flatten().any(|selector| !selects(selector)) {
                return wrong("no selector");
            }
        }
    }
    None
}

/// `all()`, or comparisons of labels with quoted values.
fn selects(selector: &str) -> bool {
    let quoted = |value: &str| value.len() > 2 && value.starts_with('\'') && value.ends_with('\'') && value.matches('\'').count() == 2;
    let label = |name: &str| !name.is_empty() && name.chars().all(|c| c.is_ascii_alphanumeric() || "./-_".contains(c));
    selector == "all()"
        || selector.split(" && ").all(|term| term.split_once(" == ").is_some_and(|(name, value)| label(name) && quoted(value)))
}

fn rendered() -> Vec<Value> {
    let mut all = Vec::new();
    for chart in ["ampoule", "twinit"].into_iter().flat_map(|name| plan_of(name).charts) {
        for policy in ["calico", "calico-stored"] {
            let mut also: Vec<(&str, Value)> = vec![("network.policy", policy.into())];
            let switches: Vec<_> =
                chart.knobs.iter().filter(|knob| knob.default == Value::Bool(false)).map(|knob| knob.path.clone()).collect();
            also.extend(switches.iter().map(|path| (path.as_str(), true.into())));
            // Without a network named, there is no policy for a bucket.
            also.push(("network.bucketNets", serde_json::json!(["192.0.2.0/24", "198.51.100.7/32"])));
            for mode in ["default", "fleet", "standalone"] {
                let also: Vec<_> = also.iter().cloned().chain([("mode", mode.into())]).collect();
                all.extend(objects_of(&chart, None, &also).into_iter().filter(|object| object["kind"] == "NetworkPolicy"));
            }
        }
    }
    all.retain(|object| object["apiVersion"] != "networking.k8s.io/v1");
    all
}

#[test]
fn calico_would_take_every_policy() {
    let all = rendered();
    assert!(all.len() > 12, "{}", all.len());
    for what in ["bucket", "internet", "prometheus"] {
        assert!(all.iter().any(|object| object["metadata"]["name"] == format!("ampoule-worker-{what}")), "{what}");
    }
    for object in &all {
        assert_eq!(wrong(object), None, "{object:#}");
    }
}

#[test]
fn a_policy_that_calico_would_not_take_is_seen() {
    let right = rendered().into_iter().find(|object| object["spec"]["egress"][0]["destination"]["ports"].is_array()).unwrap();
    assert_eq!(wrong(&right), None);
    let mutants: [fn(&mut Value); 10] = [
        |object| object["spec"]["ordr"] = 1.into(),
        |object| object["spec"]["egress"][0]["action"] = "allow".into(),
        |object| object["spec"]["egress"][0]["protocol"] = "UPD".into(),
        |object| drop(object["spec"]["egress"][0].as_object_mut().unwrap().remove("protocol")),
        |object| object["spec"]["egress"][0]["destination"]["port"] = 53.into(),
        |object| object["spec"]["egress"][0]["destination"]["ports"][0] = 70_000.into(),
        |object| object["spec"]["types"] = serde_json::json!(["Ingress"]),
        |object| object["spec"]["types"][0] = "ingress".into(),
        |object| object["spec"]["selector"] = "app = 'worker'".into(),
        |object| object["spec"]["egress"][0]["destination"]["nets"] = serde_json::json!(["10.0.0.0"]),
    ];
    for (index, mutate) in mutants.iter().enumerate() {
        let mut mutant = right.clone();
        mutate(&mut mutant);
        assert!(wrong(&mutant).is_some(), "mutant {index} is taken");
    }
}
