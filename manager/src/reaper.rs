//! Gives jobs back whose worker went silent. Safe to run at any time, twice, and by several managers.

use std::time::Duration;

use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use crate::{notify::Bells, queue::Queue};

/// How long a lost lease can stay unnoticed.
const ROUND: Duration = Duration::from_secs(1);

/// Sweeps at once and then every second, until told to stop.
pub(crate) async fn run(queue: &Queue, bells: &Bells, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        sweep(queue, bells).await;
        let _ = tokio::time::timeout(ROUND, stop.cancelled()).await;
    }
}

async fn sweep(queue: &Queue, bells: &Bells) {
    loop {
        match queue.sweep(Timestamp::now()).await {
            Ok(swept) => {
                // Whoever was woken for a job may have gone before it leased it; and another manager rings no bell here.
                if swept.waiting {
                    bells.ring_work();
                }
                if !swept.more {
                    return;
                }
            }
            Err(err) => {
                tracing::error!(%err, "failed to sweep for lost leases");
                return;
            }
        }
    }
}
