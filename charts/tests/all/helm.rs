//! What Helm prints is what the other tests look at: without this, they could be right about objects that nobody gets.

use std::{collections::BTreeMap, ffi::OsString, path::Path, process::Command};

use ampoule_charts::plan::Chart;
use serde_json::Value;

use crate::{chart, folder, objects::objects_of, plan_of};

/// `AMPOULE_HELM` names a helm binary; `ci/helm-check` sets it.
#[test]
fn helm_prints_these_objects() {
    let Some(helm) = std::env::var_os("AMPOULE_HELM") else {
        eprintln!("!! SKIPPED: AMPOULE_HELM names no helm binary");
        return;
    };
    let everything: &[(&str, Value)] = &[
        ("hosts.api.enabled", true.into()),
        ("hosts.api.className", "nginx".into()),
        ("hosts.api.tlsSecret", "tls".into()),
        ("worker.scaling.by", "hpa".into()),
        ("worker.scaling.perReplica", 1_000_000.into()),
        ("worker.nodeSelector", serde_json::json!({"pool": "sandboxes"})),
        ("worker.tolerations", serde_json::json!([{"key": "untrusted", "operator": "Exists"}])),
        ("worker.drainSeconds", 900.into()),
        ("worker.metrics", true.into()),
        ("worker.blob", "results=s3://ampoule-blobs/jobs:rw".into()),
        ("worker.blobRegion", "eu-central-1".into()),
        ("network.bucketNets", serde_json::json!(["192.0.2.0/24", "198.51.100.0/24"])),
        ("monitoring.serviceMonitor", true.into()),
    ];
    for profile in [None, Some("laptop"), Some("small"), Some("fleet")] {
        for also in [&[][..], everything] {
            same(&helm, "ampoule", &chart(), profile, also);
        }
    }
    for chart in plan_of("twinit").charts {
        for profile in chart.profiles.iter().map(|profile| Some(profile.name.as_str())).chain([None]) {
            same(&helm, "twinit", &chart, profile, &[]);
        }
    }
    let stored: &[(&str, Value)] = &[("network.policy", "calico-stored".into()), ("scriptworker.internet", true.into())];
    same(&helm, "twinit", &plan_of("twinit").charts[0], Some("cluster"), stored);
}

fn same(helm: &OsString, platform: &str, chart: &Chart, profile: Option<&str>, also: &[(&str, Value)]) {
    let wanted = by_name(objects_of(chart, profile, also));
    let printed = by_name(template(Path::new(helm), platform, &chart.name, profile, also));
    assert_eq!(printed.keys().collect::<Vec<_>>(), wanted.keys().collect::<Vec<_>>(), "{profile:?}");
    for (name, object) in &wanted {
        assert_eq!(&printed[name], object, "{} {profile:?} {name:?}", chart.name);
    }
}

fn by_name(objects: Vec<Value>) -> BTreeMap<(String, String), Value> {
    objects.into_iter().map(|object| ((object["kind"].to_string(), object["metadata"]["name"].to_string()), object)).collect()
}

fn template(helm: &Path, platform: &str, chart: &str, profile: Option<&str>, also: &[(&str, Value)]) -> Vec<Value> {
    let chart = folder().join("golden").join(platform).join("charts").join(chart);
    let mut set = serde_json::json!({});
    for (path, value) in also {
        *path.split('.').fold(&mut set, |at, name| &mut at[name]) = value.clone();
    }
    let values = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(values.path(), set.to_string()).unwrap();
    let mut command = Command::new(helm);
    command.args(["template", "release", "--namespace", "jobs", "--kube-version", "1.30.0"]).arg(&chart);
    if let Some(profile) = profile {
        command.arg("--values").arg(chart.join(format!("values-{profile}.yaml")));
    }
    let output = command.arg("--values").arg(values.path()).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    let documents = text.split("\n---\n").map(|text| text.trim_start_matches("---\n"));
    documents.map(|text| serde_saphyr::from_str::<Value>(text).unwrap_or_else(|error| panic!("{error}\n{text}"))).collect()
}
