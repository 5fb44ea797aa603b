//! The file: it lasts, and one commit serves many.

use std::sync::Arc;

use ampoule_manager::{
    Config, RunError, StoreUrl,
    queue::{Ears, LeasePolicy, OpenError, Queue, QueueError, Scope, Submitted},
};
use ampoule_protocol::{JobList, JobState, JobView};
use deadpool_sqlite::rusqlite::Connection;
use jiff::Timestamp;
use tokio::net::TcpListener;

use crate::support::{self, Manager, On, job, on_both_stores, returned};

on_both_stores!(
    a_restart_keeps_everything,
    a_closed_queue_has_written_all_and_refuses_more,
    readiness_is_the_stores,
    leases_that_reach_nobody_come_back_at_once
);

pub(crate) const POLICY: LeasePolicy = LeasePolicy { lease: std::time::Duration::from_secs(15), max_attempts: 3, acquire_bytes: 64 << 20 };

pub(crate) fn submitted() -> Submitted {
    support::submitted(Default::default(), job())
}

async fn a_restart_keeps_everything(on: On) {
    let m = Manager::start(on).await;
    let (done, running, waiting) = (m.submit().await, m.submit().await, m.submit().await);
    let first = m.acquire_one("w").await;
    m.complete(first.token, returned("42")).await;
    let second = m.acquire_one("w").await;
    let before: JobList = m.get("/v1/jobs").await.read(200);

    let m = m.restart().await;
    assert_eq!(m.get("/v1/jobs").await.read::<JobList>(200), before);
    assert_eq!(before.items.iter().map(|job| job.id).collect::<Vec<_>>(), [waiting, running, done]);
    assert_eq!(m.metric("scriptmanager_job_queue_size").await, 1.0);
    // The lease outlives the manager that gave it.
    m.complete(second.token, returned("43")).await;
    assert_eq!(m.job(running).await.state, JobState::Succeeded);
    assert_eq!(m.acquire_one("w").await.token.job_id, waiting);
}

#[tokio::test]
async fn a_newer_file_is_refused() {
    let mut m = Manager::start(On::Sqlite).await;
    m.begin_stop();
    m.stopped().await;
    let set = |version: i64| Connection::open(m.store()).unwrap().pragma_update(None, "user_version", version).unwrap();
    set(1000);
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let ended = ampoule_manager::run(listener, Config::new(m.store()), std::future::pending()).await.unwrap_err();
    assert!(matches!(ended, RunError::Open(OpenError::SchemaTooNew { found: 1000, .. })), "{ended}");
    assert!(ended.to_string().contains("use a newer ampoule"), "{ended}");
    let version: i64 = Connection::open(m.store()).unwrap().pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    assert_eq!(version, 1000);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn writes_that_wait_share_a_commit() {
    let dir = tempfile::tempdir().unwrap();
    let queue = Arc::new(Queue::open(&StoreUrl::Sqlite(dir.path().join("q.db")), POLICY, 2, Ears::deaf()).await.unwrap());
    let enqueue = |_| {
        let queue = queue.clone();
        async move { queue.enqueue(submitted(), Timestamp::now()).await.unwrap() }
    };
    futures_util::future::join_all((0..500).map(enqueue)).await;
    let (commits, writes) = (queue.commits().commits(), queue.commits().writes());
    assert_eq!((writes, queue.depths(&Scope::All, Timestamp::now()).await.unwrap().queued), (500, 500));
    assert!(commits <= 50, "{commits} commits");
    assert!(commits >= 1);

    queue.ping().await.unwrap();
    assert_eq!(queue.commits().commits(), commits, "nothing was changed, so nothing is synced");
}

async fn a_closed_queue_has_written_all_and_refuses_more(on: On) {
    let dir = tempfile::tempdir().unwrap();
    let queue = Queue::open(&support::store(on, &dir).await, POLICY, 2, Ears::deaf()).await.unwrap();
    let writes = futures_util::future::join_all((0..50).map(|_| queue.enqueue(submitted(), Timestamp::now())));
    let (written, ()) = tokio::join!(writes, queue.close());
    assert!(written.iter().all(Result::is_ok));
    assert!(matches!(queue.enqueue(submitted(), Timestamp::now()).await, Err(QueueError::Closed)));
    assert!(matches!(queue.depths(&Scope::All, Timestamp::now()).await, Err(QueueError::Closed)));
}

async fn readiness_is_the_stores(on: On) {
    let m = Manager::start(on).await;
    assert_eq!(m.get("/healthz").await.status.as_u16(), 200);
    assert_eq!(m.get("/readyz").await.status.as_u16(), 200);
    let _: JobView = m.post("/v1/jobs", &job()).await.read(202);
}

async fn leases_that_reach_nobody_come_back_at_once(on: On) {
    let dir = tempfile::tempdir().unwrap();
    let policy = LeasePolicy { max_attempts: 1, ..POLICY };
    let queue = Queue::open(&support::store(on, &dir).await, policy, 2, Ears::deaf()).await.unwrap();
    let job = submitted();
    let id = job.id();
    queue.enqueue(job, Timestamp::now()).await.unwrap();
    drop(queue.acquire(&Scope::All, "gone", 1, vec![], Timestamp::now()).await.unwrap());
    queue.ping().await.unwrap();
    // The asker goes away before the answer is there.
    let asked = queue.acquire(&Scope::All, "gone", 1, vec![], Timestamp::now());
    let _ = futures_util::FutureExt::now_or_never(asked);
    // Where several lanes work side by side, the release is asked for once the lease is made.
    let jobs = support::eventually(async || {
        let (jobs, _) = queue.acquire(&Scope::All, "here", 1, vec![], Timestamp::now()).await.unwrap().deliver();
        Some(jobs).filter(|jobs| !jobs.is_empty())
    })
    .await;
    assert_eq!((jobs[0].token.job_id, jobs[0].token.attempt), (id, 3));
}
