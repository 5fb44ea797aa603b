//! What is read for clients.

use std::time::Duration;

use ampoule_protocol::{JobId, JobList, JobState, JobView, LogLine, LogPage, ScriptView};
use deadpool_postgres::GenericClient;
use tokio_postgres::{Row, types::ToSql};

use super::rows;
use crate::queue::{
    Bulk, Depths, JobFilter, MAX_PAGE_BYTES, QueueError,
    life::{Hold, Terms},
};

type Done<T> = Result<T, QueueError>;

/// A job's columns, its payload left alone.
const JOB: &str =
    "SELECT j.seq, j.id, j.state, j.hold, j.attempt, j.created_ms, j.due_ms, j.started_ms, j.finished_ms, j.script_name, j.source_bytes, j.entry,
    j.terms, j.priority, j.concurrency_key, j.cancelled_by, j.dead, j.tags, o.outcome, o.usage, o.engine
    FROM jobs j LEFT JOIN outcomes o USING (seq)";

/// One job, and its attempts that did not end it.
pub(super) async fn job(client: &impl GenericClient, id: JobId) -> Done<Option<JobView>> {
    let query = client.prepare_cached(&format!("{JOB} WHERE j.id = $1")).await?;
    let Some(row) = client.query_opt(&query, &[&rows::uuid(id)]).await? else { return Ok(None) };
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
            selection.and("t.key =", key.clone());
            selection.and("t.value =", value.clone());
            // The tag's own sequence number is the same and comes in the index's order.
            selection.order = "t.seq";
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
            let query = client.prepare_cached("SELECT seq FROM jobs WHERE id = $1").await?;
            let row = client.query_opt(&query, &[&rows::uuid(before)]).await?.ok_or(QueueError::UnknownCursor)?;
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
        script: ScriptView { name: row.try_get("script_name")?, source_bytes: row.try_get::<_, i64>("source_bytes")?.unsigned_abs() },
        entry: row.try_get("entry")?,
        limits: terms.limits,
        grants: terms.grants,
        priority: row.try_get("priority")?,
        due_at: if is_held { Some(rows::time(row, "due_ms")?) } else { None },
        concurrency_key: row.try_get("concurrency_key")?,
        cancelled_by: rows::json_or_null(row, "cancelled_by")?,
        dead: row.try_get("dead")?,
        lost_attempts: Vec::new(),
        tags: rows::json(row, "tags")?,
    })
}

/// Log lines of the attempt that ended the job. `None`: no such job.
pub(super) async fn logs(client: &impl GenericClient, id: JobId, from: u64, limit: u32) -> Done<Option<LogPage>> {
    let query = client.prepare_cached("SELECT seq, attempt, state FROM jobs WHERE id = $1").await?;
    let Some(row) = client.query_opt(&query, &[&rows::uuid(id)]).await? else { return Ok(None) };
    if !rows::state(&row)?.is_final() {
        return Ok(Some(LogPage { items: Vec::new(), next_offset: Some(from) }));
    }
    let (seq, attempt): (i64, i32) = (row.try_get("seq")?, row.try_get("attempt")?);
    // Offsets on the wire are unsigned; none that is stored is beyond the signed ones. One chunk at a time: a log can be larger than a page.
    let mut first = i64::try_from(from).unwrap_or(i64::MAX);
    let query = client
        .prepare_cached(
            "SELECT first_offset + line_count AS next, lines FROM logs WHERE seq = $1 AND attempt = $2 AND first_offset + line_count > $3
             ORDER BY first_offset LIMIT 1",
        )
        .await?;
    let (mut items, mut bytes) = (Vec::new(), 0);
    while let Some(row) = client.query_opt(&query, &[&seq, &attempt, &first]).await? {
        first = row.try_get("next")?;
        let lines: Vec<LogLine> = rows::json(&row, "lines")?;
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

/// All figures of one moment: a statement sees one.
pub(super) async fn depths(client: &impl GenericClient, now_ms: i64) -> Done<Depths> {
    let query = client
        .prepare_cached(
            "SELECT (SELECT count(*) FROM jobs WHERE state = 0 AND hold = 0)
                    + (SELECT count(*) FROM jobs WHERE state = 0 AND hold = 1 AND due_ms <= $1) AS queued,
                    (SELECT count(*) FROM jobs WHERE state = 0 AND hold = 1 AND due_ms > $1) AS delayed,
                    (SELECT count(*) FROM jobs WHERE state = 0 AND hold = 2) AS blocked,
                    (SELECT count(*) FROM jobs WHERE state = 1) AS running,
                    (SELECT greatest(due_ms, created_ms) FROM jobs WHERE state = 0 AND hold = 0 ORDER BY seq LIMIT 1) AS oldest_ms",
        )
        .await?;
    let row = client.query_one(&query, &[&now_ms]).await?;
    let count = |name: &str| row.try_get::<_, i64>(name).map(i64::unsigned_abs);
    Ok(Depths {
        queued: count("queued")?,
        delayed: count("delayed")?,
        blocked: count("blocked")?,
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
