//! The processes, the connections between them and the disk, and what is done to them.

use std::{
    fmt,
    net::SocketAddr,
    time::{Duration, Instant},
};

use ampoule_testbed::{disk::SmallDisk, postgres, proxy::Proxy};
use reqwest::Method;
use tempfile::TempDir;
use tokio::task::block_in_place;

use super::{Store, world::World};
use crate::support::{Random, Server, eventually, folder};

/// Leases of the managers that are killed.
pub(super) const LEASE: Duration = Duration::from_secs(2);
/// Longer than a lease: what a process held when it was stopped is another's when it goes on.
const STANDSTILL: Duration = Duration::from_millis(2_300);
/// Room for what a long run stores.
const DISK_MEBIBYTES: u32 = 512;
/// After which a manager is ready again on a busy machine.
const READY: Duration = Duration::from_secs(30);
/// Longest that what passes a proxy is late.
const LATEST_MS: u64 = 300;

/// Whether there is a server; says so loudly if not. In CI a missing one is a failure.
pub(super) fn has_postgres() -> bool {
    let found = postgres::Server::is_installed();
    if !found {
        let said = "SKIPPED: no PostgreSQL server (apt install postgresql): nothing was broken on it";
        assert!(std::env::var_os("CI").is_none(), "{said}");
        eprintln!("\n!! {said}\n");
    }
    found
}

pub(super) struct Fleet {
    pub(super) managers: Vec<Server>,
    pub(super) workers: Vec<Server>,
    /// In front of each manager: clients and workers come through these.
    fronts: Vec<Proxy>,
    /// Between the managers and the database server.
    back: Option<Proxy>,
    database: Option<postgres::Server>,
    disk: Option<SmallDisk>,
    store: String,
    folder: TempDir,
    pub(super) acts: Acts,
}

/// What was done so far.
#[derive(Debug, Default)]
pub(super) struct Acts {
    manager_kills: u64,
    worker_kills: u64,
    database_kills: u64,
    standstills: u64,
    cuts: usize,
    slow: u64,
    full: u64,
}

impl Acts {
    pub(super) fn kills(&self) -> u64 {
        self.manager_kills + self.worker_kills + self.database_kills
    }
}

impl fmt::Display for Acts {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { manager_kills, worker_kills, database_kills, standstills, cuts, slow, full } = self;
        write!(f, "{} kills ({manager_kills} managers, {worker_kills} workers, {database_kills} databases), ", self.kills())?;
        write!(f, "{standstills} processes stopped for a while, {cuts} connections cut, {slow} slow spells, {full} full disks")
    }
}

/// What a store may still grow by before its disk is full.
const ROOM: u64 = 4 << 20;
/// Syncs nothing, which a kill does not undo; and its log leaves room on the small disk.
const POSTGRES_OPTIONS: &str = "-c fsync=off -c min_wal_size=32MB -c max_wal_size=64MB";
/// How long PostgreSQL's disk stays full where nobody is told so.
const FULL: Duration = Duration::from_secs(5);

impl Fleet {
    /// Two managers and two workers on PostgreSQL; one manager and two workers on SQLite. The store is on a small disk where that may be mounted.
    pub(super) async fn start(store: Store) -> Self {
        let folder = folder();
        let (mut database, mut back) = (None, None);
        let disk = SmallDisk::mount(DISK_MEBIBYTES).unwrap();
        if disk.is_none() {
            eprintln!("\n!! SKIPPED: this process may mount nothing: no disk was filled\n");
        }
        let url = match store {
            Store::Sqlite => {
                let dir = disk.as_ref().map_or(folder.path(), SmallDisk::path);
                format!("sqlite:{}", dir.join("queue.sqlite").display())
            }
            Store::Postgres => {
                let temporary = std::env::temp_dir();
                let dir = disk.as_ref().map_or(&*temporary, SmallDisk::path);
                let server = block_in_place(|| postgres::Server::start_in(dir, POSTGRES_OPTIONS)).unwrap();
                let direct = server.database().await.unwrap();
                let proxy = Proxy::to(server.addr()).await.unwrap();
                let through = direct.replace(&server.addr().to_string(), &proxy.addr.to_string());
                (database, back) = (Some(server), Some(proxy));
                through
            }
        };
        let mut fleet = Self {
            managers: Vec::new(),
            workers: Vec::new(),
            fronts: Vec::new(),
            back,
            database,
            disk,
            store: url,
            folder,
            acts: Acts::default(),
        };
        for place in 0..if store == Store::Postgres { 2 } else { 1 } {
            let manager = fleet.manager(place).await;
            fleet.fronts.push(Proxy::to(addr(&manager)).await.unwrap());
            fleet.managers.push(manager);
        }
        fleet.workers = (0..2).map(|place| fleet.worker(place)).collect();
        fleet
    }

    pub(super) fn urls(&self) -> Vec<String> {
        self.fronts.iter().map(|front| format!("http://{}", front.addr)).collect()
    }

    /// Once it serves: one that meets a dead database while it opens its store ends, and nobody here would start it again.
    async fn manager(&self, place: usize) -> Server {
        let lease = format!("{}ms", LEASE.as_millis());
        let start = || Server::manager_on(&self.store, self.folder.path(), &format!("manager-{place}"), &["--lease", &lease]);
        let manager = block_in_place(start);
        eventually(async || Server::try_send(manager.request(Method::GET, "/healthz")).await.ok()).await;
        manager
    }

    fn worker(&self, place: usize) -> Server {
        let url = &self.urls()[place % self.fronts.len()];
        Server::worker_of(url, self.folder.path(), &format!("worker-{place}"), &["--slots", "3"])
    }

    /// Breaks something.
    pub(super) async fn act(&mut self, world: &World, random: &mut Random) {
        let manager = random.below(self.managers.len() as u64) as usize;
        let worker = random.below(self.workers.len() as u64) as usize;
        match random.below(12) {
            0..=2 => self.kill_manager(manager).await,
            3..=5 => {
                self.acts.worker_kills += 1;
                let next = self.worker(worker);
                std::mem::replace(&mut self.workers[worker], next).kill();
            }
            6 if self.database.is_none() || random.below(3) == 0 => self.fill_disk(world).await,
            6 => self.kill_database(),
            7 => {
                self.acts.standstills += 1;
                let stopped = if random.below(2) == 0 { &self.managers[manager] } else { &self.workers[worker] };
                stopped.signal("STOP");
                tokio::time::sleep(STANDSTILL).await;
                stopped.signal("CONT");
            }
            8 if self.database.is_some() && random.below(2) == 0 => {
                self.acts.standstills += 1;
                let database = self.database.as_ref().unwrap();
                block_in_place(|| database.stop()).unwrap();
                tokio::time::sleep(STANDSTILL / 2).await;
                block_in_place(|| database.go_on()).unwrap();
            }
            8 | 9 => self.acts.cuts += self.link(random).cut(),
            _ => {
                self.acts.slow += 1;
                let delay = Duration::from_millis(random.below(LATEST_MS));
                let link = self.link(random);
                link.slow_down(delay);
                tokio::time::sleep(Duration::from_millis(500)).await;
                link.slow_down(Duration::ZERO);
            }
        }
    }

    async fn kill_manager(&mut self, place: usize) {
        self.acts.manager_kills += 1;
        // Nobody may be led to whoever gets its port.
        self.fronts[place].point_to(None);
        self.managers[place].kill_in_place();
        let manager = self.manager(place).await;
        self.fronts[place].point_to(Some(addr(&manager)));
        self.managers[place] = manager;
    }

    fn kill_database(&mut self) {
        let Some(database) = &mut self.database else { return };
        self.acts.database_kills += 1;
        block_in_place(|| database.kill().and_then(|()| database.run())).unwrap();
    }

    /// Fills the disk until that is seen.
    async fn fill_disk(&mut self, world: &World) {
        let Some(disk) = &self.disk else { return };
        self.acts.full += 1;
        let before = world.refused();
        if let Some(database) = &mut self.database {
            block_in_place(|| disk.fill()).unwrap();
            // Without room for its log the server ends itself before it can say why, and may not come back by itself.
            let began = Instant::now();
            while world.refused() == before && began.elapsed() < FULL {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            block_in_place(|| disk.free().and_then(|()| database.revive())).unwrap();
        } else {
            // An orderly end leaves no log of the store's, in which there would be room for a while; and the new one cannot grow far.
            block_in_place(|| disk.fill_but(ROOM)).unwrap();
            self.fronts[0].point_to(None);
            self.managers[0].signal("TERM");
            block_in_place(|| self.managers[0].ended(STANDSTILL * 10));
            let manager = self.manager(0).await;
            self.fronts[0].point_to(Some(addr(&manager)));
            self.managers[0] = manager;
            block_in_place(|| disk.fill()).unwrap();
            eventually(async || (world.refused() > before).then_some(())).await;
            block_in_place(|| disk.free()).unwrap();
        }
    }

    /// One of the proxies.
    fn link(&self, random: &mut Random) -> &Proxy {
        let links: Vec<&Proxy> = self.fronts.iter().chain(&self.back).collect();
        links[random.below(links.len() as u64) as usize]
    }

    /// Everything is there and quick again.
    pub(super) async fn calm(&self) {
        for manager in &self.managers {
            let began = Instant::now();
            while Server::try_send(manager.request(Method::GET, "/readyz")).await.is_ok_and(|answer| !answer.status.is_success()) {
                assert!(began.elapsed() < READY, "a manager does not come to itself: {}", manager.log());
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

fn addr(manager: &Server) -> SocketAddr {
    manager.url.trim_start_matches("http://").parse().unwrap()
}
