//! `ampoule script`, `ampoule library`, and jobs of what they published, on a real server.

use std::fs;

use serde_json::json;

use crate::support::{Server, ampoule, file, folder};

#[tokio::test]
async fn publishes_and_runs() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let run = |arguments: &[&str]| ampoule(&[arguments, &["--manager", &server.url]].concat());
    let money = file(&folder, "money.js", "import { round } from 'lib:round'; export const euros = (cents) => round(cents / 100)");
    let round = file(&folder, "round.js", "export const round = (n) => n.toFixed(2)");
    run(&["library", "publish", &money]).says(0, &[]);
    run(&["library", "publish", &round]).says(0, &[]);
    let pay = file(&folder, "pay.js", "import { euros } from 'lib:money'; export default (cents) => euros(cents)");
    let published = run(&["script", "publish", &pay, "--alias", "live"]);
    assert!(published.stdout.starts_with("pay@1  "), "{published:?}");
    assert_eq!(run(&["script", "publish", &pay]).stdout, published.stdout);

    let one = run(&["submit", "pay", "--input", "1234", "--wait"]);
    assert_eq!((one.code, one.stdout.trim()), (Some(0), "\"12.34\""), "{one:?}");
    file(&folder, "pay.js", "import { euros } from 'lib:money'; export default (cents) => `${euros(cents)} EUR`");
    assert!(run(&["script", "publish", &pay]).stdout.starts_with("pay@2  "));
    for (name, value) in [("pay", "\"12.34 EUR\""), ("pay@1", "\"12.34\""), ("pay@live", "\"12.34\"")] {
        assert_eq!(run(&["submit", name, "--input", "1234", "--wait"]).stdout.trim(), value, "{name}");
    }
    run(&["submit", "pay@3"]).says(2, &["script_not_found", "pay@3"]);
    run(&["submit", "pay@draft"]).says(2, &["script_not_found", "pay@draft"]);
    run(&["script", "alias", "pay", "live", "2", "--expect", "2"]).says(2, &["alias_conflict", "version 1"]);
    run(&["script", "alias", "pay", "live", "2", "--expect", "1"]).says(0, &[]);
    let diff = run(&["script", "diff", "pay"]).stdout;
    assert!(diff.contains("--- pay@1/pay.js") && diff.contains("+++ pay@2/pay.js") && diff.contains("EUR"), "{diff}");
    let show = run(&["script", "show", "pay@live", "--json"]).json();
    assert_eq!((&show["version"], &show["manifest"]), (&json!(2), &json!({"main": "pay.js"})));
    assert!(run(&["script", "list"]).stdout.contains("live=2"));
    run(&["script", "alias", "pay", "live", "--delete"]).says(0, &[]);
    run(&["submit", "pay@live"]).says(2, &["script_not_found"]);
    assert_eq!(run(&["library", "list", "--json"]).json().as_array().unwrap().len(), 2);

    run(&["script", "withdraw", "pay"]).says(2, &["NAME@VERSION"]);
    run(&["script", "withdraw", "pay@2"]).says(0, &[]);
    assert_eq!(run(&["submit", "pay", "--input", "1234", "--wait"]).stdout.trim(), "\"12.34\"");
    run(&["submit", "pay@2"]).says(2, &["script_not_found"]);
    assert!(run(&["script", "show", "pay"]).stdout.contains("withdrawn"));
    run(&["library", "withdraw", "round@1"]).says(0, &[]);
    run(&["library", "withdraw", "round@7"]).says(2, &["library_not_found"]);
}

#[tokio::test]
async fn a_folder_is_one_version() {
    let folder = folder();
    let server = Server::serve(folder.path(), &["--grants", r#"{"net":["a.example"]}"#]);
    let root = folder.path().join("tax");
    fs::create_dir_all(root.join("src/.git")).unwrap();
    fs::create_dir_all(root.join("node_modules/a")).unwrap();
    for (path, text) in [
        ("main.js", "export const run = () => 7"),
        ("src/rates.json", "{\"standard\": 19}"),
        ("src/.git/config.js", "no"),
        ("node_modules/a/index.js", "no"),
        ("README.md", "no"),
        ("ampoule.json", "{\"entry\": \"run\", \"limits\": {\"wall_ms\": 5000}, \"grants\": {\"net\": [\"a.example\"]}}"),
    ] {
        fs::write(root.join(path), text).unwrap();
    }
    let published = ampoule(&["script", "publish", root.to_str().unwrap(), "--json", "--manager", &server.url]).json();
    let manifest = json!({"main": "main.js", "entry": "run", "limits": {"wall_ms": 5000}, "grants": {"net": ["a.example"]}});
    assert_eq!((&published["name"], &published["manifest"]), (&json!("tax"), &manifest));
    let version = ampoule(&["script", "show", "tax@1", "--json", "--manager", &server.url]).json();
    assert_eq!(version["modules"].as_object().unwrap().keys().collect::<Vec<_>>(), ["main.js", "src/rates.json"]);
    let job = ampoule(&["submit", "tax", "--wait", "--json", "--manager", &server.url]).json();
    assert_eq!((&job["outcome"]["value"], &job["limits"]["wall_ms"], &job["script"]["version"]), (&json!(7), &json!(5000), &json!(1)));
    assert_eq!(job["grants"], manifest["grants"]);
    ampoule(&["script", "publish", root.join("src/.git/..").join("none").to_str().unwrap()]).says(2, &["none"]);
    fs::create_dir(folder.path().join("empty")).unwrap();
    ampoule(&["script", "publish", folder.path().join("empty").to_str().unwrap()]).says(2, &["has no script"]);
}
