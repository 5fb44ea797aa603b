//! How the server is talked to: the pool, and what each connection is set to.

use std::{sync::Arc, time::Duration};

use deadpool_postgres::{Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime};
use tokio_postgres::{Client, Config, Connection, Socket, tls::MakeTlsConnect};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::tls::{self, Tls};
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

/// A connection's bytes, sealed or not.
type Sealed = <MakeRustlsConnect as MakeTlsConnect<Socket>>::Stream;

/// A server, as the URL says, and how our connections to it are.
#[derive(Clone)]
pub(super) struct Server {
    config: Config,
    tls: MakeRustlsConnect,
}

impl Server {
    pub(super) fn of(url: &str, store: &str) -> Result<Self, OpenError> {
        let failed = |source: Box<dyn std::error::Error + Send + Sync>| OpenError::Store { store: store.to_owned(), source };
        let (url, tls) = Tls::of(url).map_err(|err| failed(err.into()))?;
        let mut config: Config = url.parse().map_err(|err: tokio_postgres::Error| failed(err.into()))?;
        let options = format!("{} {OPTIONS}", config.get_options().unwrap_or_default());
        config.options(options.trim()).application_name("ampoule").connect_timeout(CONNECT).ssl_mode(tls.ssl_mode());
        config.keepalives_idle(Duration::from_secs(30)).tcp_user_timeout(Duration::from_secs(20));
        Ok(Self { config, tls: tls.connect })
    }

    /// A connection outside of all pools.
    pub(super) async fn connect(&self) -> Result<(Client, Connection<Socket, Sealed>), tokio_postgres::Error> {
        self.config.connect(self.tls.clone()).await
    }

    pub(super) fn pool(&self, connections: usize) -> Result<Pool, deadpool_postgres::BuildError> {
        // A connection is looked at before it is lent, which costs nothing: those that a restart of the server has broken are made anew.
        let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
        let manager = Manager::from_config(self.config.clone(), self.tls.clone(), recycling);
        let pool = Pool::builder(manager).max_size(connections).runtime(Runtime::Tokio1);
        pool.wait_timeout(Some(WAIT)).create_timeout(Some(CONNECT)).recycle_timeout(Some(CONNECT)).build()
    }
}

/// An error of a connection with its causes, and with what would help where that is known.
pub(super) fn explained(err: tokio_postgres::Error) -> Box<dyn std::error::Error + Send + Sync> {
    let advice = tls::advice(&err).map(|advice| format!("{advice} ")).unwrap_or_default();
    let mut said = err.to_string();
    let mut cause = std::error::Error::source(&err);
    while let Some(err) = cause {
        said = format!("{said}: {err}");
        cause = err.source();
    }
    if advice.is_empty() { said.into() } else { format!("{advice}({said})").into() }
}

pub(super) async fn lend(pool: &Pool) -> Result<Object, QueueError> {
    pool.get().await.map_err(|err| match err {
        PoolError::Closed => QueueError::Closed,
        err => QueueError::Store(Arc::new(err)),
    })
}
