//! `submit --wait` is `run` on a server: the same output, the same exit codes.

use serde_json::json;

use crate::support::{Server, ampoule, ampoule_reading, file, folder};

#[tokio::test]
async fn ends_as_run_does() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let cases: [(&str, &[&str], i32); 6] = [
        ("export default (input) => { console.log('about to return'); return { got: input }; }", &["--input", "[1, 2]"], 0),
        ("export default () => { console.warn('about to throw'); throw new TypeError('no') }", &[], 1),
        ("let x = ;", &[], 1),
        ("export default () => { for (;;) {} }", &["--fuel", "10000000"], 3),
        ("export default () => new Promise((done) => setTimeout(done, 10_000))", &["--timeout", "50ms"], 3),
        ("export const a = () => 'A', b = () => 'B'", &["--entry", "b"], 0),
    ];
    for (source, flags, code) in cases {
        let script = file(&folder, "script.js", source);
        let run = ampoule(&[&["run", &script], flags].concat());
        let submit = ampoule(&[&["submit", &script, "--wait", "--manager", &server.url], flags].concat());
        assert_eq!((run.code, submit.code), (Some(code), Some(code)), "{source}\n{run:?}\n{submit:?}");
        assert_eq!(submit.stdout, run.stdout, "{source}");
        // A wall time that was used is another each time.
        let stderr = |text: &str| text.split(" exceeded (").next().unwrap().to_owned();
        assert_eq!(stderr(&submit.stderr), stderr(&run.stderr), "{source}");
        assert_eq!(run.stdout.is_empty(), code != 0, "{source}: {run:?}");
    }
}

#[tokio::test]
async fn takes_libraries_context_tags_and_a_key() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let money = file(&folder, "money.js", "export const euros = (cents) => (cents / 100).toFixed(2)");
    let source =
        "import { euros } from 'lib:money'; export default (input, { money }, ctx) => [euros(input), money.euros(1), ctx.context];";
    let (script, library) = (file(&folder, "script.js", source), format!("money={money}"));
    let arguments = ["submit", &script, "--lib", &library, "--context", r#"{"b": 1}"#, "--tag", "a=b", "--input", "-"];
    let arguments = [&arguments[..], &["--idempotency-key", "once", "--json", "--manager", &server.url]].concat();
    let job = ampoule_reading(&[&arguments[..], &["--wait"]].concat(), "1234").json();
    assert_eq!((&job["outcome"]["value"], &job["tags"]), (&json!(["12.34", "0.01", {"b": 1}]), &json!({"a": "b"})), "{job}");
    assert_eq!(ampoule_reading(&arguments, "1234").json(), job);
    ampoule_reading(&arguments, "5678").says(2, &["idempotency_conflict"]);
    assert_eq!(server.count().await, 1);
}

#[tokio::test]
async fn stores_nothing_of_a_wrong_command() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let script = file(&folder, "script.js", "export default () => 1");
    let latin = file(&folder, "latin.js", b"// caf\xe9");
    let large = file(&folder, "large.js", "x".repeat(3 << 20));
    for (arguments, said) in [
        (vec![script.as_str(), "--input", "{a:1}"], "--input is no JSON"),
        (vec![&script, "--input", "@/no/such/file"], "/no/such/file"),
        (vec![&script, "--context", "[1]"], "`context`"),
        (vec![&script, "--tag", "nothing"], "KEY=VALUE"),
        (vec![&script, "--memory", "much"], "`much` is not a size"),
        (vec![&script, "--timeout", "0s"], "not a duration"),
        (vec![&script, "--lib", "money"], "NAME=FILE"),
        (vec![&script, "--allow-net", "example.org"], "--allow-net"),
        (vec![&latin], "not UTF-8 at byte 6"),
        (vec![&large], "`script.source`"),
        (vec!["/no/such/script.js"], "/no/such/script.js"),
    ] {
        ampoule(&[&["submit", "--manager", &server.url], &arguments[..]].concat()).says(2, &[said]);
    }
    assert_eq!(server.count().await, 0);
    ampoule(&["submit", &script, "--manager", "http://127.0.0.1:1"]).says(2, &["http://127.0.0.1:1", "does not answer"]);
}
