//! Blobs that are written in parts: nothing of them is seen before the last.

use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt as _, path::Path};

use super::{failed, failure};
use crate::Failure;

/// Most blobs that a run writes in parts at the same time: each holds a part in memory.
pub const MAX_UPLOADS: usize = 8;

/// What S3 asks of every part but the last.
const PART: usize = 5 << 20;

/// The blobs that a run has begun to write.
#[derive(Debug, Default)]
pub(super) struct Uploads(Mutex<Begun>);

#[derive(Debug, Default)]
struct Begun {
    last: u32,
    open: HashMap<u32, Arc<tokio::sync::Mutex<Upload>>>,
}

#[derive(Debug)]
struct Upload {
    store: Arc<dyn ObjectStore>,
    key: Path,
    /// Not written yet.
    part: Vec<u8>,
    parts: Option<Box<dyn MultipartUpload>>,
}

impl Uploads {
    fn begun(&self) -> MutexGuard<'_, Begun> {
        // A map: whole whatever panicked elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn get(&self, id: u32) -> Result<Arc<tokio::sync::Mutex<Upload>>, Failure> {
        self.begun().open.get(&id).cloned().ok_or_else(|| failed("ended", "this blob is not being written"))
    }

    pub(super) fn begin(&self, store: &Arc<dyn ObjectStore>, key: &Path) -> Result<u32, Failure> {
        let mut begun = self.begun();
        if begun.open.len() >= MAX_UPLOADS {
            return Err(failed("too_many", format!("a run writes at most {MAX_UPLOADS} blobs in parts at a time")));
        }
        begun.last += 1;
        let id = begun.last;
        let upload = Upload { store: Arc::clone(store), key: key.clone(), part: Vec::new(), parts: None };
        begun.open.insert(id, Arc::new(tokio::sync::Mutex::new(upload)));
        Ok(id)
    }

    pub(super) async fn part(&self, id: u32, bytes: Vec<u8>) -> Result<(), Failure> {
        let upload = self.get(id)?;
        let mut upload = upload.lock().await;
        upload.part.extend_from_slice(&bytes);
        if upload.part.len() >= PART { upload.send().await } else { Ok(()) }
    }

    pub(super) async fn finish(&self, id: u32) -> Result<(), Failure> {
        let upload = self.get(id)?;
        let mut upload = upload.lock().await;
        let ended = upload.finish().await;
        self.begun().open.remove(&id);
        ended
    }

    pub(super) async fn abort(&self, id: u32) {
        let removed = self.begun().open.remove(&id);
        if let Some(upload) = removed
            && let Some(mut parts) = upload.lock().await.parts.take()
        {
            let _ = parts.abort().await;
        }
    }
}

impl Upload {
    async fn send(&mut self) -> Result<(), Failure> {
        let part = std::mem::take(&mut self.part);
        let parts = match &mut self.parts {
            Some(parts) => parts,
            None => {
                let begun = self.store.put_multipart(&self.key).await.map_err(|error| failure(&self.key, &error))?;
                self.parts.insert(begun)
            }
        };
        parts.put_part(part.into()).await.map_err(|error| failure(&self.key, &error))
    }

    async fn finish(&mut self) -> Result<(), Failure> {
        if self.parts.is_none() {
            let part = std::mem::take(&mut self.part);
            return self.store.put(&self.key, part.into()).await.map(drop).map_err(|error| failure(&self.key, &error));
        }
        if !self.part.is_empty() {
            self.send().await?;
        }
        match self.parts.take() {
            Some(mut parts) => parts.complete().await.map(drop).map_err(|error| failure(&self.key, &error)),
            None => Ok(()),
        }
    }
}

impl Drop for Upload {
    fn drop(&mut self) {
        // A run that ended in the middle: what the store has of it is given up, or a bucket would keep it for ever.
        if let (Some(mut parts), Ok(runtime)) = (self.parts.take(), tokio::runtime::Handle::try_current()) {
            runtime.spawn(async move { parts.abort().await });
        }
    }
}
