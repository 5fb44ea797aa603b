//! Every `tests/scripts/*/*.js` is a case: its first lines say what is expected.
//!
//! `// limits: {…}` sets limits other than the defaults; each `// expect: {…}` is an outcome that is right, as far as it goes (fields that it
//! does not name may hold anything). A script without expectation fails, and so does every fault.

use std::{fs, path::Path};

use ampoule_protocol::{Json, Limits, LimitsSpec};
use serde_json::Value;

use super::*;

async fn group(name: &str) {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scripts").join(name);
    let mut files: Vec<_> = fs::read_dir(&dir).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    assert!(!files.is_empty(), "{}", dir.display());
    let mut wrong = Vec::new();
    for file in files {
        let source = fs::read_to_string(&file).unwrap();
        let header = |key: &str| -> Vec<Value> {
            let lines = source.lines().take_while(|line| line.starts_with("// "));
            let values = lines.filter_map(|line| line.strip_prefix("// ")?.strip_prefix(key)?.strip_prefix(": "));
            values.map(|json| serde_json::from_str(json).unwrap_or_else(|error| panic!("{}: {error}", file.display()))).collect()
        };
        let expected = header("expect");
        assert!(!expected.is_empty(), "{}: no `// expect:` line", file.display());
        let limits = header("limits").pop().map_or_else(LimitsSpec::default, |limits| serde_json::from_value(limits).unwrap());
        let mut request = RunRequest::new(source.clone());
        request.limits = limits.resolve(&Limits::CEILING).unwrap();
        request.input = Json::parse(r#"{"a":2}"#.into()).unwrap();
        match try_run(&request).await {
            Ok(report) => {
                // Not by way of `to_value`: a lone surrogate in a returned string is valid JSON, but no Rust string.
                let text = serde_json::to_string(&report.outcome).unwrap();
                let outcome = serde_json::from_str(&text.replace("\\ud800", "\\ufffd")).unwrap_or_else(|error| panic!("{text}: {error}"));
                if !expected.iter().any(|expected| agrees(expected, &outcome)) {
                    wrong.push(format!("{}: {outcome}", file.display()));
                }
            }
            Err(fault) => wrong.push(format!("{}: FAULT {fault}", file.display())),
        }
        assert_eq!(value("export default () => 'next'").await, "\"next\"", "after {}", file.display());
    }
    assert!(wrong.is_empty(), "\n{}", wrong.join("\n"));
}

/// Whether `actual` has all that `expected` names.
fn agrees(expected: &Value, actual: &Value) -> bool {
    match (expected, actual) {
        (Value::Object(expected), Value::Object(actual)) => {
            expected.iter().all(|(key, expected)| actual.get(key).is_some_and(|actual| agrees(expected, actual)))
        }
        _ => expected == actual,
    }
}

#[tokio::test]
async fn loops_stop_at_the_fuel() {
    group("loops").await;
}

#[tokio::test]
async fn bombs_stop_at_the_memory() {
    group("bombs").await;
}

#[tokio::test]
async fn recursion_is_a_range_error_or_the_stack_limit() {
    group("recursion").await;
}

#[tokio::test]
async fn nested_source_is_an_error_or_the_stack_limit() {
    group("nesting").await;
}

#[tokio::test]
async fn giants_and_comparators_do_what_ecmascript_says() {
    group("spec").await;
}

#[tokio::test]
async fn the_script_contract_holds() {
    group("contract").await;
}

#[tokio::test]
async fn a_hostile_author_gains_nothing() {
    group("hostile").await;
}
