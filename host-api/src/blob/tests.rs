mod bucket;
mod s3;

use std::{collections::BTreeMap, sync::Arc};

use ampoule_protocol::{Access, KvAnswer, KvAsk};
use futures_util::{FutureExt as _, future::join_all};
use serde_json::json;

use super::*;
use crate::{Backed, BackingError, Granted, Resources};

const ALL: &str = r#"{"blob":["b:rw"]}"#;

fn of(store: BlobStore, grants: &str) -> Granted {
    let blobs = BTreeMap::from([("b".to_owned(), store)]);
    Granted::new(serde_json::from_str(grants).unwrap(), &Resources { blobs, ..Resources::default() })
}

fn granted(folder: &std::path::Path, grants: &str) -> Granted {
    of(BlobStore::folder(folder, Access::Write).unwrap(), grants)
}

async fn call(granted: &Granted, verb: &str, args: Value, body: &[u8]) -> Called {
    let mut args = args;
    args["blob"] = json!("b");
    granted.call(&format!("blob.{verb}"), &args.to_string(), body.to_vec()).await
}

async fn code(granted: &Granted, verb: &str, args: Value, body: &[u8]) -> &'static str {
    call(granted, verb, args, body).await.expect_err(verb).code
}

async fn bytes(granted: &Granted, args: Value) -> Vec<u8> {
    match call(granted, "read", args, b"").await.unwrap().body {
        Body::Bytes(bytes) => bytes,
        other => panic!("{other:?}"),
    }
}

/// Files of a folder, whatever their names.
fn files(folder: &std::path::Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

/// What holds of every store.
async fn holds(granted: &Granted) {
    for key in ["a/2", "a/1", "ab", "c"] {
        call(granted, "put", json!({"key": key}), b"0123456789").await.unwrap();
    }
    call(granted, "put", json!({"key": "empty"}), b"").await.unwrap();
    let part = async |from: u64, most: u64, etag: Value| {
        call(granted, "read", json!({"key": "c", "from": from, "most": most, "etag": etag}), b"").await
    };
    let first = part(0, 4, Value::Null).await.unwrap();
    assert_eq!((first.value["size"].clone(), first.body), (json!(10), Body::Bytes(b"0123".to_vec())));
    let etag = first.value["etag"].clone();
    assert_eq!(part(4, 100, etag.clone()).await.unwrap().body, Body::Bytes(b"456789".to_vec()));
    assert_eq!(part(10, 4, etag.clone()).await.unwrap().body, Body::Bytes(Vec::new()));
    assert_eq!(bytes(granted, json!({"key": "c"})).await, b"0123456789");
    // Overwritten while it is read: the next part says so.
    call(granted, "put", json!({"key": "c"}), b"another").await.unwrap();
    assert_eq!(part(4, 4, etag).await.unwrap_err().code, "changed");
    assert_eq!(bytes(granted, json!({"key": "empty"})).await, b"");
    assert_eq!(bytes(granted, json!({"key": "empty", "most": 5})).await, b"");
    assert_eq!(call(granted, "readText", json!({"key": "c"}), b"").await.unwrap().body, Body::Text("another".to_owned()));
    call(granted, "put", json!({"key": "bytes"}), b"a\xff").await.unwrap();
    assert_eq!(code(granted, "readText", json!({"key": "bytes"}), b"").await, "not_utf8");
    for verb in ["read", "readText", "head"] {
        assert_eq!(code(granted, verb, json!({"key": "none"}), b"").await, "not_found");
    }
    assert_eq!(code(granted, "read", json!({"key": "none", "most": 5}), b"").await, "not_found");

    let names = async |args: Value| {
        let page = call(granted, "list", args, b"").await.unwrap().value;
        let names: Vec<_> = page["items"].as_array().unwrap().iter().map(|item| item["key"].as_str().unwrap().to_owned()).collect();
        (names.join(" "), page["next"].clone())
    };
    assert_eq!(names(json!({"limit": 2})).await, ("a/1 a/2".to_owned(), json!("a/2")));
    assert_eq!(names(json!({"limit": 2, "after": "a/2"})).await, ("ab bytes".to_owned(), json!("bytes")));
    assert_eq!(names(json!({"after": "bytes"})).await, ("c empty".to_owned(), Value::Null));
    assert_eq!(names(json!({"prefix": "a"})).await, ("a/1 a/2 ab".to_owned(), Value::Null));
    assert_eq!(names(json!({"prefix": "a/"})).await, ("a/1 a/2".to_owned(), Value::Null));
    assert_eq!(names(json!({"prefix": "a/2"})).await, ("a/2".to_owned(), Value::Null));
    assert_eq!(names(json!({"prefix": "b", "limit": 1})).await, ("bytes".to_owned(), Value::Null));
    assert_eq!(names(json!({"prefix": "none/"})).await, (String::new(), Value::Null));

    // In the order of whole names: a folder comes where what is in it comes.
    for key in ["o/a/b", "o/a.b", "o/aa", "o/a-b/c", "o/b/c/d"] {
        call(granted, "put", json!({"key": key}), b"x").await.unwrap();
    }
    let (mut walked, mut after) = (Vec::new(), Value::Null);
    loop {
        let (page, next) = names(json!({"prefix": "o/", "limit": 1, "after": after})).await;
        walked.push(page);
        if next.is_null() {
            break;
        }
        after = next;
    }
    assert_eq!(walked, ["o/a-b/c", "o/a.b", "o/a/b", "o/aa", "o/b/c/d"]);

    for _ in 0..2 {
        call(granted, "delete", json!({"key": "c"}), b"").await.unwrap();
    }
    assert_eq!(code(granted, "head", json!({"key": "c"}), b"").await, "not_found");
    let used = granted.used();
    assert!(used.blob["b/c"].written && used.blob["b/c"].bytes_out == 17, "{used:?}");

    // In parts: nothing of it is seen before its end, and then all of it.
    let upload = call(granted, "begin", json!({"key": "large"}), b"").await.unwrap().value;
    let contents: Vec<u8> = (0..12_u32 << 20).map(|at| ((at * 31) >> 7) as u8).collect();
    for part in contents.chunks(5_000_001) {
        call(granted, "part", json!({"key": "large", "upload": upload}), part).await.unwrap();
    }
    assert_eq!(code(granted, "head", json!({"key": "large"}), b"").await, "not_found");
    assert_eq!(code(granted, "part", json!({"key": "other", "upload": upload}), b"x").await, "ended");
    call(granted, "finish", json!({"key": "large", "upload": upload}), b"").await.unwrap();
    assert!(bytes(granted, json!({"key": "large"})).await == contents, "other contents");
    assert_eq!(bytes(granted, json!({"key": "large", "from": 6_000_000, "most": 3})).await, contents[6_000_000..6_000_003]);
    for verb in ["part", "finish"] {
        assert_eq!(code(granted, verb, json!({"key": "large", "upload": upload}), b"x").await, "ended");
    }
    // One small part is a blob, and so is none.
    let upload = call(granted, "begin", json!({"key": "nothing"}), b"").await.unwrap().value;
    call(granted, "finish", json!({"key": "nothing", "upload": upload}), b"").await.unwrap();
    assert_eq!(bytes(granted, json!({"key": "nothing"})).await, b"");
}

#[tokio::test]
async fn a_folder_is_a_store() {
    let folder = tempfile::tempdir().unwrap();
    holds(&granted(folder.path(), ALL)).await;
}

#[tokio::test]
async fn nothing_is_left_of_what_was_not_finished() {
    let folder = tempfile::tempdir().unwrap();
    let granted = granted(folder.path(), ALL);
    let begin = async |key: &str| call(&granted, "begin", json!({"key": key}), b"").await;
    let aborted = begin("aborted").await.unwrap().value;
    call(&granted, "part", json!({"key": "aborted", "upload": aborted}), &[0; 6 << 20]).await.unwrap();
    assert_eq!(files(folder.path()), ["aborted#1"], "it was not begun to be written");
    call(&granted, "abort", json!({"key": "aborted", "upload": aborted}), b"").await.unwrap();
    assert_eq!(files(folder.path()), [""; 0]);
    // Broken off in the middle of a part: the blob is not whole and never will be.
    let args = loop {
        let args = json!({"key": "broken", "upload": begin("broken").await.unwrap().value});
        let mut part = Box::pin(call(&granted, "part", args.clone(), &[0; 11 << 20]));
        // As far as it comes without waiting: the first part is on its way to the disk.
        let mut written = false;
        while !written && files(folder.path()).is_empty() {
            written = part.as_mut().now_or_never().is_some();
            tokio::task::yield_now().await;
        }
        drop(part);
        if !written {
            break args;
        }
        // The disk was faster than this thread.
        call(&granted, "abort", args, b"").await.unwrap();
    };
    assert_eq!(code(&granted, "finish", args, b"").await, "io");
    // The end of the run with blobs half written.
    let mut open = Vec::new();
    for _ in 0..MAX_UPLOADS {
        open.push(begin("x").await.unwrap().value);
    }
    assert_eq!(begin("x").await.unwrap_err().code, "too_many");
    call(&granted, "part", json!({"key": "x", "upload": open[0]}), &[0; 6 << 20]).await.unwrap();
    drop(granted);
    for _ in 0..500 {
        if files(folder.path()).is_empty() {
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("{:?} were left behind", files(folder.path()));
}

#[tokio::test]
async fn names_cannot_leave_the_store() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("store");
    std::fs::create_dir(&folder).unwrap();
    std::fs::write(outer.path().join("secret"), "secret").unwrap();
    std::os::unix::fs::symlink(outer.path(), folder.join("link")).unwrap();
    std::os::unix::fs::symlink(outer.path().join("secret"), folder.join("file")).unwrap();
    let granted = granted(&folder, ALL);
    let (long, longer) = ("k".repeat(201), "k/".repeat(256) + "k");
    for key in [
        "",
        "/",
        "/a",
        "a/",
        "..",
        "../secret",
        "a/../../secret",
        "a//b",
        "a\0",
        "a\nb",
        "\u{85}",
        ".",
        "./a",
        "a/.",
        "/etc/passwd",
        "a#1",
        "x#07/b",
        "C:",
        "a/bc:",
        "C:/a",
        &long,
        &longer,
    ] {
        for verb in ["head", "read", "readText", "put", "delete", "begin", "part", "finish", "abort"] {
            assert_eq!(code(&granted, verb, json!({"key": key}), b"x").await, "invalid_key", "{verb} {key:?}");
        }
    }
    for (args, wrong) in [
        (json!({"prefix": "../"}), "invalid_key"),
        (json!({"prefix": "link/"}), "denied"),
        (json!({"after": "../a"}), "invalid_key"),
        (json!({"limit": 0}), "invalid_argument"),
        (json!({"limit": MAX_BLOBS_LISTED + 1}), "invalid_argument"),
    ] {
        assert_eq!(code(&granted, "list", args.clone(), b"").await, wrong, "{args}");
    }
    for key in ["link/secret", "link/new", "file"] {
        for verb in ["head", "read", "put", "delete", "begin"] {
            assert_eq!(code(&granted, verb, json!({"key": key}), b"x").await, "denied", "{verb} {key}");
        }
    }
    // What looks like a way out elsewhere is a name here.
    for key in ["%2e%2e", "a\\..\\..\\secret", "~", "a b?c=d&e", "Zoë", "C:a", "1:", "a#b", "#", "%00", "a%2fb"] {
        call(&granted, "put", json!({"key": key}), key.as_bytes()).await.unwrap_or_else(|error| panic!("{key}: {error:?}"));
        assert_eq!(bytes(&granted, json!({"key": key})).await, key.as_bytes());
        assert!(folder.join(key).is_file(), "{key}");
    }
    let listed = call(&granted, "list", json!({}), b"").await.unwrap().value.to_string();
    assert!(listed.contains("Zoë") && listed.contains("%2e%2e") && !listed.contains("\"secret\"") && !listed.contains("link/"), "{listed}");
    // A name is a blob, or a part of others' names.
    call(&granted, "put", json!({"key": "d/e"}), b"x").await.unwrap();
    for key in ["d", "d/e/f"] {
        assert_eq!(code(&granted, "put", json!({"key": key}), b"x").await, "invalid_key", "{key}");
    }
    assert_eq!(files(outer.path()), ["secret", "store"]);
    assert_eq!(std::fs::read_to_string(outer.path().join("secret")).unwrap(), "secret");
}

#[tokio::test]
async fn what_is_not_granted_or_too_much() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), "x").unwrap();
    let reads = granted(folder.path(), r#"{"blob":["b:ro"]}"#);
    for verb in ["put", "delete", "begin", "part", "finish", "abort"] {
        assert_eq!(code(&reads, verb, json!({"key": "a", "upload": 1}), b"").await, "not_granted");
    }
    assert!(call(&reads, "read", json!({"key": "a"}), b"").await.is_ok());
    assert_eq!(code(&granted(folder.path(), "{}"), "read", json!({"key": "a"}), b"").await, "not_granted");
    let read_only = of(BlobStore::folder(folder.path(), Access::Read).unwrap(), ALL);
    assert_eq!(code(&read_only, "put", json!({"key": "a"}), b"").await, "not_granted");
    let elsewhere = Granted::new(serde_json::from_str(ALL).unwrap(), &Resources::default());
    assert_eq!(code(&elsewhere, "read", json!({"key": "a"}), b"").await, "not_granted");
    assert_eq!(elsewhere.used().refused, ["blob b:ro"]);
    let writes = granted(folder.path(), ALL);
    assert_eq!(code(&writes, "put", json!({"key": "a"}), &vec![0; MAX_BLOB_CALL_BYTES as usize + 1]).await, "too_large");
    std::fs::File::create(folder.path().join("huge")).unwrap().set_len(MAX_BLOB_CALL_BYTES + 1).unwrap();
    for verb in ["read", "readText"] {
        assert_eq!(code(&writes, verb, json!({"key": "huge"}), b"").await, "too_large");
    }
    assert_eq!(bytes(&writes, json!({"key": "huge", "from": MAX_BLOB_CALL_BYTES - 1, "most": 9})).await, [0, 0]);
    assert_eq!(bytes(&writes, json!({"key": "huge", "most": u64::MAX})).await.len() as u64, MAX_BLOB_CALL_BYTES);
}

#[tokio::test]
async fn the_quota_holds_whoever_comes_first_and_without_end() {
    let folder = tempfile::tempdir().unwrap();
    let store = || BlobStore::folder(folder.path(), Access::Write).unwrap();
    let small = of(store().with_quota(1000, 50), ALL);
    let race = join_all((0..200).map(|n| {
        let (small, key) = (&small, format!("race/{n}"));
        async move { call(small, "put", json!({"key": key}), &[7; 30]).await }
    }));
    let ended = race.await;
    assert_eq!(ended.iter().filter(|called| called.is_ok()).count(), 33, "of 1000 bytes");
    assert!(ended.iter().filter_map(|called| called.as_ref().err()).all(|failure| failure.code == "quota"));
    assert_eq!(files(&folder.path().join("race")).len(), 33);
    let few = of(store().with_quota(1000, 3), ALL);
    let mut codes = Vec::new();
    for verb in ["put", "begin", "put", "begin", "put"] {
        codes.push(call(&few, verb, json!({"key": "few"}), b"").await.err().map(|failure| failure.code));
    }
    assert_eq!(codes, [None, None, None, Some("quota"), Some("quota")]);
    // An upload without end comes to the quota's.
    let endless = of(store().with_quota(20 << 20, 3), ALL);
    let upload = call(&endless, "begin", json!({"key": "endless"}), b"").await.unwrap().value;
    let part = vec![0; 3 << 20];
    let mut written = 0;
    while call(&endless, "part", json!({"key": "endless", "upload": upload}), &part).await.is_ok() {
        written += part.len();
    }
    assert_eq!(written, 18 << 20);
    call(&endless, "abort", json!({"key": "endless", "upload": upload}), b"").await.unwrap();
    assert_eq!(files(folder.path()), ["few", "race"]);
}

#[tokio::test]
async fn a_tenant_sees_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let tenant = |name: &str| granted(folder.path(), ALL).of_tenant(&name.parse().unwrap());
    let (red, blue) = (tenant("red"), tenant("blue"));
    call(&red, "put", json!({"key": "a"}), b"red").await.unwrap();
    assert_eq!(code(&blue, "read", json!({"key": "a"}), b"").await, "not_found");
    assert_eq!(code(&blue, "read", json!({"key": "../red/a"}), b"").await, "invalid_key");
    assert_eq!(call(&blue, "list", json!({}), b"").await.unwrap().value, json!({"items": [], "next": null}));
    assert_eq!(call(&red, "list", json!({}), b"").await.unwrap().value, json!({"items": [{"key": "a", "size": 3}], "next": null}));
    call(&blue, "put", json!({"key": "a"}), b"blue").await.unwrap();
    assert_eq!(bytes(&red, json!({"key": "a"})).await, b"red");
    assert_eq!(std::fs::read(folder.path().join("blue/a")).unwrap(), b"blue");
}

#[derive(Debug)]
struct Lost;

impl Backing for Lost {
    fn kv(&self, _: &str, _: KvAsk) -> Backed<KvAnswer> {
        Box::pin(async { Err(BackingError::LostLease) })
    }

    fn held(&self) -> Backed<()> {
        Box::pin(async { Err(BackingError::LostLease) })
    }
}

#[tokio::test]
async fn a_run_without_its_lease_shows_nothing() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("old"), "x").unwrap();
    let granted = granted(folder.path(), ALL).backed_by(Arc::new(Lost));
    let upload = call(&granted, "begin", json!({"key": "a"}), b"").await.unwrap().value;
    call(&granted, "part", json!({"key": "a", "upload": upload}), &[0; 6 << 20]).await.unwrap();
    for (verb, args) in [("put", json!({"key": "a"})), ("delete", json!({"key": "old"})), ("finish", json!({"key": "a", "upload": upload}))]
    {
        assert_eq!(code(&granted, verb, args, b"").await, "lease_lost", "{verb}");
    }
    assert_eq!(files(folder.path()), ["old"]);
    assert!(!granted.used().blob["b/old"].written);
}
