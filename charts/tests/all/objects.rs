//! Objects fit each other: selectors select, accounts exist, ports have names, and pods are as restricted as they can be.

use ampoule_charts::{plan::Chart, render};
use serde_json::Value;

use crate::{chart, plan, plan_of};

/// All objects with the values of this profile, everything that can be switched on.
pub(crate) fn objects(profile: Option<&str>, also: &[(&str, Value)]) -> Vec<Value> {
    objects_of(&chart(), profile, also)
}

/// The same of any chart.
pub(crate) fn objects_of(plan: &Chart, profile: Option<&str>, also: &[(&str, Value)]) -> Vec<Value> {
    let values = profile.map(|name| &plan.profiles.iter().find(|profile| profile.name == name).expect(name).values);
    let values = plan.knobs.values(|path| {
        also.iter().find(|(name, _)| *name == path).map(|(_, value)| value).or_else(|| values.and_then(|values| values.get(path)))
    });
    render::objects(plan).iter().filter_map(|object| object.json(&values, "jobs")).collect()
}

/// The one object of this kind and name.
pub(crate) fn object<'a>(objects: &'a [Value], kind: &str, name: &str) -> &'a Value {
    let found: Vec<_> = objects.iter().filter(|object| object["kind"] == kind && object["metadata"]["name"] == name).collect();
    assert_eq!(found.len(), 1, "{kind} {name}");
    found[0]
}

fn profiles() -> [Option<&'static str>; 4] {
    [None, Some("laptop"), Some("small"), Some("fleet")]
}

/// Every chart of every platform, in each of its ways, with everything that can be switched on.
fn everywhere() -> Vec<Vec<Value>> {
    let mut all: Vec<_> = profiles().into_iter().map(|profile| objects(profile, &[])).collect();
    for chart in plan_of("twinit").charts {
        for profile in chart.profiles.iter().map(|profile| Some(profile.name.as_str())).chain([None]) {
            all.push(objects_of(&chart, profile, &[]));
        }
    }
    assert_eq!(all.len(), 12);
    all
}

fn pod(object: &Value) -> Option<&Value> {
    match object["kind"].as_str()? {
        "Pod" => Some(object),
        "Deployment" | "StatefulSet" | "Job" => Some(&object["spec"]["template"]),
        _ => None,
    }
}

/// Every label of the selector is on the object.
pub(crate) fn selects(selector: &Value, labels: &Value) -> bool {
    selector.as_object().is_none_or(|selector| selector.iter().all(|(name, value)| &labels[name] == value))
}

#[test]
fn names_are_unique_and_selectors_select() {
    for all in everywhere() {
        let mut names: Vec<_> = all.iter().map(|object| (object["kind"].to_string(), object["metadata"]["name"].to_string())).collect();
        let count = names.len();
        names.sort();
        names.dedup();
        assert_eq!(names.len(), count, "two objects have one name");
        for object in &all {
            let spec = &object["spec"];
            if let (Some(pod), false) = (pod(object), object["kind"] == "Pod" || object["kind"] == "Job") {
                assert!(selects(&spec["selector"]["matchLabels"], &pod["metadata"]["labels"]), "{object:#}");
            }
            if object["kind"] == "Service" {
                let behind: Vec<_> =
                    all.iter().filter_map(pod).filter(|pod| selects(&spec["selector"], &pod["metadata"]["labels"])).collect();
                assert_eq!(behind.len(), 1, "{object:#}");
                for port in spec["ports"].as_array().unwrap() {
                    let container = &behind[0]["spec"]["containers"][0];
                    assert!(container["ports"].as_array().unwrap().iter().any(|own| own["name"] == port["targetPort"]), "{port}");
                }
            }
            if object["kind"] == "PodDisruptionBudget" {
                let of = all.iter().filter_map(pod).filter(|pod| selects(&spec["selector"]["matchLabels"], &pod["metadata"]["labels"]));
                assert_eq!(of.count(), 1);
            }
        }
    }
}

#[test]
fn one_manager_with_its_volume() {
    let all = objects(None, &[("manager.storage.className", "fast-ssd".into())]);
    let manager = object(&all, "StatefulSet", "ampoule-manager");
    assert_eq!(manager["spec"]["replicas"], 1);
    let claim = &manager["spec"]["volumeClaimTemplates"][0];
    assert_eq!(claim["spec"]["storageClassName"], "fast-ssd");
    let container = &manager["spec"]["template"]["spec"]["containers"][0];
    let mount = container["volumeMounts"].as_array().unwrap().iter().find(|mount| mount["name"] == claim["metadata"]["name"]).unwrap();
    let store = container["env"].as_array().unwrap().iter().find(|variable| variable["name"] == "AMPOULE_STORE").unwrap();
    assert!(
        store["value"].as_str().unwrap().starts_with(&format!("sqlite:{}/", mount["mountPath"].as_str().unwrap())),
        "jobs must be on the volume"
    );
}

#[test]
fn several_managers_share_a_database() {
    let all = objects(Some("fleet"), &[]);
    assert!(all.iter().all(|object| object["kind"] != "StatefulSet"), "two stores would be two queues");
    let manager = object(&all, "Deployment", "ampoule-manager");
    assert_eq!(manager["spec"]["replicas"], 3);
    let variables = manager["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap();
    let store = variables.iter().find(|variable| variable["name"] == "AMPOULE_STORE").unwrap();
    assert_eq!(store["valueFrom"]["secretKeyRef"], serde_json::json!({"name": "ampoule-database", "key": "url"}));
    // The same service, monitor and policy name as for one manager, so that nobody else has to know.
    let service = object(&all, "Service", "ampoule-manager");
    assert!(selects(&service["spec"]["selector"], &manager["spec"]["template"]["metadata"]["labels"]));
    let policy = object(&all, "NetworkPolicy", "ampoule-manager");
    let nets = policy["spec"]["egress"][0]["destination"]["nets"].as_array().unwrap();
    assert!(nets.contains(&"10.0.0.0/8".into()), "the database is let through");
    object(&all, "PodDisruptionBudget", "ampoule-manager");
}

#[test]
fn the_service_is_what_prometheus_and_workers_look_for() {
    let all = objects(Some("small"), &[]);
    let service = object(&all, "Service", "ampoule-manager");
    assert_eq!(service["spec"]["ports"][0]["name"], "http-web");
    let monitor = object(&all, "ServiceMonitor", "ampoule-manager");
    assert!(selects(&monitor["spec"]["selector"]["matchLabels"], &service["metadata"]["labels"]));
    assert_eq!(monitor["spec"]["endpoints"][0]["port"], service["spec"]["ports"][0]["name"]);
    assert_eq!(monitor["spec"]["namespaceSelector"]["matchNames"][0], "jobs");
    assert_eq!(monitor["metadata"]["labels"]["release"], "kube-prometheus-stack");
    let worker = object(&all, "Deployment", "ampoule-worker");
    let variables = worker["spec"]["template"]["spec"]["containers"][0]["env"].as_array().unwrap();
    let manager = variables.iter().find(|variable| variable["name"] == "AMPOULE_MANAGER").unwrap();
    assert_eq!(
        manager["value"],
        format!("http://{}:{}", service["metadata"]["name"].as_str().unwrap(), service["spec"]["ports"][0]["port"])
    );
}

#[test]
fn scaling_is_by_one_at_a_time() {
    for (by, hpa, keda, replicas) in [("none", 0, 0, true), ("hpa", 1, 0, false), ("keda", 0, 1, false)] {
        let all = objects(None, &[("worker.scaling.by", by.into())]);
        let count = |kind: &str| all.iter().filter(|object| object["kind"] == kind).count();
        assert_eq!((count("HorizontalPodAutoscaler"), count("ScaledObject")), (hpa, keda), "{by}");
        assert_eq!(object(&all, "Deployment", "ampoule-worker")["spec"].get("replicas").is_some(), replicas, "{by}");
    }
    let all = objects(None, &[("worker.scaling.by", "hpa".into())]);
    let hpa = &object(&all, "HorizontalPodAutoscaler", "ampoule-worker")["spec"];
    object(&all, hpa["scaleTargetRef"]["kind"].as_str().unwrap(), hpa["scaleTargetRef"]["name"].as_str().unwrap());
    let metric = &hpa["metrics"][0]["external"]["metric"];
    object(&all, "Service", metric["selector"]["matchLabels"]["service"].as_str().unwrap());
    let files = render(&plan());
    let rule = &files["monitoring/prometheus-adapter.values.yaml"];
    let name = metric["name"].as_str().unwrap();
    assert!(rule.contains("\n  external:\n") && rule.contains(&format!("{{__name__=~\\\"{name}\\\",service!=\\\"\\\"}}")), "{rule}");
}

#[test]
fn pods_are_restricted_and_carry_no_token() {
    for all in everywhere() {
        for pod in all.iter().filter_map(pod) {
            let (spec, context) = (&pod["spec"], &pod["spec"]["securityContext"]);
            assert_eq!((&spec["automountServiceAccountToken"], &spec["enableServiceLinks"]), (&Value::Bool(false), &Value::Bool(false)));
            assert_eq!((&context["runAsNonRoot"], &context["seccompProfile"]["type"]), (&Value::Bool(true), &"RuntimeDefault".into()));
            let account = object(&all, "ServiceAccount", spec["serviceAccountName"].as_str().unwrap());
            assert_eq!(account["automountServiceAccountToken"], false);
            for container in spec["containers"].as_array().unwrap() {
                let context = &container["securityContext"];
                assert_eq!(
                    (&context["allowPrivilegeEscalation"], &context["readOnlyRootFilesystem"]),
                    (&Value::Bool(false), &Value::Bool(true))
                );
                assert_eq!(context["capabilities"], serde_json::json!({"drop": ["ALL"]}));
                assert!(container["resources"]["limits"]["memory"].is_string());
            }
            for volume in spec["volumes"].as_array().into_iter().flatten() {
                assert!(volume.get("hostPath").is_none(), "{volume}");
            }
        }
    }
}

#[test]
fn alerts_and_dashboards_are_where_operators_and_sidecars_look() {
    let all = objects(Some("small"), &[]);
    let rule = object(&all, "PrometheusRule", "ampoule");
    assert_eq!(rule["metadata"]["labels"]["release"], "kube-prometheus-stack");
    let alerts: Vec<_> =
        rule["spec"]["groups"][0]["rules"].as_array().unwrap().iter().map(|rule| rule["alert"].as_str().unwrap()).collect();
    assert_eq!(alerts, plan().alerts.keys().collect::<Vec<_>>());
    let files = render(&plan());
    for name in plan().dashboards.keys() {
        let map = object(&all, "ConfigMap", &format!("ampoule-dashboard-{name}"));
        assert_eq!(map["metadata"]["labels"]["grafana_dashboard"], "1");
        let text = map["data"][format!("ampoule-{name}.json")].as_str().unwrap();
        assert_eq!(text, files[&format!("monitoring/dashboards/{name}.json")]);
        let page: Value = serde_json::from_str(text).unwrap();
        assert!(page["panels"].as_array().unwrap().len() > 1);
    }
    assert!(objects(None, &[]).iter().all(|object| object["kind"] != "PrometheusRule"), "without the operator nobody knows the kind");
}

#[test]
fn a_worker_is_scraped_when_that_is_switched_on() {
    let shown = |all: &[Value]| {
        let pod = &object(all, "Deployment", "ampoule-worker")["spec"]["template"];
        let container = &pod["spec"]["containers"][0];
        let variable = container["env"].as_array().unwrap().iter().find(|variable| variable["name"] == "AMPOULE_METRICS_LISTEN");
        let monitor = all.iter().find(|object| object["kind"] == "PodMonitor").cloned();
        // It is found by its labels, never by a name.
        assert!(all.iter().all(|object| object["kind"] != "Service" || !selects(&object["spec"]["selector"], &pod["metadata"]["labels"])));
        (pod.clone(), container["ports"].clone(), variable.map(|variable| variable["value"].clone()), monitor)
    };
    let (_, ports, listens, monitor) = shown(&objects(Some("small"), &[]));
    assert_eq!((ports, listens, monitor), (Value::Null, None, None));
    let (pod, ports, listens, monitor) = shown(&objects(Some("small"), &[("worker.metrics", true.into())]));
    let monitor = monitor.expect("a PodMonitor");
    assert!(selects(&monitor["spec"]["selector"]["matchLabels"], &pod["metadata"]["labels"]));
    assert_eq!(monitor["metadata"]["labels"]["release"], "kube-prometheus-stack");
    assert_eq!(monitor["spec"]["namespaceSelector"]["matchNames"][0], "jobs");
    assert_eq!(monitor["spec"]["podMetricsEndpoints"][0]["port"], ports[0]["name"]);
    assert_eq!(listens.unwrap(), format!("0.0.0.0:{}", ports[0]["containerPort"]));
}

/// The bucket of blobs: its name and place are told to workers, access comes from a Secret, and a policy opens its addresses, when they are named.
#[test]
fn a_bucket_is_there_when_it_is_named() {
    let told = |all: &[Value]| {
        let container = &object(all, "Deployment", "ampoule-worker")["spec"]["template"]["spec"]["containers"][0];
        let variables = container["env"].as_array().unwrap().iter();
        let named =
            variables.filter(|variable| ["AMPOULE_BLOB", "AWS_REGION", "AWS_ENDPOINT_URL"].iter().any(|name| variable["name"] == *name));
        assert_eq!(container["envFrom"], serde_json::json!([{"secretRef": {"name": "ampoule-bucket", "optional": true}}]));
        named.map(|variable| variable["value"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    let opened = |all: &[Value]| {
        let policy = all.iter().find(|object| object["metadata"]["name"] == "ampoule-worker-bucket")?;
        assert_eq!((&policy["kind"], policy["spec"].get("ingress")), (&"NetworkPolicy".into(), None));
        Some(policy["spec"]["egress"].clone())
    };
    let all = objects(None, &[]);
    assert_eq!((told(&all), opened(&all)), (vec![], None));
    let named: &[(&str, Value)] = &[
        ("worker.blob", "results=s3://ampoule-blobs/jobs:rw".into()),
        ("worker.blobEndpoint", "https://minio.example.com".into()),
        ("network.bucketNets", serde_json::json!(["192.0.2.0/24", "198.51.100.7/32"])),
    ];
    let all = objects(None, named);
    assert_eq!(told(&all), ["results=s3://ampoule-blobs/jobs:rw", "https://minio.example.com"]);
    let to = serde_json::json!([{"ipBlock": {"cidr": "192.0.2.0/24"}}, {"ipBlock": {"cidr": "198.51.100.7/32"}}]);
    assert_eq!(opened(&all).unwrap(), serde_json::json!([{"to": to, "ports": [{"port": 443, "protocol": "TCP"}]}]));
    let all = objects(None, &[named, &[("network.policy", "calico".into())]].concat());
    let to = serde_json::json!({"nets": ["192.0.2.0/24", "198.51.100.7/32"], "ports": [443]});
    assert_eq!(opened(&all).unwrap(), serde_json::json!([{"action": "Allow", "protocol": "TCP", "source": {}, "destination": to}]));
    // With nothing said, a rule without peers would open everything: none is rendered anywhere.
    for (path, text) in render(&plan()) {
        assert!(!path.starts_with("policies/") || !text.contains("to: []") && !text.contains("nets: []"), "{path}");
    }
}

#[test]
fn what_is_optional_comes_and_goes_as_a_whole() {
    let about = |all: &[Value]| {
        let claim = all.iter().filter(|object| object["kind"] == "PersistentVolumeClaim").count();
        let pod = &object(all, "Deployment", "ampoule-worker")["spec"]["template"]["spec"];
        let has = |list: &Value, name: &str| list.as_array().unwrap().iter().filter(|item| item["name"] == name).count();
        let container = &pod["containers"][0];
        (
            claim,
            has(&pod["volumes"], "volume-ampoule-journals"),
            has(&container["volumeMounts"], "volume-ampoule-journals"),
            has(&container["env"], "AMPOULE_JOURNALS"),
        )
    };
    assert_eq!(about(&objects(None, &[])), (0, 0, 0, 0));
    assert_eq!(about(&objects(None, &[("volumes.ampouleJournals.enabled", true.into())])), (1, 1, 1, 1));
}

#[test]
fn grants_are_json_for_the_manager() {
    let all = objects(None, &[("manager.grants", serde_json::json!({"net": ["*.example.com"]}))]);
    let container = &object(&all, "StatefulSet", "ampoule-manager")["spec"]["template"]["spec"]["containers"][0];
    let grants = container["env"].as_array().unwrap().iter().find(|variable| variable["name"] == "AMPOULE_GRANTS").unwrap();
    assert_eq!(grants["value"], r#"{"net":["*.example.com"]}"#);
}

#[test]
fn a_worker_sees_its_own_key_only() {
    let all = objects(None, &[]);
    let worker = object(&all, "Deployment", "ampoule-worker").to_string();
    assert!(worker.contains("secrets/ampoule/keys/worker"));
    for other in ["keys/submit", "keys/admin", "\"key\":\"submit\"", "\"key\":\"admin\""] {
        assert!(!worker.contains(other), "{other}");
    }
}

#[test]
fn the_public_name_shows_neither_leases_nor_metrics() {
    let all = objects(None, &[("hosts.api.enabled", true.into()), ("hosts.api.tlsSecret", "tls".into())]);
    let ingress = object(&all, "Ingress", "ampoule-api");
    for path in ingress["spec"]["rules"][0]["http"]["paths"].as_array().unwrap() {
        let prefix = path["path"].as_str().unwrap();
        assert!(prefix.starts_with("/v1/") && !"/v1/leases/acquire".starts_with(prefix) && !"/metrics".starts_with(prefix), "{prefix}");
    }
    assert_eq!(ingress["spec"]["tls"][0]["hosts"][0], ingress["spec"]["rules"][0]["host"]);
}
