//! Who may do what, every endpoint with every key.

use ampoule_manager::{Config, Key, Keys, RunError};
use reqwest::Method;
use tokio::net::TcpListener;

use crate::support::{Manager, On};

const SUBMIT: &str = "submit-0123456789";
const WORKER: &str = "worker-0123456789";
const ADMIN: &str = "admin-0123456789x";

fn keyed(config: &mut Config) {
    let key = |text| Some(Key::new(text).unwrap());
    config.keys = Keys { submit: key(SUBMIT), worker: key(WORKER), admin: key(ADMIN) };
}

#[tokio::test]
async fn each_key_opens_its_own_doors() {
    let m = Manager::start_with(On::Sqlite, keyed).await;
    let id = "0190a3c4-7a2f-7b61-9d5e-3f8c2b1a4d6e";
    let (submit, worker, operate) = ([SUBMIT, ADMIN].as_slice(), [WORKER].as_slice(), [ADMIN].as_slice());
    let all: &[&str] = &["", "wrong-0123456789", SUBMIT, WORKER, ADMIN];
    for (method, path, allowed) in [
        ("POST", "/v1/jobs", submit),
        ("GET", "/v1/jobs", submit),
        ("GET", &format!("/v1/jobs/{id}"), submit),
        ("POST", &format!("/v1/jobs/{id}/cancel"), submit),
        ("GET", &format!("/v1/jobs/{id}/logs"), submit),
        ("POST", "/v1/leases/acquire", worker),
        ("POST", "/v1/leases/renew", worker),
        ("POST", "/v1/leases/complete", worker),
        ("POST", "/v1/leases/release", worker),
        ("GET", "/v1/queue", operate),
        ("POST", "/v1/jobs/cancel", operate),
        ("GET", "/healthz", all),
        ("GET", "/readyz", all),
        ("GET", "/metrics", all),
    ] {
        for key in all {
            let mut request = m.request(method.parse::<Method>().unwrap(), path);
            if !key.is_empty() {
                request = request.bearer_auth(key);
            }
            let answer = m.send(request).await;
            let status = answer.status.as_u16();
            if allowed.contains(key) {
                assert!(![401, 403].contains(&status), "{method} {path} {key}: {status}");
            } else {
                let wanted = if [SUBMIT, WORKER, ADMIN].contains(key) { (403, "forbidden") } else { (401, "unauthorized") };
                assert_eq!((status, answer.json()["code"].as_str().unwrap()), wanted, "{method} {path} {key}");
                assert_eq!(answer.headers.contains_key("www-authenticate"), wanted.0 == 401);
                assert!(!answer.text.contains("0123456789"), "{}", answer.text);
            }
        }
    }
    let basic = m.send(m.request(Method::GET, "/v1/jobs").basic_auth("submit", Some(SUBMIT))).await;
    assert_eq!(basic.status.as_u16(), 401);
}

#[tokio::test]
async fn a_key_works_for_the_whole_way() {
    let m = Manager::start_with(On::Sqlite, keyed).await.with_key(SUBMIT);
    let id = m.submit().await;
    let m = m.with_key(WORKER);
    let token = m.acquire_one("w").await.token;
    assert_eq!(token.job_id, id);
}

#[tokio::test]
async fn no_manager_runs_open_to_the_network() {
    let dir = tempfile::tempdir().unwrap();
    let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
    let ended = ampoule_manager::run(listener, Config::new(dir.path().join("q.db")), async {}).await;
    assert!(matches!(ended, Err(RunError::Config(_))), "{ended:?}");
    assert!(!dir.path().join("q.db").exists());
}
