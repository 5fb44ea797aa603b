//! Stores, and the processes that work on them.

use std::{
    io::{BufRead as _, BufReader},
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
};

use ampoule_testbed::postgres;
use anyhow::{Context as _, Result, ensure};
use tokio::runtime::Runtime;

pub(super) use postgres::Server;

/// What a durable server of this size is given; the rest is as it comes, with everything synced.
const OPTIONS: &str = "-c shared_buffers=512MB -c max_wal_size=4GB";

pub(super) enum Store {
    Sqlite(PathBuf),
    Postgres(Server),
}

impl Store {
    pub(super) fn sqlite(dir: &Path) -> Self {
        Self::Sqlite(dir.to_owned())
    }

    pub(super) const fn name(&self) -> &'static str {
        match self {
            Self::Sqlite(_) => "sqlite",
            Self::Postgres(_) => "postgres",
        }
    }

    /// The URL of a new store that is empty.
    pub(super) fn fresh(&self, runtime: &Runtime) -> Result<String> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        Ok(match self {
            Self::Sqlite(dir) => format!("sqlite:{}", dir.join(format!("{}.sqlite", COUNT.fetch_add(1, Ordering::Relaxed))).display()),
            Self::Postgres(server) => runtime.block_on(server.database())?,
        })
    }

    /// Removes it.
    pub(super) fn forget(&self, url: &str, runtime: &Runtime) -> Result<()> {
        match self {
            Self::Sqlite(_) => {
                let path = url.trim_start_matches("sqlite:");
                for suffix in ["", "-wal", "-shm"] {
                    let _ = std::fs::remove_file(format!("{path}{suffix}"));
                }
            }
            Self::Postgres(server) => runtime.block_on(server.drop_database(url))?,
        }
        Ok(())
    }
}

/// A server that syncs every commit, with its folder in this one.
pub(super) fn server(dir: &Path) -> std::io::Result<Server> {
    Server::start_in(dir, OPTIONS)
}

/// `ampoule manager` or `ampoule worker`, which ends with this value.
pub(super) struct Process {
    child: Child,
    /// Where it listens, if it does.
    pub(super) addr: Option<SocketAddr>,
}

impl Process {
    pub(super) fn manager(program: &str, store: &str) -> Result<Self> {
        let mut command = command(program, &["manager", "--listen", "127.0.0.1:0", "--store", store]);
        let mut child = command.stdout(Stdio::piped()).spawn().context("the manager does not start")?;
        let mut line = String::new();
        BufReader::new(child.stdout.take().context("no output")?).read_line(&mut line)?;
        let addr = line.trim_end().rsplit_once("http://").and_then(|(_, addr)| addr.parse().ok());
        ensure!(addr.is_some(), "the manager does not start: it says {line:?}");
        Ok(Self { child, addr })
    }

    pub(super) fn worker(program: &str, manager: SocketAddr, slots: u32) -> Result<Self> {
        let mut command = command(program, &["worker", "--manager", &format!("http://{manager}"), "--slots", &slots.to_string()]);
        Ok(Self { child: command.stdout(Stdio::null()).spawn().context("the worker does not start")?, addr: None })
    }

    pub(super) fn addr(&self) -> Result<SocketAddr> {
        self.addr.context("it listens nowhere")
    }

    /// kill -9.
    pub(super) fn kill(&mut self) -> Result<()> {
        self.child.kill()?;
        self.child.wait()?;
        Ok(())
    }

    /// Sends it a signal by name.
    pub(super) fn signal(&self, name: &str) -> Result<()> {
        let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", self.child.id())).status()?;
        ensure!(status.success(), "kill -{name} ends with {status}");
        Ok(())
    }

    /// Ends it in order, and waits for that.
    pub(super) fn end(mut self) -> Result<()> {
        self.signal("TERM")?;
        self.child.wait()?;
        Ok(())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The program, free of settings that the environment may hold, and silent.
fn command(program: &str, args: &[&str]) -> Command {
    let mut command = Command::new(program);
    for (variable, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("AMPOULE_")) {
        command.env_remove(variable);
    }
    command.args(args).stdin(Stdio::null()).stderr(Stdio::null());
    command
}
