//! What outlives a run is the manager's to keep: asked for under the run's lease, so that a run which has lost it changes nothing.

use std::{sync::Arc, time::Duration};

use ampoule_host_api::{Backed, Backing, BackingError};
use ampoule_protocol::{ChildAsk, ChildRequest, ChildView, KvAnswer, KvAsk, KvRequest, LeaseState, LeaseToken, Progress, Tokens};
use tokio::time::{Instant, sleep};

use crate::{ClientError, LeaseClient, log_lines::LogLines};

/// How long a manager that cannot be asked is waited for: one that is restarted is back sooner. The run's wall time ends it earlier.
const PATIENCE: Duration = Duration::from_secs(15);

/// Pause before the first other try, doubled each time.
const BACK_OFF: Duration = Duration::from_millis(50);

/// The manager, for one lease.
#[derive(Debug)]
pub(crate) struct LeaseBacking {
    pub(crate) client: LeaseClient,
    pub(crate) log: Arc<LogLines>,
    pub(crate) token: LeaseToken,
}

impl Backing for LeaseBacking {
    fn kv(&self, namespace: &str, ask: KvAsk) -> Backed<KvAnswer> {
        let client = self.client.clone();
        let is_read = !ask.writes();
        let request = KvRequest { token: self.token, namespace: namespace.to_owned(), ask };
        Box::pin(async move { insist(is_read, || client.kv(&request)).await })
    }

    fn jobs(&self, ask: ChildAsk) -> Backed<ChildView> {
        let client = self.client.clone();
        let request = ChildRequest { token: self.token, ask };
        // A job that is stored already is found by its place, and a cancelled one stays so.
        Box::pin(async move { insist(true, || client.jobs(&request)).await })
    }

    fn held(&self) -> Backed<()> {
        let (client, tokens) = (self.client.clone(), Tokens { tokens: vec![self.token] });
        Box::pin(async move {
            let states = insist(true, || client.renew(&tokens)).await?;
            match states.results.first().map(|result| result.state) {
                Some(LeaseState::Held | LeaseState::Cancelled) => Ok(()),
                _ => Err(BackingError::LostLease),
            }
        })
    }

    fn progress(&self, progress: Progress) {
        self.log.progress(self.token, progress);
    }
}

/// Asks until there is an answer, for a while. What may have been carried out is not asked for again: nobody could tell whether it was done twice.
async fn insist<T, F: Future<Output = Result<T, ClientError>>>(is_repeatable: bool, ask: impl Fn() -> F) -> Result<T, BackingError> {
    let (started, mut pause) = (Instant::now(), BACK_OFF);
    loop {
        let error = match ask().await {
            Ok(answer) => return Ok(answer),
            Err(ClientError::Refused { code, .. }) if code == "lease_lost" => return Err(BackingError::LostLease),
            Err(ClientError::Refused { code, .. }) if code == "job_not_found" => return Err(BackingError::NoJob),
            Err(ClientError::Refused { detail, .. }) => return Err(BackingError::Refused(detail)),
            Err(error) => error,
        };
        if !is_repeatable && !error.is_unsent() {
            tracing::warn!(%error, "the answer to a write got lost");
            return Err(BackingError::Unknown);
        }
        if started.elapsed() > PATIENCE {
            tracing::warn!(%error, "the manager could not be asked");
            return Err(BackingError::Unavailable);
        }
        sleep(pause).await;
        pause *= 2;
    }
}
