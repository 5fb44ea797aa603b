//! Jobs that runs submit.

use ampoule_protocol::{CancelledBy, JobId, LeaseToken, MAX_FAMILY_JOBS};
use deadpool_sqlite::rusqlite::Connection;

use super::{
    rows,
    transitions::{cancel, load},
};
use crate::queue::{Cancel, Enqueued, Event, Family, QueueError, Scope};

type Done<T> = Result<T, QueueError>;

/// The job under this lease.
pub(super) fn family(conn: &Connection, scope: &Scope, token: LeaseToken) -> Done<Option<Family>> {
    let Some(life) = load(conn, scope, token.job_id)? else { return Ok(None) };
    let mut query = conn.prepare_cached("SELECT root, depth FROM jobs WHERE seq = ?1")?;
    let (root, depth) = query.query_row([life.seq], |row| Ok((rows::id_or_null(row, "root")?, row.get("depth")?)))?;
    Ok(Family::of(life, scope, token, root, depth))
}

/// Why a job is not stored that a run submits.
pub(super) fn refusal(conn: &Connection, family: &Family) -> Done<Option<Enqueued>> {
    if !load(conn, &Scope::All, family.token.job_id)?.is_some_and(|life| life.holds(&family.token)) {
        return Ok(Some(Enqueued::LeaseLost));
    }
    let count: i64 =
        conn.prepare_cached("SELECT count(*) FROM jobs WHERE root = ?1")?.query_row([family.root.as_bytes()], |row| row.get(0))?;
    Ok((count.cast_unsigned() >= MAX_FAMILY_JOBS).then_some(Enqueued::FamilyFull))
}

/// Cancels a job that one under this lease submitted.
pub(super) fn cancel_child(
    conn: &Connection,
    scope: &Scope,
    token: LeaseToken,
    id: JobId,
    by: &CancelledBy,
    now_ms: i64,
    events: &mut Vec<Event>,
) -> Done<Option<Cancel>> {
    match load(conn, scope, token.job_id)?.filter(|life| life.holds(&token)) {
        Some(life) => cancel(conn, &life.tenant, id, by, now_ms, events),
        None => Ok(None),
    }
}
