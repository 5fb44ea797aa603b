//! `fetch` as the web has it: requests and responses of the web's API, streams both ways, and what breaks a request off.

use std::{
    sync::{
        Arc, OnceLock,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use ampoule_protocol::{Access, Limits, LogLine};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};

use super::{
    capabilities::{grants, resources, server, with},
    *,
};

/// Runs `export default async () => { BODY }` with a grant for the port, which stands in it as `PORT`.
async fn run(port: u16, body: &str) -> RunReport {
    let source = format!("export default async () => {{ {} }}", body.replace("PORT", &port.to_string()));
    let request = RunRequest::new(source);
    let folder = tempfile::tempdir().unwrap();
    let granted = grants(&format!(r#"{{"net":["127.0.0.1:{port}"]}}"#));
    let capabilities = with(&request, granted, &resources(folder.path(), Access::Read));
    ENGINE.run(&request, capabilities, CancellationToken::new()).await.unwrap_or_else(|fault| panic!("{fault}: {body}"))
}

async fn value_of(port: u16, body: &str) -> String {
    match run(port, body).await.outcome {
        Outcome::Returned { value } => value.as_str().to_owned(),
        other => panic!("{other:?}: {body}"),
    }
}

/// Answers a request with its head and what else comes, piece by piece; `answer` is called once the head is there.
async fn answering<F>(answer: impl Fn(TcpStream, String) -> F + Send + Sync + 'static) -> u16
where
    F: Future<Output = ()> + Send + 'static,
{
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let answer = Arc::new(answer);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let answer = Arc::clone(&answer);
            tokio::spawn(async move {
                let mut head = Vec::new();
                while !head.ends_with(b"\r\n\r\n") {
                    let Ok(byte) = stream.read_u8().await else { return };
                    head.push(byte);
                }
                answer(stream, String::from_utf8(head).unwrap()).await;
            });
        }
    });
    port
}

#[tokio::test]
async fn takes_requests_and_gives_responses() {
    let port = server().await;
    for (body, expected) in [
        (
            "const r = await fetch(new Request('http://127.0.0.1:PORT/a', { method: 'put', body: 'x' })); return [r instanceof Response, r.type, r.status, r.url, await r.clone().text(), r.bodyUsed, [...r.headers.keys()]]",
            r#"[true,"basic",201,"http://127.0.0.1:PORT/a","PUT /a HTTP/1.1 x",false,["content-length","x-own"]]"#,
        ),
        (
            "const r = await fetch(new URL('http://127.0.0.1:PORT/')); return [(await (await r.blob()).text()), r.bodyUsed, await r.text().catch((e) => e.name)]",
            r#"["GET / HTTP/1.1 ",true,"TypeError"]"#,
        ),
        (
            "const r = await fetch('http://127.0.0.1:PORT/'), reader = r.body.getReader({ mode: 'byob' }); const { value } = await reader.read(new Uint8Array(3)); return new TextDecoder().decode(value)",
            r#""GET""#,
        ),
        (
            "const form = new URLSearchParams({ a: 'b c' }); return (await fetch('http://127.0.0.1:PORT/', { method: 'post', body: form })).text()",
            r#""POST / HTTP/1.1 a=b+c""#,
        ),
        (
            "return (await fetch('http://127.0.0.1:PORT/', { method: 'post', body: new Blob(['blob']) })).text()",
            r#""POST / HTTP/1.1 blob""#,
        ),
        ("const e = await fetch('/relative').catch((e) => e); return [e.name, e.code]", r#"["TypeError","ERR_INVALID_URL"]"#),
        (
            "const e = await fetch('http://u:p@127.0.0.1:PORT/').catch((e) => e); return [e.name, e.code]",
            r#"["TypeError","url_credentials"]"#,
        ),
        (
            "return Promise.all([fetch(), fetch('http://127.0.0.1:PORT/', { method: 'get', body: 'x' }), fetch('http://127.0.0.1:PORT/', { method: 'TRACE' })].map((p) => p.catch((e) => e.name)))",
            r#"["TypeError","TypeError","TypeError"]"#,
        ),
        ("const r = await fetch('http://127.0.0.1:PORT/'); try { r.headers.set('a', 'b') } catch (e) { return e.name }", r#""TypeError""#),
    ] {
        assert_eq!(value_of(port, body).await, expected.replace("PORT", &port.to_string()), "{body}");
    }
}

/// Each piece of a body is sent when it is there, and each of an answer is read when it comes.
#[tokio::test]
async fn streams_both_ways() {
    let port = answering(|mut stream, head| async move {
        assert!(head.to_lowercase().contains("transfer-encoding: chunked"), "{head}");
        stream.write_all(b"HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n").await.unwrap();
        // Every chunk comes back before the next is sent: `5\r\nhello\r\n`.
        let mut buffer = [0; 256];
        loop {
            let read = stream.read(&mut buffer).await.unwrap();
            if stream.write_all(&buffer[..read]).await.is_err() || read == 0 || buffer[..read].ends_with(b"0\r\n\r\n") {
                break;
            }
        }
    })
    .await;
    let body = "
        const heard = [];
        let go;
        const source = new ReadableStream({ async pull(c) {
            if (heard.length === 3) return c.close();
            c.enqueue(new TextEncoder().encode('piece ' + heard.length));
            await new Promise((resolve) => { go = resolve; });
        } }, { highWaterMark: 0 });
        const response = await fetch('http://127.0.0.1:PORT/', { method: 'POST', body: source, duplex: 'half' });
        for await (const bytes of response.body) { heard.push(new TextDecoder().decode(bytes)); go(); }
        return heard;";
    assert_eq!(value_of(port, body).await, r#"["piece 0","piece 1","piece 2"]"#);
}

#[tokio::test]
async fn a_body_that_fails_or_is_no_bytes_breaks_the_request_off() {
    let port = answering(|mut stream, _| async move {
        let mut rest = Vec::new();
        let _ = stream.read_to_end(&mut rest).await;
    })
    .await;
    let body = "
        const send = (source) => fetch('http://127.0.0.1:PORT/', { method: 'POST', body: new ReadableStream(source), duplex: 'half' }).catch((e) => e.message);
        return [
            await send({ pull() { throw new Error('the source failed'); } }),
            await send({ pull(c) { c.enqueue('text'); } }),
            await fetch('http://127.0.0.1:PORT/', { method: 'POST', body: new ReadableStream() }).catch((e) => e.name),
        ];";
    assert_eq!(value_of(port, body).await, r#"["the source failed","a body must be made of Uint8Array chunks","TypeError"]"#);
}

/// A signal ends a request wherever it is, and the host lets go of the connection.
#[tokio::test]
async fn signals_abort() {
    let (begun, gone) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let (counts, ends) = (Arc::clone(&begun), Arc::clone(&gone));
    let port = answering(move |mut stream, head| {
        let (counts, ends) = (Arc::clone(&counts), Arc::clone(&ends));
        async move {
            counts.fetch_add(1, Ordering::Relaxed);
            if head.starts_with("GET /body") {
                stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nbegin").await.unwrap();
            }
            let mut rest = Vec::new();
            let _ = stream.read_to_end(&mut rest).await;
            ends.fetch_add(1, Ordering::Relaxed);
        }
    })
    .await;
    let body = "
        const said = [];
        const controller = new AbortController();
        controller.abort('before');
        said.push(await fetch('http://127.0.0.1:PORT/never', { signal: controller.signal }).catch((e) => e));
        said.push(await fetch('http://127.0.0.1:PORT/head', { signal: AbortSignal.timeout(30) }).catch((e) => e.name));
        const later = new AbortController();
        const response = await fetch(new Request('http://127.0.0.1:PORT/body', { signal: later.signal }));
        const reader = response.body.getReader();
        said.push(new TextDecoder().decode((await reader.read()).value));
        const next = reader.read().catch((e) => e.name);
        later.abort();
        said.push(await next, await reader.read().catch((e) => e.name));
        const cancelled = await fetch('http://127.0.0.1:PORT/body');
        await cancelled.body.cancel();
        said.push(cancelled.bodyUsed);
        await new Promise((resolve) => setTimeout(resolve, 50));
        return said;";
    assert_eq!(value_of(port, body).await, r#"["before","TimeoutError","begin","AbortError","AbortError",true]"#);
    assert_eq!(begun.load(Ordering::Relaxed), 3, "one was aborted before it was sent");
    for _ in 0..200 {
        if gone.load(Ordering::Relaxed) == 3 {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("{} of 3 connections were let go", gone.load(Ordering::Relaxed));
}

/// Built-ins that a script replaced see nothing of a request, and change nothing.
#[tokio::test]
async fn replaced_builtins_see_nothing() {
    let port = server().await;
    let body = "
        const seen = [], Object = globalThis.Object, note = (what) => { seen[seen.length] = String(what); };
        const trap = (name) => ({ get() { note(name); return undefined; }, set() { note(name); }, configurable: true });
        // A promise looks for the `then` of what it is given: the response, and nothing else, is that.
        const shown = Response.prototype;
        Object.defineProperty(Object.prototype, 'then', { get() { if (Object.getPrototypeOf(this) !== shown) note('then'); return undefined; }, configurable: true });
        Object.defineProperty(Object.prototype, 'toJSON', trap('toJSON'));
        Object.defineProperty(Object.prototype, 'bytes', trap('bytes'));
        Object.defineProperty(Object.prototype, 'response', trap('response'));
        for (const name of ['push', 'map', 'filter', 'join', Symbol.iterator]) Array.prototype[name] = () => { note(name); return []; };
        Promise.prototype.then = function () { note('Promise.then'); return this; };
        JSON.parse = JSON.stringify = () => { note('JSON'); };
        globalThis.Uint8Array = globalThis.Response = globalThis.Headers = null;
        const response = await fetch('http://127.0.0.1:PORT/x', { method: 'post', body: 'secret', headers: { authorization: 'Bearer secret' } });
        const text = await response.text();
        delete Object.prototype.then; delete Object.prototype.toJSON;
        return text + ' ' + seen.length + (seen[0] ?? '');";
    assert_eq!(value_of(port, body).await, r#""POST /x HTTP/1.1 secret 0""#);
}

/// A run that looks at `ctx.signal` hears of its end, and has a moment.
#[tokio::test]
async fn the_runs_own_signal() {
    // Whoever asks the server is cancelled, if `cancelled`; gives also how long the run went on then.
    let run = async |body: &str, wall_ms: u64, cancelled: bool| {
        let cancel = CancellationToken::new();
        let (ends, since) = (cancel.clone(), Arc::new(OnceLock::new()));
        let begins = Arc::clone(&since);
        let port = answering(move |_, _| {
            if cancelled {
                begins.get_or_init(Instant::now);
                ends.cancel();
            }
            async {}
        })
        .await;
        let ask = format!("fetch('http://127.0.0.1:{port}/').catch(() => {{}})");
        let mut request = RunRequest::new(format!("export default async (_, __, ctx) => {{ {} }}", body.replace("ASK", &ask)));
        (request.limits.wall_ms, request.limits.fuel) = (wall_ms, Limits::CEILING.fuel);
        let folder = tempfile::tempdir().unwrap();
        let granted = grants(&format!(r#"{{"net":["127.0.0.1:{port}"]}}"#));
        let capabilities = with(&request, granted, &resources(folder.path(), Access::Read));
        let report = ENGINE.run(&request, capabilities, cancel).await.unwrap();
        (report, since.get().map_or(Duration::ZERO, Instant::elapsed))
    };
    let tidy = "const { signal } = ctx; if (signal !== ctx.signal) return;
        await new Promise((resolve) => { signal.onabort = resolve; setTimeout(() => {}, 60000); ASK; });
        await new Promise((resolve) => setTimeout(resolve, 1)); return [signal.reason.name, signal.aborted]";
    for (cancelled, reason) in [(true, "AbortError"), (false, "TimeoutError")] {
        match run(tidy, 3_000, cancelled).await.0.outcome {
            Outcome::Returned { value } => assert_eq!(value.as_str(), format!(r#"["{reason}",true]"#)),
            other => panic!("{other:?}"),
        }
    }
    // Whoever goes on is stopped: waiting, and computing.
    let lines = |logs: &[LogLine]| logs.iter().map(|line| line.message.clone()).collect::<Vec<_>>();
    for rest in ["await new Promise((resolve) => setTimeout(resolve, 60000))", "for (;;);"] {
        let body = format!(
            "ctx.signal.onabort = () => console.log('heard'); await ASK; await new Promise((resolve) => setTimeout(resolve, 100)); {rest}"
        );
        let (report, went_on) = run(&body, 30_000, true).await;
        assert!(matches!(report.outcome, Outcome::Cancelled), "{:?}", report.outcome);
        assert_eq!(lines(&report.logs), ["heard"]);
        assert!((900..5_000).contains(&went_on.as_millis()), "{went_on:?}");
    }
    // Whoever never looked ends at once; and the signal alone is nothing to wait for.
    let (report, went_on) = run("await ASK; await new Promise((resolve) => setTimeout(resolve, 60000))", 30_000, true).await;
    assert!(matches!(report.outcome, Outcome::Cancelled) && went_on < Duration::from_millis(900), "{:?} {went_on:?}", report.outcome);
    match run("ctx.signal; await new Promise(() => {})", 30_000, false).await.0.outcome {
        Outcome::Threw { error } => assert_eq!(error.name, "DeadlockError"),
        other => panic!("{other:?}"),
    }
}

/// Serves a body whose bytes tell their places, with its length said or not.
async fn large(bytes: usize) -> u16 {
    answering(move |mut stream, head| async move {
        let body: Vec<u8> = (0..bytes).map(|at| ((at * 31) >> 6) as u8).collect();
        let length = if head.starts_with("GET /said") { format!("content-length: {bytes}\r\n") } else { String::new() };
        stream.write_all(format!("HTTP/1.1 200 OK\r\n{length}connection: close\r\n\r\n").as_bytes()).await.unwrap();
        let _ = stream.write_all(&body).await;
    })
    .await
}

/// All of a body, without its stream and by it: the same bytes, in few host calls, and a body that is used is used.
#[tokio::test]
async fn large_bodies_come_whole() {
    const BYTES: usize = (3 << 20) + 5;
    let port = large(BYTES).await;
    for path in ["said", "unsaid"] {
        let body = format!(
            "const url = 'http://127.0.0.1:PORT/{path}';
            const r = await fetch(url), whole = r.bytes();
            const locked = [r.bodyUsed, r.body.locked, await r.text().catch((e) => e.name)];
            const bytes = await whole;
            const done = [r.body.locked, r.bodyUsed];
            const parts = [];
            for await (const part of (await fetch(url)).body) parts.push(part);
            const streamed = await new Blob(parts).bytes();
            const buffer = await (await fetch(url)).arrayBuffer();
            const [a, b] = (r => [r.clone(), r])(await fetch(url));
            const cloned = (await Promise.all([a.bytes(), b.bytes()])).map((bytes) => bytes.length);
            let same = bytes.length === streamed.length && buffer.byteLength === bytes.length;
            for (let at = 0; at < bytes.length; at += 997) same &&= bytes[at] === (at * 31 >> 6 & 255) && bytes[at] === streamed[at];
            return [bytes.length, same, locked, done, cloned, bytes.byteOffset, bytes.buffer.byteLength]"
        );
        let said = run(port, &body).await;
        let expected = format!(r#"[{BYTES},true,[true,true,"TypeError"],[true,true],[{BYTES},{BYTES}],0,{BYTES}]"#);
        assert!(matches!(&said.outcome, Outcome::Returned { value } if value.as_str() == expected), "{path}: {:?}", said.outcome);
    }
    let report = run(port, "return (await (await fetch('http://127.0.0.1:PORT/said')).bytes()).length").await;
    assert_eq!(report.usage.host_calls, 5, "a start, and a part for each MiB");
    // Broken off in the middle.
    let body = "const stop = new AbortController(); const r = await fetch('http://127.0.0.1:PORT/', { signal: stop.signal });
        setTimeout(() => stop.abort(), 50);
        return [await r.text().catch((e) => e.name), r.bodyUsed, await r.text().catch((e) => e.name)]";
    let port = answering(|mut stream, _| async move {
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\n").await.unwrap();
        let _ = stream.write_all(&[b'x'; 3 << 20]).await;
        tokio::time::sleep(Duration::from_secs(60)).await;
    })
    .await;
    assert_eq!(value_of(port, body).await, r#"["AbortError",true,"TypeError"]"#);
    let body = "return (await fetch('http://127.0.0.1:PORT/')).text().catch((e) => e.code)";
    let port = answering(|mut stream, _| async move {
        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 9999999\r\n\r\nhello").await;
    })
    .await;
    assert_eq!(value_of(port, body).await, r#""broken""#);
}
