//! What is read for clients and workers, on a connection that cannot write.

use std::time::Duration;

use ampoule_protocol::{JobId, JobList, JobState, JobView, LeasedJob, LogLine, LogPage, ScriptSource, ScriptView};
use deadpool_sqlite::rusqlite::{Connection, OptionalExtension, Row, ToSql, types::Value};

use super::{rows, transitions::Leased};
use crate::queue::{
    Depths, JobFilter, MAX_PAGE_BYTES, QueueError,
    life::{Hold, Terms},
};

/// A job's columns, its payload left alone.
const JOB: &str =
    "SELECT j.seq, j.id, j.state, j.hold, j.attempt, j.created_ms, j.due_ms, j.started_ms, j.finished_ms, j.script_name, j.source_bytes, j.entry,
    j.terms, j.priority, j.concurrency_key, j.cancelled_by, j.dead, j.tags, o.outcome, o.usage, o.engine
    FROM jobs j LEFT JOIN outcomes o USING (seq)";

/// One job, and its attempts that did not end it.
pub(super) fn job(conn: &Connection, id: JobId) -> Result<Option<JobView>, QueueError> {
    let mut query = conn.prepare_cached(&format!("{JOB} WHERE j.id = ?1"))?;
    let mut rows = query.query([id.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (seq, mut job): (i64, _) = (row.get("seq")?, view(row)?);
    if job.attempt > 0 {
        let mut lost = conn.prepare_cached("SELECT lost FROM lost_attempts WHERE seq = ?1 ORDER BY attempt")?;
        let mut lost = lost.query([seq])?;
        while let Some(row) = lost.next()? {
            job.lost_attempts.push(rows::json(row, "lost")?);
        }
    }
    Ok(Some(job))
}

/// A query with the conditions of a filter.
pub(super) struct Selection {
    sql: String,
    conditions: Vec<&'static str>,
    values: Vec<Value>,
    order: &'static str,
}

impl Selection {
    /// Fails when the job to start before does not exist.
    pub(super) fn new(conn: &Connection, select: &str, filter: &JobFilter) -> Result<Self, QueueError> {
        let mut selection = Self { sql: select.to_owned(), conditions: Vec::new(), values: Vec::new(), order: "j.seq" };
        if let Some((key, value)) = &filter.tag {
            selection.sql.push_str(" JOIN tags t ON t.seq = j.seq");
            selection.and("t.key = ?", key.clone());
            selection.and("t.value = ?", value.clone());
            // The tag's own sequence number is the same and comes in the index's order.
            selection.order = "t.seq";
        }
        if let Some(state) = filter.state {
            selection.and("j.state = ?", rows::state_number(state));
        }
        if filter.dead {
            selection.conditions.push("j.dead = 1");
        }
        if let Some(script) = &filter.script {
            selection.and("j.script_name = ?", script.clone());
        }
        if let Some(before) = filter.before {
            let seq = conn.prepare_cached("SELECT seq FROM jobs WHERE id = ?1")?.query_row([before.as_bytes()], |row| row.get::<_, i64>(0));
            selection.and("j.seq < ?", seq.optional()?.ok_or(QueueError::UnknownCursor)?);
        }
        Ok(selection)
    }

    pub(super) fn and(&mut self, condition: &'static str, value: impl Into<Value>) {
        self.conditions.push(condition);
        self.values.push(value.into());
    }

    fn sql(&self, direction: &str) -> String {
        let conditions = if self.conditions.is_empty() { String::new() } else { format!(" WHERE {}", self.conditions.join(" AND ")) };
        format!("{}{conditions} ORDER BY {} {direction} LIMIT ?", self.sql, self.order)
    }

    fn params(&self) -> Vec<&dyn ToSql> {
        self.values.iter().map(|value| value as &dyn ToSql).collect()
    }

    /// The oldest that match.
    pub(super) fn ids(mut self, conn: &Connection, limit: u32) -> Result<Vec<JobId>, QueueError> {
        self.values.push(limit.into());
        let mut query = conn.prepare_cached(&self.sql("ASC"))?;
        Ok(query.query_map(&self.params()[..], rows::id)?.collect::<Result<_, _>>()?)
    }
}

/// Newest first.
pub(super) fn jobs(conn: &Connection, filter: &JobFilter) -> Result<JobList, QueueError> {
    let mut selection = Selection::new(conn, JOB, filter)?;
    // One more than asked for tells whether there is a next page.
    selection.values.push(filter.limit.saturating_add(1).into());
    let mut query = conn.prepare_cached(&selection.sql("DESC"))?;
    let mut rows = query.query(&selection.params()[..])?;
    let (mut items, mut bytes, mut more) = (Vec::<JobView>::new(), 0, false);
    while let Some(row) = rows.next()? {
        if items.len() == filter.limit as usize || bytes > MAX_PAGE_BYTES {
            more = true;
            break;
        }
        bytes += row.get_ref("outcome")?.as_str_or_null().unwrap_or_default().map_or(0, str::len);
        items.push(view(row)?);
    }
    let next_cursor = if more { items.last().map(|job| job.id.to_string()) } else { None };
    Ok(JobList { items, next_cursor })
}

fn view(row: &Row<'_>) -> Result<JobView, QueueError> {
    let terms: Terms = rows::json(row, "terms")?;
    let state = rows::state(row, "state")?;
    let is_held = state == JobState::Queued && row.get::<_, i16>("hold")? == Hold::Due.number();
    Ok(JobView {
        id: rows::id(row)?,
        state,
        attempt: row.get("attempt")?,
        outcome: rows::json_or_null(row, "outcome")?,
        usage: rows::json_or_null(row, "usage")?,
        engine: row.get("engine")?,
        created_at: rows::time(row, "created_ms")?,
        started_at: rows::time_or_null(row, "started_ms")?,
        finished_at: rows::time_or_null(row, "finished_ms")?,
        script: ScriptView { name: row.get("script_name")?, source_bytes: row.get::<_, i64>("source_bytes")?.unsigned_abs() },
        entry: row.get("entry")?,
        limits: terms.limits,
        grants: terms.grants,
        priority: row.get("priority")?,
        due_at: if is_held { rows::time_or_null(row, "due_ms")? } else { None },
        concurrency_key: row.get("concurrency_key")?,
        cancelled_by: rows::json_or_null(row, "cancelled_by")?,
        dead: row.get("dead")?,
        lost_attempts: Vec::new(),
        tags: rows::json(row, "tags")?,
    })
}

/// What a worker gets for its leases.
pub(super) fn leased_jobs(conn: &Connection, leases: &[Leased], lease: Duration) -> Result<Vec<LeasedJob>, QueueError> {
    let mut query = conn.prepare_cached(
        "SELECT j.script_name, j.entry, j.terms, p.script, p.input, p.context, p.libraries, p.seed
         FROM jobs j JOIN payloads p USING (seq) WHERE j.seq = ?1",
    )?;
    let mut jobs = Vec::with_capacity(leases.len());
    for leased in leases {
        let mut found = query.query([leased.seq])?;
        let missing = || QueueError::Corrupt { what: "payload", why: "it is missing".into() };
        let row = found.next()?.ok_or_else(missing)?;
        let terms: Terms = rows::json(row, "terms")?;
        jobs.push(LeasedJob {
            token: leased.token,
            lease_ms: u64::try_from(lease.as_millis()).unwrap_or(u64::MAX),
            script: ScriptSource { source: row.get("script")?, name: row.get("script_name")? },
            entry: row.get("entry")?,
            input: rows::json(row, "input")?,
            context: rows::json(row, "context")?,
            libraries: rows::json(row, "libraries")?,
            limits: terms.limits,
            grants: terms.grants,
            record: terms.record,
            seed: row.get::<_, Option<i64>>("seed")?.map(i64::cast_unsigned),
        });
    }
    Ok(jobs)
}

/// Log lines of the attempt that ended the job. `None`: no such job.
pub(super) fn logs(conn: &Connection, id: JobId, from: u64, limit: u32) -> Result<Option<LogPage>, QueueError> {
    let mut query = conn.prepare_cached("SELECT seq, attempt, state FROM jobs WHERE id = ?1")?;
    let mut rows = query.query([id.as_bytes()])?;
    let Some(row) = rows.next()? else { return Ok(None) };
    let (seq, attempt, state): (i64, u32, JobState) = (row.get("seq")?, row.get("attempt")?, rows::state(row, "state")?);
    if !state.is_final() {
        return Ok(Some(LogPage { items: Vec::new(), next_offset: Some(from) }));
    }

    // Offsets on the wire are unsigned; none that is stored is beyond the signed ones.
    let first = i64::try_from(from).unwrap_or(i64::MAX);
    let mut chunks = conn.prepare_cached(
        "SELECT lines FROM logs WHERE seq = ?1 AND attempt = ?2
         AND first_offset >= coalesce((SELECT max(first_offset) FROM logs WHERE seq = ?1 AND attempt = ?2 AND first_offset <= ?3), 0)
         ORDER BY first_offset",
    )?;
    let mut chunks = chunks.query((seq, attempt, first))?;
    let (mut items, mut bytes) = (Vec::new(), 0);
    while let Some(row) = chunks.next()? {
        let lines: Vec<LogLine> = rows::json(row, "lines")?;
        for line in lines.into_iter().filter(|line| line.offset >= from) {
            if items.len() == limit as usize || bytes > MAX_PAGE_BYTES {
                return Ok(Some(LogPage { items, next_offset: Some(line.offset) }));
            }
            bytes += line.message.len();
            items.push(line);
        }
    }
    Ok(Some(LogPage { items, next_offset: None }))
}

pub(super) fn depths(conn: &Connection, now_ms: i64) -> Result<Depths, QueueError> {
    let mut query = conn.prepare_cached(
        "SELECT (SELECT count(*) FROM jobs INDEXED BY jobs_ready WHERE state = 0 AND hold = 0)
                + (SELECT count(*) FROM jobs INDEXED BY jobs_due WHERE state = 0 AND hold = 1 AND due_ms <= ?1),
                (SELECT count(*) FROM jobs INDEXED BY jobs_due WHERE state = 0 AND hold = 1 AND due_ms > ?1),
                (SELECT count(*) FROM jobs INDEXED BY jobs_blocked WHERE state = 0 AND hold = 2),
                (SELECT count(*) FROM jobs INDEXED BY jobs_by_lease WHERE state = 1),
                (SELECT max(due_ms, created_ms) FROM jobs INDEXED BY jobs_by_state WHERE state = 0 AND hold = 0 ORDER BY seq LIMIT 1)",
    )?;
    let count = |row: &Row<'_>, k| row.get::<_, i64>(k).map(i64::unsigned_abs);
    Ok(query.query_row([now_ms], |row| {
        let oldest_ms: Option<i64> = row.get(4)?;
        Ok(Depths {
            queued: count(row, 0)?,
            delayed: count(row, 1)?,
            blocked: count(row, 2)?,
            running: count(row, 3)?,
            oldest: oldest_ms.map(|ms| Duration::from_millis((now_ms - ms).max(0).unsigned_abs())),
        })
    })?)
}

/// Succeeds if the store can be read.
pub(super) fn probe(conn: &Connection) -> Result<(), QueueError> {
    conn.prepare_cached("SELECT 1 FROM jobs LIMIT 1")?.exists([])?;
    Ok(())
}
