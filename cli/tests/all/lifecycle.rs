//! When and how often jobs run, from the command line.

use serde_json::Value;

use crate::support::{Server, ampoule, file, folder};

fn lines(output: &str) -> Vec<&str> {
    output.lines().collect()
}

#[tokio::test]
async fn a_job_is_tried_again_as_it_asks_and_then_as_we_ask() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let manager = ["--manager", &server.url];
    let script = file(
        &folder,
        "script.js",
        "export default (input, libraries, ctx) => { if (ctx.attempt < 3) throw new Error('not yet'); return ctx.attempt; }",
    );
    let flags = ["--attempts", "2", "--retry-throws", "--backoff", "10ms", "--tag", "team=red", "--priority", "-7", "--json", "--wait"];
    let job: Value = ampoule(&[&["submit", &script], &flags[..], &manager].concat()).json();
    assert_eq!((&job["state"], &job["attempt"], &job["dead"], &job["priority"]), (&"failed".into(), &2.into(), &true.into(), &(-7).into()));
    assert_eq!((&job["lost_attempts"][0]["cause"], job["lost_attempts"][0]["outcome"]["kind"].as_str()), (&"threw".into(), Some("threw")));

    let id = job["id"].as_str().unwrap();
    let dead = ampoule(&[&["jobs", "--dead", "--tag", "team=red"], &manager[..]].concat());
    assert!(lines(&dead.stdout)[1].starts_with(id), "{dead:?}");
    let again = ampoule(&[&["retry", "--dead"], &manager[..]].concat());
    assert_eq!(again.stdout, "1 wait again\n", "{again:?}");
    let job: Value = ampoule(&[&["job", id, "--wait", "--json"], &manager[..]].concat()).json();
    assert_eq!((&job["state"], &job["outcome"]["value"]), (&"succeeded".into(), &3.into()));
    ampoule(&[&["retry", id], &manager[..]].concat()).says(2, &["not_retryable"]);
    ampoule(&[&["retry"], &manager[..]].concat()).says(2, &["at least one of"]);
}

#[tokio::test]
async fn waiting_jobs_are_counted_and_cancelled_by_what_they_have_in_common() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let manager = ["--manager", &server.url];
    let script = file(&folder, "script.js", "export default () => 1");
    for _ in 0..3 {
        let flags = ["--run-at", "2999-01-01T00:00:00Z", "--tag", "a=b"];
        assert_eq!(ampoule(&[&["submit", &script], &flags[..], &manager].concat()).code, Some(0));
    }
    let queue: Value = ampoule(&[&["queue", "--json"], &manager[..]].concat()).json();
    assert_eq!((&queue["queued"], &queue["delayed"]), (&0.into(), &3.into()));
    let cancelled = ampoule(&[&["cancel", "--tag", "a=b", "--reason", "not needed"], &manager[..]].concat());
    assert_eq!(cancelled.stdout, "3 cancelled or asked to stop\n", "{cancelled:?}");
    let list: Value = ampoule(&[&["jobs", "--json"], &manager[..]].concat()).json();
    assert_eq!(list["items"][0]["cancelled_by"]["reason"], "not needed");
    assert!(ampoule(&[&["queue"], &manager[..]].concat()).stdout.contains("0  wait for their time"));
}
