//! Compiling the TypeScript of clients, in a process of its own for each request.
//!
//! What a stranger wrote may nest so deeply that the compiler's stack runs out, or take it very long. Then that process ends, and
//! nothing else does.

use std::{io, path::PathBuf, process::Stdio, time::Duration};

use ampoule_protocol::{JobLibrary, JobScript, JobSpec, LibraryOf, LibrarySource, Modules, ScriptSource};
use ampoule_typescript::{
    SourceError, is_typescript, is_typescript_library,
    request::{Answer, Request, Sources},
};
use tokio::{
    io::{AsyncReadExt as _, AsyncWriteExt as _},
    process::Command,
    sync::Semaphore,
    time,
};

/// How long a script may take: the largest real ones take a second.
const TIMEOUT: Duration = Duration::from_secs(10);
/// Processes at a time; each may use a processor and two gigabytes. Who comes then waits.
const PROCESSES: usize = 2;
/// Sources that share a process: with the jobs of a batch together it takes no longer than with a large one alone.
const SHARED_BYTES: usize = 1 << 20;
/// Most bytes of an answer: sources of the largest size with their maps.
const MAX_ANSWER_BYTES: u64 = 128 << 20;

/// The program that compiles, and how many of it run.
#[derive(Debug)]
pub(crate) struct Compiler {
    command: Option<Vec<PathBuf>>,
    processes: Semaphore,
}

/// Why something was not compiled.
#[derive(Debug, thiserror::Error)]
pub(crate) enum CompileError {
    /// The client's mistake.
    #[error("{0}")]
    Wrong(SourceError),
    /// It ended without an answer: the stack, memory or time was not enough.
    #[error("the TypeScript is too much for the compiler: it nests too deeply, or takes more than {} s; compile it before", TIMEOUT.as_secs())]
    TooMuch,
    /// This manager was started without the program.
    #[error("this manager compiles no TypeScript; submit JavaScript")]
    Unavailable,
    /// Ours.
    #[error("the compiler does not start: {0}")]
    Start(#[from] io::Error),
}

impl Compiler {
    /// `command` is the program and its arguments.
    pub(crate) fn new(command: Option<Vec<PathBuf>>) -> Self {
        Self { command, processes: Semaphore::new(PROCESSES) }
    }

    /// Compiles what is TypeScript in the sources that come with a job; most have none.
    pub(crate) async fn compile_job(&self, spec: &mut JobSpec) -> Result<(), CompileError> {
        self.compile_jobs(std::slice::from_mut(spec)).await.map_err(|(_, error)| error)
    }

    /// The same for many jobs, with as few processes as their sizes allow. An error comes with the place of its job.
    pub(crate) async fn compile_jobs(&self, specs: &mut [JobSpec]) -> Result<(), (usize, CompileError)> {
        let (mut places, mut jobs, mut bytes) = (Vec::new(), Vec::new(), 0);
        for place in 0..specs.len() {
            let Some(sources) = taken(&specs[place]) else { continue };
            if !jobs.is_empty() && bytes + sources.bytes() > SHARED_BYTES {
                let together = std::mem::take(&mut jobs);
                self.compile_together(specs, &std::mem::take(&mut places), together).await?;
                bytes = 0;
            }
            bytes += sources.bytes();
            places.push(place);
            jobs.push(sources);
        }
        self.compile_together(specs, &places, jobs).await
    }

    async fn compile_together(&self, specs: &mut [JobSpec], places: &[usize], jobs: Vec<Sources>) -> Result<(), (usize, CompileError)> {
        let Some(first) = places.first() else { return Ok(()) };
        let request = Request { jobs };
        match self.ask(&request).await {
            Ok(compiled) => {
                places.iter().zip(compiled.jobs).for_each(|(place, sources)| put_back(&mut specs[*place], sources));
                Ok(())
            }
            Err((place, error @ CompileError::Wrong(_))) => Err((places.get(place).copied().unwrap_or(*first), error)),
            // Of which it was too much, only each by itself tells.
            Err((_, CompileError::TooMuch)) if places.len() > 1 => {
                for (place, sources) in places.iter().zip(request.jobs) {
                    let compiled = self.ask(&Request { jobs: vec![sources] }).await.map_err(|(_, error)| (*place, error))?;
                    compiled.jobs.into_iter().for_each(|sources| put_back(&mut specs[*place], sources));
                }
                Ok(())
            }
            Err((_, error)) => Err((*first, error)),
        }
    }

    /// Compiles what is TypeScript among modules that are published, by their paths.
    pub(crate) async fn compile_modules(&self, name: &str, modules: Modules) -> Result<Modules, CompileError> {
        let script = ScriptSource { modules, language: None, ..ScriptSource::named(name, "") };
        if !is_typescript(&script) {
            return Ok(script.modules);
        }
        let request = Request { jobs: vec![Sources { script: Some(script), libraries: Vec::new() }] };
        let compiled = self.ask(&request).await.map_err(|(_, error)| error)?;
        Ok(compiled.jobs.into_iter().find_map(|job| job.script).map(|script| script.modules).unwrap_or_default())
    }

    /// An error comes with the place of its job in the request.
    async fn ask(&self, request: &Request) -> Result<Request, (usize, CompileError)> {
        match self.answer(request).await.map_err(|error| (0, error))? {
            Answer::Compiled(compiled) => Ok(compiled),
            Answer::Wrong { place, error } => Err((place, CompileError::Wrong(error))),
        }
    }

    async fn answer(&self, request: &Request) -> Result<Answer, CompileError> {
        let [program, arguments @ ..] = self.command.as_deref().unwrap_or_default() else { return Err(CompileError::Unavailable) };
        let _process = self.processes.acquire().await.map_err(|_| CompileError::Unavailable)?;
        let text = serde_json::to_vec(request).map_err(io::Error::from)?;
        let mut child = Command::new(program)
            .args(arguments)
            .env_clear()
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .kill_on_drop(true)
            .spawn()?;
        let (mut to, from) = (child.stdin.take(), child.stdout.take());
        let talk = async {
            // The process may end before it has read everything.
            if let Some(to) = &mut to {
                let _ = to.write_all(&text).await;
            }
            drop(to);
            let mut answer = Vec::new();
            if let Some(from) = from {
                from.take(MAX_ANSWER_BYTES).read_to_end(&mut answer).await?;
            }
            child.wait().await?;
            Ok::<_, io::Error>(answer)
        };
        let answer = time::timeout(TIMEOUT, talk).await.map_err(|_| CompileError::TooMuch)??;
        let answer = tokio::task::spawn_blocking(move || serde_json::from_slice(&answer)).await.map_err(io::Error::from)?;
        answer.map_err(|_: serde_json::Error| CompileError::TooMuch)
    }
}

/// What is to be compiled of a job, if anything is.
fn taken(spec: &JobSpec) -> Option<Sources> {
    let script = match &spec.script {
        JobScript::Inline(script) if is_typescript(script) => Some(script.clone()),
        _ => None,
    };
    let libraries: Vec<_> = spec.libraries.iter().filter(|library| compiles(library)).filter_map(source_of).cloned().collect();
    (script.is_some() || !libraries.is_empty()).then_some(Sources { script, libraries })
}

fn put_back(spec: &mut JobSpec, compiled: Sources) {
    if let Some(script) = compiled.script {
        spec.script = JobScript::Inline(script);
    }
    let places = spec.libraries.iter_mut().filter(|library| compiles(library));
    for (place, library) in places.zip(compiled.libraries) {
        place.of = LibraryOf::Source(library);
    }
}

fn compiles(library: &JobLibrary) -> bool {
    matches!(&library.of, LibraryOf::Source(source) if is_typescript_library(source))
}

fn source_of(library: &JobLibrary) -> Option<&LibrarySource> {
    match &library.of {
        LibraryOf::Source(source) => Some(source),
        LibraryOf::Published(_) => None,
    }
}
