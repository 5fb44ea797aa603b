//! What runs is what the job, its script's manifest and the operator's policy agree on; decided when it is submitted.

use ampoule_manager::Config;
use ampoule_protocol::{JobView, ScheduleView};
use serde_json::{Value, json};

use crate::support::{Answer, Manager, On, eventually, on_both_stores};

on_both_stores!(a_job_gets_what_all_agree_on, schedules_are_checked_when_made_and_when_they_fire);

fn policy(config: &mut Config) {
    config.grants =
        serde_json::from_value(json!({"dirs": ["data:rw"], "kv": ["*:rw"], "net": ["*.example.com"], "secrets": ["A"]})).unwrap();
}

async fn publish(m: &Manager, name: &str, source: &str, grants: Value) -> Answer {
    m.put(&format!("/v1/scripts/{name}"), &json!({"source": source, "manifest": {"grants": grants}})).await
}

/// The code and the words of a refusal.
fn refusal(answer: &Answer) -> (u16, String) {
    assert_eq!(answer.json()["code"], "grant_refused", "{}", answer.text);
    (answer.status.as_u16(), answer.json()["detail"].as_str().unwrap().to_owned())
}

async fn a_job_gets_what_all_agree_on(on: On) {
    let m = Manager::start_with(on, policy).await;
    let manifest = json!({"dirs": ["data:ro"], "kv": ["carts:rw"], "env": {"REGION": "eu"}});
    assert!(publish(&m, "tax", "1", manifest.clone()).await.status.is_success());
    let submit = async |grants: Option<Value>| {
        let mut body = json!({"script": {"name": "tax"}});
        if let Some(grants) = grants {
            body["grants"] = grants;
        }
        m.post("/v1/jobs", &body).await
    };
    let granted = |answer: Answer| serde_json::to_value(answer.read::<JobView>(202).grants).unwrap();
    assert_eq!(granted(submit(None).await), manifest);
    assert_eq!(granted(submit(Some(json!({"kv": ["carts:ro"]}))).await), json!({"kv": ["carts:ro"]}));
    assert_eq!(granted(submit(Some(json!({}))).await), Value::Null);
    let leased = m.acquire("w", 3, 5000).await;
    let leased: Vec<Value> = leased.jobs.iter().map(|job| serde_json::to_value(&job.grants).unwrap()).collect();
    assert_eq!(leased, [manifest, json!({"kv": ["carts:ro"]}), Value::Null]);

    // Within the policy, beyond the manifest.
    for (asked, entry) in
        [(json!({"dirs": ["data:rw"]}), "data:rw"), (json!({"kv": ["other"]}), "other:ro"), (json!({"secrets": ["A"]}), "`A`")]
    {
        let (status, said) = refusal(&submit(Some(asked)).await);
        assert!(status == 403 && said.contains(entry) && said.contains("the script's manifest"), "{said}");
    }
    // Within the manifest, beyond the policy: also for a job that asks for nothing.
    publish(&m, "greedy", "1", json!({"dirs": ["other:ro"]})).await;
    let (_, said) = refusal(&m.post("/v1/jobs", &json!({"script": {"name": "greedy"}})).await);
    assert!(said.contains("other:ro") && said.contains("this manager's policy"), "{said}");
    let (_, said) =
        refusal(&m.post("/v1/jobs/batch", &json!({"jobs": [{"script": {"name": "tax"}}, {"script": {"name": "greedy"}}]})).await);
    assert!(said.contains("jobs[1]"), "{said}");
    // A manifest that says nothing leaves it to the others.
    m.put("/v1/scripts/silent", &json!({"source": "1"})).await;
    let silent = m.post("/v1/jobs", &json!({"script": {"name": "silent"}, "grants": {"net": ["api.example.com"]}})).await;
    assert_eq!(granted(silent), json!({"net": ["api.example.com"]}));

    for wrong in [json!({"dirs": ["*"]}), json!({"disk": []}), json!("kv"), json!({"kv": ["a b"]})] {
        assert_eq!(publish(&m, "wrong", "1", wrong).await.status.as_u16(), 422);
    }
}

async fn schedules_are_checked_when_made_and_when_they_fire(on: On) {
    let m = Manager::start_with(on, policy).await;
    publish(&m, "tax", "1", json!({"kv": ["carts:rw"]})).await;
    let schedule = |grants: Value| json!({"cron": "0 0 29 2 *", "job": {"script": {"name": "tax"}, "grants": grants}});
    let (_, said) = refusal(&m.put("/v1/schedules/a", &schedule(json!({"dirs": ["data"]}))).await);
    assert!(said.contains("the script's manifest"), "{said}");
    assert_eq!(m.put("/v1/schedules/a", &schedule(json!({"kv": ["carts:rw"]}))).await.status.as_u16(), 201);
    assert!(m.post("/v1/schedules/a/run", &json!({})).await.status.is_success());
    // The script wants less from now on.
    publish(&m, "tax", "2", json!({"kv": ["carts:ro"]})).await;
    let fired = m.post("/v1/schedules/a/run", &json!({})).await;
    assert_eq!((fired.status.as_u16(), fired.json()["code"].as_str()), (409, Some("schedule_not_fired")), "{}", fired.text);
    let problem = eventually(async || m.get("/v1/schedules/a").await.read::<ScheduleView>(200).problem).await;
    assert!(problem.contains("carts:rw") && problem.contains("the script's manifest"), "{problem}");
}
