//! Tests in Boa as published, compiled for this machine: each in a fresh context of a process that is replaced when it dies or hangs.

use std::{
    io::{BufRead as _, BufReader, Write as _},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::mpsc::{Receiver, RecvTimeoutError, channel},
    thread,
};

use anyhow::{Context as _, Result, bail};
use serde_json::{Value, json};

use super::{Ended, Ending, Subject, TIMEOUT};

/// Address space of a process: some tests make arrays as long as the language allows.
const MEMORY_KIB: u64 = 4 << 20;

pub(super) struct Native {
    program: PathBuf,
    process: Option<Process>,
}

struct Process {
    child: Child,
    input: ChildStdin,
    answers: Receiver<String>,
}

impl Native {
    pub(super) fn new(program: &Path) -> Self {
        Self { program: program.to_owned(), process: None }
    }
}

impl Subject for Native {
    fn run(&mut self, source: String) -> Result<Ended> {
        let mut process = match self.process.take() {
            Some(process) => process,
            None => Process::start(&self.program)?,
        };
        let sent = writeln!(process.input, "{}", json!({"evaluate": source}));
        match process.answers.recv_timeout(TIMEOUT) {
            Ok(line) => {
                self.process = Some(process);
                read(&line).with_context(|| format!("it answers {line:.200?}"))
            }
            Err(RecvTimeoutError::Timeout) => Ok(Ending::Killed(format!("{} s", TIMEOUT.as_secs())).into()),
            Err(RecvTimeoutError::Disconnected) => {
                let status = process.child.wait()?;
                Ok(Ending::Faulted(format!("it ends with {status}{}", sent.err().map_or_else(String::new, |error| format!(": {error}"))))
                    .into())
            }
        }
    }
}

fn read(line: &str) -> Result<Ended> {
    let answer: Value = serde_json::from_str(line)?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let ending = match &answer["threw"] {
        Value::Null if answer["said"].is_null() => bail!("neither an ending nor what was said"),
        Value::Null => Ending::Returned,
        error => Ending::Threw { name: text(&error["name"]), message: text(&error["message"]) },
    };
    Ok(Ended { ending, said: answer["said"].as_array().into_iter().flatten().map(text).collect() })
}

impl Process {
    fn start(program: &Path) -> Result<Self> {
        let mut child = Command::new("sh")
            .args(["-c", &format!("ulimit -v {MEMORY_KIB}; exec \"$0\"")])
            .arg(program)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .with_context(|| format!("{} does not start", program.display()))?;
        let input = child.stdin.take().context("no input")?;
        let output = BufReader::new(child.stdout.take().context("no output")?);
        let (send, answers) = channel();
        // Ends with the process, whose output it reads.
        thread::spawn(move || output.lines().map_while(Result::ok).try_for_each(|line| send.send(line)));
        Ok(Self { child, input, answers })
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
