//! Dependency arrows run one way: `protocol ← host-api ← engine ← worker ← cli`, `protocol ← manager ← cli`,
//! `protocol ← typescript ← manager, cli`, `charts ← cli`.

use std::process::Command;

/// Names of all crates that a package's build reaches, its own excluded.
fn reached(package: &str) -> Vec<String> {
    let output = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--format", "{p}", "--package", package])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo tree runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let text = String::from_utf8(output.stdout).unwrap();
    text.lines().skip(1).filter_map(|line| line.split(' ').next()).map(str::to_owned).collect()
}

fn never_reaches(package: &str, forbidden: &[&str]) {
    let reached = reached(package);
    assert!(!reached.is_empty(), "{package} depends on nothing: the check sees nothing");
    for name in &reached {
        assert!(!forbidden.iter().any(|forbidden| name.starts_with(forbidden)), "{package} must not reach {name}");
    }
}

#[test]
fn protocol_is_data_and_pure_functions() {
    let allowed = ["serde", "serde_core", "serde_derive", "serde_json", "uuid", "jiff", "thiserror", "thiserror-impl"];
    let direct = Command::new(env!("CARGO"))
        .args(["tree", "--offline", "--edges", "normal", "--prefix", "none", "--depth", "1", "--package", "ampoule-protocol"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .expect("cargo tree runs");
    let text = String::from_utf8(direct.stdout).unwrap();
    let names: Vec<_> = text.lines().skip(1).filter_map(|line| line.split(' ').next()).collect();
    assert!(!names.is_empty());
    for name in names {
        assert!(allowed.contains(&name), "ampoule-protocol must not depend on {name}");
    }
}

#[test]
fn host_api_knows_no_engine_jobs_or_http() {
    never_reaches("ampoule-host-api", &["wasmtime", "boa", "axum", "rusqlite", "ampoule-engine", "ampoule-manager", "ampoule-worker"]);
}

#[test]
fn engine_serves_nothing_and_has_no_store() {
    // An HTTP client it reaches: `host-api` fetches.
    never_reaches("ampoule-engine", &["axum", "rusqlite", "deadpool", "ampoule-manager", "ampoule-worker"]);
}

#[test]
fn typescript_knows_the_protocol_alone() {
    never_reaches(
        "ampoule-typescript",
        &["wasmtime", "boa", "axum", "tokio", "rusqlite", "ampoule-engine", "ampoule-manager", "ampoule-host-api"],
    );
}

#[test]
fn manager_never_links_the_engine() {
    never_reaches("ampoule-manager", &["wasmtime", "boa", "ampoule-engine", "ampoule-host-api", "ampoule-worker"]);
}

#[test]
fn worker_knows_no_store_and_no_manager() {
    never_reaches("ampoule-worker", &["rusqlite", "deadpool", "axum", "ampoule-manager"]);
}
