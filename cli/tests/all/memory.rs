//! A script that wants all memory gets its limit, and the process little more.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::support::{Server, ampoule, file, folder, job, peak};

const MIB: u64 = 1 << 20;
const LIMIT: u64 = 64 * MIB;

/// What the process may grow by beyond the script's limit.
const MARGIN: u64 = 16 * MIB;

/// One of each kind among the engine's test scripts; the engine's own tests run all of them.
const BOMBS: [&str; 12] = [
    "array-buffer-1g",
    "array-buffer",
    "array-push",
    "big-int",
    "closures",
    "json",
    "linked",
    "map",
    "objects",
    "repeat-2-28",
    "string-doubling",
    "typed-array",
];

/// A script of the engine's tests, and the outcomes that its first lines allow.
fn bomb(name: &str) -> (String, Vec<Value>) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../engine/tests/scripts/bombs").join(format!("{name}.js"));
    let source = fs::read_to_string(path).unwrap();
    let expected = source.lines().filter_map(|line| line.strip_prefix("// expect: "));
    let expected = expected.map(|json| serde_json::from_str(json).unwrap()).collect();
    (source, expected)
}

#[track_caller]
fn allowed(name: &str, outcome: &Value, expected: &[Value]) {
    let fits = |expected: &Value| {
        let agrees = |key: &str| expected[key].is_null() || expected[key] == outcome[key];
        agrees("kind") && agrees("limit") && (expected["error"].is_null() || expected["error"]["name"] == outcome["error"]["name"])
    };
    assert!(expected.iter().any(fits), "{name}: {outcome}");
}

#[test]
fn a_run_takes_its_limit_and_little_more() {
    let folder = folder();
    let trivial = ampoule(&["run", &file(&folder, "trivial.js", "export default () => 1")]).peak_bytes;
    assert!(trivial > MIB, "no figure from the kernel: {trivial}");
    for name in BOMBS {
        let (source, expected) = bomb(name);
        let script = file(&folder, "bomb.js", source);
        let flags = ["--memory", "64MiB", "--fuel", "20000000000", "--timeout", "60s", "--json"];
        let run = ampoule(&[&["run", &script], &flags[..]].concat());
        let report = run.json();
        allowed(name, &report["outcome"], &expected);
        assert!(report["usage"]["memory_bytes"].as_u64().unwrap() <= LIMIT, "{name}: {}", report["usage"]);
        let grown = run.peak_bytes.saturating_sub(trivial);
        println!("{name}: {} MiB more than a trivial run, {}", grown / MIB, report["outcome"]["kind"]);
        assert!(grown <= LIMIT + MARGIN, "{name}: {grown} bytes more than a trivial run");
    }
}

/// One after the other in one process: the peak is that of one, and the next job finds all in order.
#[tokio::test]
async fn a_server_grows_by_one_limit() {
    let folder = folder();
    let server = Server::serve(folder.path(), &["--slots", "1"]);
    let small = job("export default (input) => input.map((x) => x * 2)", json!([1, 2, 3]));
    let next = async || server.post("/v1/jobs?wait=30s", &small).await.json(200);
    let first = next().await;
    assert_eq!(first["outcome"]["value"], json!([2, 4, 6]));
    let before = peak(server.pid()).unwrap();
    for name in BOMBS {
        let (source, expected) = bomb(name);
        let mut job = job(&source, Value::Null);
        job["limits"] = json!({"memory_bytes": LIMIT, "fuel": 20_000_000_000_u64, "wall_ms": 60_000});
        let id = server.submit(&job).await;
        allowed(name, &server.finished(&id).await["outcome"], &expected);
        let after = next().await;
        assert_eq!(after["outcome"], first["outcome"], "after {name}");
        assert_eq!(after["usage"]["memory_bytes"], first["usage"]["memory_bytes"], "after {name}");
    }
    let grown = peak(server.pid()).unwrap() - before;
    println!("{} bombs: the server's peak grew by {} MiB", BOMBS.len(), grown / MIB);
    assert!(grown <= LIMIT + MARGIN, "{grown}");
}
