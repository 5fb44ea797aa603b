use std::{
    collections::{HashMap, VecDeque},
    fmt,
    sync::Arc,
};

use super::{
    Ending, MAGIC,
    recorder::{hash, line_hash},
    seal::{number, open},
    shown, tag,
};
use crate::mask::Masker;

/// Plays a journal back: gives a run what another one heard.
#[derive(Debug)]
pub struct Player {
    records: VecDeque<(u8, Vec<u8>)>,
    masker: Option<Arc<Masker>>,
    bodies: HashMap<[u8; 32], Vec<u8>>,
    calls: u64,
}

/// Why the host stopped the recorded run.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Stopped {
    /// It was cancelled; else its wall time was over.
    pub cancelled: bool,
    /// Slices of fuel that it had been granted: it is stopped in the same place.
    pub slices: u64,
    /// How long it had run.
    pub elapsed_ms: u64,
}

/// A journal that cannot be played.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// Another kind of file, or one of another version.
    #[error("this is no journal of this version")]
    Magic,
    /// The checksum is wrong: something was changed, or the end is missing.
    #[error("the journal is damaged: its checksum is wrong")]
    Checksum,
    /// The checksum is right and the contents make no sense.
    #[error("the journal is damaged")]
    Damaged,
    /// Secrets stood in it that were not supplied again.
    #[error("the recorded run read secrets; supply the same ones again")]
    Secrets,
    /// Recorded on another engine, whose fuel and results may differ.
    #[error("the journal is of engine {recorded}, and this is engine {ours}")]
    Engine {
        /// The recording engine's id.
        recorded: String,
        /// Ours.
        ours: String,
    },
}

/// The first place where a replay does not go as the recording went.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Divergence {
    /// Number of the host call, counted from 1; 0 when all calls agree and the end does not.
    pub call: u64,
    /// What was recorded.
    pub recorded: String,
    /// What the replay does.
    pub replayed: String,
}

impl fmt::Display for Divergence {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let place = if self.call == 0 { "the end".to_owned() } else { format!("host call {}", self.call) };
        write!(f, "differs at {place}\n- {}\n+ {}", self.recorded, self.replayed)
    }
}

/// An operation that completed in the recorded run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Completed {
    /// Its id.
    pub id: u32,
    /// It failed.
    pub failed: bool,
    /// Its result, but for the contents.
    pub head: Vec<u8>,
    /// The contents.
    pub contents: Vec<u8>,
}

/// The header of a journal whose checksum is right.
pub(crate) fn header(bytes: &[u8], masker: Option<&Masker>) -> Result<String, JournalError> {
    match records(bytes)?.first() {
        Some((tag::HEADER, payload)) => String::from_utf8(open(payload, masker)?).map_err(|_| JournalError::Damaged),
        _ => Err(JournalError::Damaged),
    }
}

fn records(bytes: &[u8]) -> Result<Vec<(u8, &[u8])>, JournalError> {
    let Some(mut rest) = bytes.strip_prefix(MAGIC) else { return Err(JournalError::Magic) };
    let (body, sum) = bytes.split_at_checked(bytes.len().saturating_sub(32)).ok_or(JournalError::Checksum)?;
    if blake3::hash(body).as_bytes()[..] != *sum {
        return Err(JournalError::Checksum);
    }
    let mut records = Vec::new();
    loop {
        match rest.split_off_first().ok_or(JournalError::Damaged)? {
            &tag::END if rest.len() == 32 => return Ok(records),
            tag => {
                let len = number(&mut rest)? as usize;
                records.push((*tag, rest.split_off(..len).ok_or(JournalError::Damaged)?));
            }
        }
    }
}

impl Player {
    /// Of a whole journal; `bodies` are results that were too large to be kept.
    pub(crate) fn new(bytes: &[u8], masker: Option<Arc<Masker>>, bodies: Vec<Vec<u8>>) -> Result<Self, JournalError> {
        let records = records(bytes)?.into_iter().skip(1).map(|(tag, payload)| Ok((tag, open(payload, masker.as_deref())?)));
        let bodies = bodies.into_iter().map(|body| (*blake3::hash(&body).as_bytes(), body)).collect();
        Ok(Self { records: records.collect::<Result<_, _>>()?, masker, bodies, calls: 0 })
    }

    fn next(&mut self, wanted: u8, replayed: &str) -> Result<Vec<u8>, Divergence> {
        self.calls += 1;
        match self.records.front() {
            Some((tag, _)) if *tag == wanted => Ok(self.records.pop_front().map(|(_, payload)| payload).unwrap_or_default()),
            _ => Err(self.diverged(replayed)),
        }
    }

    fn diverged(&self, replayed: &str) -> Divergence {
        let recorded = match self.records.front() {
            Some((tag::CLOCK, _)) => "reads the clock".to_owned(),
            Some((tag::RANDOM, _)) => "draws randomness".to_owned(),
            Some((tag::BEGUN, payload)) => String::from_utf8_lossy(payload.get(16..).unwrap_or_default()).into_owned(),
            Some((tag::COMPLETED, _)) => "waits".to_owned(),
            Some((tag::STOPPED, _)) => "is stopped".to_owned(),
            _ => "ends".to_owned(),
        };
        Divergence { call: self.calls, recorded, replayed: shown(replayed, &[]) }
    }

    fn eight(&mut self, wanted: u8, replayed: &str) -> Result<u64, Divergence> {
        let payload = self.next(wanted, replayed)?;
        Ok(payload.try_into().map_or(0, u64::from_le_bytes))
    }

    /// The time that was told.
    pub fn clock(&mut self) -> Result<f64, Divergence> {
        self.eight(tag::CLOCK, "reads the clock").map(f64::from_bits)
    }

    /// The random bits that were told.
    pub fn random(&mut self) -> Result<u64, Divergence> {
        self.eight(tag::RANDOM, "draws randomness")
    }

    /// The same operation was begun.
    pub fn begun(&mut self, call: &str, body: &[u8]) -> Result<(), Divergence> {
        let expected = hash(call, body, self.masker.as_deref());
        match self.records.front() {
            Some((tag::BEGUN, payload)) if payload.starts_with(&expected) => {
                self.calls += 1;
                self.records.pop_front();
                Ok(())
            }
            _ => {
                self.calls += 1;
                let mut divergence = self.diverged(call);
                divergence.replayed = shown(call, body);
                if divergence.replayed == divergence.recorded {
                    divergence.replayed.push_str(", other ones");
                }
                Err(divergence)
            }
        }
    }

    /// Whether the recorded run was stopped here, after so many slices of fuel.
    pub fn stops(&self, slices: u64) -> Option<Stopped> {
        self.stopped().filter(|stopped| stopped.slices == slices)
    }

    fn stopped(&self) -> Option<Stopped> {
        let Some((tag::STOPPED, payload)) = self.records.front() else { return None };
        let long = |at: usize| payload.get(at..at + 8).and_then(|bytes| bytes.try_into().ok()).map(u64::from_le_bytes);
        Some(Stopped { cancelled: payload.first() == Some(&1), slices: long(1)?, elapsed_ms: long(9)? })
    }

    /// What completed; or why the run was stopped while it waited.
    pub fn completed(&mut self) -> Result<Result<Vec<Completed>, Stopped>, Divergence> {
        if let Some(stopped) = self.stopped() {
            return Ok(Err(stopped));
        }
        let payload = self.next(tag::COMPLETED, "waits")?;
        let mut rest = &payload[..];
        let mut completed = Vec::new();
        let damaged = || Divergence { call: 0, recorded: "a damaged record".to_owned(), replayed: "waits".to_owned() };
        while !rest.is_empty() {
            let id = number(&mut rest).map_err(|_| damaged())?;
            let flags = *rest.split_off_first().ok_or_else(damaged)?;
            let head = number(&mut rest).map_err(|_| damaged())? as usize;
            let len = number(&mut rest).map_err(|_| damaged())? as usize;
            let head = rest.split_off(..head).ok_or_else(damaged)?.to_vec();
            let contents = if flags & 2 == 2 {
                rest.split_off(..len).ok_or_else(damaged)?.to_vec()
            } else {
                let hash = rest.split_off(..32).ok_or_else(damaged)?;
                let body = <[u8; 32]>::try_from(hash).ok().and_then(|hash| self.bodies.get(&hash).cloned());
                body.ok_or_else(|| {
                    let hex: String = hash.iter().map(|byte| format!("{byte:02x}")).collect();
                    let recorded = format!("got {len} bytes that the journal keeps only by their BLAKE3, {hex}");
                    Divergence { call: self.calls, recorded, replayed: "needs them, given beside the journal".to_owned() }
                })?
            };
            completed.push(Completed { id, failed: flags & 1 == 1, head, contents });
        }
        Ok(Ok(completed))
    }

    /// Compares how a replay ended with the recording.
    pub fn finish(mut self, ending: &Ending) -> Option<Divergence> {
        if matches!(self.records.front(), Some((tag::STOPPED, _))) {
            self.records.pop_front();
        }
        self.calls += 1;
        let Some((tag::ENDED, payload)) = self.records.front() else { return Some(self.diverged("ends")) };
        let mut rest = &payload[..];
        let mut long = || rest.split_off(..8).and_then(|bytes| bytes.try_into().ok()).map_or(0, u64::from_le_bytes);
        let (fuel, load_fuel) = (long(), long());
        let lines = number(&mut rest).unwrap_or(0) as usize;
        let hashes: Vec<_> = (0..lines).filter_map(|_| rest.split_off(..8)).collect();
        let outcome = String::from_utf8_lossy(rest);
        let differs = |recorded: String, replayed: String| Some(Divergence { call: 0, recorded, replayed });
        if let Some(at) = (0..ending.logs.len().max(lines)).find(|at| match (hashes.get(*at), ending.logs.get(*at)) {
            (Some(hash), Some(line)) => **hash != line_hash(line),
            _ => true,
        }) {
            let recorded = if at < lines { format!("another log line {at}") } else { format!("no log line {at}") };
            return differs(recorded, ending.logs.get(at).map_or_else(|| format!("no log line {at}"), |line| shown(line, &[])));
        }
        if *outcome != *ending.outcome {
            return differs(shown(&outcome, &[]), shown(&ending.outcome, &[]));
        }
        if (fuel, load_fuel) != (ending.fuel, ending.load_fuel) {
            return differs(
                format!("fuel {fuel} after {load_fuel} for the load"),
                format!("fuel {} after {} for the load", ending.fuel, ending.load_fuel),
            );
        }
        None
    }
}
