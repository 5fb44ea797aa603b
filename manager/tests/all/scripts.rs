//! Published scripts and libraries, and jobs that run them.

use ampoule_manager::Config;
use ampoule_protocol::{AliasList, AliasView, JobView, PublishedList, PublishedView, VersionView};
use serde_json::{Value, json};

use crate::support::{Manager, On, on_both_stores, returned};

on_both_stores!(
    versions_are_immutable_and_equal_contents_are_one,
    a_job_runs_the_version_of_its_submit,
    libraries_come_with_all_that_they_import,
    a_folder_is_one_version,
    aliases_are_compared_and_set,
    names_are_listed_in_pages,
    many_publish_at_once,
    a_withdrawn_version_is_for_those_who_have_it,
);

async fn publish(m: &Manager, path: &str, source: &str, status: u16) -> VersionView {
    m.put(path, &json!({"source": source})).await.read(status)
}

async fn submit(m: &Manager, body: Value) -> JobView {
    m.post("/v1/jobs", &body).await.read(202)
}

async fn versions_are_immutable_and_equal_contents_are_one(on: On) {
    let m = Manager::start(on).await;
    let first = publish(&m, "/v1/scripts/tax", "export default () => 1", 201).await;
    assert_eq!((first.version, first.source_bytes, first.manifest.main.as_deref()), (1, 22, Some("tax.js")));
    let second = publish(&m, "/v1/scripts/tax", "export default () => '\u{0}2'", 201).await;
    assert_eq!(second.version, 2);
    assert_ne!(first.hash, second.hash);
    // What was there before is the latest again.
    assert_eq!(publish(&m, "/v1/scripts/tax", "export default () => 1", 200).await, first);
    let view: PublishedView = m.get("/v1/scripts/tax").await.read(200);
    assert_eq!(view.latest, 1);
    assert_eq!(view.versions.unwrap().iter().map(|version| version.version).collect::<Vec<_>>(), [2, 1]);
    let third = publish(&m, "/v1/scripts/tax", "export default () => 3", 201).await;
    assert_eq!(third.version, 3);

    let stored: VersionView = m.get("/v1/scripts/tax/versions/2").await.read(200);
    assert_eq!(stored.modules.as_ref().unwrap()["tax.js"], "export default () => '\u{0}2'");
    assert_eq!(VersionView { modules: None, ..stored }, second);
    let page: Value = m.get("/v1/scripts/tax/versions?limit=2").await.read(200);
    assert_eq!((page["items"].as_array().unwrap().len(), &page["next_cursor"]), (2, &json!("2")));
    let page: Value = m.get("/v1/scripts/tax/versions?limit=2&cursor=2").await.read(200);
    assert_eq!((&page["items"][0]["version"], page.get("next_cursor")), (&json!(1), None));
    // A library of that name is another thing.
    assert_eq!(m.get("/v1/libraries/tax").await.status, 404);
    assert_eq!(publish(&m, "/v1/libraries/tax", "export default () => 1", 201).await.version, 1);

    let m = m.restart().await;
    assert_eq!(m.get("/v1/scripts/tax/versions/3").await.read::<VersionView>(200).hash, third.hash);
}

async fn a_job_runs_the_version_of_its_submit(on: On) {
    let allow = |config: &mut Config| config.grants = serde_json::from_value(json!({"net": ["a.example"]})).unwrap();
    let m = Manager::start_with(on, allow).await;
    publish(&m, "/v1/scripts/tax", "export default () => 1", 201).await;
    let job = submit(&m, json!({"script": {"name": "tax"}})).await;
    assert_eq!((job.script.name.as_str(), job.script.version, job.script.source_bytes), ("tax", Some(1), 22));
    let manifest = json!({"entry": "run", "limits": {"wall_ms": 77, "fuel": 88}, "grants": {"net": ["a.example"]}});
    let body = json!({"source": "export const run = () => 2", "manifest": manifest});
    let second: VersionView = m.put("/v1/scripts/tax", &body).await.read(201);
    assert_eq!(serde_json::to_value(&second.manifest).unwrap()["grants"], manifest["grants"]);

    let pinned = submit(&m, json!({"script": {"name": "tax", "version": 1}})).await;
    let latest = submit(&m, json!({"script": {"name": "tax"}, "limits": {"fuel": 99}})).await;
    assert_eq!((pinned.script.version, latest.script.version), (Some(1), Some(2)));
    // What the manifest says is what the job says nothing about.
    assert_eq!((latest.entry.as_deref(), latest.limits.wall_ms, latest.limits.fuel), (Some("run"), 77, 99));
    assert_eq!(serde_json::to_value(&latest.grants).unwrap(), manifest["grants"]);

    let m = m.restart().await;
    for (id, source, name) in [
        (job.id, "export default () => 1", "tax.js"),
        (pinned.id, "export default () => 1", "tax.js"),
        (latest.id, "export const run = () => 2", "tax.js"),
    ] {
        let leased = m.acquire_one("w").await;
        assert_eq!((leased.token.job_id, leased.script.source.as_str(), leased.script.name.as_str()), (id, source, name));
        m.complete(leased.token, returned("1")).await;
        assert_eq!(m.job(id).await.script.name, "tax");
    }
    let list: Value = m.get("/v1/jobs?script=tax").await.read(200);
    assert_eq!(list["items"].as_array().unwrap().len(), 3);
    // In a batch too, all of it or nothing.
    let batch = json!({"jobs": [{"script": {"name": "tax"}}, {"script": {"name": "tax", "version": 9}}]});
    let refused = m.post("/v1/jobs/batch", &batch).await;
    assert_eq!((refused.status.as_u16(), &refused.json()["code"]), (422, &json!("script_not_found")));
    assert_eq!(m.get("/v1/queue").await.json()["queued"], 0);
}

async fn libraries_come_with_all_that_they_import(on: On) {
    let m = Manager::start(on).await;
    publish(&m, "/v1/libraries/round", "export const round = Math.round; // 'lib:absent'", 201).await;
    publish(&m, "/v1/libraries/money", "import { round } from 'lib:round'; export const euros = round", 201).await;
    publish(&m, "/v1/libraries/money", "import { round } from \"lib:round@1\"; export const cents = round", 201).await;
    let script = json!({"source": "import { cents } from 'lib:money'; export default () => cents(1)"});
    publish(&m, "/v1/scripts/pay", script["source"].as_str().unwrap(), 201).await;

    let named = async |libraries: Value, script: Value| {
        submit(&m, json!({"script": script, "libraries": libraries})).await;
        let leased = m.acquire_one("w").await;
        leased.libraries.into_iter().map(|library| (library.specifier(), library.source.len())).collect::<Vec<_>>()
    };
    let all = vec![("money@2".to_owned(), 63), ("round@1".to_owned(), 48)];
    assert_eq!(named(json!([]), script.clone()).await, all);
    assert_eq!(named(json!([]), json!({"name": "pay"})).await, all);
    // A job's own choice comes first.
    let old = vec![("money@1".to_owned(), 61), ("round@1".to_owned(), 48)];
    assert_eq!(named(json!({"money": 1}), script.clone()).await, old);
    let own = named(json!({"money": {"source": "export const cents = 1"}, "r": {"library": "round"}}), script).await;
    assert_eq!(own, [("money".to_owned(), 22), ("r".to_owned(), 48)]);
}

async fn a_folder_is_one_version(on: On) {
    let m = Manager::start(on).await;
    let modules = json!({"main.js": "import './src/a.js'", "src/a.js": "import 'b'", "src/b.js": ""});
    let body = json!({"modules": modules, "manifest": {"imports": {"b": "./src/b.js"}}});
    let published: VersionView = m.put("/v1/scripts/folder", &body).await.read(201);
    assert_eq!((published.version, published.manifest.main.as_deref(), published.source_bytes), (1, Some("main.js"), 29));
    submit(&m, json!({"script": {"name": "folder"}})).await;
    let leased = m.acquire_one("w").await;
    assert_eq!((leased.script.name.as_str(), leased.script.source.as_str()), ("main.js", "import './src/a.js'"));
    assert_eq!(leased.script.modules.keys().collect::<Vec<_>>(), ["src/a.js", "src/b.js"]);
    assert_eq!(leased.script.imports["b"], "./src/b.js");
}

async fn aliases_are_compared_and_set(on: On) {
    let m = Manager::start(on).await;
    publish(&m, "/v1/scripts/tax", "1", 201).await;
    publish(&m, "/v1/scripts/tax", "2", 201).await;
    let path = "/v1/scripts/tax/aliases/live";
    let set = async |version: u32, expected: Option<u32>| {
        let answer = m.put(path, &json!({"version": version, "expected_version": expected})).await;
        (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned())
    };
    assert_eq!(set(1, Some(2)).await, (409, "alias_conflict".to_owned()));
    assert_eq!(set(1, Some(0)).await, (200, String::new()));
    assert_eq!(set(2, Some(0)).await, (409, "alias_conflict".to_owned()));
    assert_eq!(set(3, None).await, (404, "script_not_found".to_owned()));
    let job = submit(&m, json!({"script": {"name": "tax", "alias": "live"}})).await;
    assert_eq!(set(2, Some(1)).await.0, 200);
    // A job that is stored stays with its version.
    assert_eq!(m.job(job.id).await.script.version, Some(1));
    assert_eq!(submit(&m, json!({"script": {"name": "tax", "alias": "live"}})).await.script.version, Some(2));
    let aliases: AliasList = m.get("/v1/scripts/tax/aliases").await.read(200);
    assert_eq!(aliases.items, [AliasView { alias: "live".into(), version: 2 }]);
    assert_eq!(m.get("/v1/scripts/tax").await.json()["aliases"], json!({"live": 2}));
    assert_eq!(m.delete(path).await.status, 204);
    assert_eq!(m.delete(path).await.status, 404);
    let gone = m.post("/v1/jobs", &json!({"script": {"name": "tax", "alias": "live"}})).await;
    assert_eq!((gone.status.as_u16(), gone.json()["code"].as_str()), (422, Some("script_not_found")));
    for k in 0..ampoule_protocol::MAX_ALIASES {
        assert_eq!(m.put(&format!("/v1/scripts/tax/aliases/a{k}"), &json!({"version": 1})).await.status, 200);
    }
    assert_eq!(set(1, None).await, (422, "invalid_body".to_owned()));
}

async fn names_are_listed_in_pages(on: On) {
    let m = Manager::start(on).await;
    for name in ["b", "B", "a-1", "a.2", "a_3"] {
        publish(&m, &format!("/v1/scripts/{name}"), "1", 201).await;
    }
    let (mut names, mut path) = (Vec::new(), "/v1/scripts?limit=2".to_owned());
    loop {
        let page: PublishedList = m.get(&path).await.read(200);
        names.extend(page.items.into_iter().map(|item| item.name));
        let Some(cursor) = page.next_cursor else { break };
        path = format!("/v1/scripts?limit=2&cursor={cursor}");
    }
    assert_eq!(names, ["B", "a-1", "a.2", "a_3", "b"]);
    assert_eq!(m.get("/v1/libraries").await.json(), json!({"items": []}));
}

async fn many_publish_at_once(on: On) {
    let m = Manager::start(on).await;
    let bodies: Vec<Value> = (0..24).map(|k| json!({"source": format!("{}", k % 12)})).collect();
    let all = futures_util::future::join_all(bodies.iter().map(|body| m.put("/v1/scripts/race", body))).await;
    assert_eq!(all.iter().filter(|answer| answer.status == 201).count(), 12);
    let view: PublishedView = m.get("/v1/scripts/race").await.read(200);
    let mut numbers: Vec<u32> = view.versions.unwrap().iter().map(|version| version.version).collect();
    numbers.sort_unstable();
    assert_eq!(numbers, (1..=12).collect::<Vec<_>>());
}

async fn a_withdrawn_version_is_for_those_who_have_it(on: On) {
    let m = Manager::start(on).await;
    for (path, source) in [
        ("/v1/scripts/tax", "import 'lib:money'; export default () => 1"),
        ("/v1/scripts/tax", "import 'lib:money'; export default () => 2"),
        ("/v1/libraries/money", "export const a = 1"),
    ] {
        publish(&m, path, source, 201).await;
    }
    let withdraw = async |path: &str| m.delete(path).await;
    let code = |answer: crate::support::Answer| (answer.status.as_u16(), answer.json()["code"].as_str().unwrap_or_default().to_owned());
    m.put("/v1/scripts/tax/aliases/live", &json!({"version": 2})).await.read::<AliasView>(200);
    assert_eq!(code(withdraw("/v1/scripts/tax/versions/2").await), (409, "version_aliased".to_owned()));
    assert_eq!(code(withdraw("/v1/scripts/tax/versions/3").await), (404, "script_not_found".to_owned()));
    assert_eq!(code(withdraw("/v1/scripts/none/versions/1").await), (404, "script_not_found".to_owned()));
    m.put("/v1/scripts/tax/aliases/live", &json!({"version": 1})).await.read::<AliasView>(200);

    // Stored before: it runs what it was promised, and does so again when it is retried.
    let job = submit(&m, json!({"script": {"name": "tax"}})).await;
    assert_eq!(job.script.version, Some(2));
    for path in ["/v1/scripts/tax/versions/2", "/v1/scripts/tax/versions/2", "/v1/libraries/money/versions/1"] {
        assert_eq!(withdraw(path).await.status.as_u16(), 204);
    }
    let leased = m.acquire_one("w").await;
    assert!(leased.script.source.ends_with("=> 2") && leased.libraries[0].source == "export const a = 1", "{leased:?}");
    m.cancel(job.id).await;
    m.complete(leased.token, crate::support::report(ampoule_protocol::Outcome::Cancelled)).await;
    assert_eq!(m.post(&format!("/v1/jobs/{}/retry", job.id), &json!({})).await.status.as_u16(), 202);
    let again = m.acquire_one("w").await;
    assert!(again.script.source.ends_with("=> 2") && !again.libraries.is_empty());
    m.complete(again.token, returned("1")).await;

    // For others there is none: the latest is the one before, and what imports the library does not find it.
    let view: PublishedView = m.get("/v1/scripts/tax").await.read(200);
    let versions = view.versions.unwrap();
    assert_eq!((view.latest, versions[0].withdrawn_at.is_some(), versions[1].withdrawn_at), (1, true, None));
    assert_eq!(m.get("/v1/libraries/money").await.read::<PublishedView>(200).latest, 0);
    assert_eq!(code(m.post("/v1/jobs", &json!({"script": {"name": "tax", "version": 2}})).await), (422, "script_not_found".to_owned()));
    assert_eq!(code(m.put("/v1/scripts/tax/aliases/next", &json!({"version": 2})).await), (404, "script_not_found".to_owned()));
    let job = submit(&m, json!({"script": {"name": "tax"}})).await;
    let leased = m.acquire_one("w").await;
    assert_eq!((job.script.version, leased.libraries.len()), (Some(1), 0));
    m.complete(leased.token, returned("1")).await;

    // The same content again is the same version again.
    let back = publish(&m, "/v1/libraries/money", "export const a = 1", 200).await;
    assert_eq!((back.version, back.withdrawn_at), (1, None));
    submit(&m, json!({"script": {"name": "tax"}})).await;
    assert_eq!(m.acquire_one("w").await.libraries.len(), 1);
}
