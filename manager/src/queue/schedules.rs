//! Schedules in the store. A firing moves the schedule on and stores its jobs in one transaction, if nobody changed the schedule since it was
//! read: of several managers that find it due, one fires it.

use ampoule_protocol::{JobId, ScheduleSpec, ScheduleView, TenantName};
use jiff::Timestamp;

use super::{Queue, QueueError, Store, Submitted, ask};

/// A schedule as the store has it.
#[derive(Clone, Debug, PartialEq)]
pub struct StoredSchedule {
    /// Whose it is.
    pub tenant: TenantName,
    /// Its name.
    pub name: String,
    /// When it fires, and what.
    pub spec: ScheduleSpec,
    /// It does not fire.
    pub paused: bool,
    /// Counts its changes.
    pub revision: i64,
    /// When it was made, in milliseconds since 1970, as all of these.
    pub created_ms: i64,
    /// When it fires next.
    pub next_ms: Option<i64>,
    /// Of its last firing, by the calendar.
    pub last_ms: Option<i64>,
    /// The job of that.
    pub last_job: Option<JobId>,
    /// Why that stored no job.
    pub problem: Option<String>,
}

impl StoredSchedule {
    /// As its owner sees it.
    pub fn view(self) -> ScheduleView {
        let instant = |ms| Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH);
        let ScheduleSpec { cron, time_zone, job, missed, overlap, .. } = self.spec;
        ScheduleView {
            name: self.name,
            cron,
            time_zone,
            job,
            missed,
            overlap,
            paused: self.paused,
            created_at: instant(self.created_ms),
            next_at: self.next_ms.map(instant),
            last_at: self.last_ms.map(instant),
            last_job: self.last_job,
            problem: self.problem,
        }
    }
}

/// What a firing makes of a schedule.
#[derive(Clone, Debug)]
pub struct Firing {
    /// Whose schedule.
    pub tenant: TenantName,
    /// Which.
    pub name: String,
    /// As it was when it was read.
    pub revision: i64,
    /// When it fires after this.
    pub next_ms: Option<i64>,
    /// The moment of this firing, by the calendar; without it, the one before stays.
    pub last_ms: Option<i64>,
    /// Its job; without it, the one before stays.
    pub last_job: Option<JobId>,
    /// Why it stores no job.
    pub problem: Option<String>,
}

/// What a put of a schedule found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SchedulePut {
    /// It is new.
    Created,
    /// It takes the place of one with this name.
    Replaced,
    /// There is one with this name, which was not to be replaced.
    Exists,
    /// The tenant has as many as one may have.
    TooMany,
}

impl Queue {
    /// Makes a schedule that fires next at `next_ms`, or replaces the one of this name if that is wanted.
    pub async fn put_schedule(
        &self,
        tenant: &TenantName,
        name: &str,
        spec: ScheduleSpec,
        next_ms: Option<i64>,
        replace: bool,
        now: Timestamp,
    ) -> Result<SchedulePut, QueueError> {
        ask!(self, store => store.put_schedule(tenant, name, spec, next_ms, replace, now.as_millisecond()).await)
    }

    /// A schedule. `None`: its tenant has no such schedule.
    pub async fn schedule(&self, tenant: &TenantName, name: &str) -> Result<Option<StoredSchedule>, QueueError> {
        ask!(self, store => store.schedule(tenant, name).await)
    }

    /// Schedules of a tenant after this name, by name.
    pub async fn schedules(&self, tenant: &TenantName, after: &str, limit: u32) -> Result<Vec<StoredSchedule>, QueueError> {
        ask!(self, store => store.schedules(tenant, after, limit).await)
    }

    /// Deletes a schedule; its jobs stay. False: there was none.
    pub async fn delete_schedule(&self, tenant: &TenantName, name: &str) -> Result<bool, QueueError> {
        ask!(self, store => store.delete_schedule(tenant, name).await)
    }

    /// Pauses a schedule or lets it go on, with this next firing. False: there is none.
    pub async fn pause_schedule(&self, tenant: &TenantName, name: &str, paused: bool, next_ms: Option<i64>) -> Result<bool, QueueError> {
        ask!(self, store => store.pause_schedule(tenant, name, paused, next_ms).await)
    }

    /// Some of the schedules, of all tenants, whose time has come.
    pub async fn due_schedules(&self, now: Timestamp, limit: u32) -> Result<Vec<StoredSchedule>, QueueError> {
        ask!(self, store => store.due_schedules(now.as_millisecond(), limit).await)
    }

    /// Fires a schedule: stores the jobs and moves it on, both or nothing. False: somebody else changed it since it was read.
    pub async fn fire(&self, firing: Firing, jobs: Vec<Submitted>, now: Timestamp) -> Result<bool, QueueError> {
        ask!(self, store => store.fire(firing, jobs, now.as_millisecond()).await)
    }
}
