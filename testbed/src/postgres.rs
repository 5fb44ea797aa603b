//! A PostgreSQL server of one's own: on a port of loopback, with a folder of its own, gone with the process that started it.

use std::{
    fs, io,
    net::{Ipv4Addr, SocketAddr},
    os::unix::{
        fs::{MetadataExt as _, PermissionsExt as _, chown},
        process::CommandExt as _,
    },
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread,
    time::{Duration, Instant},
};

use tokio_postgres::NoTls;

use crate::port;

/// How long a server may take until it answers; after it was killed it repairs itself first.
const PATIENCE: Duration = Duration::from_secs(60);

/// How long a server that lives may take to repair itself.
const RECOVERY: Duration = Duration::from_secs(10);

/// A server with a data folder and a port of its own.
pub struct Server {
    dir: PathBuf,
    port: u16,
    options: &'static str,
    process: Option<Child>,
}

impl Server {
    /// Whether this machine has one to start.
    pub fn is_installed() -> bool {
        bin("postgres").is_ok() && bin("initdb").is_ok()
    }

    /// Makes the folder and starts the server. It syncs nothing: what a killed process has written is still there.
    pub fn start() -> io::Result<Self> {
        Self::start_with("-c fsync=off")
    }

    /// The same with options of the caller's.
    pub fn start_with(options: &'static str) -> io::Result<Self> {
        Self::start_in(&std::env::temp_dir(), options)
    }

    /// The same, its own folder in this one.
    pub fn start_in(parent: &Path, options: &'static str) -> io::Result<Self> {
        Self::start_at(parent, port::lasting(), options)
    }

    /// The same at a port that is known to be free.
    pub fn start_at(parent: &Path, port: u16, options: &'static str) -> io::Result<Self> {
        Self::make(parent, port, options, |_| Ok(()))
    }

    /// With options, and more in its data folder before it starts; see [`hand_over`].
    pub fn start_prepared(options: &'static str, prepare: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<Self> {
        Self::make(&std::env::temp_dir(), port::lasting(), options, prepare)
    }

    fn make(parent: &Path, port: u16, options: &'static str, prepare: impl FnOnce(&Path) -> io::Result<()>) -> io::Result<Self> {
        let dir = tempfile::Builder::new().prefix("ampoule-postgres-").tempdir_in(parent)?.keep();
        let user = user()?;
        if let Some((uid, gid)) = user {
            chown(&dir, Some(uid), Some(gid))?;
        }
        let mut initdb = as_user(&bin("initdb")?)?;
        initdb.args(["--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--locale=C", "-D"]).arg(dir.join("data"));
        let made = initdb.stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/").status()?;
        if !made.success() {
            return Err(io::Error::other(format!("initdb ends with {made}")));
        }
        prepare(&dir.join("data"))?;
        let mut server = Self { dir, port, options, process: None };
        server.run()?;
        Ok(server)
    }

    /// Starts it, after it was killed too, and waits until it answers.
    pub fn run(&mut self) -> io::Result<()> {
        // A dead server's file would stand in the way of another one with a new process id.
        let _ = fs::remove_file(self.dir.join("data/postmaster.pid"));
        // The shell ends the server when its standard input ends: when this process does, however it does.
        let script = format!(
            r#"D="$1"; P="$2"; shift 2; "$P" -D "$D/data" -h 127.0.0.1 -p {} -k "$D" -c max_connections=300 {} >"$D/log" 2>&1 & S=$!
               echo $S >"$D/pid"; read -r _; kill -QUIT $S 2>/dev/null; wait $S; rm -rf "$D""#,
            self.port, self.options
        );
        let mut shell = as_user(Path::new("/bin/sh"))?;
        shell.args(["-c", &script, "sh"]).arg(&self.dir).arg(bin("postgres")?);
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
        let _ = fs::remove_file(self.dir.join("pid"));
        self.process = Some(shell.spawn()?);
        let began = Instant::now();
        while !self.answers() {
            if began.elapsed() > PATIENCE {
                return Err(io::Error::other(fs::read_to_string(self.dir.join("log")).unwrap_or_default()));
            }
            thread::sleep(Duration::from_millis(50));
        }
        Ok(())
    }

    /// Ready once it takes a statement.
    fn answers(&self) -> bool {
        let url = self.url("postgres");
        // The caller may be on a runtime of its own.
        let asked = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().ok()?;
            runtime.block_on(async { execute(&url, "SELECT 1").await.ok() })
        });
        asked.join().is_ok_and(|answered| answered.is_some())
    }

    /// Kills it and all of its processes at once, as a power cut would.
    pub fn kill(&mut self) -> io::Result<()> {
        let pid = self.pid()?;
        // SIGQUIT makes every process of it exit without a word to its clients; then nothing holds the shared memory. It may be dead already.
        let _ = signal(pid, "QUIT");
        // Its parent, the shell, waits for something else: dead, it still has an entry.
        while fs::read_to_string(format!("/proc/{pid}/stat")).is_ok_and(|stat| !stat.contains(") Z ")) {
            thread::sleep(Duration::from_millis(5));
        }
        if let Some(mut shell) = self.process.take() {
            // The shell itself must not end it again, nor remove the folder.
            shell.kill()?;
            shell.wait()?;
        }
        Ok(())
    }

    /// Starts it unless it answers, or comes to itself.
    pub fn revive(&mut self) -> io::Result<()> {
        let began = Instant::now();
        while began.elapsed() < RECOVERY {
            if self.answers() {
                return Ok(());
            }
            thread::sleep(Duration::from_millis(50));
        }
        self.kill()?;
        self.run()
    }

    /// Makes all of its processes stand still.
    pub fn stop(&self) -> io::Result<()> {
        let pid = self.pid()?;
        // The first one alone starts others.
        signal(pid, "STOP")?;
        children(pid)?.into_iter().for_each(|child| drop(signal(child, "STOP")));
        Ok(())
    }

    /// Makes them go on.
    pub fn go_on(&self) -> io::Result<()> {
        let pid = self.pid()?;
        children(pid)?.into_iter().for_each(|child| drop(signal(child, "CONT")));
        signal(pid, "CONT")
    }

    fn pid(&self) -> io::Result<u32> {
        fs::read_to_string(self.dir.join("pid"))?.trim().parse().map_err(io::Error::other)
    }

    /// Where it listens.
    pub fn addr(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// The URL of a database.
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@{}/{database}", self.addr())
    }

    /// The URL of a new, empty database.
    pub async fn database(&self) -> Result<String, tokio_postgres::Error> {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("q{}", COUNT.fetch_add(1, Ordering::Relaxed));
        execute(&self.url("postgres"), &format!("CREATE DATABASE {name}")).await?;
        Ok(self.url(&name))
    }

    /// Removes the database of this URL.
    pub async fn drop_database(&self, url: &str) -> Result<(), tokio_postgres::Error> {
        let name = url.rsplit('/').next().unwrap_or_default();
        execute(&self.url("postgres"), &format!("DROP DATABASE {name} WITH (FORCE)")).await
    }
}

/// On a connection of its own.
pub async fn execute(url: &str, sql: &str) -> Result<(), tokio_postgres::Error> {
    let (client, connection) = tokio_postgres::connect(url, NoTls).await?;
    let connection = tokio::spawn(connection);
    let done = client.batch_execute(sql).await;
    drop(client);
    let _ = connection.await;
    done
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut shell) = self.process.take() {
            drop(shell.stdin.take());
            let _ = shell.wait();
        } else {
            let _ = fs::remove_dir_all(&self.dir);
        }
    }
}

/// Gives a file to the server's user, and to nobody else.
pub fn hand_over(file: &Path) -> io::Result<()> {
    fs::set_permissions(file, fs::Permissions::from_mode(0o600))?;
    if let Some((uid, gid)) = user()? {
        chown(file, Some(uid), Some(gid))?;
    }
    Ok(())
}

/// A program of the server: Debian keeps them out of `PATH`.
pub fn bin(name: &str) -> io::Result<PathBuf> {
    let versions = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let found = versions.chain(std::env::split_paths(&path)).map(|dir| dir.join(name)).find(|file| file.is_file());
    found.ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, format!("no {name} of PostgreSQL is installed")))
}

fn signal(pid: u32, name: &str) -> io::Result<()> {
    // The shell's own `kill`: the program of that name is not everywhere.
    let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {pid}")).stderr(Stdio::null()).status()?;
    if status.success() { Ok(()) } else { Err(io::Error::other(format!("kill -{name} {pid} ends with {status}"))) }
}

/// The processes that a process has started.
fn children(pid: u32) -> io::Result<Vec<u32>> {
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc")?.flatten() {
        let Some(child) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        // A process's name may hold blanks and brackets: its parent is the second field behind the last bracket.
        let stat = fs::read_to_string(entry.path().join("stat")).unwrap_or_default();
        let parent = stat.rsplit_once(')').and_then(|(_, fields)| fields.split_whitespace().nth(1)?.parse::<u32>().ok());
        if parent == Some(pid) {
            found.push(child);
        }
    }
    Ok(found)
}

/// Whom it runs as, where this process is root, as whom it refuses to run: the user of its package, or else nobody.
fn user() -> io::Result<Option<(u32, u32)>> {
    if fs::metadata("/proc/self")?.uid() != 0 {
        return Ok(None);
    }
    let users = fs::read_to_string("/etc/passwd")?;
    let line = ["postgres:", "nobody:"].iter().find_map(|user| users.lines().find(|line| line.starts_with(user)));
    let mut fields = line.unwrap_or_default().split(':').skip(2).map_while(|field| field.parse().ok());
    let ids = fields.next().zip(fields.next());
    ids.map(Some).ok_or_else(|| io::Error::new(io::ErrorKind::NotFound, "there is no user for a PostgreSQL server"))
}

fn as_user(program: &Path) -> io::Result<Command> {
    let mut command = Command::new(program);
    if let Some((uid, gid)) = user()? {
        command.uid(uid).gid(gid);
    }
    Ok(command)
}
