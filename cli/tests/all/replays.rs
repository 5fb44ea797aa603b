//! Recorded attempts, replayed by workers.

use ampoule_host_api::{Granted, journal::Ending};
use ampoule_protocol::Usage;
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::*;

const SCRIPT: &str = "export default async (input, libraries, ctx) => {
    console.log('drawn', Math.random());
    await ctx.kv.counts.set('a', input);
    return [await ctx.kv.counts.get('a'), await ctx.secrets.get('KEY').then((key) => key.length)];
}";

/// A server with a secret, and a recorded job on it.
async fn recorded(folder: &tempfile::TempDir) -> (Server, Value) {
    let secrets = folder.path().join("secrets");
    std::fs::create_dir(&secrets).unwrap();
    std::fs::write(secrets.join("KEY"), "correct-horse").unwrap();
    let grants = r#"{"kv":["counts:rw"],"secrets":["KEY"]}"#;
    let server = Server::serve(folder.path(), &["--secrets", &secrets.display().to_string(), "--grants", grants]);
    let mut wanted = job(SCRIPT, json!(7));
    wanted["grants"] = serde_json::from_str(grants).unwrap();
    wanted["record"] = json!(true);
    let ended = server.post("/v1/jobs?wait=30s", &wanted).await.json(200);
    assert_eq!(ended["outcome"]["value"], json!([7, 13]), "{ended}");
    (server, ended)
}

async fn replay(server: &Server, id: &str, body: &Value) -> Value {
    server.post(&format!("/v1/jobs/{id}/replay?wait=30s"), body).await.json(200)
}

#[tokio::test]
async fn a_recorded_attempt_is_replayed_by_a_worker() {
    let folder = folder();
    let (server, first) = recorded(&folder).await;
    let of = id(&first);
    let again = replay(&server, &of, &json!({})).await;
    assert_eq!(again["outcome"], json!({"kind": "returned", "value": {"identical": true}}), "{again}");
    assert_eq!(again["replays"], json!({"job_id": of, "attempt": 1}), "{again}");
    for same in ["grants", "limits", "engine"] {
        assert_eq!(again[same], first[same], "{same}");
    }
    assert_eq!(again["usage"]["fuel"], first["usage"]["fuel"]);
    assert_eq!(server.messages(&id(&again)).await, server.messages(&of).await);
    assert!(!again.to_string().contains("correct-horse"));
    // As often as somebody asks; with an idempotency key once. Without a body it is the same.
    let path = format!("/v1/jobs/{of}/replay?wait=30s");
    let keyed = async |path: &str| server.send(server.request(Method::POST, path).header("idempotency-key", "k")).await;
    let (one, two) = (keyed(&path).await.json(200), keyed(&path).await.json(200));
    assert_eq!((one["id"].clone(), one["outcome"]["value"]["identical"].clone()), (two["id"].clone(), json!(true)));
    assert_eq!(keyed(&format!("/v1/jobs/{}/replay", id(&again))).await.json(404)["code"], "journal_not_found");
}

#[tokio::test]
async fn another_version_on_what_the_recorded_one_heard() {
    let folder = folder();
    let (server, first) = recorded(&folder).await;
    let of = id(&first);
    let what_if = async |source: &str| replay(&server, &of, &json!({"script": {"source": source}})).await["outcome"]["value"].clone();
    // Another host call: there is nothing to hear from there on.
    let value = what_if(&SCRIPT.replace("get('a')", "get('b')")).await;
    assert_eq!((value["identical"].clone(), value["outcome"].clone()), (json!(false), Value::Null), "{value}");
    let difference = &value["difference"];
    assert!(difference["call"].as_u64().unwrap() > 0, "{value}");
    assert!(difference["recorded"].to_string().contains("\\\"a\\\""), "{value}");
    assert!(difference["replayed"].to_string().contains("\\\"b\\\""), "{value}");
    // Another end.
    let value = what_if(&SCRIPT.replace("return [", "return ['new', ")).await;
    assert_eq!((value["difference"]["call"].clone(), value["outcome"]["value"].clone()), (json!(0), json!(["new", 7, 13])), "{value}");
    // Of a version that was published, and that wrote nothing this time.
    let published = server
        .send(server.request(Method::PUT, "/v1/scripts/fixed").json(&json!({"source": SCRIPT.replace("input)", "input + 1)")})))
        .await;
    assert!(published.status.is_success(), "{}", published.text);
    let job = replay(&server, &of, &json!({"script": {"name": "fixed"}, "attempt": 1})).await;
    assert_eq!((job["script"]["name"].clone(), job["replays"]["what_if"].clone()), (json!("fixed"), json!(true)), "{job}");
    assert_eq!(job["outcome"]["value"]["identical"], false, "{job}");
    // One that does not end is cancelled as others are.
    let path = format!("/v1/jobs/{of}/replay");
    let endless = server.post(&path, &json!({"script": {"source": "export default () => { for (;;); }"}})).await.json(202);
    server.running(&id(&endless)).await;
    server.post(&format!("/v1/jobs/{}/cancel", id(&endless)), &json!({})).await;
    let ended = server.finished(&id(&endless)).await;
    assert_eq!(ended["state"], "cancelled", "{ended}");

    for (body, status, code) in [
        (json!({"attempt": 2}), 404, "journal_not_found"),
        (json!({"script": {"name": "none"}}), 422, "script_not_found"),
        (json!({"script": "x"}), 422, "invalid_body"),
        (json!({"scripts": {}}), 422, "unknown_field"),
    ] {
        assert_eq!(server.post(&path, &body).await.json(status)["code"], code, "{body}");
    }
    let plain = server.post("/v1/jobs?wait=30s", &job_of("export default () => 1")).await.json(200);
    let refused = server.post(&format!("/v1/jobs/{}/replay", id(&plain)), &json!({})).await.json(404);
    assert!(refused["detail"].as_str().unwrap().contains("`record`"), "{refused}");
    server.send(server.request(Method::PUT, "/v1/tenants/red").json(&json!({}))).await.json(200);
    let foreign = server.send(server.request(Method::POST, &path).header("ampoule-tenant", "red").json(&json!({}))).await;
    assert_eq!(foreign.json(404)["code"], "job_not_found");
}

fn job_of(source: &str) -> Value {
    job(source, Value::Null)
}

/// Recorded by a worker of another engine, which this test is for a moment.
#[tokio::test]
async fn a_journal_of_another_engine_is_refused_with_both_ids() {
    let folder = folder();
    let manager = Server::manager(folder.path(), &[]);
    let mut wanted = job_of("export default () => 1");
    wanted["record"] = json!(true);
    let of = manager.submit(&wanted).await;
    let acquired = manager.post("/v1/leases/acquire", &json!({"worker": "w", "slots": 1, "wait_ms": 5000})).await.json(200);
    let token = acquired["jobs"][0]["token"].clone();
    let (limits, script) = (acquired["jobs"][0]["limits"].clone(), acquired["jobs"][0]["script"].clone());
    let header = json!({"engine": "another/1", "evaluate": false, "script": script, "libraries": [], "entry": null, "input": null,
        "job_id": of, "attempt": 1, "context": null, "limits": limits, "grants": {}});
    let ending = Ending { outcome: String::new(), logs: Vec::new(), fuel: 0, load_fuel: 0 };
    let journal = Granted::default().record(&header.to_string()).finish(&ending).unwrap();
    let path = format!("/v1/leases/journal?job_id={of}&attempt=1");
    // A job that replays nothing has no journal to fetch.
    assert_eq!(manager.get(&path).await.json(404)["code"], "journal_not_found");
    let kept = manager.request(Method::POST, &path).header("content-type", "application/octet-stream").body(journal);
    assert_eq!(manager.send(kept).await.json(200)["results"][0]["state"], "held");
    let report = json!({"outcome": {"kind": "returned", "value": 1}, "usage": Usage::default(), "logs": [], "engine": "another/1"});
    manager.post("/v1/leases/complete", &json!({"reports": [{"token": token, "report": report}]})).await.json(200);
    let _worker = Server::worker(&manager, folder.path(), "worker", &[]);
    let ended = replay(&manager, &of, &json!({})).await;
    assert_eq!((ended["state"].clone(), ended["outcome"]["error"]["name"].clone()), (json!("failed"), json!("ReplayError")), "{ended}");
    let message = ended["outcome"]["error"]["message"].as_str().unwrap();
    assert!(message.contains("another/1") && message.contains(ended["engine"].as_str().unwrap()), "{message}");
}
