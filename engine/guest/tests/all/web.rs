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
        let cases = text.split("\n\n").map(str::trim).filter(|case| !case.is_empty());
        let cases =
            cases.filter(|case| wanted.as_ref().is_none_or(|wanted| case.contains(wanted) || file.to_string_lossy().contains(wanted)));
        let cases: Vec<_> = cases.map(|case| case.rsplit_once("\n//=>").unwrap_or((case, ""))).collect();
        count += cases.len();
        // All cases of a file in one guest: most of the time goes into making one.
        let script = format!(
            "{harness}\nconst main = async (sources) => {{ const all = []; for (const source of sources) all.push(await behave(source)); return all.join('\\u0001'); }}"
        );
        let sources: Vec<_> = cases.iter().map(|(source, _)| json(source)).collect();
        let input = format!("[{}]", sources.join(","));
        let report = host::run(Job { source: &script, input: &input, ..Job::default() });
        let Answer::Returned(text) = &report.answer else { panic!("{}: {}", file.display(), report.text()) };
        let given: Vec<_> = text.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or_default().split("\\u0001").collect();
        assert_eq!(if cases.is_empty() { 0 } else { given.len() }, cases.len(), "{}", file.display());
        for ((source, expected), given) in cases.iter().zip(given) {
            let (expected, given) = (json(expected.strip_prefix(' ').unwrap_or(expected)), format!("\"{given}\""));
            // Where the guest differs for a reason, the engine's test compares with what is listed.
            if given != expected && (wanted.is_some() || !divergences.contains(&json(source))) {
                wrong += &format!("{}: {source}\n  expected {expected}\n  guest    {given}\n", file.display());
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

/// A script that replaces built-ins reaches nothing of ours, and changes nothing of what it gets.
#[test]
fn hostile_scripts_reach_nothing() {
    let source = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/web/hostile.js")).unwrap();
    let run = |entry| host::run(Job { source: &source, entry, ..Job::default() }).text();
    let calm = run("calm");
    assert_eq!(calm, "returned \"https://a/b?c=d&e=f&h=i#g 1, 3 a xyz 1 1 true 36 v body blob 1;\"");
    assert_eq!(run("poisoned"), calm);
}
