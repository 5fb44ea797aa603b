//! The tables, and how older ones become them.

use tokio_postgres::Client;

use crate::queue::OpenError;

/// Each step brings the schema from the version of its index to the next. Steps are never edited once released, only added.
const MIGRATIONS: &[&str] = &[
    include_str!("schema-1.sql"),
    include_str!("schema-2.sql"),
    include_str!("schema-3.sql"),
    include_str!("schema-4.sql"),
    include_str!("schema-5.sql"),
    include_str!("schema-6.sql"),
    include_str!("schema-7.sql"),
    include_str!("schema-8.sql"),
];

/// The number of the advisory lock under which one manager migrates and others wait ("Ampu").
const LOCK: i64 = 0x416d_7075;

/// Brings the schema `ampoule` to the newest version, made if it is absent.
pub(super) async fn migrate(client: &mut Client, store: &str) -> Result<(), OpenError> {
    let failed = |source: tokio_postgres::Error| OpenError::Store { store: store.to_owned(), source: source.into() };
    let tx = client.transaction().await.map_err(failed)?;
    tx.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await.map_err(failed)?;
    let exists = |name: &'static str| {
        let tx = &tx;
        async move { tx.query_one("SELECT to_regclass($1) IS NOT NULL", &[&name]).await.map(|row| row.get::<_, bool>(0)).map_err(failed) }
    };
    let found = if exists("ampoule.schema_version").await? {
        let row = tx.query_one("SELECT version FROM ampoule.schema_version", &[]).await.map_err(failed)?;
        row.try_get(0).map_err(failed)?
    } else if exists("ampoule.jobs").await? {
        return Err(OpenError::Foreign { store: store.to_owned() });
    } else {
        let begin = "CREATE SCHEMA IF NOT EXISTS ampoule; CREATE TABLE ampoule.schema_version (version bigint NOT NULL);
                     INSERT INTO ampoule.schema_version VALUES (0)";
        tx.batch_execute(begin).await.map_err(failed)?;
        0_i64
    };
    let known = MIGRATIONS.len() as i64;
    if found > known {
        return Err(OpenError::SchemaTooNew { store: store.to_owned(), found, known });
    }
    for step in MIGRATIONS.iter().skip(found as usize) {
        tx.batch_execute(step).await.map_err(failed)?;
    }
    tx.execute("UPDATE ampoule.schema_version SET version = $1", &[&known]).await.map_err(failed)?;
    tx.commit().await.map_err(failed)
}
