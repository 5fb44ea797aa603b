use std::path::Path;

use ampoule_protocol::LeaseToken;

/// Keeps a run's journal as `JOB-ATTEMPT.journal`. One that cannot be kept is told to our log; the run is what it is.
pub(crate) async fn keep(folder: &Path, token: LeaseToken, journal: Option<Vec<u8>>) {
    let Some(journal) = journal else {
        return tracing::warn!(job = %token.job_id, attempt = token.attempt, "the run heard more than a journal holds: none is kept");
    };
    let path = folder.join(format!("{}-{}.journal", token.job_id, token.attempt));
    let kept = tokio::task::spawn_blocking(move || std::fs::write(&path, journal).map_err(|error| (path, error))).await;
    if let Ok(Err((path, error))) = kept {
        tracing::error!(path = %path.display(), %error, "a journal is not kept");
    }
}
