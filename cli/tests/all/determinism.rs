//! The same run, again: same fuel, same result, same log. Only what comes from outside may differ, and the seed is given.

use serde_json::{Value, json};

use crate::support::{Server, ampoule, file, folder};

/// Much that could depend on addresses, hash seeds or the order of insertion, and nothing that comes from outside.
const SOURCE: &str = "
    export default async (input) => {
        const words = input.text.split(/\\W+/u).filter(Boolean);
        const counts = new Map();
        for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
        const objects = words.map((word) => ({ word }));
        const weak = new WeakMap(objects.map((object, i) => [object, i]));
        const set = new Set(objects.concat(words, words.map((w) => Symbol.for(w))));
        const bag = {};
        for (let i = 0; i < 500; i++) bag['k' + ((i * 7919) % 503)] = i;
        console.log(counts, set.size, weak.get(objects[1]));
        console.error(new Error('only logged').message);
        await Promise.all(words.map(async (word) => { await null; console.info(word); }));
        return { counts: [...counts], sorted: words.toSorted(), bag };
    };";

const INPUT: &str = r#"{"text":"the quick brown fox jumps over the lazy dog, the end"}"#;

/// A report without the time that it took, and without the way in which the engine got at the loaded script: neither is the script's.
fn timeless(mut report: Value) -> Value {
    assert_eq!(report["outcome"]["kind"], "returned", "{report}");
    let usage = report["usage"].as_object_mut().unwrap();
    assert!(usage.remove("wall_ms").is_some() && usage.remove("image").is_some());
    report
}

#[tokio::test]
async fn a_job_does_the_same_twice_wherever_it_runs() {
    let folder = folder();
    let script = file(&folder, "script.js", SOURCE);
    let run = || timeless(ampoule(&["run", &script, "--input", INPUT, "--json"]).json());
    let first = run();
    println!("{}", first["usage"]);
    assert!(first["logs"].as_array().unwrap().len() > 10, "{first}");
    assert_eq!(run(), first);

    let server = Server::serve(folder.path(), &[]);
    let body = json!({"script": {"source": SOURCE}, "input": serde_json::from_str::<Value>(INPUT).unwrap()});
    // Again and again: later runs may start from an image of the loaded script.
    for _ in 0..5 {
        let id = server.submit(&body).await;
        let job = server.finished(&id).await;
        let logs = server.get(&format!("/v1/jobs/{id}/logs")).await.json(200)["items"].clone();
        let report = json!({"outcome": job["outcome"], "usage": job["usage"], "logs": logs, "engine": job["engine"]});
        assert_eq!(timeless(report), first);
    }
}

const DICE: &str = "export default () => Array.from({ length: 5 }, Math.random)";

#[tokio::test]
async fn randomness_is_new_unless_it_is_seeded() {
    let folder = folder();
    let script = file(&folder, "dice.js", DICE);
    let run = |flags: &[&str]| ampoule(&[&["run", &script], flags].concat()).json();
    assert_ne!(run(&[]), run(&[]));
    let seeded = run(&["--seed", "7"]);
    assert_eq!(run(&["--seed", "7"]), seeded);
    assert_ne!(run(&["--seed", "8"]), seeded);

    let server = Server::serve(folder.path(), &[]);
    let job = async |seed: Option<u64>| {
        let mut body = json!({"script": {"source": DICE}});
        seed.inspect(|seed| body["seed"] = json!(seed));
        server.post("/v1/jobs?wait=30s", &body).await.json(200)["outcome"]["value"].clone()
    };
    assert_ne!(job(None).await, job(None).await);
    assert_eq!(job(Some(7)).await, seeded);
    // The whole range of a seed reaches the worker.
    assert_eq!(job(Some(u64::MAX)).await, run(&["--seed", &u64::MAX.to_string()]));
}

/// What stops a script early stops it at the same instruction.
#[test]
fn the_fuel_limit_is_met_at_the_same_point() {
    let folder = folder();
    let script = file(&folder, "script.js", "export default () => { for (let i = 0; ; i++) console.log(i); }");
    let run = || ampoule(&["run", &script, "--fuel", "20000000", "--json"]).json();
    let first = run();
    assert_eq!(first["outcome"]["limit"], "fuel", "{first}");
    let lines = first["logs"].as_array().unwrap().len();
    assert!(lines > 10, "{lines}");
    assert_eq!(run()["logs"], first["logs"]);
}
