//! What is one tenant's is not there for another.

use ampoule_protocol::{AcquireResponse, JobList, JobState, JobView};
use reqwest::Method;
use serde_json::{Value, json};

use crate::support::{Answer, Manager, On, job, on_both_stores, returned};

on_both_stores!(a_foreign_job_is_not_there, the_names_that_clients_choose_are_a_tenants_own, a_worker_for_one_tenant_leases_its_jobs_alone);

/// A request for this tenant.
async fn ask(m: &Manager, tenant: &str, method: Method, path: &str, body: &Value) -> Answer {
    let request = m.request(method, path).header("ampoule-tenant", tenant);
    m.send(if body.is_null() { request } else { request.json(body) }).await
}

async fn a_foreign_job_is_not_there(on: On) {
    let m = Manager::start(on).await;
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
}

async fn the_names_that_clients_choose_are_a_tenants_own(on: On) {
    let m = Manager::start(on).await;
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
    let m = Manager::start(on).await;
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
