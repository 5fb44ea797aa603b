//! `ctx.blob`: contents by name that may be large, in a folder or a bucket; read and written in parts.

mod store;
#[cfg(test)]
mod tests;
mod upload;

use std::{
    collections::BTreeMap,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::Instant,
};

use ampoule_protocol::{Access, Grants};
use futures_util::StreamExt as _;
use object_store::{GetOptions, GetRange, ObjectMeta, ObjectStoreExt as _, path::Path};
use serde::Deserialize;
use serde_json::{Value, json};

use self::upload::Uploads;
pub use self::{
    store::{BlobStore, BlobStoreError},
    upload::MAX_UPLOADS,
};
use crate::{
    Answer, Backing, Body, Failure,
    call::{Called, Calling, arguments, at_once},
    ledger::{Kind, Ledger, Use},
};

/// Most bytes of a blob's name.
pub const MAX_BLOB_KEY_BYTES: usize = 512;
/// Most bytes that one call reads, and that one call writes: larger blobs go in parts.
pub const MAX_BLOB_PART: u64 = 16 << 20;
/// Most bytes that a run writes. Deleting gives nothing back: a run cannot wear a store out by turns.
pub const MAX_BLOB_WRITTEN: u64 = 1 << 30;
/// Most blobs of one listing.
pub const MAX_BLOBS_LISTED: usize = 1_000;

/// The stores of a run.
#[derive(Debug)]
pub(crate) struct Blobs {
    stores: BTreeMap<String, BlobStore>,
    run: Arc<Run>,
}

/// What is left of what a run may do.
#[derive(Debug)]
struct Run {
    bytes: AtomicU64,
    uploads: Uploads,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Args {
    blob: String,
    #[serde(default)]
    key: String,
    #[serde(default)]
    from: u64,
    most: Option<u64>,
    etag: Option<String>,
    #[serde(default)]
    upload: u32,
    #[serde(default)]
    prefix: String,
    after: Option<String>,
    limit: Option<usize>,
}

impl Blobs {
    /// Those of `stores` that are granted, each with no more access than both give.
    pub(crate) fn granted(stores: &BTreeMap<String, BlobStore>, grants: &Grants) -> Self {
        let granted = grants.blob.iter().filter_map(|rule| {
            let store = stores.get(&rule.name)?;
            Some((rule.name.clone(), BlobStore { access: rule.access.min(store.access), ..store.clone() }))
        });
        Self { stores: granted.collect(), run: Arc::new(Run { bytes: AtomicU64::new(MAX_BLOB_WRITTEN), uploads: Uploads::default() }) }
    }

    /// `blob.VERB {blob, key, …}`, contents beside.
    pub(crate) fn call(
        &self,
        verb: &str,
        args: &str,
        body: Vec<u8>,
        (ledger, grants): (&Arc<Ledger>, &Grants),
        backing: Option<&Arc<dyn Backing>>,
    ) -> Calling {
        match self.begin(verb, args, body, (ledger, grants), backing) {
            Ok(calling) => calling,
            Err(failure) => at_once(Err(failure)),
        }
    }

    fn begin(
        &self,
        verb: &str,
        args: &str,
        body: Vec<u8>,
        (ledger, grants): (&Arc<Ledger>, &Grants),
        backing: Option<&Arc<dyn Backing>>,
    ) -> Result<Calling, Failure> {
        let args: Args = arguments(args)?;
        let verb = Verb::named(verb).ok_or_else(|| Failure::wrong(format!("a store of blobs has no `{verb}`")))?;
        let capability = |access: Access| format!("blob {}:{}", args.blob, access.as_str());
        let Some(store) = self.stores.get(&args.blob).cloned() else {
            let why = if Grants::allows(&grants.blob, &args.blob, Access::Read) {
                "it is granted, but this worker has no such store"
            } else {
                "this job was not granted that store"
            };
            return Err(ledger.not_granted(capability(verb.access()), why));
        };
        if store.access < verb.access() {
            return Err(ledger.not_granted(capability(Access::Write), "the store is granted for reading only"));
        }
        let key = key(if verb == Verb::List { &args.prefix } else { &args.key }, verb == Verb::List)?;
        if body.len() as u64 > MAX_BLOB_PART {
            return Err(failed("too_large", format!("one call writes at most {MAX_BLOB_PART} bytes: write in parts")));
        }
        let out = body.len() as u64;
        if verb.access() == Access::Write {
            let left = |left: u64| left.checked_sub(out);
            if self.run.bytes.fetch_update(Ordering::Relaxed, Ordering::Relaxed, left).is_err() {
                return Err(failed("quota", format!("a run writes at most {MAX_BLOB_WRITTEN} bytes of blobs")));
            }
        }
        let (run, ledger, backing, name) = (Arc::clone(&self.run), Arc::clone(ledger), backing.cloned(), format!("{}/{key}", args.blob));
        Ok(Box::pin(async move {
            let started = Instant::now();
            let called = carry_out(&run, &store, verb, &key, &args, body, backing.as_deref()).await;
            let bytes_in = match called.as_ref().map(|answer| &answer.body) {
                Ok(Body::Bytes(bytes)) => bytes.len() as u64,
                _ => 0,
            };
            let written = verb.access() == Access::Write && called.is_ok();
            let bytes_out = if written { out } else { 0 };
            ledger.note(Kind::Blob, &name, Use { bytes_in, bytes_out, took: started.elapsed(), written });
            called
        }))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    Head,
    Read,
    List,
    Put,
    Delete,
    Begin,
    Part,
    Finish,
    Abort,
}

impl Verb {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "head" => Self::Head,
            "read" => Self::Read,
            "list" => Self::List,
            "put" => Self::Put,
            "delete" => Self::Delete,
            "begin" => Self::Begin,
            "part" => Self::Part,
            "finish" => Self::Finish,
            "abort" => Self::Abort,
            _ => return None,
        })
    }

    const fn access(self) -> Access {
        match self {
            Self::Head | Self::Read | Self::List => Access::Read,
            _ => Access::Write,
        }
    }
}

/// A name as the store takes it: parts between slashes, none of them empty, `.` or `..`.
fn key(text: &str, whole: bool) -> Result<Path, Failure> {
    let wrong = |why: String| Failure::new("BlobError", "invalid_key", why);
    if text.len() > MAX_BLOB_KEY_BYTES || text.chars().any(char::is_control) {
        return Err(wrong(format!("a name has at most {MAX_BLOB_KEY_BYTES} bytes, none of them a control character")));
    }
    if (text.is_empty() && !whole) || text.starts_with('/') || (text.ends_with('/') && !whole) {
        return Err(wrong("a name is not empty and neither begins nor ends with a slash".to_owned()));
    }
    Path::parse(text).map_err(|error| wrong(error.to_string()))
}

async fn carry_out(
    run: &Run,
    store: &BlobStore,
    verb: Verb,
    key: &Path,
    args: &Args,
    body: Vec<u8>,
    backing: Option<&dyn Backing>,
) -> Called {
    let said = |error: object_store::Error| failure(key, &error);
    // What becomes visible does so only while the lease is held, as far as this worker can find out.
    let held = async || match backing {
        Some(backing) => backing.held().await.map_err(|error| error.failure("BlobError")),
        None => Ok(()),
    };
    match verb {
        Verb::Head => Answer::of(described(&store.store.head(key).await.map_err(said)?)),
        Verb::Read => read(store, key, args).await,
        Verb::List => list(store, key, args).await,
        Verb::Put => {
            held().await?;
            store.store.put(key, body.into()).await.map_err(said)?;
            Answer::of(Value::Null)
        }
        Verb::Delete => {
            held().await?;
            store.store.delete(key).await.map_err(said)?;
            Answer::of(Value::Null)
        }
        Verb::Begin => Answer::of(json!(run.uploads.begin(&store.store, key)?)),
        Verb::Part => {
            run.uploads.part(args.upload, body).await?;
            Answer::of(Value::Null)
        }
        Verb::Finish => {
            held().await?;
            run.uploads.finish(args.upload).await?;
            Answer::of(Value::Null)
        }
        Verb::Abort => {
            run.uploads.abort(args.upload).await;
            Answer::of(Value::Null)
        }
    }
}

/// Bytes from an offset on, and what they are of; a blob that was replaced since its first part was read is told apart by its tag.
async fn read(store: &BlobStore, key: &Path, args: &Args) -> Called {
    let said = |error: object_store::Error| failure(key, &error);
    let most = args.most.unwrap_or(MAX_BLOB_PART).min(MAX_BLOB_PART);
    // An empty range is an error, and so is one behind the end.
    let (range, if_match) = (GetRange::Bounded(args.from..args.from.saturating_add(most.max(1))), args.etag.clone());
    let options = GetOptions { range: (args.from > 0 || most > 0).then_some(range), if_match, ..GetOptions::default() };
    let found = match store.store.get_opts(key, options).await {
        Ok(found) => found,
        // An empty blob has no range at all.
        Err(error) => {
            let meta = store.store.head(key).await.map_err(said)?;
            let is_tagged = args.etag.is_none() || args.etag == meta.e_tag;
            if meta.size <= args.from && is_tagged {
                return Ok(Answer { value: described(&meta), body: Body::Bytes(Vec::new()) });
            }
            return Err(said(error));
        }
    };
    let value = described(&found.meta);
    let bytes = found.bytes().await.map_err(said)?;
    Ok(Answer { value, body: Body::Bytes(bytes.into()) })
}

async fn list(store: &BlobStore, prefix: &Path, args: &Args) -> Called {
    let limit = args.limit.unwrap_or(MAX_BLOBS_LISTED);
    if !(1..=MAX_BLOBS_LISTED).contains(&limit) {
        return Err(Failure::wrong(format!("a listing has 1 to {MAX_BLOBS_LISTED} blobs")));
    }
    let whole = Path::default();
    let prefix = (*prefix != whole).then_some(prefix);
    let mut found = match &args.after {
        Some(after) => store.store.list_with_offset(prefix, &key(after, false)?),
        None => store.store.list(prefix),
    };
    // A folder is listed in any order: the first of all are wanted, and no more are kept than that.
    let mut first: BTreeMap<String, ObjectMeta> = BTreeMap::new();
    while let Some(meta) = found.next().await {
        let meta = meta.map_err(|error| failure(&whole, &error))?;
        first.insert(meta.location.to_string(), meta);
        if first.len() > limit + 1 {
            first.pop_last();
        }
    }
    let more = first.len() > limit;
    let items: Vec<_> = first.iter().take(limit).map(|(key, meta)| json!({"key": key, "size": meta.size})).collect();
    let next = first.keys().nth(limit - 1).filter(|_| more);
    Answer::of(json!({"items": items, "next": next}))
}

fn described(meta: &ObjectMeta) -> Value {
    json!({"size": meta.size, "modifiedMs": meta.last_modified.timestamp_millis(), "etag": meta.e_tag})
}

fn failed(code: &'static str, message: impl Into<String>) -> Failure {
    Failure::new("BlobError", code, message)
}

fn failure(key: &Path, error: &object_store::Error) -> Failure {
    use object_store::Error;
    // What a store says may hold addresses and paths that are not the script's business.
    tracing::debug!(%key, %error, "a store of blobs refused");
    match error {
        Error::NotFound { .. } => failed("not_found", format!("there is no blob `{key}`")),
        Error::Precondition { .. } | Error::NotModified { .. } => failed("changed", format!("the blob `{key}` was replaced meanwhile")),
        Error::PermissionDenied { .. } | Error::Unauthenticated { .. } => failed("denied", format!("the store denies access to `{key}`")),
        Error::InvalidPath { .. } => failed("invalid_key", format!("`{key}` is no name for this store")),
        _ => failed("io", format!("the store failed at `{key}`")),
    }
}
