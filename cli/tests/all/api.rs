//! The HTTP API of a real process: what is refused is named and leaves nothing behind, what is wrong in a script is said by its line.

use reqwest::{Method, header::CONTENT_TYPE};
use serde_json::{Value, json};

use crate::support::{Server, ampoule, folder, id, job};

const UNKNOWN: &str = "0190a3c4-7a2f-7b61-9d5e-3f8c2b1a4d6e";

/// The manager's own tests hold every refusal; these are the ones that clients of `serve` meet first.
#[tokio::test]
async fn what_is_refused_is_named_and_not_stored() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let long_source = json!({"script": {"source": "x".repeat(9 << 20)}, "limits": {"script_bytes": 100 << 20}}).to_string();
    let long_input = json!({"script": {"source": "0"}, "input": "x".repeat(2 << 20)}).to_string();
    let huge = format!(r#"{{"script":{{"source":"{}"}}}}"#, "x".repeat(49 << 20));
    for (body, status, code, said) in [
        ("{\"script\":\n oops}", 400, "malformed_json", "line 2"),
        ("", 400, "malformed_json", "line 1"),
        (r#"{"script":{"source":"1"}}{}"#, 400, "malformed_json", "trailing"),
        (r#"{"script":{"source":"1"},"inptu":1}"#, 422, "unknown_field", "`inptu`"),
        (r#"{"script":{"source":"1"},"limits":{"wall_time":1}}"#, 422, "unknown_field", "`wall_time`"),
        (r#"{"input":1}"#, 422, "invalid_body", "`script`"),
        (r#"{"script":{"source":"1"},"limits":{"memory_bytes":1}}"#, 422, "invalid_job", "memory_bytes"),
        (r#"{"script":{"source":"1"},"context":"text"}"#, 422, "invalid_job", "`context`"),
        (&long_source, 413, "job_too_large", "`script.source`"),
        (&long_input, 413, "job_too_large", "`input`"),
        (&huge, 413, "body_too_large", "50331648 bytes"),
    ] {
        let request = server.request(Method::POST, "/v1/jobs").header(CONTENT_TYPE, "application/json").body(body.to_owned());
        let answer = server.send(request).await;
        let shown: String = body.chars().take(80).collect();
        assert_eq!(answer.headers[CONTENT_TYPE], "application/problem+json", "{shown}: {answer:?}");
        let problem = answer.json(status);
        assert_eq!((&problem["code"], &problem["status"]), (&json!(code), &json!(status)), "{shown}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{shown}: {problem}");
    }
    let request = server.request(Method::POST, "/v1/jobs").body(r#"{"script":{"source":"1"}}"#);
    assert_eq!(server.send(request).await.json(415)["code"], "unsupported_media_type");
    for path in ["/v1/jobs/17", "/v1/jobs?state=done", "/v1/jobs?limit=0"] {
        assert!(server.get(path).await.json(400)["detail"].is_string(), "{path}");
    }
    for path in [format!("/v1/jobs/{UNKNOWN}"), format!("/v1/jobs/{UNKNOWN}/logs")] {
        assert_eq!(server.get(&path).await.json(404)["code"], "job_not_found");
    }
    assert_eq!(server.count().await, 0, "a refused job was stored");
    assert_eq!(server.metric("scriptmanager_jobs_submitted_total").await, 0.0);
}

/// What only the engine can see ends the job, and the outcome says where.
#[tokio::test]
async fn what_is_wrong_in_a_script_is_its_outcome() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    for (source, entry, name, said) in [
        ("const a = 1;\nlet b = ;\n", None, "SyntaxError", "line 2, col 9"),
        ("export default () => 1", Some("absent"), "TypeError", "`absent`"),
        ("const x = 1;", None, "", ""),
        ("export default () => {\n  throw new RangeError('too far')\n}", None, "RangeError", "too far"),
        ("export default async () => { await null; throw new URIError('later') }", None, "URIError", "later"),
        ("export default () => ({ a: [1, 2n] })", None, "TypeError", "a[1]"),
    ] {
        let mut body = job(source, Value::Null);
        body["entry"] = json!(entry);
        let job = server.post("/v1/jobs?wait=30s", &body).await.json(200);
        let error = &job["outcome"]["error"];
        assert_eq!((&job["state"], &job["outcome"]["kind"]), (&json!("failed"), &json!("threw")), "{job}");
        assert!(name.is_empty() || error["name"] == name, "{source}: {error}");
        assert!(error["message"].as_str().unwrap().contains(said), "{source}: {error}");
    }
    let job = server.post("/v1/jobs?wait=30s", &job("\n\nexport default () => {\n    null.x\n}", Value::Null)).await.json(200);
    assert!(job["outcome"]["error"]["stack"].as_str().unwrap().contains("script.js:4:"), "{job}");
}

#[tokio::test]
async fn a_job_is_seen_from_its_submission_to_its_log() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    let source = "export default (input, libraries, ctx) => { console.log('hello', [input]); console.warn(ctx.jobId); return input + 1; }";
    let mut body = job(source, json!(41));
    body["tags"] = json!({"team": "doors"});
    let answer = server.post("/v1/jobs", &body).await;
    let location = answer.headers["location"].to_str().unwrap().to_owned();
    let stored = answer.json(202);
    let id = id(&stored);
    assert_eq!((location, &stored["state"], &stored["attempt"]), (format!("/v1/jobs/{id}"), &json!("queued"), &json!(0)));

    let job = server.finished(&id).await;
    assert_eq!((&job["state"], &job["outcome"]), (&json!("succeeded"), &json!({"kind": "returned", "value": 42})));
    assert!(job["usage"]["fuel"].as_u64().unwrap() > 0, "{job}");
    let logs = server.get(&format!("/v1/jobs/{id}/logs")).await.json(200);
    let lines = json!([
        {"offset": 0, "level": "log", "message": "hello [ 41 ]"},
        {"offset": 1, "level": "warn", "message": id},
    ]);
    assert_eq!(logs, json!({"items": lines}));
    assert_eq!(server.get(&format!("/v1/jobs/{id}/logs?from=1")).await.json(200)["items"][0], lines[1]);

    for (filter, found) in [("state=succeeded", 1), ("state=failed", 0), ("tag=team:doors", 1), ("tag=team:walls", 0)] {
        let list = server.get(&format!("/v1/jobs?{filter}")).await.json(200);
        assert_eq!(list["items"].as_array().unwrap().len(), found, "{filter}");
    }

    // The same by the commands.
    let shown = ampoule(&["job", &id, "--json", "--manager", &server.url]);
    assert_eq!(shown.json(), job);
    let shown = ampoule(&["logs", &id, "--manager", &server.url]);
    assert_eq!((shown.code, shown.stdout), (Some(0), format!("hello [ 41 ]\n{id}\n")));
    let shown = ampoule(&["logs", &id, "--from", "1", "--json", "--manager", &server.url]);
    assert_eq!(shown.json(), lines[1]);
    let shown = ampoule(&["jobs", "--manager", &server.url]);
    assert!(shown.stdout.lines().nth(1).is_some_and(|row| row.contains(&id) && row.contains("succeeded")), "{shown:?}");
    let shown = ampoule(&["jobs", "--state", "queued", "--json", "--manager", &server.url]);
    assert_eq!(shown.json()["items"], json!([]));
    ampoule(&["jobs", "--state", "done", "--manager", &server.url]).says(2, &["invalid_query", "done"]);
    ampoule(&["logs", UNKNOWN, "--manager", &server.url]).says(2, &["job_not_found", UNKNOWN]);
    ampoule(&["job", "17", "--manager", &server.url]).says(2, &["17"]);
}

#[tokio::test]
async fn machines_can_look_at_a_server() {
    let folder = folder();
    let server = Server::serve(folder.path(), &[]);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(server.get(path).await.status, 200, "{path}");
    }
    for source in ["export default () => 1", "export default () => { throw 1 }"] {
        server.post("/v1/jobs?wait=30s", &job(source, Value::Null)).await.json(200);
    }
    for (name, value) in [
        ("scriptmanager_job_queue_size", 0.0),
        ("scriptmanager_jobs_running", 0.0),
        ("scriptmanager_jobs_submitted_total", 2.0),
        ("scriptmanager_leases_acquired_total", 2.0),
        ("scriptmanager_leases_expired_total", 0.0),
        ("scriptmanager_jobs_finished_total{outcome=\"returned\"}", 1.0),
        ("scriptmanager_jobs_finished_total{outcome=\"threw\"}", 1.0),
        ("scriptmanager_jobs_finished_total{outcome=\"fault\"}", 0.0),
    ] {
        assert_eq!(server.metric(name).await, value, "{name}");
    }
    assert_eq!(server.get("/v1/nothing").await.json(404)["code"], "not_found");
}
