//! Tells other managers of the same database that something was done, so that those who wait there look again.
//!
//! Notifications are sent outside the transactions that they tell of, and at most every [`PAUSE`]: the server sends one at a time. One that
//! gets lost costs time and nothing else, because everybody also looks without being told.

use std::{
    collections::BTreeSet,
    future::poll_fn,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use ampoule_protocol::JobId;
use deadpool_postgres::Pool;
use tokio::sync::Notify;
use tokio_postgres::AsyncMessage;
use tokio_util::sync::CancellationToken;

use super::session::{self, Server};
use crate::queue::{Event, QueueError, Wake, WakeSink};

/// The channel.
const CHANNEL: &str = "ampoule";
/// Time between two notifications.
const PAUSE: Duration = Duration::from_millis(5);
/// Most bytes of a notification: the server's limit is 8000.
const MAX_BYTES: usize = 7_900;
/// Time between tries to listen again; until it works, everybody looks this often.
const RETRY: Duration = Duration::from_secs(1);

/// What has been done and not been told yet.
pub(super) struct Wakes {
    /// Names this process, which needs no notification from itself.
    origin: String,
    pending: Mutex<BTreeSet<String>>,
    some: Notify,
}

impl Wakes {
    pub(super) fn new() -> Self {
        Self { origin: JobId::new().to_string(), pending: Mutex::default(), some: Notify::new() }
    }

    /// Takes note of what was committed.
    pub(super) fn tell(&self, events: &[Event]) {
        let mut pending = self.pending.lock().unwrap_or_else(PoisonError::into_inner);
        for event in events {
            match event {
                Event::Queued => drop(pending.insert("w".to_owned())),
                Event::Finished { id, .. } => drop(pending.insert(format!("f{id}"))),
                Event::CancelRequested { worker } => drop(pending.insert(format!("c{worker}"))),
                Event::Submitted
                | Event::Delayed
                // Who follows a log through another manager looks often enough.
                | Event::Logged { .. }
                | Event::Started { .. }
                | Event::LeaseLost
                | Event::LeaseReleased
                | Event::StaleReport => {}
            }
        }
        if !pending.is_empty() {
            self.some.notify_one();
        }
    }

    /// The next notification: the origin and one line for each wake. One that would be too long says only that there was something.
    fn payload(&self) -> String {
        let pending = std::mem::take(&mut *self.pending.lock().unwrap_or_else(PoisonError::into_inner));
        let bytes: usize = pending.iter().map(|line| line.len() + 1).sum();
        let lines = if bytes + self.origin.len() > MAX_BYTES { BTreeSet::from(["a".to_owned()]) } else { pending };
        [self.origin.clone()].into_iter().chain(lines).collect::<Vec<_>>().join("\n")
    }

    /// What a notification of another manager says.
    fn heard(&self, payload: &str) -> Vec<Wake> {
        let mut lines = payload.split('\n');
        if lines.next() == Some(self.origin.as_str()) {
            return Vec::new();
        }
        let wake = |line: &str| match line.split_at_checked(1) {
            Some(("w", _)) => Wake::Work,
            Some(("f", id)) => id.parse().map_or(Wake::All, Wake::Finished),
            Some(("c", worker)) => Wake::Cancel(worker.to_owned()),
            _ => Wake::All,
        };
        lines.map(wake).collect()
    }

    /// Sends what is told, until `stop`.
    pub(super) async fn send(self: Arc<Self>, pool: Pool, stop: CancellationToken) {
        loop {
            tokio::select! { () = self.some.notified() => {}, () = stop.cancelled() => return }
            tokio::time::sleep(PAUSE).await;
            let sent: Result<(), QueueError> = async {
                let client = session::lend(&pool).await?;
                let notify = client.prepare_cached("SELECT pg_notify($1, $2)").await?;
                client.execute(&notify, &[&CHANNEL, &self.payload()]).await?;
                Ok(())
            }
            .await;
            if let Err(err) = sent {
                tracing::debug!(%err, "other managers were not notified; they will look by themselves");
            }
        }
    }

    /// Hears what other managers tell, until `stop`. While it cannot, it wakes everybody every now and then.
    pub(super) async fn hear(self: Arc<Self>, server: Server, woken: WakeSink, stop: CancellationToken) {
        while !stop.is_cancelled() {
            tokio::select! {
                ended = self.listen(&server, &woken) => if let Err(err) = ended {
                    tracing::warn!(%err, "not listening for other managers, trying again");
                },
                () = stop.cancelled() => return,
            }
            woken(Wake::All);
            tokio::select! { () = tokio::time::sleep(RETRY) => {}, () = stop.cancelled() => return }
        }
    }

    async fn listen(&self, server: &Server, woken: &WakeSink) -> Result<(), tokio_postgres::Error> {
        let (client, mut connection) = server.connect().await?;
        let listen = client.batch_execute("LISTEN ampoule");
        tokio::pin!(listen);
        let mut listening = false;
        loop {
            tokio::select! {
                message = poll_fn(|context| connection.poll_message(context)) => match message {
                    Some(Ok(AsyncMessage::Notification(told))) => self.heard(told.payload()).into_iter().for_each(|wake| woken(wake)),
                    Some(Ok(_)) => {}
                    Some(Err(err)) => return Err(err),
                    None => return Ok(()),
                },
                done = &mut listen, if !listening => {
                    done?;
                    listening = true;
                    // What was done before this moment was not heard.
                    woken(Wake::All);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_is_heard_by_others_alone() {
        let (ours, theirs) = (Wakes::new(), Wakes::new());
        let id = JobId::new();
        let cancel = Event::CancelRequested { worker: "w 1".into() };
        ours.tell(&[Event::Submitted, Event::Queued, Event::Queued, Event::Finished { id, outcome: "returned" }, cancel]);
        let payload = ours.payload();
        assert_eq!(ours.heard(&payload), []);
        assert_eq!(theirs.heard(&payload), [Wake::Cancel("w 1".into()), Wake::Finished(id), Wake::Work]);
        assert_eq!(ours.payload(), ours.origin);
    }

    #[test]
    fn too_much_to_tell_becomes_one_wake() {
        let (ours, theirs) = (Wakes::new(), Wakes::new());
        ours.tell(&(0..1000).map(|_| Event::Finished { id: JobId::new(), outcome: "returned" }).collect::<Vec<_>>());
        let payload = ours.payload();
        assert!(payload.len() < MAX_BYTES);
        assert_eq!(theirs.heard(&payload), [Wake::All]);
    }
}
