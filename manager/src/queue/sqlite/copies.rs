//! Copies of a file, made while others write to it.

use std::{
    fs::{self, File},
    io,
    path::{Path, PathBuf},
    time::Duration,
};

use deadpool_sqlite::rusqlite::{
    self, Connection, OpenFlags,
    backup::{Backup, StepResult},
};
use jiff::Timestamp;
use tempfile::{Builder, NamedTempFile};

use super::{rows, schema, transitions, verify as whole};
use crate::queue::{
    OpenError, QueueError, Scope,
    copies::{CopyError, Progress, RESTORED_ATTEMPTS, Restored, Verified},
};

/// Pages copied between two looks at the time: some 4 MiB.
const STEP: i32 = 1024;
/// How long another connection may hold a lock that is in our way.
const PATIENCE: Duration = Duration::from_secs(10);
/// Leases given back by one call.
const RELEASES: usize = 500;
/// What is added to the name of a store that a restore replaced.
const REPLACED: &str = ".replaced";

type On<'a> = &'a mut dyn FnMut(Progress);

pub(in crate::queue) fn verify(path: &Path, on: On<'_>) -> Result<Verified, CopyError> {
    whole::verify(&open_to_read(path)?, path, on)
}

pub(in crate::queue) fn backup(from: &Path, to: &Path, overwrite: bool, on: On<'_>) -> Result<Verified, CopyError> {
    may_write(from, to, overwrite)?;
    let source = open_to_read(from)?;
    schema::look(&source, from)?;
    let part = part_beside(to)?;
    copy(&source, from, part.path(), on)?;
    let found = sound(verify(part.path(), on)?, part.path())?;
    publish(part, to, overwrite)?;
    Ok(found)
}

pub(in crate::queue) fn restore(from: &Path, to: &Path, overwrite: bool, on: On<'_>) -> Result<Restored, CopyError> {
    may_write(from, to, overwrite)?;
    let source = open_to_read(from)?;
    sound(whole::verify(&source, from, on)?, from)?;
    let part = part_beside(to)?;
    copy(&source, from, part.path(), on)?;
    // Through the migrations, so that all that is promised can be looked at.
    let conn = schema::open(part.path())?;
    let read = |why| CopyError::Read { path: from.display().to_string(), why };
    let released = begin_anew(&conn, Timestamp::now().as_millisecond()).map_err(read)?;
    let store = sound(whole::verify(&conn, from, on)?, from)?;
    into_one_file(&conn).map_err(|err| read(err.into()))?;
    drop(conn);
    let replaced = if to.exists() { Some(set_aside(to)?) } else { None };
    publish(part, to, overwrite)?;
    Ok(Restored { store, released, replaced })
}

/// Whoever ran a job when the copy was made has lost it, and cannot report on an attempt that is counted from now on.
fn begin_anew(conn: &Connection, now_ms: i64) -> Result<u64, QueueError> {
    conn.execute_batch("BEGIN IMMEDIATE")?;
    let mut released = 0;
    loop {
        let mut running = conn.prepare_cached("SELECT id, attempt FROM jobs WHERE state = 1 LIMIT ?1")?;
        let tokens = running.query_map([RELEASES as i64], |row| {
            Ok(ampoule_protocol::LeaseToken { job_id: rows::id(row)?, attempt: row.get("attempt")? })
        })?;
        let tokens = tokens.collect::<Result<Vec<_>, _>>()?;
        if tokens.is_empty() {
            break;
        }
        transitions::release(conn, &Scope::All, &tokens, now_ms, &mut Vec::new())?;
        released += tokens.len() as u64;
    }
    conn.execute("UPDATE jobs SET attempt = attempt + ?1 WHERE state = 0", [RESTORED_ATTEMPTS])?;
    conn.execute_batch("COMMIT")?;
    Ok(released)
}

fn open_to_read(path: &Path) -> Result<Connection, CopyError> {
    let opened = Connection::open_with_flags(path, OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX);
    let prepared = opened.and_then(|conn| conn.busy_timeout(PATIENCE).map(|()| conn));
    prepared.map_err(|source| OpenError::Store { store: path.display().to_string(), source: source.into() }.into())
}

/// All pages of one moment: the source's transaction keeps them, whatever is written meanwhile.
fn copy(source: &Connection, from: &Path, to: &Path, on: On<'_>) -> Result<(), CopyError> {
    let mut copied = || -> rusqlite::Result<()> {
        source.execute_batch("BEGIN; SELECT count(*) FROM sqlite_schema;")?;
        let mut target = Connection::open(to)?;
        // Synced once, at the end.
        target.execute_batch("PRAGMA synchronous = OFF;")?;
        let backup = Backup::new(source, &mut target)?;
        while backup.step(STEP)? != StepResult::Done {
            let rusqlite::backup::Progress { remaining, pagecount, .. } = backup.progress();
            let (left, total) = (u64::from(remaining.unsigned_abs()), u64::from(pagecount.unsigned_abs()));
            on(Progress { step: "copying pages", done: total.saturating_sub(left), total });
        }
        drop(backup);
        source.execute_batch("COMMIT")?;
        into_one_file(&target)
    };
    copied().map_err(|err| CopyError::Read { path: from.display().to_string(), why: err.into() })
}

/// Without a log beside it, the file is all there is. A manager that opens it makes a log again.
fn into_one_file(conn: &Connection) -> rusqlite::Result<()> {
    conn.pragma_update_and_check(None, "journal_mode", "DELETE", |_| Ok(()))
}

fn may_write(from: &Path, to: &Path, overwrite: bool) -> Result<(), CopyError> {
    if !to.exists() {
        return Ok(());
    }
    let path = to.to_owned();
    match (fs::canonicalize(from), fs::canonicalize(to)) {
        (Ok(from), Ok(to)) if from == to => Err(CopyError::Itself { path }),
        _ if overwrite => Ok(()),
        _ => Err(CopyError::Exists { path }),
    }
}

fn sound(found: Verified, path: &Path) -> Result<Verified, CopyError> {
    if found.problems.is_empty() { Ok(found) } else { Err(CopyError::Unsound { path: path.to_owned(), problems: found.problems }) }
}

fn failed(path: &Path) -> impl Fn(io::Error) -> CopyError {
    let path = path.to_owned();
    move |why| CopyError::Write { path: path.clone(), why }
}

fn folder(path: &Path) -> &Path {
    path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."))
}

/// A file that only its owner can read, gone unless it is published.
fn part_beside(to: &Path) -> Result<NamedTempFile, CopyError> {
    Builder::new().prefix(".ampoule-").suffix(".part").tempfile_in(folder(to)).map_err(failed(to))
}

/// Gives the file its name once it is on the disk.
fn publish(part: NamedTempFile, to: &Path, overwrite: bool) -> Result<(), CopyError> {
    let failed = failed(to);
    part.as_file().sync_all().map_err(&failed)?;
    let named = if overwrite { part.persist(to) } else { part.persist_noclobber(to) };
    named.map_err(|err| match err.error.kind() {
        io::ErrorKind::AlreadyExists => CopyError::Exists { path: to.to_owned() },
        _ => failed(err.error),
    })?;
    File::open(folder(to)).and_then(|folder| folder.sync_all()).map_err(&failed)
}

/// Keeps the store under another name too, and takes its log away, which must not be read into another file. The name itself is replaced later, at
/// once: at no moment would a manager that starts find nothing and begin an empty store.
fn set_aside(store: &Path) -> Result<PathBuf, CopyError> {
    let beside = |suffix: &str| {
        let mut name = store.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let alone = |conn: Connection| conn.busy_timeout(Duration::from_millis(200)).and_then(|()| into_one_file(&conn));
    match Connection::open(store).and_then(alone) {
        // Whoever has the file open holds a lock.
        Err(rusqlite::Error::SqliteFailure(err, _)) if err.code == rusqlite::ErrorCode::DatabaseBusy => {
            return Err(CopyError::InUse { path: store.to_owned() });
        }
        // It may be broken, and be replaced for that very reason.
        _ => {}
    }
    let kept = beside(REPLACED);
    let gone = |path: &Path| match fs::remove_file(path) {
        Err(err) if err.kind() != io::ErrorKind::NotFound => Err(failed(path)(err)),
        _ => Ok(()),
    };
    for log in ["-wal", "-journal"] {
        let (log, kept) = (beside(log), beside(&format!("{REPLACED}{log}")));
        gone(&kept)?;
        if log.exists() {
            fs::rename(&log, &kept).map_err(failed(&kept))?;
        }
    }
    gone(&beside("-shm"))?;
    gone(&kept)?;
    fs::hard_link(store, &kept).map_err(failed(&kept))?;
    Ok(kept)
}
