//! The tables, and how older files become them.

use std::path::Path;

use deadpool_sqlite::rusqlite::{self, Connection, config::DbConfig};

use crate::queue::OpenError;

/// Marks a file as ours ("Ampu"), so that no other program's database is migrated.
const APPLICATION_ID: i64 = 0x416d_7075;

/// Each step brings a file from the version of its index to the next. Steps are never edited once released, only added.
const MIGRATIONS: &[&str] = &[
    include_str!("schema-1.sql"),
    include_str!("schema-2.sql"),
    include_str!("schema-3.sql"),
    include_str!("schema-4.sql"),
    include_str!("schema-5.sql"),
    include_str!("schema-6.sql"),
    include_str!("schema-7.sql"),
    include_str!("schema-8.sql"),
    include_str!("schema-9.sql"),
    include_str!("schema-10.sql"),
];

/// Opens the writer's connection and brings the file to the newest schema.
pub(super) fn open(path: &Path) -> Result<Connection, OpenError> {
    let failed = |source: rusqlite::Error| OpenError::Store { store: path.display().to_string(), source: source.into() };
    let mut conn = Connection::open(path).map_err(failed)?;
    prepare_writer(&conn).map_err(failed)?;
    migrate(&mut conn, path)?;
    Ok(conn)
}

/// Plans do not depend on the values of parameters: else statements that find rows by a partial index were compiled anew for each value.
fn keep_plans(conn: &Connection) -> rusqlite::Result<()> {
    conn.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// An answer follows a commit, and a commit must be on disk: WAL with `synchronous=FULL` syncs the log at every commit.
fn prepare_writer(conn: &Connection) -> rusqlite::Result<()> {
    keep_plans(conn)?;
    // More than there are statements.
    conn.set_prepared_statement_cache_capacity(256);
    // Another manager may be on the same file while one replaces the other.
    conn.busy_timeout(std::time::Duration::from_secs(10))?;
    // 32 MiB of log between checkpoints: each costs two more syncs. The file shrinks back to 64 MiB after a burst.
    conn.execute_batch(
        "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA temp_store = MEMORY; PRAGMA cache_size = -65536;
         PRAGMA wal_autocheckpoint = 8192; PRAGMA journal_size_limit = 67108864;",
    )
}

/// A reader sees the last commit, never waits for the writer, and cannot write.
pub(super) fn prepare_reader(conn: &Connection) -> rusqlite::Result<()> {
    keep_plans(conn)?;
    conn.set_prepared_statement_cache_capacity(64);
    conn.busy_timeout(std::time::Duration::from_secs(10))?;
    conn.execute_batch("PRAGMA query_only = ON; PRAGMA cache_size = -16384;")
}

/// The version of a file's schema, and the newest one that is known. Fails unless the file is ours, and not newer.
pub(super) fn look(conn: &Connection, path: &Path) -> Result<(i64, i64), OpenError> {
    let failed = |source: rusqlite::Error| OpenError::Store { store: path.display().to_string(), source: source.into() };
    let pragma = |name: &str| conn.pragma_query_value(None, name, |row| row.get::<_, i64>(0)).map_err(failed);
    if pragma("application_id")? != APPLICATION_ID {
        return Err(OpenError::Foreign { store: path.display().to_string() });
    }
    let (found, known) = (pragma("user_version")?, MIGRATIONS.len() as i64);
    if found > known {
        return Err(OpenError::SchemaTooNew { store: path.display().to_string(), found, known });
    }
    Ok((found, known))
}

fn migrate(conn: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let failed = |source: rusqlite::Error| OpenError::Store { store: path.display().to_string(), source: source.into() };
    // Immediate: of two managers that start at once, one migrates and the other finds it done.
    let tx = conn.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate).map_err(failed)?;
    let tables: i64 = tx.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).map_err(failed)?;
    let (version, known) = if tables > 0 { look(&tx, path)? } else { (0, MIGRATIONS.len() as i64) };
    for step in MIGRATIONS.iter().skip(version as usize) {
        tx.execute_batch(step).map_err(failed)?;
    }
    tx.pragma_update(None, "application_id", APPLICATION_ID).map_err(failed)?;
    tx.pragma_update(None, "user_version", known).map_err(failed)?;
    tx.commit().map_err(failed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file() -> (tempfile::TempDir, std::path::PathBuf) {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("q.db");
        (dir, path)
    }

    #[test]
    fn migrates_once_and_syncs_every_commit() {
        let (_dir, path) = file();
        for _ in 0..2 {
            let conn = open(&path).unwrap();
            let pragma = |name| conn.pragma_query_value(None, name, |row| row.get::<_, rusqlite::types::Value>(0)).unwrap();
            assert_eq!(pragma("user_version"), (MIGRATIONS.len() as i64).into());
            assert_eq!(pragma("journal_mode"), "wal".to_owned().into());
            assert_eq!(pragma("synchronous"), 2.into());
        }
    }

    #[test]
    fn jobs_of_the_first_schema_are_kept() {
        let (_dir, path) = file();
        let old = Connection::open(&path).unwrap();
        old.execute_batch(MIGRATIONS[0]).unwrap();
        old.pragma_update(None, "application_id", APPLICATION_ID).unwrap();
        old.pragma_update(None, "user_version", 1).unwrap();
        for (id, state, cancel) in [(1_u8, 0, 0), (2, 1, 0), (3, 1, 1), (4, 2, 0)] {
            old.execute(
                "INSERT INTO jobs (id, state, attempt, cancel_requested, worker, lease_until_ms, created_ms, queued_ms, payload_bytes,
                                   script_name, source_bytes, limits, tags) VALUES (?1, ?2, 1, ?3, 'w', 7, 5, 5, 1, 's', 1, ?4, '{}')",
                (&[id; 16], state, cancel, serde_json::to_string(&ampoule_protocol::Limits::DEFAULT).unwrap()),
            )
            .unwrap();
        }
        drop(old);
        let conn = open(&path).unwrap();
        let mut query = conn.prepare(&format!("{} FROM jobs ORDER BY seq", super::super::rows::LIFE)).unwrap();
        let mut rows = query.query([]).unwrap();
        let mut found = Vec::new();
        while let Some(row) = rows.next().unwrap() {
            let life = super::super::rows::life(row).unwrap();
            found.push((life.state.as_str(), life.cancel.is_some(), life.terms.limits == ampoule_protocol::Limits::DEFAULT));
        }
        assert_eq!(found, [("queued", false, true), ("running", false, true), ("running", true, true), ("succeeded", false, true)]);
    }

    #[test]
    fn refuses_newer_and_foreign_files() {
        let (_dir, path) = file();
        open(&path).unwrap().pragma_update(None, "user_version", 99).unwrap();
        let said = open(&path).unwrap_err();
        assert!(matches!(said, OpenError::SchemaTooNew { found: 99, .. }), "{said}");

        let (_dir, path) = file();
        Connection::open(&path).unwrap().execute_batch("CREATE TABLE theirs(x)").unwrap();
        assert!(matches!(open(&path), Err(OpenError::Foreign { .. })));

        let (_dir, path) = file();
        std::fs::write(&path, "not a database, but long enough to be read as one".repeat(50)).unwrap();
        assert!(matches!(open(&path), Err(OpenError::Store { .. })));
    }
}
