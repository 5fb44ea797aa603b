//! What ECMAScript says, case by case: `behaviours/cases` holds what node gives, `behaviours/divergences.json` where Boa differs and why.

use std::{collections::BTreeMap, fs, path::PathBuf};

use ampoule_protocol::Outcome;
use serde::Deserialize;

use super::*;

/// Fewer than this means that cases were not found.
const AT_LEAST: usize = 300;

/// A case in which Boa does not give what node gives.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Divergence {
    case: String,
    gives: String,
    why: String,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/behaviours"))
}

/// The cases: source and expected text.
fn cases() -> Vec<(String, String)> {
    let mut files: Vec<_> = fs::read_dir(folder().join("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let texts = files.iter().map(|file| fs::read_to_string(file).unwrap());
    let cases =
        texts.flat_map(|text| text.split("\n\n").map(str::trim).filter(|case| !case.is_empty()).map(str::to_owned).collect::<Vec<_>>());
    cases
        .map(|case| {
            let (source, expected) = case.rsplit_once("\n//=>").unwrap_or_else(|| panic!("no expected text: {case}"));
            (source.to_owned(), expected.strip_prefix(' ').unwrap_or(expected).to_owned())
        })
        .collect()
}

/// The text that the sandbox gives.
pub(super) async fn behave(harness: &str, source: &str) -> String {
    let input = serde_json::json!({"source": source});
    let request =
        RunRequest { input: input.into(), ..RunRequest::new(format!("{harness}\nconst main = ({{ source }}) => behave(source);")) };
    match try_run(&request).await {
        Ok(RunReport { outcome: Outcome::Returned { value }, .. }) => serde_json::from_str(value.as_str()).unwrap(),
        Ok(report) => format!("ends with {}", serde_json::to_string(&report.outcome).unwrap()),
        Err(fault) => format!("FAULT {fault}"),
    }
}

#[tokio::test]
async fn the_sandbox_behaves_as_ecmascript_says() {
    let harness = fs::read_to_string(folder().join("behave.js")).unwrap();
    let divergences: Vec<Divergence> = serde_json::from_str(&fs::read_to_string(folder().join("divergences.json")).unwrap()).unwrap();
    let mut known: BTreeMap<_, _> = divergences.iter().map(|divergence| (&*divergence.case, divergence)).collect();
    let cases = cases();
    assert!(cases.len() >= AT_LEAST, "only {} cases", cases.len());
    let mut wrong = String::new();
    for (source, expected) in &cases {
        let given = behave(&harness, source).await;
        match known.remove(&**source) {
            None if given != *expected => wrong += &format!("{source}\n  expected {expected}\n  sandbox  {given}\n"),
            Some(_) if given == *expected => wrong += &format!("{source}\n  is as it should be: remove it from divergences.json\n"),
            Some(Divergence { gives, .. }) if given != *gives => wrong += &format!("{source}\n  listed   {gives}\n  sandbox  {given}\n"),
            Some(Divergence { why, .. }) if why.is_empty() => wrong += &format!("{source}\n  listed without a reason\n"),
            _ => {}
        }
    }
    wrong.extend(known.into_keys().map(|source| format!("{source}\n  is listed in divergences.json and is no case\n")));
    assert!(wrong.is_empty(), "\n{wrong}");
}
