//! What is read for clients and workers, on a connection that cannot write.

use std::time::Duration;

use ampoule_protocol::{JobId, JobList, JobState, JobView, LeasedJob, ScriptView, TenantName};
use deadpool_sqlite::rusqlite::{Connection, OptionalExtension, Row, ToSql, types::Value};

use super::{lease::Leased, rows};
use crate::queue::{
    Depths, JobFilter, MAX_PAGE_BYTES, Pins, QueueError, Scope,
    companions::Companions,
    life::{Hold, Terms},
};

/// A job's columns, its payload left alone.
const JOB: &str =
    "SELECT j.seq, j.id, j.state, j.hold, j.attempt, j.created_ms, j.due_ms, j.started_ms, j.finished_ms, j.script_name, j.script_version, j.source_bytes, j.entry,
    j.terms, j.priority, j.concurrency_key, j.cancelled_by, j.dead, j.tags, j.parent, j.progress, o.outcome, o.usage, o.engine
    FROM jobs j LEFT JOIN outcomes o USING (seq)";

/// One job, and its attempts that did not end it.
pub(super) fn job(conn: &Connection, tenant: &TenantName, id: JobId) -> Result<Option<JobView>, QueueError> {
    let mut query = conn.prepare_cached(&format!("{JOB} WHERE j.id = ?1 AND j.tenant = ?2"))?;
    let mut rows = query.query((id.as_bytes(), tenant.as_str()))?;
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
            selection.and("t.tenant = ?", filter.tenant.to_string());
            selection.and("t.key = ?", key.clone());
            selection.and("t.value = ?", value.clone());
            // The tag's own sequence number is the same and comes in the index's order.
            selection.order = "t.seq";
        } else {
            selection.and("j.tenant = ?", filter.tenant.to_string());
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
            let seq = conn
                .prepare_cached("SELECT seq FROM jobs WHERE id = ?1 AND tenant = ?2")?
                .query_row((before.as_bytes(), filter.tenant.as_str()), |row| row.get::<_, i64>(0));
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
        script: ScriptView {
            name: row.get("script_name")?,
            version: row.get("script_version")?,
            source_bytes: row.get::<_, i64>("source_bytes")?.unsigned_abs(),
        },
        entry: row.get("entry")?,
        limits: terms.limits,
        grants: terms.grants,
        priority: row.get("priority")?,
        due_at: if is_held { rows::time_or_null(row, "due_ms")? } else { None },
        concurrency_key: row.get("concurrency_key")?,
        cancelled_by: rows::json_or_null(row, "cancelled_by")?,
        dead: row.get("dead")?,
        trace_id: terms.traceparent.map(|parent| parent.trace_id_hex()),
        lost_attempts: Vec::new(),
        parent: rows::id_or_null(row, "parent")?,
        replays: terms.replays,
        progress: rows::json_or_null(row, "progress")?,
        tags: rows::json(row, "tags")?,
    })
}

/// What a worker gets for its leases, but for the sources that they are pinned to.
pub(super) fn leased_jobs(conn: &Connection, leases: &[Leased], lease: Duration) -> Result<Vec<(LeasedJob, Option<Pins>)>, QueueError> {
    let mut query = conn.prepare_cached(
        "SELECT j.tenant, j.script_name, j.entry, j.terms, p.script, p.input, p.context, p.libraries, p.seed, p.pins
         FROM jobs j JOIN payloads p USING (seq) WHERE j.seq = ?1",
    )?;
    let mut jobs = Vec::with_capacity(leases.len());
    for leased in leases {
        let mut found = query.query([leased.seq])?;
        let missing = || QueueError::Corrupt { what: "payload", why: "it is missing".into() };
        let row = found.next()?.ok_or_else(missing)?;
        let companions: Companions = rows::json(row, "libraries")?;
        let (script, libraries) = companions.with(row.get("script_name")?, row.get("script")?);
        let terms: Terms = rows::json(row, "terms")?;
        let job = LeasedJob {
            token: leased.token,
            tenant: rows::tenant(row)?,
            lease_ms: u64::try_from(lease.as_millis()).unwrap_or(u64::MAX),
            script,
            entry: row.get("entry")?,
            input: rows::json(row, "input")?,
            context: rows::json(row, "context")?,
            libraries,
            limits: terms.limits,
            grants: terms.grants,
            record: terms.record,
            replays: terms.replays,
            seed: row.get::<_, Option<i64>>("seed")?.map(i64::cast_unsigned),
            waited_ms: leased.waited_ms,
            traceparent: terms.traceparent,
        };
        jobs.push((job, rows::json_or_null(row, "pins")?));
    }
    Ok(jobs)
}

pub(super) fn depths(conn: &Connection, scope: &Scope, now_ms: i64) -> Result<Depths, QueueError> {
    // Each tenant's oldest is found by an index, and so is each count.
    const ALL: &str = "SELECT (SELECT count(*) FROM jobs INDEXED BY jobs_ready WHERE state = 0 AND hold = 0)
                + (SELECT count(*) FROM jobs INDEXED BY jobs_due WHERE state = 0 AND hold = 1 AND due_ms <= ?1),
                (SELECT count(*) FROM jobs INDEXED BY jobs_due WHERE state = 0 AND hold = 1 AND due_ms > ?1),
                (SELECT count(*) FROM jobs INDEXED BY jobs_blocked WHERE state = 0 AND hold = 2),
                (SELECT count(*) FROM jobs INDEXED BY jobs_by_lease WHERE state = 1),
                (SELECT min((SELECT max(due_ms, created_ms) FROM jobs INDEXED BY jobs_by_state
                             WHERE tenant = name AND state = 0 AND hold = 0 ORDER BY seq LIMIT 1)) FROM tenants
                 WHERE max_running IS NULL OR max_running > (SELECT count(*) FROM jobs INDEXED BY jobs_by_state
                                                             WHERE tenant = name AND state = 1)),
                (SELECT coalesce(sum(max(0, (SELECT count(*) FROM jobs INDEXED BY jobs_ready WHERE state = 0 AND hold = 0 AND tenant = name)
                     + (SELECT count(*) FROM jobs INDEXED BY jobs_due WHERE state = 0 AND hold = 1 AND due_ms <= ?1 AND tenant = name)
                     - max(0, max_running - (SELECT count(*) FROM jobs INDEXED BY jobs_by_state WHERE tenant = name AND state = 1)))), 0)
                 FROM tenants WHERE max_running IS NOT NULL), ?2";
    // Nearly all jobs whose time has come are ready already.
    const ONE: &str = "SELECT ready, delayed, blocked, running, iif(max_running <= running, NULL, oldest),
                iif(max_running IS NULL, 0, max(0, ready - max(0, max_running - running)))
         FROM (SELECT waiting - blocked - delayed AS ready, * FROM (SELECT
                (SELECT count(*) FROM jobs INDEXED BY jobs_by_state WHERE tenant = ?2 AND state = 0) AS waiting,
                (SELECT count(*) FROM jobs INDEXED BY jobs_due WHERE state = 0 AND hold = 1 AND due_ms > ?1 AND tenant = ?2) AS delayed,
                (SELECT count(*) FROM jobs INDEXED BY jobs_blocked WHERE state = 0 AND hold = 2 AND tenant = ?2) AS blocked,
                (SELECT count(*) FROM jobs INDEXED BY jobs_by_state WHERE tenant = ?2 AND state = 1) AS running,
                (SELECT max(due_ms, created_ms) FROM jobs INDEXED BY jobs_by_state
                 WHERE tenant = ?2 AND state = 0 AND hold = 0 ORDER BY seq LIMIT 1) AS oldest,
                (SELECT max_running FROM tenants WHERE name = ?2) AS max_running))";
    let mut query = conn.prepare_cached(if scope.tenant().is_some() { ONE } else { ALL })?;
    let count = |row: &Row<'_>, k| row.get::<_, i64>(k).map(i64::unsigned_abs);
    Ok(query.query_row((now_ms, scope.tenant()), |row| {
        let oldest_ms: Option<i64> = row.get(4)?;
        Ok(Depths {
            queued: count(row, 0)?.saturating_sub(count(row, 5)?),
            delayed: count(row, 1)?,
            blocked: count(row, 2)?,
            capped: count(row, 5)?,
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
