//! Schedules: their table, written on the writer's thread.

use ampoule_protocol::{JobId, MAX_SCHEDULES, ScheduleSpec, TenantName};
use deadpool_sqlite::rusqlite::{Connection, Params, Row};

use super::{Sqlite, rows, transitions};
use crate::queue::{Event, Firing, QueueError, SchedulePut, StoredSchedule, Submitted, submitted::json};

type Done<T> = Result<T, QueueError>;

const SCHEDULE: &str = "SELECT tenant, name, spec, paused, revision, created_ms, next_ms, last_ms, last_job, problem FROM schedules";

impl Sqlite {
    pub(crate) async fn put_schedule(
        &self,
        tenant: &TenantName,
        name: &str,
        spec: ScheduleSpec,
        next_ms: Option<i64>,
        replace: bool,
        now_ms: i64,
    ) -> Done<SchedulePut> {
        let (tenant, name, paused, spec) = (tenant.as_str().to_owned(), name.to_owned(), spec.paused, json(&spec));
        self.writer
            .run(move |conn, _| {
                let exists = conn.prepare_cached("SELECT 1 FROM schedules WHERE tenant = ?1 AND name = ?2")?.exists((&tenant, &name))?;
                if exists && !replace {
                    return Ok(SchedulePut::Exists);
                }
                let count = "SELECT count(*) FROM schedules WHERE tenant = ?1";
                let count: u32 = conn.prepare_cached(count)?.query_row([&tenant], |row| row.get(0))?;
                if !exists && count as usize >= MAX_SCHEDULES {
                    return Ok(SchedulePut::TooMany);
                }
                conn.prepare_cached(
                    "INSERT INTO schedules (tenant, name, spec, paused, revision, created_ms, next_ms) VALUES (?1, ?2, ?3, ?4, 1, ?5, ?6)
                     ON CONFLICT DO UPDATE SET spec = excluded.spec, paused = excluded.paused, revision = revision + 1,
                        next_ms = excluded.next_ms, problem = NULL",
                )?
                .execute((tenant, name, spec, paused, now_ms, next_ms))?;
                Ok(if exists { SchedulePut::Replaced } else { SchedulePut::Created })
            })
            .await
    }

    pub(crate) async fn schedule(&self, tenant: &TenantName, name: &str) -> Done<Option<StoredSchedule>> {
        let params = (tenant.as_str().to_owned(), name.to_owned());
        let found = self.read(move |conn| all(conn, "WHERE tenant = ?1 AND name = ?2", params)).await?;
        Ok(found.into_iter().next())
    }

    pub(crate) async fn schedules(&self, tenant: &TenantName, after: &str, limit: u32) -> Done<Vec<StoredSchedule>> {
        let params = (tenant.as_str().to_owned(), after.to_owned(), limit);
        self.read(move |conn| all(conn, "WHERE tenant = ?1 AND name > ?2 ORDER BY name LIMIT ?3", params)).await
    }

    pub(crate) async fn delete_schedule(&self, tenant: &TenantName, name: &str) -> Done<bool> {
        let params = (tenant.as_str().to_owned(), name.to_owned());
        let sql = "DELETE FROM schedules WHERE tenant = ?1 AND name = ?2";
        self.writer.run(move |conn, _| Ok(conn.prepare_cached(sql)?.execute(params)? > 0)).await
    }

    pub(crate) async fn pause_schedule(&self, tenant: &TenantName, name: &str, paused: bool, next_ms: Option<i64>) -> Done<bool> {
        let params = (tenant.as_str().to_owned(), name.to_owned(), paused, next_ms);
        let sql = "UPDATE schedules SET paused = ?3, next_ms = ?4, revision = revision + 1 WHERE tenant = ?1 AND name = ?2";
        self.writer.run(move |conn, _| Ok(conn.prepare_cached(sql)?.execute(params)? > 0)).await
    }

    pub(crate) async fn due_schedules(&self, now_ms: i64, limit: u32) -> Done<Vec<StoredSchedule>> {
        let due = "INDEXED BY schedules_due WHERE next_ms IS NOT NULL AND next_ms <= ?1 ORDER BY next_ms LIMIT ?2";
        self.read(move |conn| all(conn, due, (now_ms, limit))).await
    }

    pub(crate) async fn fire(&self, firing: Firing, jobs: Vec<Submitted>, now_ms: i64) -> Done<bool> {
        self.writer.run(move |conn, events| fire(conn, &firing, &jobs, now_ms, events)).await
    }
}

fn fire(conn: &Connection, firing: &Firing, jobs: &[Submitted], now_ms: i64, events: &mut Vec<Event>) -> Done<bool> {
    let moved = conn
        .prepare_cached(
            "UPDATE schedules SET next_ms = ?4, last_ms = coalesce(?5, last_ms), last_job = coalesce(?6, last_job), problem = ?7,
                    revision = revision + 1
             WHERE tenant = ?1 AND name = ?2 AND revision = ?3",
        )?
        .execute((
            firing.tenant.as_str(),
            &firing.name,
            firing.revision,
            firing.next_ms,
            firing.last_ms,
            firing.last_job.as_ref().map(JobId::as_bytes),
            &firing.problem,
        ))?;
    if moved == 0 {
        return Ok(false);
    }
    for job in jobs {
        transitions::enqueue(conn, job, now_ms, events)?;
    }
    Ok(true)
}

fn all(conn: &Connection, condition: &str, params: impl Params) -> Done<Vec<StoredSchedule>> {
    let mut query = conn.prepare_cached(&format!("{SCHEDULE} {condition}"))?;
    let mut found = query.query(params)?;
    let mut schedules = Vec::new();
    while let Some(row) = found.next()? {
        schedules.push(stored(row)?);
    }
    Ok(schedules)
}

fn stored(row: &Row<'_>) -> Done<StoredSchedule> {
    Ok(StoredSchedule {
        tenant: rows::tenant(row)?,
        name: row.get("name")?,
        spec: rows::json(row, "spec")?,
        paused: row.get("paused")?,
        revision: row.get("revision")?,
        created_ms: row.get("created_ms")?,
        next_ms: row.get("next_ms")?,
        last_ms: row.get("last_ms")?,
        last_job: row.get::<_, Option<[u8; 16]>>("last_job")?.map(JobId::from_bytes),
        problem: row.get("problem")?,
    })
}
