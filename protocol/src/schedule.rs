//! Jobs by the calendar.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::{JobId, JobSpec};

/// Most characters of a cron expression.
pub const MAX_CRON_CHARS: usize = 256;
/// Most schedules of a tenant: all of them can be due in the same minute.
pub const MAX_SCHEDULES: usize = 1_000;
/// Most firings that [`MissedPolicy::RunAll`] makes up for; the oldest are left out.
pub const MAX_MADE_UP: usize = 100;

/// Body of `PUT /v1/schedules/{name}` and `POST /v1/schedules`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct ScheduleSpec {
    /// Its name; in `POST` only, where the path has none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// When: five fields, minute, hour, day of the month, month, day of the week, as in Vixie cron, with `L`, `W` and `#`; or `@daily` and the
    /// like.
    pub cron: String,
    /// By which clock: a name of the IANA database. A time that a change of the clock leaves out is taken at the first moment after the gap; one
    /// that comes twice is taken once, but by expressions that recur by the hour or the minute both times.
    #[serde(default = "utc")]
    pub time_zone: String,
    /// What to run. A published script's version is decided at each firing.
    pub job: JobSpec,
    /// What becomes of firings that no manager was there for.
    #[serde(default)]
    pub missed: MissedPolicy,
    /// What to do when the job of the last firing has not ended.
    #[serde(default)]
    pub overlap: OverlapPolicy,
    /// It does not fire until it is resumed.
    #[serde(default)]
    pub paused: bool,
}

fn utc() -> String {
    "UTC".to_owned()
}

/// What becomes of firings that no manager was there for: those that are more than a minute late.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum MissedPolicy {
    /// Nothing.
    Skip,
    /// One firing makes up for all.
    #[default]
    RunOnce,
    /// Each is made up for, up to [`MAX_MADE_UP`].
    RunAll,
}

/// What to do when the job of the last firing has not ended.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum OverlapPolicy {
    /// Both run.
    #[default]
    Allow,
    /// This firing is left out.
    Skip,
    /// The job before is cancelled.
    CancelPrevious,
}

/// A schedule as its owner sees it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ScheduleView {
    /// Its name.
    pub name: String,
    /// See [`ScheduleSpec::cron`].
    pub cron: String,
    /// See [`ScheduleSpec::time_zone`].
    pub time_zone: String,
    /// See [`ScheduleSpec::job`].
    pub job: JobSpec,
    /// See [`ScheduleSpec::missed`].
    pub missed: MissedPolicy,
    /// See [`ScheduleSpec::overlap`].
    pub overlap: OverlapPolicy,
    /// See [`ScheduleSpec::paused`].
    pub paused: bool,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it fires next; absent while it is paused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_at: Option<Timestamp>,
    /// The moment of its last firing, by the calendar.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_at: Option<Timestamp>,
    /// The job of its last firing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_job: Option<JobId>,
    /// Why the last firing stored no job, if so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// Answer of `GET /v1/schedules`, by name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ScheduleList {
    /// One page of schedules.
    pub items: Vec<ScheduleView>,
    /// Give it as `cursor` to get the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
