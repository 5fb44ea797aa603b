//! Journals of recorded runs.

use ampoule_protocol::{JobId, LeaseToken, TenantName};
use deadpool_sqlite::rusqlite::{Connection, OptionalExtension};

use super::transitions::load;
use crate::queue::{QueueError, Scope};

type Done<T> = Result<T, QueueError>;

/// Keeps a journal under a lease that is held.
pub(super) fn keep(conn: &Connection, scope: &Scope, token: LeaseToken, journal: &[u8]) -> Done<bool> {
    let Some(life) = load(conn, scope, token.job_id)?.filter(|life| life.holds(&token)) else { return Ok(false) };
    conn.prepare_cached("INSERT OR REPLACE INTO journals (seq, attempt, journal) VALUES (?1, ?2, ?3)")?.execute((
        life.seq,
        token.attempt,
        journal,
    ))?;
    Ok(true)
}

/// A journal.
pub(super) fn journal(conn: &Connection, tenant: &TenantName, id: JobId, attempt: Option<u32>) -> Done<Option<Vec<u8>>> {
    let found = conn
        .prepare_cached(
            "SELECT c.journal FROM journals c JOIN jobs j USING (seq)
             WHERE j.id = ?1 AND j.tenant = ?2 AND (?3 IS NULL OR c.attempt = ?3) ORDER BY c.attempt DESC LIMIT 1",
        )?
        .query_row((id.as_bytes(), tenant.as_str(), attempt), |row| row.get(0));
    Ok(found.optional()?)
}

/// Of which attempt the journal is.
pub(super) fn recorded(conn: &Connection, tenant: &TenantName, id: JobId, attempt: Option<u32>) -> Done<Option<u32>> {
    let found = conn
        .prepare_cached(
            "SELECT max(c.attempt) FROM journals c JOIN jobs j USING (seq) WHERE j.id = ?1 AND j.tenant = ?2 AND (?3 IS NULL OR c.attempt = ?3)",
        )?
        .query_row((id.as_bytes(), tenant.as_str(), attempt), |row| row.get(0));
    Ok(found?)
}
