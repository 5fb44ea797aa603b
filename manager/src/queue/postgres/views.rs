//! What is read for clients.

use std::time::Duration;

use ampoule_protocol::{JobId, JobList, JobState, JobView, ScriptView, TenantName};
use deadpool_postgres::GenericClient;
use tokio_postgres::{Row, types::ToSql};

use super::rows;
use crate::queue::{
    Bulk, Depths, JobFilter, MAX_PAGE_BYTES, QueueError, Scope,
    life::{Hold, Terms},
};

type Done<T> = Result<T, QueueError>;

/// A job's columns, its payload left alone.
const JOB: &str =
    "SELECT j.seq, j.id, j.state, j.hold, j.attempt, j.created_ms, j.due_ms, j.started_ms, j.finished_ms, j.script_name, j.script_version, j.source_bytes, j.entry,
    j.terms, j.priority, j.concurrency_key, j.cancelled_by, j.dead, j.tags, j.parent, j.progress, o.outcome, o.usage, o.engine
    FROM jobs j LEFT JOIN outcomes o USING (seq)";

/// One job, and its attempts that did not end it.
pub(super) async fn job(client: &impl GenericClient, tenant: &TenantName, id: JobId) -> Done<Option<JobView>> {
    let query = client.prepare_cached(&format!("{JOB} WHERE j.id = $1 AND j.tenant = $2")).await?;
    let Some(row) = client.query_opt(&query, &[&rows::uuid(id), &tenant.as_str()]).await? else { return Ok(None) };
    let mut job = view(&row)?;
    if job.attempt > 0 {
        let query = client.prepare_cached("SELECT lost FROM lost_attempts WHERE seq = $1 ORDER BY attempt").await?;
        let lost = client.query(&query, &[&row.try_get::<_, i64>("seq")?]).await?;
        job.lost_attempts = lost.iter().map(|row| rows::json(row, "lost")).collect::<Result<_, _>>()?;
    }
    Ok(Some(job))
}

/// A query with the conditions of a filter.
struct Selection {
    sql: String,
    conditions: Vec<String>,
    values: Vec<Box<dyn ToSql + Sync + Send>>,
    order: &'static str,
}

impl Selection {
    async fn new(client: &impl GenericClient, select: &str, filter: &JobFilter) -> Done<Self> {
        let mut selection = Self { sql: select.to_owned(), conditions: Vec::new(), values: Vec::new(), order: "j.seq" };
        if let Some((key, value)) = &filter.tag {
            selection.sql.push_str(" JOIN tags t ON t.seq = j.seq");
            selection.and("t.tenant =", filter.tenant.to_string());
            selection.and("t.key =", key.clone());
            selection.and("t.value =", value.clone());
            // The tag's own sequence number is the same and comes in the index's order.
            selection.order = "t.seq";
        } else {
            selection.and("j.tenant =", filter.tenant.to_string());
        }
        if let Some(state) = filter.state {
            selection.and("j.state =", rows::state_number(state));
        }
        if filter.dead {
            selection.conditions.push("j.dead".to_owned());
        }
        if let Some(script) = &filter.script {
            selection.and("j.script_name =", script.clone());
        }
        if let Some(before) = filter.before {
            let query = client.prepare_cached("SELECT seq FROM jobs WHERE id = $1 AND tenant = $2").await?;
            let row = client.query_opt(&query, &[&rows::uuid(before), &filter.tenant.as_str()]).await?.ok_or(QueueError::UnknownCursor)?;
            selection.and("j.seq <", row.try_get::<_, i64>(0)?);
        }
        Ok(selection)
    }

    fn and(&mut self, condition: &str, value: impl ToSql + Sync + Send + 'static) {
        self.values.push(Box::new(value));
        self.conditions.push(format!("{condition} ${}", self.values.len()));
    }

    async fn rows(mut self, client: &impl GenericClient, direction: &str, limit: u32) -> Done<Vec<Row>> {
        let conditions = if self.conditions.is_empty() { String::new() } else { format!(" WHERE {}", self.conditions.join(" AND ")) };
        self.values.push(Box::new(i64::from(limit)));
        let sql = format!("{}{conditions} ORDER BY {} {direction} LIMIT ${}", self.sql, self.order, self.values.len());
        let query = client.prepare_cached(&sql).await?;
        let values: Vec<&(dyn ToSql + Sync)> = self.values.iter().map(|value| &**value as &(dyn ToSql + Sync)).collect();
        Ok(client.query(&query, &values).await?)
    }
}

/// Newest first.
pub(super) async fn jobs(client: &impl GenericClient, filter: &JobFilter) -> Done<JobList> {
    // One more than asked for tells whether there is a next page.
    let rows = Selection::new(client, JOB, filter).await?.rows(client, "DESC", filter.limit.saturating_add(1)).await?;
    let (mut items, mut bytes, mut more) = (Vec::<JobView>::new(), 0, false);
    for row in &rows {
        if items.len() == filter.limit as usize || bytes > MAX_PAGE_BYTES {
            more = true;
            break;
        }
        bytes += row.try_get::<_, Option<&str>>("outcome")?.map_or(0, str::len);
        items.push(view(row)?);
    }
    let next_cursor = if more { items.last().map(|job| job.id.to_string()) } else { None };
    Ok(JobList { items, next_cursor })
}

/// The oldest jobs that a filter names and that a bulk change can change.
pub(super) async fn changeable(
    client: &impl GenericClient,
    filter: &JobFilter,
    bulk: &Bulk,
    since_ms: i64,
    limit: u32,
) -> Done<Vec<JobId>> {
    let mut selection = Selection::new(client, "SELECT j.id FROM jobs j", filter).await?;
    match bulk {
        Bulk::Cancel(_) => selection.and("j.state IN (0, 1) AND j.cancelled_by IS NULL AND j.created_ms <=", since_ms),
        Bulk::Retry => selection.and("j.state IN (3, 4) AND j.finished_ms <=", since_ms),
    }
    selection.rows(client, "ASC", limit).await?.iter().map(rows::id).collect()
}

fn view(row: &Row) -> Done<JobView> {
    let terms: Terms = rows::json(row, "terms")?;
    let state = rows::state(row)?;
    let is_held = state == JobState::Queued && row.try_get::<_, i16>("hold")? == Hold::Due.number();
    Ok(JobView {
        id: rows::id(row)?,
        state,
        attempt: rows::count(row, "attempt")?,
        outcome: rows::json_or_null(row, "outcome")?,
        usage: rows::json_or_null(row, "usage")?,
        engine: row.try_get("engine")?,
        created_at: rows::time(row, "created_ms")?,
        started_at: rows::time_or_null(row, "started_ms")?,
        finished_at: rows::time_or_null(row, "finished_ms")?,
        script: ScriptView {
            name: row.try_get("script_name")?,
            version: row.try_get::<_, Option<i32>>("script_version")?.map(i32::cast_unsigned),
            source_bytes: row.try_get::<_, i64>("source_bytes")?.unsigned_abs(),
        },
        entry: row.try_get("entry")?,
        limits: terms.limits,
        grants: terms.grants,
        priority: row.try_get("priority")?,
        due_at: if is_held { Some(rows::time(row, "due_ms")?) } else { None },
        concurrency_key: row.try_get("concurrency_key")?,
        cancelled_by: rows::json_or_null(row, "cancelled_by")?,
        dead: row.try_get("dead")?,
        trace_id: terms.traceparent.map(|parent| parent.trace_id_hex()),
        lost_attempts: Vec::new(),
        parent: rows::id_or_null(row, "parent")?,
        replays: terms.replays,
        progress: rows::json_or_null(row, "progress")?,
        tags: rows::json(row, "tags")?,
    })
}

/// All figures of one moment: a statement sees one.
pub(super) async fn depths(client: &impl GenericClient, scope: &Scope, now_ms: i64) -> Done<Depths> {
    // Each tenant's oldest is found by an index.
    const ALL: &str = "SELECT (SELECT count(*) FROM jobs WHERE state = 0 AND hold = 0)
                    + (SELECT count(*) FROM jobs WHERE state = 0 AND hold = 1 AND due_ms <= $1) AS queued,
                    (SELECT count(*) FROM jobs WHERE state = 0 AND hold = 1 AND due_ms > $1) AS delayed,
                    (SELECT count(*) FROM jobs WHERE state = 0 AND hold = 2) AS blocked,
                    (SELECT count(*) FROM jobs WHERE state = 1) AS running,
                    (SELECT min(ms) FROM tenants, LATERAL (SELECT greatest(due_ms, created_ms) AS ms FROM jobs
                     WHERE tenant = name AND state = 0 AND hold = 0 ORDER BY seq LIMIT 1) oldest
                     WHERE max_running IS NULL OR max_running > (SELECT count(*) FROM jobs WHERE tenant = name AND state = 1)) AS oldest_ms,
                    (SELECT coalesce(sum(greatest(0, (SELECT count(*) FROM jobs WHERE state = 0 AND hold = 0 AND tenant = name)
                         + (SELECT count(*) FROM jobs WHERE state = 0 AND hold = 1 AND due_ms <= $1 AND tenant = name)
                         - greatest(0, max_running - (SELECT count(*) FROM jobs WHERE tenant = name AND state = 1)))), 0)::bigint
                     FROM tenants WHERE max_running IS NOT NULL) AS capped, $2::text";
    const ONE: &str =
        "SELECT ready AS queued, delayed, blocked, running, CASE WHEN max_running <= running THEN NULL ELSE oldest_ms END AS oldest_ms,
                    CASE WHEN max_running IS NULL THEN 0 ELSE greatest(0, ready - greatest(0, max_running - running)) END AS capped
                    FROM (SELECT waiting - blocked - delayed AS ready, * FROM (SELECT
                    (SELECT count(*) FROM jobs WHERE tenant = $2 AND state = 0) AS waiting,
                    (SELECT count(*) FROM jobs WHERE tenant = $2 AND state = 0 AND hold = 1 AND due_ms > $1) AS delayed,
                    (SELECT count(*) FROM jobs WHERE tenant = $2 AND state = 0 AND hold = 2) AS blocked,
                    (SELECT count(*) FROM jobs WHERE tenant = $2 AND state = 1) AS running,
                    (SELECT greatest(due_ms, created_ms) FROM jobs WHERE tenant = $2 AND state = 0 AND hold = 0
                     ORDER BY seq LIMIT 1) AS oldest_ms,
                    (SELECT max_running FROM tenants WHERE name = $2) AS max_running) counted) summed";
    let query = client.prepare_cached(if scope.tenant().is_some() { ONE } else { ALL }).await?;
    let row = client.query_one(&query, &[&now_ms, &scope.tenant()]).await?;
    let count = |name: &str| row.try_get::<_, i64>(name).map(i64::unsigned_abs);
    Ok(Depths {
        queued: count("queued")?.saturating_sub(count("capped")?),
        delayed: count("delayed")?,
        blocked: count("blocked")?,
        capped: count("capped")?,
        running: count("running")?,
        oldest: row.try_get::<_, Option<i64>>("oldest_ms")?.map(|ms| Duration::from_millis((now_ms - ms).max(0).unsigned_abs())),
    })
}

/// Whether some job waits for nothing but a worker, and when the next one's time comes.
pub(super) async fn outlook(client: &impl GenericClient) -> Done<(bool, Option<i64>)> {
    let query = client
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM jobs WHERE state = 0 AND hold = 0),
                    (SELECT due_ms FROM jobs WHERE state = 0 AND hold = 1 ORDER BY due_ms LIMIT 1)",
        )
        .await?;
    let row = client.query_one(&query, &[]).await?;
    Ok((row.try_get(0)?, row.try_get(1)?))
}
