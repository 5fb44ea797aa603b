//! The authorization matrix: every endpoint × every role, of the job's own tenant, of another, and without a key.

use ampoule_manager::{Config, Key, Keys};
use ampoule_protocol::{JobView, NewKey, Role};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Manager, On, job, returned};

/// What another tenant sees of a job.
enum Other {
    /// 404, `job_not_found`.
    NotFound,
    /// An answer that has this here: the job is not in it, or was not touched.
    Has(&'static str, Value),
    /// 404: nothing is published there.
    Unpublished,
    /// The endpoint is about no tenant's jobs.
    Same,
}
use Other::{Has, NotFound, Same, Unpublished};

/// Method and path, the least role (`None`: no key is needed), the body, and what another tenant sees. `JOB` and `TOKEN` stand for a job's.
type Row = (String, Option<Role>, Value, Other);

fn matrix() -> Vec<Row> {
    let (read, submit, operate) = (Some(Role::Read), Some(Role::Submit), Some(Role::Operate));
    let (admin, worker, none) = (Some(Role::Admin), Some(Role::Worker), Value::Null);
    let stale = || Has("/results/0/state", json!("stale"));
    let mut rows = Vec::new();
    for kind in ["scripts", "libraries"] {
        let row = |call: &str, role, body: Value, other| (call.replace("KIND", kind), role, body, other);
        rows.extend([
            row("GET /v1/KIND", read, none.clone(), Has("/items", json!([]))),
            row("GET /v1/KIND/{name}", read, none.clone(), Unpublished),
            row("GET /v1/KIND/{name}/versions", read, none.clone(), Unpublished),
            row("GET /v1/KIND/{name}/versions/{version}", read, none.clone(), Unpublished),
            row("GET /v1/KIND/{name}/aliases", read, none.clone(), Unpublished),
            row("DELETE /v1/KIND/{name}/versions/{version}", operate, none.clone(), Unpublished),
            row("PUT /v1/KIND/{name}/aliases/{alias}", operate, json!({"version": 1}), Unpublished),
            row("DELETE /v1/KIND/{name}/aliases/{alias}", operate, none.clone(), Unpublished),
            // The last, because from then on there is something.
            row("PUT /v1/KIND/{name}", operate, json!({"source": "export default 1"}), Same),
        ]);
    }
    let others = vec![
        ("GET /v1/jobs", read, none.clone(), Has("/items", json!([]))),
        ("GET /v1/jobs/{id}", read, none.clone(), NotFound),
        ("GET /v1/jobs/{id}/logs", read, none.clone(), NotFound),
        ("POST /v1/jobs", submit, job(), Same),
        ("POST /v1/jobs/batch", submit, json!({"jobs": [job()]}), Same),
        ("POST /v1/jobs/{id}/cancel", submit, none.clone(), NotFound),
        ("POST /v1/jobs/{id}/retry", submit, none.clone(), NotFound),
        ("POST /v1/jobs/{id}/replay", submit, none.clone(), NotFound),
        ("POST /v1/jobs/cancel", operate, json!({"filter": {"tag": "of:red"}}), Has("/changed", json!(0))),
        ("POST /v1/jobs/retry", operate, json!({"filter": {"tag": "of:red"}}), Has("/changed", json!(0))),
        ("GET /v1/schedules", read, none.clone(), Has("/items", json!([]))),
        ("GET /v1/schedules/{name}", read, none.clone(), Unpublished),
        ("POST /v1/schedules/{name}/pause", operate, none.clone(), Unpublished),
        ("POST /v1/schedules/{name}/resume", operate, none.clone(), Unpublished),
        ("POST /v1/schedules/{name}/run", operate, none.clone(), Unpublished),
        ("DELETE /v1/schedules/{name}", operate, none.clone(), Unpublished),
        // As above.
        ("PUT /v1/schedules/{name}", operate, schedule(), Same),
        ("POST /v1/schedules", operate, schedule(), Same),
        ("GET /v1/queue", operate, none.clone(), Has("/running", json!(0))),
        ("GET /v1/keys", admin, none.clone(), Same),
        ("POST /v1/keys", admin, json!({"name": "n", "role": "read"}), Same),
        ("DELETE /v1/keys/{id}", admin, none.clone(), Same),
        ("GET /v1/tenants", admin, none.clone(), Same),
        ("PUT /v1/tenants/{name}", admin, json!({"weight": 1}), Same),
        ("POST /v1/leases/acquire", worker, json!({"worker": "w", "slots": 0, "wait_ms": 0}), Same),
        ("POST /v1/leases/renew", worker, json!({"tokens": ["TOKEN"]}), stale()),
        ("POST /v1/leases/logs", worker, json!({"appends": [{"token": "TOKEN", "lines": []}]}), stale()),
        (
            "POST /v1/leases/kv",
            worker,
            json!({"token": "TOKEN", "namespace": "n", "ask": {"get": {"key": "a"}}}),
            Has("/code", json!("lease_lost")),
        ),
        (
            "POST /v1/leases/jobs",
            worker,
            json!({"token": "TOKEN", "ask": {"result": {"id": "00000000-0000-7000-8000-000000000000"}}}),
            Has("/code", json!("lease_lost")),
        ),
        ("POST /v1/leases/journal", worker, json!("J"), stale()),
        ("GET /v1/leases/journal", worker, none.clone(), Has("/code", json!("lease_lost"))),
        ("GET /v1/jobs/{id}/journal", operate, none.clone(), Has("/code", json!("job_not_found"))),
        ("POST /v1/leases/attend", worker, json!({"worker": "w", "wait_ms": 0}), Same),
        ("POST /v1/leases/release", worker, json!({"tokens": ["TOKEN"]}), stale()),
        ("POST /v1/leases/complete", worker, json!({"reports": [{"token": "TOKEN", "report": returned("1")}]}), stale()),
        ("GET /healthz", None, none.clone(), Same),
        ("GET /readyz", None, none.clone(), Same),
        ("GET /metrics", None, none.clone(), Same),
        ("GET /v1/types", None, none, Same),
    ];
    rows.extend(others.into_iter().map(|(call, role, body, other)| (call.to_owned(), role, body, other)));
    rows
}

/// Each role's key of a tenant.
async fn keys(m: &Manager, admin: &str, tenant: &str) -> Vec<(Role, String)> {
    let mut keys = Vec::new();
    for role in Role::ALL {
        let body = json!({"name": "k", "role": role, "tenant": tenant});
        let made = m.send(m.request(Method::POST, "/v1/keys").bearer_auth(admin).json(&body)).await;
        keys.push((role, made.read::<NewKey>(201).key));
    }
    keys
}

fn of(keys: &[(Role, String)], role: Role) -> &str {
    &keys.iter().find(|(of, _)| *of == role).unwrap().1
}

async fn ask(m: &Manager, key: Option<&str>, method: Method, path: &str, body: &Value) -> Answer {
    let mut request = m.request(method, path);
    if let Some(key) = key {
        request = request.bearer_auth(key);
    }
    m.send(if body.is_null() { request } else { request.json(body) }).await
}

/// One that does not fire while this runs.
fn schedule() -> Value {
    json!({"name": "red", "cron": "0 0 29 2 *", "job": {"script": {"source": "1"}}})
}

/// A script and a library of two versions, the first with an alias, and a schedule.
async fn publish(m: &Manager, key: &str) {
    for kind in ["scripts", "libraries"] {
        let path = format!("/v1/{kind}/red");
        for source in ["export default () => 1", "export default () => 2"] {
            assert!(ask(m, Some(key), Method::PUT, &path, &json!({"source": source})).await.status.is_success());
        }
        let alias = ask(m, Some(key), Method::PUT, &format!("{path}/aliases/live"), &json!({"version": 1})).await;
        assert_eq!(alias.status.as_u16(), 200, "{}", alias.text);
    }
    assert!(ask(m, Some(key), Method::PUT, "/v1/schedules/red", &schedule()).await.status.is_success());
}

#[tokio::test]
async fn every_endpoint_lets_in_whom_it_should_and_shows_nobody_anothers_jobs() {
    let m = Manager::start(On::Sqlite).await;
    let root = m.post("/v1/keys", &json!({"name": "root", "role": "admin"})).await.read::<NewKey>(201).key;
    let (red, blue) = (keys(&m, &root, "red").await, keys(&m, &root, "blue").await);
    // A job of red's that runs, fresh for each request.
    let running = async || {
        let body = json!({"script": {"source": "1"}, "tags": {"of": "red"}});
        let stored: JobView = ask(&m, Some(of(&red, Role::Submit)), Method::POST, "/v1/jobs", &body).await.read(202);
        let acquire = json!({"worker": "w", "slots": 1, "wait_ms": 5000});
        let leased = ask(&m, Some(of(&red, Role::Worker)), Method::POST, "/v1/leases/acquire", &acquire).await.json();
        (stored.id.to_string(), leased["jobs"][0]["token"].clone())
    };
    let filled = |row: &Row, id: &str, token: &Value| {
        let (method, path) = row.0.split_once(' ').unwrap();
        let path = path.replace("keys/{id}", "keys/00000000-0000-7000-8000-000000000000").replace("{id}", id).replace("{name}", "red");
        // The first has an alias, and is not withdrawn.
        let path = path.replace("{version}", if method == "DELETE" { "2" } else { "1" }).replace("{alias}", "live");
        let lease = |name: &str| token[name].to_string().replace('"', "");
        let path = path.replace("leases/journal", &format!("leases/journal?job_id={}&attempt={}", lease("job_id"), lease("attempt")));
        let body: Value = serde_json::from_str(&row.2.to_string().replace("\"TOKEN\"", &token.to_string())).unwrap();
        (method.parse::<Method>().unwrap(), path, body)
    };
    for row in &matrix() {
        for role in std::iter::once(None).chain(Role::ALL.map(Some)) {
            for (keys, is_own) in [(&red, true), (&blue, false)] {
                let (id, token) = running().await;
                publish(&m, of(&red, Role::Operate)).await;
                let (method, path, body) = filled(row, &id, &token);
                let answer = ask(&m, role.map(|role| of(keys, role)), method, &path, &body).await;
                let (status, what) = (answer.status.as_u16(), format!("{} by {role:?}, own: {is_own}: {}", row.0, answer.text));
                match (row.1, role) {
                    (None, _) => assert_eq!(status, 200, "{what}"),
                    (Some(_), None) => {
                        assert_eq!((status, answer.json()["code"].as_str()), (401, Some("unauthorized")), "{what}");
                        assert_eq!(answer.headers["www-authenticate"], "Bearer");
                    }
                    (Some(needed), Some(role)) if !role.includes(needed) => {
                        assert_eq!((status, answer.json()["code"].as_str()), (403, Some("forbidden")), "{what}");
                    }
                    _ => {
                        // A job that was granted no namespace is told so.
                        assert!(![401, 403].contains(&status) || answer.json()["code"] == "grant_refused", "{what}");
                        let is_missing = || (status, answer.json()["code"].as_str()) == (404, Some("job_not_found"));
                        match &row.3 {
                            Unpublished => assert_eq!(status == 404, !is_own, "{what}"),
                            NotFound => assert_eq!(is_missing(), !is_own, "{what}"),
                            Has(place, value) if !is_own => assert_eq!(answer.json().pointer(place), Some(value), "{what}"),
                            Has(place, value) if row.0 != "POST /v1/jobs/retry" => {
                                assert_ne!(answer.json().pointer(place), Some(value), "{what}");
                            }
                            Has(..) | Same => {}
                        }
                    }
                }
            }
        }
    }

    // No route is left out, and none is said to need another role.
    let document = m.get("/openapi.json").await.json();
    let mut described = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            described.push((format!("{} {path}", method.to_uppercase()), operation["x-role"].as_str().map(str::to_owned)));
        }
    }
    let mut known: Vec<_> = matrix().iter().map(|row| (row.0.clone(), row.1.map(|role| role.as_str().to_owned()))).collect();
    described.sort();
    known.sort();
    assert_eq!(described, known, "the matrix and the router differ");
}

const SUBMIT: &str = "submit-0123456789";
const WORKER: &str = "worker-0123456789";

fn provided(config: &mut Config) {
    let key = |text| Some(Key::new(text).unwrap());
    config.keys = Keys { submit: key(SUBMIT), worker: key(WORKER), admin: None };
}

#[tokio::test]
async fn a_key_that_the_operator_provides_works_for_the_whole_way() {
    let m = Manager::start_with(On::Sqlite, provided).await.with_key(SUBMIT);
    let id = m.submit().await;
    let basic = m.send(m.client.get(format!("{}/v1/jobs", m.url)).basic_auth("submit", Some(SUBMIT))).await;
    assert_eq!(basic.status.as_u16(), 401);
    let foreign = m.send(m.request(Method::GET, "/v1/jobs").header("ampoule-tenant", "red")).await;
    assert_eq!((foreign.status.as_u16(), foreign.json()["code"].as_str()), (403, Some("forbidden")));
    let m = m.with_key(WORKER);
    let token = m.acquire_one("w").await.token;
    assert_eq!(token.job_id, id);
}
