//! Blobs that are written in parts: nothing of them is seen before the last.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use object_store::{MultipartUpload, ObjectStoreExt as _, PutPayload, path::Path};

use super::{BlobStore, failed, failure};
use crate::Failure;

/// Most blobs that a run writes in parts at the same time: each holds a part in memory.
pub const MAX_UPLOADS: usize = 8;

/// What S3 asks of every part but the last; some services want them all of one size.
pub(super) const PART: usize = 5 << 20;

/// The blobs that a run has begun to write.
#[derive(Debug, Default)]
pub(super) struct Uploads(Mutex<Begun>);

#[derive(Debug, Default)]
struct Begun {
    last: u32,
    open: HashMap<u32, Arc<Upload>>,
}

#[derive(Debug)]
struct Upload {
    store: BlobStore,
    blob: String,
    key: Path,
    written: tokio::sync::Mutex<Written>,
}

#[derive(Debug, Default)]
struct Written {
    /// Not sent yet; less than a part.
    rest: Vec<u8>,
    parts: Option<Box<dyn MultipartUpload>>,
    /// A part was begun to be sent and may be missing: there is no whole blob any more.
    broken: bool,
}

impl Uploads {
    fn begun(&self) -> MutexGuard<'_, Begun> {
        // A map: whole whatever panicked elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, id: u32, blob: &str, key: &Path) -> Result<Arc<Upload>, Failure> {
        let upload = self.begun().open.get(&id).filter(|upload| upload.is_of(blob, key)).cloned();
        upload.ok_or_else(|| failed("ended", "this blob is not being written"))
    }

    pub(super) fn begin(&self, store: &BlobStore, blob: &str, key: &Path) -> Result<u32, Failure> {
        let mut begun = self.begun();
        if begun.open.len() >= MAX_UPLOADS {
            return Err(failed("too_many", format!("a run writes at most {MAX_UPLOADS} blobs in parts at a time")));
        }
        begun.last += 1;
        let id = begun.last;
        let upload = Upload { store: store.clone(), blob: blob.to_owned(), key: key.clone(), written: tokio::sync::Mutex::default() };
        begun.open.insert(id, Arc::new(upload));
        Ok(id)
    }

    pub(super) async fn part(&self, id: u32, blob: &str, key: &Path, mut bytes: &[u8]) -> Result<(), Failure> {
        let upload = self.get(id, blob, key)?;
        let mut written = upload.written.lock().await;
        loop {
            let room = PART - written.rest.len();
            written.rest.extend_from_slice(bytes.split_off(..room.min(bytes.len())).unwrap_or_default());
            if written.rest.len() < PART {
                return Ok(());
            }
            upload.send(&mut written).await?;
        }
    }

    /// Makes the blob seen, all of it at once.
    pub(super) async fn finish(&self, id: u32, blob: &str, key: &Path) -> Result<(), Failure> {
        let upload = self.get(id, blob, key)?;
        let mut written = upload.written.lock().await;
        upload.finish(&mut written).await
    }

    /// Gives up what is left of it; none is left after [`finish`](Self::finish).
    pub(super) async fn abort(&self, id: u32, blob: &str, key: &Path) {
        let Ok(upload) = self.get(id, blob, key) else { return };
        self.begun().open.remove(&id);
        let parts = upload.written.lock().await.parts.take();
        if let Some(mut parts) = parts
            && let Err(error) = parts.abort().await
        {
            tracing::warn!(%error, "parts of a blob that was given up are left in its store");
        }
    }
}

impl Upload {
    fn is_of(&self, blob: &str, key: &Path) -> bool {
        self.blob == blob && self.key == *key
    }

    async fn send(&self, written: &mut Written) -> Result<(), Failure> {
        let said = |error: object_store::Error| failure(&self.key, &error);
        if written.broken {
            return Err(failed("io", format!("a part of `{}` was not written", self.key)));
        }
        // Also when nobody waits for it to its end.
        written.broken = true;
        let part = PutPayload::from(std::mem::take(&mut written.rest));
        let parts = match &mut written.parts {
            Some(parts) => parts,
            None => {
                let begun = self.store.inner().put_multipart(&self.key).await.map_err(said)?;
                written.parts.insert(begun)
            }
        };
        parts.put_part(part).await.map_err(said)?;
        written.broken = false;
        Ok(())
    }

    async fn finish(&self, written: &mut Written) -> Result<(), Failure> {
        let said = |error: object_store::Error| failure(&self.key, &error);
        if written.parts.is_none() && !written.broken {
            let all = PutPayload::from(std::mem::take(&mut written.rest));
            return self.store.inner().put(&self.key, all).await.map(drop).map_err(said);
        }
        if written.broken || !written.rest.is_empty() {
            self.send(written).await?;
        }
        match &mut written.parts {
            Some(parts) => {
                parts.complete().await.map_err(said)?;
                written.parts = None;
                Ok(())
            }
            None => Ok(()),
        }
    }
}

impl Drop for Written {
    fn drop(&mut self) {
        // A run that ended in the middle: what the store has of it is given up, or a bucket would keep it for ever.
        if let (Some(mut parts), Ok(runtime)) = (self.parts.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { parts.abort().await });
        }
    }
}
