//! What is read for clients and workers, on a connection that cannot write.

use std::time::Duration;

use ampoule_protocol::{JobId, JobList, JobState, JobView, LeasedJob, LogLine, LogPage, ScriptSource, ScriptView};
use deadpool_sqlite::rusqlite::{Connection, OptionalExtension, Row, ToSql, types::Value};

use super::{rows, transitions::Leased};
use crate::queue::{Depths, JobFilter, MAX_PAGE_BYTES, QueueError};

/// A job's columns, its payload left alone.
const JOB: &str =
    "SELECT j.seq, j.id, j.state, j.attempt, j.created_ms, j.started_ms, j.finished_ms, j.script_name, j.source_bytes, j.entry,
    j.limits, j.tags, o.outcome, o.usage, o.engine FROM jobs j LEFT JOIN outcomes o USING (seq)";

pub(super) fn job(conn: &Connection, id: JobId) -> Result<Option<JobView>, QueueError> {
    let mut query = conn.prepare_cached(&format!("{JOB} WHERE j.id = ?1"))?;
    let mut rows = query.query([id.as_bytes()])?;
    rows.next()?.map(view).transpose()
}

/// Newest first. `None`: the job to start before does not exist.
pub(super) fn jobs(conn: &Connection, filter: &JobFilter) -> Result<Option<JobList>, QueueError> {
    let mut sql = JOB.to_owned();
    let mut values: Vec<Value> = Vec::new();
    let mut conditions: Vec<&str> = Vec::new();
    if let Some((key, value)) = &filter.tag {
        sql.push_str(" JOIN tags t ON t.seq = j.seq");
        conditions.extend(["t.key = ?", "t.value = ?"]);
        values.extend([key.clone().into(), value.clone().into()]);
    }
    if let Some(state) = filter.state {
        conditions.push("j.state = ?");
        values.push(rows::state_number(state).into());
    }
    if let Some(script) = &filter.script {
        conditions.push("j.script_name = ?");
        values.push(script.clone().into());
    }
    if let Some(before) = filter.before {
        let seq: Option<i64> =
            conn.prepare_cached("SELECT seq FROM jobs WHERE id = ?1")?.query_row([before.as_bytes()], |row| row.get(0)).optional()?;
        let Some(seq) = seq else { return Ok(None) };
        conditions.push("j.seq < ?");
        values.push(seq.into());
    }
    if !conditions.is_empty() {
        sql.push_str(" WHERE ");
        sql.push_str(&conditions.join(" AND "));
    }
    // The tag's own sequence number is the same and comes in the index's order.
    sql.push_str(if filter.tag.is_some() { " ORDER BY t.seq DESC LIMIT ?" } else { " ORDER BY j.seq DESC LIMIT ?" });
    // One more than asked for tells whether there is a next page.
    values.push(i64::from(filter.limit.saturating_add(1)).into());

    let mut query = conn.prepare_cached(&sql)?;
    let params: Vec<&dyn ToSql> = values.iter().map(|value| value as &dyn ToSql).collect();
    let mut rows = query.query(&params[..])?;
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
    Ok(Some(JobList { items, next_cursor }))
}

fn view(row: &Row<'_>) -> Result<JobView, QueueError> {
    Ok(JobView {
        id: rows::id(row)?,
        state: rows::state(row, "state")?,
        attempt: row.get("attempt")?,
        outcome: rows::json_or_null(row, "outcome")?,
        usage: rows::json_or_null(row, "usage")?,
        engine: row.get("engine")?,
        created_at: rows::time(row, "created_ms")?,
        started_at: rows::time_or_null(row, "started_ms")?,
        finished_at: rows::time_or_null(row, "finished_ms")?,
        script: ScriptView { name: row.get("script_name")?, source_bytes: row.get::<_, i64>("source_bytes")?.unsigned_abs() },
        entry: row.get("entry")?,
        limits: rows::json(row, "limits")?,
        tags: rows::json(row, "tags")?,
    })
}

/// What a worker gets for its leases.
pub(super) fn leased_jobs(conn: &Connection, leases: &[Leased], lease: Duration) -> Result<Vec<LeasedJob>, QueueError> {
    let mut query = conn.prepare_cached(
        "SELECT j.script_name, j.entry, j.limits, p.script, p.input, p.context, p.libraries, p.seed
         FROM jobs j JOIN payloads p USING (seq) WHERE j.seq = ?1",
    )?;
    let mut jobs = Vec::with_capacity(leases.len());
    for leased in leases {
        let mut found = query.query([leased.seq])?;
        let missing = || QueueError::Corrupt { what: "payload", why: "it is missing".into() };
        let row = found.next()?.ok_or_else(missing)?;
        jobs.push(LeasedJob {
            token: leased.token,
            lease_ms: u64::try_from(lease.as_millis()).unwrap_or(u64::MAX),
            script: ScriptSource { source: row.get("script")?, name: row.get("script_name")? },
            entry: row.get("entry")?,
            input: rows::json(row, "input")?,
            context: rows::json(row, "context")?,
            libraries: rows::json(row, "libraries")?,
            limits: rows::json(row, "limits")?,
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
        "SELECT (SELECT count(*) FROM jobs WHERE state = 0), (SELECT count(*) FROM jobs WHERE state = 1),
                (SELECT created_ms FROM jobs WHERE state = 0 ORDER BY seq LIMIT 1)",
    )?;
    let (queued, running, oldest_ms) =
        query.query_row([], |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, Option<i64>>(2)?)))?;
    Ok(Depths {
        queued: queued.unsigned_abs(),
        running: running.unsigned_abs(),
        oldest: oldest_ms.map(|ms| Duration::from_millis((now_ms - ms).max(0).unsigned_abs())),
    })
}

/// Succeeds if the store can be read.
pub(super) fn probe(conn: &Connection) -> Result<(), QueueError> {
    conn.prepare_cached("SELECT 1 FROM jobs LIMIT 1")?.exists([])?;
    Ok(())
}
