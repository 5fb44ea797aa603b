//! The scripts beside Boa's patches give in the sandbox what they give elsewhere: `guest/patches/tests/*.expected` is what node prints.

use std::{fs, path::Path};

use ampoule_protocol::{Json, Limits, LimitsSpec, Outcome};

use super::*;

#[tokio::test]
async fn patched_behaviour_is_what_node_does() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("guest/patches/tests");
    let mut files: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "js"));
    files.sort();
    assert!(files.len() > 10, "{}", dir.display());
    let limits: LimitsSpec = serde_json::from_str(r#"{"fuel": 100000000000, "memory_bytes": 268435456, "wall_ms": 60000}"#).unwrap();
    let mut wrong = String::new();
    for file in files {
        // The value of a script is its last expression's; ours is what a function returns.
        let source = fs::read_to_string(&file).unwrap();
        let Some(body) = source.trim_end().strip_suffix("out.join(\"\\n\");") else {
            panic!("{}: no `out.join` at its end", file.display())
        };
        let mut request = RunRequest::new(format!("{body}\nfunction main() {{ return out }}"));
        request.limits = limits.resolve(&Limits::CEILING).unwrap();
        request.input = Json::parse("null".into()).unwrap();
        let name = file.file_name().unwrap().to_string_lossy().into_owned();
        let outcome = match try_run(&request).await {
            Ok(report) => report.outcome,
            Err(fault) => {
                wrong += &format!("{name}: FAULT {fault}\n");
                continue;
            }
        };
        let Outcome::Returned { value } = &outcome else {
            wrong += &format!("{name}: {}\n", serde_json::to_string(&outcome).unwrap());
            continue;
        };
        let ours: Vec<String> = serde_json::from_str(value.as_str()).unwrap();
        let expected = fs::read_to_string(file.with_extension("expected")).unwrap();
        let ours = ours.join("\n");
        for (line, (ours, expected)) in ours.lines().zip(expected.lines()).enumerate() {
            if ours != expected {
                wrong += &format!("{name}, result {}: {ours:.200}, expected {expected:.200}\n", line + 1);
            }
        }
        if ours.lines().count() != expected.lines().count() {
            wrong += &format!("{name}: {} results, expected {}\n", ours.lines().count(), expected.lines().count());
        }
    }
    assert!(wrong.is_empty(), "\n{wrong}");
}
