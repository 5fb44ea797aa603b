//! How the protocol's nouns are kept in columns.

use ampoule_protocol::{JobId, JobState, TenantName, TenantNameError};
use deadpool_sqlite::rusqlite::{self, Row};
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::queue::{
    QueueError,
    life::{Hold, Life},
};

/// The number of a state in the table: its place in a job's life. The SQL holds 0 and 1 as literals, which partial
/// indexes need.
pub(super) fn state_number(state: JobState) -> i64 {
    match state {
        JobState::Queued => 0,
        JobState::Running => 1,
        JobState::Succeeded => 2,
        JobState::Failed => 3,
        JobState::Cancelled => 4,
    }
}

pub(super) fn state(row: &Row<'_>, column: &str) -> Result<JobState, QueueError> {
    let number: i64 = row.get(column)?;
    let state = JobState::ALL.into_iter().find(|state| state_number(*state) == number);
    state.ok_or_else(|| QueueError::Corrupt { what: "state", why: format!("no state has the number {number}") })
}

/// The columns of a [`Life`].
pub(super) const LIFE: &str =
    "SELECT seq, id, tenant, state, hold, attempt, losses, cancelled_by, worker, lease_until_ms, queued_ms, due_ms,
    start_by_ms, started_ms, finished_ms, dead, concurrency_key, terms";

pub(super) fn life(row: &Row<'_>) -> Result<Life, QueueError> {
    let number: i16 = row.get("hold")?;
    let hold = Hold::ALL.into_iter().find(|hold| hold.number() == number);
    Ok(Life {
        seq: row.get("seq")?,
        id: id(row)?,
        tenant: tenant(row)?,
        state: state(row, "state")?,
        hold: hold.ok_or_else(|| QueueError::Corrupt { what: "hold", why: format!("no hold has the number {number}") })?,
        attempt: row.get("attempt")?,
        losses: row.get("losses")?,
        cancel: json_or_null(row, "cancelled_by")?,
        worker: row.get("worker")?,
        lease_until_ms: row.get("lease_until_ms")?,
        queued_ms: row.get("queued_ms")?,
        due_ms: row.get("due_ms")?,
        start_by_ms: row.get("start_by_ms")?,
        started_ms: row.get("started_ms")?,
        finished_ms: row.get("finished_ms")?,
        dead: row.get("dead")?,
        key: row.get("concurrency_key")?,
        terms: json(row, "terms")?,
    })
}

pub(super) fn id(row: &Row<'_>) -> rusqlite::Result<JobId> {
    Ok(JobId::from_bytes(row.get("id")?))
}

pub(super) fn id_or_null(row: &Row<'_>, column: &str) -> rusqlite::Result<Option<JobId>> {
    Ok(row.get::<_, Option<[u8; 16]>>(column)?.map(JobId::from_bytes))
}

pub(super) fn tenant(row: &Row<'_>) -> Result<TenantName, QueueError> {
    tenant_name(row.get_ref("tenant")?.as_str().map_err(rusqlite::Error::from)?)
}

pub(super) fn tenant_name(text: &str) -> Result<TenantName, QueueError> {
    text.parse().map_err(|err: TenantNameError| QueueError::Corrupt { what: "tenant", why: err.to_string() })
}

/// Parses a JSON column.
pub(super) fn json<T: DeserializeOwned>(row: &Row<'_>, column: &'static str) -> Result<T, QueueError> {
    parse(row.get_ref(column)?.as_str().map_err(rusqlite::Error::from)?, column)
}

/// Parses a JSON column that may be absent.
pub(super) fn json_or_null<T: DeserializeOwned>(row: &Row<'_>, column: &'static str) -> Result<Option<T>, QueueError> {
    row.get_ref(column)?.as_str_or_null().map_err(rusqlite::Error::from)?.map(|text| parse(text, column)).transpose()
}

pub(super) fn parse<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<T, QueueError> {
    serde_json::from_str(text).map_err(|err| QueueError::Corrupt { what, why: err.to_string() })
}

pub(super) fn time(row: &Row<'_>, column: &'static str) -> Result<Timestamp, QueueError> {
    instant(row.get(column)?, column)
}

pub(super) fn time_or_null(row: &Row<'_>, column: &'static str) -> Result<Option<Timestamp>, QueueError> {
    row.get::<_, Option<i64>>(column)?.map(|ms| instant(ms, column)).transpose()
}

fn instant(ms: i64, what: &'static str) -> Result<Timestamp, QueueError> {
    Timestamp::from_millisecond(ms).map_err(|err| QueueError::Corrupt { what, why: err.to_string() })
}

impl From<rusqlite::Error> for QueueError {
    fn from(err: rusqlite::Error) -> Self {
        Self::Store(std::sync::Arc::new(err))
    }
}
