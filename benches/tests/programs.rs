//! The programs whose time is measured give right results: what node gives.

use std::{
    collections::BTreeMap,
    fs,
    io::Write as _,
    path::Path,
    process::{Command, Stdio},
};

use ampoule_benches::{
    Lab,
    programs::{HELD_OUT, Program, SUITE},
};
use ampoule_protocol::Outcome;

/// Results of the small sizes in the sandbox.
fn ours(programs: &[Program]) -> BTreeMap<String, String> {
    let lab = Lab::without_images().unwrap();
    let value = |program: &Program| match lab.returns(&program.request(true)).unwrap().outcome {
        Outcome::Returned { value } => value.as_str().to_owned(),
        other => panic!("{}: {other:?}", program.name),
    };
    programs.iter().map(|program| (program.name.to_string(), value(program))).collect()
}

/// The same in node; none where there is no node.
fn in_node(programs: &[Program]) -> Option<BTreeMap<String, String>> {
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/node.mjs");
    let mut node = Command::new("node").arg(script).stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().ok()?;
    let mut input = node.stdin.take().unwrap();
    let requests: Vec<_> =
        programs.iter().map(|program| serde_json::json!({"source": program.source, "input": program.input(true)}).to_string()).collect();
    let writer = std::thread::spawn(move || input.write_all((requests.join("\n") + "\n").as_bytes()));
    let output = node.wait_with_output().unwrap();
    writer.join().unwrap().unwrap();
    assert!(output.status.success(), "node ends with {}", output.status);
    let lines = String::from_utf8(output.stdout).unwrap();
    let values: Vec<_> = lines.lines().map(str::to_owned).collect();
    assert_eq!(values.len(), programs.len(), "{lines}");
    Some(programs.iter().map(|program| program.name.to_string()).zip(values).collect())
}

#[test]
fn node_gives_the_same() {
    let programs: Vec<_> = SUITE.into_iter().chain(HELD_OUT).collect();
    match in_node(&programs) {
        Some(theirs) => assert_eq!(ours(&programs), theirs),
        // Not by `eprintln`, whose text a passing test swallows.
        None => writeln!(std::io::stderr(), "!! SKIPPED: no node (apt install nodejs): results of the bench programs were not compared")
            .unwrap(),
    }
}

/// The held-out set stands in no file of figures, so that nobody tunes for it; its results stand beside it.
#[test]
fn held_out_programs_give_what_is_committed() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("scripts/held-out/expected.json");
    let expected: BTreeMap<String, serde_json::Value> = serde_json::from_str(&fs::read_to_string(file).unwrap()).unwrap();
    let ours = ours(&HELD_OUT).into_iter().map(|(name, value)| (name, serde_json::from_str(&value).unwrap())).collect();
    assert_eq!(expected, ours);
}
