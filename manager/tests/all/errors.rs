//! Everything that is refused, and how.

use ampoule_manager::Config;
use ampoule_protocol::{ByteSize, Problem};
use reqwest::Method;
use serde_json::json;

use crate::support::{Manager, On};

const ID: &str = "0190a3c4-7a2f-7b61-9d5e-3f8c2b1a4d6e";

fn small(config: &mut Config) {
    config.body_bytes = ByteSize(4096);
    config.worker_body_bytes = ByteSize(8192);
}

/// Method and path, body, status, code, and a part of the detail.
type Refusal<'a> = (&'a str, &'a str, u16, &'a str, &'a str);

#[tokio::test]
async fn what_is_wrong_is_named() {
    let m = Manager::start_with(On::Sqlite, small).await;
    let (view, logs, cancel) = (format!("GET /v1/jobs/{ID}"), format!("GET /v1/jobs/{ID}/logs"), format!("POST /v1/jobs/{ID}/cancel"));
    let delete = format!("DELETE /v1/jobs/{ID}");
    let large = format!(r#"{{"script":{{"source":"{}"}}}}"#, "x".repeat(5000));
    let refusals: &[Refusal<'_>] = &[
        ("GET /", "", 404, "not_found", "nothing at this path"),
        ("GET /v1/job", "", 404, "not_found", ""),
        ("PUT /v1/jobs", "", 405, "method_not_allowed", "allow"),
        (&delete, "", 405, "method_not_allowed", ""),
        ("GET /v1/leases/acquire", "", 405, "method_not_allowed", ""),
        (&view, "", 404, "job_not_found", ID),
        (&logs, "", 404, "job_not_found", ID),
        (&cancel, "", 404, "job_not_found", ID),
        ("GET /v1/jobs/17", "", 400, "invalid_id", "`17`"),
        ("GET /v1/jobs/%ff", "", 400, "invalid_id", ""),
        ("POST /v1/jobs/x/cancel", "", 400, "invalid_id", "`x`"),
        ("GET /v1/jobs?limit=0", "", 400, "invalid_query", "1 to 200"),
        ("GET /v1/jobs?limit=201", "", 400, "invalid_query", "1 to 200"),
        ("GET /v1/jobs?limit=x", "", 400, "invalid_query", "invalid digit"),
        ("GET /v1/jobs?state=done", "", 400, "invalid_query", "`done`"),
        ("GET /v1/jobs?state=queued&state=queued", "", 400, "invalid_query", "duplicate"),
        ("GET /v1/jobs?tag=nocolon", "", 400, "invalid_query", "KEY:VALUE"),
        ("GET /v1/jobs?cursor=abc", "", 400, "invalid_query", "cursor"),
        (&format!("GET /v1/jobs?cursor={ID}"), "", 400, "invalid_query", "cursor"),
        ("GET /v1/jobs?colour=red", "", 400, "invalid_query", "`colour`"),
        (&format!("{view}?wait=soon"), "", 400, "invalid_query", "`soon`"),
        (&format!("{view}?wait=-1s"), "", 400, "invalid_query", "`-1s`"),
        (&format!("{view}?wiat=1s"), "", 400, "invalid_query", "`wiat`"),
        (&format!("{logs}?from=-1"), "", 400, "invalid_query", ""),
        (&format!("{logs}?limit=0"), "", 400, "invalid_query", "1 to 10000"),
        ("POST /v1/jobs?wait=1", "{}", 400, "invalid_query", "`1`"),
        ("POST /v1/jobs", "", 400, "malformed_json", "line 1 column 0"),
        ("POST /v1/jobs", "{\n\"script\": oops}", 400, "malformed_json", "line 2 column 11"),
        ("POST /v1/jobs", "{\"script\":{\"source\":\"\u{7}\"}}", 400, "malformed_json", "control character"),
        ("POST /v1/jobs", "[]", 422, "invalid_body", "invalid length 0"),
        ("POST /v1/jobs", "{}", 422, "invalid_body", "missing field `script`"),
        ("POST /v1/jobs", r#"{"script":{"source":"1"},"inptu":1}"#, 422, "unknown_field", "`inptu`"),
        ("POST /v1/jobs", r#"{"script":{"source":"1","vresion":1}}"#, 422, "unknown_field", "`vresion`"),
        ("POST /v1/jobs", r#"{"script":{"source":"1","version":1}}"#, 422, "invalid_body", "neither `version` nor `alias`"),
        ("POST /v1/jobs", r#"{"script":{"name":"a","version":1,"alias":"b"}}"#, 422, "invalid_body", "not both"),
        ("POST /v1/jobs", r#"{"script":{"name":"a/b"}}"#, 422, "invalid_job", "`a/b` is no published name"),
        ("POST /v1/jobs", r#"{"script":{"name":"absent","version":7}}"#, 422, "script_not_found", "no script `absent@7`"),
        ("POST /v1/jobs", r#"{"script":{"source":"1"},"libraries":{"a":"live"}}"#, 422, "library_not_found", "no library `a@live`"),
        ("POST /v1/jobs", r#"{"script":{"source":"1"},"libraries":{"a":[1]}}"#, 422, "invalid_body", "a library is"),
        ("GET /v1/scripts/absent", "", 404, "script_not_found", "`absent`"),
        ("GET /v1/scripts/a%2Fb", "", 404, "script_not_found", "`a/b`"),
        ("GET /v1/scripts/absent/versions", "", 404, "script_not_found", "`absent`"),
        ("GET /v1/scripts/absent/versions/x", "", 404, "script_not_found", "`absent@x`"),
        ("GET /v1/scripts/absent/aliases", "", 404, "script_not_found", "`absent`"),
        ("DELETE /v1/scripts/absent/aliases/live", "", 404, "alias_not_found", ""),
        ("GET /v1/libraries/absent", "", 404, "library_not_found", "`absent`"),
        ("GET /v1/scripts?limit=0", "", 400, "invalid_query", "1 to 200"),
        ("GET /v1/scripts?cursor=a%2Fb", "", 400, "invalid_query", "cursor"),
        ("GET /v1/schedules/absent", "", 404, "schedule_not_found", "`absent`"),
        ("DELETE /v1/schedules/absent", "", 404, "schedule_not_found", "`absent`"),
        ("POST /v1/schedules/absent/run", "", 404, "schedule_not_found", "`absent`"),
        ("POST /v1/schedules", r#"{"cron":"* * * * *","job":{"script":{"source":"1"}}}"#, 422, "invalid_body", "`name`"),
        ("PUT /v1/schedules/a", r#"{"cron":"* * * *","job":{"script":{"source":"1"}}}"#, 422, "invalid_schedule", "`cron`"),
        ("PUT /v1/schedules/a", r#"{"cron":"@daily","time_zone":"X/Y","job":{"script":{"source":"1"}}}"#, 422, "invalid_schedule", "`X/Y`"),
        ("PUT /v1/schedules/a", r#"{"cron":"@daily","job":{"script":{"name":"absent"}}}"#, 422, "script_not_found", "`absent`"),
        ("PUT /v1/schedules/a", r#"{"cron":"@daily","job":{"script":{"source":"1"}},"when":1}"#, 422, "unknown_field", "`when`"),
        ("POST /v1/scripts", "", 405, "method_not_allowed", ""),
        ("PUT /v1/scripts/a%20b", r#"{"source":"1"}"#, 422, "invalid_body", "`name`"),
        ("PUT /v1/scripts/a", r#"{"soruce":"1"}"#, 422, "unknown_field", "`soruce`"),
        ("PUT /v1/scripts/a", r#"{"modules":{"/a.js":"1","main.js":""}}"#, 422, "invalid_script", "`/a.js`"),
        ("PUT /v1/scripts/a/aliases/3", r#"{"version":1}"#, 422, "invalid_body", "must not be a number"),
        ("PUT /v1/scripts/a/aliases/live", r#"{"version":1}"#, 404, "script_not_found", "`a@1`"),
        ("POST /v1/jobs", r#"{"script":{"source":"1"},"limits":{"ram":1}}"#, 422, "unknown_field", "`ram`"),
        ("POST /v1/jobs", r#"{"script":{"source":1}}"#, 422, "invalid_body", "line 1 column 21"),
        ("POST /v1/jobs", r#"{"script":{"source":"1"}} {}"#, 400, "malformed_json", "trailing characters"),
        ("POST /v1/jobs", r#"{"script":{"source":"1"},"limits":{"memory_bytes":5}}"#, 422, "invalid_job", "memory_bytes"),
        ("POST /v1/jobs", r#"{"script":{"source":"1"},"context":[]}"#, 422, "invalid_job", "context"),
        (
            "POST /v1/jobs",
            r#"{"script":{"source":"1"},"input":"12345","limits":{"input_bytes":4}}"#,
            413,
            "job_too_large",
            "`input` has 7 bytes",
        ),
        ("POST /v1/jobs", &large, 413, "body_too_large", "4096 bytes"),
        ("POST /v1/leases/acquire", r#"{"worker":"","slots":1,"wait_ms":0}"#, 422, "invalid_body", "`worker`"),
        ("POST /v1/leases/acquire", r#"{"worker":"w","slots":-1,"wait_ms":0}"#, 422, "invalid_body", "-1"),
        ("POST /v1/leases/acquire", r#"{"worker":"w","slots":1,"wait_ms":0,"x":0}"#, 422, "unknown_field", "`x`"),
        ("POST /v1/leases/renew", r#"{"tokens":[{"job_id":"x","attempt":1}]}"#, 422, "invalid_body", ""),
        ("POST /v1/leases/release", "{}", 422, "invalid_body", "`tokens`"),
        ("POST /v1/leases/complete", &format!(r#"{{"reports":[],"x":"{}"}}"#, "x".repeat(9000)), 413, "body_too_large", "8192 bytes"),
        ("POST /v1/leases/complete", r#"{"reports":[{"token":0}]}"#, 422, "invalid_body", ""),
    ];
    for (call, body, status, code, detail) in refusals {
        let (method, path) = call.split_once(' ').unwrap();
        let request = m.request(method.parse().unwrap(), path).header("content-type", "application/json").body((*body).to_owned());
        let answer = m.send(request).await;
        assert_eq!(answer.headers["content-type"], "application/problem+json", "{call} {body}");
        let problem: Problem = answer.read(*status);
        assert_eq!((problem.status, problem.code.as_str(), problem.kind.as_str()), (*status, *code, "about:blank"), "{call} {body}");
        assert!(problem.detail.contains(detail), "{call} {body}: {}", problem.detail);
    }
    assert_eq!(m.metric("scriptmanager_jobs_submitted_total").await, 0.0);
    assert_eq!(m.get("/v1/queue").await.json(), json!({"queued": 0, "running": 0}));
}

#[tokio::test]
async fn a_problem_document_in_full() {
    let m = Manager::start(On::Sqlite).await;
    let answer = m.post("/v1/jobs", &json!({"script": {"source": "1"}, "inptu": 1})).await;
    insta::assert_snapshot!(answer.text, @r#"{"type":"about:blank","title":"Unprocessable Entity","status":422,"code":"unknown_field","detail":"the body has the wrong shape: unknown field `inptu`, expected one of `script`, `entry`, `input`, `context`, `libraries`, `limits`, `grants`, `record`, `seed`, `priority`, `run_at`, `start_within_ms`, `retry`, `concurrency_key`, `concurrency_policy`, `tags` at line 1 column 8"}"#);
    let allow = m.send(m.request(Method::DELETE, "/v1/jobs")).await;
    assert_eq!(allow.headers["allow"], "GET,HEAD,POST");
}

#[tokio::test]
async fn bodies_must_be_json_and_within_the_bound_without_a_length_too() {
    let m = Manager::start_with(On::Sqlite, small).await;
    for (content_type, status) in [
        ("application/json", 202),
        ("Application/JSON; charset=utf-8", 202),
        ("text/plain", 415),
        ("application/x-www-form-urlencoded", 415),
        ("", 415),
    ] {
        let request = m.request(Method::POST, "/v1/jobs").header("content-type", content_type).body(r#"{"script":{"source":"1"}}"#);
        assert_eq!(m.send(request).await.status.as_u16(), status, "{content_type}");
    }
    let request = m.request(Method::POST, "/v1/jobs").header("content-encoding", "gzip").json(&crate::support::job());
    let answer = m.send(request).await;
    assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (415, Some("unsupported_media_type")));
    let pieces = futures_util::stream::iter((0..100).map(|_| Ok::<_, std::io::Error>("x".repeat(100))));
    let request = m.request(Method::POST, "/v1/jobs").header("content-type", "application/json").body(reqwest::Body::wrap_stream(pieces));
    assert_eq!(m.send(request).await.json()["code"], "body_too_large");
}

#[tokio::test]
async fn idempotency_keys_are_bounded() {
    let m = Manager::start(On::Sqlite).await;
    for (key, status) in [("k", 202), ("", 400), (&"k".repeat(255), 202), (&"k".repeat(256), 400)] {
        let request = m.request(Method::POST, "/v1/jobs").header("idempotency-key", key).json(&crate::support::job());
        assert_eq!(m.send(request).await.status.as_u16(), status, "{}", key.len());
    }
}

#[tokio::test]
async fn an_open_api_serves_only_those_who_name_this_machine() {
    let m = Manager::start(On::Sqlite).await;
    for (host, status) in [("localhost:1", 200), ("rebound.example", 403)] {
        let answer = m.send(m.request(Method::GET, "/v1/jobs").header("host", host)).await;
        assert_eq!(answer.status.as_u16(), status, "{host}");
    }
}
