//! The policies of Twinit's script worker on addresses: what its document promises, by both kinds of policy.

use std::net::Ipv4Addr;

use serde_json::{Value, json};

use crate::{objects::objects_of, plan_of};

/// Where a packet goes.
#[derive(Clone, Debug)]
struct Target {
    name: &'static str,
    address: Ipv4Addr,
    labels: Value,
    port: u64,
    protocol: &'static str,
}

fn targets() -> Vec<Target> {
    let target = |name, address: [u8; 4], labels, port, protocol| Target { name, address: address.into(), labels, port, protocol };
    let none = || json!({});
    vec![
        target("manager", [10, 0, 3, 7], json!({"app.kubernetes.io/name": "dtplatform-scriptmanager"}), 8080, "TCP"),
        target("database in the cluster's network", [10, 0, 9, 9], none(), 5432, "TCP"),
        target("instance metadata", [169, 254, 169, 254], none(), 80, "TCP"),
        target("pod identity agent", [169, 254, 170, 23], none(), 80, "TCP"),
        target("DNS", [10, 96, 0, 10], json!({"k8s-app": "kube-dns"}), 53, "UDP"),
        target("DNS by TCP", [10, 96, 0, 10], json!({"k8s-app": "kube-dns"}), 53, "TCP"),
        target("another worker", [10, 0, 3, 8], json!({"app.kubernetes.io/name": "dtplatform-scriptworker"}), 8080, "TCP"),
        target("router at home", [192, 168, 1, 1], none(), 443, "TCP"),
        target("private", [172, 31, 255, 255], none(), 443, "TCP"),
        target("internet", [8, 8, 8, 8], none(), 443, "TCP"),
        target("internet in clear", [8, 8, 8, 8], none(), 80, "TCP"),
        target("internet beside a private network", [172, 32, 0, 1], none(), 443, "TCP"),
    ]
}

fn within(net: &Value, address: Ipv4Addr) -> bool {
    let (base, length) = net.as_str().unwrap().split_once('/').unwrap();
    let (base, length): (Ipv4Addr, u32) = (base.parse().unwrap(), length.parse().unwrap());
    length == 0 || base.to_bits() >> (32 - length) == address.to_bits() >> (32 - length)
}

fn any<'a>(list: &'a Value, test: impl FnMut(&'a Value) -> bool) -> bool {
    list.as_array().is_none_or(|items| items.iter().any(test))
}

fn selects(selector: &str, labels: &Value) -> bool {
    let (name, value) = selector.split_once(" == ").unwrap();
    labels[name] == value.trim_matches('\'')
}

/// By order, the first rule that matches decides; who is selected and meets none is refused.
fn calico(policies: &[Value], target: &Target) -> bool {
    let mut policies: Vec<_> = policies.iter().collect();
    policies.sort_by_key(|policy| policy["spec"]["order"].as_i64());
    let rules = policies.iter().flat_map(|policy| policy["spec"]["egress"].as_array().unwrap());
    let matches = |rule: &&Value| {
        let to = &rule["destination"];
        rule.get("protocol").is_none_or(|protocol| protocol == target.protocol)
            && to.get("selector").is_none_or(|selector| selects(selector.as_str().unwrap(), &target.labels))
            && any(&to["nets"], |net| within(net, target.address))
            && !to["notNets"].as_array().is_some_and(|nets| nets.iter().any(|net| within(net, target.address)))
            && any(&to["ports"], |port| port == target.port)
    };
    rules.into_iter().find(matches).is_some_and(|rule| rule["action"] == "Allow")
}

/// Policies only add; who is selected by some and let through by none is refused.
fn kubernetes(policies: &[Value], target: &Target) -> bool {
    policies.iter().flat_map(|policy| policy["spec"]["egress"].as_array().unwrap()).any(|rule| {
        let peer = |peer: &Value| match peer.get("ipBlock") {
            Some(block) => {
                within(&block["cidr"], target.address) && !block["except"].as_array().unwrap().iter().any(|net| within(net, target.address))
            }
            None => peer["podSelector"]["matchLabels"].as_object().unwrap().iter().all(|(name, value)| target.labels[name] == *value),
        };
        any(&rule["to"], peer) && any(&rule["ports"], |port| port["port"] == target.port && port["protocol"] == target.protocol)
    })
}

/// The worker's policies in this form.
fn policies(form: &str, internet: bool) -> Vec<Value> {
    let chart = plan_of("twinit").charts.remove(0);
    let all = objects_of(&chart, None, &[("network.policy", form.into()), ("scriptworker.internet", internet.into())]);
    all.into_iter().filter(|object| object["metadata"]["name"].as_str().unwrap().starts_with("scriptworker-policy")).collect()
}

const FORMS: [&str; 3] = ["calico", "calico-stored", "kubernetes"];

fn reached(form: &str, policies: &[Value]) -> Vec<&'static str> {
    let may = |target: &Target| if form == "kubernetes" { kubernetes(policies, target) } else { calico(policies, target) };
    targets().iter().filter(|target| may(target)).map(|target| target.name).collect()
}

#[test]
fn a_script_worker_reaches_dns_and_its_manager() {
    for form in FORMS {
        let policies = policies(form, false);
        assert_eq!(policies.len(), 1, "{form}");
        assert_eq!(reached(form, &policies), ["manager", "DNS", "DNS by TCP"], "{form}");
    }
}

#[test]
fn the_internet_is_opened_without_private_networks() {
    for form in FORMS {
        let policies = policies(form, true);
        assert_eq!(policies.len(), 2, "{form}");
        let wanted = ["manager", "DNS", "DNS by TCP", "internet", "internet beside a private network"];
        assert_eq!(reached(form, &policies), wanted, "{form}");
    }
}

#[test]
fn nothing_reaches_a_script_worker() {
    for form in FORMS {
        let spec = &policies(form, true)[0]["spec"];
        let types = spec.get("types").or(spec.get("policyTypes")).unwrap();
        assert!(types.as_array().unwrap().contains(&"Ingress".into()), "{form}");
        assert!(spec.get("ingress").is_none_or(|rules| rules.as_array().unwrap().is_empty()), "{form}");
    }
}

#[test]
fn the_vectors_see_mutants() {
    let mutants = [
        ("calico", "\"UDP\"", "\"TCP\""),
        ("calico", "scriptmanager'", "scriptmanager2'"),
        ("calico", "\"Deny\"", "\"Allow\""),
        ("calico", "[53]", "[54]"),
        ("kubernetes", "dtplatform-scriptmanager", "dtplatform-filesvc"),
        ("kubernetes", "\"UDP\"", "\"TCP\""),
        ("kubernetes", "53", "54"),
    ];
    for (form, from, to) in mutants {
        let text = Value::from(policies(form, false)).to_string();
        assert!(text.contains(from), "{form} {from}");
        let mutant: Vec<Value> = serde_json::from_str(&text.replace(from, to)).unwrap();
        assert_ne!(reached(form, &mutant), ["manager", "DNS", "DNS by TCP"], "{form}: {from} -> {to}");
    }
    // Order decides: with the refusal first, the manager in 10/8 is out of reach.
    let mut mutant = policies("calico", false);
    mutant[0]["spec"]["egress"].as_array_mut().unwrap().rotate_right(1);
    assert_eq!(reached("calico", &mutant), Vec::<&str>::new());
    // Opening the internet before the refusal must not open private networks.
    let mut early = policies("calico", true);
    early[1]["spec"]["order"] = 1.into();
    assert_eq!(reached("calico", &early), reached("calico", &policies("calico", true)));
    early[1]["spec"]["egress"][0]["destination"].as_object_mut().unwrap().remove("notNets");
    assert!(reached("calico", &early).contains(&"private"));
}
