//! Journals of recorded runs, as workers bring them.

use ampoule_protocol::{JobId, LeaseToken, TenantName};

use super::{Queue, QueueError, Scope, Store, ask};

impl Queue {
    /// Keeps the journal of the attempt under this lease, in place of one that came before. False: the lease is not held.
    pub async fn keep_journal(&self, scope: &Scope, token: LeaseToken, journal: Vec<u8>) -> Result<bool, QueueError> {
        ask!(self, store => store.keep_journal(scope, token, journal).await)
    }

    /// The journal of an attempt, or of the last one that has one. `None`: the tenant has no such job, or there is no journal.
    pub async fn journal(&self, tenant: &TenantName, id: JobId, attempt: Option<u32>) -> Result<Option<Vec<u8>>, QueueError> {
        ask!(self, store => store.journal(tenant, id, attempt).await)
    }

    /// The attempt whose journal [`journal`](Self::journal) gives.
    pub async fn recorded(&self, tenant: &TenantName, id: JobId, attempt: Option<u32>) -> Result<Option<u32>, QueueError> {
        ask!(self, store => store.recorded(tenant, id, attempt).await)
    }
}
