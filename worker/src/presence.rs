//! Keeps one call open as long as this worker lives: the manager sees its death in the end of that connection.

use std::{sync::Arc, time::Duration};

use ampoule_protocol::{AttendRequest, Tokens};
use tokio::time;

use crate::{LeaseClient, slots::Slots};

/// How long the call is held, below the idle timeouts of what may stand between.
const WAIT: Duration = Duration::from_secs(40);
/// Pause after a call that failed, doubled each time. The first is short: within a second after a connection broke, the manager wants to see
/// the leases renewed, by whichever connection and to whichever manager.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(20), Duration::from_secs(1));

/// Attends until it is aborted.
pub(crate) async fn attend(client: LeaseClient, slots: Arc<Slots>, worker: String) {
    let request = AttendRequest { worker, wait_ms: WAIT.as_millis() as u64 };
    let mut back_off = BACK_OFF.0;
    loop {
        match client.attend(&request).await {
            Ok(()) => back_off = BACK_OFF.0,
            Err(error) if error.is_passing() => {
                tracing::debug!(%error, "the connection to the manager broke");
                let tokens = slots.tokens();
                let renewed = tokens.is_empty() || client.renew(&Tokens { tokens }).await.is_ok();
                if !renewed {
                    time::sleep(back_off).await;
                    back_off = (back_off * 2).min(BACK_OFF.1);
                }
            }
            Err(error) => {
                // An older manager knows nothing of this; leases that run out do the same, later.
                tracing::warn!(%error, "the manager does not watch this worker's connection");
                return;
            }
        }
    }
}
