use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use ampoule_abi::{Import, Library, LoadRequest, Module, Reply};
use ampoule_host_api::Capabilities;
use ampoule_protocol::{ImageUse, Json, LibrarySource, LimitKind, Limits, Outcome, RunReport, ScriptError, ScriptSource, Usage};
use serde_json::json;
use tokio_util::sync::CancellationToken;

pub use ampoule_abi::Mode;

use crate::{
    Engine, EngineFault,
    image_cache::{Entry, ImageKey},
    sandbox::Sandbox,
    source_map,
    tape::Tape,
    verdict,
};

/// How long a replay may take: longer than any run, on a machine that is ten times slower.
const MAX_REPLAY: Duration = Duration::from_secs(3 * 60 * 60);

/// One script to run, once.
#[derive(Clone, Debug)]
pub struct RunRequest {
    /// How to take the source: call an entry, or evaluate it and take its value.
    pub mode: Mode,
    /// The source and its name in stack traces.
    pub script: ScriptSource,
    /// What it may import.
    pub libraries: Vec<LibrarySource>,
    /// Which function to call; without it the default export, or `main`.
    pub entry: Option<String>,
    /// The entry's first argument.
    pub input: Json,
    /// The entry's third argument.
    pub context: RunContext,
    /// Ceilings.
    pub limits: Limits,
}

/// What a script learns about its run.
#[derive(Clone, Debug, Default)]
pub struct RunContext {
    /// The job's id; empty where there is no job.
    pub job_id: String,
    /// The job's attempt; 1 where there is no job.
    pub attempt: u32,
    /// The job's own object.
    pub context: Json,
}

impl RunRequest {
    /// Calls the default entry of a script with `null`, under default limits.
    pub fn new(source: impl Into<String>) -> Self {
        Self {
            mode: Mode::Entry,
            script: ScriptSource::new(source),
            libraries: Vec::new(),
            entry: None,
            input: Json::null(),
            context: RunContext::default(),
            limits: Limits::DEFAULT,
        }
    }
}

impl Engine {
    /// Runs a script in a fresh sandbox, to whatever end it comes.
    ///
    /// Limits are checked in this order: script, input (nothing has run yet), then whichever of fuel, memory, wall time, stack and host
    /// calls is met first, then output. Cancelling `cancel` stops the run within a millisecond or two, computing or waiting.
    pub async fn run(&self, request: &RunRequest, capabilities: Capabilities, cancel: CancellationToken) -> Result<RunReport, EngineFault> {
        Ok(self.run_with(request, capabilities, cancel, Tape::Off).await?.0)
    }

    /// The same, with a tape.
    pub(crate) async fn run_with(
        &self,
        request: &RunRequest,
        capabilities: Capabilities,
        cancel: CancellationToken,
        tape: Tape,
    ) -> Result<(RunReport, Tape), EngineFault> {
        let started = Instant::now();
        let limits = self.limits(request);
        let mut usage = Usage::default();
        if let Some(outcome) = refuse(request, &limits) {
            let report = RunReport { outcome, usage, logs: Vec::new(), engine: self.id().to_owned() };
            return Ok((report, tape));
        }

        // A replay ends where the recorded run ended, however fast this machine is.
        let replays = matches!(tape, Tape::Play(_));
        let deadline = started + if replays { MAX_REPLAY } else { Duration::from_millis(limits.wall_ms) };
        let key = ImageKey::of(request);
        let known = self.images.get(key);
        let image = match &known {
            // A run that the load alone takes beyond its limits is loaded, to end where it would end without images.
            Some(Entry::Ready(image)) if !replays && image.load_fuel <= limits.fuel && image.memory_bytes <= limits.memory_bytes => {
                Some(image.as_ref())
            }
            _ => None,
        };
        let mut sandbox = Sandbox::new(&self.parts, &limits, capabilities, deadline, cancel, image, tape).await?;
        let ended = match image {
            Some(image) => {
                sandbox.replay_log(image);
                (usage.load_fuel, usage.image) = (image.load_fuel, ImageUse::Used);
                Ok(None)
            }
            None => {
                let loaded = load(&mut sandbox, request, &limits, &mut usage).await;
                if matches!(loaded, Ok(None)) {
                    usage.image = self.learn(key, known.as_ref(), &mut sandbox, usage.load_fuel);
                    sandbox.begin_run(limits.fuel).map_err(|error| EngineFault::Host(format!("{error:?}")))?;
                }
                loaded
            }
        };
        let loaded = matches!(ended, Ok(None));
        let ended = match ended {
            Ok(None) => call_entry(&mut sandbox, request, &limits, &mut usage).await,
            Ok(Some(outcome)) => Ok(outcome),
            Err(ended) => Err(ended),
        };
        let mut outcome = match ended {
            Ok(outcome) => outcome,
            Err(Ended::Fault(fault)) => return Err(fault),
            Err(Ended::Stopped(error)) => verdict::judge(&error, &limits, sandbox.evidence(started))?,
        };

        usage.fuel = if loaded { sandbox.fuel_used() } else { 0 };
        usage.memory_bytes = sandbox.memory_bytes();
        usage.host_calls = sandbox.host_calls();
        let (Capabilities { console, granted, .. }, tape) = sandbox.into_parts();
        if let Outcome::Threw { error } = &mut outcome {
            granted.mask_error(error);
        }
        usage.capabilities = granted.used();
        usage.log_bytes = console.bytes();
        usage.wall_ms = started.elapsed().as_micros() as f64 / 1000.0;
        let report = RunReport { outcome, usage, logs: console.into_lines(), engine: self.id().to_owned() };
        Ok((source_map::rewritten(report, request).await, tape))
    }

    /// What the run may use: what it asked for, as far as the pool's memories are large enough.
    pub(crate) fn limits(&self, request: &RunRequest) -> Limits {
        Limits { memory_bytes: request.limits.memory_bytes.min(self.config.max_memory_bytes), ..request.limits.clone() }
    }

    /// After a script was loaded in a run: notes it, and makes its image once it has come twice.
    fn learn(&self, key: ImageKey, known: Option<&Entry>, sandbox: &mut Sandbox, load_fuel: u64) -> ImageUse {
        if self.config.image_cache_bytes == 0 || matches!(known, Some(Entry::Building | Entry::Ready(_))) {
            return ImageUse::None;
        }
        if sandbox.touched() {
            self.images.put(key, Entry::Unusable);
            return ImageUse::Unusable;
        }
        if known.is_none() {
            self.images.put(key, Entry::Seen);
            return ImageUse::None;
        }
        let image = sandbox.capture(load_fuel);
        self.images.put(key, Entry::Building);
        let (images, wasmtime) = (Arc::clone(&self.images), self.parts.wasmtime.clone());
        tokio::task::spawn_blocking(move || images.make(key, image, &wasmtime));
        ImageUse::None
    }
}

/// Loads a script and calls it, for what that leaves in its sandbox.
pub(crate) async fn to_the_end(sandbox: &mut Sandbox, request: &RunRequest, limits: &Limits) -> Result<(), EngineFault> {
    let mut usage = Usage::default();
    let ended = match load(sandbox, request, limits, &mut usage).await {
        Ok(None) => call_entry(sandbox, request, limits, &mut usage).await.map(drop),
        Ok(Some(_)) => Ok(()),
        Err(ended) => Err(ended),
    };
    match ended {
        Err(Ended::Fault(fault)) => Err(fault),
        // Stopped by a limit: what it holds then is an answer too.
        _ => Ok(()),
    }
}

/// Loads a script and gives the fuel of that; `None` when that is where its run ended.
pub(crate) async fn to_the_entry(sandbox: &mut Sandbox, request: &RunRequest, limits: &Limits) -> Result<Option<u64>, EngineFault> {
    let mut usage = Usage::default();
    match load(sandbox, request, limits, &mut usage).await {
        Ok(None) => Ok(Some(usage.load_fuel)),
        Ok(Some(_)) | Err(Ended::Stopped(_)) => Ok(None),
        Err(Ended::Fault(fault)) => Err(fault),
    }
}

/// A run that did not come to an answer of the guest.
enum Ended {
    Fault(EngineFault),
    Stopped(wasmtime::Error),
}

impl From<wasmtime::Error> for Ended {
    fn from(error: wasmtime::Error) -> Self {
        Self::Stopped(error)
    }
}

/// What is too large to begin with.
fn refuse(request: &RunRequest, limits: &Limits) -> Option<Outcome> {
    let sources = std::iter::once(request.script.bytes()).chain(request.libraries.iter().map(LibrarySource::bytes));
    let exceeded = |limit, ceiling, used: u64| (used > ceiling).then_some(Outcome::LimitExceeded { limit, ceiling, used, stack: None });
    exceeded(LimitKind::Script, limits.script_bytes, sources.max().unwrap_or(0))
        .or_else(|| exceeded(LimitKind::Input, limits.input_bytes, request.input.len().max(request.context.context.len()) as u64))
}

/// Parses the script and runs its top level. `Some` when that is how the run ended.
async fn load(sandbox: &mut Sandbox, request: &RunRequest, limits: &Limits, usage: &mut Usage) -> Result<Option<Outcome>, Ended> {
    let ended = match sandbox.call("load", &load_request(request)).await {
        Ok(Reply::Loaded) => Ok(None),
        Ok(reply) => outcome(reply, limits, usage).map(Some),
        Err(error) => Err(error.into()),
    };
    usage.load_fuel = sandbox.fuel_used();
    ended
}

/// What the guest is told of the sources: all but their source maps, which are for us.
fn load_request(request: &RunRequest) -> Vec<u8> {
    let code = |source| ampoule_protocol::source_map(source).0;
    let script = &request.script;
    let names: Vec<_> = request.libraries.iter().map(LibrarySource::specifier).collect();
    let libraries: Vec<_> = names.iter().map(String::as_str).zip(&request.libraries).collect();
    let packages = || {
        let libraries = libraries.iter().map(|(of, library)| (*of, &library.modules, &library.imports));
        std::iter::once(("", &script.modules, &script.imports)).chain(libraries)
    };
    let modules =
        packages().flat_map(|(of, modules, _)| modules.iter().map(move |(path, source)| Module { of, path, source: code(source) }));
    let imports = packages().flat_map(|(of, _, imports)| imports.iter().map(move |(name, target)| Import { of, name, target }));
    LoadRequest {
        mode: request.mode,
        name: &script.name,
        source: code(&script.source),
        libraries: libraries.iter().map(|(name, library)| Library { name, source: code(&library.source) }).collect(),
        modules: modules.collect(),
        imports: imports.collect(),
    }
    .encode()
}

/// Calls the entry of the loaded script.
async fn call_entry(sandbox: &mut Sandbox, request: &RunRequest, limits: &Limits, usage: &mut Usage) -> Result<Outcome, Ended> {
    let mut context = json!({
        "jobId": request.context.job_id,
        "attempt": request.context.attempt.max(1),
        "script": request.script.name,
    });
    let env = sandbox.env();
    if !env.is_empty() {
        context["env"] = json!(env);
    }
    let context =
        format!("{},\"context\":{}}}", context.to_string().strip_suffix('}').unwrap_or_default(), request.context.context.as_str());
    let run =
        ampoule_abi::RunRequest { entry: request.entry.as_deref().unwrap_or_default(), input: request.input.as_str(), context: &context };
    let reply = sandbox.call("run", &run.encode()).await?;
    outcome(reply, limits, usage)
}

/// The guest's own account of how the script ended.
fn outcome(reply: Reply<'_>, limits: &Limits, usage: &mut Usage) -> Result<Outcome, Ended> {
    Ok(match reply {
        Reply::Returned(value) => {
            usage.output_bytes = value.len() as u64;
            if usage.output_bytes > limits.output_bytes {
                let (ceiling, used) = (limits.output_bytes, usage.output_bytes);
                Outcome::LimitExceeded { limit: LimitKind::Output, ceiling, used, stack: None }
            } else {
                let value = Json::parse(value.to_owned())
                    .map_err(|_| Ended::Fault(ampoule_abi::Malformed("a returned value that is no JSON").into()))?;
                Outcome::Returned { value }
            }
        }
        Reply::Threw { name, message, stack } => {
            Outcome::Threw { error: ScriptError { name: name.to_owned(), message: message.to_owned(), stack: stack.to_owned() } }
        }
        Reply::StackExhausted { stack } => {
            let bytes = crate::settings::WASM_STACK_BYTES as u64;
            Outcome::LimitExceeded { limit: LimitKind::Stack, ceiling: bytes, used: bytes, stack: Some(stack.to_owned()) }
        }
        Reply::Loaded | Reply::Pending { .. } => return Err(Ended::Fault(ampoule_abi::Malformed("an answer to another question").into())),
    })
}
