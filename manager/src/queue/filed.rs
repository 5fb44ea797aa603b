use std::borrow::Cow;

use ampoule_protocol::{Completion, FaultCode, JobState, LeaseToken, Limits, LogAppend, LogLevel, LogLine, Outcome};
use jiff::Timestamp;

use super::submitted::json;

/// Most bytes of each text of an error; a script decides how long they are.
const MAX_ERROR_TEXT_BYTES: usize = 64 << 10;
/// Most bytes of an engine's identity.
const MAX_ENGINE_BYTES: usize = 256;
/// Log lines of Ampoule's own that a report may hold beyond the job's limits: they say what was cut.
const MAX_SYSTEM_LINES: u64 = 16;
/// Text of those lines.
const MAX_SYSTEM_BYTES: u64 = 4 << 10;
/// Most lines of a stored chunk of logs: what a reader of one line has to parse.
const CHUNK_LINES: usize = 256;
/// Text at which a chunk is full.
const CHUNK_BYTES: usize = 64 << 10;

/// A worker's report, measured, and printed as the queue stores it.
#[derive(Clone, Debug)]
pub struct Filed {
    pub(super) token: LeaseToken,
    pub(super) ending: Ending,
    pub(super) usage_json: String,
    pub(super) engine: String,
    pub(super) logs: Vec<LogChunk>,
    size: Size,
}

/// An outcome as stored.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    pub(super) state: JobState,
    pub(super) kind: &'static str,
    pub(super) is_fault: bool,
    /// The name of the error, if it threw.
    pub(super) threw: Option<String>,
    pub(super) outcome_json: String,
}

/// Consecutive log lines: a JSON array of [`LogLine`].
#[derive(Clone, Debug)]
pub(super) struct LogChunk {
    pub(super) first: u64,
    pub(super) count: u64,
    pub(super) bytes: u64,
    pub(super) lines_json: String,
}

/// Log lines of a run that goes on, measured, and printed as the queue stores them.
#[derive(Clone, Debug)]
pub struct FiledLines {
    pub(super) token: LeaseToken,
    pub(super) logs: Vec<LogChunk>,
    pub(super) progress_json: Option<String>,
}

impl FiledLines {
    /// Takes lines that follow each other from the first one's offset on.
    pub fn new(append: LogAppend) -> Self {
        let first = append.lines.first().map_or(0, |line| line.offset);
        let progress_json = append.progress.map(|progress| json(&progress.bounded()));
        Self { token: append.token, logs: chunks(first, append.lines), progress_json }
    }
}

/// How much of an attempt's log is stored.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct LogTally {
    /// Offset of the next line.
    pub(super) next: u64,
    /// Text of those before it.
    pub(super) bytes: u64,
}

impl LogTally {
    /// What of a chunk is to be stored: what is not stored yet, if all of it is within the job's limits. Counts it.
    pub(super) fn admit<'c>(&mut self, chunk: &'c LogChunk, limits: &Limits) -> Option<Cow<'c, LogChunk>> {
        let chunk = match self.next {
            next if next <= chunk.first => Cow::Borrowed(chunk),
            next if next >= chunk.first + chunk.count => return None,
            // Its first lines were appended by a call whose answer got lost.
            next => {
                let lines: Vec<LogLine> = serde_json::from_str(&chunk.lines_json).unwrap_or_default();
                Cow::Owned(chunks(next, lines.into_iter().filter(|line| line.offset >= next).collect()).into_iter().next()?)
            }
        };
        let after = Self { next: chunk.first + chunk.count, bytes: self.bytes + chunk.bytes };
        if after.next > limits.log_lines + MAX_SYSTEM_LINES || after.bytes > limits.log_bytes + MAX_SYSTEM_BYTES {
            tracing::error!(lines = after.next, bytes = after.bytes, "a worker sends more of a log than its job may have");
            return None;
        }
        *self = after;
        Some(chunk)
    }
}

#[derive(Clone, Debug, Default)]
struct Size {
    output_bytes: u64,
    log_bytes: u64,
    log_lines: u64,
    system_bytes: u64,
    system_lines: u64,
}

impl Filed {
    /// Measures and prints a report. Texts of errors are cut to a bound, log lines are numbered anew from `logs_from`.
    pub fn new(completion: Completion) -> Self {
        let Completion { token, mut report, logs_from } = completion;
        cut_outcome(&mut report.outcome);
        cut(&mut report.engine, MAX_ENGINE_BYTES);
        // PostgreSQL keeps no U+0000 in a text.
        report.engine.retain(|c| !c.is_control());
        let mut size = Size { output_bytes: output_bytes(&report.outcome), ..Size::default() };
        for line in &report.logs {
            let (lines, bytes) = match line.level {
                LogLevel::System => (&mut size.system_lines, &mut size.system_bytes),
                _ => (&mut size.log_lines, &mut size.log_bytes),
            };
            *lines += 1;
            *bytes += line.message.len() as u64;
        }
        Self {
            token,
            ending: Ending::new(&report.outcome),
            usage_json: json(&report.usage),
            engine: report.engine,
            logs: chunks(logs_from, report.logs),
            size,
        }
    }

    /// The report keeps to the limits of its job. The engine holds a run to them; a report that does not is a worker's bug.
    pub(super) fn fits(&self, limits: &Limits) -> bool {
        self.size.output_bytes <= limits.output_bytes
            && self.size.log_bytes <= limits.log_bytes
            && self.size.log_lines <= limits.log_lines
            && self.size.system_lines <= MAX_SYSTEM_LINES
            && self.size.system_bytes <= MAX_SYSTEM_BYTES
    }
}

impl Ending {
    /// The outcome, printed.
    pub(super) fn new(outcome: &Outcome) -> Self {
        Self {
            state: JobState::from(outcome),
            kind: outcome.kind(),
            is_fault: matches!(outcome, Outcome::Fault { .. }),
            threw: match outcome {
                Outcome::Threw { error } => Some(error.name.clone()),
                _ => None,
            },
            outcome_json: json(outcome),
        }
    }

    /// The end of a job whose worker was lost once too often.
    pub(super) fn worker_lost(worker: &str, seen: Timestamp, losses: u32) -> Self {
        let message = format!("worker `{worker}` was lost, last heard of at {seen}; given up after {losses} lost or faulty attempts");
        Self::fault(FaultCode::WorkerLost, message)
    }

    /// The end of a job whose worker renewed its lease long after the run should have ended.
    pub(super) fn overrun(wall_ms: u64) -> Self {
        Self::fault(
            FaultCode::Overrun,
            format!("the worker lives, but the run did not end at its wall time of {wall_ms} ms nor long after it"),
        )
    }

    /// The end of a job that waited too long.
    pub(super) fn start_timeout() -> Self {
        Self::fault(FaultCode::StartTimeout, "no worker started the job within its `start_within_ms`".to_owned())
    }

    fn fault(code: FaultCode, message: String) -> Self {
        Self::new(&Outcome::Fault { code, message })
    }

    /// What becomes of a report beyond its job's limits.
    pub(super) fn report_refused() -> Self {
        Self::fault(FaultCode::Host, "the worker's report went beyond the job's limits".to_owned())
    }
}

fn output_bytes(outcome: &Outcome) -> u64 {
    match outcome {
        Outcome::Returned { value } => value.len() as u64,
        _ => 0,
    }
}

fn cut_outcome(outcome: &mut Outcome) {
    match outcome {
        Outcome::Threw { error } => {
            for text in [&mut error.name, &mut error.message, &mut error.stack] {
                cut(text, MAX_ERROR_TEXT_BYTES);
            }
        }
        Outcome::LimitExceeded { stack: Some(text), .. } | Outcome::Fault { message: text, .. } => cut(text, MAX_ERROR_TEXT_BYTES),
        Outcome::LimitExceeded { stack: None, .. } | Outcome::Returned { .. } | Outcome::Cancelled => {}
    }
}

/// Cuts at a character's border and shows that it did.
fn cut(text: &mut String, most: usize) {
    const MARK: &str = "…";
    if text.len() > most {
        text.truncate(text.floor_char_boundary(most - MARK.len()));
        text.push_str(MARK);
    }
}

fn chunks(first: u64, mut lines: Vec<LogLine>) -> Vec<LogChunk> {
    for (offset, line) in (first..).zip(&mut lines) {
        line.offset = offset;
    }
    let (mut chunks, mut rest, mut first) = (Vec::new(), lines.as_slice(), first);
    while !rest.is_empty() {
        let mut bytes = 0;
        let full = rest.iter().take(CHUNK_LINES).take_while(|line| {
            let room = bytes < CHUNK_BYTES;
            bytes += line.message.len();
            room
        });
        let (chunk, tail) = rest.split_at(full.count());
        let bytes = chunk.iter().map(|line| line.message.len() as u64).sum();
        chunks.push(LogChunk { first, count: chunk.len() as u64, bytes, lines_json: json(&chunk) });
        first += chunk.len() as u64;
        rest = tail;
    }
    chunks
}

#[cfg(test)]
mod tests {
    use ampoule_protocol::{JobId, Json, RunReport, ScriptError, Usage};

    use super::*;

    fn filed(outcome: Outcome, lines: Vec<(LogLevel, String)>) -> Filed {
        let logs = lines.into_iter().map(|(level, message)| LogLine { offset: 7, level, message }).collect();
        let report = RunReport { outcome, usage: Usage::default(), logs, engine: "e".into() };
        Filed::new(Completion { token: LeaseToken { job_id: JobId::new(), attempt: 1 }, report, logs_from: 0 })
    }

    #[test]
    fn logs_are_numbered_and_chunked_by_lines_and_bytes() {
        let filed =
            filed(Outcome::Cancelled, (0..300).map(|k| (LogLevel::Log, "x".repeat(if k == 0 { CHUNK_BYTES } else { 1 }))).collect());
        let sizes: Vec<_> = filed.logs.iter().map(|chunk| (chunk.first, chunk.count)).collect();
        assert_eq!(sizes, [(0, 1), (1, 256), (257, 43)]);
        let lines: Vec<LogLine> = serde_json::from_str(&filed.logs[2].lines_json).unwrap();
        assert_eq!((lines[0].offset, lines[42].offset), (257, 299));
    }

    #[test]
    fn measures_against_the_limits() {
        let limits = Limits { output_bytes: 6, log_bytes: 4, log_lines: 2, ..Limits::DEFAULT };
        let value = |text: &str| Outcome::Returned { value: Json::parse(text.into()).unwrap() };
        let line = |text: &str| (LogLevel::Warn, text.to_owned());
        let system = |bytes: u64| (LogLevel::System, "x".repeat(bytes as usize));
        for (outcome, lines, fits) in [
            (value("\"1234\""), vec![line("1234"), line(""), system(MAX_SYSTEM_BYTES)], true),
            (value("\"12345\""), vec![], false),
            (value("1"), vec![line("12345")], false),
            (value("1"), vec![line(""), line(""), line("")], false),
            (value("1"), vec![system(MAX_SYSTEM_BYTES + 1)], false),
        ] {
            assert_eq!(filed(outcome, lines).fits(&limits), fits);
        }
    }

    #[test]
    fn lines_are_taken_once_and_within_limits() {
        let limits = Limits { log_bytes: 3, log_lines: 4, ..Limits::DEFAULT };
        let chunk = |first: u64, count: usize, text: &str| {
            let line = LogLine { offset: 0, level: LogLevel::Log, message: text.into() };
            chunks(first, vec![line; count]).remove(0)
        };
        let mut tally = LogTally::default();
        let mut taken = |chunk: LogChunk| tally.admit(&chunk, &limits).map(|chunk| (chunk.first, chunk.count));
        assert_eq!(taken(chunk(0, 2, "x")), Some((0, 2)));
        assert_eq!(taken(chunk(0, 2, "x")), None);
        assert_eq!(taken(chunk(1, 2, "x")), Some((2, 1)));
        assert_eq!(taken(chunk(3, 1, &"x".repeat(1 + MAX_SYSTEM_BYTES as usize))), None);
        assert_eq!(taken(chunk(3, 2 + MAX_SYSTEM_LINES as usize, "")), None);
        assert_eq!(taken(chunk(3, 1 + MAX_SYSTEM_LINES as usize, "")), Some((3, 17)));
    }

    #[test]
    fn long_error_texts_are_cut_between_characters() {
        let error = ScriptError { name: "E".into(), message: "é".repeat(MAX_ERROR_TEXT_BYTES), stack: String::new() };
        let filed = filed(Outcome::Threw { error }, vec![]);
        let Outcome::Threw { error } = serde_json::from_str(&filed.ending.outcome_json).unwrap() else { unreachable!() };
        assert!(error.message.len() <= MAX_ERROR_TEXT_BYTES && error.message.ends_with("é…"));
    }
}
