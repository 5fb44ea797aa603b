//! The web's API in the sandbox: `web/cases` holds what the standards say, `web/divergences.json` where the guest differs and why; `docs/web-api.md` is generated here.

use std::{collections::BTreeMap, fmt::Write, fs, path::PathBuf};

use serde::Deserialize;

use super::{behaviours::behave, *};

/// Fewer than this means that cases were not found.
const AT_LEAST: usize = 600;

/// A case in which the guest does not give what the standard says.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Divergence {
    case: String,
    gives: String,
    why: String,
}

/// What the documentation says beyond names.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Notes {
    differs: BTreeMap<String, String>,
    absent: BTreeMap<String, String>,
}

fn folder() -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/web"))
}

/// The cases: file, source and expected text.
fn cases() -> Vec<(String, String, String)> {
    let mut files: Vec<_> = fs::read_dir(folder().join("cases")).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.sort();
    let mut cases = Vec::new();
    for file in files {
        let name = file.file_stem().unwrap().to_string_lossy().into_owned();
        for case in fs::read_to_string(&file).unwrap().split("\n\n").map(str::trim).filter(|case| !case.is_empty()) {
            let (source, expected) = case.rsplit_once("\n//=>").unwrap_or_else(|| panic!("no expected text: {case}"));
            cases.push((name.clone(), source.to_owned(), expected.strip_prefix(' ').unwrap_or(expected).to_owned()));
        }
    }
    cases
}

fn divergences() -> Vec<Divergence> {
    serde_json::from_str(&fs::read_to_string(folder().join("divergences.json")).unwrap()).unwrap()
}

#[tokio::test]
async fn the_web_api_behaves_as_its_standards_say() {
    let harness = fs::read_to_string(folder().join("behave.js")).unwrap();
    let divergences = divergences();
    let mut known: BTreeMap<_, _> = divergences.iter().map(|divergence| (&*divergence.case, divergence)).collect();
    let cases = cases();
    assert!(cases.len() >= AT_LEAST, "only {} cases", cases.len());
    let mut wrong = String::new();
    for (_, source, expected) in &cases {
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

/// What a script finds, by name: the members of a class, or what kind of thing it is.
const WALK: &str = r#"
const ECMASCRIPT = new Set("globalThis Infinity NaN undefined eval isFinite isNaN parseFloat parseInt decodeURI decodeURIComponent encodeURI encodeURIComponent escape unescape AggregateError Array ArrayBuffer AsyncDisposableStack BigInt BigInt64Array BigUint64Array Boolean DataView Date DisposableStack Error EvalError FinalizationRegistry Float16Array Float32Array Float64Array Function Int8Array Int16Array Int32Array Iterator Map Number Object Promise Proxy RangeError ReferenceError RegExp Set SharedArrayBuffer String SuppressedError Symbol SyntaxError TypeError Uint8Array Uint8ClampedArray Uint16Array Uint32Array URIError WeakMap WeakRef WeakSet Atomics JSON Math Reflect Temporal".split(" "));
export default () => Object.getOwnPropertyNames(globalThis).filter((name) => !ECMASCRIPT.has(name)).sort().map((name) => {
  const value = globalThis[name];
  const own = (object, except) => Object.getOwnPropertyNames(object).filter((key) => !except.includes(key) && !/^[A-Z_]+$/.test(key)).sort();
  if (typeof value === "function" && value.prototype && /^[A-Z]/.test(name)) return [name, "class", own(value.prototype, ["constructor"]), own(value, ["length", "name", "prototype"])];
  if (typeof value === "function") return [name, "function", [], []];
  if (value !== null && typeof value === "object" && value !== globalThis) {
    const members = new Set(own(value, []));
    for (let p = Object.getPrototypeOf(value); p && p !== Object.prototype && p !== EventTarget.prototype; p = Object.getPrototypeOf(p)) own(p, ["constructor"]).forEach((key) => members.add(key));
    return [name, "object", [...members].sort(), []];
  }
  return [name, "value", [], []];
});
"#;

#[tokio::test]
async fn the_documentation_says_what_a_script_finds() {
    type Found = Vec<(String, String, Vec<String>, Vec<String>)>;
    let found: Found = serde_json::from_str(&value(WALK).await).unwrap();
    let notes: Notes = serde_json::from_str(&fs::read_to_string(folder().join("notes.json")).unwrap()).unwrap();
    let mut page = String::from(
        "# The web's common API\n\nGenerated by `engine/tests/all/web.rs`; `AMPOULE_WRITE_DOCS=1 cargo test --workspace --test all -- web::` writes it anew.\n\n\
         Scripts find the [minimum common API](https://min-common-api.proposal.wintertc.org) besides ECMAScript. Parts of it are loaded when a script first touches them: \
         what it does not use costs it nothing.\n\n## What is there\n\n| global | | members |\n|---|---|---|\n",
    );
    for (name, kind, members, statics) in &found {
        assert!(!notes.absent.contains_key(name) || name == "fetch", "{name} is there, and notes.json says that it is absent");
        let mut all: Vec<_> = members.iter().map(|member| format!("`{member}`")).collect();
        all.extend(statics.iter().map(|member| format!("`{name}.{member}`")));
        writeln!(page, "| `{name}` | {kind} | {} |", all.join(" ")).unwrap();
    }
    page += "\n## What differs\n\n| | |\n|---|---|\n";
    for (name, note) in &notes.differs {
        writeln!(page, "| {name} | {note} |").unwrap();
    }
    for Divergence { case, gives, why } in divergences() {
        writeln!(page, "| `{}` | gives `{gives}`. {why} |", case.replace('|', "\\|")).unwrap();
    }
    page += "\n## What is absent\n\n| | |\n|---|---|\n";
    for (name, note) in &notes.absent {
        writeln!(page, "| {name} | {note} |").unwrap();
    }
    let mut counts = BTreeMap::<_, usize>::new();
    cases().into_iter().for_each(|(file, ..)| *counts.entry(file).or_default() += 1);
    let total: usize = counts.values().sum();
    writeln!(page, "\n## How it is checked\n\n{total} behaviours, written from the standards (`engine/tests/web/cases`), run in the sandbox, and in node by `engine/tests/web-node`; \
        where node differs, `engine/tests/web/node.json` says why.\n").unwrap();
    for (file, count) in counts {
        writeln!(page, "- {file}: {count}").unwrap();
    }
    let path = PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/web-api.md"));
    if std::env::var_os("AMPOULE_WRITE_DOCS").is_some() {
        fs::write(&path, &page).unwrap();
    }
    assert!(
        fs::read_to_string(&path).unwrap_or_default() == page,
        "docs/web-api.md is not what the sandbox says: AMPOULE_WRITE_DOCS=1 writes it"
    );
}
