//! Scripts of procedures, run with stand-ins of `kubectl` and `helm` that write down what they were told: guards stop them, what was stopped is started
//! again whatever happens. `cli/tests/all/platform_fleet.rs` runs them on a real database.

use std::{
    fs,
    io::Write as _,
    os::unix::fs::PermissionsExt as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
};

use ampoule_charts::render;

use crate::{PLATFORMS, plan_of};

/// A rendered folder, and a path with stand-ins.
struct Place {
    _folder: tempfile::TempDir,
    root: PathBuf,
}

/// What the script did.
struct Done {
    success: bool,
    /// What the stand-ins were told, a line each.
    calls: Vec<String>,
    said: String,
}

/// Everything is there, pods stop at once, and a dump is its name. FAIL names what goes wrong.
const STAND_IN: &str = r#"#!/bin/sh
name=$(basename "$0")
echo "$name $*" >>"$CALLS"
case "$name $*" in *"$FAIL"*) [ -n "$FAIL" ] && { echo "stand-in: refused" >&2; exit 1; } ;; esac
case "$*" in
    *"get pods"*) ;;
    *spec.replicas*) printf 3 ;;
    *"{.data}"*) printf '{"key":"dmFsdWU="}' ;;
    *"get secret"*"{.data."*) printf 'cG9zdGdyZXM6Ly94' ;;
    *"tar -c"*) printf archive ;;
    *--file\ *) for last; do [ "$before" = --file ] && printf dump >"$last"; before=$last; done ;;
    *"create --filename -"*) cat >/dev/null ;;
esac
"#;

impl Place {
    fn new(platform: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let root = folder.path().to_owned();
        for (path, text) in render(&plan_of(platform)) {
            let path = root.join(path);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, text).unwrap();
        }
        fs::create_dir(root.join("bin")).unwrap();
        for name in ["kubectl", "helm", "pg_dump", "pg_restore"] {
            let path = root.join("bin").join(name);
            fs::write(&path, STAND_IN).unwrap();
            fs::set_permissions(path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        fs::set_permissions(root.join("secrets/make.sh"), fs::Permissions::from_mode(0o755)).unwrap();
        Self { _folder: folder, root }
    }

    fn run(&self, procedure: &str, typed: &str, fail: &str) -> Done {
        let calls = self.root.join("calls");
        drop(fs::remove_file(&calls));
        fs::write(&calls, "").unwrap();
        let path = format!("{}:{}", self.root.join("bin").display(), std::env::var("PATH").unwrap());
        let mut child = Command::new("bash")
            .arg(self.root.join(format!("runbook/{procedure}.sh")))
            .arg(self.root.join("backup"))
            .envs([("PATH", path.as_str()), ("FAIL", fail), ("CALLS", calls.to_str().unwrap())])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        // A script that refuses before it reads has closed its end.
        drop(child.stdin.take().unwrap().write_all(typed.as_bytes()));
        let output = child.wait_with_output().unwrap();
        Done {
            success: output.status.success(),
            calls: fs::read_to_string(calls).unwrap().lines().map(|line| line.replace("kubectl --namespace ampoule ", "")).collect(),
            said: String::from_utf8(output.stderr).unwrap(),
        }
    }

    fn backup(&self) -> &Path {
        &self.root
    }
}

fn position(done: &Done, call: &str) -> usize {
    done.calls.iter().position(|line| line.contains(call)).unwrap_or_else(|| panic!("no {call} in {:#?}\n{}", done.calls, done.said))
}

#[test]
fn scripts_are_bash() {
    let mut seen = 0;
    for platform in PLATFORMS {
        let place = Place::new(platform);
        for name in ["backup", "restore", "rotate", "destroy"] {
            let script = place.root.join(format!("runbook/{name}.sh"));
            assert!(Command::new("bash").arg("-n").arg(&script).status().unwrap().success(), "{platform}: {name}");
            let told = fs::read_to_string(place.root.join(format!("runbook/{}.md", name.to_uppercase()))).unwrap();
            assert!(told.contains(&format!("`runbook/{name}.sh`")), "{told}");
            seen += 1;
        }
    }
    assert_eq!(seen, 8);
}

#[test]
fn a_backup_stops_what_writes_and_starts_it_again() {
    let place = Place::new("ampoule");
    let done = place.run("backup", "", "");
    assert!(done.success, "{}\n{:#?}", done.said, done.calls);
    let order = [
        "scale deployment/ampoule-worker --replicas 0",
        "scale statefulset/ampoule-manager --replicas 0",
        "exec ampoule-manager-volume -- tar -c",
        "delete pod ampoule-manager-volume",
        "pg_dump --format custom --schema ampoule",
        "scale statefulset/ampoule-manager --replicas 3",
    ];
    let places = order.map(|call| position(&done, call));
    assert!(places.is_sorted(), "{places:?} in {:#?}", done.calls);
    let folder = place.backup().join("backup");
    assert_eq!(fs::read_to_string(folder.join("ampoule-manager.tar")).unwrap(), "archive");
    let secret: serde_json::Value = serde_json::from_str(&fs::read_to_string(folder.join("secrets/ampoule-keys.json")).unwrap()).unwrap();
    assert_eq!((&secret["metadata"]["name"], &secret["data"]["key"]), (&"ampoule-keys".into(), &"dmFsdWU=".into()));
    assert!(folder.join("complete").exists());
    // Another backup does not go over it.
    let again = place.run("backup", "", "");
    assert!(!again.success && again.said.contains("holds a backup already") && !again.calls.iter().any(|call| call.contains("scale")));

    let restored = place.run("restore", "ampoule\n", "");
    assert!(restored.success, "{}", restored.said);
    let order = [
        "scale statefulset/ampoule-manager --replicas 0",
        "tar -x",
        "--single-transaction",
        "scale statefulset/ampoule-manager --replicas 3",
    ];
    assert!(order.map(|call| position(&restored, call)).is_sorted(), "{:#?}", restored.calls);
}

#[test]
fn what_goes_wrong_leaves_nothing_stopped_and_no_backup() {
    for fail in ["tar -c", "pg_dump", "apply --filename"] {
        let place = Place::new("ampoule");
        let done = place.run("backup", "", fail);
        assert!(!done.success, "{fail}");
        assert!(position(&done, "scale statefulset/ampoule-manager --replicas 3") > position(&done, fail), "{fail}: {:#?}", done.calls);
        assert!(!place.backup().join("backup/complete").exists());
        let restored = place.run("restore", "ampoule\n", "");
        assert!(!restored.success && restored.said.contains("holds no complete backup"), "{}", restored.said);
    }
}

#[test]
fn guards_stop_before_anything_is_done() {
    let place = Place::new("ampoule");
    let refused = place.run("destroy", "ampoule\nampoule\n", "");
    assert!(!refused.success && refused.said.contains("holds no complete backup") && refused.calls.is_empty(), "{}", refused.said);
    assert!(place.run("backup", "", "").success);
    for (procedure, typed) in [("destroy", "yes\n"), ("destroy", ""), ("rotate", "ampoul\n"), ("restore", "\n")] {
        let refused = place.run(procedure, typed, "");
        assert!(
            !refused.success && refused.said.contains("nothing was done") && refused.calls.is_empty(),
            "{procedure}: {:?}",
            refused.calls
        );
    }
    // The charts go, and then somebody thinks again.
    let half = place.run("destroy", "ampoule\nno\n", "");
    assert!(!half.success && half.calls.len() == 1 && half.calls[0].starts_with("helm uninstall ampoule"), "{:?}", half.calls);
    let gone = place.run("destroy", "ampoule\nampoule\n", "");
    assert!(gone.success && gone.calls.last().unwrap().ends_with("delete namespace ampoule"), "{:?}", gone.calls);
}

#[test]
fn rotating_spares_what_data_is_lost_with() {
    let place = Place::new("twinit");
    let done = place.run("rotate", "twinit\n", "");
    let deleted: Vec<_> = done.calls.iter().filter(|call| call.contains("delete secret")).collect();
    assert_eq!(deleted.len(), 1, "{deleted:?}");
    assert!(deleted[0].contains("delete secret scripts"), "{deleted:?}");
    let place = Place::new("ampoule");
    let done = place.run("rotate", "ampoule\n", "");
    assert!(done.success, "{}", done.said);
    let order = ["delete secret ampoule-keys", "rollout restart deployment/ampoule-worker"];
    assert!(order.map(|call| position(&done, call)).is_sorted(), "{:#?}", done.calls);
}
