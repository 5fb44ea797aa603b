//! Jobs that runs submit.

use std::collections::{BTreeMap, HashMap};

use ampoule_protocol::{JobId, LeaseToken, MAX_FAMILY_JOBS};
use deadpool_postgres::{GenericClient, Transaction};

use super::rows;
use crate::queue::{Enqueued, Family, QueueError, Scope, Submitted};

type Done<T> = Result<T, QueueError>;

/// The job under this lease.
pub(super) async fn family(client: &impl GenericClient, scope: &Scope, token: LeaseToken) -> Done<Option<Family>> {
    let query = client.prepare_cached(&format!("{}, root, depth FROM jobs WHERE id = $1", rows::LIFE)).await?;
    let Some(row) = client.query_opt(&query, &[&rows::uuid(token.job_id)]).await? else { return Ok(None) };
    Ok(Family::of(rows::life(&row)?, scope, token, rows::id_or_null(&row, "root")?, rows::count(&row, "depth")?))
}

/// Which of these jobs are not to be stored, because the runs that submit them have lost their leases or may submit no more; their idempotency keys are given
/// back. The leases that are held are so until the transaction ends.
pub(super) async fn refusals(tx: &Transaction<'_>, jobs: &[&Submitted]) -> Done<Vec<(JobId, Enqueued)>> {
    let children: Vec<(JobId, &Family)> = jobs.iter().filter_map(|job| Some((job.id, job.family.as_ref()?))).collect();
    if children.is_empty() {
        return Ok(Vec::new());
    }
    let parents: Vec<_> = children.iter().map(|(_, family)| rows::uuid(family.token.job_id)).collect();
    let query = tx.prepare_cached(&format!("{} FROM jobs WHERE id = ANY ($1) ORDER BY seq FOR SHARE", rows::LIFE)).await?;
    let lives = tx.query(&query, &[&parents]).await?;
    let lives: HashMap<JobId, _> = lives.iter().map(|row| rows::life(row).map(|life| (life.id, life))).collect::<Done<_>>()?;
    let mut counts: BTreeMap<JobId, u64> = children.iter().map(|(_, family)| (family.root, 0)).collect();
    for (root, count) in &mut counts {
        // Managers together keep to the number.
        let lock = tx.prepare_cached("SELECT pg_advisory_xact_lock(hashtextextended($1, 4))").await?;
        tx.query_one(&lock, &[&root.to_string()]).await?;
        let query = tx.prepare_cached("SELECT count(*) FROM jobs WHERE root = $1").await?;
        *count = tx.query_one(&query, &[&rows::uuid(*root)]).await?.try_get::<_, i64>(0)?.cast_unsigned();
    }
    let mut refused = Vec::new();
    for (id, family) in children {
        let count = counts.entry(family.root).or_default();
        if !lives.get(&family.token.job_id).is_some_and(|life| life.holds(&family.token)) {
            refused.push((id, Enqueued::LeaseLost));
        } else if *count >= MAX_FAMILY_JOBS {
            refused.push((id, Enqueued::FamilyFull));
        } else {
            *count += 1;
        }
    }
    let ids: Vec<_> = refused.iter().map(|(id, _)| rows::uuid(*id)).collect();
    tx.execute(&tx.prepare_cached("DELETE FROM idempotency_keys WHERE id = ANY ($1)").await?, &[&ids]).await?;
    Ok(refused)
}
