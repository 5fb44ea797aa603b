//! `ampoule schedule`, every verb of it, against a real server; and the other tables.

use serde_json::{Value, json};

use crate::support::{Ended, Server, ampoule, file, folder};

#[tokio::test]
async fn a_schedules_life() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let run = |arguments: &[&str]| ampoule(&[&["schedule"], arguments, &["--manager", &server.url]].concat());
    let script = file(
        &folder,
        "report.js",
        "export default async (input) => { await new Promise((done) => setTimeout(done, input.ms)); return input; }",
    );
    let create = ["create", "nightly", "--cron", "0 6 * * MON-FRI", "--time-zone", "Europe/Berlin", "--script", &script];

    let made = run(&[&create[..], &["--input", "{\"ms\": 1}", "--overlap", "skip", "--missed", "skip"]].concat());
    let lines: Vec<_> = made.stdout.lines().collect();
    assert!(lines[0].starts_with("NAME ") && lines[1].starts_with("nightly ") && lines[1].contains("Europe/Berlin"), "{made:?}");
    let shown = run(&["show", "nightly", "--json"]).json();
    assert_eq!((&shown["overlap"], &shown["missed"], &shown["job"]["input"]), (&json!("skip"), &json!("skip"), &json!({"ms": 1})));
    let shown = run(&["show", "nightly"]).stdout;
    assert!(shown.contains("0 6 * * MON-FRI by the clock of Europe/Berlin") && shown.contains("report.js"), "{shown}");

    // Replaced by the same command.
    let replaced = run(&[&create[..], &["--input", "{\"ms\": 30000}", "--overlap", "skip", "--json"]].concat()).json();
    assert_eq!((&replaced["job"]["input"]["ms"], &replaced["missed"]), (&json!(30000), &json!("run_once")));
    run(&["create", "zone", "--cron", "* * * * *", "--time-zone", "Europe/Nowhere", "--script", &script])
        .says(2, &["Europe/Nowhere", "IANA"]);
    run(&["create", "cron", "--cron", "61 * * * *", "--script", &script]).says(2, &["`cron`"]);

    let paused = run(&["pause", "nightly", "--json"]).json();
    assert_eq!((&paused["paused"], paused.get("next_at")), (&json!(true), None));
    assert!(run(&["list"]).stdout.lines().nth(1).unwrap().contains("  paused  "));
    let resumed = run(&["resume", "nightly", "--json"]).json();
    assert!(resumed["paused"] == json!(false) && resumed["next_at"].is_string());
    assert_eq!(run(&["list", "--json"]).json().as_array().unwrap().len(), 1);

    let first = run(&["run", "nightly"]);
    let id = first.stdout.trim();
    server.running(id).await;
    assert_eq!(server.job(id).await["tags"]["schedule"], "nightly");
    // The one before has not ended, and the policy says to skip.
    run(&["run", "nightly"]).says(2, &["schedule_not_fired", "has not ended"]);
    assert!(run(&["show", "nightly"]).stdout.contains(id));
    ampoule(&["cancel", id, "--manager", &server.url]).says(0, &[]);
    server.finished(id).await;
    let second = run(&["run", "nightly", "--json"]).json();
    ampoule(&["cancel", second["id"].as_str().unwrap(), "--manager", &server.url]).says(0, &[]);

    assert_eq!(run(&["delete", "nightly", "--json"]).json(), json!({"deleted": "nightly"}));
    for verb in ["show", "pause", "resume", "run", "delete"] {
        run(&[verb, "nightly"]).says(2, &["schedule_not_found"]);
    }
    assert_eq!(server.job(id).await["state"], "cancelled");
}

/// The columns of a line of a table.
fn columns(line: &str) -> Vec<&str> {
    line.split("  ").map(str::trim).filter(|column| !column.is_empty()).collect()
}

#[tokio::test]
async fn every_command_has_a_table_and_json() {
    let folder = folder();
    let server = Server::serve(folder.path(), &["--slots", "1"]);
    let run = |arguments: &[&str]| -> Ended { ampoule(&[arguments, &["--manager", &server.url]].concat()) };
    let script = file(
        &folder,
        "s.js",
        "export default (input) => { console.log('said', input); if (input > 2) throw new TypeError('two\\nlines'); return input; }",
    );
    let submit = |input: &str| run(&["submit", &script, "--input", input, "--tag", "team=red", "--wait", "--json"]).json();
    let (good, bad) = (submit("1"), submit("3"));
    let (good, bad) = (good["id"].as_str().unwrap(), bad["id"].as_str().unwrap());

    let jobs = run(&["jobs"]).stdout;
    let rows: Vec<_> = jobs.lines().map(columns).collect();
    assert_eq!(rows[0], ["JOB", "STATE", "ATTEMPT", "OUTCOME", "CREATED", "SCRIPT"]);
    assert_eq!((&rows[1][..4], &rows[2][..4]), (&[bad, "failed", "1", "threw"][..], &[good, "succeeded", "1", "returned"][..]));
    assert_eq!(run(&["jobs", "--json", "--tag", "team=red"]).json()["items"].as_array().unwrap().len(), 2);

    let job = run(&["job", bad]).stdout;
    for line in
        ["outcome       threw TypeError: two lines", "state         failed, attempt 1", "tag           team=red", "script        s.js"]
    {
        assert!(job.lines().any(|found| found == line), "no `{line}` in\n{job}");
    }
    assert_eq!(run(&["job", bad, "--json"]).json()["outcome"]["error"]["name"], "TypeError");
    assert_eq!(run(&["logs", good]).stdout, "said 1\n");
    assert_eq!(run(&["logs", good, "--json"]).json()["message"], "said 1");
    assert_eq!(run(&["logs", good, "--follow"]).stdout, "said 1\n");

    assert_eq!(run(&["retry", bad, "--json"]).json()["id"], bad);
    server.finished(bad).await;
    assert_eq!(run(&["retry", "--state", "failed", "--json"]).json(), json!({"changed": 1}));
    server.finished(bad).await;
    assert!(run(&["job", bad]).stdout.contains("lost          attempt 1 at "));
    // One runs, one waits, one waits for its time.
    let slow = file(&folder, "slow.js", "export default () => new Promise((done) => setTimeout(done, 30000))");
    let running = run(&["submit", &slow, "--tag", "team=blue"]).stdout;
    server.running(running.trim()).await;
    run(&["submit", &slow, "--tag", "team=blue"]).says(0, &[]);
    run(&["submit", &slow, "--tag", "team=blue", "--run-at", "2099-01-01T00:00:00Z"]).says(0, &[]);
    let queue: Value = run(&["queue", "--json"]).json();
    assert_eq!((&queue["queued"], &queue["running"], &queue["delayed"]), (&json!(1), &json!(1), &json!(1)));
    let table = run(&["queue"]).stdout;
    assert!(table.lines().any(|line| columns(line) == ["1", "wait for a worker"]), "{table}");
    assert_eq!(run(&["cancel", running.trim(), "--reason", "enough", "--json"]).json()["cancelled_by"]["reason"], "enough");
    assert_eq!(run(&["cancel", "--tag", "team=blue", "--json"]).json(), json!({"changed": 2}));
}
