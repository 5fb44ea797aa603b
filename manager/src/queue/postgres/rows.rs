//! How the protocol's nouns are kept in columns.

use ampoule_protocol::{JobId, JobState, TenantName, TenantNameError};
use jiff::Timestamp;
use serde::de::DeserializeOwned;
use tokio_postgres::Row;
use uuid::Uuid;

use crate::queue::{
    QueueError,
    life::{Hold, Life},
};

/// The columns of a [`Life`].
pub(super) const LIFE: &str =
    "SELECT seq, id, tenant, state, hold, attempt, losses, cancelled_by, worker, lease_until_ms, queued_ms, due_ms,
    start_by_ms, started_ms, finished_ms, dead, concurrency_key, terms";

/// The number of a state in the tables: its place in a job's life.
pub(super) fn state_number(state: JobState) -> i16 {
    match state {
        JobState::Queued => 0,
        JobState::Running => 1,
        JobState::Succeeded => 2,
        JobState::Failed => 3,
        JobState::Cancelled => 4,
    }
}

pub(super) fn state(row: &Row) -> Result<JobState, QueueError> {
    let number: i16 = row.try_get("state")?;
    let state = JobState::ALL.into_iter().find(|state| state_number(*state) == number);
    state.ok_or_else(|| QueueError::Corrupt { what: "state", why: format!("no state has the number {number}") })
}

pub(super) fn life(row: &Row) -> Result<Life, QueueError> {
    let number: i16 = row.try_get("hold")?;
    let hold = Hold::ALL.into_iter().find(|hold| hold.number() == number);
    Ok(Life {
        seq: row.try_get("seq")?,
        id: id(row)?,
        tenant: tenant(row)?,
        state: state(row)?,
        hold: hold.ok_or_else(|| QueueError::Corrupt { what: "hold", why: format!("no hold has the number {number}") })?,
        attempt: count(row, "attempt")?,
        losses: count(row, "losses")?,
        cancel: json_or_null(row, "cancelled_by")?,
        worker: row.try_get("worker")?,
        lease_until_ms: row.try_get("lease_until_ms")?,
        queued_ms: row.try_get("queued_ms")?,
        due_ms: row.try_get("due_ms")?,
        start_by_ms: row.try_get("start_by_ms")?,
        started_ms: row.try_get("started_ms")?,
        finished_ms: row.try_get("finished_ms")?,
        dead: row.try_get("dead")?,
        key: row.try_get("concurrency_key")?,
        terms: json(row, "terms")?,
    })
}

pub(super) fn uuid(id: JobId) -> Uuid {
    Uuid::from_bytes(*id.as_bytes())
}

pub(super) fn id(row: &Row) -> Result<JobId, QueueError> {
    Ok(JobId::from_bytes(row.try_get::<_, Uuid>("id")?.into_bytes()))
}

pub(super) fn id_or_null(row: &Row, column: &str) -> Result<Option<JobId>, QueueError> {
    Ok(row.try_get::<_, Option<Uuid>>(column)?.map(|id| JobId::from_bytes(id.into_bytes())))
}

pub(super) fn count(row: &Row, column: &str) -> Result<u32, QueueError> {
    Ok(row.try_get::<_, i32>(column)?.cast_unsigned())
}

pub(super) fn tenant(row: &Row) -> Result<TenantName, QueueError> {
    let parsed: Result<_, TenantNameError> = row.try_get::<_, &str>("tenant")?.parse();
    parsed.map_err(|err| QueueError::Corrupt { what: "tenant", why: err.to_string() })
}

/// Parses a JSON column.
pub(super) fn json<T: DeserializeOwned>(row: &Row, column: &'static str) -> Result<T, QueueError> {
    parse(row.try_get(column)?, column)
}

/// Parses a JSON column that may be absent.
pub(super) fn json_or_null<T: DeserializeOwned>(row: &Row, column: &'static str) -> Result<Option<T>, QueueError> {
    row.try_get::<_, Option<&str>>(column)?.map(|text| parse(text, column)).transpose()
}

fn parse<T: DeserializeOwned>(text: &str, what: &'static str) -> Result<T, QueueError> {
    serde_json::from_str(text).map_err(|err| QueueError::Corrupt { what, why: err.to_string() })
}

pub(super) fn time(row: &Row, column: &'static str) -> Result<Timestamp, QueueError> {
    instant(row.try_get(column)?, column)
}

pub(super) fn time_or_null(row: &Row, column: &'static str) -> Result<Option<Timestamp>, QueueError> {
    row.try_get::<_, Option<i64>>(column)?.map(|ms| instant(ms, column)).transpose()
}

fn instant(ms: i64, what: &'static str) -> Result<Timestamp, QueueError> {
    Timestamp::from_millisecond(ms).map_err(|err| QueueError::Corrupt { what, why: err.to_string() })
}

impl From<tokio_postgres::Error> for QueueError {
    fn from(err: tokio_postgres::Error) -> Self {
        Self::Store(std::sync::Arc::new(err))
    }
}
