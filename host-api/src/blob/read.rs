use futures_util::StreamExt as _;
use object_store::{GetOptions, GetRange, GetResult, GetResultPayload, ObjectMeta, ObjectStoreExt as _, path::Path};
use serde_json::{Value, json};

use super::{
    Args, BlobStore, MAX_BLOB_CALL_BYTES, MAX_BLOBS_LISTED, failed, failure,
    folder::{self, Wanted},
    key as checked,
};
use crate::{Answer, Body, Failure, call::Called};

/// A whole blob, if it is not too large for that.
pub(super) async fn whole(store: &BlobStore, key: &Path) -> Called {
    let found = store.inner().get(key).await.map_err(|error| failure(key, &error))?;
    let size = found.meta.size;
    if size > MAX_BLOB_CALL_BYTES {
        return Err(failed(
            "too_large",
            format!("`{key}` has {size} bytes, one call reads at most {MAX_BLOB_CALL_BYTES}: read it in parts"),
        ));
    }
    given(found, key).await
}

/// Bytes from an offset on, and what they are of; a blob that was replaced since its first part was read is told apart by its tag.
pub(super) async fn part(store: &BlobStore, key: &Path, args: &Args) -> Called {
    let said = |error: object_store::Error| failure(key, &error);
    let most = args.most.unwrap_or(MAX_BLOB_CALL_BYTES).clamp(1, MAX_BLOB_CALL_BYTES);
    let range = GetRange::Bounded(args.from..args.from.saturating_add(most));
    let options = GetOptions { range: Some(range), if_match: args.etag.clone(), ..GetOptions::default() };
    match store.inner().get_opts(key, options).await {
        Ok(found) => given(found, key).await,
        Err(error @ (object_store::Error::NotFound { .. } | object_store::Error::Precondition { .. })) => Err(said(error)),
        // An empty blob has no range at all, and nothing is behind the end of others.
        Err(error) => {
            let meta = store.inner().head(key).await.map_err(said)?;
            let is_same = args.etag.is_none() || args.etag == meta.e_tag;
            if meta.size <= args.from && is_same {
                return Ok(Answer { value: described(&meta), body: Body::Bytes(Vec::new()) });
            }
            Err(said(error))
        }
    }
}

/// The bytes that a store said it would give, and no more, whatever it sends.
async fn given(found: GetResult, key: &Path) -> Called {
    let said = |error: object_store::Error| failure(key, &error);
    let value = described(&found.meta);
    let expected = found.range.end.saturating_sub(found.range.start);
    if expected > MAX_BLOB_CALL_BYTES {
        return Err(failed("io", format!("the store gives more of `{key}` than it was asked for")));
    }
    if matches!(found.payload, GetResultPayload::File(..)) {
        // At once: in a stream a file comes in small pieces.
        let bytes = found.bytes().await.map_err(said)?;
        return Ok(Answer { value, body: Body::Bytes(bytes.into()) });
    }
    let mut bytes = Vec::with_capacity(expected as usize);
    let mut parts = found.into_stream();
    while let Some(part) = parts.next().await {
        bytes.extend_from_slice(&part.map_err(said)?);
        if bytes.len() as u64 > expected {
            break;
        }
    }
    if bytes.len() as u64 != expected {
        return Err(failed("io", format!("the store gives more or less of `{key}` than it said")));
    }
    Ok(Answer { value, body: Body::Bytes(bytes) })
}

/// Blobs whose names begin as said, in the order of their names' bytes.
pub(super) async fn list(store: &BlobStore, args: &Args) -> Called {
    let limit = args.limit.unwrap_or(MAX_BLOBS_LISTED);
    if !(1..=MAX_BLOBS_LISTED).contains(&limit) {
        return Err(Failure::wrong(format!("a listing has 1 to {MAX_BLOBS_LISTED} blobs")));
    }
    // Stores list what is below a whole name; the rest of the prefix is looked for here.
    let prefix = args.prefix.as_str();
    let below = match prefix.rsplit_once('/') {
        Some((below, _)) => checked(below)?,
        None => Path::ROOT,
    };
    store.walls(&below).await?;
    let after = args.after.as_deref().map(checked).transpose()?;
    let mut found = match store.path() {
        Some(folder) => {
            let wanted = Wanted { below: below.to_string(), prefix: args.prefix.clone(), after: args.after.clone(), most: limit + 1 };
            folder::page(folder, wanted).await?
        }
        None => bucket(store, &below, prefix, after.as_ref(), limit + 1).await?,
    };
    let is_more = found.len() > limit;
    found.truncate(limit);
    let next = found.last().filter(|_| is_more).map(|(key, _)| key.clone());
    let items: Vec<_> = found.iter().map(|(key, size)| json!({"key": key, "size": size})).collect();
    Answer::of(json!({"items": items, "next": next}))
}

/// The first of a bucket, which lists in that order.
async fn bucket(store: &BlobStore, below: &Path, prefix: &str, after: Option<&Path>, most: usize) -> Result<Vec<(String, u64)>, Failure> {
    let whole = (!below.is_root()).then_some(below);
    let mut listed = match after {
        Some(after) => store.inner().list_with_offset(whole, after),
        None => store.inner().list(whole),
    };
    let mut first = Vec::new();
    while let Some(meta) = listed.next().await {
        let meta = meta.map_err(|error| failure(below, &error))?;
        let name = meta.location.to_string();
        if !name.starts_with(prefix) {
            if *name > *prefix {
                break;
            }
            continue;
        }
        // A name that scripts cannot use is not theirs.
        if checked(&name).is_err() {
            continue;
        }
        first.push((name, meta.size));
        if first.len() == most {
            break;
        }
    }
    Ok(first)
}

pub(super) fn described(meta: &ObjectMeta) -> Value {
    json!({"size": meta.size, "modifiedMs": meta.last_modified.timestamp_millis(), "etag": meta.e_tag})
}
