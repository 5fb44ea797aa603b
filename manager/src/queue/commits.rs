use std::sync::atomic::{AtomicU64, Ordering};

/// What the writers of a queue have done since it was opened.
#[derive(Debug, Default)]
pub struct Commits {
    commits: AtomicU64,
    writes: AtomicU64,
}

impl Commits {
    /// Transactions that changed something; each was synced to disk once.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Writes that were asked for, those that changed nothing included.
    pub fn writes(&self) -> u64 {
        self.writes.load(Ordering::Relaxed)
    }

    pub(super) fn count(&self, writes: usize, changed: bool) {
        self.writes.fetch_add(writes as u64, Ordering::Relaxed);
        self.commits.fetch_add(changed.into(), Ordering::Relaxed);
    }
}
