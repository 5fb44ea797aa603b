//! The document that clients are made from: it says what the router does, and nothing else.

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::Value;

use crate::support::{Manager, On};

const METHODS: [Method; 5] = [Method::GET, Method::PUT, Method::POST, Method::DELETE, Method::PATCH];

#[tokio::test]
async fn the_document_and_the_router_agree() {
    let m = Manager::start(On::Sqlite).await;
    let answer = m.get("/openapi.json").await;
    assert_eq!((answer.status.as_u16(), &answer.headers["content-type"]), (200, &"application/json".parse().unwrap()));
    let document = answer.json();
    assert!(document["openapi"].as_str().unwrap().starts_with("3.1"), "{}", document["openapi"]);
    let paths = document["paths"].as_object().unwrap();
    for (path, item) in paths {
        let filled = path.replace("{id}", "0190a3c4-7a2f-7b61-9d5e-3f8c2b1a4d6e").replace("{name}", "n");
        let filled = filled.replace("{version}", "1").replace("{alias}", "a");
        for method in METHODS {
            let answer = m.send(m.request(method.clone(), &filled)).await;
            let operation = &item[method.as_str().to_lowercase()];
            let code = serde_json::from_str::<Value>(&answer.text).ok().and_then(|body| body["code"].as_str().map(str::to_owned));
            if operation.is_null() {
                assert_eq!(
                    (answer.status.as_u16(), code.as_deref()),
                    (405, Some("method_not_allowed")),
                    "{method} {path} is not described"
                );
            } else {
                assert!(!matches!(code.as_deref(), Some("not_found" | "method_not_allowed")), "{method} {path}: {}", answer.text);
                let described = &operation["responses"][answer.status.as_str()];
                assert!(described.is_object(), "{method} {path} answers {}, which is not described", answer.status);
            }
        }
    }
    // Endpoints come into the router by their descriptions alone, but for the document itself.
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/api");
    let sources = std::fs::read_dir(folder).unwrap().map(|file| std::fs::read_to_string(file.unwrap().path()).unwrap());
    assert_eq!(sources.map(|source| source.matches(".route(").count()).sum::<usize>(), 1, "a route without a description");
}

#[tokio::test]
async fn what_the_document_refers_to_is_there() {
    let m = Manager::start(On::Sqlite).await;
    let document = m.get("/openapi.json").await.json();
    let (mut refs, mut names) = (BTreeSet::new(), BTreeSet::new());
    walk(&document, &mut refs, &mut names);
    assert!(refs.len() > 20, "{refs:?}");
    for place in &refs {
        assert!(document.pointer(place.trim_start_matches('#')).is_some(), "{place} is not there");
    }
    assert_eq!(names.len(), document["paths"].as_object().unwrap().values().map(|item| item.as_object().unwrap().len()).sum::<usize>());
    // Unknown fields are refused, and the document says so.
    assert_eq!(document["components"]["schemas"]["JobSpec"]["additionalProperties"], false);
    let codes = document["components"]["schemas"]["Problem"]["properties"]["code"]["enum"].as_array().unwrap();
    assert!(codes.len() > 20 && codes.contains(&"rate_limited".into()));
}

fn walk(value: &Value, refs: &mut BTreeSet<String>, names: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => {
            for (name, value) in fields {
                match (name.as_str(), value) {
                    ("$ref", Value::String(place)) => drop(refs.insert(place.clone())),
                    ("operationId", Value::String(name)) => assert!(names.insert(name.clone()), "two operations are called {name}"),
                    _ => walk(value, refs, names),
                }
            }
        }
        Value::Array(items) => items.iter().for_each(|item| walk(item, refs, names)),
        _ => {}
    }
}

#[tokio::test]
async fn answers_are_compressed_for_those_who_ask() {
    let m = Manager::start(On::Sqlite).await;
    let ask = async |path: &str| m.request(Method::GET, path).header("accept-encoding", "gzip").send().await.unwrap();
    let large = ask("/openapi.json").await;
    assert_eq!(large.headers()["content-encoding"], "gzip");
    let (bytes, plain) = (large.bytes().await.unwrap(), m.get("/openapi.json").await);
    assert!(bytes.starts_with(&[0x1f, 0x8b]) && bytes.len() * 3 < plain.text.len(), "{} of {}", bytes.len(), plain.text.len());
    assert!(!plain.headers.contains_key("content-encoding") && !ask("/healthz").await.headers().contains_key("content-encoding"));
}
