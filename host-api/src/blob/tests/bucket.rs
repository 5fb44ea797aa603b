//! A bucket over real HTTP.

use super::{s3::Shared, *};

fn variables(port: u16, more: &[(&str, &str)]) -> Vec<(String, String)> {
    let endpoint = format!("http://127.0.0.1:{port}");
    let given = [
        ("AWS_ACCESS_KEY_ID", "key-id"),
        ("AWS_SECRET_ACCESS_KEY", "key"),
        ("AWS_REGION", "eu-central-1"),
        ("AWS_ENDPOINT_URL", endpoint.as_str()),
        // Never used.
        ("AWS_PROXY_URL", "http://127.0.0.1:1"),
        ("PATH", "/"),
    ];
    given.iter().chain(more).map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}

fn bucket(url: &str, port: u16, more: &[(&str, &str)]) -> BlobStore {
    BlobStore::bucket(url, Access::Write, variables(port, more).into_iter()).unwrap()
}

const PLAIN: &[(&str, &str)] = &[("AWS_ALLOW_HTTP", "true")];

fn keys(bucket: &Shared) -> Vec<String> {
    bucket.lock().unwrap().objects.keys().cloned().collect()
}

#[tokio::test]
async fn a_bucket_is_a_store_as_a_folder_is() {
    let (port, held) = s3::serve().await;
    let tenant = "red".parse().unwrap();
    let granted = of(bucket("s3://bucket/some/prefix/", port, PLAIN), ALL).of_tenant(&tenant);
    holds(&granted).await;
    let keys = keys(&held);
    assert!(!keys.is_empty() && keys.iter().all(|key| key.starts_with("some/prefix/red/")), "{keys:?}");
    // In a bucket a name can be a part of others', and a name is a name.
    for key in ["d/e", "d", "d/e/f", "%2e%2e", "a b?c=d&e", "Zoë", "a+b"] {
        call(&granted, "put", json!({"key": key}), key.as_bytes()).await.unwrap();
        assert_eq!(bytes(&granted, json!({"key": key})).await, key.as_bytes());
        assert!(
            held.lock().unwrap().objects.contains_key(&format!("some/prefix/red/{key}")),
            "{key}: {:?}",
            held.lock().unwrap().objects.keys()
        );
    }
    assert_eq!(code(&granted, "read", json!({"key": "../../../x"}), b"").await, "invalid_key");
    assert!(held.lock().unwrap().uploads.is_empty());
}

#[tokio::test]
async fn a_listing_asks_for_no_more_than_it_gives() {
    let (port, held) = s3::serve().await;
    for n in 0..100 {
        held.lock().unwrap().objects.insert(format!("k{n:02}"), (0, Vec::new()));
    }
    let granted = of(bucket("s3://bucket", port, PLAIN), ALL);
    let page = call(&granted, "list", json!({"limit": 7, "after": "k10"}), b"").await.unwrap().value;
    assert_eq!((page["items"][0]["key"].clone(), page["next"].clone()), (json!("k11"), json!("k17")));
    assert!(held.lock().unwrap().seen.len() <= 4, "{:?}", held.lock().unwrap().seen);
}

#[tokio::test]
async fn parts_that_are_not_finished_are_given_up() {
    let (port, held) = s3::serve().await;
    let granted = of(bucket("s3://bucket", port, PLAIN), ALL);
    for key in ["aborted", "forgotten"] {
        let upload = call(&granted, "begin", json!({"key": key}), b"").await.unwrap().value;
        call(&granted, "part", json!({"key": key, "upload": upload}), &[0; 6 << 20]).await.unwrap();
        assert_eq!(held.lock().unwrap().uploads.len(), 1);
        if key == "aborted" {
            call(&granted, "abort", json!({"key": key, "upload": upload}), b"").await.unwrap();
            assert!(held.lock().unwrap().uploads.is_empty());
        }
    }
    drop(granted);
    for _ in 0..500 {
        if held.lock().unwrap().uploads.is_empty() {
            assert!(keys(&held).is_empty());
            return;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("the bucket keeps parts of a run that is over");
}

#[tokio::test]
async fn what_a_bucket_may_do_wrong() {
    let (port, held) = s3::serve().await;
    let granted = of(bucket("s3://bucket", port, PLAIN), ALL);
    // Busy for a moment, it is asked again; for long, it is an error.
    held.lock().unwrap().busy = 2;
    call(&granted, "put", json!({"key": "a"}), b"x").await.unwrap();
    assert_eq!(held.lock().unwrap().seen.len(), 3);
    held.lock().unwrap().busy = usize::MAX;
    assert_eq!(code(&granted, "put", json!({"key": "a"}), b"x").await, "io");
    assert!(granted.used().blob["b/a"].written, "it may have been written");
    held.lock().unwrap().busy = 0;
    // Five bytes are read of an answer that says five and goes on.
    assert_eq!(bytes(&granted, json!({"key": "endless"})).await, b"xxxxx");
    // It says nothing of addresses and keys to scripts.
    let gone = of(bucket("s3://bucket", 1, PLAIN), ALL);
    let failure = call(&gone, "put", json!({"key": "a"}), b"x").await.unwrap_err();
    assert_eq!((failure.code, failure.message.as_str()), ("io", "the store failed at `a`"));
    let other = [("AWS_ACCESS_KEY_ID", "another"), ("AWS_ALLOW_HTTP", "true")];
    assert_eq!(code(&of(bucket("s3://bucket", port, &other), ALL), "put", json!({"key": "a"}), b"x").await, "denied");
    // Without leave nothing goes over plain HTTP.
    let seen = held.lock().unwrap().seen.len();
    assert_eq!(code(&of(bucket("s3://bucket", port, &[]), ALL), "put", json!({"key": "a"}), b"x").await, "io");
    assert_eq!(held.lock().unwrap().seen.len(), seen);
    for url in ["s3://", "s3:///a", "https://bucket", "s3://bucket/../x"] {
        assert!(BlobStore::bucket(url, Access::Read, variables(port, PLAIN).into_iter()).is_err(), "{url}");
    }
    assert!(BlobStore::bucket("s3://bucket", Access::Read, variables(port, &[("AWS_ALLOW_HTTP", "perhaps")]).into_iter()).is_err());
}
