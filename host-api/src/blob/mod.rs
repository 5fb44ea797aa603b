//! `ctx.blob`: contents by name that may be large, in a folder or a bucket; read and written in parts.

mod failure;
mod folder;
mod read;
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

use ampoule_protocol::{Access, Grants, TenantName};
use object_store::{ObjectStoreExt as _, path::Path};
use serde::Deserialize;
use serde_json::{Value, json};

use self::{
    failure::{failed, failure},
    upload::Uploads,
};
pub use self::{
    store::{BlobStore, BlobStoreError},
    upload::MAX_UPLOADS,
};
use crate::{
    Answer, Backing, Body, Failure,
    call::{Called, Calling, arguments, at_once},
    ledger::{Kind, Ledger, Use},
};

/// Most bytes of a blob's name: with a tenant's and an operator's own prefix it is within what S3 takes.
pub const MAX_BLOB_KEY_BYTES: usize = 512;
/// Most bytes of a name between two slashes: file systems take 255, and what is being written has a longer name.
pub const MAX_BLOB_PART_NAME_BYTES: usize = 200;
/// Most bytes that one call reads, and that one call writes: larger blobs go in parts.
pub const MAX_BLOB_CALL_BYTES: u64 = 16 << 20;
/// What a run may write into one store, all its writes together, unless whoever has the store says otherwise.
pub const MAX_BLOB_WRITTEN: u64 = 1 << 30;
/// Blobs that a run may begin to write in one store.
pub const MAX_BLOBS_WRITTEN: u64 = 10_000;
/// Most blobs of one listing: what a bucket gives at a time.
pub const MAX_BLOBS_LISTED: usize = 1_000;

/// The stores of one run, by name.
#[derive(Debug)]
pub(crate) struct Blobs {
    stores: BTreeMap<String, Arc<Open>>,
    uploads: Arc<Uploads>,
}

#[derive(Debug)]
struct Open {
    store: BlobStore,
    access: Access,
    /// What is left of what may be written. Deleting gives nothing back: a run cannot wear a store out by turns.
    bytes: AtomicU64,
    blobs: AtomicU64,
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
            let open = Open {
                store: store.clone(),
                access: rule.access.min(store.access()),
                bytes: AtomicU64::new(store.write_bytes()),
                blobs: AtomicU64::new(store.write_blobs()),
            };
            Some((rule.name.clone(), Arc::new(open)))
        });
        Self { stores: granted.collect(), uploads: Arc::default() }
    }

    /// With what belongs to this tenant alone.
    pub(crate) fn of_tenant(self, tenant: &TenantName) -> Self {
        let below = |(name, open): (String, Arc<Open>)| {
            let left = |quota: &AtomicU64| AtomicU64::new(quota.load(Ordering::Relaxed));
            let store = open.store.below(tenant.as_str());
            (name, Arc::new(Open { store, access: open.access, bytes: left(&open.bytes), blobs: left(&open.blobs) }))
        };
        Self { stores: self.stores.into_iter().map(below).collect(), ..self }
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
        let Some(open) = self.stores.get(&args.blob).cloned() else {
            let why = if Grants::allows(&grants.blob, &args.blob, Access::Read) {
                "it is granted, but this worker has no such store"
            } else {
                "this job was not granted that store"
            };
            return Err(ledger.not_granted(capability(verb.access()), why));
        };
        if open.access < verb.access() {
            return Err(ledger.not_granted(capability(Access::Write), "the store is granted for reading only"));
        }
        // A prefix is part of a name, and may end anywhere in it.
        let key = if verb == Verb::List { Path::ROOT } else { key(&args.key)? };
        let shown = if verb == Verb::List { &args.prefix } else { &args.key };
        let name = format!("{}/{shown}", args.blob);
        let out = body.len() as u64;
        if out > MAX_BLOB_CALL_BYTES {
            return Err(failed("too_large", format!("one call writes at most {MAX_BLOB_CALL_BYTES} bytes: write in parts")));
        }
        if matches!(verb, Verb::Put | Verb::Begin) {
            take(&open.blobs, 1, "blobs")?;
        }
        take(&open.bytes, out, "bytes")?;
        let (uploads, ledger, backing) = (Arc::clone(&self.uploads), Arc::clone(ledger), backing.cloned());
        Ok(Box::pin(async move {
            let started = Instant::now();
            let called = carry_out(&uploads, &open.store, verb, &key, &args, body, backing.as_deref()).await;
            let bytes_in = match called.as_ref().map(|answer| &answer.body) {
                Ok(Body::Text(text)) => text.len() as u64,
                Ok(Body::Bytes(bytes)) => bytes.len() as u64,
                _ => 0,
            };
            // A write whose answer got lost may have taken place.
            let done = called.as_ref().map_or_else(|failure| failure.code == "io", |_| true);
            let written = verb.access() == Access::Write && done;
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
    ReadText,
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
            "readText" => Self::ReadText,
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
            Self::Head | Self::Read | Self::ReadText | Self::List => Access::Read,
            Self::Put | Self::Delete | Self::Begin | Self::Part | Self::Finish | Self::Abort => Access::Write,
        }
    }
}

/// A name as the store takes it: parts between slashes, none of them empty, `.` or `..`. What is no such name never comes to a store.
fn key(text: &str) -> Result<Path, Failure> {
    let wrong = |why: String| Err(failed("invalid_key", format!("`{}`: {why}", text.chars().take(200).collect::<String>())));
    if text.len() > MAX_BLOB_KEY_BYTES || text.chars().any(char::is_control) {
        return wrong(format!("a name has at most {MAX_BLOB_KEY_BYTES} bytes, none of them a control character"));
    }
    for part in text.split('/') {
        if matches!(part, "" | "." | "..") || part.len() > MAX_BLOB_PART_NAME_BYTES {
            return wrong(format!("between slashes there are 1 to {MAX_BLOB_PART_NAME_BYTES} bytes, and neither `.` nor `..`"));
        }
        // So object_store calls what is being written into a folder.
        if part.rsplit_once('#').is_some_and(|(_, number)| !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())) {
            return wrong("names that end in `#` and digits are reserved".to_owned());
        }
        // And so it takes them for drives.
        if matches!(part.as_bytes(), [.., letter, b':'] if letter.is_ascii_alphabetic()) {
            return wrong("names that end in a letter and `:` are reserved".to_owned());
        }
    }
    Path::parse(text).or_else(|error| wrong(error.to_string()))
}

async fn carry_out(
    uploads: &Uploads,
    store: &BlobStore,
    verb: Verb,
    key: &Path,
    args: &Args,
    body: Vec<u8>,
    backing: Option<&dyn Backing>,
) -> Called {
    let said = |error: object_store::Error| failure(key, &error);
    // What becomes visible does so only while the lease is held, as far as can be found out before.
    let held = async || match backing {
        Some(backing) => backing.held().await.map_err(|error| error.failure("BlobError")),
        None => Ok(()),
    };
    store.walls(key).await?;
    match verb {
        Verb::Head => Answer::of(read::described(&store.inner().head(key).await.map_err(said)?)),
        Verb::Read if args.most.is_none() => read::whole(store, key).await,
        Verb::Read => read::part(store, key, args).await,
        Verb::ReadText => match read::whole(store, key).await? {
            Answer { value, body: Body::Bytes(bytes) } => match String::from_utf8(bytes) {
                Ok(text) => Ok(Answer { value, body: Body::Text(text) }),
                Err(error) => Err(failed("not_utf8", format!("`{key}` is not UTF-8 at byte {}", error.utf8_error().valid_up_to()))),
            },
            answer => Ok(answer),
        },
        Verb::List => read::list(store, args).await,
        Verb::Put => {
            held().await?;
            store.inner().put(key, body.into()).await.map_err(said)?;
            Answer::of(Value::Null)
        }
        Verb::Delete => {
            held().await?;
            match store.inner().delete(key).await {
                // A bucket does not say whether there was one.
                Ok(()) | Err(object_store::Error::NotFound { .. }) => Answer::of(Value::Null),
                Err(error) => Err(said(error)),
            }
        }
        Verb::Begin => Answer::of(json!(uploads.begin(store, &args.blob, key)?)),
        Verb::Part => {
            uploads.part(args.upload, &args.blob, key, &body).await?;
            Answer::of(Value::Null)
        }
        Verb::Finish => {
            let finished = match held().await {
                Ok(()) => uploads.finish(args.upload, &args.blob, key).await,
                Err(lost) => Err(lost),
            };
            uploads.abort(args.upload, &args.blob, key).await;
            finished?;
            Answer::of(Value::Null)
        }
        Verb::Abort => {
            uploads.abort(args.upload, &args.blob, key).await;
            Answer::of(Value::Null)
        }
    }
}

/// Takes from a quota, all or nothing, before anything is done: however many take at once, they get no more than there is.
fn take(quota: &AtomicU64, amount: u64, what: &str) -> Result<(), Failure> {
    quota
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(amount))
        .map(drop)
        .map_err(|left| failed("quota", format!("the store's quota has {left} {what} left, {amount} were wanted")))
}
