//! The database server's clock, which the managers that share it go by.

use std::{
    sync::atomic::{AtomicI64, Ordering},
    time::{Duration, Instant},
};

use deadpool_postgres::Pool;
use jiff::Timestamp;
use tokio_util::sync::CancellationToken;

use super::session;
use crate::queue::QueueError;

/// Time between two looks at the server's clock. Between them our own monotonic clock goes on, which drifts by microseconds.
const ROUND: Duration = Duration::from_secs(10);

/// What the server's clock shows, without asking it each time.
#[derive(Debug)]
pub(super) struct Clock {
    began: Instant,
    /// The server's time when our clock began, in milliseconds since 1970.
    began_ms: AtomicI64,
}

impl Clock {
    pub(super) fn new() -> Self {
        Self { began: Instant::now(), began_ms: AtomicI64::new(Timestamp::now().as_millisecond()) }
    }

    pub(super) fn now(&self) -> Timestamp {
        let ms = self.began_ms.load(Ordering::Relaxed) + self.began.elapsed().as_millis() as i64;
        Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    /// Sets it by the server's. The answer is taken for the middle of the time that it took.
    pub(super) async fn set(&self, pool: &Pool) -> Result<(), QueueError> {
        let client = session::lend(pool).await?;
        let query = client.prepare_cached("SELECT (extract(epoch FROM clock_timestamp()) * 1000)::bigint").await?;
        let asked = self.began.elapsed();
        let server_ms: i64 = client.query_one(&query, &[]).await?.try_get(0)?;
        let middle = (asked + self.began.elapsed()) / 2;
        self.began_ms.store(server_ms - middle.as_millis() as i64, Ordering::Relaxed);
        Ok(())
    }

    /// Keeps it set, until `stop`.
    pub(super) async fn keep(&self, pool: &Pool, stop: &CancellationToken) {
        while tokio::time::timeout(ROUND, stop.cancelled()).await.is_err() {
            if let Err(err) = self.set(pool).await {
                tracing::debug!(%err, "the server's clock was not read");
            }
        }
    }
}
