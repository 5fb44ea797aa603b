//! Fires schedules that are due. Safe to run at any time, twice, and by several managers: each firing is fenced by the schedule's revision.

use std::time::Duration;

use ampoule_protocol::{CancelledBy, JobId, JobSpec, MAX_MADE_UP, MAX_TAGS, MissedPolicy, OverlapPolicy};
use jiff::{SignedDuration, Timestamp};
use tokio_util::sync::CancellationToken;

use super::Calendar;
use crate::{
    config::Config,
    queue::{Firing, Queue, QueueError, StoredSchedule, Submitted},
    scripts::{ResolveError, Resolver},
};

/// How late a firing can be, and how often is looked for those that are due.
const ROUND: Duration = Duration::from_millis(500);
/// Schedules of one look.
const STEP: u32 = 100;
/// A firing that is later than this was missed.
const ON_TIME: SignedDuration = SignedDuration::from_secs(60);
/// The tag by which the jobs of a schedule are found, unless they have one of this name.
const TAG: &str = "schedule";

/// Fires what is due, again and again, until told to stop.
pub(crate) async fn run(queue: &Queue, config: &Config, stop: &CancellationToken) {
    while !stop.is_cancelled() {
        match queue.due_schedules(queue.now(), STEP).await {
            Ok(due) => {
                for schedule in due {
                    let name = schedule.name.clone();
                    if let Err(err) = fire_due(queue, config, schedule, queue.now()).await {
                        tracing::error!(%err, schedule = name, "failed to fire a schedule");
                    }
                }
            }
            Err(err) => tracing::error!(%err, "failed to look for schedules that are due"),
        }
        tokio::select! { () = tokio::time::sleep(ROUND) => {}, () = stop.cancelled() => {} }
    }
}

/// Fires a schedule that is due, as its policies say.
async fn fire_due(queue: &Queue, config: &Config, schedule: StoredSchedule, now: Timestamp) -> Result<(), QueueError> {
    let Some(first) = schedule.next_ms.and_then(|ms| Timestamp::from_millisecond(ms).ok()) else { return Ok(()) };
    let (moments, next_ms) = match Calendar::new(&schedule.spec.cron, &schedule.spec.time_zone) {
        Ok(calendar) => {
            let due = calendar.due(first, now, MAX_MADE_UP);
            (wanted(schedule.spec.missed, due, now), calendar.after(now).map(Timestamp::as_millisecond))
        }
        // A zone that this machine's database does not have: it fires no more, and says so.
        Err(err) => {
            let problem = Some(err.to_string());
            queue.fire(Firing { problem, ..moving_on(&schedule, None) }, Vec::new(), now).await?;
            return Ok(());
        }
    };
    let Some(last) = moments.last() else {
        // All of them were missed.
        queue.fire(moving_on(&schedule, next_ms), Vec::new(), now).await?;
        return Ok(());
    };
    let firing = Firing { last_ms: Some(last.as_millisecond()), ..moving_on(&schedule, next_ms) };
    store(queue, config, &schedule, firing, moments.len(), now).await.map(drop)
}

/// Fires a schedule out of turn: the job, or why there is none. `None`: it was changed at this moment.
pub(crate) async fn run_now(
    queue: &Queue,
    config: &Config,
    schedule: &StoredSchedule,
    now: Timestamp,
) -> Result<Option<Result<JobId, String>>, QueueError> {
    let firing = Firing { last_ms: Some(now.as_millisecond()), ..moving_on(schedule, schedule.next_ms) };
    store(queue, config, schedule, firing, 1, now).await
}

fn moving_on(schedule: &StoredSchedule, next_ms: Option<i64>) -> Firing {
    Firing {
        tenant: schedule.tenant.clone(),
        name: schedule.name.clone(),
        revision: schedule.revision,
        next_ms,
        last_ms: None,
        last_job: None,
        problem: None,
    }
}

/// Of the firings that are due those that are to be.
fn wanted(missed: MissedPolicy, due: Vec<Timestamp>, now: Timestamp) -> Vec<Timestamp> {
    let on_time = |moment: &Timestamp| now.duration_since(*moment) <= ON_TIME;
    match missed {
        MissedPolicy::RunAll => due,
        MissedPolicy::RunOnce => due.into_iter().next_back().into_iter().collect(),
        MissedPolicy::Skip => due.into_iter().next_back().filter(on_time).into_iter().collect(),
    }
}

/// Stores the jobs of a firing, if the overlap policy has nothing against it.
async fn store(
    queue: &Queue,
    config: &Config,
    schedule: &StoredSchedule,
    mut firing: Firing,
    count: usize,
    now: Timestamp,
) -> Result<Option<Result<JobId, String>>, QueueError> {
    let previous = match schedule.last_job {
        Some(id) => queue.job(&schedule.tenant, id).await?.filter(|job| !job.state.is_final()).map(|job| job.id),
        None => None,
    };
    if let (OverlapPolicy::Skip, Some(id)) = (schedule.spec.overlap, previous) {
        let problem = format!("skipped: job {id} of the firing before has not ended");
        firing.problem = Some(problem.clone());
        return Ok(queue.fire(firing, Vec::new(), now).await?.then_some(Err(problem)));
    }
    // Where one job at a time is wanted, one makes up for all.
    let count = if schedule.spec.overlap == OverlapPolicy::Allow { count } else { 1 };
    let jobs = match jobs(queue, config, schedule, count).await {
        Ok(jobs) => jobs,
        Err(ResolveError::Queue(err)) => return Err(err),
        Err(err) => {
            firing.problem = Some(err.to_string());
            return Ok(queue.fire(firing, Vec::new(), now).await?.then_some(Err(err.to_string())));
        }
    };
    let Some(last) = jobs.last().map(Submitted::id) else { return Ok(None) };
    firing.last_job = Some(last);
    if !queue.fire(firing, jobs, now).await? {
        return Ok(None);
    }
    if let (OverlapPolicy::CancelPrevious, Some(id)) = (schedule.spec.overlap, previous) {
        let by =
            CancelledBy { by: "schedule".to_owned(), key: None, reason: Some(format!("the schedule `{}` fired again", schedule.name)) };
        queue.cancel(&schedule.tenant, id, by, now).await?;
    }
    Ok(Some(Ok(last)))
}

async fn jobs(queue: &Queue, config: &Config, schedule: &StoredSchedule, count: usize) -> Result<Vec<Submitted>, ResolveError> {
    let mut resolver = Resolver::new(queue, &schedule.tenant, &config.ceiling, &config.grants);
    let mut jobs = Vec::with_capacity(count);
    for _ in 0..count {
        let mut spec: JobSpec = schedule.spec.job.clone();
        if spec.tags.len() < MAX_TAGS {
            spec.tags.entry(TAG.to_owned()).or_insert_with(|| schedule.name.clone());
        }
        let (sources, limits) = resolver.resolve(&mut spec).await?;
        jobs.push(Submitted::new(schedule.tenant.clone(), spec, sources, limits, None));
    }
    Ok(jobs)
}
