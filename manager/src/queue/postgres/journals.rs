//! Journals of recorded runs.

use ampoule_protocol::{JobId, LeaseToken, TenantName};
use deadpool_postgres::{GenericClient, Transaction};

use super::rows;
use crate::queue::{QueueError, Scope};

type Done<T> = Result<T, QueueError>;

/// Keeps a journal under a lease that is held, until the transaction ends.
pub(super) async fn keep(tx: &Transaction<'_>, scope: &Scope, token: LeaseToken, journal: &[u8]) -> Done<bool> {
    let query = tx.prepare_cached(&format!("{} FROM jobs WHERE id = $1 FOR SHARE", rows::LIFE)).await?;
    let life = tx.query_opt(&query, &[&rows::uuid(token.job_id)]).await?.as_ref().map(rows::life).transpose()?;
    let Some(life) = life.filter(|life| scope.admits(&life.tenant) && life.holds(&token)) else { return Ok(false) };
    let insert = tx
        .prepare_cached(
            "INSERT INTO journals (seq, attempt, journal) VALUES ($1, $2, $3) ON CONFLICT (seq, attempt) DO UPDATE SET journal = excluded.journal",
        )
        .await?;
    tx.execute(&insert, &[&life.seq, &token.attempt.cast_signed(), &journal]).await?;
    Ok(true)
}

/// A journal.
pub(super) async fn journal(client: &impl GenericClient, tenant: &TenantName, id: JobId, attempt: Option<u32>) -> Done<Option<Vec<u8>>> {
    let query = client
        .prepare_cached(
            "SELECT c.journal FROM journals c JOIN jobs j USING (seq)
             WHERE j.id = $1 AND j.tenant = $2 AND ($3::integer IS NULL OR c.attempt = $3) ORDER BY c.attempt DESC LIMIT 1",
        )
        .await?;
    let row = client.query_opt(&query, &[&rows::uuid(id), &tenant.as_str(), &attempt.map(u32::cast_signed)]).await?;
    Ok(row.map(|row| row.try_get(0)).transpose()?)
}

/// Of which attempt the journal is.
pub(super) async fn recorded(client: &impl GenericClient, tenant: &TenantName, id: JobId, attempt: Option<u32>) -> Done<Option<u32>> {
    let query = client
        .prepare_cached(
            "SELECT max(c.attempt) FROM journals c JOIN jobs j USING (seq) WHERE j.id = $1 AND j.tenant = $2 AND ($3::integer IS NULL OR c.attempt = $3)",
        )
        .await?;
    let row = client.query_one(&query, &[&rows::uuid(id), &tenant.as_str(), &attempt.map(u32::cast_signed)]).await?;
    Ok(row.try_get::<_, Option<i32>>(0)?.map(i32::cast_unsigned))
}
