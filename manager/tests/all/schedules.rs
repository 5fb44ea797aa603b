//! Jobs by the calendar.

use std::{
    sync::Arc,
    time::{Duration, SystemTime},
};

use ampoule_manager::queue::{Ears, Firing, Queue};
use ampoule_protocol::{JobList, JobState, JobView, ScheduleList, ScheduleView};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::{
    store::POLICY,
    support::{Manager, On, eventually, job, on_both_stores, submitted},
};

on_both_stores!(
    schedules_are_made_read_and_deleted,
    one_of_several_managers_fires,
    a_firing_is_fenced,
    missed_firings_are_made_up_for_as_asked,
    overlaps_are_dealt_with_as_asked,
    a_paused_schedule_does_not_fire,
);

async fn create(m: &Manager, name: &str, body: &Value) -> ScheduleView {
    m.put(&format!("/v1/schedules/{name}"), body).await.read(201)
}

async fn jobs(m: &Manager, name: &str) -> Vec<JobView> {
    m.get(&format!("/v1/jobs?limit=200&tag=schedule:{name}")).await.read::<JobList>(200).items
}

async fn schedules_are_made_read_and_deleted(on: On) {
    let m = Manager::start(on).await;
    let body = json!({"cron": "0 6 * * MON-FRI", "time_zone": "Europe/Berlin", "job": job(), "missed": "run_all", "overlap": "skip"});
    let made = create(&m, "nightly", &body).await;
    assert_eq!((made.name.as_str(), made.time_zone.as_str(), made.paused), ("nightly", "Europe/Berlin", false));
    assert!(made.next_at.unwrap() > Timestamp::now());
    assert_eq!(m.get("/v1/schedules/nightly").await.read::<ScheduleView>(200), made);
    let again = m.put("/v1/schedules/nightly", &json!({"cron": "@daily", "job": job()})).await.read::<ScheduleView>(200);
    assert_eq!((again.cron.as_str(), again.time_zone.as_str()), ("@daily", "UTC"));
    let exists = m.post("/v1/schedules", &json!({"name": "nightly", "cron": "@daily", "job": job()})).await;
    assert_eq!((exists.status.as_u16(), &exists.json()["code"]), (409, &json!("schedule_exists")));
    assert_eq!(m.post("/v1/schedules", &json!({"name": "b", "cron": "@daily", "job": job()})).await.status, 201);
    let page: ScheduleList = m.get("/v1/schedules?limit=1").await.read(200);
    assert_eq!((page.items[0].name.as_str(), page.next_cursor.as_deref()), ("b", Some("b")));
    let page: ScheduleList = m.get("/v1/schedules?limit=1&cursor=b").await.read(200);
    assert_eq!((page.items[0].name.as_str(), page.next_cursor), ("nightly", None));
    // Out of turn, at once.
    let run: JobView = m.post("/v1/schedules/b/run", &json!({})).await.read(202);
    assert_eq!(run.tags["schedule"], "b");
    let view: ScheduleView = m.get("/v1/schedules/b").await.read(200);
    assert_eq!((view.last_job, view.problem), (Some(run.id), None));
    assert_eq!(m.delete("/v1/schedules/b").await.status, 204);
    assert_eq!(m.delete("/v1/schedules/b").await.status, 404);
    assert_eq!(m.job(run.id).await.state, JobState::Queued);
}

/// Moves a schedule's next firing to so long ago, as if nobody had been there.
async fn was_due(queue: &Queue, name: &str, ago: Duration) {
    let schedule = queue.schedule(&Default::default(), name).await.unwrap().unwrap();
    let ms = Timestamp::try_from(SystemTime::now() - ago).unwrap().as_millisecond();
    // On the minute, as the calendar has it.
    let firing = Firing { next_ms: Some(ms - ms % 60_000), ..firing(name, schedule.revision) };
    assert!(queue.fire(firing, vec![], queue.now()).await.unwrap());
}

fn firing(name: &str, revision: i64) -> Firing {
    Firing { tenant: Default::default(), name: name.into(), revision, next_ms: None, last_ms: None, last_job: None, problem: None }
}

/// The store by itself, without a manager that fires.
async fn queue(m: &Manager) -> Queue {
    Queue::open(m.store_url(), POLICY, 2, Ears::deaf()).await.unwrap()
}

async fn one_of_several_managers_fires(on: On) {
    let m = Manager::start(on).await;
    let others = if on == On::Postgres { vec![m.replica().await, m.replica().await] } else { vec![] };
    create(&m, "often", &json!({"cron": "* * * * *", "job": job(), "overlap": "allow"})).await;
    let queue = queue(&m).await;
    for round in 1..=3 {
        was_due(&queue, "often", Duration::from_secs(5)).await;
        eventually(async || (jobs(&m, "often").await.len() >= round).then_some(())).await;
        tokio::time::sleep(Duration::from_millis(1_200)).await;
        // A minute may have begun meanwhile, and that fires too.
        let count = jobs(&m, "often").await.len();
        assert!((round..=round + 1).contains(&count), "{count} jobs of {round} firings");
    }
    queue.close().await;
    drop(others);
}

async fn a_firing_is_fenced(on: On) {
    let m = Manager::start(on).await;
    create(&m, "once", &json!({"cron": "@yearly", "job": job()})).await;
    let queue = Arc::new(queue(&m).await);
    let schedule = queue.schedule(&Default::default(), "once").await.unwrap().unwrap();
    // Many that read the same revision, at the same moment.
    let fire = |_| {
        let (queue, revision) = (queue.clone(), schedule.revision);
        tokio::spawn(
            async move { queue.fire(firing("once", revision), vec![submitted(Default::default(), job())], queue.now()).await.unwrap() },
        )
    };
    let fired = futures_util::future::join_all((0..20).map(fire)).await;
    assert_eq!(fired.into_iter().filter(|fired| *fired.as_ref().unwrap()).count(), 1);
    assert_eq!(m.get("/v1/jobs?limit=200").await.read::<JobList>(200).items.len(), 1);
    queue.close().await;
}

async fn missed_firings_are_made_up_for_as_asked(on: On) {
    let m = Manager::start(on).await;
    let queue = queue(&m).await;
    for (missed, least, most) in [("skip", 0, 1), ("run_once", 1, 2), ("run_all", 10, 12)] {
        let name = missed.replace('_', "-");
        create(&m, &name, &json!({"cron": "* * * * *", "job": job(), "missed": missed})).await;
        was_due(&queue, &name, Duration::from_secs(10 * 60 - 1)).await;
        let moved = async || {
            let view: ScheduleView = m.get(&format!("/v1/schedules/{name}")).await.read(200);
            (view.next_at.unwrap() > Timestamp::now()).then_some(())
        };
        eventually(moved).await;
        let count = jobs(&m, &name).await.len();
        // The newest of them may be on time.
        assert!((least..=most).contains(&count), "{missed}: {count}");
    }
    queue.close().await;
}

async fn overlaps_are_dealt_with_as_asked(on: On) {
    let m = Manager::start(on).await;
    let run = async |name: &str| m.post(&format!("/v1/schedules/{name}/run"), &json!({})).await;
    for overlap in ["allow", "skip", "cancel_previous"] {
        let name = overlap.replace('_', "-");
        create(&m, &name, &json!({"cron": "@yearly", "job": job(), "overlap": overlap})).await;
        let first: JobView = run(&name).await.read(202);
        let second = run(&name).await;
        match overlap {
            "skip" => {
                assert_eq!((second.status.as_u16(), &second.json()["code"]), (409, &json!("schedule_not_fired")));
                let view: ScheduleView = m.get(&format!("/v1/schedules/{name}")).await.read(200);
                assert!(view.problem.unwrap().contains(&first.id.to_string()));
                m.cancel(first.id).await;
                run(&name).await.read::<JobView>(202);
            }
            "allow" => assert_eq!(m.job(first.id).await.state, JobState::Queued),
            _ => {
                second.read::<JobView>(202);
                let cancelled = m.job(first.id).await;
                assert_eq!((cancelled.state, cancelled.cancelled_by.unwrap().by.as_str()), (JobState::Cancelled, "schedule"));
            }
        }
    }
}

async fn a_paused_schedule_does_not_fire(on: On) {
    let m = Manager::start(on).await;
    let made = create(&m, "quiet", &json!({"cron": "* * * * *", "job": job(), "paused": true})).await;
    assert_eq!((made.paused, made.next_at), (true, None));
    let resumed: ScheduleView = m.post("/v1/schedules/quiet/resume", &json!({})).await.read(200);
    assert!(!resumed.paused && resumed.next_at.is_some());
    let paused: ScheduleView = m.post("/v1/schedules/quiet/pause", &json!({})).await.read(200);
    assert_eq!((paused.paused, paused.next_at), (true, None));
    // A script that is no more: the schedule says so, and goes on.
    m.put("/v1/scripts/gone", &json!({"source": "1"})).await;
    m.put("/v1/scripts/gone/aliases/live", &json!({"version": 1})).await;
    create(&m, "broken", &json!({"cron": "@yearly", "job": {"script": {"name": "gone", "alias": "live"}}})).await;
    m.delete("/v1/scripts/gone/aliases/live").await;
    assert_eq!(m.post("/v1/schedules/broken/run", &json!({})).await.status, 409);
    let view: ScheduleView = m.get("/v1/schedules/broken").await.read(200);
    assert!(view.problem.unwrap().contains("gone@live") && view.next_at.is_some());
}
