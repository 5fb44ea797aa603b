//! Nobody opens the API to a network by accident, and with keys only their holders are served.

use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Server, ampoule_with, eventually, file, folder, job};

const SUBMIT: &str = "submit-0123456789abcdef";
const WORKER: &str = "worker-0123456789abcdef";
const ADMIN: &str = "admin-0123456789abcdef";

#[test]
fn keys_that_cannot_be_are_refused_at_the_start() {
    let folder = folder();
    let data = folder.path().join("data");
    let serve = ["serve", "--listen", "0.0.0.0:0", "--data", data.to_str().unwrap()];
    ampoule_with(&[("AMPOULE_SUBMIT_KEY", "short")], &serve).says(2, &["AMPOULE_SUBMIT_KEY", "16 to 256"]);
    let both = [("AMPOULE_SUBMIT_KEY", SUBMIT), ("AMPOULE_SUBMIT_KEY_FILE", "/nowhere")];
    ampoule_with(&both, &serve).says(2, &["AMPOULE_SUBMIT_KEY_FILE", "has to go"]);
    ampoule_with(&[("AMPOULE_SUBMIT_KEY_FILE", "/nowhere")], &serve).says(2, &["AMPOULE_SUBMIT_KEY_FILE", "/nowhere"]);
    assert!(!data.exists(), "a refused start left a folder");
}

/// Without any key nobody is served where others could be: the log has one for an admin, who makes the others.
#[tokio::test]
async fn the_first_key_is_shown_and_makes_the_others() {
    let folder = folder();
    let server = Server::serve(folder.path(), &["--listen", "0.0.0.0:0"]);
    let url = server.url.replace("0.0.0.0", "127.0.0.1");
    let admin = eventually(async || server.log().lines().find_map(|line| Some(line.rsplit_once("shown this once: ")?.1.to_owned()))).await;
    let at = |arguments: &[&str]| [arguments, &["--manager", &url]].concat().into_iter().map(str::to_owned).collect::<Vec<_>>();
    let run = |key: &str, arguments: &[&str]| {
        let arguments = at(arguments);
        ampoule_with(&[("AMPOULE_KEY", key)], &arguments.iter().map(String::as_str).collect::<Vec<_>>())
    };
    run("", &["key", "list"]).says(2, &["unauthorized"]);
    let made = run(&admin, &["key", "create", "ci", "--role", "submit", "--tenant", "red", "--json"]).json();
    let (id, key) = (made["id"].as_str().unwrap(), made["key"].as_str().unwrap());
    assert_eq!((made["tenant"].as_str(), made["role"].as_str()), (Some("red"), Some("submit")));

    // The worker inside was let in all along.
    let script = file(&folder, "script.js", "export default () => 7");
    let said = run(key, &["submit", &script, "--wait"]);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), "7\n"), "{}", said.stderr);
    assert_eq!(run(&admin, &["jobs", "--json"]).json()["items"], json!([]));
    assert_eq!(run(&admin, &["jobs", "--json", "--tenant", "red"]).json()["items"].as_array().unwrap().len(), 1);

    let listed = run(&admin, &["key", "list"]);
    for part in ["first", "admin", "ci", "submit", "red", id] {
        assert!(listed.stdout.contains(part), "{part}: {}", listed.stdout);
    }
    assert!(!listed.stdout.contains(key));
    run(&admin, &["key", "revoke", id]).says(0, &[]);
    run(key, &["jobs"]).says(2, &["unauthorized"]);
    let set = run(&admin, &["tenant", "set", "red", "--weight", "3", "--max-running", "10"]);
    assert!(set.code == Some(0) && set.stdout.lines().last().unwrap().split_whitespace().eq(["3", "10", "red"]), "{set:?}");
    let set = run(&admin, &["tenant", "set", "red", "--max-running", "none"]);
    assert!(set.stdout.lines().last().unwrap().split_whitespace().eq(["3", "-", "red"]), "{set:?}");
}

/// Whoever has the store can make a key without any manager, and while one runs on it.
#[tokio::test]
async fn a_key_is_made_in_the_store() {
    let folder = folder();
    let data = folder.path().to_str().unwrap();
    let made = ampoule_with(&[], &["key", "create", "root", "--role", "admin", "--data", data]);
    assert_eq!(made.code, Some(0), "{}", made.stderr);
    let key = made.stdout.trim();
    let server = Server::serve(folder.path(), &[]);
    assert_eq!(server.get("/v1/jobs").await.status.as_u16(), 401);
    let made = ampoule_with(&[], &["key", "create", "ci", "--role", "read", "--data", data, "--json"]).json();
    for key in [key, made["key"].as_str().unwrap()] {
        server.send(server.request(Method::GET, "/v1/jobs").bearer_auth(key)).await.json(200);
    }
    let listed = ampoule_with(&[], &["key", "list", "--data", data, "--json"]).json();
    assert_eq!(listed.as_array().unwrap().len(), 2);
    ampoule_with(&[], &["key", "create", "x", "--role", "king", "--data", data]).says(2, &["no role"]);
    ampoule_with(&[], &["tenant", "set", "red", "--weight", "0", "--data", data]).says(2, &["1 to 1000"]);
}

#[tokio::test]
async fn each_key_opens_its_own_doors() {
    let folder = folder();
    let worker_file = file(&folder, "worker.key", format!("{WORKER}\n"));
    let keys = [("AMPOULE_SUBMIT_KEY", SUBMIT), ("AMPOULE_WORKER_KEY_FILE", worker_file.as_str()), ("AMPOULE_ADMIN_KEY", ADMIN)];
    let server = Server::serve_with(&keys, folder.path(), &["--listen", "0.0.0.0:0"]);
    let url = server.url.replace("0.0.0.0", "127.0.0.1");
    let ask = async |method: Method, path: &str, key: Option<&str>, body: Value| {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let mut request = reqwest::Client::new().request(method, format!("{url}{path}")).json(&body);
        if let Some(key) = key {
            request = request.bearer_auth(key);
        }
        let answer = server.send(request).await;
        (answer.status.as_u16(), answer)
    };
    let body = job("export default () => 'let in'", Value::Null);
    for key in [None, Some("wrong-0123456789abcdef"), Some("")] {
        let (status, answer) = ask(Method::POST, "/v1/jobs", key, body.clone()).await;
        assert_eq!((status, &answer.json(401)["code"]), (401, &json!("unauthorized")), "{key:?}");
        assert_eq!(answer.headers["www-authenticate"], "Bearer");
    }
    let acquire = json!({"worker": "w", "slots": 0, "wait_ms": 0});
    for (method, path, body, allowed) in [
        (Method::GET, "/v1/jobs", Value::Null, [true, false, true]),
        (Method::POST, "/v1/leases/acquire", acquire, [false, true, false]),
        (Method::GET, "/v1/queue", Value::Null, [false, false, true]),
    ] {
        for (key, allowed) in [SUBMIT, WORKER, ADMIN].into_iter().zip(allowed) {
            let (status, answer) = ask(method.clone(), path, Some(key), body.clone()).await;
            assert_eq!(status, if allowed { 200 } else { 403 }, "{path} with {key}: {answer:?}");
        }
    }
    for path in ["/healthz", "/readyz", "/metrics"] {
        assert_eq!(ask(Method::GET, path, None, Value::Null).await.0, 200, "{path} needs no key");
    }

    // The worker inside has its key, and the command line takes one.
    let (_, answer) = ask(Method::POST, "/v1/jobs?wait=30s", Some(SUBMIT), body).await;
    assert_eq!(answer.json(200)["outcome"]["value"], json!("let in"));
    let script = file(&folder, "script.js", "export default () => 7");
    let submit = ["submit", &script, "--wait", "--manager", &url];
    let said = ampoule_with(&[("AMPOULE_KEY", SUBMIT)], &submit);
    assert_eq!((said.code, said.stdout.as_str()), (Some(0), "7\n"), "{}", said.stderr);
    ampoule_with(&[], &submit).says(2, &["unauthorized"]);
    for key in [SUBMIT, WORKER, ADMIN] {
        assert!(!server.log().contains(key), "the log shows a key");
    }
}

/// With a key for clients only, `serve` makes up one for its own worker.
#[tokio::test]
async fn the_worker_inside_needs_no_key_of_the_operators() {
    let folder = folder();
    let server = Server::serve_with(&[("AMPOULE_SUBMIT_KEY", SUBMIT)], folder.path(), &[]);
    let request = server.request(Method::POST, "/v1/jobs?wait=30s").bearer_auth(SUBMIT);
    let job = server.send(request.json(&job("export default () => 1", Value::Null))).await.json(200);
    assert_eq!(job["outcome"]["value"], json!(1));
}

/// A worker that is refused says so and ends; it does not dial for ever.
#[test]
fn a_worker_with_a_wrong_key_ends() {
    let folder = folder();
    let keys = [("AMPOULE_SUBMIT_KEY", SUBMIT), ("AMPOULE_WORKER_KEY", WORKER)];
    let server = Server::serve_with(&keys, folder.path(), &[]);
    let mut worker = Server::worker(&server, folder.path(), "worker", &[]);
    assert_eq!(worker.ended(Duration::from_secs(10)), Some(2), "{}", worker.log());
    assert!(worker.log().contains("a key is needed here"), "{}", worker.log());
}
