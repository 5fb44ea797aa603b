//! The tables, and how older ones become them.

use tokio_postgres::{Client, GenericClient};

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
    include_str!("schema-9.sql"),
];

/// The number of the advisory lock under which one manager migrates and others wait ("Ampu").
const LOCK: i64 = 0x416d_7075;

/// The version of the schema `ampoule`, and the newest one that is known. `None`: there is none. Fails if it is not ours, or newer.
pub(super) async fn look(client: &impl GenericClient, store: &str) -> Result<Option<(i64, i64)>, OpenError> {
    let failed = |source: tokio_postgres::Error| OpenError::Store { store: store.to_owned(), source: source.into() };
    if !exists(client, "ampoule.schema_version").await.map_err(failed)? {
        let foreign = exists(client, "ampoule.jobs").await.map_err(failed)?;
        return if foreign { Err(OpenError::Foreign { store: store.to_owned() }) } else { Ok(None) };
    }
    let row = client.query_one("SELECT version FROM ampoule.schema_version", &[]).await.map_err(failed)?;
    let (found, known) = (row.try_get(0).map_err(failed)?, MIGRATIONS.len() as i64);
    if found > known {
        return Err(OpenError::SchemaTooNew { store: store.to_owned(), found, known });
    }
    Ok(Some((found, known)))
}

async fn exists(client: &impl GenericClient, table: &str) -> Result<bool, tokio_postgres::Error> {
    client.query_one("SELECT to_regclass($1) IS NOT NULL", &[&table]).await?.try_get(0)
}

/// Brings the schema `ampoule` to the newest version, made if it is absent.
pub(super) async fn migrate(client: &mut Client, store: &str) -> Result<(), OpenError> {
    let failed = |source: tokio_postgres::Error| OpenError::Store { store: store.to_owned(), source: source.into() };
    let tx = client.transaction().await.map_err(failed)?;
    tx.execute("SELECT pg_advisory_xact_lock($1)", &[&LOCK]).await.map_err(failed)?;
    let (found, known) = match look(&tx, store).await? {
        Some(versions) => versions,
        None => {
            let begin = "CREATE SCHEMA IF NOT EXISTS ampoule; CREATE TABLE ampoule.schema_version (version bigint NOT NULL);
                         INSERT INTO ampoule.schema_version VALUES (0)";
            tx.batch_execute(begin).await.map_err(failed)?;
            (0, MIGRATIONS.len() as i64)
        }
    };
    for step in MIGRATIONS.iter().skip(found as usize) {
        tx.batch_execute(step).await.map_err(failed)?;
    }
    tx.execute("UPDATE ampoule.schema_version SET version = $1", &[&known]).await.map_err(failed)?;
    tx.commit().await.map_err(failed)
}
