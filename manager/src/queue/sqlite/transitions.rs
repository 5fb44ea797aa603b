//! Every way in which a job changes. All of it runs on the writer's thread, inside a group's transaction.
//!
//! Each statement that moves a running job names its sequence number, its attempt and its state: the fence.

use std::time::Duration;

use ampoule_protocol::{JobId, LeaseState, LeaseToken, Limits, Outcome, TokenState};
use deadpool_sqlite::rusqlite::{Connection, OptionalExtension, named_params};

use super::{rows, views};
use crate::queue::{
    Cancel, Enqueued, Event, Filed, Idempotency, LeasePolicy, QueueError, Submitted, Swept,
    filed::{Ending, LogChunk},
};

/// Lost leases that one sweep takes back: bounds how long other writes wait for it.
const SWEEP: u32 = 500;

type Events = Vec<Event>;
type Done<T> = Result<T, QueueError>;

pub(super) fn enqueue(conn: &Connection, job: &Submitted, now_ms: i64, events: &mut Events) -> Done<Enqueued> {
    if let Some(idempotency) = &job.idempotency {
        let known = conn
            .prepare_cached("SELECT k.body, j.id FROM idempotency_keys k JOIN jobs j USING (seq) WHERE k.key = ?1")?
            .query_row([&idempotency.key], |row| Ok((row.get::<_, [u8; 32]>(0)?, rows::id(row)?)))
            .optional()?;
        match known {
            Some((body, id)) if body == idempotency.body => {
                if let Some(view) = views::job(conn, id)? {
                    return Ok(Enqueued::Known(Box::new(view)));
                }
            }
            Some(_) => return Ok(Enqueued::Conflict),
            None => {}
        }
    }
    conn.prepare_cached(
        "INSERT INTO jobs (id, state, created_ms, queued_ms, payload_bytes, script_name, source_bytes, entry, limits, tags)
         VALUES (:id, 0, :now, :now, :payload_bytes, :script_name, :source_bytes, :entry, :limits, :tags)",
    )?
    .execute(named_params! {
        ":id": job.id.as_bytes(),
        ":now": now_ms,
        ":payload_bytes": job.payload_bytes() as i64,
        ":script_name": job.spec.script.name,
        ":source_bytes": job.spec.script.source.len() as i64,
        ":entry": job.spec.entry,
        ":limits": job.limits_json,
        ":tags": job.tags_json,
    })?;
    let seq = conn.last_insert_rowid();
    conn.prepare_cached(
        "INSERT INTO payloads (seq, script, input, context, libraries, seed)
         VALUES (:seq, :script, :input, :context, :libraries, :seed)",
    )?
    .execute(named_params! {
        ":seq": seq,
        ":script": job.spec.script.source,
        ":input": job.spec.input.as_str(),
        ":context": job.spec.context.as_str(),
        ":libraries": job.libraries_json,
        ":seed": job.spec.seed.map(u64::cast_signed),
    })?;
    for (key, value) in &job.spec.tags {
        conn.prepare_cached("INSERT INTO tags (key, value, seq) VALUES (?1, ?2, ?3)")?.execute((key, value, seq))?;
    }
    if let Some(Idempotency { key, body }) = &job.idempotency {
        conn.prepare_cached("INSERT INTO idempotency_keys (key, body, seq, created_ms) VALUES (?1, ?2, ?3, ?4)")?
            .execute((key, body, seq, now_ms))?;
    }
    events.extend([Event::Submitted, Event::Queued]);
    Ok(Enqueued::Stored)
}

/// A job just leased.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leased {
    pub(super) seq: i64,
    pub(super) token: LeaseToken,
}

/// Leases the oldest waiting jobs to a worker.
pub(super) fn lease(
    conn: &Connection,
    worker: &str,
    slots: u32,
    policy: &LeasePolicy,
    now_ms: i64,
    events: &mut Events,
) -> Done<Vec<Leased>> {
    let mut waiting = conn.prepare_cached("SELECT seq, payload_bytes FROM jobs WHERE state = 0 ORDER BY seq LIMIT ?1")?;
    let waiting: Vec<(i64, i64)> = waiting.query_map([slots], |row| Ok((row.get(0)?, row.get(1)?)))?.collect::<Result<_, _>>()?;
    let mut lease = conn.prepare_cached(
        "UPDATE jobs SET state = 1, attempt = attempt + 1, worker = :worker, lease_until_ms = :until, started_ms = :now
         WHERE seq = :seq AND state = 0 RETURNING id, attempt, queued_ms",
    )?;
    let (mut leased, mut bytes) = (Vec::with_capacity(waiting.len()), 0);
    for (seq, payload_bytes) in waiting {
        bytes += payload_bytes.unsigned_abs();
        if bytes > policy.acquire_bytes && !leased.is_empty() {
            break;
        }
        let params = named_params! { ":worker": worker, ":until": after(now_ms, policy.lease), ":now": now_ms, ":seq": seq };
        let (token, queued_ms) = lease.query_row(params, |row| {
            Ok((LeaseToken { job_id: rows::id(row)?, attempt: row.get("attempt")? }, row.get::<_, i64>("queued_ms")?))
        })?;
        leased.push(Leased { seq, token });
        // A clock that was set back shows no negative waits.
        events.push(Event::Started { waited: Duration::from_millis((now_ms - queued_ms).max(0).unsigned_abs()) });
    }
    Ok(leased)
}

/// The leases of a worker whose jobs were cancelled, but for those it knows of.
pub(super) fn cancelling(conn: &Connection, worker: &str, known: &[LeaseToken]) -> Done<Vec<LeaseToken>> {
    let mut query = conn.prepare_cached("SELECT id, attempt FROM jobs WHERE worker = ?1 AND state = 1 AND cancel_requested = 1")?;
    let tokens = query.query_map([worker], |row| Ok(LeaseToken { job_id: rows::id(row)?, attempt: row.get("attempt")? }))?;
    let mut tokens = tokens.collect::<Result<Vec<_>, _>>()?;
    tokens.retain(|token| !known.contains(token));
    Ok(tokens)
}

pub(super) fn renew(conn: &Connection, tokens: &[LeaseToken], policy: &LeasePolicy, now_ms: i64) -> Done<Vec<TokenState>> {
    let mut renew =
        conn.prepare_cached("UPDATE jobs SET lease_until_ms = ?3 WHERE id = ?1 AND attempt = ?2 AND state = 1 RETURNING cancel_requested")?;
    let until_ms = after(now_ms, policy.lease);
    let mut state = |token: &LeaseToken| -> Done<LeaseState> {
        let found = renew.query_row((token.job_id.as_bytes(), token.attempt, until_ms), |row| row.get::<_, bool>(0)).optional()?;
        Ok(found.map_or(LeaseState::Stale, |cancel| if cancel { LeaseState::Cancelled } else { LeaseState::Held }))
    };
    tokens.iter().map(|token| Ok(TokenState { token: *token, state: state(token)? })).collect()
}

/// Accepts reports under leases that are still held.
pub(super) fn complete(
    conn: &Connection,
    reports: &[Filed],
    policy: &LeasePolicy,
    now_ms: i64,
    events: &mut Events,
) -> Done<Vec<TokenState>> {
    let answer = |filed: &Filed| {
        let Some(running) = Running::held_by(conn, &filed.token)? else {
            events.push(Event::StaleReport);
            return Ok(TokenState { token: filed.token, state: LeaseState::Stale });
        };
        if !filed.fits(&running.limits) {
            tracing::error!(job = %running.id, worker = running.worker, "a report went beyond its job's limits");
            running.lose(conn, Ending::report_refused(), policy, now_ms, events)?;
        } else if filed.ending.is_fault && (running.cancel_requested || !running.is_last(policy)) {
            running.lose(conn, filed.ending.clone(), policy, now_ms, events)?;
        } else {
            let run = Run { usage_json: &filed.usage_json, engine: &filed.engine, logs: &filed.logs };
            running.finish(conn, &filed.ending, Some(run), now_ms, events)?;
        }
        Ok(TokenState { token: filed.token, state: LeaseState::Accepted })
    };
    reports.iter().map(answer).collect()
}

/// Takes leases back from a worker that gives them up; their jobs wait again, in their old place.
pub(super) fn release(conn: &Connection, tokens: &[LeaseToken], now_ms: i64, events: &mut Events) -> Done<Vec<TokenState>> {
    let answer = |token: &LeaseToken| {
        let Some(running) = Running::held_by(conn, token)? else {
            return Ok(TokenState { token: *token, state: LeaseState::Stale });
        };
        events.push(Event::LeaseReleased);
        if running.cancel_requested {
            running.finish(conn, &Ending::new(&Outcome::Cancelled), None, now_ms, events)?;
        } else {
            running.requeue(conn, running.losses, now_ms, events)?;
        }
        Ok(TokenState { token: *token, state: LeaseState::Accepted })
    };
    tokens.iter().map(answer).collect()
}

/// Takes back leases that ran out.
pub(super) fn sweep(conn: &Connection, policy: &LeasePolicy, now_ms: i64, events: &mut Events) -> Done<Swept> {
    let mut lost =
        conn.prepare_cached("SELECT id, attempt FROM jobs WHERE state = 1 AND lease_until_ms <= ?1 ORDER BY lease_until_ms LIMIT ?2")?;
    let lost: Vec<LeaseToken> = lost
        .query_map((now_ms, SWEEP), |row| Ok(LeaseToken { job_id: rows::id(row)?, attempt: row.get("attempt")? }))?
        .collect::<Result<_, _>>()?;
    for token in &lost {
        if let Some(running) = Running::held_by(conn, token)? {
            tracing::warn!(job = %running.id, attempt = token.attempt, worker = running.worker, "a lease ran out");
            events.push(Event::LeaseLost);
            running.lose(conn, Ending::worker_lost(running.losses + 1), policy, now_ms, events)?;
        }
    }
    let waiting = conn.prepare_cached("SELECT 1 FROM jobs WHERE state = 0 LIMIT 1")?.exists([])?;
    Ok(Swept { lost: lost.len() as u32, more: lost.len() as u32 == SWEEP, waiting })
}

/// Cancels a waiting job, or asks for the cancel of a running one.
pub(super) fn cancel(conn: &Connection, id: JobId, now_ms: i64, events: &mut Events) -> Done<Option<Cancel>> {
    let found = conn
        .prepare_cached("SELECT seq, state, worker, cancel_requested FROM jobs WHERE id = ?1")?
        .query_row([id.as_bytes()], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, Option<String>>(2)?, row.get::<_, bool>(3)?))
        })
        .optional()?;
    Ok(Some(match found {
        None => return Ok(None),
        Some((seq, 0, ..)) => {
            end(conn, seq, id, &Ending::new(&Outcome::Cancelled), None, now_ms, events)?;
            Cancel::Done
        }
        Some((seq, 1, worker, requested)) => {
            if !requested {
                conn.prepare_cached("UPDATE jobs SET cancel_requested = 1 WHERE seq = ?1 AND state = 1")?.execute([seq])?;
                events.push(Event::CancelRequested { worker: worker.unwrap_or_default() });
            }
            Cancel::Requested
        }
        Some((_, 4, ..)) => Cancel::Done,
        Some(_) => Cancel::TooLate,
    }))
}

/// A job under a lease, found by the lease's token.
struct Running {
    seq: i64,
    id: JobId,
    attempt: u32,
    losses: u32,
    cancel_requested: bool,
    worker: String,
    limits: Limits,
}

/// What a run's report adds to its job's outcome.
struct Run<'a> {
    usage_json: &'a str,
    engine: &'a str,
    logs: &'a [LogChunk],
}

impl Running {
    /// The fence: the job, if it is running and this is its attempt.
    fn held_by(conn: &Connection, token: &LeaseToken) -> Done<Option<Self>> {
        let mut query = conn.prepare_cached(
            "SELECT seq, losses, cancel_requested, worker, limits FROM jobs WHERE id = ?1 AND attempt = ?2 AND state = 1",
        )?;
        let mut rows = query.query((token.job_id.as_bytes(), token.attempt))?;
        let Some(row) = rows.next()? else { return Ok(None) };
        Ok(Some(Self {
            seq: row.get("seq")?,
            id: token.job_id,
            attempt: token.attempt,
            losses: row.get("losses")?,
            cancel_requested: row.get("cancel_requested")?,
            worker: row.get("worker")?,
            limits: rows::json(row, "limits")?,
        }))
    }

    /// No attempt is left after this one is lost.
    fn is_last(&self, policy: &LeasePolicy) -> bool {
        self.losses + 1 >= policy.max_attempts
    }

    /// The attempt came to nothing by our doing: the job waits again, or ends if it was its last or was to be cancelled.
    fn lose(&self, conn: &Connection, fault: Ending, policy: &LeasePolicy, now_ms: i64, events: &mut Events) -> Done<()> {
        if self.cancel_requested {
            self.finish(conn, &Ending::new(&Outcome::Cancelled), None, now_ms, events)
        } else if self.is_last(policy) {
            self.finish(conn, &fault, None, now_ms, events)
        } else {
            self.requeue(conn, self.losses + 1, now_ms, events)
        }
    }

    fn requeue(&self, conn: &Connection, losses: u32, now_ms: i64, events: &mut Events) -> Done<()> {
        conn.prepare_cached(
            "UPDATE jobs SET state = 0, losses = :losses, worker = NULL, lease_until_ms = NULL, queued_ms = :now
             WHERE seq = :seq AND attempt = :attempt AND state = 1",
        )?
        .execute(named_params! { ":losses": losses, ":now": now_ms, ":seq": self.seq, ":attempt": self.attempt })?;
        events.push(Event::Queued);
        Ok(())
    }

    fn finish(&self, conn: &Connection, ending: &Ending, run: Option<Run<'_>>, now_ms: i64, events: &mut Events) -> Done<()> {
        for chunk in run.as_ref().map_or(&[][..], |run| run.logs) {
            conn.prepare_cached("INSERT INTO logs (seq, attempt, first_offset, line_count, lines) VALUES (?1, ?2, ?3, ?4, ?5)")?
                .execute((self.seq, self.attempt, chunk.first as i64, chunk.count as i64, &chunk.lines_json))?;
        }
        end(conn, self.seq, self.id, ending, run, now_ms, events)
    }
}

/// Puts a job into its final state.
fn end(conn: &Connection, seq: i64, id: JobId, ending: &Ending, run: Option<Run<'_>>, now_ms: i64, events: &mut Events) -> Done<()> {
    conn.prepare_cached("UPDATE jobs SET state = ?2, worker = NULL, lease_until_ms = NULL, finished_ms = ?3 WHERE seq = ?1")?.execute((
        seq,
        rows::state_number(ending.state),
        now_ms,
    ))?;
    let (usage, engine) = run.map_or((None, None), |run| (Some(run.usage_json), Some(run.engine)));
    conn.prepare_cached("INSERT INTO outcomes (seq, outcome, usage, engine) VALUES (?1, ?2, ?3, ?4)")?.execute((
        seq,
        &ending.outcome_json,
        usage,
        engine,
    ))?;
    events.push(Event::Finished { id, outcome: ending.kind });
    Ok(())
}

fn after(now_ms: i64, duration: Duration) -> i64 {
    now_ms.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}
