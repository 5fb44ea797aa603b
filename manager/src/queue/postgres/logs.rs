//! Log lines of runs.

use ampoule_protocol::{JobId, Limits, LogLine, Outcome, TenantName};
use deadpool_postgres::{GenericClient, Transaction};

use super::rows;
use crate::queue::{
    LogView, MAX_PAGE_BYTES, QueueError,
    filed::{LogChunk, LogTally},
};

type Done<T> = Result<T, QueueError>;

/// Writes what of these lines is not stored yet. Their job must be locked.
pub(super) async fn write(tx: &Transaction<'_>, seq: i64, attempt: u32, limits: &Limits, chunks: &[LogChunk]) -> Done<()> {
    if chunks.is_empty() {
        return Ok(());
    }
    let attempt = attempt.cast_signed();
    let last =
        "SELECT first_offset + line_count AS next, text_bytes FROM logs WHERE seq = $1 AND attempt = $2 ORDER BY first_offset DESC LIMIT 1";
    let last = tx.query_opt(&tx.prepare_cached(last).await?, &[&seq, &attempt]).await?;
    let mut tally = match last {
        Some(row) => LogTally { next: row.try_get::<_, i64>(0)?.unsigned_abs(), bytes: row.try_get::<_, i64>(1)?.unsigned_abs() },
        None => LogTally::default(),
    };
    let insert = tx
        .prepare_cached("INSERT INTO logs (seq, attempt, first_offset, line_count, text_bytes, lines) VALUES ($1, $2, $3, $4, $5, $6)")
        .await?;
    for chunk in chunks {
        let Some(chunk) = tally.admit(chunk, limits) else { continue };
        let (first, count, bytes) = (chunk.first.cast_signed(), chunk.count.cast_signed(), tally.bytes.cast_signed());
        tx.execute(&insert, &[&seq, &attempt, &first, &count, &bytes, &chunk.lines_json]).await?;
    }
    Ok(())
}

/// Log lines of an attempt. `None`: no such job.
pub(super) async fn page(
    client: &impl GenericClient,
    tenant: &TenantName,
    id: JobId,
    attempt: Option<u32>,
    from: u64,
    limit: u32,
) -> Done<Option<LogView>> {
    // The state first: when it is final, no line is missing from what is read after it.
    let query = client
        .prepare_cached(
            "SELECT j.seq, j.attempt, j.state, j.progress, o.outcome FROM jobs j LEFT JOIN outcomes o USING (seq) WHERE j.id = $1 AND j.tenant = $2",
        )
        .await?;
    let Some(row) = client.query_opt(&query, &[&rows::uuid(id), &tenant.as_str()]).await? else { return Ok(None) };
    let outcome = rows::json_or_null::<Outcome>(&row, "outcome")?.map(|outcome| outcome.kind().to_owned());
    let (seq, last) = (row.try_get::<_, i64>("seq")?, rows::count(&row, "attempt")?);
    let attempt = attempt.unwrap_or(last);
    let progress = rows::json_or_null(&row, "progress")?;
    let mut view = LogView { progress, ..LogView::empty(rows::state(&row)?, last, outcome, attempt, from) };
    let attempt = i32::try_from(attempt).unwrap_or(i32::MAX);

    // Offsets on the wire are unsigned; none that is stored is beyond the signed ones. One chunk at a time: a log can be larger than a page.
    let mut first = i64::try_from(from).unwrap_or(i64::MAX);
    let query = client
        .prepare_cached(
            "SELECT first_offset + line_count AS next, lines FROM logs WHERE seq = $1 AND attempt = $2 AND first_offset + line_count > $3
             ORDER BY first_offset LIMIT 1",
        )
        .await?;
    let mut bytes = 0;
    while let Some(row) = client.query_opt(&query, &[&seq, &attempt, &first]).await? {
        first = row.try_get("next")?;
        let lines: Vec<LogLine> = rows::json(&row, "lines")?;
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
