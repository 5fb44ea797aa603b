//! Log lines of runs.

use ampoule_protocol::{JobId, JobState, LeaseState, Limits, LogLine, TenantName, TokenState};
use deadpool_sqlite::rusqlite::{Connection, OptionalExtension};

use super::{rows, transitions::load};
use crate::queue::{
    Event, FiledLines, LogView, MAX_PAGE_BYTES, QueueError, Scope,
    filed::{LogChunk, LogTally},
};

type Done<T> = Result<T, QueueError>;

/// Stores lines under leases that are held.
pub(super) fn append(conn: &Connection, scope: &Scope, appends: &[FiledLines], events: &mut Vec<Event>) -> Done<Vec<TokenState>> {
    let mut states = Vec::with_capacity(appends.len());
    for FiledLines { token, logs, progress_json } in appends {
        let life = load(conn, scope, token.job_id)?;
        let state = life.as_ref().map_or(LeaseState::Stale, |life| life.append(token));
        if let Some(life) = life.filter(|_| state != LeaseState::Stale) {
            write(conn, life.seq, life.attempt, &life.terms.limits, logs)?;
            if let Some(progress_json) = progress_json {
                conn.prepare_cached("UPDATE jobs SET progress = ?2 WHERE seq = ?1")?.execute((life.seq, progress_json))?;
            }
            events.push(Event::Logged { id: life.id });
        }
        states.push(TokenState { token: *token, state });
    }
    Ok(states)
}

/// Writes what of these lines is not stored yet.
pub(super) fn write(conn: &Connection, seq: i64, attempt: u32, limits: &Limits, chunks: &[LogChunk]) -> Done<()> {
    if chunks.is_empty() {
        return Ok(());
    }
    let last = "SELECT first_offset + line_count, text_bytes FROM logs WHERE seq = ?1 AND attempt = ?2 ORDER BY first_offset DESC LIMIT 1";
    let tally = conn.prepare_cached(last)?.query_row((seq, attempt), |row| {
        Ok(LogTally { next: row.get::<_, i64>(0)?.unsigned_abs(), bytes: row.get::<_, i64>(1)?.unsigned_abs() })
    });
    let mut tally = tally.optional()?.unwrap_or_default();
    for chunk in chunks {
        let Some(chunk) = tally.admit(chunk, limits) else { continue };
        conn.prepare_cached(
            "INSERT INTO logs (seq, attempt, first_offset, line_count, text_bytes, lines) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?
        .execute((
            seq,
            attempt,
            chunk.first.cast_signed(),
            chunk.count.cast_signed(),
            tally.bytes.cast_signed(),
            &chunk.lines_json,
        ))?;
    }
    Ok(())
}

/// Log lines of an attempt. `None`: no such job.
pub(super) fn page(
    conn: &Connection,
    tenant: &TenantName,
    id: JobId,
    attempt: Option<u32>,
    from: u64,
    limit: u32,
) -> Done<Option<LogView>> {
    // The state first: when it is final, no line is missing from what is read after it.
    let mut query = conn.prepare_cached(
        "SELECT j.seq, j.attempt, j.state, j.progress, o.outcome FROM jobs j LEFT JOIN outcomes o USING (seq) WHERE j.id = ?1 AND j.tenant = ?2",
    )?;
    let mut rows = query.query((id.as_bytes(), tenant.as_str()))?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (seq, last, state): (i64, u32, JobState) = (row.get("seq")?, row.get("attempt")?, rows::state(row, "state")?);
    let outcome = rows::json_or_null::<ampoule_protocol::Outcome>(row, "outcome")?.map(|outcome| outcome.kind().to_owned());
    let progress = rows::json_or_null(row, "progress")?;
    let attempt = attempt.unwrap_or(last);
    let mut view = LogView { progress, ..LogView::empty(state, last, outcome, attempt, from) };

    // Offsets on the wire are unsigned; none that is stored is beyond the signed ones.
    let first = i64::try_from(from).unwrap_or(i64::MAX);
    let mut chunks = conn.prepare_cached(
        "SELECT lines FROM logs WHERE seq = ?1 AND attempt = ?2
         AND first_offset >= coalesce((SELECT max(first_offset) FROM logs WHERE seq = ?1 AND attempt = ?2 AND first_offset <= ?3), 0)
         ORDER BY first_offset",
    )?;
    let mut chunks = chunks.query((seq, attempt, first))?;
    let mut bytes = 0;
    while let Some(row) = chunks.next()? {
        let lines: Vec<LogLine> = rows::json(row, "lines")?;
        for line in lines.into_iter().filter(|line| line.offset >= from) {
            if view.page.items.len() == limit as usize || bytes > MAX_PAGE_BYTES {
                view.page.next_offset = Some(line.offset);
                return Ok(Some(view));
            }
            bytes += line.message.len();
            view.page.next_offset = view.page.next_offset.map(|_| line.offset + 1);
            view.page.items.push(line);
        }
    }
    Ok(Some(view))
}
