//! What a script is granted on the command line and in jobs; what it used; and its run, again.

use serde_json::{Value, json};

use crate::support::*;

const SCRIPT: &str = "export default async (_, __, ctx) => {
    console.log(Math.random(), Date.now(), await ctx.secrets.get('KEY'));
    await ctx.dirs.data.writeText('out', ctx.env.REGION);
    return ctx.dirs.data.readText('out');
}";

#[test]
fn flags_grant_and_observe_says_what_was_needed() {
    let folder = folder();
    let script = file(&folder, "script.js", SCRIPT);
    let data = folder.path().display();
    let (write, read) = (format!("data={data}:rw"), format!("other={data}"));
    let grants = [
        "--dir",
        &write,
        "--dir",
        &read,
        "--env",
        "REGION=eu",
        "--env",
        "OTHER=x",
        "--secret",
        "KEY=correct-horse",
        "--allow-net",
        "example.com",
    ];
    let run = ampoule(&[&["run", &script, "--observe"], &grants[..]].concat());
    run.says(0, &["***", r#"grants needed: {"dirs":["data:rw"],"env":{"REGION":"eu"},"secrets":["KEY"]}"#]);
    assert_eq!(run.stdout.trim(), r#""eu""#);
    assert!(!run.stderr.contains("correct-horse"), "{}", run.stderr);
    ampoule(&["run", &script, "--secret", "KEY=correct-horse", "--observe"]).says(1, &["NotGranted: dir data:rw", "refused: dir data:rw"]);
}

#[test]
fn a_journal_replays_offline_and_says_where_it_differs() {
    let folder = folder();
    let script = file(&folder, "script.js", SCRIPT);
    let journal = folder.path().join("run.journal").display().to_string();
    let write = format!("data={}:rw", folder.path().display());
    let run = ampoule(&["run", &script, "--dir", &write, "--env", "REGION=eu", "--secret", "KEY=correct-horse", "--journal", &journal]);
    run.says(0, &[]);
    std::fs::remove_file(folder.path().join("out")).unwrap();
    let again = ampoule(&["replay", &journal, "--secret", "KEY=correct-horse"]);
    again.says(0, &[]);
    assert_eq!((again.stdout, again.stderr), (run.stdout, run.stderr));
    assert!(!folder.path().join("out").exists(), "a replay wrote a file");

    let other = file(&folder, "other.js", SCRIPT.replace("'out'", "'elsewhere'"));
    ampoule(&["replay", &journal, "--secret", "KEY=correct-horse", "--script", &other]).says(5, &["differs at host call", "elsewhere"]);
    ampoule(&["replay", &journal]).says(2, &["supply the same ones again"]);
    let mut bytes = std::fs::read(&journal).unwrap();
    let at = bytes.len() / 2;
    bytes[at] ^= 1;
    let damaged = file(&folder, "damaged.journal", bytes);
    ampoule(&["replay", &damaged, "--secret", "KEY=correct-horse"]).says(2, &["checksum"]);
}

#[tokio::test]
async fn a_job_gets_what_the_policy_allows_and_no_more() {
    let folder = folder();
    let data = folder.path().join("shared");
    let (secrets, journals) = (folder.path().join("secrets"), folder.path().join("journals"));
    std::fs::create_dir(&data).unwrap();
    std::fs::create_dir(&secrets).unwrap();
    std::fs::write(secrets.join("KEY"), "correct-horse\n").unwrap();
    let (dir, secrets, kept) = (format!("data={}:rw", data.display()), secrets.display().to_string(), journals.display().to_string());
    let policy = r#"{"dirs":["data:rw"],"secrets":["KEY"],"net":["*.example.com"]}"#;
    let server = Server::serve(folder.path(), &["--dir", &dir, "--secrets", &secrets, "--journals", &kept, "--grants", policy]);

    let mut wanted = job(SCRIPT, Value::Null);
    wanted["grants"] = json!({"dirs": ["data:rw"], "env": {"REGION": "eu"}, "secrets": ["KEY"]});
    wanted["record"] = json!(true);
    let ended = server.post("/v1/jobs?wait=30s", &wanted).await.json(200);
    assert_eq!((ended["outcome"]["value"].clone(), ended["grants"].clone()), (json!("eu"), wanted["grants"].clone()));
    assert_eq!(ended["usage"]["capabilities"]["secrets"]["KEY"]["calls"], 1, "{ended}");
    let logs = server.messages(&id(&ended)).await.join("\n");
    assert!(logs.contains("***") && !logs.contains("correct-horse"), "{logs}");
    let journal = journals.join(format!("{}-1.journal", id(&ended))).display().to_string();
    ampoule(&["replay", &journal, "--secret", "KEY=correct-horse"]).says(0, &["***"]);
    let by_id =
        |id: &str, more: &[&str]| ampoule(&[&["replay", id, "--manager", &server.url, "--secret", "KEY=correct-horse"], more].concat());
    let again = by_id(&id(&ended), &[]);
    again.says(0, &["***"]);
    assert_eq!(again.stdout.trim(), "\"eu\"");
    by_id(&id(&ended), &["--attempt", "2"]).says(2, &["no journal is kept"]);
    by_id("00000000-0000-7000-8000-000000000000", &[]).says(2, &["no job has the id"]);

    for (refused, said) in [
        (json!({"dirs": ["other"]}), "other:ro"),
        (json!({"net": ["example.org"]}), "example.org"),
        (json!({"secrets": ["OTHER"]}), "OTHER"),
    ] {
        wanted["grants"] = refused;
        let problem = server.post("/v1/jobs", &wanted).await.json(403);
        assert_eq!(problem["code"], "grant_refused", "{problem}");
        assert!(problem["detail"].as_str().unwrap().contains(said), "{problem}");
    }
    wanted["grants"] = json!({"dirs": ["../x"]});
    assert_eq!(server.post("/v1/jobs", &wanted).await.json(422)["code"], "invalid_body");
    wanted["grants"] = json!({"env": {"a b": "c"}});
    assert_eq!(server.post("/v1/jobs", &wanted).await.json(422)["code"], "invalid_job");
}

const COUNT: &str = "export default async (input, libraries, ctx) => {
    let conflicts = 0;
    for (let done = 0; done < input.times; ) {
        const { value = 0, version = 0 } = (await ctx.kv.counts.entry(input.key)) ?? {};
        try {
            await ctx.kv.counts.set(input.key, value + 1, { ifVersion: version });
            done++;
        } catch (error) {
            if (error.code !== 'conflict') throw error;
            conflicts++;
        }
    }
    return conflicts;
}";

#[tokio::test]
async fn scripts_that_count_together_miss_nothing() {
    let folder = folder();
    let server = Server::serve(folder.path(), &["--slots", "4", "--grants", r#"{"kv":["counts:rw"]}"#]);
    let count = async |grants: Value, script: &str| {
        let mut wanted = job(script, json!({"key": "a", "times": 25}));
        wanted["grants"] = grants;
        server.post("/v1/jobs?wait=30s", &wanted).await.json(200)
    };
    let counting = || count(json!({"kv": ["counts:rw"]}), COUNT);
    let (a, b, c, d) = tokio::join!(counting(), counting(), counting(), counting());
    let conflicts: u64 = [&a, &b, &c, &d].iter().map(|job| job["outcome"]["value"].as_u64().unwrap_or_else(|| panic!("{job}"))).sum();
    assert!(conflicts > 0, "they did not meet");
    let used = &a["usage"]["capabilities"]["kv"]["counts/a"];
    assert_eq!((used["written"].clone(), used["bytes_out"].as_u64().is_some_and(|bytes| bytes >= 25)), (json!(true), true), "{used}");
    let reads = "export default async (i, l, ctx) => [await ctx.kv.counts.get('a'), await ctx.kv.counts.set('a', 0).catch((error) => error.capability)]";
    let read = count(json!({"kv": ["counts"]}), reads).await;
    assert_eq!(read["outcome"]["value"], json!([100, "kv counts:rw"]), "{read}");
}

#[tokio::test]
async fn tenants_have_their_own_blobs_in_one_store() {
    let folder = folder();
    let blobs = folder.path().join("blobs");
    let place = format!("files={}:rw", blobs.display());
    let server = Server::serve(folder.path(), &["--blob", &place, "--grants", r#"{"blob":["files:rw"]}"#]);
    for tenant in ["red", "blue"] {
        server.send(server.request(reqwest::Method::PUT, &format!("/v1/tenants/{tenant}")).json(&json!({}))).await.json(200);
    }
    let script = "export default async (input, libraries, ctx) => {
        const { files } = ctx.blob;
        const before = await files.getText('a').catch((error) => error.code);
        const upload = async function* () { for (let n = 0; n < 8; n++) yield new Uint8Array(1 << 20).fill(n); };
        await files.write('large', upload());
        let sum = 0;
        for await (const part of files.stream('large')) sum += part[0] + part.at(-1) + part.length;
        await files.put('a', input);
        return [before, sum, (await files.list()).items.length];
    }";
    let submit = async |tenant: &str, input: &str| {
        let mut wanted = job(script, json!(input));
        wanted["grants"] = json!({"blob": ["files:rw"]});
        let request = server.request(reqwest::Method::POST, "/v1/jobs?wait=30s").header("ampoule-tenant", tenant).json(&wanted);
        server.send(request).await.json(200)
    };
    for tenant in ["red", "blue"] {
        let ended = submit(tenant, tenant).await;
        assert_eq!(ended["outcome"]["value"][0], "not_found", "{ended}");
        assert_eq!(ended["outcome"]["value"][2], 2, "{ended}");
        let used = &ended["usage"]["capabilities"]["blob"]["files/large"];
        assert_eq!((used["bytes_out"].clone(), used["bytes_in"].clone()), (json!(8 << 20), json!(8 << 20)), "{used}");
    }
    for tenant in ["red", "blue"] {
        assert_eq!(std::fs::read_to_string(blobs.join(tenant).join("a")).unwrap(), tenant);
    }
    assert_eq!(submit("red", "again").await["outcome"]["value"][0], "red");
}

#[test]
fn blobs_are_observed_recorded_and_replayed_without_their_store() {
    let folder = folder();
    let script = "export default async (input, libraries, ctx) => {
        await ctx.blob.files.put('a', new Uint8Array(3 << 20));
        const whole = (await ctx.blob.files.get('a')).length;
        let bytes = 0;
        for await (const part of ctx.blob.files.stream('a')) bytes += part.length;
        return [whole, bytes, await ctx.blob.files.delete('b')];
    }";
    let script = file(&folder, "script.js", script);
    let blobs = folder.path().join("blobs");
    let (place, read) = (format!("files={}:rw", blobs.display()), format!("files={}", blobs.display()));
    let journal = folder.path().join("journal").display().to_string();
    let run = ampoule(&["run", &script, "--blob", &place, "--journal", &journal, "--observe"]);
    run.says(0, &[r#"grants needed: {"blob":["files:rw"]}"#]);
    assert_eq!(run.stdout.trim(), "[3145728,3145728,null]");
    // What one call read is more than a journal keeps; the blob itself is what is given beside.
    ampoule(&["replay", &journal]).says(5, &["keeps only by their BLAKE3"]);
    let body = blobs.join("a").display().to_string();
    let kept = std::fs::read(&body).unwrap();
    std::fs::remove_dir_all(&blobs).unwrap();
    let body = file(&folder, "body", kept);
    let again = ampoule(&["replay", &journal, "--body", &body]);
    again.says(0, &[]);
    assert_eq!(again.stdout, run.stdout);
    assert!(!blobs.exists(), "a replay wrote a blob");
    ampoule(&["run", &script, "--blob", &read]).says(1, &["NotGranted: blob files:rw"]);
    ampoule(&["run", &script, "--blob", "files=s3://"]).says(2, &["s3://BUCKET"]);
}

#[tokio::test]
async fn a_script_submits_jobs_and_says_how_far_it_is() {
    let folder = folder();
    let server = Server::serve(folder.path(), &["--slots", "4", "--grants", r#"{"jobs":["*"]}"#]);
    let script = "export default async (input, libraries, ctx) => {
        const source = 'export default (n) => n * n';
        const ids = [];
        for (let n = 1; n <= 3; n++) ids.push(await ctx.jobs.submit({ script: { source }, input: n }));
        const asleep = await ctx.jobs.submit({ script: { source: 'export default () => new Promise((done) => setTimeout(done, 60000))' } });
        await ctx.progress(0.5, 'half way');
        const ended = await Promise.all(ids.map((id) => ctx.jobs.await(id)));
        await ctx.jobs.cancel(asleep);
        const other = await ctx.jobs.await(ctx.jobId).catch((error) => error.code);
        await new Promise((done) => setTimeout(done, 600));
        return [ended.map((job) => job.outcome.value), (await ctx.jobs.await(asleep)).state, other];
    }";
    let mut wanted = job(script, Value::Null);
    wanted["grants"] = json!({"jobs": ["*"]});
    let ended = server.post("/v1/jobs?wait=30s", &wanted).await.json(200);
    assert_eq!(ended["outcome"]["value"], json!([[1, 4, 9], "cancelled", "not_found"]), "{ended}");
    assert_eq!(ended["progress"], json!({"fraction": 0.5, "text": "half way"}), "{ended}");
    assert_eq!(ended["usage"]["capabilities"]["jobs"]["*"]["calls"], 4, "{ended}");
    let script = file(&folder, "script.js", "export default (i, l, ctx) => ctx.progress(0.25, 'a quarter')");
    ampoule(&["run", &script]).says(0, &["25 % a quarter"]);
}

#[test]
fn keys_are_recorded_and_replayed_without_their_store() {
    let folder = folder();
    let script = file(&folder, "script.js", COUNT);
    let (store, journal) = (folder.path().join("kv").display().to_string(), folder.path().join("journal").display().to_string());
    let input = r#"{"key":"a","times":3}"#;
    let run = ampoule(&["run", &script, "--input", input, "--kv", "counts:rw", "--kv-store", &store, "--journal", &journal, "--observe"]);
    run.says(0, &[r#"grants needed: {"kv":["counts:rw"]}"#]);
    std::fs::remove_file(&store).unwrap();
    ampoule(&["replay", &journal]).says(0, &[]);
    assert!(!std::path::Path::new(&store).exists());
    ampoule(&["run", &script, "--input", input, "--kv", "counts", "--observe"])
        .says(1, &["NotGranted: kv counts:rw", "refused: kv counts:rw"]);
}

/// Runs every example of docs/capabilities.md: each script, and what its console block says that comes of it.
#[test]
fn the_documented_examples_do_what_they_say() {
    let text = include_str!("../../../docs/capabilities.md");
    let folder = folder();
    std::fs::create_dir(folder.path().join("empty")).unwrap();
    let mut commands = 0;
    for block in text.split("\n```").filter(|block| block.starts_with("js ") || block.starts_with("console\n")) {
        let (head, body) = block.split_once('\n').unwrap();
        if let Some(name) = head.strip_prefix("js ") {
            file(&folder, name, body);
            continue;
        }
        for command in body.split("$ ampoule ").skip(1) {
            let (line, expected) = command.split_once('\n').unwrap();
            let arguments: Vec<_> = line.split(' ').map(|argument| argument.trim_matches('\'')).collect();
            let run = ampoule_in(folder.path(), &arguments);
            assert_eq!(run.code, Some(0), "{line}: {run:?}");
            let mut said: Vec<_> = run.stderr.lines().chain(run.stdout.lines()).collect();
            let mut expected: Vec<_> = expected.lines().collect();
            said.sort_unstable();
            expected.sort_unstable();
            assert_eq!(said, expected, "{line}");
            commands += 1;
        }
    }
    assert_eq!(commands, 12);
}
