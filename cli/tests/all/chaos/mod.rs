//! Everything breaks, under load, on both stores: processes are killed and stand still, connections break and get slow, the disk is full.
//! No job is lost, none is stored or accepted twice, none is stuck, and all managers count the same.

mod fleet;
mod world;

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use ampoule_protocol::{JobId, JobList, JobState, JobView, Outcome};
use serde_json::json;

use self::{
    fleet::{Fleet, LEASE},
    world::World,
};
use crate::support::{Random, eventually};

/// How often a manager looks for leases that ran out.
const REAPER_ROUND: Duration = Duration::from_secs(1);
/// Without any progress for this long, even on a busy machine, something is stuck.
const STUCK: Duration = Duration::from_secs(20);
/// Kills of a short run.
const KILLS: u64 = 12;

/// What keeps the queue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Store {
    Sqlite,
    Postgres,
}

mod sqlite {
    use super::{KILLS, Store, chaos, long};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_was_promised_is_kept() {
        chaos(Store::Sqlite, KILLS).await;
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes a quarter of an hour"]
    async fn a_thousand_kills() {
        chaos(Store::Sqlite, long()).await;
    }
}

mod postgres {
    use super::{KILLS, Store, chaos, fleet, long};

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn what_was_promised_is_kept() {
        if fleet::has_postgres() {
            chaos(Store::Postgres, KILLS).await;
        }
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    #[ignore = "takes a quarter of an hour"]
    async fn a_thousand_kills() {
        if fleet::has_postgres() {
            chaos(Store::Postgres, long()).await;
        }
    }
}

fn long() -> u64 {
    std::env::var("KILLS").ok().and_then(|text| text.parse().ok()).unwrap_or(1_000)
}

async fn chaos(store: Store, kills: u64) {
    let mut random = Random::seeded();
    let mut fleet = Fleet::start(store).await;
    let world = World::start(fleet.urls(), &mut random);
    while fleet.acts.kills() < kills {
        tokio::time::sleep(Duration::from_millis(random.below(200))).await;
        fleet.act(&world, &mut random).await;
    }

    // Then it is calm. What was leased to somebody who is no more is taken back within two lease periods.
    fleet.calm().await;
    world.stop_submitting().await;
    let (stored, running) = (all(&fleet, "").await, all(&fleet, "&state=running").await);
    let succeeded = stored.into_iter().filter(|job| job.state == JobState::Succeeded);
    let ended: HashMap<JobId, u32> = succeeded.map(|job| (job.id, job.attempt)).collect();
    let leases: HashSet<(JobId, u32)> = running.iter().map(|job| (job.id, job.attempt)).collect();
    tokio::time::sleep(2 * LEASE + REAPER_ROUND).await;
    for job in all(&fleet, "&state=running").await {
        assert!(!leases.contains(&(job.id, job.attempt)), "two lease periods later, attempt {} of {} runs still", job.attempt, job.id);
    }
    // How long the rest takes is the machine's affair; that it goes on is ours.
    let (mut left, mut since) = (u64::MAX, Instant::now());
    while left > 0 {
        let queue = fleet.managers[0].get("/v1/queue").await.json(200);
        let now_left: u64 = ["queued", "running"].iter().map(|name| queue[name].as_u64().unwrap()).sum();
        if now_left < left {
            (left, since) = (now_left, Instant::now());
        }
        assert!(since.elapsed() < STUCK, "stuck: {queue}");
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    world.stop_working().await;
    compare(&fleet, &world, &ended).await;
    println!("{store:?}: {}; {}", fleet.acts, world.known());

    // Without workers, every manager counts exactly what waits.
    fleet.workers.clear();
    for n in 1..=7_u32 {
        fleet.managers[n as usize % fleet.managers.len()].submit(&world::job(0)).await;
        for manager in &fleet.managers {
            let metric = async |name: &str| manager.metric(name).await;
            let found = eventually(async || {
                // A worker that was killed may have had a call waiting; its lease goes back at once.
                let found = (metric("scriptmanager_job_queue_size").await, metric("scriptmanager_jobs_running").await);
                (found == (f64::from(n), 0.0)).then_some(found)
            });
            found.await;
            assert_eq!(manager.get("/v1/queue").await.json(200)["queued"], json!(n));
        }
    }
}

/// What clients and workers were told, against what is there.
async fn compare(fleet: &Fleet, world: &World, ended: &HashMap<JobId, u32>) {
    let (stored, accepted) = world.told();
    assert!(!stored.is_empty());
    let mut left: HashSet<JobId> = stored.values().copied().collect();
    assert_eq!(left.len(), stored.len(), "two keys brought one job");
    for job in all(fleet, "").await {
        assert!(left.remove(&job.id), "{} was stored twice, or by nobody", job.id);
        assert_eq!(job.state, JobState::Succeeded, "{job:?}");
        let Some(Outcome::Returned { value }) = &job.outcome else { panic!("{job:?}") };
        assert_eq!(value.as_str(), job.attempt.to_string(), "the outcome is the last attempt's");
        if let Some(attempt) = accepted.get(&job.id) {
            assert_eq!(job.attempt, *attempt, "the report that was accepted is the one that counts");
        }
        if let Some(attempt) = ended.get(&job.id) {
            assert_eq!(job.attempt, *attempt, "a job that had ended ran again");
        }
    }
    assert!(left.is_empty(), "{} jobs were lost: {left:?}", left.len());
}

/// All jobs that there are, in all pages.
async fn all(fleet: &Fleet, filter: &str) -> Vec<JobView> {
    let (mut jobs, mut cursor) = (Vec::new(), String::new());
    loop {
        let page = fleet.managers[0].get(&format!("/v1/jobs?limit=200{filter}{cursor}")).await.json(200);
        let page: JobList = serde_json::from_value(page).unwrap();
        jobs.extend(page.items);
        let Some(next) = page.next_cursor else { return jobs };
        cursor = format!("&cursor={next}");
    }
}
