//! Whether a file is whole.

use std::path::Path;

use deadpool_sqlite::rusqlite::Connection;
use jiff::Timestamp;

use super::{rows, schema, views};
use crate::queue::{
    QueueError, Scope,
    copies::{CopyError, Progress, Verified},
    invariants::{COUNTS, INVARIANTS},
};

/// What SQLite itself finds is told up to here.
const MAX_FOUND: u32 = 100;
/// Jobs read between two words of progress.
const STEP: u64 = 10_000;

/// What only SQLite can be asked like this.
const OWN: &[(&str, &str)] = &[
    (
        "jobs whose tags are not found",
        "SELECT count(*) FROM jobs j, json_each(j.tags) e WHERE NOT EXISTS (SELECT 1 FROM tags t
         WHERE t.tenant = j.tenant AND t.key = e.key AND t.value = e.value AND t.seq = j.seq)",
    ),
    ("idempotency keys of no job", "SELECT count(*) FROM idempotency_keys k WHERE NOT EXISTS (SELECT 1 FROM jobs j WHERE j.seq = k.seq)"),
];

/// Looks at everything, as it is at one moment.
pub(super) fn verify(conn: &Connection, path: &Path, on: &mut dyn FnMut(Progress)) -> Result<Verified, CopyError> {
    let (schema, known_schema) = schema::look(conn, path)?;
    let mut found = Verified { schema, known_schema, ..Verified::default() };
    let mut looked = || -> Result<(), QueueError> {
        conn.execute_batch("BEGIN")?;
        let looked = look(conn, &mut found, on);
        conn.execute_batch("COMMIT")?;
        looked
    };
    looked().map_err(|why| CopyError::Read { path: path.display().to_string(), why })?;
    Ok(found)
}

fn look(conn: &Connection, found: &mut Verified, on: &mut dyn FnMut(Progress)) -> Result<(), QueueError> {
    on(Progress { step: "looking at pages and indexes", done: 0, total: 0 });
    let mut check = conn.prepare(&format!("PRAGMA integrity_check({MAX_FOUND})"))?;
    for said in check.query_map([], |row| row.get::<_, String>(0))? {
        found.problems.push(said?);
    }
    found.problems.retain(|said| said != "ok");
    if !found.problems.is_empty() || found.schema < found.known_schema {
        return Ok(());
    }
    (found.jobs, found.waiting, found.running) = conn.query_row(COUNTS, [], |row| {
        let count = |k| row.get::<_, i64>(k).map(i64::unsigned_abs);
        Ok((count(0)?, count(1)?, count(2)?))
    })?;
    let questions = INVARIANTS.iter().map(|invariant| (invariant.what, invariant.violations)).chain(OWN.iter().copied());
    let total = (INVARIANTS.len() + OWN.len()) as u64;
    for (k, (what, violations)) in questions.enumerate() {
        on(Progress { step: "looking at what belongs together", done: k as u64, total });
        match conn.query_row(violations, [], |row| row.get::<_, i64>(0)) {
            Ok(0) => {}
            Ok(count) => found.problems.push(format!("{count} {what}")),
            Err(err) => found.problems.push(format!("{what}: {err}")),
        }
    }
    found.compare(&views::depths(conn, &Scope::All, Timestamp::now().as_millisecond())?);
    read_jobs(conn, found, on)
}

/// Every job can be read by this program.
fn read_jobs(conn: &Connection, found: &mut Verified, on: &mut dyn FnMut(Progress)) -> Result<(), QueueError> {
    let mut jobs = conn.prepare(&format!("{} FROM jobs", rows::LIFE))?;
    let mut jobs = jobs.query([])?;
    let (mut read, mut unreadable, mut why) = (0, 0, None);
    while let Some(row) = jobs.next()? {
        if read % STEP == 0 {
            on(Progress { step: "reading jobs", done: read, total: found.jobs });
        }
        read += 1;
        if let Err(err) = rows::life(row) {
            unreadable += 1;
            why = why.or(Some(err.to_string()));
        }
    }
    if let Some(why) = why {
        found.problems.push(format!("{unreadable} jobs that cannot be read, the first because {why}"));
    }
    Ok(())
}
