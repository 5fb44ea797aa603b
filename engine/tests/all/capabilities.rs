//! What scripts see of capabilities: real folders, real sockets, real guest.

use std::{collections::BTreeMap, path::Path, sync::Arc};

use ampoule_host_api::{BlobStore, Folder, Network, Opened, Resources, SystemResolver};
use ampoule_protocol::{Access, Grants};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;

pub(crate) fn grants(json: &str) -> Grants {
    serde_json::from_str(json).unwrap_or_else(|error| panic!("{json}: {error}"))
}

pub(crate) fn with(request: &RunRequest, grants: Grants, resources: &Resources) -> Capabilities {
    Capabilities::new(Console::new(&request.limits), Clock::Fixed(1.7e12), Random::seeded(1), Granted::new(grants, resources))
}

/// Resources with a folder `data` and this machine's loopback.
pub(crate) fn resources(folder: &Path, access: Access) -> Resources {
    let mut opened = Opened::default();
    opened.open("127.0.0.1".parse().unwrap());
    let mut resources = Resources {
        folders: BTreeMap::from([("data".to_owned(), Folder::open(folder, access).unwrap())]),
        network: Network::new(Arc::new(SystemResolver), opened),
        ..Resources::default()
    };
    resources.secrets.insert("KEY", "correct-horse".into()).unwrap();
    resources
}

async fn report(source: &str, grants: Grants, resources: &Resources) -> RunReport {
    let request = RunRequest::new(source);
    let capabilities = with(&request, grants, resources);
    ENGINE.run(&request, capabilities, CancellationToken::new()).await.unwrap_or_else(|fault| panic!("{fault}: {source}"))
}

fn returned(report: &RunReport) -> &str {
    match &report.outcome {
        Outcome::Returned { value } => value.as_str(),
        other => panic!("{other:?}"),
    }
}

/// One byte now and then: no silence is long enough to be noticed, so the run's wall time must end it.
#[tokio::test]
async fn a_body_that_drips_is_ended_by_the_wall_time() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let dripping = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        assert!(stream.read(&mut [0; 4096]).await.unwrap() > 0);
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100000\r\n\r\n").await.unwrap();
        // Until the other side is gone.
        while stream.write_all(b"x").await.is_ok() {
            tokio::time::sleep(std::time::Duration::from_millis(10)).await;
        }
    });
    let folder = tempfile::tempdir().unwrap();
    let mut request = RunRequest::new(format!("export default async () => (await fetch('http://127.0.0.1:{port}/')).text()"));
    request.limits.wall_ms = 500;
    let capabilities = with(&request, grants(&format!(r#"{{"net":["127.0.0.1:{port}"]}}"#)), &resources(folder.path(), Access::Read));
    let report = ENGINE.run(&request, capabilities, CancellationToken::new()).await.unwrap();
    assert!(matches!(report.outcome, Outcome::LimitExceeded { limit: ampoule_protocol::LimitKind::WallTime, .. }), "{:?}", report.outcome);
    assert!(report.usage.wall_ms < 5_000.0, "{}", report.usage.wall_ms);
    tokio::time::timeout(std::time::Duration::from_secs(10), dripping).await.expect("the connection was left open").unwrap();
}

/// Answers every request with its first line, in two parts, and serves until it is dropped.
pub(crate) async fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let mut buffer = vec![0; 16 << 10];
                let mut request = Vec::new();
                while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                    request.extend_from_slice(&buffer[..read]);
                    let text = String::from_utf8_lossy(&request).into_owned();
                    let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
                    let len = head.lines().find_map(|line| line.strip_prefix("content-length: ")).map_or(0, |len| len.parse().unwrap());
                    if body.len() < len {
                        continue;
                    }
                    let first = head.lines().next().unwrap_or_default();
                    let answer = format!("{first} {body}");
                    let head = format!("HTTP/1.1 201 Created\r\nx-own: a\r\nx-own: b\r\ncontent-length: {}\r\n\r\n", answer.len());
                    let _ = stream.write_all(format!("{head}{answer}").as_bytes()).await;
                    request.clear();
                }
            });
        }
    });
    port
}

#[tokio::test]
async fn without_grants_there_is_nothing() {
    let source = "export default async (_, __, ctx) => {
        const said = [];
        for (const attempt of [
            () => ctx.dirs.data.readText('a'), () => ctx.dirs.data.writeText('a', 'b'), () => ctx.secrets.get('KEY'),
            () => fetch('http://127.0.0.1:1/'), () => fetch('https://example.com/x', { method: 'post' }),
        ]) {
            try { await attempt(); said.push('done'); } catch (e) { said.push([e.name, e.code, e.capability, e instanceof NotGranted, e instanceof Error]); }
        }
        return [said, Object.keys(ctx.env), ctx.env.HOME === undefined, Object.keys(ctx)];
    }";
    let report = report(source, Grants::default(), &Resources::default()).await;
    let expected = r#"[[["NotGranted","not_granted","dir data:ro",true,true],["NotGranted","not_granted","dir data:rw",true,true],["NotGranted","not_granted","secret KEY",true,true],["NotGranted","not_granted","net 127.0.0.1:1",true,true],["NotGranted","not_granted","net example.com:443",true,true]],[],true,["attempt","jobId","script","context"]]"#;
    assert_eq!(returned(&report), expected);
    assert_eq!(report.usage.capabilities.refused, ["dir data:ro", "dir data:rw", "secret KEY", "net 127.0.0.1:1", "net example.com:443"]);
}

#[tokio::test]
async fn folders_settings_and_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let source = "export default async (_, __, ctx) => {
        const { data } = ctx.dirs;
        await data.mkdir('a/b');
        await data.writeText('a/b/text', 'Zoë');
        await data.writeBytes('bytes', new Uint8Array([0, 255, 7]).subarray(1));
        await data.rename('a/b/text', 'text');
        const seen = [await data.readText('text'), [...await data.readBytes('bytes')], await data.list(), (await data.stat('text')).size];
        await data.remove('bytes');
        try { await data.readText('../x'); } catch (e) { seen.push(e.code); }
        try { await data.readText('none'); } catch (e) { seen.push(e.name + ' ' + e.code); }
        return [seen, ctx.env.REGION, 'OTHER' in ctx.env, (await ctx.secrets.get('KEY')).length];
    }";
    let all = grants(r#"{"dirs":["data:rw"],"env":{"REGION":"eu","OTHER":"x"},"secrets":["KEY"]}"#);
    let report = report(source, all, &resources(folder.path(), Access::Write)).await;
    let expected = r#"[["Zoë",[255,7],[{"kind":"dir","name":"a"},{"kind":"file","name":"bytes"},{"kind":"file","name":"text"}],4,"invalid_path","DirError not_found"],"eu",true,13]"#;
    assert_eq!(returned(&report), expected);
    assert_eq!(std::fs::read_to_string(folder.path().join("text")).unwrap(), "Zoë");
    assert_eq!(report.usage.capabilities.env.keys().collect::<Vec<_>>(), ["REGION"]);
    assert!(
        report.usage.capabilities.secrets.contains_key("KEY") && report.usage.capabilities.dirs["data/a/b/text"].written,
        "{:?}",
        report.usage.capabilities
    );
}

#[tokio::test]
async fn fetches() {
    let port = server().await;
    let source = format!(
        "export default async () => {{
            const url = 'http://127.0.0.1:{port}/x?y#z';
            const response = await fetch(url, {{ method: 'post', body: 'hello', headers: {{ a: 'b' }} }});
            const all = await Promise.all([1, 2, 3].map(async (n) => (await fetch(url + n)).status));
            return [response.status, response.ok, response.url, response.headers.get('X-Own'), await response.text(), all];
        }}"
    );
    let folder = tempfile::tempdir().unwrap();
    let report = report(&source, grants(&format!(r#"{{"net":["127.0.0.1:{port}"]}}"#)), &resources(folder.path(), Access::Read)).await;
    let expected = format!(r#"[201,true,"http://127.0.0.1:{port}/x?y","a, b","POST /x?y HTTP/1.1 hello",[201,201,201]]"#);
    assert_eq!(returned(&report), expected);
    let host = &report.usage.capabilities.net[&format!("127.0.0.1:{port}")];
    assert_eq!((host.item.calls, host.addresses.clone()), (4, vec!["127.0.0.1".to_owned()]));
}

/// A thousand fetches that wait hold no thread, and end with their run.
#[tokio::test]
async fn a_thousand_fetches_wait_together() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let seen = Arc::new(std::sync::atomic::AtomicUsize::new(0));
    let count = Arc::clone(&seen);
    tokio::spawn(async move {
        let mut held = Vec::new();
        while let Ok((stream, _)) = listener.accept().await {
            held.push(stream);
            count.store(held.len(), std::sync::atomic::Ordering::Relaxed);
        }
    });
    let source =
        format!("export default () => Promise.all(Array.from({{ length: 1000 }}, (_, n) => fetch('http://127.0.0.1:{port}/' + n)))");
    let mut request = RunRequest::new(source);
    request.limits.host_calls = 5_000;
    let folder = tempfile::tempdir().unwrap();
    let capabilities = with(&request, grants(&format!(r#"{{"net":["127.0.0.1:{port}"]}}"#)), &resources(folder.path(), Access::Read));
    let cancel = CancellationToken::new();
    let (watched, stop) = (Arc::clone(&seen), cancel.clone());
    tokio::spawn(async move {
        while watched.load(std::sync::atomic::Ordering::Relaxed) < 1000 {
            tokio::time::sleep(std::time::Duration::from_millis(5)).await;
        }
        stop.cancel();
    });
    let report = ENGINE.run(&request, capabilities, cancel).await.unwrap();
    assert!(matches!(report.outcome, Outcome::Cancelled), "{:?}", report.outcome);
}

#[tokio::test]
async fn blobs_are_written_whole_or_not_at_all() {
    let folder = tempfile::tempdir().unwrap();
    let store = BlobStore::folder(folder.path(), Access::Write).unwrap();
    let resources = Resources { blobs: BTreeMap::from([("files".to_owned(), store)]), ..Resources::default() };
    let source = "export default async (_, __, ctx) => {
        const { files } = ctx.blob;
        const said = [];
        const attempt = async (call) => { try { said.push(await call()); } catch (e) { said.push(e.code ?? e.name + ': ' + e.message); } };
        async function* fails() { yield new Uint8Array(6 << 20); throw new Error('no more'); }
        await attempt(() => files.write('half', fails()));
        await attempt(() => files.write('half', 'a string'));
        await attempt(() => files.write('half', [1]));
        await attempt(() => files.put('half'));
        await attempt(() => files.get('half'));
        const stream = new ReadableStream({ start(c) { c.enqueue('one '); c.enqueue(new TextEncoder().encode('two')); c.close(); } });
        await files.write('whole', stream);
        await attempt(() => files.getText('whole'));
        await attempt(async () => {
            await files.put('large', new Uint8Array(2 << 20));
            for await (const part of files.stream('large')) await files.put('large', part);
        });
        await attempt(async () => Object.keys(await files.head('whole')));
        await attempt(() => ctx.blob.other.get('a'));
        return said;
    }";
    let report = report(source, grants(r#"{"blob":["files:rw"]}"#), &resources).await;
    let expected = r#"["Error: no more","TypeError: `write` takes parts; `put` takes a string","TypeError: contents must be a string or bytes","TypeError: contents must be a string or bytes","not_found","one two","changed",["etag","modifiedMs","size"],"not_granted"]"#;
    assert_eq!(returned(&report), expected);
    let mut left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["large", "whole"]);
}
