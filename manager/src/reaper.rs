//! Does what becomes due: gives jobs back whose worker went silent, lets jobs start whose time has come, forgets old ones. Safe to run at any
//! time, twice, and by several managers.

use std::time::Duration;

use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::{notify::Bells, queue::Queue};

/// How long a lost lease, or another manager's doing, can stay unnoticed.
const ROUND: Duration = Duration::from_secs(1);

/// Time between two looks for jobs to forget.
const PRUNING: Duration = Duration::from_secs(30);

/// Sweeps at once, then every second and whenever a job's time comes, until told to stop.
pub(crate) async fn run(queue: &Queue, bells: &Bells, retention: Duration, stop: &CancellationToken) {
    let mut pruned = None::<Instant>;
    while !stop.is_cancelled() {
        // Heard from before the look, so that no job is missed whose time comes sooner than what was seen.
        let delayed = bells.delayed();
        let next_due_ms = sweep(queue, bells).await;
        if pruned.is_none_or(|at| at.elapsed() >= PRUNING) {
            prune(queue, retention, stop).await;
            expire_keys(queue, stop).await;
            pruned = Some(Instant::now());
        }
        let until_due = next_due_ms.map(|ms| Duration::from_millis((ms - queue.now().as_millisecond()).max(1).unsigned_abs()));
        tokio::select! {
            () = tokio::time::sleep(until_due.unwrap_or(ROUND).min(ROUND)) => {}
            () = delayed => {}
            () = stop.cancelled() => {}
        }
    }
}

async fn sweep(queue: &Queue, bells: &Bells) -> Option<i64> {
    loop {
        match queue.sweep(queue.now()).await {
            Ok(swept) => {
                // Whoever was woken for a job may have gone before it leased it; and another manager's ring can get lost.
                if swept.waiting {
                    bells.ring_work();
                }
                if !swept.more {
                    return swept.next_due_ms;
                }
            }
            Err(err) => {
                tracing::error!(%err, "failed to sweep for what is due");
                return None;
            }
        }
    }
}

async fn prune(queue: &Queue, retention: Duration, stop: &CancellationToken) {
    let Ok(before) = queue.now().checked_sub(retention) else { return };
    while !stop.is_cancelled() {
        match queue.prune(before).await {
            Ok(0) => return,
            Ok(count) => tracing::debug!(count, "forgot jobs that ended long ago"),
            Err(err) => {
                tracing::error!(%err, "failed to forget old jobs");
                return;
            }
        }
    }
}

async fn expire_keys(queue: &Queue, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match queue.expire_keys(queue.now()).await {
            Ok(0) => return,
            Ok(count) => tracing::debug!(count, "removed keys whose time is over"),
            Err(err) => {
                tracing::error!(%err, "failed to remove keys whose time is over");
                return;
            }
        }
    }
}
