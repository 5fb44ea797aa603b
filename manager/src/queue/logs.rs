//! The logs of runs: appended while they go on, read at any time.

use ampoule_protocol::{JobId, JobState, LogPage, Progress, TenantName, TokenState};
use jiff::Timestamp;

use super::{FiledLines, Queue, QueueError, Scope, Store, ask};

/// A page of a job's log, and where the job was before the page was read.
#[derive(Clone, Debug, PartialEq)]
pub struct LogView {
    /// The job's state. When it is final, the page lacks nothing.
    pub state: JobState,
    /// Number of its current or last attempt.
    pub last_attempt: u32,
    /// Kind of its outcome.
    pub outcome: Option<String>,
    /// How far it has come, by its own account.
    pub progress: Option<Progress>,
    /// The page.
    pub page: LogPage,
}

impl LogView {
    /// A page without lines.
    pub(super) fn empty(state: JobState, last_attempt: u32, outcome: Option<String>, attempt: u32, from: u64) -> Self {
        let is_over = state.is_final() || attempt < last_attempt;
        Self {
            state,
            last_attempt,
            outcome,
            progress: None,
            page: LogPage { attempt, items: Vec::new(), next_offset: (!is_over).then_some(from) },
        }
    }
}

impl Queue {
    /// Stores lines of runs that go on, under leases that are held; lines that are stored already are not stored again.
    pub async fn append_logs(&self, scope: &Scope, appends: Vec<FiledLines>, now: Timestamp) -> Result<Vec<TokenState>, QueueError> {
        ask!(self, store => store.append_logs(scope, appends, now).await)
    }

    /// A page of the log of an attempt, of the current or last one if none is named. `None`: its tenant has no such job.
    pub async fn logs(
        &self,
        tenant: &TenantName,
        id: JobId,
        attempt: Option<u32>,
        from: u64,
        limit: u32,
    ) -> Result<Option<LogView>, QueueError> {
        ask!(self, store => store.logs(tenant, id, attempt, from, limit).await)
    }

    /// Takes back the leases of a worker whose connection broke at `dropped`, but for those that were renewed or given out since: how many.
    pub async fn drop_worker(&self, worker: &str, dropped: Timestamp, now: Timestamp) -> Result<u32, QueueError> {
        ask!(self, store => store.drop_worker(worker, dropped.as_millisecond(), now.as_millisecond()).await)
    }
}
