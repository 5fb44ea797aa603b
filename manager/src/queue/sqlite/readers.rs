//! The connections that read: as many as the pool holds, none of which can write.

use std::path::Path;

use deadpool::managed::{self, Manager, Metrics, RecycleError, RecycleResult};
use deadpool_sqlite::{Config, Runtime, rusqlite};

use super::schema;

pub(super) type Pool = managed::Pool<Readers>;

/// Makes the pool's connections.
#[derive(Debug)]
pub(super) struct Readers(deadpool_sqlite::Manager);

impl Readers {
    pub(super) fn pool(path: &Path, connections: usize) -> Result<Pool, managed::BuildError> {
        let manager = deadpool_sqlite::Manager::from_config(&Config::new(path), Runtime::Tokio1);
        managed::Pool::builder(Self(manager)).runtime(Runtime::Tokio1).max_size(connections).build()
    }
}

impl Manager for Readers {
    type Type = <deadpool_sqlite::Manager as Manager>::Type;
    type Error = rusqlite::Error;

    async fn create(&self) -> Result<Self::Type, Self::Error> {
        let conn = self.0.create().await?;
        // It is not run to its end only if it panics.
        conn.interact(|conn| schema::prepare_reader(conn)).await.unwrap_or(Err(rusqlite::Error::InvalidQuery))?;
        Ok(conn)
    }

    /// A file's connection does not break by itself: to ask it something, as the pool's own manager does, would take as long as most reads.
    async fn recycle(&self, conn: &mut Self::Type, _: &Metrics) -> RecycleResult<Self::Error> {
        if conn.is_mutex_poisoned() { Err(RecycleError::message("a read panicked")) } else { Ok(()) }
    }
}
