//! As much of an S3 service as a client of it needs, over real HTTP on this machine. Keeps everything in memory; believes every signature, but wants one.

use std::{
    collections::{BTreeMap, HashMap},
    io,
    sync::{Arc, Mutex},
};

use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    net::{TcpListener, TcpStream},
};
use url::Url;

/// What one listing gives at a time.
const PAGE: usize = 3;

#[derive(Debug, Default)]
pub(super) struct Bucket {
    pub(super) objects: BTreeMap<String, (u64, Vec<u8>)>,
    /// Parts by upload.
    pub(super) uploads: HashMap<u64, BTreeMap<u32, Vec<u8>>>,
    /// Counts everything: each object has a tag of its own.
    count: u64,
    /// Requests that are answered with 503 before others.
    pub(super) busy: usize,
    /// `METHOD PATH?QUERY`.
    pub(super) seen: Vec<String>,
}

pub(super) type Shared = Arc<Mutex<Bucket>>;

/// Serves the bucket `bucket`; gives its port.
pub(super) async fn serve() -> (u16, Shared) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let bucket = Shared::default();
    let shared = Arc::clone(&bucket);
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            let bucket = Arc::clone(&shared);
            tokio::spawn(async move { connection(stream, &bucket).await });
        }
    });
    (port, bucket)
}

struct Request {
    method: String,
    url: Url,
    headers: HashMap<String, String>,
    body: Vec<u8>,
}

async fn connection(mut stream: TcpStream, bucket: &Shared) -> io::Result<()> {
    let mut read = Vec::new();
    loop {
        let Some(request) = request(&mut stream, &mut read).await? else { return Ok(()) };
        let key = percent_decoded(request.url.path().strip_prefix("/bucket").unwrap_or_default().trim_start_matches('/'));
        if key.ends_with("endless") && request.method == "GET" {
            // Says a little and sends for ever.
            let head = "HTTP/1.1 200 OK\r\ncontent-length: 5\r\netag: \"1\"\r\nlast-modified: Tue, 01 Sep 2026 00:00:00 GMT\r\n\r\n";
            stream.write_all(head.as_bytes()).await?;
            while stream.write_all(&[b'x'; 4096]).await.is_ok() {}
            return Ok(());
        }
        let answer = answer(&request, &key, &mut bucket.lock().unwrap());
        stream.write_all(&answer).await?;
    }
}

async fn request(stream: &mut TcpStream, read: &mut Vec<u8>) -> io::Result<Option<Request>> {
    let mut buffer = vec![0; 64 << 10];
    let end = loop {
        if let Some(end) = read.windows(4).position(|end| end == b"\r\n\r\n") {
            break end;
        }
        match stream.read(&mut buffer).await? {
            0 => return Ok(None),
            n => read.extend_from_slice(&buffer[..n]),
        }
    };
    let head = String::from_utf8_lossy(&read[..end]).into_owned();
    let mut lines = head.lines();
    let mut first = lines.next().unwrap_or_default().split(' ');
    let (method, path) = (first.next().unwrap_or_default().to_owned(), first.next().unwrap_or_default());
    let url = Url::parse(&format!("http://s3{path}")).map_err(io::Error::other)?;
    let headers: HashMap<_, _> =
        lines.filter_map(|line| line.split_once(": ")).map(|(name, value)| (name.to_lowercase(), value.to_owned())).collect();
    let len: usize = headers.get("content-length").map_or(0, |len| len.parse().unwrap());
    while read.len() < end + 4 + len {
        match stream.read(&mut buffer).await? {
            0 => return Ok(None),
            n => read.extend_from_slice(&buffer[..n]),
        }
    }
    let body = read[end + 4..end + 4 + len].to_vec();
    read.drain(..end + 4 + len);
    Ok(Some(Request { method, url, headers, body }))
}

fn answer(request: &Request, key: &str, bucket: &mut Bucket) -> Vec<u8> {
    let said = |status: &str, headers: &str, body: &[u8]| {
        let mut answer = format!("HTTP/1.1 {status}\r\ncontent-length: {}\r\n{headers}\r\n", body.len()).into_bytes();
        if request.method != "HEAD" {
            answer.extend_from_slice(body);
        }
        answer
    };
    bucket.seen.push(format!("{} {}?{}", request.method, request.url.path(), request.url.query().unwrap_or_default()));
    if bucket.busy > 0 {
        bucket.busy -= 1;
        return said("503 Slow Down", "", b"");
    }
    let signed = |header: &String| header.starts_with("AWS4-HMAC-SHA256 Credential=key-id/") && header.contains("Signature=");
    if !request.headers.get("authorization").is_some_and(signed) {
        return said("403 Forbidden", "", b"");
    }
    let query: HashMap<String, String> = request.url.query_pairs().into_owned().collect();
    bucket.count += 1;
    let tag = bucket.count;
    let upload = query.get("uploadId").map(|id| id.parse::<u64>().unwrap());
    match (request.method.as_str(), upload) {
        ("POST", None) if query.contains_key("uploads") => {
            bucket.uploads.insert(tag, BTreeMap::new());
            let xml = format!("<InitiateMultipartUploadResult><UploadId>{tag}</UploadId></InitiateMultipartUploadResult>");
            said("200 OK", "", xml.as_bytes())
        }
        ("PUT", Some(id)) => match bucket.uploads.get_mut(&id) {
            Some(parts) => {
                parts.insert(query["partNumber"].parse().unwrap(), request.body.clone());
                said("200 OK", &format!("etag: \"{tag}\"\r\n"), b"")
            }
            None => said("404 Not Found", "", b""),
        },
        ("POST", Some(id)) => match bucket.uploads.remove(&id) {
            Some(parts) => {
                // What S3 itself would not take.
                let small = parts.values().rev().skip(1).any(|part| part.len() < 5 << 20);
                assert!(!small, "a part but the last is below 5 MiB");
                bucket.objects.insert(key.to_owned(), (tag, parts.into_values().flatten().collect()));
                let xml = format!("<CompleteMultipartUploadResult><ETag>\"{tag}\"</ETag></CompleteMultipartUploadResult>");
                said("200 OK", "", xml.as_bytes())
            }
            None => said("404 Not Found", "", b""),
        },
        ("DELETE", Some(id)) => {
            bucket.uploads.remove(&id);
            said("204 No Content", "", b"")
        }
        ("PUT", None) => {
            bucket.objects.insert(key.to_owned(), (tag, request.body.clone()));
            said("200 OK", &format!("etag: \"{tag}\"\r\n"), b"")
        }
        ("DELETE", None) => {
            bucket.objects.remove(key);
            said("204 No Content", "", b"")
        }
        ("GET", None) if query.contains_key("list-type") => said("200 OK", "", listing(&query, bucket).as_bytes()),
        ("GET" | "HEAD", None) => {
            let Some((tag, contents)) = bucket.objects.get(key) else { return said("404 Not Found", "", b"") };
            let headers = format!("etag: \"{tag}\"\r\nlast-modified: Tue, 01 Sep 2026 00:00:00 GMT\r\n");
            if request.headers.get("if-match").is_some_and(|wanted| *wanted != format!("\"{tag}\"")) {
                return said("412 Precondition Failed", "", b"");
            }
            let Some(range) = request.headers.get("range") else { return said("200 OK", &headers, contents) };
            let (from, to) = range.strip_prefix("bytes=").and_then(|range| range.split_once('-')).unwrap();
            let (from, to): (usize, usize) = (from.parse().unwrap(), to.parse().unwrap());
            if from >= contents.len() {
                return said("416 Range Not Satisfiable", "", b"");
            }
            let to = to.min(contents.len() - 1);
            let headers = format!("{headers}content-range: bytes {from}-{to}/{}\r\n", contents.len());
            said("206 Partial Content", &headers, &contents[from..=to])
        }
        _ => said("405 Method Not Allowed", "", b""),
    }
}

fn listing(query: &HashMap<String, String>, bucket: &Bucket) -> String {
    let prefix = query.get("prefix").map_or("", String::as_str);
    let after = query.get("continuation-token").or_else(|| query.get("start-after")).map_or("", String::as_str);
    let found: Vec<_> = bucket.objects.iter().filter(|(key, _)| key.starts_with(prefix) && key.as_str() > after).take(PAGE + 1).collect();
    let contents: String = found
        .iter()
        .take(PAGE)
        .map(|(key, (tag, contents))| {
            let key = key.replace('&', "&amp;").replace('<', "&lt;");
            let size = contents.len();
            format!(
                "<Contents><Key>{key}</Key><Size>{size}</Size><LastModified>2026-09-01T00:00:00Z</LastModified><ETag>\"{tag}\"</ETag></Contents>"
            )
        })
        .collect();
    let next =
        if found.len() > PAGE { format!("<NextContinuationToken>{}</NextContinuationToken>", found[PAGE - 1].0) } else { String::new() };
    format!("<ListBucketResult>{contents}{next}</ListBucketResult>")
}

/// `%` and two digits are a byte.
fn percent_decoded(text: &str) -> String {
    let (mut bytes, mut rest) = (Vec::new(), text.as_bytes());
    while let Some((first, after)) = rest.split_first() {
        match (first, after) {
            (b'%', [high, low, after @ ..]) => {
                let digit = |digit: &u8| char::from(*digit).to_digit(16).unwrap() as u8;
                bytes.push(digit(high) << 4 | digit(low));
                rest = after;
            }
            _ => {
                bytes.push(*first);
                rest = after;
            }
        }
    }
    String::from_utf8(bytes).unwrap()
}
