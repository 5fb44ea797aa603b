use std::{collections::BTreeMap, sync::Arc};

use ampoule_protocol::{Access, KvAnswer, KvAsk};
use serde_json::json;

use super::*;
use crate::{Backed, BackingError, Granted, Resources};

fn granted(folder: &std::path::Path, grants: &str) -> Granted {
    let blobs = BTreeMap::from([("b".to_owned(), BlobStore::folder(folder, Access::Write).unwrap())]);
    Granted::new(serde_json::from_str(grants).unwrap(), &Resources { blobs, ..Resources::default() })
}

async fn call(granted: &Granted, verb: &str, args: Value, body: &[u8]) -> Called {
    let mut args = args;
    args["blob"] = json!("b");
    granted.call(&format!("blob.{verb}"), &args.to_string(), body.to_vec()).await
}

#[tokio::test]
async fn blobs_are_written_read_in_parts_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    let granted = granted(folder.path(), r#"{"blob":["b:rw"]}"#);
    for key in ["a/2", "a/1", "c"] {
        call(&granted, "put", json!({"key": key}), b"0123456789").await.unwrap();
    }
    call(&granted, "put", json!({"key": "empty"}), b"").await.unwrap();
    let read = async |from: u64, most: u64, etag: Value| {
        call(&granted, "read", json!({"key": "c", "from": from, "most": most, "etag": etag}), b"").await
    };
    let first = read(0, 4, Value::Null).await.unwrap();
    assert_eq!((first.value["size"].clone(), first.body), (json!(10), Body::Bytes(b"0123".to_vec())));
    let etag = first.value["etag"].clone();
    assert_eq!(read(4, 100, etag.clone()).await.unwrap().body, Body::Bytes(b"456789".to_vec()));
    assert_eq!(read(10, 4, etag.clone()).await.unwrap().body, Body::Bytes(Vec::new()));
    call(&granted, "put", json!({"key": "c"}), b"another").await.unwrap();
    assert_eq!(read(4, 4, etag).await.unwrap_err().code, "changed");
    assert_eq!(call(&granted, "read", json!({"key": "empty"}), b"").await.unwrap().body, Body::Bytes(Vec::new()));
    assert_eq!(call(&granted, "read", json!({"key": "none"}), b"").await.unwrap_err().code, "not_found");
    let page = call(&granted, "list", json!({"limit": 2}), b"").await.unwrap().value;
    assert_eq!(page, json!({"items": [{"key": "a/1", "size": 10}, {"key": "a/2", "size": 10}], "next": "a/2"}));
    let page = call(&granted, "list", json!({"after": "a/2"}), b"").await.unwrap().value;
    assert_eq!(page, json!({"items": [{"key": "c", "size": 7}, {"key": "empty", "size": 0}], "next": null}));
    call(&granted, "delete", json!({"key": "c"}), b"").await.unwrap();
    assert_eq!(call(&granted, "head", json!({"key": "c"}), b"").await.unwrap_err().code, "not_found");
    let used = granted.used();
    assert!(used.blob["b/c"].written && used.blob["b/c"].bytes_out == 17, "{used:?}");
}

#[tokio::test]
async fn nothing_of_an_upload_is_seen_before_its_end() {
    let folder = tempfile::tempdir().unwrap();
    let granted = granted(folder.path(), r#"{"blob":["b:rw"]}"#);
    let upload = call(&granted, "begin", json!({"key": "large"}), b"").await.unwrap().value;
    let part = vec![7; 3 << 20];
    for _ in 0..4 {
        call(&granted, "part", json!({"key": "large", "upload": upload}), &part).await.unwrap();
    }
    assert_eq!(call(&granted, "head", json!({"key": "large"}), b"").await.unwrap_err().code, "not_found");
    call(&granted, "finish", json!({"key": "large", "upload": upload}), b"").await.unwrap();
    assert_eq!(call(&granted, "head", json!({"key": "large"}), b"").await.unwrap().value["size"], 12 << 20);
    assert_eq!(call(&granted, "part", json!({"key": "large", "upload": upload}), b"x").await.unwrap_err().code, "ended");
    let aborted = call(&granted, "begin", json!({"key": "other"}), b"").await.unwrap().value;
    call(&granted, "part", json!({"key": "other", "upload": aborted}), &[0; 6 << 20]).await.unwrap();
    call(&granted, "abort", json!({"key": "other", "upload": aborted}), b"").await.unwrap();
    let mut open = Vec::new();
    for _ in 0..MAX_UPLOADS {
        open.push(call(&granted, "begin", json!({"key": "x"}), b"").await.unwrap());
    }
    assert_eq!(call(&granted, "begin", json!({"key": "x"}), b"").await.unwrap_err().code, "too_many");
    drop(granted);
    let left: Vec<_> = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["large"], "parts were left behind");
}

#[tokio::test]
async fn what_is_not_granted_wrong_or_too_much() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("a"), "x").unwrap();
    let reads = granted(folder.path(), r#"{"blob":["b:ro"]}"#);
    assert_eq!(call(&reads, "put", json!({"key": "a"}), b"").await.unwrap_err().code, "not_granted");
    assert_eq!(call(&reads, "finish", json!({"key": "a", "upload": 1}), b"").await.unwrap_err().code, "not_granted");
    assert!(call(&reads, "read", json!({"key": "a"}), b"").await.is_ok());
    assert_eq!(call(&granted(folder.path(), "{}"), "read", json!({"key": "a"}), b"").await.unwrap_err().code, "not_granted");
    let writes = granted(folder.path(), r#"{"blob":["b:rw"]}"#);
    for key in ["", "/a", "a/", "../a", "a/../../b", "a//b", "a\0", "./a", &"k".repeat(513)] {
        for verb in ["read", "put", "delete", "begin"] {
            assert_eq!(call(&writes, verb, json!({"key": key}), b"x").await.unwrap_err().code, "invalid_key", "{verb} {key:?}");
        }
    }
    assert_eq!(call(&writes, "put", json!({"key": "a"}), &vec![0; MAX_BLOB_PART as usize + 1]).await.unwrap_err().code, "too_large");
    assert_eq!(call(&writes, "list", json!({"limit": 1001}), b"").await.unwrap_err().code, "invalid_argument");
    let part = vec![0; MAX_BLOB_PART as usize];
    let mut written = 0;
    while let Ok(_) = call(&writes, "put", json!({"key": "a"}), &part).await {
        written += MAX_BLOB_PART;
    }
    assert_eq!(written, MAX_BLOB_WRITTEN);
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
    let granted = granted(folder.path(), r#"{"blob":["b:rw"]}"#).backed_by(Arc::new(Lost));
    let upload = call(&granted, "begin", json!({"key": "a"}), b"").await.unwrap().value;
    call(&granted, "part", json!({"key": "a", "upload": upload}), b"x").await.unwrap();
    for (verb, args) in [("put", json!({"key": "a"})), ("delete", json!({"key": "a"})), ("finish", json!({"key": "a", "upload": upload}))] {
        assert_eq!(call(&granted, verb, args, b"").await.unwrap_err().code, "lease_lost", "{verb}");
    }
    assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), 0);
}
