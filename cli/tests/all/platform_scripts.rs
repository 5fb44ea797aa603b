//! Scripts in a building platform's manner, unmodified, as jobs of a real server.

use std::{fs, path::Path};

use serde_json::{Value, json};

use crate::support::{Server, folder};

fn example(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/platform").join(name)).unwrap()
}

/// Runs an example's entry to its end. Gives what it returned and what it logged.
async fn run(server: &Server, script: &str, entry: &str, input: Value) -> (Value, Vec<String>) {
    let libraries = json!([
        {"name": "PlatformApi", "source": example("lib/platform-api.js")},
        {"name": "IafScriptEngine", "source": example("lib/script-engine.js")},
    ]);
    let job = json!({"script": {"source": example(script), "name": script}, "entry": entry, "input": input, "libraries": libraries});
    let id = server.submit(&job).await;
    let job = server.finished(&id).await;
    assert_eq!(job["outcome"]["kind"], "returned", "{job}");
    (job["outcome"]["value"].clone(), server.messages(&id).await)
}

#[tokio::test]
async fn imports_a_model_in_batches() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let element = |k: usize| {
        let kind = if k.is_multiple_of(3) { "IfcWall" } else { "IfcDoor" };
        json!({"id": format!("e{k}"), "type": kind, "properties": [{"set": "Pset", "name": "Height", "value": k}]})
    };
    let elements: Vec<_> = (0..250).map(element).collect();
    let (value, log) = run(&server, "import-model.js", "importModel", json!({"model": {"name": "Tower", "elements": elements}})).await;
    assert_eq!(
        value,
        json!({"collection": "col-1", "batches": 3, "types": {"IfcWall": 84, "IfcDoor": 166}, "walls": 84, "firstWalls": ["e0", "e3"]})
    );
    let libraries = log.iter().find(|line| line.starts_with("libraries")).unwrap();
    assert!(libraries.contains("IafItemSvc") && libraries.contains("setVar"), "{libraries}");
    let progress: Vec<_> = log.iter().filter(|line| line.starts_with("progress: ")).collect();
    assert_eq!(progress, ["progress: { done: 100, of: 250 }", "progress: { done: 200, of: 250 }", "progress: { done: 250, of: 250 }"]);
    assert!(log.last().unwrap().starts_with("import: "), "{log:?}");
}

#[tokio::test]
async fn maps_types_in_plain_functions() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let element = |kind: &str, name: &str| json!({"type": kind, "name": name});
    let input = json!({
        "elements": [element("IfcWall", "Outer wall"), element("IfcWall", "Inner"), element("IfcDoor", "D1"), element("IfcSite", "Site")],
        "mapping": [
            {"type": "IfcWall", "pattern": "^outer", "category": "Facade"},
            {"type": "IfcWall", "category": "Walls"},
            {"type": "IfcDoor", "category": "Doors"},
        ],
    });
    let (value, log) = run(&server, "map-types.js", "mapElements", input.clone()).await;
    assert_eq!(value, json!({"counts": {"Facade": 1, "Walls": 1, "Doors": 1, "Unmapped": 1}, "unmapped": 1}));
    assert!(log[0].contains("category") && log[0].contains("Facade"), "{log:?}");
    let (value, _) = run(&server, "map-types.js", "getRunnableScripts", Value::Null).await;
    assert_eq!(value[0], json!({"name": "Map Elements", "script": "mapElements"}));
    assert_eq!(run(&server, "map-types.js", "showUnmapped", input).await.0, json!([]));
}

#[tokio::test]
async fn uploads_in_bulk_from_typescript() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let mut files: Vec<_> = (0..20).map(|k| json!({"name": format!("plan-{k:02}"), "text": "é".repeat(k + 1)})).collect();
    files.extend([json!({"name": "flaky", "text": "x"}), json!({"name": "empty", "text": ""})]);
    let (value, log) = run(&server, "bulk-upload.ts", "uploadAll", json!({"files": files, "atOnce": 5})).await;
    let failed = json!([{"name": "empty", "state": "failed", "attempts": 1, "detail": "TypeError: empty"}]);
    assert_eq!(value, json!({"done": 21, "failed": failed, "attempts": 23}));
    assert_eq!(log.iter().filter(|line| line.starts_with("progress: ")).count(), 22);
    assert!(!log.iter().any(|line| line.contains("never")), "{log:?}");
}
