//! Jobs that runs submit: whose they are, and that they are stored and cancelled only while the run's lease is held.

use ampoule_protocol::{CancelledBy, Grants, JobId, LeaseToken, ReplayOf, TenantName};
use jiff::Timestamp;

use super::{
    Cancel, Queue, QueueError, Scope, Store, ask,
    life::{Life, Terms},
};

/// A running job, as it matters to the jobs that it submits.
#[derive(Clone, Debug, PartialEq)]
pub struct Family {
    /// Under which lease it runs.
    pub token: LeaseToken,
    /// Whose it is, and its children's.
    pub tenant: TenantName,
    /// What it is granted.
    pub grants: Grants,
    /// The client's job at the beginning: itself, if nothing submitted it.
    pub root: JobId,
    /// How many jobs stand above it.
    pub depth: u32,
    /// What it replays.
    pub replays: Option<ReplayOf>,
}

impl Family {
    /// What the row says, if the lease is held.
    pub(super) fn of(life: Life, scope: &Scope, token: LeaseToken, root: Option<JobId>, depth: u32) -> Option<Self> {
        let held = scope.admits(&life.tenant) && life.holds(&token);
        let root = root.unwrap_or(life.id);
        let Terms { grants, replays, .. } = life.terms;
        held.then(|| Self { token, tenant: life.tenant, grants: grants.unwrap_or_default(), root, depth, replays })
    }
}

impl Queue {
    /// The job under this lease. `None`: it is not held.
    pub async fn family(&self, scope: &Scope, token: LeaseToken) -> Result<Option<Family>, QueueError> {
        ask!(self, store => store.family(scope, token).await)
    }

    /// Cancels a job that one under this lease submitted, whose it must be. `None`: the lease is not held.
    pub async fn cancel_child(
        &self,
        scope: &Scope,
        token: LeaseToken,
        id: JobId,
        by: CancelledBy,
        now: Timestamp,
    ) -> Result<Option<Cancel>, QueueError> {
        ask!(self, store => store.cancel_child(scope, token, id, by, now.as_millisecond()).await)
    }
}
