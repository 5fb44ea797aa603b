use std::sync::Arc;

use ampoule_protocol::Grants;

use super::LocalKv;
use crate::{Backed, Backing, BackingError, Body, Called, Granted, Resources};

fn granted(grants: &str, backing: impl Backing + 'static) -> Granted {
    let grants: Grants = serde_json::from_str(grants).unwrap();
    Granted::new(grants, &Resources::default()).backed_by(Arc::new(backing))
}

async fn call(granted: &Granted, method: &str, args: &str, body: &str) -> Called {
    granted.call(method, args, body.as_bytes().to_vec()).await
}

#[tokio::test]
async fn compare_and_set() {
    let granted = granted(r#"{"kv":["n:rw"]}"#, LocalKv::default());
    let set = |args: &'static str, body: &'static str| call(&granted, "kv.set", args, body);
    assert_eq!(set(r#"{"kv":"n","key":"a","ifVersion":0}"#, "[1]").await.unwrap().value, 1);
    let conflict = set(r#"{"kv":"n","key":"a","ifVersion":0}"#, "2").await.unwrap_err();
    assert_eq!((conflict.name, conflict.code), ("KvError", "conflict"));
    assert_eq!(set(r#"{"kv":"n","key":"a","ifVersion":1}"#, "2").await.unwrap().value, 2);
    let got = call(&granted, "kv.get", r#"{"kv":"n","key":"a"}"#, "").await.unwrap();
    assert_eq!((got.value, got.body), (2.into(), Body::Text("2".to_owned())));
    assert_eq!(call(&granted, "kv.delete", r#"{"kv":"n","key":"a"}"#, "").await.unwrap().value, true);
    let used = granted.used();
    let item = &used.kv["n/a"];
    assert_eq!((item.calls, item.bytes_in, item.bytes_out, item.written), (5, 1, 4, true));
}

#[tokio::test]
async fn what_is_not_granted_or_wrong() {
    let granted = granted(r#"{"kv":["n:ro"]}"#, LocalKv::default());
    for (method, args, body, expected) in [
        ("kv.set", r#"{"kv":"n","key":"a"}"#, "1", "not_granted"),
        ("kv.get", r#"{"kv":"m","key":"a"}"#, "", "not_granted"),
        ("kv.get", r#"{"kv":"n","key":""}"#, "", "invalid_argument"),
        ("kv.get", r#"{"kv":"n","key":"a\u0000"}"#, "", "invalid_argument"),
        ("kv.list", r#"{"kv":"n","limit":0}"#, "", "invalid_argument"),
        ("kv.drop", r#"{"kv":"n"}"#, "", "invalid_argument"),
    ] {
        assert_eq!(call(&granted, method, args, body).await.unwrap_err().code, expected, "{method} {args}");
    }
    let used = granted.used();
    assert!(used.kv.is_empty());
    assert_eq!(used.refused, ["kv n:rw", "kv m:ro"]);
}

/// Never answers before it is told to.
#[derive(Debug)]
struct Silent;

impl Backing for Silent {
    fn kv(&self, _: &str, _: ampoule_protocol::KvAsk) -> Backed<ampoule_protocol::KvAnswer> {
        Box::pin(async { Err(BackingError::Unknown) })
    }
}

#[tokio::test]
async fn a_lost_answer_is_told_as_such_and_counts_as_written() {
    let granted = granted(r#"{"kv":["n:rw"]}"#, Silent);
    assert_eq!(call(&granted, "kv.set", r#"{"kv":"n","key":"a"}"#, "1").await.unwrap_err().code, "unknown");
    assert!(granted.used().kv["n/a"].written);
}

#[tokio::test]
async fn what_waits_together_is_bounded() {
    let granted = granted(r#"{"kv":["n:rw"]}"#, LocalKv::default());
    let value = format!("\"{}\"", "x".repeat(200_000));
    let calls: Vec<_> =
        (0..1_000).map(|n| granted.call("kv.set", &format!(r#"{{"kv":"n","key":"{n}"}}"#), value.clone().into_bytes())).collect();
    let done = futures_util::future::join_all(calls).await;
    let refused = done.iter().filter(|done| done.as_ref().is_err_and(|failure| failure.code == "too_much_waiting")).count();
    let full = done.iter().filter(|done| done.as_ref().is_err_and(|failure| failure.code == "quota")).count();
    // 32 MiB may wait, and as much fits into the namespace.
    assert_eq!((refused, full), (1_000 - 167, 0));
}
