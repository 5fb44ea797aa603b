//! Keys that the store keeps: made, shown, held to their rate, revoked.

use std::sync::{Mutex, PoisonError};

use ampoule_manager::{
    Config,
    queue::{Ears, Queue, StoredKey},
};
use ampoule_protocol::{JobView, KeyId, KeyList, KeySpec, KeyView, NewKey, Role, TenantList};
use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use crate::{
    store::POLICY,
    support::{self, Answer, Manager, On, eventually, job, on_both_stores, returned},
};

on_both_stores!(
    the_first_key_shuts_the_api,
    a_revoked_key_opens_nothing,
    a_key_that_is_made_in_the_store_is_needed_soon,
    a_key_is_held_to_its_rate,
    the_record_of_a_cancel_names_the_key,
    a_fleets_worker_and_a_tenants
);

async fn ask(m: &Manager, key: &str, method: Method, path: &str, body: &Value) -> Answer {
    let mut request = m.request(method, path);
    if !key.is_empty() {
        request = request.bearer_auth(key);
    }
    m.send(if body.is_null() { request } else { request.json(body) }).await
}

async fn make(m: &Manager, admin: &str, body: Value) -> NewKey {
    ask(m, admin, Method::POST, "/v1/keys", &body).await.read(201)
}

/// An admin's key of a manager that had none.
async fn first(m: &Manager) -> String {
    make(m, "", json!({"name": "root", "role": "admin"})).await.key
}

async fn the_first_key_shuts_the_api(on: On) {
    let m = Manager::start(on).await;
    assert_eq!(m.get("/v1/jobs").await.status.as_u16(), 200);
    let refused = ask(&m, "", Method::POST, "/v1/keys", &json!({"name": "ci", "role": "submit"})).await;
    assert_eq!((refused.status.as_u16(), refused.json()["code"].as_str()), (409, Some("first_key")));
    let admin = first(&m).await;
    assert_eq!(m.get("/v1/jobs").await.json()["code"], "unauthorized");
    assert_eq!(ask(&m, &admin, Method::GET, "/v1/jobs", &Value::Null).await.status.as_u16(), 200);

    let made = make(&m, &admin, json!({"name": "ci", "role": "submit", "tenant": "red", "requests_per_second": 50})).await;
    assert_eq!((made.view.role, made.view.tenant.as_ref().unwrap().as_str()), (Role::Submit, "red"));
    ask(&m, &made.key, Method::POST, "/v1/jobs", &job()).await.read::<JobView>(202);
    // What is listed opens nothing.
    let listed = ask(&m, &admin, Method::GET, "/v1/keys", &Value::Null).await;
    assert!(!listed.text.contains(&made.key) && !listed.text.contains(made.key.rsplit('_').next().unwrap()));
    let names: Vec<_> = listed.read::<KeyList>(200).items.into_iter().map(|key| key.name).collect();
    assert_eq!(names, ["root", "ci"]);
    let page: KeyList = ask(&m, &admin, Method::GET, "/v1/keys?limit=1", &Value::Null).await.read(200);
    let next = format!("/v1/keys?limit=1&cursor={}", page.next_cursor.unwrap());
    let page: KeyList = ask(&m, &admin, Method::GET, &next, &Value::Null).await.read(200);
    assert_eq!((page.items[0].id, page.next_cursor), (made.view.id, None));
    let tenants: TenantList = ask(&m, &admin, Method::GET, "/v1/tenants", &Value::Null).await.read(200);
    assert_eq!(tenants.items.iter().map(|tenant| tenant.name.as_str()).collect::<Vec<_>>(), ["default", "red"]);

    for wrong in
        [json!({"name": "", "role": "read"}), json!({"name": "x", "role": "king"}), json!({"name": "x", "role": "read", "tenant": "*"})]
    {
        assert_eq!(ask(&m, &admin, Method::POST, "/v1/keys", &wrong).await.status.as_u16(), 422, "{wrong}");
    }
    // A restart finds the keys, and still needs one.
    let m = m.restart().await;
    assert_eq!(m.get("/v1/jobs").await.json()["code"], "unauthorized");
    assert_eq!(ask(&m, &made.key, Method::GET, "/v1/jobs", &Value::Null).await.status.as_u16(), 200);
    let listed: KeyList = ask(&m, &admin, Method::GET, "/v1/keys", &Value::Null).await.read(200);
    assert!(listed.items.iter().all(|key| key.last_used_at.is_some()), "{listed:?}");
}

async fn a_revoked_key_opens_nothing(on: On) {
    let m = Manager::start(on).await;
    let admin = first(&m).await;
    let made = make(&m, &admin, json!({"name": "ci", "role": "read"})).await;
    assert_eq!(ask(&m, &made.key, Method::GET, "/v1/jobs", &Value::Null).await.status.as_u16(), 200);
    let path = format!("/v1/keys/{}", made.view.id);
    let revoked: KeyView = ask(&m, &admin, Method::DELETE, &path, &Value::Null).await.read(200);
    assert!(revoked.revoked_at.is_some());
    assert_eq!(ask(&m, &made.key, Method::GET, "/v1/jobs", &Value::Null).await.json()["code"], "unauthorized");
    assert_eq!(ask(&m, &admin, Method::DELETE, &path, &Value::Null).await.read::<KeyView>(200).revoked_at, revoked.revoked_at);
    let none = ask(&m, &admin, Method::DELETE, &format!("/v1/keys/{}", KeyId::new()), &Value::Null).await;
    assert_eq!((none.status.as_u16(), none.json()["code"].as_str()), (404, Some("key_not_found")));
    // A key with a right id and a wrong secret.
    let mut forged = admin.clone();
    forged.replace_range(forged.len() - 1.., if admin.ends_with('0') { "1" } else { "0" });
    assert_eq!(ask(&m, &forged, Method::GET, "/v1/jobs", &Value::Null).await.json()["code"], "unauthorized");
}

async fn a_key_that_is_made_in_the_store_is_needed_soon(on: On) {
    let dir = tempfile::tempdir().unwrap();
    let store = support::store(on, &dir).await;
    let m = Manager::start_on(store.clone()).await;
    assert_eq!(m.get("/v1/jobs").await.status.as_u16(), 200);
    let queue = Queue::open(&store, POLICY, 1, Ears::deaf()).await.unwrap();
    let spec = KeySpec { name: "by hand".into(), role: Role::Read, tenant: None, requests_per_second: None };
    let (stored, shown) = StoredKey::make(spec, queue.now()).unwrap();
    assert!(queue.add_key(stored.clone(), false).await.unwrap());
    assert!(!queue.add_key(stored, true).await.unwrap());
    eventually(async || (m.get("/v1/jobs").await.status.as_u16() == 401).then_some(())).await;
    assert_eq!(ask(&m, &shown.key, Method::GET, "/v1/jobs", &Value::Null).await.status.as_u16(), 200);
    queue.revoke_key(shown.view.id, queue.now()).await.unwrap();
    eventually(async || (ask(&m, &shown.key, Method::GET, "/v1/jobs", &Value::Null).await.status.as_u16() == 401).then_some(())).await;
    queue.close().await;
}

async fn a_key_is_held_to_its_rate(on: On) {
    let m = Manager::start(on).await;
    let admin = first(&m).await;
    let made = make(&m, &admin, json!({"name": "ci", "role": "read", "requests_per_second": 2})).await;
    // Two at once are allowed; not even a slow machine takes so long that hundreds are.
    let mut answers = Vec::new();
    for _ in 0..300 {
        let answer = ask(&m, &made.key, Method::GET, "/v1/jobs", &Value::Null).await;
        answers.push(answer.status.as_u16());
        if answer.status.as_u16() == 429 {
            assert_eq!((answer.json()["code"].as_str(), answer.headers["retry-after"].to_str().unwrap()), (Some("rate_limited"), "1"));
            break;
        }
    }
    assert_eq!((answers[..2].to_vec(), answers.last()), (vec![200, 200], Some(&429)));
    // Others are not held up.
    assert_eq!(ask(&m, &admin, Method::GET, "/v1/jobs", &Value::Null).await.status.as_u16(), 200);
    eventually(async || (ask(&m, &made.key, Method::GET, "/v1/jobs", &Value::Null).await.status.as_u16() == 200).then_some(())).await;
}

async fn the_record_of_a_cancel_names_the_key(on: On) {
    let m = Manager::start(on).await;
    let admin = first(&m).await;
    let made = make(&m, &admin, json!({"name": "ci", "role": "submit"})).await;
    let stored: JobView = ask(&m, &made.key, Method::POST, "/v1/jobs", &job()).await.read(202);
    let cancelled: JobView = ask(&m, &made.key, Method::POST, &format!("/v1/jobs/{}/cancel", stored.id), &Value::Null).await.read(200);
    let by = cancelled.cancelled_by.unwrap();
    assert_eq!((by.by.as_str(), by.key), ("submit", Some(made.view.id)));
}

async fn a_fleets_worker_and_a_tenants(on: On) {
    let m = Manager::start(on).await;
    let admin = first(&m).await;
    let key = async |role: &str, tenant: Option<&str>| make(&m, &admin, json!({"name": "k", "role": role, "tenant": tenant})).await.key;
    let (red, blue) = (key("submit", Some("red")).await, key("submit", Some("blue")).await);
    let (fleet, reds) = (key("worker", None).await, key("worker", Some("red")).await);
    let acquire = json!({"worker": "w", "slots": 9, "wait_ms": 0});
    let submit = async |key: &str| ask(&m, key, Method::POST, "/v1/jobs", &job()).await.read::<JobView>(202).id;
    let (first, second) = (submit(&red).await, submit(&blue).await);
    let leased = ask(&m, &reds, Method::POST, "/v1/leases/acquire", &acquire).await.json();
    assert_eq!(
        (leased["jobs"].as_array().unwrap().len(), leased["jobs"][0]["token"]["job_id"].as_str()),
        (1, Some(first.to_string().as_str()))
    );
    let leased = ask(&m, &fleet, Method::POST, "/v1/leases/acquire", &acquire).await.json();
    let token = leased["jobs"][0]["token"].clone();
    assert_eq!(token["job_id"], second.to_string());
    let report = json!({"reports": [{"token": token, "report": returned("1")}]});
    for (key, state) in [(&reds, "stale"), (&fleet, "accepted")] {
        assert_eq!(ask(&m, key, Method::POST, "/v1/leases/complete", &report).await.json()["results"][0]["state"], state);
    }

    // Work for one tenant wakes its worker, whoever else waits too.
    let wait = json!({"worker": "w", "slots": 1, "wait_ms": 20_000});
    let (one, other) = (key("worker", Some("red")).await, key("worker", Some("blue")).await);
    let waits = futures_util::future::join(
        ask(&m, &other, Method::POST, "/v1/leases/acquire", &wait),
        ask(&m, &one, Method::POST, "/v1/leases/acquire", &wait),
    );
    let submits = async {
        tokio::time::sleep(std::time::Duration::from_millis(100)).await;
        let began = tokio::time::Instant::now();
        submit(&red).await;
        submit(&blue).await;
        began
    };
    let ((blues, reds), began) = futures_util::future::join(waits, submits).await;
    assert_eq!((blues.json()["jobs"].as_array().unwrap().len(), reds.json()["jobs"].as_array().unwrap().len()), (1, 1));
    assert!(began.elapsed() < std::time::Duration::from_secs(10), "{:?}", began.elapsed());
}

#[tokio::test]
async fn where_others_can_reach_it_a_manager_makes_one_admin_key() {
    static SHOWN: Mutex<Vec<String>> = Mutex::new(Vec::new());
    let dir = tempfile::tempdir().unwrap();
    for _ in 0..2 {
        let listener = TcpListener::bind("0.0.0.0:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let mut config = Config::new(dir.path().join("q.db"));
        config.first_key = |key| SHOWN.lock().unwrap_or_else(PoisonError::into_inner).push(key.to_owned());
        let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
        let manager = tokio::spawn(ampoule_manager::run(listener, config, async { drop(stopped.await) }));
        let client = reqwest::Client::new();
        let url = format!("http://127.0.0.1:{port}/v1/keys");
        assert_eq!(client.get(&url).send().await.unwrap().status().as_u16(), 401);
        let shown = SHOWN.lock().unwrap().clone();
        assert_eq!(shown.len(), 1, "once, not at each start");
        assert_eq!(client.get(&url).bearer_auth(&shown[0]).send().await.unwrap().status().as_u16(), 200);
        drop(stop);
        manager.await.unwrap().unwrap();
    }
}
