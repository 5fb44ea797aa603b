//! Keys and values over HTTP: bounds, quotas, tenants, leases that are over, and whether each key is linearizable while the manager is killed.

use std::{
    collections::BTreeMap,
    sync::{
        Arc, Mutex,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use ampoule_manager::{Config, StoreUrl};
use ampoule_protocol::{AcquireResponse, JobView, Json, KvAnswer, KvAsk, LeaseState, LeaseToken, MAX_KV_KEYS, MAX_KV_NAMESPACES, NewKey};
use serde_json::{Value, json};

use crate::{
    crash::Child,
    linearizable::{Call, is_linearizable},
    support::{self, Answer, Manager, On, Random, eventually, on_both_stores},
};

on_both_stores!(
    keys_are_set_compared_listed_and_removed,
    a_lease_that_is_over_touches_nothing,
    what_is_wrong_is_said,
    keys_go_when_their_time_is_over,
    quotas_hold,
    a_tenants_keys_are_its_own,
    each_key_is_linearizable_while_managers_are_killed,
);

fn granting(config: &mut Config) {
    config.grants = serde_json::from_value(json!({"kv": ["*:rw"]})).unwrap();
}

/// A job that was granted these, running.
async fn running(m: &Manager, kv: &[&str]) -> LeaseToken {
    let body = json!({"script": {"source": "1"}, "grants": {"kv": kv}});
    m.post("/v1/jobs", &body).await.read::<JobView>(202);
    m.acquire_one("w").await.token
}

async fn kv(m: &Manager, token: LeaseToken, namespace: &str, ask: Value) -> Answer {
    m.post("/v1/leases/kv", &json!({"token": token, "namespace": namespace, "ask": ask})).await
}

async fn keys_are_set_compared_listed_and_removed(on: On) {
    let m = Manager::start_with(on, granting).await;
    let token = running(&m, &["n:rw"]).await;
    let ask = async |ask: Value| kv(&m, token, "n", ask).await.read::<Value>(200);
    let set = |key: &str, value: Value| json!({"set": {"key": key, "value": value}});
    assert_eq!(ask(json!({"get": {"key": "a"}})).await, json!("absent"));
    assert_eq!(ask(set("a", json!({"x": [1, "\u{0}", null]}))).await, json!({"written": {"version": 1}}));
    assert_eq!(ask(json!({"get": {"key": "a"}})).await, json!({"found": {"value": {"x": [1, "\u{0}", null]}, "version": 1}}));
    assert_eq!(ask(json!({"set": {"key": "a", "value": 2, "if_version": 0}})).await, json!({"differs": {"version": 1}}));
    assert_eq!(ask(json!({"set": {"key": "a", "value": 2, "if_version": 1}})).await, json!({"written": {"version": 2}}));
    assert_eq!(ask(json!({"set": {"key": "b", "value": 2, "if_version": 7}})).await, json!({"differs": {"version": 0}}));
    for key in ["a/2", "a/10", "a0", "ä", "a/1"] {
        ask(set(key, json!(0))).await;
    }
    let keys = async |prefix: &str, after: Option<&str>, limit: u32| {
        let page = ask(json!({"list": {"prefix": prefix, "after": after, "limit": limit}})).await;
        let keys: Vec<String> = page["keys"]["items"].as_array().unwrap().iter().map(|item| item["key"].as_str().unwrap().into()).collect();
        (keys.join(" "), page["keys"]["next"].as_str().map(str::to_owned))
    };
    assert_eq!(keys("", None, 1000).await, ("a a/1 a/10 a/2 a0 ä".into(), None));
    assert_eq!(keys("a/", None, 2).await, ("a/1 a/10".into(), Some("a/10".into())));
    assert_eq!(keys("a/", Some("a/10"), 2).await, ("a/2".into(), None));
    assert_eq!(keys("ä", Some("a"), 2).await, ("ä".into(), None));
    assert_eq!(ask(json!({"delete": {"key": "a", "if_version": 1}})).await, json!({"differs": {"version": 2}}));
    assert_eq!(ask(json!({"delete": {"key": "a"}})).await, json!("deleted"));
    assert_eq!(ask(json!({"delete": {"key": "a"}})).await, json!("absent"));
    // A key that was removed gets no version that it had.
    assert_eq!(ask(set("a", json!(1))).await, json!({"written": {"version": 8}}));
    let m = m.restart().await;
    assert_eq!(kv(&m, token, "n", json!({"get": {"key": "a"}})).await.read::<Value>(200), json!({"found": {"value": 1, "version": 8}}));
}

async fn a_lease_that_is_over_touches_nothing(on: On) {
    let m = Manager::start_with(on, granting).await;
    let token = running(&m, &["n:rw"]).await;
    let set = json!({"set": {"key": "a", "value": 1}});
    assert_eq!(m.lease("release", token).await, LeaseState::Accepted);
    let lost = |answer: &Answer| (answer.status.as_u16(), answer.json()["code"] == "lease_lost");
    assert_eq!(lost(&kv(&m, token, "n", set.clone()).await), (409, true));
    assert_eq!(lost(&kv(&m, token, "n", json!({"get": {"key": "a"}})).await), (409, true));
    let second = m.acquire_one("v").await.token;
    assert_eq!(lost(&kv(&m, token, "n", set.clone()).await), (409, true));
    assert_eq!(kv(&m, second, "n", json!({"get": {"key": "a"}})).await.read::<KvAnswer>(200), KvAnswer::Absent);
    assert_eq!(kv(&m, second, "n", set).await.read::<KvAnswer>(200), KvAnswer::Written { version: 1 });
}

async fn what_is_wrong_is_said(on: On) {
    let m = Manager::start_with(on, granting).await;
    let token = running(&m, &["n:ro"]).await;
    for (namespace, ask, status, says) in [
        ("n", json!({"set": {"key": "a", "value": 1}}), 403, "was not granted the namespace `n`"),
        ("m", json!({"get": {"key": "a"}}), 403, "was not granted the namespace `m`"),
        ("../n", json!({"get": {"key": "a"}}), 422, "is no name"),
        ("n", json!({"get": {"key": ""}}), 422, "1 to 512 bytes"),
        ("n", json!({"get": {"key": "a\u{0}"}}), 422, "control character"),
        ("n", json!({"set": {"key": "a", "value": "x".repeat(300_000)}}), 422, "at most 262144"),
        ("n", json!({"set": {"key": "a", "value": 1, "ttl_ms": 0}}), 422, "time to live"),
        ("n", json!({"list": {"prefix": "", "limit": 1001}}), 422, "1 to 1000 keys"),
        ("n", json!({"drop": {}}), 422, "unknown variant"),
    ] {
        let answer = kv(&m, token, namespace, ask).await;
        assert_eq!(answer.status.as_u16(), status, "{}", answer.text);
        assert!(answer.text.contains(says), "{} has no {says}", answer.text);
    }
    let asked = json!({"script": {"source": "1"}, "grants": {"kv": ["*:ro"]}});
    assert_eq!(m.post("/v1/jobs", &asked).await.status.as_u16(), 422);
}

async fn keys_go_when_their_time_is_over(on: On) {
    let m = Manager::start_with(on, granting).await;
    let token = running(&m, &["n:rw"]).await;
    let ask = async |ask: Value| kv(&m, token, "n", ask).await.read::<KvAnswer>(200);
    ask(json!({"set": {"key": "a", "value": 1, "ttl_ms": 50}})).await;
    ask(json!({"set": {"key": "b", "value": 1, "ttl_ms": 60_000}})).await;
    eventually(async || (ask(json!({"get": {"key": "a"}})).await == KvAnswer::Absent).then_some(())).await;
    let listed = ask(json!({"list": {"prefix": "", "limit": 10}})).await;
    assert!(matches!(&listed, KvAnswer::Keys { items, .. } if items.len() == 1 && items[0].key == "b"), "{listed:?}");
    // It is not there for who compares, either, and a value without a time stays.
    assert_eq!(ask(json!({"set": {"key": "a", "value": 2, "if_version": 0}})).await, KvAnswer::Written { version: 3 });
    tokio::time::sleep(Duration::from_millis(60)).await;
    assert!(matches!(ask(json!({"get": {"key": "a"}})).await, KvAnswer::Found { .. }));
}

async fn quotas_hold(on: On) {
    let m = Manager::start_with(on, granting).await;
    let spaces: Vec<String> = (0..60).map(|n| format!("n{n}:rw")).collect();
    let token = running(&m, &spaces.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let set = |key: usize, value: &str| json!({"set": {"key": key.to_string(), "value": value}});
    let large = "x".repeat(250_000);
    let mut stored = 0;
    let full = loop {
        match kv(&m, token, "n0", set(stored, &large)).await.read::<KvAnswer>(200) {
            KvAnswer::Written { .. } => stored += 1,
            other => break other,
        }
    };
    assert_eq!((stored, serde_json::to_value(&full).unwrap()), (134, json!({"full": {"quota": "bytes"}})));
    // Who removes or shrinks is let through, and what is given back can be used.
    assert_eq!(kv(&m, token, "n0", set(0, "")).await.read::<KvAnswer>(200), KvAnswer::Written { version: 135 });
    assert_eq!(kv(&m, token, "n0", set(134, &large)).await.read::<KvAnswer>(200), KvAnswer::Written { version: 136 });

    for n in 0..60 {
        kv(&m, token, &format!("n{n}"), json!({"set": {"key": "a", "value": 0}})).await.read::<KvAnswer>(200);
    }
    let others: Vec<String> = (60..70).map(|n| format!("n{n}:rw")).collect();
    let other = running(&m, &others.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut made = 60;
    while let KvAnswer::Written { .. } = kv(&m, other, &format!("n{made}"), set(0, "")).await.read::<KvAnswer>(200) {
        made += 1;
    }
    assert_eq!(made as u64, MAX_KV_NAMESPACES);
    assert!(MAX_KV_KEYS * 512 < ampoule_protocol::MAX_KV_BYTES, "keys alone do not fill a namespace");
}

async fn a_tenants_keys_are_its_own(on: On) {
    let m = Manager::start_with(on, granting).await;
    let root = m.post("/v1/keys", &json!({"name": "root", "role": "admin"})).await.read::<NewKey>(201).key;
    let m = m.with_key(&root);
    let mut tokens = Vec::new();
    for tenant in ["red", "blue"] {
        let key = m.post("/v1/keys", &json!({"name": "k", "role": "submit", "tenant": tenant})).await.read::<NewKey>(201).key;
        let body = json!({"script": {"source": "1"}, "grants": {"kv": ["n:rw"]}});
        let request = m.client.post(format!("{}/v1/jobs", m.url)).bearer_auth(&key).json(&body);
        m.send(request).await.read::<JobView>(202);
        let worker = m.post("/v1/keys", &json!({"name": "w", "role": "worker", "tenant": tenant})).await.read::<NewKey>(201).key;
        let acquire = json!({"worker": "w", "slots": 1, "wait_ms": 5000});
        let request = m.client.post(format!("{}/v1/leases/acquire", m.url)).bearer_auth(&worker).json(&acquire);
        let leased: AcquireResponse = m.send(request).await.read(200);
        tokens.push((worker, leased.jobs[0].token));
    }
    let ask = async |worker: &str, token: LeaseToken, ask: Value| {
        let body = json!({"token": token, "namespace": "n", "ask": ask});
        m.send(m.client.post(format!("{}/v1/leases/kv", m.url)).bearer_auth(worker).json(&body)).await
    };
    let [(red, of_red), (blue, of_blue)] = &tokens[..] else { unreachable!() };
    let set = json!({"set": {"key": "a", "value": "red"}});
    assert_eq!(ask(red, *of_red, set.clone()).await.read::<KvAnswer>(200), KvAnswer::Written { version: 1 });
    assert_eq!(ask(blue, *of_blue, json!({"get": {"key": "a"}})).await.read::<KvAnswer>(200), KvAnswer::Absent);
    assert_eq!(ask(blue, *of_red, set).await.json()["code"], "lease_lost");
}

/// Runs that read and write few keys at once, while the manager is killed and started again.
async fn each_key_is_linearizable_while_managers_are_killed(on: On) {
    const RUNS: usize = 6;
    const CALLS: usize = 60;
    let seed = Random::seed();
    println!("SEED={seed}");
    let dir = tempfile::tempdir().unwrap();
    let store = match support::store(on, &dir).await {
        StoreUrl::Sqlite(path) => format!("sqlite:{}", path.display()),
        StoreUrl::Postgres(url) => url,
    };
    let mut manager = Child::start(&store, Duration::from_secs(120));
    let url = Arc::new(Mutex::new(manager.url.clone()));
    let client = reqwest::Client::builder().timeout(Duration::from_secs(5)).build().unwrap();
    let (first, clock) = (manager.url.clone(), Arc::new(AtomicU64::new(0)));
    let mut tasks = tokio::task::JoinSet::new();
    for run in 0..RUNS {
        let job = json!({"script": {"source": "1"}, "grants": {"kv": ["n:rw"]}});
        client.post(format!("{first}/v1/jobs")).json(&job).send().await.unwrap().error_for_status().unwrap();
        let acquire = json!({"worker": "w", "slots": 1, "wait_ms": 5000});
        let leased: AcquireResponse =
            client.post(format!("{first}/v1/leases/acquire")).json(&acquire).send().await.unwrap().json().await.unwrap();
        let (token, client, url, clock) = (leased.jobs[0].token, client.clone(), url.clone(), clock.clone());
        tasks.spawn(async move {
            let mut random = Random::new(seed + run as u64);
            let (mut calls, mut versions) = (Vec::new(), BTreeMap::<String, u64>::new());
            for n in 0..CALLS {
                let key = format!("k{}", random.below(3));
                let value = Json::parse(format!("{}", run * CALLS + n)).unwrap();
                let if_version = (random.below(3) > 0).then(|| versions.get(&key).copied().unwrap_or(0));
                let ask = match random.below(8) {
                    0..3 => KvAsk::Get { key: key.clone() },
                    3 => KvAsk::Delete { key: key.clone(), if_version },
                    _ => KvAsk::Set { key: key.clone(), value, ttl_ms: None, if_version },
                };
                let body = json!({"token": token, "namespace": "n", "ask": ask});
                let from = clock.fetch_add(1, Ordering::SeqCst);
                let answer = loop {
                    let at = url.lock().unwrap().clone();
                    match client.post(format!("{at}/v1/leases/kv")).json(&body).send().await {
                        Ok(answer) if answer.status().is_success() => break answer.json::<KvAnswer>().await.ok(),
                        Ok(answer) => {
                            assert!(answer.status().is_server_error(), "{:?}", answer.text().await);
                            break None;
                        }
                        // Not sent: asked again.
                        Err(error) if error.is_connect() => tokio::time::sleep(Duration::from_millis(5)).await,
                        Err(_) => break None,
                    }
                };
                let to = answer.is_some().then(|| clock.fetch_add(1, Ordering::SeqCst));
                match &answer {
                    Some(KvAnswer::Found { version, .. } | KvAnswer::Written { version } | KvAnswer::Differs { version }) => {
                        versions.insert(key, *version);
                    }
                    Some(KvAnswer::Absent | KvAnswer::Deleted) => drop(versions.remove(&key)),
                    _ => {}
                }
                calls.push(Call { from, to, ask, answer });
            }
            calls
        });
    }
    for _ in 0..4 {
        tokio::time::sleep(Duration::from_millis(120)).await;
        manager.kill();
        manager = tokio::task::block_in_place(|| Child::start(&store, Duration::from_secs(120)));
        url.lock().unwrap().clone_from(&manager.url);
    }
    let mut by_key: BTreeMap<String, Vec<Call>> = BTreeMap::new();
    while let Some(calls) = tasks.join_next().await {
        for call in calls.unwrap() {
            by_key.entry(call.ask.key().to_owned()).or_default().push(call);
        }
    }
    let (all, lost) = by_key.values().flatten().fold((0, 0), |(all, lost), call| (all + 1, lost + usize::from(call.answer.is_none())));
    println!("{all} calls on {} keys, {lost} without an answer", by_key.len());
    assert_eq!((all, by_key.len()), (RUNS * CALLS, 3));
    for (key, calls) in &by_key {
        assert!(is_linearizable(calls), "{key} is not linearizable: {calls:#?}");
        // The checker is no rubber stamp: the same history with one read of a value that was overwritten is refused.
        let mut changed = calls.clone();
        let written = |call: &Call| match (&call.ask, &call.answer) {
            (KvAsk::Set { value, .. }, Some(KvAnswer::Written { version })) => Some((*version, value.clone())),
            _ => None,
        };
        assert!(calls.iter().filter_map(written).count() > 1, "{key} was hardly written");
        let (version, value) = calls.iter().filter_map(written).min_by_key(|(version, _)| *version).unwrap();
        let now = clock.fetch_add(2, Ordering::SeqCst);
        let last = calls.iter().filter_map(|call| call.to).max().unwrap();
        assert!(last < now);
        changed.push(Call {
            from: now,
            to: Some(now + 1),
            ask: KvAsk::Get { key: key.clone() },
            answer: Some(KvAnswer::Found { value, version }),
        });
        assert!(!is_linearizable(&changed), "{key}: a stale read is not seen");
    }
}
