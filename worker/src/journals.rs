use std::{path::Path, time::Duration};

use ampoule_protocol::{LeaseToken, MAX_KEPT_JOURNAL_BYTES};
use tokio::time::sleep;

use crate::LeaseClient;

/// Pauses between tries to hand a journal in: the run's report waits for it.
const PAUSES: [Duration; 3] = [Duration::from_millis(100), Duration::from_millis(500), Duration::from_secs(2)];

/// Gives a run's journal to the manager, unless it is too large for that, and keeps it as `JOB-ATTEMPT.journal` if there is a folder. One that cannot be kept is
/// told to our log; the run is what it is.
pub(crate) async fn keep(client: &LeaseClient, folder: Option<&Path>, token: LeaseToken, journal: Option<Vec<u8>>) {
    let Some(journal) = journal else {
        return tracing::warn!(job = %token.job_id, attempt = token.attempt, "the run heard more than a journal holds: none is kept");
    };
    if let Some(folder) = folder {
        let path = folder.join(format!("{}-{}.journal", token.job_id, token.attempt));
        let copy = journal.clone();
        let kept = tokio::task::spawn_blocking(move || std::fs::write(&path, copy).map_err(|error| (path, error))).await;
        if let Ok(Err((path, error))) = kept {
            tracing::error!(path = %path.display(), %error, "a journal is not kept");
        }
    }
    if journal.len() as u64 > MAX_KEPT_JOURNAL_BYTES {
        return tracing::warn!(job = %token.job_id, bytes = journal.len(), "a journal is larger than the manager keeps");
    }
    for pause in PAUSES {
        match client.keep_journal(token, journal.clone()).await {
            Ok(()) => return,
            Err(error) if error.is_passing() => {
                tracing::warn!(%error, "a journal could not be handed in, trying again in {pause:?}");
                sleep(pause).await;
            }
            Err(error) => return tracing::warn!(%error, job = %token.job_id, "the manager keeps no journal of this run"),
        }
    }
}
