//! Copies of a store, and whether a store is whole.
//!
//! SQLite's are made here, beside a manager at work. PostgreSQL has tools of its own for copies; what they bring back is verified here as well.

use std::{io, path::PathBuf};

use super::{Depths, OpenError, QueueError, StoreUrl, postgres, sqlite};

/// Looks whether a store is whole, without changing it; a manager may work on it.
pub async fn verify(store: &StoreUrl, on: OnProgress) -> Result<Verified, CopyError> {
    match store {
        StoreUrl::Sqlite(path) => {
            let path = path.clone();
            aside(on, move |on| sqlite::copies::verify(&path, on)).await
        }
        StoreUrl::Postgres(url) => postgres::verify::verify(url, on).await,
    }
}

/// Copies a store of SQLite as it is at this moment into one file, which is whole when it appears. A manager may work on the store.
pub async fn backup(store: &StoreUrl, to: PathBuf, overwrite: bool, on: OnProgress) -> Result<Verified, CopyError> {
    let from = file_of(store)?;
    aside(on, move |on| sqlite::copies::backup(&from, &to, overwrite, on)).await
}

/// Makes a store of SQLite from such a copy, brought to the newest schema. No manager may work on what it replaces, which is kept beside it.
///
/// What ran when the copy was made waits again. Attempts are counted on from [`RESTORED_ATTEMPTS`] higher, so that a worker that still runs
/// something from before the restore is told that its lease is stale.
pub async fn restore(from: PathBuf, store: &StoreUrl, overwrite: bool, on: OnProgress) -> Result<Restored, CopyError> {
    let to = file_of(store)?;
    aside(on, move |on| sqlite::copies::restore(&from, &to, overwrite, on)).await
}

/// More attempts than any job begins between a backup and its restore.
pub const RESTORED_ATTEMPTS: u32 = 1_000;

fn file_of(store: &StoreUrl) -> Result<PathBuf, CopyError> {
    match store {
        StoreUrl::Sqlite(path) => Ok(path.clone()),
        StoreUrl::Postgres(_) => Err(CopyError::Postgres),
    }
}

/// Copies block their thread.
async fn aside<T: Send + 'static>(
    mut on: OnProgress,
    work: impl FnOnce(&mut dyn FnMut(Progress)) -> Result<T, CopyError> + Send + 'static,
) -> Result<T, CopyError> {
    let done = tokio::task::spawn_blocking(move || work(&mut on)).await;
    done.unwrap_or_else(|panic| std::panic::resume_unwind(panic.into_panic()))
}

/// Is told how far a copy or a verification is.
pub type OnProgress = Box<dyn FnMut(Progress) + Send>;

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress {
    /// What is being done.
    pub step: &'static str,
    /// So much of it.
    pub done: u64,
    /// Of so much; 0 where that is not known.
    pub total: u64,
}

/// What a verification found.
#[derive(Clone, Debug, Default, PartialEq, Eq, serde::Serialize)]
pub struct Verified {
    /// The version of the store's schema.
    pub schema: i64,
    /// The newest that this program knows. Of an older one only the file itself was looked at, because its tables have not all that is promised yet.
    pub known_schema: i64,
    /// Jobs in it.
    pub jobs: u64,
    /// Of them, how many wait.
    pub waiting: u64,
    /// Of them, how many run.
    pub running: u64,
    /// What is not as it should be, for people; the first hundred or so.
    pub problems: Vec<String>,
}

impl Verified {
    /// What the queue tells of itself must be what is there.
    pub(super) fn compare(&mut self, told: &Depths) {
        let waiting = told.queued + told.capped + told.delayed + told.blocked;
        if (waiting, told.running) != (self.waiting, self.running) {
            let Self { waiting: found, running, .. } = self;
            self.problems.push(format!("{found} jobs wait and {running} run, but {waiting} and {} are counted", told.running));
        }
    }
}

/// What a restore made.
#[derive(Clone, Debug, PartialEq, Eq, serde::Serialize)]
pub struct Restored {
    /// What is in the store now.
    pub store: Verified,
    /// Jobs that ran when the copy was made, and wait again.
    pub released: u64,
    /// Where the store is that was replaced.
    pub replaced: Option<PathBuf>,
}

/// Why a copy was not made, or a store not looked at. What was there before is unchanged.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// The store does not open, or is not ours, or is newer.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// There is something already.
    #[error("{} exists already: choose another file, or say --overwrite", path.display())]
    Exists {
        /// What is to be written.
        path: PathBuf,
    },
    /// A store was to be copied onto itself.
    #[error("{} is the store itself", path.display())]
    Itself {
        /// What is to be written.
        path: PathBuf,
    },
    /// Somebody works on the store that is to be replaced.
    #[error("{} is in use: stop the manager first", path.display())]
    InUse {
        /// The store.
        path: PathBuf,
    },
    /// What was read is not whole.
    #[error("{} is not whole: {}", path.display(), problems.join("; "))]
    Unsound {
        /// What was read.
        path: PathBuf,
        /// As in [`Verified::problems`].
        problems: Vec<String>,
    },
    /// It is for PostgreSQL's own tools.
    #[error("a store in PostgreSQL is copied and restored by PostgreSQL's own tools; docs/operations.md says how")]
    Postgres,
    /// The store cannot be read.
    #[error("cannot read {path}: {why}")]
    Read {
        /// The store.
        path: String,
        /// Why.
        why: QueueError,
    },
    /// A file cannot be written.
    #[error("cannot write {}: {why}", path.display())]
    Write {
        /// Which file.
        path: PathBuf,
        /// Why.
        why: io::Error,
    },
}
