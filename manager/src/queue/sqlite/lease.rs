//! Gives waiting jobs to workers, on the writer's thread.

use ampoule_protocol::LeaseToken;
use deadpool_sqlite::rusqlite::{Connection, OptionalExtension};

use super::{rows, transitions};
use crate::queue::{
    Event, LeasePolicy, QueueError, Scope,
    fair::{CONTENDERS, Contender, Fair},
    life::Life,
};

type Done<T> = Result<T, QueueError>;

/// What a worker asks for.
pub(super) struct Ask<'a> {
    pub(super) scope: &'a Scope,
    pub(super) worker: &'a str,
    pub(super) slots: u32,
}

/// A job just leased.
#[derive(Clone, Copy, Debug)]
pub(super) struct Leased {
    pub(super) seq: i64,
    pub(super) token: LeaseToken,
    pub(super) waited_ms: u64,
    pub(super) payload_bytes: u64,
}

/// Leases waiting jobs to a worker: dealt fairly between tenants, of each tenant those of the highest priority, of these the oldest.
pub(super) fn lease(
    conn: &Connection,
    fair: &mut Fair,
    ask: &Ask<'_>,
    policy: &LeasePolicy,
    now_ms: i64,
    events: &mut Vec<Event>,
) -> Done<Vec<Leased>> {
    let Ask { scope, worker, slots } = *ask;
    if slots == 0 {
        return Ok(Vec::new());
    }
    transitions::promote(conn, now_ms, events)?;
    let mut contenders = contenders(conn, fair, scope, slots)?;
    let dealt = fair.deal(&mut contenders, slots, |_| true);
    let mut waiting = Vec::with_capacity(contenders.len());
    for (k, contender) in contenders.iter().enumerate() {
        let count = dealt.iter().filter(|d| **d == k).count();
        waiting.push(first_of(conn, contender, count)?.into_iter());
    }
    let (mut lives, mut bytes) = (Vec::with_capacity(dealt.len()), 0);
    for k in dealt {
        let Some((life, payload_bytes)) = waiting[k].next() else { continue };
        bytes += payload_bytes;
        if bytes > policy.acquire_bytes && !lives.is_empty() {
            break;
        }
        lives.push((life, payload_bytes));
    }
    let mut leased = Vec::with_capacity(lives.len());
    for (mut life, payload_bytes) in lives {
        let (token, event) = life.lease(worker, policy, now_ms);
        transitions::save(conn, &life)?;
        leased.push(Leased { seq: life.seq, token, waited_ms: life.waited_ms(), payload_bytes });
        events.push(event);
    }
    Ok(leased)
}

/// Tenants that have ready jobs, in scope.
fn contenders(conn: &Connection, fair: &mut Fair, scope: &Scope, slots: u32) -> Done<Vec<Contender>> {
    let names: Vec<String> = match scope.tenant() {
        Some(name) => vec![name.to_owned()],
        None => {
            let names = ready_tenants(conn, fair.cursor())?;
            fair.looked_at(names.iter().map(String::as_str));
            names
        }
    };
    let mut settings = conn.prepare_cached("SELECT weight, max_running FROM tenants WHERE name = ?1")?;
    let mut running = conn.prepare_cached("SELECT count(*) FROM jobs INDEXED BY jobs_by_state WHERE tenant = ?1 AND state = 1")?;
    let mut ready = conn.prepare_cached(
        "SELECT count(*) FROM (SELECT 1 FROM jobs INDEXED BY jobs_ready WHERE state = 0 AND hold = 0 AND tenant = ?1 LIMIT ?2)",
    )?;
    let is_alone = names.len() == 1;
    let mut contenders = Vec::with_capacity(names.len());
    for name in names {
        let (weight, max_running) = settings.query_row([&name], |row| Ok((row.get(0)?, row.get(1)?))).optional()?.unwrap_or((1, None));
        let mut contender = Contender { name: rows::tenant_name(&name)?, weight, max_running, running: 0, ready: slots.into() };
        // The figures of one that is alone and has no ceiling decide nothing.
        if !is_alone || max_running.is_some() {
            contender.running = running.query_row([&name], |row| row.get::<_, i64>(0))?.unsigned_abs();
            contender.ready = ready.query_row((&name, slots), |row| row.get::<_, i64>(0))?.unsigned_abs();
        }
        contenders.push(contender);
    }
    Ok(contenders)
}

/// The names behind the cursor, then those up to it: by one step in the index each.
fn ready_tenants(conn: &Connection, cursor: &str) -> Done<Vec<String>> {
    let mut next = conn.prepare_cached(
        "SELECT tenant FROM jobs INDEXED BY jobs_ready WHERE state = 0 AND hold = 0 AND tenant > ?1 ORDER BY tenant LIMIT 1",
    )?;
    let mut names: Vec<String> = Vec::new();
    // Without a cursor the first round finds all.
    let rounds = [(cursor, None), ("", Some(cursor))];
    for (from, until) in rounds.into_iter().take(if cursor.is_empty() { 1 } else { 2 }) {
        let mut at = from.to_owned();
        while names.len() < CONTENDERS {
            let Some(name) = next.query_row([&at], |row| row.get::<_, String>(0)).optional()? else { break };
            if until.is_some_and(|until| name.as_str() > until) {
                break;
            }
            at.clone_from(&name);
            names.push(name);
        }
    }
    Ok(names)
}

/// A tenant's first ready jobs, and the bytes of their payloads.
fn first_of(conn: &Connection, contender: &Contender, count: usize) -> Done<Vec<(Life, u64)>> {
    if count == 0 {
        return Ok(Vec::new());
    }
    let mut query = conn.prepare_cached(&format!(
        "{}, payload_bytes FROM jobs INDEXED BY jobs_ready WHERE state = 0 AND hold = 0 AND tenant = ?1 ORDER BY priority DESC, seq LIMIT ?2",
        rows::LIFE
    ))?;
    let mut found = query.query((contender.name.as_str(), count as i64))?;
    let mut lives = Vec::with_capacity(count);
    while let Some(row) = found.next()? {
        lives.push((rows::life(row)?, row.get::<_, i64>("payload_bytes")?.unsigned_abs()));
    }
    Ok(lives)
}

/// The leases of a worker whose jobs were cancelled, but for those it knows of.
pub(super) fn cancelling(conn: &Connection, scope: &Scope, worker: &str, known: &[LeaseToken]) -> Done<Vec<LeaseToken>> {
    let mut query = conn.prepare_cached(
        "SELECT id, attempt FROM jobs INDEXED BY jobs_cancelling WHERE worker = ?1 AND state = 1 AND cancelled_by IS NOT NULL
         AND (?2 IS NULL OR tenant = ?2)",
    )?;
    let tokens =
        query.query_map((worker, scope.tenant()), |row| Ok(LeaseToken { job_id: rows::id(row)?, attempt: row.get("attempt")? }))?;
    let mut tokens = tokens.collect::<Result<Vec<_>, _>>()?;
    tokens.retain(|token| !known.contains(token));
    Ok(tokens)
}
