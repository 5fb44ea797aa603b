//! Jobs whose time has come, leases that ran out, jobs too old: what becomes due.

use std::collections::BTreeSet;

use ampoule_protocol::JobId;
use deadpool_postgres::Transaction;

use super::{lives, rows};
use crate::queue::{Event, QueueError};

type Done<T> = Result<T, QueueError>;

/// Jobs that one sweep takes on of each kind: bounds how long other writes wait for it.
pub(super) const STEP: i64 = 500;

/// Lets those wait for a key or for a worker that have waited for their time.
pub(super) async fn promote(tx: &Transaction<'_>, now_ms: i64, events: &mut Vec<Event>) -> Done<usize> {
    let due = tx
        .prepare_cached(
            "SELECT seq, tenant, concurrency_key FROM jobs WHERE state = 0 AND hold = 1 AND due_ms <= $1 ORDER BY due_ms, seq LIMIT $2",
        )
        .await?;
    let due = tx.query(&due, &[&now_ms, &STEP]).await?;
    if due.is_empty() {
        return Ok(0);
    }
    // Keys are locked before jobs; both can have changed since they were read.
    let mut keys: BTreeSet<lives::Key> = BTreeSet::new();
    for row in &due {
        if let Some(key) = row.try_get("concurrency_key")? {
            keys.insert((rows::tenant(row)?, key));
        }
    }
    lives::lock_keys(tx, &keys).await?;
    let seqs: Vec<i64> = due.iter().map(|row| row.try_get("seq")).collect::<Result<_, _>>()?;
    let update = tx
        .prepare_cached(
            "UPDATE jobs SET hold = CASE WHEN concurrency_key IS NULL THEN 0 ELSE 2 END
             WHERE seq IN (SELECT seq FROM jobs WHERE seq = ANY ($1) AND state = 0 AND hold = 1 ORDER BY seq FOR UPDATE SKIP LOCKED)
             RETURNING concurrency_key IS NULL",
        )
        .await?;
    let promoted = tx.query(&update, &[&seqs]).await?;
    for row in &promoted {
        if row.try_get(0)? {
            events.push(Event::Queued);
        }
    }
    for (tenant, key) in &keys {
        if !lives::is_taken(tx, tenant, key).await? {
            lives::pass_on(tx, tenant, key, events).await?;
        }
    }
    Ok(promoted.len())
}

/// The running jobs whose lease has run out, and the waiting ones that should have started by now.
pub(super) async fn overdue(tx: &Transaction<'_>, now_ms: i64) -> Done<Vec<JobId>> {
    let mut ids = Vec::new();
    for sql in [
        "SELECT id FROM jobs WHERE state = 1 AND lease_until_ms <= $1 ORDER BY lease_until_ms LIMIT $2",
        "SELECT id FROM jobs WHERE state = 0 AND start_by_ms IS NOT NULL AND start_by_ms <= $1 ORDER BY start_by_ms LIMIT $2",
    ] {
        let query = tx.prepare_cached(sql).await?;
        for row in tx.query(&query, &[&now_ms, &STEP]).await? {
            ids.push(rows::id(&row)?);
        }
    }
    Ok(ids)
}

/// Deletes some of the jobs that ended before this moment, with all that belongs to them: how many. In one statement: nobody changes a job
/// that has ended but a retry, which then finds none.
pub(super) async fn prune(client: &impl deadpool_postgres::GenericClient, before_ms: i64) -> Done<u32> {
    let delete = client
        .prepare_cached(
            "WITH old AS MATERIALIZED (
                 DELETE FROM jobs WHERE seq IN (SELECT seq FROM jobs WHERE finished_ms IS NOT NULL AND finished_ms < $1
                                                ORDER BY finished_ms LIMIT $2 FOR UPDATE SKIP LOCKED) RETURNING seq, id),
                 a AS (DELETE FROM payloads WHERE seq IN (SELECT seq FROM old)),
                 b AS (DELETE FROM outcomes WHERE seq IN (SELECT seq FROM old)),
                 c AS (DELETE FROM logs WHERE seq IN (SELECT seq FROM old)),
                 g AS (DELETE FROM journals WHERE seq IN (SELECT seq FROM old)),
                 d AS (DELETE FROM lost_attempts WHERE seq IN (SELECT seq FROM old)),
                 e AS (DELETE FROM tags WHERE seq IN (SELECT seq FROM old)),
                 f AS (DELETE FROM idempotency_keys WHERE id IN (SELECT id FROM old))
             SELECT count(*) FROM old",
        )
        .await?;
    let row = client.query_one(&delete, &[&before_ms, &STEP]).await?;
    Ok(u32::try_from(row.try_get::<_, i64>(0)?).unwrap_or(u32::MAX))
}
