//! `ampoule store`: a copy of a store under load, and a service that goes on from it.

use std::{
    collections::HashSet,
    path::Path,
    sync::{Arc, Mutex},
    time::Duration,
};

use serde_json::{Value, json};

use crate::support::{Ended, Server, ampoule, folder, id, job};

const SOURCE: &str = "export default (input) => { console.log('n', input); return input * 2; }";

fn store(verb: &str, file: &Path, data: &Path, flags: &[&str]) -> Ended {
    ampoule(&[&["store", verb, file.to_str().unwrap(), "--data", data.to_str().unwrap()], flags].concat())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_was_stored_before_the_copy_is_there_after_the_restore() {
    let folder = folder();
    let (data, again) = (folder.path().join("data"), folder.path().join("again"));
    std::fs::create_dir_all(&data).unwrap();
    let server = Arc::new(Server::serve(&data, &["--slots", "2"]));
    let stored = Arc::new(Mutex::new(Vec::new()));
    let load: Vec<_> = (0..4)
        .map(|_| {
            let (server, stored) = (server.clone(), stored.clone());
            tokio::spawn(async move {
                loop {
                    let number = stored.lock().unwrap().len();
                    let id = server.submit(&job(SOURCE, json!(number))).await;
                    stored.lock().unwrap().push((id, number));
                }
            })
        })
        .collect();
    tokio::time::sleep(Duration::from_millis(700)).await;

    let before = stored.lock().unwrap().clone();
    let copy = folder.path().join("ampoule.backup");
    let (said, data_) = (copy.clone(), data.clone());
    let made: Value = tokio::task::spawn_blocking(move || store("backup", &said, &data_, &["--json"]).json()).await.unwrap();
    assert!(made["jobs"].as_u64().unwrap() as usize >= before.len() && before.len() > 10, "{made} {}", before.len());
    let during = stored.lock().unwrap().len();
    tokio::time::sleep(Duration::from_millis(200)).await;
    assert!(stored.lock().unwrap().len() > during, "the load goes on");
    store("restore", &copy, &data, &["--overwrite"]).says(2, &["in use", "stop the manager first"]);
    store("backup", &copy, &data, &[]).says(2, &["exists already", "--overwrite"]);
    store("backup", &copy, &data, &["--overwrite"]).says(0, &[]);
    load.iter().for_each(tokio::task::JoinHandle::abort);
    for task in load {
        let _ = task.await;
    }
    Arc::into_inner(server).unwrap().kill();

    std::fs::create_dir_all(&again).unwrap();
    let restored = store("restore", &copy, &again, &[]);
    assert!(restored.stdout.contains("is made from") && restored.stdout.contains("wait again"), "{restored:?}");
    store("restore", &copy, &again, &[]).says(2, &["exists already", "--overwrite"]);
    let server = Server::serve(&again, &["--slots", "2"]);
    for (id, number) in &before {
        let job = server.finished(id).await;
        assert_eq!((&job["outcome"]["value"], server.messages(id).await), (&json!(number * 2), vec![format!("n {number}")]), "{job}");
    }
    let unique: HashSet<_> = before.iter().map(|(id, _)| id).collect();
    assert_eq!(unique.len(), before.len());
    // It takes new jobs too, and is whole while it does.
    let new = id(&server.post("/v1/jobs?wait=20s", &job(SOURCE, json!(21))).await.json(200));
    assert_eq!(server.job(&new).await["outcome"]["value"], 42);
    let whole = ampoule(&["store", "verify", "--data", again.to_str().unwrap()]);
    assert!(whole.code == Some(0) && whole.stdout.contains("is whole: schema"), "{whole:?}");
}

#[test]
fn a_broken_copy_is_told_from_a_good_one() {
    let folder = folder();
    let (data, copy) = (folder.path().join("data"), folder.path().join("copy"));
    std::fs::create_dir_all(&data).unwrap();
    ampoule(&["store", "verify", "--data", data.to_str().unwrap()]).says(2, &["failed to open the store", "ampoule.sqlite"]);
    ampoule(&["key", "create", "root", "--role", "admin", "--data", data.to_str().unwrap()]).says(0, &[]);
    store("backup", &copy, &data, &[]).says(0, &[]);
    let good: Value = ampoule(&["store", "verify", copy.to_str().unwrap(), "--json"]).json();
    assert_eq!((&good["jobs"], &good["problems"], &good["schema"]), (&json!(0), &json!([]), &good["known_schema"]));

    let mut bytes = std::fs::read(&copy).unwrap();
    let half = bytes.len() / 2;
    bytes[half..].fill(0x55);
    std::fs::write(&copy, bytes).unwrap();
    let broken = ampoule(&["store", "verify", copy.to_str().unwrap()]);
    assert!(matches!(broken.code, Some(2 | 4)) && broken.stderr.starts_with("error: "), "{broken:?}");
    let elsewhere = folder.path().join("elsewhere");
    std::fs::create_dir_all(&elsewhere).unwrap();
    store("restore", &copy, &elsewhere, &[]).says(2, &["error: "]);
    assert!(!elsewhere.join("ampoule.sqlite").exists());
    ampoule(&["store", "backup", copy.to_str().unwrap(), "--store", "postgres://db/q"]).says(2, &["PostgreSQL's own tools"]);
}
