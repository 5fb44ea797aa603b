//! Schedules: their table. A firing is part of the batch that stores its jobs.

use ampoule_protocol::{JobId, MAX_SCHEDULES, ScheduleSpec, TenantName};
use deadpool_postgres::Transaction;
use tokio_postgres::{
    Row,
    types::{ToSql, Type},
};
use uuid::Uuid;

use super::{Postgres, rows, session, submit};
use crate::queue::{Firing, QueueError, SchedulePut, StoredSchedule, Submitted, submitted::json};

type Done<T> = Result<T, QueueError>;

const SCHEDULE: &str = "SELECT tenant, name, spec, paused, revision, created_ms, next_ms, last_ms, last_job, problem FROM schedules";

impl Postgres {
    pub(crate) async fn put_schedule(
        &self,
        tenant: &TenantName,
        name: &str,
        spec: ScheduleSpec,
        next_ms: Option<i64>,
        replace: bool,
        now_ms: i64,
    ) -> Done<SchedulePut> {
        let (tenant, paused, spec) = (tenant.as_str(), spec.paused, json(&spec));
        let mut client = session::lend(&self.shared.pool).await?;
        let tx = client.transaction().await?;
        // One after the other, or two could make the same one, or one too many.
        tx.query_one(&tx.prepare_cached("SELECT pg_advisory_xact_lock(hashtextextended($1, 3))").await?, &[&tenant]).await?;
        let exists = tx.prepare_cached("SELECT 1 FROM schedules WHERE tenant = $1 AND name = $2").await?;
        let exists = tx.query_opt(&exists, &[&tenant, &name]).await?.is_some();
        if exists && !replace {
            return Ok(SchedulePut::Exists);
        }
        let count = tx.prepare_cached("SELECT count(*) FROM schedules WHERE tenant = $1").await?;
        let count: i64 = tx.query_one(&count, &[&tenant]).await?.try_get(0)?;
        if !exists && count >= MAX_SCHEDULES as i64 {
            return Ok(SchedulePut::TooMany);
        }
        let put = tx
            .prepare_cached(
                "INSERT INTO schedules AS s (tenant, name, spec, paused, revision, created_ms, next_ms) VALUES ($1, $2, $3, $4, 1, $5, $6)
                 ON CONFLICT (tenant, name) DO UPDATE SET spec = excluded.spec, paused = excluded.paused, revision = s.revision + 1,
                    next_ms = excluded.next_ms, problem = NULL",
            )
            .await?;
        tx.execute(&put, &[&tenant, &name, &spec, &paused, &now_ms, &next_ms]).await?;
        tx.commit().await?;
        Ok(if exists { SchedulePut::Replaced } else { SchedulePut::Created })
    }

    pub(crate) async fn schedule(&self, tenant: &TenantName, name: &str) -> Done<Option<StoredSchedule>> {
        let found = self.all_schedules("WHERE tenant = $1 AND name = $2", &[&tenant.as_str(), &name]).await?;
        Ok(found.into_iter().next())
    }

    pub(crate) async fn schedules(&self, tenant: &TenantName, after: &str, limit: u32) -> Done<Vec<StoredSchedule>> {
        // In the order of bytes, whatever the database's collation.
        let condition = "WHERE tenant = $1 AND name COLLATE \"C\" > $2 ORDER BY name COLLATE \"C\" LIMIT $3";
        self.all_schedules(condition, &[&tenant.as_str(), &after, &i64::from(limit)]).await
    }

    pub(crate) async fn delete_schedule(&self, tenant: &TenantName, name: &str) -> Done<bool> {
        let client = session::lend(&self.shared.pool).await?;
        let delete = client.prepare_cached("DELETE FROM schedules WHERE tenant = $1 AND name = $2").await?;
        Ok(client.execute(&delete, &[&tenant.as_str(), &name]).await? > 0)
    }

    pub(crate) async fn pause_schedule(&self, tenant: &TenantName, name: &str, paused: bool, next_ms: Option<i64>) -> Done<bool> {
        let client = session::lend(&self.shared.pool).await?;
        let update = "UPDATE schedules SET paused = $3, next_ms = $4, revision = revision + 1 WHERE tenant = $1 AND name = $2";
        Ok(client.execute(&client.prepare_cached(update).await?, &[&tenant.as_str(), &name, &paused, &next_ms]).await? > 0)
    }

    pub(crate) async fn due_schedules(&self, now_ms: i64, limit: u32) -> Done<Vec<StoredSchedule>> {
        let due = "WHERE next_ms IS NOT NULL AND next_ms <= $1 ORDER BY next_ms LIMIT $2";
        self.all_schedules(due, &[&now_ms, &i64::from(limit)]).await
    }

    pub(crate) async fn fire(&self, firing: Firing, jobs: Vec<Submitted>, now_ms: i64) -> Done<bool> {
        Ok(self.submit.ask(submit::Ask { jobs, now_ms, firing: Some(firing) }).await?.is_some())
    }

    async fn all_schedules(&self, condition: &str, params: &[&(dyn ToSql + Sync)]) -> Done<Vec<StoredSchedule>> {
        let client = session::lend(&self.readers).await?;
        let query = client.prepare_cached(&format!("{SCHEDULE} {condition}")).await?;
        client.query(&query, params).await?.iter().map(stored).collect()
    }
}

/// Moves a schedule on, if nobody has since it was read; whoever does so at this moment is waited for.
pub(super) async fn move_on(tx: &Transaction<'_>, firing: &Firing) -> Done<bool> {
    let sql = "UPDATE schedules SET next_ms = $4, last_ms = coalesce($5, last_ms), last_job = coalesce($6, last_job), problem = $7,
                      revision = revision + 1
               WHERE tenant = $1 AND name = $2 AND revision = $3";
    let types = [Type::TEXT, Type::TEXT, Type::INT8, Type::INT8, Type::INT8, Type::UUID, Type::TEXT];
    let update = tx.prepare_typed_cached(sql, &types).await?;
    let last_job = firing.last_job.map(rows::uuid);
    let params: [&(dyn ToSql + Sync); 7] =
        [&firing.tenant.as_str(), &firing.name, &firing.revision, &firing.next_ms, &firing.last_ms, &last_job, &firing.problem];
    Ok(tx.execute(&update, &params).await? > 0)
}

fn stored(row: &Row) -> Done<StoredSchedule> {
    Ok(StoredSchedule {
        tenant: rows::tenant(row)?,
        name: row.try_get("name")?,
        spec: rows::json(row, "spec")?,
        paused: row.try_get("paused")?,
        revision: row.try_get("revision")?,
        created_ms: row.try_get("created_ms")?,
        next_ms: row.try_get("next_ms")?,
        last_ms: row.try_get("last_ms")?,
        last_job: row.try_get::<_, Option<Uuid>>("last_job")?.map(|id| JobId::from_bytes(id.into_bytes())),
        problem: row.try_get("problem")?,
    })
}
