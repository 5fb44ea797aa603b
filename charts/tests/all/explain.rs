//! Answers, pictures and differences: what `explain` and `diff` say.

use ampoule_charts::{diff, render, svg};

use crate::{PLATFORMS, manifest, manifest_of, plan, plan_of};

#[test]
fn answers_name_the_rule() {
    let plan = plan_of("twinit");
    for (from, to, wanted) in [
        ("scriptworker", "scriptmanager", "yes, every port: connections[1], Leases, renewals and reports, and isolation lists it"),
        ("scriptworker", "dns", "yes, 53/UDP, 53/TCP: connections[0], The script manager's name, and isolation lists it"),
        ("scriptworker", "postgresql", "no: scriptworker is isolated and may dial dns, scriptmanager only"),
        ("scriptworker", "internet", "no: scriptworker is isolated and may dial dns, scriptmanager only"),
        ("scriptmanager", "scriptworker", "no: scriptworker is isolated and may be dialled by nobody"),
        ("prometheus", "scriptworker", "no: scriptworker is isolated and may be dialled by nobody"),
        ("filesvc", "postgresql", "yes, 5432/TCP: connections[4], Access to the PostgreSQL cluster"),
        ("filesvc", "kafka", "yes, 2181/TCP, 9096/TCP: connections[7], Access to the ZooKeeper and bootstrap ports of the Kafka cluster"),
        ("filesvc", "prometheus", "no: what is not isolated may dial what `connections` lists, and prometheus is not there"),
        ("filesvc", "itemsvc", "yes, 8080/TCP: no policy selects filesvc or itemsvc: the cluster's network is open"),
        ("filesvc", "itemsvc-worker", "no: itemsvc-worker listens on no port"),
        ("internet", "load-balancer", "yes, 80/TCP, 443/TCP: connections[2], From the internet to the cluster"),
        ("internet", "postgresql", "no: neither is installed here; this manifest does not decide about it"),
    ] {
        assert_eq!(plan.reach(from, to).unwrap().to_string(), wanted, "{from} → {to}");
    }
    assert_eq!(plan.reach("scriptworker", "nobody"), None);
    // What is there with a switch alone.
    let asked = |plan: &ampoule_charts::Plan| plan.reach("prometheus", "worker").unwrap().to_string();
    assert_eq!(
        asked(&crate::plan()),
        "no: connections[6], Scrapes of a worker's own metrics, and isolation lists it, but only where worker.metrics is set"
    );
    let on = crate::changed("        default: false\n", "        default: true\n").unwrap();
    assert_eq!(
        asked(&on),
        "yes, 9464/TCP: connections[6], Scrapes of a worker's own metrics, and isolation lists it, unless worker.metrics is taken away"
    );
}

#[test]
fn the_picture_shows_every_connection() {
    for name in PLATFORMS {
        let plan = plan_of(name);
        let picture = svg(&plan);
        assert_eq!(picture, svg(&plan_of(name)));
        assert_eq!(picture.matches("<path d=\"M").count() - 1, plan.links.len(), "an arrow a connection, and its head");
        for link in &plan.links {
            assert!(picture.contains(&format!(">{}</text>", link.from.component)), "{}", link.from.component);
        }
        let isolated = plan.parts.values().filter(|part| part.isolation.is_some()).count();
        assert_eq!(picture.matches(">isolated<").count(), isolated);
        // Well-formed: what is opened is closed.
        for tag in ["svg", "g", "text", "title", "marker", "defs"] {
            let opened = picture.matches(&format!("<{tag} ")).count() + picture.matches(&format!("<{tag}>")).count();
            assert_eq!(opened, picture.matches(&format!("</{tag}>")).count(), "{tag}");
        }
        assert_eq!(picture, render(&plan)["connections.svg"]);
    }
}

fn differences(from: &str, to: &str) -> Vec<String> {
    let text = manifest();
    assert!(text.contains(from), "{from}");
    let changed = ampoule_charts::read("changed", &text.replacen(from, to, 1)).unwrap_or_else(|problems| panic!("{problems}"));
    diff(&render(&plan()), &render(&changed)).iter().map(ToString::to_string).collect()
}

#[test]
fn differences_name_object_and_member() {
    assert_eq!(differences("doc", "doc"), Vec::<String>::new());
    let told = differences("        default: 4\n", "        default: 6\n");
    assert_eq!(told, ["~ charts/ampoule/values.yaml /worker/slots: 4 → 6"]);
    let told = differences("      dns: {number: 53, protocol: UDP}", "      dns: {number: 5353, protocol: UDP}");
    let wanted = "~ policies/kubernetes/worker.yaml NetworkPolicy/ampoule-worker /spec/egress/1/ports/0/port: 53 → 5353";
    assert!(told.contains(&wanted.to_owned()), "{told:#?}");
    assert!(told.iter().any(|line| line.starts_with("~ charts/ampoule/templates/worker/network-policy.yaml line ")), "{told:#?}");
    let told = differences("    disruption: {max_unavailable: 25%}\n", "");
    assert_eq!(told, ["- charts/ampoule/templates/worker/disruption-budget.yaml: PodDisruptionBudget/ampoule-worker"]);
    // The same platform in two versions of its manifest: not one line for the lock file, which differs as well.
    assert!(differences("    for_minutes: 10", "    for_minutes: 11").iter().all(|line| !line.contains("platform.lock")));
}

#[test]
fn every_platform_is_equal_to_itself() {
    for name in PLATFORMS {
        let again = ampoule_charts::read(name, &manifest_of(name)).unwrap();
        assert_eq!(diff(&render(&plan_of(name)), &render(&again)), []);
    }
}
