use std::{
    io::{self, Write as _},
    pin::Pin,
    sync::atomic::AtomicUsize,
};

use serde_json::json;
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::TcpListener,
};

use super::*;
use crate::Body;

/// `local.test` is this machine, which is opened; `rebind.test` is public once and then the machine next door; others are as they say.
#[derive(Default)]
struct Names(AtomicUsize);

impl Resolve for Names {
    fn resolve(&self, host: String) -> Pin<Box<dyn Future<Output = io::Result<Vec<IpAddr>>> + Send + '_>> {
        let times = self.0.fetch_add(1, Ordering::Relaxed);
        let addresses: &[&str] = match host.as_str() {
            "local.test" | "other.test" => &["127.0.0.1"],
            "rebind.test" if times == 0 => &["127.0.0.1"],
            "rebind.test" => &["127.0.0.2"],
            "metadata.test" => &["169.254.169.254"],
            "mixed.test" => &["127.0.0.1", "10.0.0.1"],
            "private6.test" => &["fd00::1"],
            "nat64.test" => &["64:ff9b::a9fe:a9fe"],
            "none.test" => &[],
            _ => return Box::pin(async { Err(io::Error::other("no such name")) }),
        };
        Box::pin(async move { Ok(addresses.iter().map(|address| address.parse().unwrap()).collect()) })
    }
}

fn http(net: &[&str]) -> Http {
    http_on(net, |network| network)
}

fn http_on(net: &[&str], change: impl FnOnce(Network) -> Network) -> Http {
    let mut opened = Opened::default();
    opened.open("127.0.0.1".parse().unwrap());
    let grants = Grants { net: net.iter().map(|rule| rule.parse().unwrap()).collect(), ..Grants::default() };
    Http::new(&change(Network::new(Arc::new(Names::default()), opened)), &grants, &Arc::default())
}

/// Answers each request by what its path says; gives the port.
async fn server() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        loop {
            let (mut stream, _) = listener.accept().await.unwrap();
            tokio::spawn(async move {
                let mut request = Vec::new();
                let mut buffer = [0; 4096];
                while !request.windows(4).any(|end| end == b"\r\n\r\n") {
                    match stream.read(&mut buffer).await {
                        Ok(read @ 1..) => request.extend_from_slice(&buffer[..read]),
                        _ => return,
                    }
                }
                let text = String::from_utf8_lossy(&request).into_owned();
                let path = text.split(' ').nth(1).unwrap_or_default().to_owned();
                let _ = respond(&mut stream, &path, &text, port).await;
            });
        }
    });
    port
}

async fn respond(stream: &mut tokio::net::TcpStream, path: &str, request: &str, port: u16) -> io::Result<()> {
    let plain = |body: &str| format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{body}", body.len());
    let redirect =
        |status: u16, to: &str| format!("HTTP/1.1 {status} x\r\nlocation: {to}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
    let answer = match path {
        "/echo" => plain(request),
        "/to-metadata" => redirect(302, "http://169.254.169.254/latest/meta-data"),
        "/to-name" => redirect(302, &format!("http://metadata.test:{port}/")),
        "/to-decimal" => redirect(302, "http://2852039166/"),
        "/to-file" => redirect(302, "file:///etc/passwd"),
        "/to-user" => redirect(302, "http://a:b@local.test/"),
        "/to-elsewhere" => redirect(302, "http://elsewhere.test/"),
        "/to-other" => redirect(307, &format!("http://other.test:{port}/echo")),
        "/to-see" => redirect(303, "/echo"),
        "/loop" => redirect(302, "/loop"),
        "/endless" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\nconnection: close\r\n\r\n").await?;
            loop {
                stream.write_all(&[b'x'; 65536]).await?;
            }
        }
        "/bomb" => {
            // A megabyte of zeroes, over and over, each a kilobyte when compressed.
            let mut packed = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
            (0..MAX_RECEIVED_BYTES / (1 << 20) + 8).for_each(|_| packed.write_all(&vec![0; 1 << 20]).unwrap());
            let packed = packed.finish().unwrap();
            assert!(packed.len() < 1 << 20);
            stream
                .write_all(format!("HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: {}\r\n\r\n", packed.len()).as_bytes())
                .await?;
            return stream.write_all(&packed).await;
        }
        "/no-gzip" => "HTTP/1.1 200 OK\r\ncontent-encoding: gzip\r\ncontent-length: 5\r\n\r\nhello".to_owned(),
        "/cut" => "HTTP/1.1 200 OK\r\ncontent-length: 500\r\nconnection: close\r\n\r\nhello".to_owned(),
        "/garbage" => "SSH-2.0-OpenSSH_9.9\r\n\r\n".to_owned(),
        "/headers" => format!("HTTP/1.1 200 OK\r\n{}\r\n", (0..500).map(|n| format!("h{n}: x\r\n")).collect::<String>()),
        "/long-header" => format!("HTTP/1.1 200 OK\r\nh: {}\r\n\r\n", "x".repeat(1 << 20)),
        "/cookie" => "HTTP/1.1 200 OK\r\nset-cookie: a=b\r\ncontent-length: 0\r\nconnection: close\r\n\r\n".to_owned(),
        "/stalls" => {
            stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\nhello").await?;
            tokio::time::sleep(Duration::from_secs(600)).await;
            String::new()
        }
        "/slow" => {
            tokio::time::sleep(Duration::from_secs(600)).await;
            plain("late")
        }
        _ => plain("hello"),
    };
    stream.write_all(answer.as_bytes()).await
}

async fn start(http: &Http, args: Value, body: &[u8]) -> Called {
    let mut whole = json!({"method": "GET"});
    whole.as_object_mut().unwrap().extend(args.as_object().unwrap().clone());
    http.call("start", &whole.to_string(), body.to_vec()).await
}

/// The response's body, to its end.
async fn text(http: &Http, args: Value, body: &[u8]) -> Result<String, Failure> {
    let answer = start(http, args, body).await?;
    let mut all = Vec::new();
    while let Body::Bytes(part) = http.call("read", &json!({"body": answer.value["body"]}).to_string(), Vec::new()).await?.body {
        all.extend(part);
    }
    Ok(String::from_utf8(all).unwrap())
}

#[tokio::test]
async fn nothing_hostile_gets_out() {
    let port = server().await;
    let local = format!("http://local.test:{port}");
    let all = http(&["*:*"]);
    let few = http(&[&format!("local.test:{port}=GET")]);
    for (http, url, code) in [
        (&few, format!("{local}x/"), "invalid_url"),
        (&few, format!("http://elsewhere.test:{port}/"), "not_granted"),
        (&few, "http://local.test/".to_owned(), "not_granted"),
        (&few, format!("http://local.test.evil.test:{port}/"), "not_granted"),
        (&few, format!("http://local.test@evil.test:{port}/"), "url_credentials"),
        (&few, format!("http://evil.test\\@local.test:{port}/"), "not_granted"),
        (&few, format!("http://local.test:{port}@evil.test/"), "url_credentials"),
        (&few, format!("http://127.0.0.1:{port}/"), "not_granted"),
        (&all, format!("http://:x@local.test:{port}/"), "url_credentials"),
        (&all, "file:///etc/passwd".to_owned(), "scheme"),
        (&all, "ftp://local.test/".to_owned(), "scheme"),
        (&all, "data:,x".to_owned(), "scheme"),
        (&all, "/relative".to_owned(), "invalid_url"),
        (&all, "http://".to_owned(), "invalid_url"),
        (&all, "http://a b/".to_owned(), "invalid_url"),
        (&all, "http://local.test:0x50/".to_owned(), "invalid_url"),
        (&all, format!("http://{}/", "x".repeat(20_000)), "invalid_url"),
        // This machine's other names: opened is 127.0.0.1 alone.
        (&all, "http://0/".to_owned(), "closed_address"),
        (&all, "http://0.0.0.0/".to_owned(), "closed_address"),
        (&all, "http://127.0.0.2/".to_owned(), "closed_address"),
        (&all, "http://127.2/".to_owned(), "closed_address"),
        (&all, "http://2130706434/".to_owned(), "closed_address"),
        (&all, "http://0x7f000002/".to_owned(), "closed_address"),
        (&all, "http://0x7f.0.0.2/".to_owned(), "closed_address"),
        (&all, "http://0177.0.0.2/".to_owned(), "closed_address"),
        (&all, "http://017700000002/".to_owned(), "closed_address"),
        (&all, "http://①②⑦.⓪.⓪.②/".to_owned(), "closed_address"),
        (&all, "http://127。0。0。2/".to_owned(), "closed_address"),
        (&all, "http://%31%32%37.0.0.2/".to_owned(), "closed_address"),
        (&all, "http://[::1]/".to_owned(), "closed_address"),
        (&all, "http://[::]/".to_owned(), "closed_address"),
        (&all, "http://[::ffff:127.0.0.2]/".to_owned(), "closed_address"),
        (&all, "http://[::ffff:a9fe:a9fe]/".to_owned(), "closed_address"),
        (&all, "http://[::127.0.0.1]/".to_owned(), "closed_address"),
        (&all, "http://[64:ff9b::7f00:1]/".to_owned(), "closed_address"),
        (&all, "http://[2002:7f00:1::]/".to_owned(), "closed_address"),
        (&all, "http://[fe80::1]/".to_owned(), "closed_address"),
        (&all, "http://[fd00:ec2::254]/".to_owned(), "closed_address"),
        (&all, "http://[::1%25lo]/".to_owned(), "invalid_url"),
        (&all, "http://169.254.169.254/".to_owned(), "closed_address"),
        (&all, "http://2852039166/".to_owned(), "closed_address"),
        (&all, "http://10.0.0.1/".to_owned(), "closed_address"),
        (&all, "http://100.64.0.1/".to_owned(), "closed_address"),
        (&all, "http://192.168.1.1/".to_owned(), "closed_address"),
        (&all, "http://224.0.0.1/".to_owned(), "closed_address"),
        (&all, "http://255.255.255.255/".to_owned(), "closed_address"),
        (&all, "http://1.2.3.4.5/".to_owned(), "invalid_url"),
        (&all, "http://256.0.0.1/".to_owned(), "invalid_url"),
        (&all, "http://metadata.test/".to_owned(), "closed_address"),
        (&all, "http://mixed.test/".to_owned(), "closed_address"),
        (&all, "http://private6.test/".to_owned(), "closed_address"),
        (&all, "http://nat64.test/".to_owned(), "closed_address"),
        (&all, "http://none.test/".to_owned(), "unknown_host"),
        (&all, "http://nowhere.test/".to_owned(), "unknown_host"),
        // Redirects pass the same gate.
        (&all, format!("{local}/to-metadata"), "closed_address"),
        (&all, format!("{local}/to-decimal"), "closed_address"),
        (&all, format!("{local}/to-name"), "closed_address"),
        (&all, format!("{local}/to-file"), "scheme"),
        (&all, format!("{local}/to-user"), "url_credentials"),
        (&few, format!("{local}/to-elsewhere"), "not_granted"),
        (&all, format!("{local}/loop"), "too_many_redirects"),
        // Answers that are none.
        (&all, format!("{local}/garbage"), "request"),
        (&all, format!("{local}/headers"), "request"),
        (&all, format!("{local}/long-header"), "request"),
        (&all, format!("{local}/cut"), "broken"),
        (&all, format!("{local}/no-gzip"), "encoding"),
        (&all, "http://127.0.0.1:1/".to_owned(), "connect"),
        // Last: it uses up what the run may receive.
        (&all, format!("{local}/endless"), "response_too_large"),
    ] {
        let ended = tokio::time::timeout(Duration::from_secs(60), async {
            let answer = start(http, json!({"url": url}), b"").await?;
            loop {
                let part = http.call("read", &json!({"body": answer.value["body"]}).to_string(), Vec::new()).await?;
                if part.body == Body::None {
                    return Ok::<_, Failure>(());
                }
            }
        });
        let said = ended.await.unwrap_or_else(|_| panic!("{url}: no end"));
        assert_eq!(said.map_err(|failure| failure.code), Err(code), "{url}");
    }
}

#[tokio::test]
async fn a_compression_bomb_ends_at_the_bound() {
    let port = server().await;
    let http = http(&["*:*"]);
    let answer = start(&http, json!({"url": format!("http://local.test:{port}/bomb")}), b"").await.unwrap();
    let failure = loop {
        match http.call("read", &json!({"body": answer.value["body"]}).to_string(), Vec::new()).await {
            Ok(answer) => assert_ne!(answer.body, Body::None, "it all came through"),
            Err(failure) => break failure,
        }
    };
    assert_eq!(failure.code, "response_too_large");
}

#[tokio::test]
async fn a_body_that_stalls_ends_with_the_silence() {
    let port = server().await;
    let http = http_on(&["local.test:*"], |network| network.with_silence(Duration::from_millis(200)));
    let head = start(&http, json!({"url": format!("http://local.test:{port}/stalls"), "method": "GET", "headers": []}), b"").await.unwrap();
    let read = || http.call("read", &json!({"body": head.value["body"]}).to_string(), Vec::new());
    assert_eq!(read().await.unwrap().body, Body::Bytes(b"hello".to_vec()));
    assert_eq!(read().await.unwrap_err().code, "timeout");
    let none = start(&http, json!({"url": format!("http://local.test:{port}/slow"), "method": "GET", "headers": []}), b"").await;
    assert_eq!(none.unwrap_err().code, "timeout");
}

#[tokio::test]
async fn a_name_is_looked_up_once() {
    let port = server().await;
    let http = http(&["*:*"]);
    for _ in 0..3 {
        assert_eq!(text(&http, json!({"url": format!("http://rebind.test:{port}/")}), b"").await.unwrap(), "hello");
    }
}

#[tokio::test]
async fn headers_cannot_break_out_and_nothing_ambient_goes_along() {
    let port = server().await;
    let http = http(&["*:*"]);
    let url = format!("http://local.test:{port}/echo");
    for (name, value) in [
        ("a", "b\r\nhost: evil.test"),
        ("a", "b\nc: d"),
        ("a\r\nc", "d"),
        ("a b", "c"),
        ("", "c"),
        ("a:", "c"),
        ("host", "evil.test"),
        ("Content-Length", "5"),
        ("transfer-encoding", "chunked"),
        ("connection", "x"),
        ("proxy-authorization", "x"),
        ("a", "\0"),
        ("a", "\u{100}"),
    ] {
        let failure = start(&http, json!({"url": url, "headers": [[name, value]]}), b"").await.unwrap_err();
        assert_eq!(failure.code, "header", "{name}: {value}");
    }
    for method in ["GET / HTTP/1.1\r\nhost: evil", "CONNECT", "TRACE", "", "G T"] {
        assert_eq!(start(&http, json!({"url": url, "method": method}), b"").await.unwrap_err().code, "method", "{method}");
    }
    assert!(text(&http, json!({"url": format!("http://local.test:{port}/cookie")}), b"").await.is_ok());
    let echoed = text(&http, json!({"url": url, "headers": [["X-Own", "1"]]}), b"").await.unwrap();
    let names: Vec<_> = echoed.lines().skip(1).filter_map(|line| line.split_once(": ").map(|(name, _)| name)).collect();
    assert_eq!(names, ["x-own", "accept", "accept-encoding", "host"], "{echoed}");
}

#[tokio::test]
async fn bodies_go_both_ways_and_redirects_take_no_credentials_along() {
    let port = server().await;
    let http = http(&["*:*"]);
    let url = |path: &str| format!("http://local.test:{port}{path}");
    let own = json!({"url": url("/to-other"), "method": "POST", "headers": [["authorization", "x"], ["cookie", "c"], ["kept", "k"]]});
    let echoed = text(&http, own, b"body").await.unwrap();
    assert!(
        echoed.starts_with("POST /echo") && echoed.contains("kept: k") && !echoed.contains("authorization") && !echoed.contains("cookie"),
        "{echoed}"
    );
    let echoed = text(&http, json!({"url": url("/to-see"), "method": "POST"}), b"body").await.unwrap();
    assert!(echoed.starts_with("GET /echo") && !echoed.contains("content-length"), "{echoed}");
    let manual = start(&http, json!({"url": url("/to-see"), "redirect": "manual"}), b"").await.unwrap();
    assert_eq!(manual.value["status"], 303);
    assert_eq!(start(&http, json!({"url": url("/to-see"), "redirect": "error"}), b"").await.unwrap_err().code, "redirect");

    let streamed = http.call("start", &json!({"url": url("/echo"), "method": "POST", "upload": 7}).to_string(), Vec::new());
    let pushed = async {
        for part in ["one", "two"] {
            http.call("push", &json!({"upload": 7}).to_string(), part.into()).await.unwrap();
        }
        http.call("push", &json!({"upload": 7, "end": true}).to_string(), Vec::new()).await.unwrap();
    };
    let (streamed, ()) = tokio::join!(streamed, pushed);
    assert_eq!(streamed.unwrap().value["status"], 200);
    let used = http.0.ledger.snapshot();
    let host = &used.net[&format!("local.test:{port}")];
    assert_eq!((host.addresses.clone(), host.methods.clone()), (vec!["127.0.0.1".to_owned()], vec!["POST".to_owned(), "GET".to_owned()]));
}

#[tokio::test]
async fn requests_that_wait_are_bounded() {
    let port = server().await;
    let http = http(&["*:*"]);
    let args = json!({"url": format!("http://local.test:{port}/slow"), "method": "POST"}).to_string();
    let waiting: Vec<_> = (0..2).map(|_| http.call("start", &args, vec![0; MAX_REQUEST_BYTES as usize])).collect();
    assert_eq!(http.call("start", &args, vec![0; 1]).await.unwrap_err().code, "too_much_waiting");
    drop(waiting);
    assert_eq!(http.call("start", &args, vec![0; 1 + MAX_REQUEST_BYTES as usize]).await.unwrap_err().code, "request_too_large");
    let url = format!("http://local.test:{port}/");
    assert_eq!(text(&http, json!({"url": url, "method": "POST"}), b"x").await.unwrap(), "hello");
}

#[tokio::test]
async fn ten_thousand_at_once_come_through_in_turn() {
    let port = server().await;
    let http = Arc::new(http(&["*:*"]));
    let url = format!("http://local.test:{port}/");
    let mut fetches = tokio::task::JoinSet::new();
    for _ in 0..10_000 {
        let (http, url) = (Arc::clone(&http), url.clone());
        fetches.spawn(async move { text(&http, json!({"url": url}), b"").await.map_err(|failure| failure.code) });
    }
    while let Some(ended) = fetches.join_next().await {
        assert_eq!(ended.unwrap().as_deref(), Ok("hello"));
    }
}
