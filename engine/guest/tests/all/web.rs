//! The behaviours of the web's API, natively: the cases of `engine/tests/web`, which the engine's tests run in the sandbox and
//! `engine/tests/web-node` in node. `WEB_CASES=TEXT` runs those whose file's name or source has the text, and prints what they give.

use std::{fs, path::PathBuf};

use ampoule_guest::run::Answer;

use crate::host::{self, Job};

#[test]
fn the_web_api_behaves_as_its_standards_say() {
    let folder = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/web"));
    let harness = fs::read_to_string(folder.join("behave.js")).unwrap();
    let divergences = fs::read_to_string(folder.join("divergences.json")).unwrap();
    let wanted = std::env::var("WEB_CASES").ok();
    let mut files: Vec<_> = fs::read_dir(folder.join("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let (mut count, mut wrong) = (0, String::new());
    for file in files {
        let text = fs::read_to_string(&file).unwrap();
        for case in text.split("\n\n").map(str::trim).filter(|case| !case.is_empty()) {
            if wanted.as_ref().is_some_and(|wanted| !case.contains(wanted) && !file.to_string_lossy().contains(wanted)) {
                continue;
            }
            let (source, expected) = case.rsplit_once("\n//=>").unwrap_or((case, ""));
            count += 1;
            let script = format!("{harness}\nconst main = (source) => behave(source);");
            let input = json(source);
            let report = host::run(Job { source: &script, input: &input, ..Job::default() });
            let given = match &report.answer {
                Answer::Returned(text) => text.clone(),
                _ => report.text(),
            };
            // Where the guest differs for a reason, the engine's test compares with what is listed.
            if given != json(expected.trim_start()) && (wanted.is_some() || !divergences.contains(&json(source))) {
                wrong += &format!("{}: {source}\n  expected {}\n  guest    {given}\n", file.display(), json(expected.trim_start()));
            }
        }
    }
    assert!(wrong.is_empty(), "{count} cases\n{wrong}");
}

/// A text as the guest writes JSON.
fn json(text: &str) -> String {
    let mut json = String::from("\"");
    for c in text.chars() {
        match c {
            '"' => json += "\\\"",
            '\\' => json += "\\\\",
            '\n' => json += "\\n",
            '\t' => json += "\\t",
            c if c < ' ' => json += &format!("\\u{:04x}", u32::from(c)),
            c => json.push(c),
        }
    }
    json + "\""
}
