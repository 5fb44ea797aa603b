//! Copies of a store at work, and what a verification finds.

use std::{
    path::{Path, PathBuf},
    sync::{
        Arc,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
};

use ampoule_manager::{
    StoreUrl,
    queue::copies::{self, CopyError, RESTORED_ATTEMPTS, Verified},
};
use ampoule_protocol::{JobState, LeaseState, LogLevel};
use ampoule_testbed::postgres::bin;
use deadpool_sqlite::rusqlite::Connection;
use serde_json::json;

use crate::{
    postgres::{is_there, shared},
    support::{self, Manager, On, on_both_stores, report, returned},
};

on_both_stores!(a_store_at_work_is_whole, every_damage_is_found);

fn quiet() -> copies::OnProgress {
    Box::new(|_| {})
}

async fn verify(store: &StoreUrl) -> Verified {
    copies::verify(store, quiet()).await.unwrap()
}

/// Jobs in all states, with keys, tags, logs, a lost attempt, a published script.
async fn busy(m: &Manager) {
    for key in ["a", "a", "a", "b"] {
        let body = json!({"script": {"source": "export default () => 1"}, "concurrency_key": key, "tags": {"team": "red"}, "priority": 1});
        m.post("/v1/jobs", &body).await.read::<serde_json::Value>(202);
    }
    let first = m.acquire_one("w").await;
    let mut done = returned("1");
    done.logs = vec![support::line(LogLevel::Log, "said")];
    assert_eq!(m.complete(first.token, done).await, LeaseState::Accepted);
    let second = m.acquire_one("w").await;
    assert_eq!(m.lease("release", second.token).await, LeaseState::Accepted);
    m.acquire_one("w").await;
    m.put("/v1/scripts/tax", &json!({"source": "export default () => 1"})).await.read::<serde_json::Value>(201);
    m.put("/v1/scripts/tax/aliases/live", &json!({"version": 1})).await;
    let later = json!({"script": {"source": "export default () => 1"}, "run_at": "2099-01-01T00:00:00Z"});
    let cancelled: ampoule_protocol::JobView = m.post("/v1/jobs", &later).await.read(202);
    m.cancel(cancelled.id).await;
    m.post("/v1/jobs", &later).await.read::<serde_json::Value>(202);
}

async fn a_store_at_work_is_whole(on: On) {
    let m = Manager::start(on).await;
    busy(&m).await;
    let found = verify(m.store_url()).await;
    assert_eq!((&found.problems[..], found.jobs, found.waiting, found.running), (&[][..], 6, 3, 1), "{found:?}");
    assert_eq!(found.schema, found.known_schema);
}

/// What is done to a store, and what is then said of it.
const DAMAGES: &[(&str, &str)] = &[
    ("UPDATE jobs SET state = 9 WHERE state = 2", "1 jobs in a state that there is not"),
    ("DELETE FROM payloads WHERE seq = (SELECT min(seq) FROM jobs)", "1 jobs without payload"),
    ("DELETE FROM outcomes", "2 jobs that have ended, without outcome"),
    ("INSERT INTO outcomes (seq, outcome) SELECT seq, '{}' FROM jobs WHERE state = 1", "1 jobs that go on, with an outcome"),
    ("UPDATE jobs SET finished_ms = NULL WHERE state = 4", "1 jobs whose end has no time"),
    ("UPDATE jobs SET worker = NULL WHERE state = 1", "1 running jobs without worker"),
    ("UPDATE jobs SET lease_until_ms = 1 WHERE state = 4", "1 jobs with a lease that do not run"),
    ("UPDATE jobs SET dead = true WHERE state = 2", "1 dead jobs that have not failed"),
    ("UPDATE jobs SET concurrency_key = NULL WHERE state = 0 AND hold = 2", "1 jobs that wait for a concurrency key and name none"),
    ("DELETE FROM concurrency_keys WHERE key = 'a'", "1 jobs that wait for a concurrency key that nobody has"),
    ("DELETE FROM concurrency_keys WHERE key = 'a'", "1 jobs that run or may run without their concurrency key"),
    ("UPDATE jobs SET state = 3 WHERE state = 1", "1 concurrency keys of jobs that do not need them"),
    ("DELETE FROM jobs WHERE state = 4", "1 payloads of no job"),
    ("DELETE FROM jobs WHERE state = 4", "1 outcomes of no job"),
    ("DELETE FROM jobs WHERE state = 2", "1 tags of no job"),
    ("DELETE FROM tags", "4 jobs whose tags are not found"),
    ("UPDATE logs SET attempt = 7", "1 logs of an attempt that never was"),
    ("UPDATE lost_attempts SET attempt = 7", "1 lost attempts that never were"),
    (
        "INSERT INTO logs (seq, attempt, first_offset, line_count, lines) SELECT seq, attempt, 5, 1, '[]' FROM logs;
         UPDATE logs SET line_count = 9 WHERE first_offset = 0",
        "1 log lines that are there twice",
    ),
    ("UPDATE published_aliases SET version = 7", "1 aliases of versions that there are not"),
    ("DELETE FROM published_names", "1 versions of scripts without a name"),
    ("UPDATE jobs SET terms = '{' WHERE state = 0", "3 jobs that cannot be read, the first because stored terms"),
];

async fn every_damage_is_found(on: On) {
    let mut m = Manager::start(on).await;
    busy(&m).await;
    m.begin_stop();
    m.stopped().await;
    for (k, (damage, said)) in DAMAGES.iter().enumerate() {
        let store = match m.store_url() {
            StoreUrl::Sqlite(path) => {
                let copy = path.with_file_name(format!("{k}.db"));
                // The manager's last connection may still be closing.
                Connection::open(path).unwrap().query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())).unwrap();
                std::fs::copy(path, &copy).unwrap();
                Connection::open(&copy).unwrap().execute_batch(damage).unwrap();
                StoreUrl::Sqlite(copy)
            }
            StoreUrl::Postgres(url) => {
                let (server, name) = url.rsplit_once('/').unwrap();
                let copy = format!("{name}_{k}");
                // Its last connection may still be closing.
                let clone = format!("CREATE DATABASE {copy} TEMPLATE {name}");
                support::eventually(async || ask(&format!("{server}/postgres"), &clone).await.ok()).await;
                ask(&format!("{server}/{copy}"), &format!("SET search_path = ampoule; {damage}")).await.unwrap();
                StoreUrl::Postgres(format!("{server}/{copy}"))
            }
        };
        let found = verify(&store).await;
        assert!(found.problems.iter().any(|problem| problem.starts_with(said)), "{damage}: {:?}", found.problems);
    }
    assert_eq!(verify(m.store_url()).await.problems, [""; 0]);
}

async fn ask(url: &str, sql: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, tokio_postgres::NoTls).await.unwrap();
    let connection = tokio::spawn(connection);
    // A statement of its own each: a database is not made in a transaction, which several in one call would be.
    for statement in sql.split(';') {
        client.batch_execute(statement).await?;
    }
    drop(client);
    connection.await.unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn copies_are_made_under_load_and_have_all_that_was_stored_before() {
    let m = Arc::new(Manager::start(On::Sqlite).await);
    let (stop, stored) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicUsize::new(0)));
    let clients = (0..4).map(|_| {
        let (m, stop, stored) = (m.clone(), stop.clone(), stored.clone());
        tokio::spawn(async move {
            while !stop.load(Ordering::Relaxed) {
                m.submit().await;
                stored.fetch_add(1, Ordering::Relaxed);
                let answer = m.acquire("w", 1, 0).await;
                for job in answer.jobs.into_iter().filter(|_| stored.load(Ordering::Relaxed).is_multiple_of(2)) {
                    m.complete(job.token, returned("1")).await;
                }
            }
        })
    });
    let clients: Vec<_> = clients.collect();
    support::eventually(async || (stored.load(Ordering::Relaxed) > 50).then_some(())).await;
    let dir = tempfile::tempdir().unwrap();
    for k in 0..5 {
        let (copy, before) = (dir.path().join(format!("{k}.backup")), stored.load(Ordering::Relaxed));
        let found = copies::backup(m.store_url(), copy.clone(), false, quiet()).await.unwrap();
        let after = stored.load(Ordering::Relaxed) + 4;
        assert!((before..=after).contains(&(found.jobs as usize)), "{before} {found:?} {after}");
        assert_eq!(verify(&StoreUrl::Sqlite(copy)).await, found);
    }
    // A transaction that the writer never waits for: the load went on.
    let seen = stored.load(Ordering::Relaxed);
    support::eventually(async || (stored.load(Ordering::Relaxed) > seen).then_some(())).await;
    stop.store(true, Ordering::Relaxed);
    for client in clients {
        client.await.unwrap();
    }
    // Nothing but the copies: no part, no log.
    let mut names: Vec<_> = std::fs::read_dir(dir.path()).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    assert_eq!(names, ["0.backup", "1.backup", "2.backup", "3.backup", "4.backup"]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_store_goes_on_and_knows_no_lease_of_before() {
    let m = Manager::start(On::Sqlite).await;
    let (done, running, waiting) = (m.submit().await, m.submit().await, m.submit().await);
    let first = m.acquire_one("w").await;
    m.complete(first.token, returned("42")).await;
    let lease = m.acquire_one("w").await;
    let dir = tempfile::tempdir().unwrap();
    let copy = dir.path().join("copy");
    copies::backup(m.store_url(), copy.clone(), false, quiet()).await.unwrap();
    // What happens after the copy is lost with the store.
    let later = m.acquire_one("w").await;
    assert_eq!(later.token.job_id, waiting);

    let made = copies::restore(copy, &StoreUrl::Sqlite(dir.path().join("new.db")), false, quiet()).await.unwrap();
    assert_eq!((made.released, made.replaced, made.store.jobs, made.store.waiting, made.store.running), (1, None, 3, 2, 0));
    let m = Manager::start_on(StoreUrl::Sqlite(dir.path().join("new.db"))).await;
    assert_eq!(m.job(done).await.state, JobState::Succeeded);
    assert_eq!(m.metric("scriptmanager_job_queue_size").await, 2.0);
    for old in [lease.token, later.token] {
        assert_eq!(m.lease("renew", old).await, LeaseState::Stale);
    }
    for id in [running, waiting] {
        let new = m.acquire_one("w2").await.token;
        assert_eq!(new.job_id, id);
        assert!(new.attempt > RESTORED_ATTEMPTS);
    }
    for old in [lease.token, later.token] {
        assert_eq!(m.complete(old, report(ampoule_protocol::Outcome::Cancelled)).await, LeaseState::Stale);
    }
    assert_eq!(m.job(running).await.lost_attempts.len(), 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restore_is_refused_where_it_would_do_harm() {
    let m = Manager::start(On::Sqlite).await;
    m.submit().await;
    let dir = tempfile::tempdir().unwrap();
    let at = |name: &str| dir.path().join(name);
    let back_up = async |name: &str| copies::backup(m.store_url(), at(name), false, quiet()).await;
    back_up("copy").await.unwrap();
    assert!(matches!(back_up("copy").await, Err(CopyError::Exists { .. })));
    let itself = copies::backup(m.store_url(), m.store(), true, quiet()).await;
    assert!(matches!(itself, Err(CopyError::Itself { .. })), "{itself:?}");

    let restore = async |from: PathBuf, to: &Path, overwrite: bool| {
        copies::restore(from, &StoreUrl::Sqlite(to.to_owned()), overwrite, quiet()).await.unwrap_err().to_string()
    };
    // A store that is there; one that is in use; a newer copy; a broken one; another program's; none.
    let in_use = m.store();
    assert!(restore(at("copy"), &in_use, false).await.contains("say --overwrite"));
    assert!(restore(at("copy"), &in_use, true).await.contains("is in use: stop the manager first"));
    let changed = |name: &str, change: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = std::fs::read(at("copy")).unwrap();
        change(&mut bytes);
        std::fs::write(at(name), bytes).unwrap();
        at(name)
    };
    // The header has the schema's version at 60 and whose file it is at 68.
    let newer = changed("newer", &|bytes| bytes[60..64].copy_from_slice(&1000_u32.to_be_bytes()));
    assert!(restore(newer, &at("new"), false).await.contains("schema 1000, this program knows up to"));
    let foreign = changed("foreign", &|bytes| bytes[68] ^= 1);
    assert!(restore(foreign, &at("new"), false).await.contains("not one of Ampoule's"));
    let broken = changed("broken", &|bytes| {
        let half = bytes.len() / 2;
        bytes[half..].fill(0x55);
    });
    let said = restore(broken, &at("new"), false).await;
    assert!(said.contains("is not whole") || said.contains("malformed"), "{said}");
    assert!(restore(at("nothing"), &at("new"), false).await.contains("nothing"));
    let said = copies::restore(at("copy"), &"postgres://db/q".parse().unwrap(), false, quiet()).await.unwrap_err();
    assert!(said.to_string().contains("PostgreSQL's own tools"), "{said}");
    assert!(!at("new").exists());
    // The store in use has come to no harm.
    m.submit().await;
    assert_eq!(verify(m.store_url()).await.jobs, 2);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_a_restore_replaces_is_kept_broken_as_it_may_be() {
    let dir = tempfile::tempdir().unwrap();
    let store = StoreUrl::Sqlite(dir.path().join("q.db"));
    let mut m = Manager::start_on(store.clone()).await;
    m.submit().await;
    copies::backup(&store, dir.path().join("copy"), false, quiet()).await.unwrap();
    m.submit().await;
    m.begin_stop();
    m.stopped().await;
    let restore = async || copies::restore(dir.path().join("copy"), &store, true, quiet()).await.unwrap().replaced.unwrap();
    let kept = restore().await;
    assert_eq!((verify(&StoreUrl::Sqlite(kept)).await.jobs, verify(&store).await.jobs), (2, 1));

    // The log of a broken store must not become the new one's.
    std::fs::write(dir.path().join("q.db"), "no database at all ".repeat(500)).unwrap();
    std::fs::write(dir.path().join("q.db-wal"), "nor a log").unwrap();
    let kept = restore().await;
    assert!(std::fs::read_to_string(kept).unwrap().starts_with("no database"));
    assert!(!dir.path().join("q.db-wal").exists());
    assert_eq!(verify(&store).await.jobs, 1);
}

/// What docs/operations.md says of PostgreSQL, by its own tools.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_dump_of_postgresql_is_restored_as_documented() {
    let (Ok(dump), Ok(restore)) = (bin("pg_dump"), bin("pg_restore")) else { return };
    if !is_there() {
        return;
    }
    let m = Manager::start(On::Postgres).await;
    busy(&m).await;
    let old = m.acquire_one("w").await;
    let (dir, StoreUrl::Postgres(from)) = (tempfile::tempdir().unwrap(), m.store_url().clone()) else { unreachable!() };
    let file = dir.path().join("ampoule.dump");
    let run = |program: &Path, arguments: &[&str]| {
        let ended = std::process::Command::new(program).args(arguments).output().unwrap();
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
    };
    run(&dump, &["--format=custom", "--schema=ampoule", &format!("--file={}", file.display()), &from]);
    let to = shared().database().await.unwrap();
    let into = format!("--dbname={to}");
    run(&restore, &["--clean", "--if-exists", "--single-transaction", &into, file.to_str().unwrap()]);
    let text = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/operations.md")).unwrap();
    let (_, text) = text.split_once("`UPDATE ampoule.jobs").unwrap();
    let (updates, _) = text.split_once(";`").unwrap();
    ask(&to, &format!("UPDATE ampoule.jobs{updates}")).await.unwrap();

    let to = StoreUrl::Postgres(to);
    let found = verify(&to).await;
    assert_eq!((&found.problems[..], found.jobs, found.running), (&[][..], 6, 2), "{found:?}");
    let m = Manager::start_on(to).await;
    assert_eq!(m.complete(old.token, returned("1")).await, LeaseState::Stale);
    // What ran is taken back at once, and runs again under a number of its own.
    let again = support::eventually(async || m.acquire("w2", 9, 0).await.jobs.into_iter().find(|job| job.token.job_id == old.token.job_id));
    assert!(again.await.token.attempt > RESTORED_ATTEMPTS);
}
