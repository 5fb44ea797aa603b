//! `ampoule run`: what it prints where, its exit codes, and what it says of wrong usage before anything has run.

use serde_json::json;

use crate::support::{ampoule, ampoule_reading, file, folder};

#[test]
fn the_value_and_the_console_go_their_own_ways() {
    let folder = folder();
    let script = file(&folder, "s.mjs", "export default (input) => { console.log('to', 'stderr'); return input; }");
    for (input, stdin) in [("{\"a\":[1,\"é\"]}", ""), ("-", " {\"a\":[1,\"é\"]}\n")] {
        let run = ampoule_reading(&["run", &script, "--input", input], stdin);
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (Some(0), "{\"a\":[1,\"é\"]}\n", "to stderr\n"));
    }
    let input = file(&folder, "input.json", "[true]");
    let report = ampoule(&["run", &script, "--input", &format!("@{input}"), "--json"]);
    assert_eq!(report.stderr, "");
    let report = report.json();
    assert_eq!(report["outcome"], json!({"kind": "returned", "value": [true]}));
    assert_eq!(report["logs"], json!([{"offset": 0, "level": "log", "message": "to stderr"}]));
    assert!(report["engine"].is_string() && report["usage"]["fuel"].as_u64().unwrap() > 0, "{report}");
    assert_eq!(ampoule(&["run", "--eval", "6 * 7"]).stdout, "42\n");
}

/// Each with its exit code and what it says.
#[test]
fn scripts_end_in_every_way() {
    let folder = folder();
    for (source, flags, code, said) in [
        ("export default () => 1", &[][..], 0, ""),
        ("const a = 1;\nlet b = ;\n", &[], 1, "SyntaxError: unexpected token ';', primary expression at line 2, col 9"),
        ("function main() {\n  throw new RangeError('far');\n}", &[], 1, "RangeError: far"),
        ("function main() {\n  null.x;\n}", &[], 1, "at main (script.js:2:"),
        ("export default () => { throw 'bare' }", &[], 1, "bare"),
        ("export default () => 1", &["--entry", "other"], 1, "no entry `other`; the script has: default"),
        ("export default () => ({ a: { b: () => 1 } })", &[], 1, "a.b"),
        ("export default () => { for (;;) {} }", &["--fuel", "5000000"], 3, "limit fuel exceeded (5000000 of 5000000 fuel)"),
        ("export default () => { for (;;) {} }", &["--timeout", "100ms"], 3, "limit wall_time exceeded"),
        ("export default () => { const a = []; for (;;) a.push(a.slice()) }", &["--memory", "16MiB"], 3, "limit memory exceeded"),
        ("export default () => 'x'.repeat(100)", &["--output-limit", "50"], 3, "limit output exceeded (102 of 50 bytes)"),
        ("export default () => 1", &["--script-limit", "10"], 3, "limit script exceeded (22 of 10 bytes)"),
        ("export default () => 1", &["--input", "[1,2]", "--input-limit", "4"], 3, "limit input exceeded (5 of 4 bytes)"),
    ] {
        let script = file(&folder, "script.js", source);
        let run = ampoule(&[&["run", &script], flags].concat());
        run.says(code, &[said]);
        assert_eq!(run.stdout.is_empty(), code != 0, "{source}: {run:?}");
    }
}

/// Nothing has run: the script would have said so.
#[test]
fn wrong_usage_is_exit_code_2() {
    let folder = folder();
    let script = file(&folder, "script.js", "console.log('RAN'); export default () => 'RAN'");
    let latin = file(&folder, "latin.js", b"// caf\xe9");
    let twice = format!("a={script}");
    for (arguments, said) in [
        (vec![], "Usage"),
        (vec!["run"], "FILE"),
        (vec!["walk"], "walk"),
        (vec!["run", &script, "--nonsense"], "--nonsense"),
        (vec!["run", &script, "--fuel", "lots"], "lots"),
        (vec!["run", &script, "--memory", "64MB"], "`64MB` is not a size"),
        (vec!["run", &script, "--memory", "1KiB"], "at least 16777216"),
        (vec!["run", &script, "--memory", "4GiB"], "--memory asks for 4294967296, the ceiling is 536870912"),
        (vec!["run", &script, "--fuel", "9000000000000"], "--fuel asks for"),
        (vec!["run", &script, "--timeout", "2"], "`2` is not a duration"),
        (vec!["run", &script, "--timeout", "1h"], "--timeout asks for"),
        (vec!["run", &script, "--seed", "-1"], "-1"),
        (vec!["run", &script, "--input", "{a:1}"], "--input is no JSON"),
        (vec!["run", &script, "--input", ""], "--input is no JSON"),
        (vec!["run", &script, "--input", "-"], "standard input is no JSON"),
        (vec!["run", &script, "--input", "@/no/such/input.json"], "/no/such/input.json"),
        (vec!["run", &script, "--input", &format!("@{latin}")], "not UTF-8 at byte 6"),
        (vec!["run", &script, "--lib", "money"], "NAME=FILE"),
        (vec!["run", &script, "--lib", "money=/no/such/money.js"], "/no/such/money.js"),
        (vec!["run", &script, "--lib", &twice, "--lib", &twice], "twice"),
        (vec!["run", "/no/such/script.js"], "/no/such/script.js"),
        (vec!["run", folder.path().to_str().unwrap()], "directory"),
        (vec!["run", &latin], "not UTF-8 at byte 6"),
        (vec!["run", &script, "--eval", "1"], "--eval"),
    ] {
        let run = ampoule_reading(&arguments, "not JSON");
        run.says(2, &[said]);
        assert!(!run.stdout.contains("RAN") && !run.stderr.contains("RAN"), "{arguments:?} ran: {run:?}");
    }
}

/// A grant that is written wrongly is told, and nothing runs with less than it was meant to have.
#[test]
fn wrong_grants_run_nothing() {
    let folder = folder();
    let script = file(&folder, "script.js", "console.log('RAN'); export default () => 'RAN'");
    for (flag, value, said) in [
        ("--allow-net", "http://example.org", "HOST[:PORT]"),
        ("--dir", "data=/no/such/folder", "cannot open"),
        ("--dir", "data", "NAME=PATH"),
        ("--env", "A", "K=V"),
        ("--secret", "A=short", "6 to"),
        ("--secret", "NOT_IN_THE_ENVIRONMENT", "no such variable"),
    ] {
        let run = ampoule(&["run", &script, flag, value]);
        run.says(2, &[said]);
        assert!(!run.stdout.contains("RAN") && !run.stderr.contains("RAN"), "{flag}: {run:?}");
    }
}
