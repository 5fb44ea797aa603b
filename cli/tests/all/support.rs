//! The binary as a process: commands that end, servers that run, and what tests say to them.

use std::{
    fs::{self, File},
    io::{BufRead as _, BufReader, Read, Write as _},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    thread,
    time::{Duration, Instant},
};

use reqwest::{Method, RequestBuilder, StatusCode, header::HeaderMap};
use serde_json::{Value, json};

/// No command of these tests takes longer, even on a busy machine; one that does is a failure, not a hanging test.
const PATIENCE: Duration = Duration::from_secs(60);

/// How often a process is looked at whose end is awaited.
const LOOK: Duration = Duration::from_millis(1);

/// The binary, free of settings that the test's own environment may hold.
fn binary(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_ampoule"));
    for (variable, _) in
        std::env::vars_os().filter(|(name, _)| ["AMPOULE_", "OTEL_"].iter().any(|ours| name.to_string_lossy().starts_with(ours)))
    {
        command.env_remove(variable);
    }
    command.args(arguments).stdin(Stdio::null());
    command
}

/// A command that has ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
    /// Most memory that it was seen to hold; looked at every millisecond.
    pub(crate) peak_bytes: u64,
}

impl Ended {
    /// What it printed on standard output, as JSON.
    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.stdout).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }

    /// Asserts the exit code, and that standard error has each of these texts.
    #[track_caller]
    pub(crate) fn says(&self, code: i32, parts: &[&str]) {
        assert_eq!(self.code, Some(code), "{self:?}");
        for part in parts {
            assert!(self.stderr.contains(part), "no `{part}` in {self:?}");
        }
    }
}

/// A command, to its end.
pub(crate) fn ampoule(arguments: &[&str]) -> Ended {
    ampoule_reading(arguments, "")
}

/// A command that is given this on standard input, to its end.
pub(crate) fn ampoule_reading(arguments: &[&str], stdin: &str) -> Ended {
    ended(binary(arguments), stdin)
}

/// A command with these environment variables, to its end.
pub(crate) fn ampoule_with(variables: &[(&str, &str)], arguments: &[&str]) -> Ended {
    let mut command = binary(arguments);
    command.envs(variables.iter().copied());
    ended(command, "")
}

/// A command in this folder, to its end.
pub(crate) fn ampoule_in(folder: &Path, arguments: &[&str]) -> Ended {
    let mut command = binary(arguments);
    command.current_dir(folder);
    ended(command, "")
}

fn ended(mut command: Command, stdin: &str) -> Ended {
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    let (mut pipe, text) = (child.stdin.take().unwrap(), stdin.to_owned());
    // A command that ends before it has read everything closes the pipe: its exit code tells, not ours.
    let writer = thread::spawn(move || drop(pipe.write_all(text.as_bytes())));
    let (stdout, stderr) = (reader(child.stdout.take().unwrap()), reader(child.stderr.take().unwrap()));
    let (mut child, mut peak_bytes) = (Reaped(child), 0);
    let status = child.within(PATIENCE, |pid| peak_bytes = peak(pid).unwrap_or(0).max(peak_bytes));
    writer.join().unwrap();
    Ended { code: status.code(), stdout: stdout.join().unwrap(), stderr: stderr.join().unwrap(), peak_bytes }
}

fn reader(mut pipe: impl Read + Send + 'static) -> thread::JoinHandle<String> {
    thread::spawn(move || {
        let mut bytes = Vec::new();
        pipe.read_to_end(&mut bytes).unwrap();
        String::from_utf8(bytes).unwrap()
    })
}

/// Most memory that a process has held since it began. `None`: it is gone.
pub(crate) fn peak(pid: u32) -> Option<u64> {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).ok()?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
    line.trim().strip_suffix(" kB")?.parse::<u64>().ok().map(|kib| kib << 10)
}

/// A process that does not outlive its test.
struct Reaped(Child);

impl Reaped {
    /// Waits for its end, looking at it all the while.
    #[track_caller]
    fn within(&mut self, patience: Duration, mut look: impl FnMut(u32)) -> ExitStatus {
        let deadline = Instant::now() + patience;
        loop {
            look(self.0.id());
            if let Some(status) = self.0.try_wait().unwrap() {
                return status;
            }
            assert!(Instant::now() < deadline, "process {} did not end within {patience:?}", self.0.id());
            thread::sleep(LOOK);
        }
    }
}

impl Drop for Reaped {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) headers: HeaderMap,
    pub(crate) text: String,
}

impl Answer {
    /// The body of an answer that has this status.
    #[track_caller]
    pub(crate) fn json(&self, status: u16) -> Value {
        assert_eq!(self.status.as_u16(), status, "{self:?}");
        serde_json::from_str(&self.text).unwrap_or_else(|error| panic!("{error}: {self:?}"))
    }
}

/// A long-running command: `serve`, `manager` or `worker`.
pub(crate) struct Server {
    process: Reaped,
    /// Where it listens; empty if it does not.
    pub(crate) url: String,
    client: reqwest::Client,
    log: PathBuf,
}

impl Server {
    /// `serve` on a free port, with its store in this folder.
    pub(crate) fn serve(data: &Path, flags: &[&str]) -> Self {
        Self::serve_with(&[], data, flags)
    }

    /// The same, with these environment variables.
    pub(crate) fn serve_with(variables: &[(&str, &str)], data: &Path, flags: &[&str]) -> Self {
        let mut command = binary(&["serve", "--data", data.to_str().unwrap()]);
        command.env("AMPOULE_LISTEN", "127.0.0.1:0").args(flags).envs(variables.iter().copied());
        Self::start(command, data, "serve", true)
    }

    /// `manager` on a free port, with its store in this folder.
    pub(crate) fn manager(data: &Path, flags: &[&str]) -> Self {
        Self::manager_with(&[], data, flags)
    }

    /// The same, with these environment variables.
    pub(crate) fn manager_with(variables: &[(&str, &str)], data: &Path, flags: &[&str]) -> Self {
        let store = format!("sqlite:{}", data.join("queue.sqlite").display());
        Self::manager_of(&store, variables, data, "manager", flags)
    }

    /// `manager` on a free port, with this store; its log goes to this folder under this name.
    pub(crate) fn manager_on(store: &str, data: &Path, name: &str, flags: &[&str]) -> Self {
        Self::manager_of(store, &[], data, name, flags)
    }

    fn manager_of(store: &str, variables: &[(&str, &str)], data: &Path, name: &str, flags: &[&str]) -> Self {
        let mut command = binary(&["manager", "--listen", "127.0.0.1:0", "--store", store]);
        command.args(flags).envs(variables.iter().copied());
        Self::start(command, data, name, true)
    }

    /// `worker` for this manager; its log goes to this folder under this name.
    pub(crate) fn worker(manager: &Self, data: &Path, name: &str, flags: &[&str]) -> Self {
        Self::worker_of(&manager.url, data, name, flags)
    }

    /// The same for whoever is at this address.
    pub(crate) fn worker_of(url: &str, data: &Path, name: &str, flags: &[&str]) -> Self {
        Self::worker_with(&[], url, data, name, flags)
    }

    /// The same, with these environment variables.
    pub(crate) fn worker_with(variables: &[(&str, &str)], url: &str, data: &Path, name: &str, flags: &[&str]) -> Self {
        let mut command = binary(&["worker", "--manager", url]);
        command.args(flags).envs(variables.iter().copied());
        Self::start(command, data, name, false)
    }

    fn start(mut command: Command, data: &Path, name: &str, listens: bool) -> Self {
        // A file, not a pipe: nobody has to read it for the process to go on. All lives of a server append to it.
        let log = data.join(format!("{name}.log"));
        let file = File::options().create(true).append(true).open(&log).unwrap();
        let mut child = command.stdout(Stdio::piped()).stderr(file).spawn().unwrap();
        let stdout = child.stdout.take().unwrap();
        let mut server = Self { process: Reaped(child), url: String::new(), client: client(), log };
        if listens {
            let mut line = String::new();
            BufReader::new(stdout).read_line(&mut line).unwrap();
            let (said, url) = line.trim_end().rsplit_once(' ').unwrap_or_else(|| panic!("{line:?}, and {}", server.log()));
            assert!(said.ends_with("listens on"), "{line}");
            server.url = url.to_owned();
        }
        server
    }

    pub(crate) fn pid(&self) -> u32 {
        self.process.0.id()
    }

    /// What it has logged, over all its lives in this folder.
    pub(crate) fn log(&self) -> String {
        fs::read_to_string(&self.log).unwrap_or_default()
    }

    /// Sends it a signal by name.
    pub(crate) fn signal(&self, name: &str) {
        // The shell's own `kill`: the program of that name is not everywhere.
        let status = Command::new("sh").arg("-c").arg(format!("kill -{name} {}", self.pid())).status().unwrap();
        assert!(status.success(), "kill -{name}");
    }

    /// kill -9.
    pub(crate) fn kill(mut self) {
        self.kill_in_place();
    }

    /// The same of one whose successor comes later.
    pub(crate) fn kill_in_place(&mut self) {
        self.process.0.kill().unwrap();
        self.process.0.wait().unwrap();
    }

    /// Waits for its end, and gives the exit code.
    #[track_caller]
    pub(crate) fn ended(&mut self, patience: Duration) -> Option<i32> {
        self.process.within(patience, |_| {}).code()
    }

    pub(crate) fn request(&self, method: Method, path: &str) -> RequestBuilder {
        self.client.request(method, format!("{}{path}", self.url)).timeout(PATIENCE)
    }

    /// Sends a request. An error is that of a connection, or of a server that died meanwhile.
    pub(crate) async fn try_send(request: RequestBuilder) -> reqwest::Result<Answer> {
        let response = request.send().await?;
        let (status, headers) = (response.status(), response.headers().clone());
        Ok(Answer { status, headers, text: response.text().await? })
    }

    pub(crate) async fn send(&self, request: RequestBuilder) -> Answer {
        Self::try_send(request).await.unwrap_or_else(|error| panic!("{error:?}\n{}", self.log()))
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(self.request(Method::GET, path)).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(self.request(Method::POST, path).json(body)).await
    }

    /// Stores a job and gives its id.
    pub(crate) async fn submit(&self, body: &Value) -> String {
        id(&self.post("/v1/jobs", body).await.json(202))
    }

    /// A job as it is now.
    pub(crate) async fn job(&self, id: &str) -> Value {
        self.get(&format!("/v1/jobs/{id}")).await.json(200)
    }

    /// A job once it has ended; at most thirty seconds from now.
    pub(crate) async fn finished(&self, id: &str) -> Value {
        let job = self.get(&format!("/v1/jobs/{id}?wait=30s")).await.json(200);
        assert!(job["finished_at"].is_string(), "still {job}\n{}", self.log());
        job
    }

    /// A job once a worker has taken it; it may have ended since.
    pub(crate) async fn started(&self, id: &str) -> Value {
        eventually(async || Some(self.job(id).await).filter(|job| job["state"] != "queued")).await
    }

    /// A job while a worker runs it.
    pub(crate) async fn running(&self, id: &str) -> Value {
        let job = self.started(id).await;
        assert_eq!(job["state"], "running", "{job}");
        job
    }

    /// The messages of a job's log.
    pub(crate) async fn messages(&self, id: &str) -> Vec<String> {
        let page = self.get(&format!("/v1/jobs/{id}/logs")).await.json(200);
        page["items"].as_array().unwrap().iter().map(|line| line["message"].as_str().unwrap().to_owned()).collect()
    }

    /// A metric, which must be there; with its labels if it has any.
    pub(crate) async fn metric(&self, name: &str) -> f64 {
        let text = self.get("/metrics").await.text;
        let line = text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.unwrap_or_else(|| panic!("no metric {name} in\n{text}")).parse().unwrap()
    }

    /// Jobs that the store holds, whatever their state.
    pub(crate) async fn count(&self) -> usize {
        let (mut count, mut cursor) = (0, String::new());
        loop {
            let page = self.get(&format!("/v1/jobs?limit=200{cursor}")).await.json(200);
            count += page["items"].as_array().unwrap().len();
            match page["next_cursor"].as_str() {
                Some(next) => cursor = format!("&cursor={next}"),
                None => return count,
            }
        }
    }
}

fn client() -> reqwest::Client {
    let _ = rustls::crypto::ring::default_provider().install_default();
    reqwest::Client::builder().no_proxy().build().unwrap()
}

/// A job's id.
#[track_caller]
pub(crate) fn id(job: &Value) -> String {
    job["id"].as_str().unwrap_or_else(|| panic!("no id: {job}")).to_owned()
}

/// A job of this source with this input.
pub(crate) fn job(source: &str, input: Value) -> Value {
    json!({"script": {"source": source}, "input": input})
}

/// A folder of the test's own, gone with the test.
pub(crate) fn folder() -> tempfile::TempDir {
    tempfile::tempdir().unwrap()
}

/// A file in a folder, as an argument.
pub(crate) fn file(folder: &tempfile::TempDir, name: &str, content: impl AsRef<[u8]>) -> String {
    let path = folder.path().join(name);
    fs::write(&path, content).unwrap();
    path.to_str().unwrap().to_owned()
}

/// Asks again until it is so.
pub(crate) async fn eventually<T>(mut check: impl AsyncFnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE / 2;
    loop {
        if let Some(found) = check().await {
            return found;
        }
        assert!(Instant::now() < deadline, "it never came");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Small, seeded, good enough to pick moments.
pub(crate) struct Random(u64);

impl Random {
    /// Seeded with `SEED` if that is set, else anew. Prints the seed: a failing test shows it.
    pub(crate) fn seeded() -> Self {
        let given = std::env::var("SEED").ok().and_then(|text| text.parse().ok());
        let seed = given.unwrap_or_else(|| std::time::UNIX_EPOCH.elapsed().unwrap().as_nanos() as u64);
        println!("SEED={seed}");
        Self(seed)
    }

    /// Another one, whose picks this one's do not touch.
    pub(crate) fn fork(&mut self) -> Self {
        Self(self.below(u64::MAX))
    }

    /// From 0 up to `n`, which is excluded. This is SplitMix64.
    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        (z ^ (z >> 31)) % n
    }
}
