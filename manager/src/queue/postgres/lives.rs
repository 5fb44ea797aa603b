//! Loads jobs under a lock, and writes back many at once.
//!
//! Locks are taken in one order everywhere: first those of concurrency keys, then those of jobs.

use std::collections::{BTreeSet, HashMap};

use ampoule_protocol::{JobId, Limits, LostAttempt, Outcome, TenantName};
use deadpool_postgres::Transaction;

use super::{logs, rows};
use crate::queue::{
    Event, Filed, FiledLines, QueueError,
    filed::LogChunk,
    life::{Effects, Life, lost_json},
    submitted::json,
};

type Done<T> = Result<T, QueueError>;

/// A concurrency key, and whose it is.
pub(super) type Key = (TenantName, String);

/// Locks the concurrency keys of these jobs, for the rest of the transaction.
pub(super) async fn lock_keys_of(tx: &Transaction<'_>, ids: &[JobId]) -> Done<()> {
    let ids: Vec<_> = ids.iter().map(|id| rows::uuid(*id)).collect();
    let keys =
        tx.prepare_cached("SELECT DISTINCT tenant, concurrency_key FROM jobs WHERE id = ANY ($1) AND concurrency_key IS NOT NULL").await?;
    let keys = tx.query(&keys, &[&ids]).await?;
    lock_keys(tx, &keys.iter().map(|row| Ok((rows::tenant(row)?, row.try_get("concurrency_key")?))).collect::<Done<_>>()?).await
}

/// Locks concurrency keys, in their order, for the rest of the transaction.
pub(super) async fn lock_keys(tx: &Transaction<'_>, keys: &BTreeSet<Key>) -> Done<()> {
    for (tenant, key) in keys {
        let lock = tx.prepare_cached("SELECT pg_advisory_xact_lock(hashtextextended($1, hashtextextended($2, 1)))").await?;
        tx.query_one(&lock, &[key, &tenant.as_str()]).await?;
    }
    Ok(())
}

/// The jobs that are there, locked.
pub(super) async fn load(tx: &Transaction<'_>, ids: &[JobId]) -> Done<HashMap<JobId, Life>> {
    let ids: Vec<_> = ids.iter().map(|id| rows::uuid(*id)).collect();
    let query = tx.prepare_cached(&format!("{} FROM jobs WHERE id = ANY ($1) ORDER BY seq FOR UPDATE", rows::LIFE)).await?;
    let found = tx.query(&query, &[&ids]).await?;
    found.iter().map(|row| rows::life(row).map(|life| (life.id, life))).collect()
}

/// Writes changed lives back.
pub(super) async fn save(tx: &Transaction<'_>, lives: &[&Life]) -> Done<()> {
    if lives.is_empty() {
        return Ok(());
    }
    let update = tx
        .prepare_cached(
            "UPDATE jobs j SET state = c.state, hold = c.hold, attempt = c.attempt, losses = c.losses, cancelled_by = c.cancelled_by,
                    worker = c.worker, lease_until_ms = c.lease_until_ms, queued_ms = c.queued_ms, due_ms = c.due_ms,
                    start_by_ms = c.start_by_ms, started_ms = c.started_ms, finished_ms = c.finished_ms, dead = c.dead
             FROM unnest($1::bigint[], $2::smallint[], $3::smallint[], $4::integer[], $5::integer[], $6::text[], $7::text[], $8::bigint[],
                         $9::bigint[], $10::bigint[], $11::bigint[], $12::bigint[], $13::bigint[], $14::boolean[])
                  AS c (seq, state, hold, attempt, losses, cancelled_by, worker, lease_until_ms, queued_ms, due_ms, start_by_ms, started_ms,
                        finished_ms, dead)
             WHERE j.seq = c.seq",
        )
        .await?;
    macro_rules! column {
        ($of:expr) => {
            &lives.iter().map($of).collect::<Vec<_>>()
        };
    }
    let changed = tx
        .execute(
            &update,
            &[
                column!(|life| life.seq),
                column!(|life| rows::state_number(life.state)),
                column!(|life| life.hold.number()),
                column!(|life| life.attempt.cast_signed()),
                column!(|life| life.losses.cast_signed()),
                column!(|life| life.cancel.as_ref().map(json)),
                column!(|life| life.worker.as_deref()),
                column!(|life| life.lease_until_ms),
                column!(|life| life.queued_ms),
                column!(|life| life.due_ms),
                column!(|life| life.start_by_ms),
                column!(|life| life.started_ms),
                column!(|life| life.finished_ms),
                column!(|life| life.dead),
            ],
        )
        .await?;
    debug_assert_eq!(changed, lives.len() as u64);
    Ok(())
}

/// Writes what changes bring along beside the jobs' own rows.
#[derive(Default)]
pub(super) struct Aside<'r> {
    pub(super) events: Vec<Event>,
    ends: Vec<(i64, String, Option<&'r Filed>)>,
    logs: Vec<(i64, u32, Limits, &'r [LogChunk])>,
    progress: Vec<(i64, &'r str)>,
    lost: Vec<(i64, LostAttempt)>,
    freed_keys: BTreeSet<Key>,
}

impl<'r> Aside<'r> {
    /// Takes the effects of a change to this job.
    pub(super) fn take(&mut self, life: &Life, effects: Effects<'r>) {
        self.events.extend(effects.events);
        self.ends.extend(effects.end.map(|end| (life.seq, end.outcome_json.into_owned(), end.run)));
        self.logs.extend(effects.logs.map(|filed| (life.seq, filed.token.attempt, life.terms.limits.clone(), &filed.logs[..])));
        self.lost.extend(effects.lost.filter(|lost| lost.attempt > 0).map(|lost| (life.seq, lost)));
        self.freed_keys.extend(life.key.clone().filter(|_| effects.frees_key).map(|key| (life.tenant.clone(), key)));
    }

    /// Takes lines of a run that goes on.
    pub(super) fn append(&mut self, life: &Life, filed: &'r FiledLines) {
        self.events.push(Event::Logged { id: life.id });
        self.logs.push((life.seq, life.attempt, life.terms.limits.clone(), &filed.logs));
        self.progress.extend(filed.progress_json.as_deref().map(|json| (life.seq, json)));
    }

    /// An end that is not to be written after all.
    pub(super) fn take_back_end(&mut self, seq: i64) -> Option<Outcome> {
        let k = self.ends.iter().position(|(ended, ..)| *ended == seq)?;
        serde_json::from_str(&self.ends.remove(k).1).ok()
    }

    /// Writes all, the jobs' rows having been written, and passes concurrency keys on. Their locks must be held.
    pub(super) async fn write(&mut self, tx: &Transaction<'_>) -> Done<()> {
        futures_util::try_join!(self.write_ends(tx), self.write_logs(tx), self.write_lost(tx))?;
        for (tenant, key) in std::mem::take(&mut self.freed_keys) {
            pass_on(tx, &tenant, &key, &mut self.events).await?;
        }
        Ok(())
    }

    async fn write_ends(&self, tx: &Transaction<'_>) -> Done<()> {
        if self.ends.is_empty() {
            return Ok(());
        }
        let insert = tx
            .prepare_cached(
                "INSERT INTO outcomes (seq, outcome, usage, engine) SELECT * FROM unnest($1::bigint[], $2::text[], $3::text[], $4::text[])",
            )
            .await?;
        let seqs: Vec<i64> = self.ends.iter().map(|(seq, ..)| *seq).collect();
        let outcomes: Vec<&str> = self.ends.iter().map(|(_, outcome, _)| outcome.as_str()).collect();
        let usages: Vec<Option<&str>> = self.ends.iter().map(|(.., run)| run.map(|filed| filed.usage_json.as_str())).collect();
        let engines: Vec<Option<&str>> = self.ends.iter().map(|(.., run)| run.map(|filed| filed.engine.as_str())).collect();
        tx.execute(&insert, &[&seqs, &outcomes, &usages, &engines]).await?;
        Ok(())
    }

    async fn write_logs(&self, tx: &Transaction<'_>) -> Done<()> {
        // One after the other: what a run appended comes before what it reports.
        for (seq, attempt, limits, chunks) in &self.logs {
            logs::write(tx, *seq, *attempt, limits, chunks).await?;
        }
        for (seq, json) in &self.progress {
            let update = tx.prepare_cached("UPDATE jobs SET progress = $2 WHERE seq = $1").await?;
            tx.execute(&update, &[seq, json]).await?;
        }
        Ok(())
    }

    async fn write_lost(&self, tx: &Transaction<'_>) -> Done<()> {
        if self.lost.is_empty() {
            return Ok(());
        }
        let insert = tx
            .prepare_cached(
                "INSERT INTO lost_attempts (seq, attempt, lost) SELECT * FROM unnest($1::bigint[], $2::integer[], $3::text[])
                 ON CONFLICT DO NOTHING",
            )
            .await?;
        let seqs: Vec<i64> = self.lost.iter().map(|(seq, _)| *seq).collect();
        let attempts: Vec<i32> = self.lost.iter().map(|(_, lost)| lost.attempt.cast_signed()).collect();
        let texts: Vec<String> = self.lost.iter().map(|(_, lost)| lost_json(lost)).collect();
        tx.execute(&insert, &[&seqs, &attempts, &texts]).await?;
        Ok(())
    }
}

/// Gives a concurrency key that nobody has any more to the first job that waits for it. The key's lock must be held.
pub(super) async fn pass_on(tx: &Transaction<'_>, tenant: &TenantName, key: &str, events: &mut Vec<Event>) -> Done<()> {
    let next = tx
        .prepare_cached(
            "SELECT seq FROM jobs WHERE state = 0 AND hold = 2 AND tenant = $1 AND concurrency_key = $2 ORDER BY priority DESC, seq LIMIT 1",
        )
        .await?;
    let tenant = tenant.as_str();
    let Some(row) = tx.query_opt(&next, &[&tenant, &key]).await? else {
        let free = tx.prepare_cached("DELETE FROM concurrency_keys WHERE tenant = $1 AND key = $2").await?;
        tx.execute(&free, &[&tenant, &key]).await?;
        return Ok(());
    };
    let seq: i64 = row.try_get(0)?;
    let take = tx
        .prepare_cached(
            "INSERT INTO concurrency_keys (tenant, key, seq) VALUES ($1, $2, $3) ON CONFLICT (tenant, key) DO UPDATE SET seq = excluded.seq",
        )
        .await?;
    tx.execute(&take, &[&tenant, &key, &seq]).await?;
    let ready = tx.prepare_cached("UPDATE jobs SET hold = 0 WHERE seq = $1").await?;
    tx.execute(&ready, &[&seq]).await?;
    events.push(Event::Queued);
    Ok(())
}

/// Whether some job has this key. The key's lock must be held.
pub(super) async fn is_taken(tx: &Transaction<'_>, tenant: &TenantName, key: &str) -> Done<bool> {
    let query = tx.prepare_cached("SELECT 1 FROM concurrency_keys WHERE tenant = $1 AND key = $2").await?;
    Ok(tx.query_opt(&query, &[&tenant.as_str(), &key]).await?.is_some())
}
