//! How the server is talked to: the pool, and what each connection is set to.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use tokio_postgres::{Config, NoTls};

use crate::queue::{OpenError, QueueError};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(5);
/// How long an ask waits for a connection before the store counts as unavailable.
const WAIT: Duration = Duration::from_secs(5);

/// No statement takes so long but in trouble, and no transaction idles unless its manager was stopped while it held locks that others
/// wait for. The plans that walk whole tables are switched off: every statement here finds its rows by an index, and a plan that was made
/// while a table was empty must not be kept. An answer follows a commit, and a commit must be on disk.
const OPTIONS: &str = "-c search_path=ampoule -c statement_timeout=20s -c lock_timeout=5s -c idle_in_transaction_session_timeout=10s \
    -c synchronous_commit=on -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c jit=off";

/// What the URL says, and how our connections are.
pub(super) fn config(url: &str, store: &str) -> Result<Config, OpenError> {
    let mut config: Config =
        url.parse().map_err(|err: tokio_postgres::Error| OpenError::Store { store: store.to_owned(), source: err.into() })?;
    let options = format!("{} {OPTIONS}", config.get_options().unwrap_or_default());
    config.options(options.trim()).application_name("ampoule").connect_timeout(CONNECT);
    config.keepalives_idle(Duration::from_secs(30)).tcp_user_timeout(Duration::from_secs(20));
    Ok(config)
}

pub(super) fn pool(config: Config, connections: usize) -> Result<Pool, deadpool_postgres::BuildError> {
    // A connection is looked at before it is lent, which costs nothing: those that a restart of the server has broken are made anew.
    let manager = Manager::from_config(config, NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
    let pool = Pool::builder(manager).max_size(connections).runtime(Runtime::Tokio1);
    pool.wait_timeout(Some(WAIT)).create_timeout(Some(CONNECT)).recycle_timeout(Some(CONNECT)).build()
}

pub(super) async fn lend(pool: &Pool) -> Result<Object, QueueError> {
    pool.get().await.map_err(|err| match err {
        PoolError::Closed => QueueError::Closed,
        err => QueueError::Store(Arc::new(err)),
    })
}
