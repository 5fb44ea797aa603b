//! Every way in which a job changes. All of it runs on the writer's thread, inside a group's transaction.
//!
//! What becomes of a job is decided by its [`Life`]; here it is loaded and written back, and the places under concurrency keys are passed on.

use std::collections::BTreeSet;

use ampoule_protocol::{CancelledBy, ConcurrencyPolicy, JobId, LeaseState, LeaseToken, LostAttempt, TenantName, TokenState};
use deadpool_sqlite::rusqlite::{Connection, OptionalExtension, Params, named_params};

use super::{children, logs, rows, views};
use crate::queue::{
    Bulk, Cancel, Enqueued, Event, Filed, Idempotency, JobFilter, LeasePolicy, QueueError, Retried, Scope, Submitted, Swept,
    life::{Effects, Hold, Life, lost_json},
};

/// Jobs that one sweep, or one step of a bulk change, takes on of each kind: bounds how long other writes wait for it.
const STEP: u32 = 500;

type Events = Vec<Event>;
type Done<T> = Result<T, QueueError>;

pub(super) fn enqueue(conn: &Connection, job: &Submitted, now_ms: i64, events: &mut Events) -> Done<Enqueued> {
    if let Some(idempotency) = &job.idempotency {
        let known = conn
            .prepare_cached("SELECT k.body, j.id FROM idempotency_keys k JOIN jobs j USING (seq) WHERE k.tenant = ?1 AND k.key = ?2")?
            .query_row([job.tenant.as_str(), &idempotency.key], |row| Ok((row.get::<_, [u8; 32]>(0)?, rows::id(row)?)))
            .optional()?;
        match known {
            Some((body, id)) if body == idempotency.body => {
                if let Some(view) = views::job(conn, &job.tenant, id)? {
                    return Ok(Enqueued::Known(Box::new(view)));
                }
            }
            Some(_) => return Ok(Enqueued::Conflict),
            None => {}
        }
    }
    if let Some(family) = &job.family
        && let Some(refused) = children::refusal(conn, family)?
    {
        return Ok(refused);
    }
    let hold = match (job.is_delayed(now_ms), &job.spec.concurrency_key) {
        (true, _) => Hold::Due,
        (false, Some(_)) => Hold::Key,
        (false, None) => Hold::Ready,
    };
    conn.prepare_cached(
        "INSERT INTO jobs (id, tenant, state, hold, created_ms, queued_ms, due_ms, start_by_ms, priority, concurrency_key, payload_bytes, script_name,
                           script_version, source_bytes, entry, terms, tags, parent, root, depth)
         VALUES (:id, :tenant, 0, :hold, :now, :now, :due, :start_by, :priority, :key, :payload_bytes, :script_name, :script_version, :source_bytes, :entry, :terms,
                 :tags, :parent, :root, :depth)",
    )?
    .execute(named_params! {
        ":id": job.id.as_bytes(),
        ":tenant": job.tenant.as_str(),
        ":hold": hold.number(),
        ":now": now_ms,
        ":due": job.due_ms(now_ms),
        ":start_by": job.start_by_ms(now_ms),
        ":priority": job.spec.priority,
        ":key": job.spec.concurrency_key,
        ":payload_bytes": job.payload_bytes() as i64,
        ":script_name": job.sources.script.name,
        ":script_version": job.sources.version,
        ":source_bytes": job.sources.source_bytes.cast_signed(),
        ":entry": job.spec.entry,
        ":terms": job.terms_json,
        ":tags": job.tags_json,
        ":parent": job.family.as_ref().map(|family| *family.token.job_id.as_bytes()),
        ":root": job.family.as_ref().map(|family| *family.root.as_bytes()),
        ":depth": job.depth(),
    })?;
    let seq = conn.last_insert_rowid();
    conn.prepare_cached(
        "INSERT INTO payloads (seq, script, input, context, libraries, seed, pins)
         VALUES (:seq, :script, :input, :context, :libraries, :seed, :pins)",
    )?
    .execute(named_params! {
        ":seq": seq,
        ":script": job.sources.script.source,
        ":input": job.spec.input.as_str(),
        ":context": job.spec.context.as_str(),
        ":libraries": job.libraries_json,
        ":seed": job.spec.seed.map(u64::cast_signed),
        ":pins": job.pins_json,
    })?;
    for (key, value) in &job.spec.tags {
        conn.prepare_cached("INSERT INTO tags (tenant, key, value, seq) VALUES (?1, ?2, ?3, ?4)")?.execute((
            job.tenant.as_str(),
            key,
            value,
            seq,
        ))?;
    }
    if let Some(Idempotency { key, body }) = &job.idempotency {
        conn.prepare_cached("INSERT INTO idempotency_keys (tenant, key, body, seq, created_ms) VALUES (?1, ?2, ?3, ?4, ?5)")?.execute((
            job.tenant.as_str(),
            key,
            body,
            seq,
            now_ms,
        ))?;
    }
    events.push(Event::Submitted);
    match (hold, &job.spec.concurrency_key) {
        (Hold::Ready, _) => events.push(Event::Queued),
        (Hold::Due, _) => events.push(Event::Delayed),
        (Hold::Key, Some(key)) => return queue_up(conn, job, seq, key, now_ms, events),
        (Hold::Key, None) => {}
    }
    Ok(Enqueued::Stored)
}

/// A job with a concurrency key: it gets the key if that is free, else what its policy says.
fn queue_up(conn: &Connection, job: &Submitted, seq: i64, key: &str, now_ms: i64, events: &mut Events) -> Done<Enqueued> {
    let holder = conn
        .prepare_cached("SELECT seq FROM concurrency_keys WHERE tenant = ?1 AND key = ?2")?
        .query_row([job.tenant.as_str(), key], |row| row.get::<_, i64>(0))
        .optional()?;
    let by = CancelledBy { by: "concurrency_key".to_owned(), key: None, reason: Some(format!("another job has the key `{key}`")) };
    match (holder, job.spec.concurrency_policy) {
        (None, _) => pass_on(conn, &job.tenant, key, events)?,
        (Some(_), ConcurrencyPolicy::Queue) => {}
        (Some(_), ConcurrencyPolicy::CancelNewest) => {
            cancel(conn, &job.tenant, job.id, &by, now_ms, events)?;
            return Ok(Enqueued::Cancelled);
        }
        (Some(holder), ConcurrencyPolicy::CancelOldest) => {
            let by = CancelledBy { reason: Some(format!("a newer job has the key `{key}`")), ..by };
            // Those that wait first, or the key would be passed on to one of them.
            let waiting = ids(
                conn,
                "SELECT id FROM jobs INDEXED BY jobs_blocked WHERE state = 0 AND hold = 2 AND tenant = ?1 AND concurrency_key = ?2 AND seq <> ?3
                 ORDER BY seq",
                (job.tenant.as_str(), key, seq),
            )?;
            for id in waiting.into_iter().chain(ids(conn, "SELECT id FROM jobs WHERE seq = ?1", [holder])?) {
                cancel(conn, &job.tenant, id, &by, now_ms, events)?;
            }
        }
    }
    Ok(Enqueued::Stored)
}

/// Gives a concurrency key that nobody has any more to the first job that waits for it.
fn pass_on(conn: &Connection, tenant: &TenantName, key: &str, events: &mut Events) -> Done<()> {
    let next = conn
        .prepare_cached(
            "SELECT seq FROM jobs INDEXED BY jobs_blocked WHERE state = 0 AND hold = 2 AND tenant = ?1 AND concurrency_key = ?2
             ORDER BY priority DESC, seq LIMIT 1",
        )?
        .query_row([tenant.as_str(), key], |row| row.get::<_, i64>(0))
        .optional()?;
    let Some(seq) = next else {
        conn.prepare_cached("DELETE FROM concurrency_keys WHERE tenant = ?1 AND key = ?2")?.execute([tenant.as_str(), key])?;
        return Ok(());
    };
    conn.prepare_cached(
        "INSERT INTO concurrency_keys (tenant, key, seq) VALUES (?1, ?2, ?3) ON CONFLICT (tenant, key) DO UPDATE SET seq = excluded.seq",
    )?
    .execute((tenant.as_str(), key, seq))?;
    conn.prepare_cached("UPDATE jobs SET hold = 0 WHERE seq = ?1")?.execute([seq])?;
    events.push(Event::Queued);
    Ok(())
}

fn is_taken(conn: &Connection, tenant: &TenantName, key: &str) -> Done<bool> {
    Ok(conn.prepare_cached("SELECT 1 FROM concurrency_keys WHERE tenant = ?1 AND key = ?2")?.exists([tenant.as_str(), key])?)
}

/// Lets those wait for a key or for a worker that have waited for their time.
pub(super) fn promote(conn: &Connection, now_ms: i64, events: &mut Events) -> Done<usize> {
    let mut due = conn.prepare_cached(
        "SELECT seq, tenant, concurrency_key FROM jobs INDEXED BY jobs_due WHERE state = 0 AND hold = 1 AND due_ms <= ?1 ORDER BY due_ms, seq LIMIT ?2",
    )?;
    let mut rows = due.query((now_ms, STEP))?;
    let mut due: Vec<(i64, TenantName, Option<String>)> = Vec::new();
    while let Some(row) = rows.next()? {
        due.push((row.get("seq")?, rows::tenant(row)?, row.get("concurrency_key")?));
    }
    for (seq, _, key) in &due {
        let hold = if key.is_some() { Hold::Key } else { Hold::Ready };
        conn.prepare_cached("UPDATE jobs SET hold = ?2 WHERE seq = ?1")?.execute((seq, hold.number()))?;
        if key.is_none() {
            events.push(Event::Queued);
        }
    }
    // Once all of them are in line: of those with the same key, the one of the highest priority gets it.
    for (tenant, key) in due.iter().filter_map(|(_, tenant, key)| Some((tenant, key.as_deref()?))).collect::<BTreeSet<_>>() {
        if !is_taken(conn, tenant, key)? {
            pass_on(conn, tenant, key, events)?;
        }
    }
    Ok(due.len())
}

pub(super) fn renew(conn: &Connection, scope: &Scope, tokens: &[LeaseToken], policy: &LeasePolicy, now_ms: i64) -> Done<Vec<TokenState>> {
    tokens
        .iter()
        .map(|token| {
            let state = match load(conn, scope, token.job_id)? {
                Some(mut life) => {
                    let state = life.renew(token, policy, now_ms);
                    if state != LeaseState::Stale {
                        save(conn, &life)?;
                    }
                    state
                }
                None => LeaseState::Stale,
            };
            Ok(TokenState { token: *token, state })
        })
        .collect()
}

/// Accepts reports under leases that are still held.
pub(super) fn complete(
    conn: &Connection,
    scope: &Scope,
    reports: &[Filed],
    policy: &LeasePolicy,
    now_ms: i64,
    events: &mut Events,
) -> Done<Vec<TokenState>> {
    reports
        .iter()
        .map(|filed| {
            let Some(mut life) = load(conn, scope, filed.token.job_id)? else {
                events.push(Event::StaleReport);
                return Ok(TokenState { token: filed.token, state: LeaseState::Stale });
            };
            let (state, effects) = life.complete(filed, policy, now_ms);
            write(conn, &life, effects, events)?;
            Ok(TokenState { token: filed.token, state })
        })
        .collect()
}

/// Takes leases back from a worker that gives them up; their jobs wait again, in their old place.
pub(super) fn release(conn: &Connection, scope: &Scope, tokens: &[LeaseToken], now_ms: i64, events: &mut Events) -> Done<Vec<TokenState>> {
    tokens
        .iter()
        .map(|token| {
            let Some(mut life) = load(conn, scope, token.job_id)? else {
                return Ok(TokenState { token: *token, state: LeaseState::Stale });
            };
            let (state, effects) = life.release(token, now_ms);
            write(conn, &life, effects, events)?;
            Ok(TokenState { token: *token, state })
        })
        .collect()
}

/// Does what has become due: takes back leases that ran out, gives up jobs that nobody started in time, lets others wait for a worker.
pub(super) fn sweep(conn: &Connection, policy: &LeasePolicy, now_ms: i64, events: &mut Events) -> Done<Swept> {
    let promoted = promote(conn, now_ms, events)?;
    let lost = ids(
        conn,
        "SELECT id FROM jobs INDEXED BY jobs_by_lease WHERE state = 1 AND lease_until_ms <= ?1 ORDER BY lease_until_ms LIMIT ?2",
        (now_ms, STEP),
    )?;
    for id in &lost {
        if let Some(mut life) = load(conn, &Scope::All, *id)?
            && let Some(effects) = life.expire(policy, now_ms)
        {
            write(conn, &life, effects, events)?;
        }
    }
    let late = ids(
        conn,
        "SELECT id FROM jobs INDEXED BY jobs_start_by WHERE state = 0 AND start_by_ms IS NOT NULL AND start_by_ms <= ?1 ORDER BY start_by_ms LIMIT ?2",
        (now_ms, STEP),
    )?;
    for id in &late {
        if let Some(mut life) = load(conn, &Scope::All, *id)?
            && let Some(effects) = life.start_timeout(now_ms)
        {
            write(conn, &life, effects, events)?;
        }
    }
    let waiting = conn.prepare_cached("SELECT 1 FROM jobs INDEXED BY jobs_ready WHERE state = 0 AND hold = 0 LIMIT 1")?.exists([])?;
    let next_due_ms = conn
        .prepare_cached("SELECT due_ms FROM jobs INDEXED BY jobs_due WHERE state = 0 AND hold = 1 ORDER BY due_ms LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()?;
    let more = [lost.len(), late.len(), promoted].into_iter().any(|count| count == STEP as usize);
    Ok(Swept { lost: lost.len() as u32, more, waiting, next_due_ms })
}

/// Takes back the leases of a worker whose connection broke, but for those that it renewed or got since.
pub(super) fn drop_worker(
    conn: &Connection,
    worker: &str,
    dropped_ms: i64,
    policy: &LeasePolicy,
    now_ms: i64,
    events: &mut Events,
) -> Done<u32> {
    let held = ids(conn, "SELECT id FROM jobs INDEXED BY jobs_by_lease WHERE state = 1 AND worker = ?1 ORDER BY seq", [worker])?;
    let mut lost = 0;
    for id in held {
        if let Some(mut life) = load(conn, &Scope::All, id)?
            && let Some(effects) = life.drop_worker(worker, dropped_ms, policy, now_ms)
        {
            write(conn, &life, effects, events)?;
            lost += 1;
        }
    }
    Ok(lost)
}

/// Cancels a waiting job, or asks for the cancel of a running one.
pub(super) fn cancel(
    conn: &Connection,
    tenant: &TenantName,
    id: JobId,
    by: &CancelledBy,
    now_ms: i64,
    events: &mut Events,
) -> Done<Option<Cancel>> {
    let Some(mut life) = load(conn, &Scope::Tenant(tenant.clone()), id)? else { return Ok(None) };
    let (cancel, effects) = life.cancel(by, now_ms);
    if !effects.events.is_empty() {
        write(conn, &life, effects, events)?;
    }
    Ok(Some(cancel))
}

/// Lets a job that failed or was cancelled be tried again.
pub(super) fn retry(conn: &Connection, tenant: &TenantName, id: JobId, now_ms: i64, events: &mut Events) -> Done<Option<Retried>> {
    let Some(mut life) = load(conn, &Scope::Tenant(tenant.clone()), id)? else { return Ok(None) };
    let mut outcome = conn.prepare_cached("SELECT outcome FROM outcomes WHERE seq = ?1")?;
    let outcome = outcome.query_row([life.seq], |row| row.get::<_, String>(0)).optional()?;
    let outcome = outcome.map(|text| rows::parse(&text, "outcome")).transpose()?;
    let Some(effects) = life.retry(outcome, now_ms) else { return Ok(Some(Retried::Not(life.state))) };
    conn.prepare_cached("DELETE FROM outcomes WHERE seq = ?1")?.execute([life.seq])?;
    write(conn, &life, effects, events)?;
    if let Some(key) = life.key.as_deref().filter(|_| life.hold == Hold::Key)
        && !is_taken(conn, &life.tenant, key)?
    {
        pass_on(conn, &life.tenant, key, events)?;
    }
    Ok(Some(Retried::Done))
}

/// One step of a change to all jobs that a filter names: how many were changed.
pub(super) fn bulk(conn: &Connection, filter: &JobFilter, bulk: &Bulk, since_ms: i64, now_ms: i64, events: &mut Events) -> Done<u32> {
    let mut selection = views::Selection::new(conn, "SELECT j.id FROM jobs j", filter)?;
    match bulk {
        Bulk::Cancel(_) => selection.and("j.state IN (0, 1) AND j.cancelled_by IS NULL AND j.created_ms <= ?", since_ms),
        Bulk::Retry => selection.and("j.state IN (3, 4) AND j.finished_ms <= ?", since_ms),
    }
    let found = selection.ids(conn, STEP)?;
    for id in &found {
        match bulk {
            Bulk::Cancel(by) => drop(cancel(conn, &filter.tenant, *id, by, now_ms, events)?),
            Bulk::Retry => drop(retry(conn, &filter.tenant, *id, now_ms, events)?),
        }
    }
    Ok(found.len() as u32)
}

/// Deletes some of the jobs that ended before this moment, with all that belongs to them: how many.
pub(super) fn prune(conn: &Connection, before_ms: i64) -> Done<u32> {
    let mut old =
        conn.prepare_cached("SELECT seq FROM jobs WHERE finished_ms IS NOT NULL AND finished_ms < ?1 ORDER BY finished_ms LIMIT ?2")?;
    let old: Vec<i64> = old.query_map((before_ms, STEP), |row| row.get(0))?.collect::<Result<_, _>>()?;
    for seq in &old {
        let (tenant, tags): (String, String) =
            conn.prepare_cached("SELECT tenant, tags FROM jobs WHERE seq = ?1")?.query_row([seq], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let tags: std::collections::BTreeMap<String, String> = rows::parse(&tags, "tags")?;
        for (key, value) in &tags {
            conn.prepare_cached("DELETE FROM tags WHERE tenant = ?1 AND key = ?2 AND value = ?3 AND seq = ?4")?
                .execute((&tenant, key, value, seq))?;
        }
        for table in [
            "DELETE FROM payloads WHERE seq = ?1",
            "DELETE FROM outcomes WHERE seq = ?1",
            "DELETE FROM logs WHERE seq = ?1",
            "DELETE FROM journals WHERE seq = ?1",
            "DELETE FROM lost_attempts WHERE seq = ?1",
            "DELETE FROM idempotency_keys WHERE seq = ?1",
            "DELETE FROM jobs WHERE seq = ?1",
        ] {
            conn.prepare_cached(table)?.execute([seq])?;
        }
    }
    Ok(old.len() as u32)
}

fn ids(conn: &Connection, sql: &str, params: impl Params) -> Done<Vec<JobId>> {
    Ok(conn.prepare_cached(sql)?.query_map(params, rows::id)?.collect::<Result<_, _>>()?)
}

/// A job, unless it is out of scope.
pub(super) fn load(conn: &Connection, scope: &Scope, id: JobId) -> Done<Option<Life>> {
    let mut query = conn.prepare_cached(&format!("{} FROM jobs WHERE id = ?1", rows::LIFE))?;
    let mut rows = query.query([id.as_bytes()])?;
    Ok(rows.next()?.map(rows::life).transpose()?.filter(|life| scope.admits(&life.tenant)))
}

pub(super) fn save(conn: &Connection, life: &Life) -> Done<()> {
    conn.prepare_cached(
        "UPDATE jobs SET state = :state, hold = :hold, attempt = :attempt, losses = :losses, cancelled_by = :cancelled_by, worker = :worker,
                lease_until_ms = :lease_until, queued_ms = :queued, due_ms = :due, start_by_ms = :start_by, started_ms = :started,
                finished_ms = :finished, dead = :dead
         WHERE seq = :seq",
    )?
    .execute(named_params! {
        ":state": rows::state_number(life.state),
        ":hold": life.hold.number(),
        ":attempt": life.attempt,
        ":losses": life.losses,
        ":cancelled_by": life.cancel.as_ref().map(crate::queue::submitted::json),
        ":worker": life.worker,
        ":lease_until": life.lease_until_ms,
        ":queued": life.queued_ms,
        ":due": life.due_ms,
        ":start_by": life.start_by_ms,
        ":started": life.started_ms,
        ":finished": life.finished_ms,
        ":dead": life.dead,
        ":seq": life.seq,
    })?;
    Ok(())
}

/// Writes a changed life and its effects. One that changed nothing has no effect but events.
fn write(conn: &Connection, life: &Life, effects: Effects<'_>, events: &mut Events) -> Done<()> {
    let stale = effects.events == [Event::StaleReport];
    events.extend(effects.events);
    if stale {
        return Ok(());
    }
    save(conn, life)?;
    if let Some(filed) = effects.logs {
        logs::write(conn, life.seq, life.attempt, &life.terms.limits, &filed.logs)?;
    }
    if let Some(lost) = effects.lost.as_ref().filter(|lost| lost.attempt > 0) {
        write_lost(conn, life.seq, lost)?;
    }
    if let Some(end) = &effects.end {
        conn.prepare_cached("INSERT INTO outcomes (seq, outcome, usage, engine) VALUES (?1, ?2, ?3, ?4)")?.execute((
            life.seq,
            &end.outcome_json,
            end.run.map(|filed| &filed.usage_json),
            end.run.map(|filed| &filed.engine),
        ))?;
    }
    if let Some(key) = life.key.as_deref().filter(|_| effects.frees_key) {
        pass_on(conn, &life.tenant, key, events)?;
    }
    Ok(())
}

/// An attempt that ended its job as a lost one is not recorded again when the job is retried.
fn write_lost(conn: &Connection, seq: i64, lost: &LostAttempt) -> Done<()> {
    conn.prepare_cached("INSERT INTO lost_attempts (seq, attempt, lost) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING")?.execute((
        seq,
        lost.attempt,
        lost_json(lost),
    ))?;
    Ok(())
}
