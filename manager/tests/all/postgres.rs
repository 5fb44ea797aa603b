//! A PostgreSQL server for the tests of this process: started when the first test needs it, on a free port of loopback, gone with the process.

use std::{
    net::TcpListener,
    os::unix::process::CommandExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        OnceLock,
        atomic::{AtomicU32, Ordering},
    },
    time::{Duration, Instant},
};

/// Set in CI, where a missing server is a failure and not a reason to skip.
const REQUIRED: &str = "CI";

/// Whether this machine has a server to start; says so loudly if not.
pub(crate) fn is_there() -> bool {
    static SAID: OnceLock<bool> = OnceLock::new();
    *SAID.get_or_init(|| {
        let found = bin("postgres").is_some() && bin("initdb").is_some();
        if !found {
            let said = "SKIPPED: no PostgreSQL server (apt install postgresql): the queue was not tested on it";
            assert!(std::env::var_os(REQUIRED).is_none(), "{said}");
            eprintln!("\n!! {said}\n");
        }
        found
    })
}

/// A program of the server: Debian keeps them out of `PATH`.
pub(crate) fn bin(name: &str) -> Option<PathBuf> {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten().map(|entry| entry.path().join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    versions.chain(std::env::split_paths(&path)).map(|dir| dir.join(name)).find(|file| file.is_file())
}

/// A server with a data folder and a port of its own.
pub(crate) struct Server {
    dir: PathBuf,
    pub(crate) port: u16,
    options: &'static str,
    process: Option<Child>,
}

impl Server {
    /// Makes the folder and starts the server. It syncs nothing: what a killed process has written is still there.
    pub(crate) fn start() -> Self {
        Self::start_with("-c fsync=off")
    }

    pub(crate) fn start_with(options: &'static str) -> Self {
        Self::start_prepared(options, |_| {})
    }

    /// The same, with more in its data folder, which the server must own.
    pub(crate) fn start_prepared(options: &'static str, prepare: impl FnOnce(&Path)) -> Self {
        let dir = tempfile::Builder::new().prefix("ampoule-postgres-").tempdir().unwrap().keep();
        if is_root() {
            let (uid, gid) = postgres_user();
            std::os::unix::fs::chown(&dir, Some(uid), Some(gid)).unwrap();
        }
        let mut initdb = as_user(&bin("initdb").unwrap());
        initdb.args(["--auth=trust", "--username=postgres", "--no-sync", "--encoding=UTF8", "--locale=C", "-D"]).arg(dir.join("data"));
        let made = initdb.stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/").status().unwrap();
        assert!(made.success());
        prepare(&dir.join("data"));
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let mut server = Self { dir, port, options, process: None };
        server.run();
        server
    }

    /// Starts it, after it was killed too, and waits until it answers.
    pub(crate) fn run(&mut self) {
        // A dead server's file would stand in the way of another one with a new process id.
        let _ = std::fs::remove_file(self.dir.join("data/postmaster.pid"));
        // The shell ends the server when its standard input ends: when this process does, however it does.
        let script = format!(
            r#"D="$1"; P="$2"; shift 2; "$P" -D "$D/data" -h 127.0.0.1 -p {} -k "$D" -c max_connections=300 {} >"$D/log" 2>&1 & S=$!
               echo $S >"$D/pid"; read -r _; kill -QUIT $S 2>/dev/null; wait $S; [ "$KEEP" ] || rm -rf "$D""#,
            self.port, self.options
        );
        let mut shell = as_user(Path::new("/bin/sh"));
        shell.args(["-c", &script, "sh"]).arg(&self.dir).arg(bin("postgres").unwrap());
        shell.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).current_dir("/");
        let _ = std::fs::remove_file(self.dir.join("pid"));
        self.process = Some(shell.spawn().unwrap());
        let began = Instant::now();
        while !self.answers() {
            assert!(began.elapsed() < Duration::from_secs(60), "{}", std::fs::read_to_string(self.dir.join("log")).unwrap_or_default());
            std::thread::sleep(Duration::from_millis(50));
        }
    }

    /// Ready once it takes a statement.
    fn answers(&self) -> bool {
        let url = self.url("postgres");
        // The caller may be on a runtime of its own.
        let asked = std::thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
            runtime.block_on(async {
                let (client, connection) = tokio_postgres::connect(&url, tokio_postgres::NoTls).await.ok()?;
                let connection = tokio::spawn(connection);
                let done = client.simple_query("SELECT 1").await.ok().map(drop);
                drop(client);
                let _ = connection.await;
                done
            })
        });
        asked.join().unwrap().is_some()
    }

    /// Kills it and all of its processes at once, as a power cut would.
    pub(crate) fn kill(&mut self) {
        let pid = std::fs::read_to_string(self.dir.join("pid")).unwrap();
        // SIGQUIT makes every process of it exit without a word to its clients; then nothing holds the shared memory.
        let killed = Command::new("kill").args(["-QUIT", pid.trim()]).status().unwrap();
        assert!(killed.success());
        // Its parent, the shell, waits for something else: dead, it still has an entry.
        let stat = Path::new("/proc").join(pid.trim()).join("stat");
        while std::fs::read_to_string(&stat).is_ok_and(|stat| !stat.contains(") Z ")) {
            std::thread::sleep(Duration::from_millis(5));
        }
        if let Some(mut shell) = self.process.take() {
            // The shell itself must not end it again, nor remove the folder.
            shell.kill().unwrap();
            shell.wait().unwrap();
        }
    }

    pub(crate) fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// The URL of a new, empty database.
    pub(crate) async fn database(&self) -> String {
        static COUNT: AtomicU32 = AtomicU32::new(0);
        let name = format!("q{}", COUNT.fetch_add(1, Ordering::Relaxed));
        let (client, connection) = tokio_postgres::connect(&self.url("postgres"), tokio_postgres::NoTls).await.unwrap();
        let connection = tokio::spawn(connection);
        client.batch_execute(&format!("CREATE DATABASE {name}")).await.unwrap();
        drop(client);
        connection.await.unwrap().unwrap();
        self.url(&name)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        if let Some(mut shell) = self.process.take() {
            drop(shell.stdin.take());
            let _ = shell.wait();
        } else {
            let _ = std::fs::remove_dir_all(&self.dir);
        }
    }
}

/// The server that all tests of this process share.
pub(crate) fn shared() -> &'static Server {
    static SERVER: OnceLock<Server> = OnceLock::new();
    SERVER.get_or_init(Server::start)
}

/// Gives a file to the server's user, and to nobody else.
pub(crate) fn hand_over(file: &Path) {
    use std::os::unix::fs::{PermissionsExt as _, chown};
    std::fs::set_permissions(file, std::fs::Permissions::from_mode(0o600)).unwrap();
    if is_root() {
        let (uid, gid) = postgres_user();
        chown(file, Some(uid), Some(gid)).unwrap();
    }
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|own| std::os::unix::fs::MetadataExt::uid(&own) == 0)
}

/// The server refuses to run as root: it runs as the user of its package, or else as nobody.
fn postgres_user() -> (u32, u32) {
    let users = std::fs::read_to_string("/etc/passwd").unwrap();
    let user = users.lines().find(|line| line.starts_with("postgres:")).or_else(|| users.lines().find(|line| line.starts_with("nobody:")));
    let mut fields = user.unwrap().split(':').skip(2).map(|field| field.parse().unwrap());
    (fields.next().unwrap(), fields.next().unwrap())
}

fn as_user(program: &Path) -> Command {
    let mut command = Command::new(program);
    if is_root() {
        let (uid, gid) = postgres_user();
        command.uid(uid).gid(gid);
    }
    command
}
