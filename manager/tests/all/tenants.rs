//! What is one tenant's is not there for another.

use ampoule_protocol::{AcquireResponse, JobList, JobState, JobView, TenantView};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Manager, On, job, on_both_stores, returned};

on_both_stores!(
    slots_are_shared_by_weight_and_within_ceilings,
    a_foreign_job_is_not_there,
    the_names_that_clients_choose_are_a_tenants_own,
    a_worker_for_one_tenant_leases_its_jobs_alone
);

/// A manager that has heard of two tenants.
async fn start(on: On) -> Manager {
    let m = Manager::start(on).await;
    for name in ["red", "blue"] {
        let made = m.send(m.request(Method::PUT, &format!("/v1/tenants/{name}")).json(&json!({}))).await;
        assert_eq!(made.json()["weight"], 1);
    }
    m
}

/// A request for this tenant.
async fn ask(m: &Manager, tenant: &str, method: Method, path: &str, body: &Value) -> Answer {
    let request = m.request(method, path).header("ampoule-tenant", tenant);
    m.send(if body.is_null() { request } else { request.json(body) }).await
}

async fn a_foreign_job_is_not_there(on: On) {
    let m = start(on).await;
    let tagged = json!({"script": {"source": "export default () => 1", "name": "s"}, "tags": {"k": "v"}});
    let job: JobView = ask(&m, "red", Method::POST, "/v1/jobs", &tagged).await.read(202);
    let (id, none) = (job.id, Value::Null);
    for (method, path) in [
        (Method::GET, format!("/v1/jobs/{id}")),
        (Method::GET, format!("/v1/jobs/{id}/logs")),
        (Method::POST, format!("/v1/jobs/{id}/cancel")),
        (Method::POST, format!("/v1/jobs/{id}/retry")),
    ] {
        for other in ["blue", "default"] {
            let answer = ask(&m, other, method.clone(), &path, &none).await;
            assert_eq!((answer.status.as_u16(), answer.json()["code"].as_str()), (404, Some("job_not_found")), "{method} {path}");
        }
    }
    for query in ["", "?state=queued", "?script=s", "?tag=k:v"] {
        let path = format!("/v1/jobs{query}");
        let (own, other) = (ask(&m, "red", Method::GET, &path, &none).await, ask(&m, "blue", Method::GET, &path, &none).await);
        assert_eq!((own.read::<JobList>(200).items.len(), other.read::<JobList>(200).items.len()), (1, 0), "{query}");
    }
    let cursor = ask(&m, "blue", Method::GET, &format!("/v1/jobs?cursor={id}"), &none).await;
    assert_eq!(cursor.json()["code"], "invalid_query");
    let all = json!({"filter": {"state": "queued"}});
    assert_eq!(ask(&m, "blue", Method::POST, "/v1/jobs/cancel", &all).await.read::<Value>(200), json!({"changed": 0}));
    assert_eq!(ask(&m, "blue", Method::GET, "/v1/queue", &none).await.json()["queued"], 0);
    assert_eq!(ask(&m, "red", Method::GET, "/v1/queue", &none).await.json()["queued"], 1);
    assert_eq!(ask(&m, "red", Method::GET, &format!("/v1/jobs/{id}"), &none).await.read::<JobView>(200).state, JobState::Queued);
    assert_eq!(ask(&m, "red", Method::POST, "/v1/jobs/cancel", &all).await.read::<Value>(200), json!({"changed": 1}));
    let name = ask(&m, "no name", Method::GET, "/v1/jobs", &none).await;
    assert_eq!(name.json()["code"], "invalid_header");
    let unknown = ask(&m, "green", Method::GET, "/v1/jobs", &none).await;
    assert_eq!((unknown.status.as_u16(), unknown.json()["code"].as_str()), (404, Some("tenant_not_found")));
}

async fn the_names_that_clients_choose_are_a_tenants_own(on: On) {
    let m = start(on).await;
    let mut ids = Vec::new();
    for (tenant, source) in [("red", "1"), ("blue", "2"), ("red", "1"), ("blue", "2")] {
        let body = json!({"script": {"source": source}});
        let request = m.request(Method::POST, "/v1/jobs").header("ampoule-tenant", tenant).header("idempotency-key", "k").json(&body);
        ids.push(m.send(request).await.read::<JobView>(202).id);
    }
    assert!(ids[0] == ids[2] && ids[1] == ids[3] && ids[0] != ids[1], "{ids:?}");

    let keyed = json!({"script": {"source": "3"}, "concurrency_key": "k", "concurrency_policy": "cancel_newest"});
    for (tenant, status) in [("red", 202), ("blue", 202), ("red", 200)] {
        ask(&m, tenant, Method::POST, "/v1/jobs", &keyed).await.read::<JobView>(status);
    }
    // Who ends gives its own tenant's key back, and the other's stays taken.
    for leased in m.acquire("w", 10, 0).await.jobs {
        let red = ask(&m, "red", Method::GET, &format!("/v1/jobs/{}", leased.token.job_id), &Value::Null).await.status.is_success();
        if red {
            m.complete(leased.token, returned("1")).await;
        }
    }
    for (tenant, status) in [("red", 202), ("blue", 200)] {
        ask(&m, tenant, Method::POST, "/v1/jobs", &keyed).await.read::<JobView>(status);
    }
}

async fn a_worker_for_one_tenant_leases_its_jobs_alone(on: On) {
    let m = start(on).await;
    let red: JobView = ask(&m, "red", Method::POST, "/v1/jobs", &job()).await.read(202);
    let acquire = json!({"worker": "w", "slots": 9, "wait_ms": 0});
    let blue: AcquireResponse = ask(&m, "blue", Method::POST, "/v1/leases/acquire", &acquire).await.read(200);
    assert_eq!(blue, AcquireResponse::default());
    let own: AcquireResponse = ask(&m, "red", Method::POST, "/v1/leases/acquire", &acquire).await.read(200);
    let token = own.jobs[0].token;
    assert_eq!(token.job_id, red.id);
    let completion = json!({"reports": [{"token": token, "report": returned("7")}]});
    for (path, body) in [
        ("/v1/leases/renew", json!({"tokens": [token]})),
        ("/v1/leases/release", json!({"tokens": [token]})),
        ("/v1/leases/complete", completion.clone()),
    ] {
        assert_eq!(ask(&m, "blue", Method::POST, path, &body).await.json()["results"][0]["state"], "stale", "{path}");
    }
    let states = ask(&m, "red", Method::POST, "/v1/leases/complete", &completion).await;
    assert_eq!(states.json()["results"][0]["state"], "accepted");
}

async fn slots_are_shared_by_weight_and_within_ceilings(on: On) {
    let m = start(on).await;
    let put = async |name: &str, body: Value| {
        m.send(m.request(Method::PUT, &format!("/v1/tenants/{name}")).json(&body)).await.read::<TenantView>(200);
    };
    put("blue", json!({"weight": 3})).await;
    let batch = json!({"jobs": vec![job(); 200]});
    // Whoever came first, and with more, gets no more.
    ask(&m, "red", Method::POST, "/v1/jobs/batch", &batch).await.read::<Value>(202);
    ask(&m, "blue", Method::POST, "/v1/jobs/batch", &batch).await.read::<Value>(202);
    let running = async |tenant: &str| ask(&m, tenant, Method::GET, "/v1/queue", &Value::Null).await.json()["running"].as_u64().unwrap();
    let mut leased = m.acquire("w", 40, 0).await.jobs;
    assert_eq!((leased.len(), running("red").await, running("blue").await), (40, 10, 30));
    // One slot at a time, the same.
    for _ in 0..20 {
        leased.extend(m.acquire("w", 1, 0).await.jobs);
    }
    assert_eq!((running("red").await, running("blue").await), (15, 45));

    put("blue", json!({"weight": 3, "max_running": 46})).await;
    leased.extend(m.acquire("w", 40, 0).await.jobs);
    assert_eq!((running("red").await, running("blue").await), (54, 46));
    let queue = ask(&m, "blue", Method::GET, "/v1/queue", &Value::Null).await.json();
    assert_eq!(queue, json!({"queued": 0, "capped": 154, "running": 46}));
    // What no worker could start is no reason for more workers.
    assert_eq!(m.metric("scriptmanager_job_queue_size").await, 146.0);
    assert_eq!(m.metric("scriptmanager_jobs_capped").await, 154.0);
    // Each end makes room for one.
    let view = async |id| ask(&m, "blue", Method::GET, &format!("/v1/jobs/{id}"), &Value::Null).await.status.is_success();
    let mut ended = 0;
    for job in leased {
        if ended < 2 && view(job.token.job_id).await {
            m.complete(job.token, returned("1")).await;
            ended += 1;
        }
    }
    m.acquire("w", 10, 0).await;
    assert_eq!((running("red").await, running("blue").await), (62, 46));
}
