//! May A reach B? Evaluates the rendered policies as the two kinds of networks do, without looking at the manifest.

use serde_json::{Value, json};

use crate::objects::{objects, selects};

/// A pod that takes part: namespace and labels.
#[derive(Clone, Debug)]
struct Pod {
    name: &'static str,
    namespace: &'static str,
    labels: Value,
}

fn pods() -> Vec<Pod> {
    let ours = |name: &str| json!({"app.kubernetes.io/name": name, "app.kubernetes.io/instance": "ampoule"});
    let pod = |name, namespace, labels| Pod { name, namespace, labels };
    vec![
        pod("worker", "jobs", ours("ampoule-worker")),
        pod("manager", "jobs", ours("ampoule-manager")),
        pod("smoke", "jobs", ours("ampoule-smoke")),
        pod("client", "jobs", json!({"ampoule-client": "true"})),
        pod("neighbour", "jobs", json!({"app": "web"})),
        pod("dns", "kube-system", json!({"k8s-app": "kube-dns"})),
        pod("api server", "kube-system", json!({"component": "kube-apiserver"})),
        pod("prometheus", "monitoring", json!({"app.kubernetes.io/name": "prometheus"})),
        pod("ingress", "ingress-nginx", json!({"app.kubernetes.io/component": "controller"})),
        // Looks like ours, from elsewhere.
        pod("impostor", "elsewhere", ours("ampoule-worker")),
        pod("database", "elsewhere", json!({"app": "postgres"})),
    ]
}

/// Networks that enforce `networking.k8s.io/v1`: policies only add; who is selected by none is open.
fn kubernetes(policies: &[Value], from: &Pod, to: &Pod, port: u64, protocol: &str) -> bool {
    let side = |pod: &Pod, other: &Pod, kind: &str, rules: &str, peer: &str| {
        let mine: Vec<_> = policies
            .iter()
            .filter(|policy| pod.namespace == "jobs" && selects(&policy["spec"]["podSelector"]["matchLabels"], &pod.labels))
            .filter(|policy| policy["spec"]["policyTypes"].as_array().unwrap().contains(&kind.into()))
            .collect();
        mine.is_empty()
            || mine.iter().flat_map(|policy| policy["spec"][rules].as_array().unwrap()).any(|rule| {
                let peers = rule[peer].as_array().unwrap();
                let ports = rule["ports"].as_array().unwrap();
                peers.iter().any(|peer| {
                    let namespace = match peer.get("namespaceSelector") {
                        None => other.namespace == "jobs",
                        Some(selector) => selects(&selector["matchLabels"], &json!({"kubernetes.io/metadata.name": other.namespace})),
                    };
                    namespace && selects(&peer["podSelector"]["matchLabels"], &other.labels)
                }) && ports.iter().any(|own| own["port"] == port && own["protocol"] == protocol)
            })
    };
    side(from, to, "Egress", "egress", "to") && side(to, from, "Ingress", "ingress", "from")
}

/// Calico: the first rule that matches decides; who is selected and meets none is refused.
fn calico(policies: &[Value], from: &Pod, to: &Pod, port: u64, protocol: &str) -> bool {
    let side = |pod: &Pod, kind: &str, rules: &str| {
        let mine: Vec<_> = policies
            .iter()
            .filter(|policy| pod.namespace == "jobs" && expression(policy["spec"]["selector"].as_str().unwrap(), &pod.labels))
            .filter(|policy| policy["spec"]["types"].as_array().unwrap().contains(&kind.into()))
            .collect();
        let matches = |rule: &Value| {
            let entity = |entity: &Value, other: &Pod| {
                let namespace = match entity["namespaceSelector"].as_str() {
                    Some(selector) => expression(selector, &json!({"kubernetes.io/metadata.name": other.namespace})),
                    None => entity["selector"].is_null() || other.namespace == "jobs",
                };
                let ports = entity["ports"].as_array().is_none_or(|ports| ports.contains(&port.into()));
                namespace && entity["selector"].as_str().is_none_or(|selector| expression(selector, &other.labels)) && ports
            };
            rule["protocol"].as_str().is_none_or(|own| own == protocol) && entity(&rule["source"], from) && entity(&rule["destination"], to)
        };
        let verdict = mine.iter().flat_map(|policy| policy["spec"][rules].as_array().into_iter().flatten()).find(|rule| matches(rule));
        mine.is_empty() || verdict.is_some_and(|rule| rule["action"] == "Allow")
    };
    side(from, "Egress", "egress") && side(to, "Ingress", "ingress")
}

/// The part of Calico's selector language that is rendered.
fn expression(selector: &str, labels: &Value) -> bool {
    selector == "all()"
        || selector.split(" && ").all(|term| {
            let (name, value) = term.split_once(" == ").unwrap();
            labels[name] == value.trim_matches('\'')
        })
}

fn policies(kind: &str) -> Vec<Value> {
    let policies = policies_with(kind, &[]);
    assert_eq!(policies.len(), 3, "{kind}");
    policies
}

fn policies_with(kind: &str, also: &[(&str, Value)]) -> Vec<Value> {
    let version = if kind == "calico" { "projectcalico.org/v3" } else { "networking.k8s.io/v1" };
    let all = objects(None, &[&[("network.policy", kind.into())][..], also].concat());
    let mut policies: Vec<_> = all.into_iter().filter(|object| object["kind"] == "NetworkPolicy").collect();
    assert!(policies.iter().all(|policy| policy["apiVersion"] == version), "{kind}");
    policies.sort_by_key(|policy| policy["spec"]["order"].as_i64());
    policies
}

/// Every pair of pods, on every port that somebody listens on.
fn reached(may: impl Fn(&Pod, &Pod, u64, &str) -> bool) -> Vec<String> {
    let pods = pods();
    let ports = [(53, "UDP"), (53, "TCP"), (8080, "TCP"), (8080, "UDP"), (9090, "TCP"), (9464, "TCP"), (5432, "TCP"), (443, "TCP")];
    let mut reached = Vec::new();
    for from in &pods {
        for to in pods.iter().filter(|to| to.name != from.name) {
            for (port, protocol) in ports {
                if may(from, to, port, protocol) {
                    reached.push(format!("{} → {} {port}/{protocol}", from.name, to.name));
                }
            }
        }
    }
    reached
}

fn about(reached: &[String], name: &str) -> Vec<String> {
    let (out, inward) = (format!("{name} → "), format!(" → {name} "));
    reached.iter().filter(|line| line.starts_with(&out) || line.contains(&inward)).cloned().collect()
}

#[test]
fn a_worker_reaches_dns_and_the_manager_and_is_reached_by_nobody() {
    let policies = policies("kubernetes");
    let reached = reached(|from, to, port, protocol| kubernetes(&policies, from, to, port, protocol));
    assert_eq!(about(&reached, "worker"), ["worker → manager 8080/TCP", "worker → dns 53/UDP", "worker → dns 53/TCP"]);
    let manager = about(&reached, "manager");
    let wanted = ["worker", "smoke", "client", "prometheus", "ingress"].map(|name| format!("{name} → manager 8080/TCP"));
    assert_eq!(manager, wanted, "the manager dials nobody and admits five");
    assert_eq!(about(&reached, "smoke"), ["smoke → manager 8080/TCP", "smoke → dns 53/UDP", "smoke → dns 53/TCP"]);
}

#[test]
fn metrics_of_workers_are_for_prometheus_alone() {
    let on = [("worker.metrics", true.into())];
    let policies = policies_with("kubernetes", &on);
    assert_eq!(policies.len(), 4);
    let reached = reached(|from, to, port, protocol| kubernetes(&policies, from, to, port, protocol));
    let wanted = ["worker → manager 8080/TCP", "worker → dns 53/UDP", "worker → dns 53/TCP", "prometheus → worker 9464/TCP"];
    assert_eq!(about(&reached, "worker"), wanted);
    // No other values file opens them.
    for profile in ["laptop", "small", "fleet"] {
        let all = objects(Some(profile), &[]);
        assert!(all.iter().all(|object| object["metadata"]["name"] != "ampoule-worker-prometheus"), "{profile}");
    }
}

#[test]
fn the_twins_are_equal() {
    for (metrics, count) in [(false, 3), (true, 4)] {
        let [plain, twin] = ["kubernetes", "calico"].map(|kind| policies_with(kind, &[("worker.metrics", metrics.into())]));
        assert_eq!((plain.len(), twin.len()), (count, count));
        let plain = reached(|from, to, port, protocol| kubernetes(&plain, from, to, port, protocol));
        let twin = reached(|from, to, port, protocol| calico(&twin, from, to, port, protocol));
        assert!(plain.len() > 100, "what is not isolated stays open");
        assert_eq!(plain, twin);
    }
}

#[test]
fn the_evaluators_see_mutants() {
    let plain = policies("kubernetes");
    let baseline = reached(|from, to, port, protocol| kubernetes(&plain, from, to, port, protocol));
    let mutants = [
        ("\"Egress\"", "\"Ingress\""),
        ("ampoule-worker", "ampoule-workers"),
        ("\"port\":53", "\"port\":54"),
        ("\"UDP\"", "\"TCP\""),
        ("kube-system", "kube-public"),
        ("\"namespaceSelector\":{\"matchLabels\":{\"kubernetes.io/metadata.name\":\"monitoring\"}},", ""),
        ("\"podSelector\":{\"matchLabels\":{\"ampoule-client\":\"true\"}}", "\"podSelector\":{}"),
    ];
    for (from, to) in mutants {
        let text = Value::from(plain.clone()).to_string();
        assert!(text.contains(from), "{from}");
        let mutant: Vec<Value> = serde_json::from_str(&text.replace(from, to)).unwrap();
        assert_ne!(baseline, reached(|a, b, port, protocol| kubernetes(&mutant, a, b, port, protocol)), "{from} -> {to} changes nothing");
    }
    let ordered = policies("calico");
    let baseline = reached(|from, to, port, protocol| calico(&ordered, from, to, port, protocol));
    let mut mutant = ordered.clone();
    mutant.iter_mut().for_each(|policy| policy["spec"]["egress"].as_array_mut().unwrap().reverse());
    assert_ne!(baseline, reached(|a, b, port, protocol| calico(&mutant, a, b, port, protocol)), "a refusal that comes first");
    let open: Vec<Value> = serde_json::from_str(&Value::from(ordered).to_string().replace("\"Deny\"", "\"Allow\"")).unwrap();
    assert_ne!(baseline, reached(|a, b, port, protocol| calico(&open, a, b, port, protocol)), "a refusal that allows");
}

/// `explain` answers from the plan; the network decides by the policies. They must say the same.
#[test]
fn explanations_say_what_the_policies_do() {
    let (plan, policies) = (crate::plan(), policies("kubernetes"));
    let names = |component: &str| match component {
        "clients" => "client".to_owned(),
        other => other.to_owned(),
    };
    let pods = pods();
    let mut compared = 0;
    for from in plan.parts.keys() {
        for (to, about) in plan.parts.iter().filter(|(to, about)| *to != from && !about.ports.is_empty()) {
            // About what is between others, the manifest decides nothing.
            let there = |component: &str| pods.iter().any(|pod| pod.name == names(component));
            if !about.kind.installed() && !plan.parts[from].kind.installed() || !there(from) || !there(to) {
                continue;
            }
            let pod = |component: &str| pods.iter().find(|pod| pod.name == names(component)).unwrap();
            let open = |port: &ampoule_charts::plan::NamedPort| {
                kubernetes(&policies, pod(from), pod(to), port.number.into(), port.protocol.as_str())
            };
            assert_eq!(plan.reach(from, to).unwrap().yes, about.ports.iter().any(open), "{from} → {to}");
            compared += 1;
        }
    }
    assert!(compared >= 12, "{compared}");
}
