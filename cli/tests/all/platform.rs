//! `ampoule platform`: what it prints and how it ends.

use std::{fs, path::Path};

use crate::support::{ampoule, ampoule_with, folder};

fn charts(path: &str) -> String {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts").join(path).display().to_string()
}

#[test]
fn what_is_committed_is_what_the_manifests_say() {
    for (name, warnings) in [("ampoule", 1), ("twinit", 3)] {
        let check = ampoule(&["platform", "check", &charts(&format!("platforms/{name}.yaml"))]);
        assert_eq!(check.code, Some(0), "{check:?}");
        assert!(check.stdout.contains("are what the manifest says"), "{check:?}");
        assert_eq!(check.stderr.matches(": warning: ").count(), warnings, "{check:?}");
    }
}

#[test]
fn a_rendered_folder_is_compared_with_its_manifest() {
    let folder = folder();
    let (manifest, out) = (charts("platforms/ampoule.yaml"), folder.path().join("out"));
    let out = out.to_str().unwrap();
    assert_eq!(ampoule(&["platform", "render", &manifest, "--out", out]).code, Some(0));
    assert_eq!(ampoule(&["platform", "diff", &manifest, out]).stdout, "0 differences\n");
    let changed = folder.path().join("changed.yaml");
    fs::write(&changed, fs::read_to_string(&manifest).unwrap().replacen("default: 4", "default: 6", 1)).unwrap();
    let diff = ampoule(&["platform", "diff", out, changed.to_str().unwrap()]);
    assert_eq!(diff.stdout, "~ charts/ampoule/values.yaml /worker/slots: 4 → 6\n1 differences\n");
    ampoule(&["platform", "check", changed.to_str().unwrap(), "--out", out]).says(2, &[]);
    fs::write(&changed, "install: {}\n").unwrap();
    ampoule(&["platform", "diff", out, changed.to_str().unwrap()]).says(2, &["`name` is missing"]);
}

#[test]
fn explanations() {
    let manifest = charts("platforms/twinit.yaml");
    let answer = ampoule(&["platform", "explain", &manifest, "scriptworker", "postgresql"]);
    assert_eq!(answer.stdout, "scriptworker → postgresql: no: scriptworker is isolated and may dial dns, scriptmanager only\n");
    ampoule(&["platform", "explain", &manifest, "scriptworker", "postgres"]).says(2, &["there is no component `postgres`"]);
    ampoule(&["platform", "explain", &manifest, "scriptworker"]).says(2, &["<TO>"]);
    let folder = folder();
    let picture = folder.path().join("graph.svg");
    let drawn = ampoule(&["platform", "explain", &manifest, "--svg", picture.to_str().unwrap()]);
    assert_eq!(drawn.code, Some(0), "{drawn:?}");
    assert_eq!(fs::read_to_string(picture).unwrap(), fs::read_to_string(charts("golden/twinit/connections.svg")).unwrap());
}

#[test]
fn a_place_that_is_not_there_does_not_pass() {
    let manifest = charts("platforms/twinit.yaml");
    // Names that nobody has: RFC 2606 keeps `.internal` of an example out of DNS, and without tools nobody can be asked about a cluster.
    let arguments = ["platform", "preflight", &manifest, "--only", "tcp.postgresql", "--only", "kubernetes", "--timeout", "3s", "--json"];
    let asked = ampoule_with(&[("PATH", "")], &arguments);
    assert_eq!(asked.code, Some(2), "{asked:?}");
    let told = asked.json();
    let probes = told["probes"].as_array().unwrap();
    let of = |id: &str| probes.iter().find(|probe| probe["id"] == id).unwrap_or_else(|| panic!("no {id} in {told:#}"));
    assert_eq!(of("tcp.postgresql.5432")["result"], "failed", "{told:#}");
    for id in ["kubernetes.version", "kubernetes.storage", "kubernetes.external-metrics", "kubernetes.alone"] {
        assert_eq!(of(id)["result"], "could_not_run", "{told:#}");
        assert!(of(id)["detail"].as_str().unwrap().contains("there is no kubectl on the path"), "{told:#}");
    }
    assert_eq!((&told["passed"], &told["failed"]), (&0.into(), &1.into()), "{told:#}");
    ampoule(&["platform", "preflight", &manifest, "--only", "dnss"]).says(2, &["no probe has such a name", "dns.app"]);
}
