//! What ECMAScript says, case by case: `behaviours/cases` holds what node gives, `behaviours/divergences.json` where Boa differs and why.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use ampoule_protocol::Outcome;
use serde::Deserialize;

use super::*;

/// A case in which the sandbox does not give what is expected.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Divergence {
    pub(super) case: String,
    pub(super) gives: String,
    pub(super) why: String,
}

/// A folder of cases, with the harness that they are run in.
pub(super) struct Behaviours(PathBuf);

/// A case.
pub(super) struct Case {
    /// The file's name.
    pub(super) file: String,
    source: String,
    expected: String,
}

impl Behaviours {
    /// The folder of that name beside this one.
    pub(super) fn of(name: &str) -> Self {
        Self(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests").join(name))
    }

    /// The text of a file in it.
    pub(super) fn text(&self, file: &str) -> String {
        fs::read_to_string(self.0.join(file)).unwrap()
    }

    /// Where the sandbox differs, and why.
    pub(super) fn divergences(&self) -> Vec<Divergence> {
        serde_json::from_str(&self.text("divergences.json")).unwrap()
    }

    /// All cases, by file.
    pub(super) fn cases(&self) -> Vec<Case> {
        let mut files: Vec<_> = fs::read_dir(self.0.join("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
        files.sort();
        let mut cases = Vec::new();
        for path in files {
            let file = path.file_stem().unwrap().to_string_lossy();
            for case in fs::read_to_string(&path).unwrap().split("\n\n").map(str::trim).filter(|case| !case.is_empty()) {
                let (source, expected) = case.rsplit_once("\n//=>").unwrap_or_else(|| panic!("no expected text: {case}"));
                let expected = expected.strip_prefix(' ').unwrap_or(expected);
                cases.push(Case { file: file.to_string(), source: source.to_owned(), expected: expected.to_owned() });
            }
        }
        cases
    }

    /// Runs all of them in the sandbox. Fewer than `at_least` means that cases were not found.
    pub(super) async fn hold(&self, at_least: usize) {
        let (harness, divergences, cases) = (self.text("behave.js"), self.divergences(), self.cases());
        let mut known: BTreeMap<_, _> = divergences.iter().map(|divergence| (&*divergence.case, divergence)).collect();
        assert!(cases.len() >= at_least, "only {} cases", cases.len());
        let mut wrong = String::new();
        for Case { source, expected, .. } in &cases {
            let given = behave(&harness, source).await;
            match known.remove(&**source) {
                None if given != *expected => wrong += &format!("{source}\n  expected {expected}\n  sandbox  {given}\n"),
                Some(_) if given == *expected => wrong += &format!("{source}\n  is as it should be: remove it from divergences.json\n"),
                Some(Divergence { gives, .. }) if given != *gives => {
                    wrong += &format!("{source}\n  listed   {gives}\n  sandbox  {given}\n")
                }
                Some(Divergence { why, .. }) if why.is_empty() => wrong += &format!("{source}\n  listed without a reason\n"),
                _ => {}
            }
        }
        wrong.extend(known.into_keys().map(|source| format!("{source}\n  is listed in divergences.json and is no case\n")));
        assert!(wrong.is_empty(), "\n{wrong}");
    }
}

/// The text that the sandbox gives.
async fn behave(harness: &str, source: &str) -> String {
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
    Behaviours::of("behaviours").hold(300).await;
}
