//! Compiling what strangers wrote: in a process of its own, which may end in any way without harm to others.
//!
//! The parser recurses as deep as a source nests, and the time that it takes is not bounded by the source's size. So the
//! manager starts its own program anew for each request, writes a [`Request`] to its standard input, and reads an [`Answer`] from its
//! standard output; [`serve`] is what that program runs. Whoever asks bounds the time.

use std::io::{self, Read, Write};

use ampoule_protocol::{LibrarySource, Modules, ScriptSource};
use serde::{Deserialize, Serialize};

use crate::{SourceError, compile_library, compile_script};

/// Address space of the process: its stack, and memory for the largest script that compiles.
const MEMORY_BYTES: u64 = 2 << 30;
/// Seconds of processor time, after which the kernel ends the process: whoever asked may have gone.
const CPU_SECONDS: u64 = 20;

/// What is to be compiled: as many jobs as share a process.
#[derive(Debug, Serialize, Deserialize)]
pub struct Request {
    /// Each with its sources.
    pub jobs: Vec<Sources>,
}

/// The sources that come with a job.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct Sources {
    /// A script.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub script: Option<ScriptSource>,
    /// Libraries.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub libraries: Vec<LibrarySource>,
}

/// The same in JavaScript, or what is wrong with it.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Answer {
    /// All of it is JavaScript now.
    Compiled(Request),
    /// The first error.
    Wrong {
        /// Which of the jobs has it.
        place: usize,
        /// What is wrong.
        error: SourceError,
    },
}

impl Request {
    fn compile(mut self) -> Answer {
        for (place, job) in self.jobs.iter_mut().enumerate() {
            if let Err(error) = job.compile() {
                return Answer::Wrong { place, error };
            }
        }
        Answer::Compiled(self)
    }
}

impl Sources {
    fn compile(&mut self) -> Result<(), SourceError> {
        self.script.iter_mut().try_for_each(compile_script)?;
        self.libraries.iter_mut().try_for_each(compile_library)
    }

    /// Length of the sources.
    pub fn bytes(&self) -> usize {
        let modules = |modules: &Modules| modules.values().map(String::len).sum::<usize>();
        let script = self.script.iter().map(|script| script.source.len() + modules(&script.modules)).sum::<usize>();
        script + self.libraries.iter().map(|library| library.source.len() + modules(&library.modules)).sum::<usize>()
    }
}

/// Answers the one request on standard input, under limits that hold for the whole process.
pub fn serve() -> io::Result<()> {
    limit()?;
    let mut text = Vec::new();
    io::stdin().lock().read_to_end(&mut text)?;
    let request: Request = serde_json::from_slice(&text)?;
    let answer = serde_json::to_vec(&request.compile())?;
    io::stdout().lock().write_all(&answer)
}

#[cfg(unix)]
fn limit() -> io::Result<()> {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    for (resource, most) in [(Resource::As, MEMORY_BYTES), (Resource::Cpu, CPU_SECONDS), (Resource::Core, 0)] {
        let maximum = getrlimit(resource).maximum;
        let most = maximum.map_or(most, |maximum| maximum.min(most));
        setrlimit(resource, Rlimit { current: Some(most), maximum })?;
    }
    Ok(())
}

#[cfg(not(unix))]
fn limit() -> io::Result<()> {
    Ok(())
}
