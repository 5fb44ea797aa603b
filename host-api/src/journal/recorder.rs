use std::sync::Arc;

use super::{MAGIC, MAX_JOURNAL_BYTES, MAX_KEPT_BYTES, Stopped, seal::seal, shown, tag};
use crate::mask::Masker;

/// Writes a journal while its run goes on.
#[derive(Debug)]
pub struct Recorder {
    bytes: Vec<u8>,
    masker: Option<Arc<Masker>>,
}

/// How a run ended: what a replay is compared with.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ending {
    /// The outcome as JSON.
    pub outcome: String,
    /// Each log line's level and message.
    pub logs: Vec<String>,
    /// Fuel of the run.
    pub fuel: u64,
    /// Fuel of the load.
    pub load_fuel: u64,
}

impl Recorder {
    /// Begins with the header: a JSON object that names the engine and says what is run.
    pub(crate) fn new(header: &str, masker: Option<Arc<Masker>>) -> Self {
        let mut recorder = Self { bytes: MAGIC.to_vec(), masker };
        recorder.record(tag::HEADER, header.as_bytes());
        recorder
    }

    fn record(&mut self, tag: u8, payload: &[u8]) {
        if self.bytes.len() + payload.len() > MAX_JOURNAL_BYTES {
            // From here on there is no whole journal.
            self.bytes = Vec::new();
        }
        if self.bytes.is_empty() {
            return;
        }
        self.bytes.push(tag);
        let at = self.bytes.len();
        self.bytes.extend([0; 4]);
        seal(payload, self.masker.as_deref(), &mut self.bytes);
        let len = (self.bytes.len() - at - 4) as u32;
        self.bytes[at..at + 4].copy_from_slice(&len.to_le_bytes());
    }

    /// The script was told the time.
    pub fn clock(&mut self, ms: f64) {
        self.record(tag::CLOCK, &ms.to_le_bytes());
    }

    /// The script was told random bits.
    pub fn random(&mut self, bits: u64) {
        self.record(tag::RANDOM, &bits.to_le_bytes());
    }

    /// The script began an operation.
    pub fn begun(&mut self, call: &str, body: &[u8]) {
        let mut payload = hash(call, body, self.masker.as_deref()).to_vec();
        payload.extend_from_slice(shown(call, body).as_bytes());
        self.record(tag::BEGUN, &payload);
    }

    /// Operations completed, and the script is told so: id, whether it failed, and its result, which ends in contents that somebody else may have, too.
    pub fn completed<'a>(&mut self, operations: impl Iterator<Item = (u32, bool, &'a [u8], &'a [u8])>) {
        let mut payload = Vec::new();
        for (id, failed, head, contents) in operations {
            payload.extend(id.to_le_bytes());
            let kept = contents.len() <= MAX_KEPT_BYTES;
            payload.push(u8::from(failed) | u8::from(kept) << 1);
            payload.extend((head.len() as u32).to_le_bytes());
            payload.extend((contents.len() as u32).to_le_bytes());
            payload.extend_from_slice(head);
            if kept {
                payload.extend_from_slice(contents);
            } else {
                payload.extend(blake3::hash(contents).as_bytes());
            }
        }
        self.record(tag::COMPLETED, &payload);
    }

    /// The host stopped the run.
    pub fn stopped(&mut self, stopped: Stopped) {
        let mut payload = vec![u8::from(stopped.cancelled)];
        payload.extend(stopped.slices.to_le_bytes());
        payload.extend(stopped.elapsed_ms.to_le_bytes());
        self.record(tag::STOPPED, &payload);
    }

    /// The whole journal; nothing if it grew beyond [`MAX_JOURNAL_BYTES`].
    pub fn finish(mut self, ending: &Ending) -> Option<Vec<u8>> {
        let mut payload = Vec::with_capacity(ending.outcome.len() + 8 * ending.logs.len() + 24);
        payload.extend(ending.fuel.to_le_bytes());
        payload.extend(ending.load_fuel.to_le_bytes());
        payload.extend((ending.logs.len() as u32).to_le_bytes());
        ending.logs.iter().for_each(|line| payload.extend(line_hash(line)));
        payload.extend_from_slice(ending.outcome.as_bytes());
        self.record(tag::ENDED, &payload);
        if self.bytes.is_empty() {
            return None;
        }
        self.bytes.push(tag::END);
        let hash = blake3::hash(&self.bytes);
        self.bytes.extend(hash.as_bytes());
        Some(self.bytes)
    }
}

/// Enough of a line to tell it from others.
pub(super) fn line_hash(line: &str) -> [u8; 8] {
    let mut short = [0; 8];
    short.copy_from_slice(&blake3::hash(line.as_bytes()).as_bytes()[..8]);
    short
}

/// Of what a call says, without the secrets in it: who guesses a secret cannot check it here.
pub(super) fn hash(call: &str, body: &[u8], masker: Option<&Masker>) -> [u8; 16] {
    let mut hasher = blake3::Hasher::new();
    for part in [call.as_bytes(), body] {
        hasher.update(&(part.len() as u64).to_le_bytes());
        match masker {
            None => drop(hasher.update(part)),
            Some(_) => {
                let mut sealed = Vec::new();
                seal(part, masker, &mut sealed);
                hasher.update(&sealed);
            }
        }
    }
    let mut short = [0; 16];
    short.copy_from_slice(&hasher.finalize().as_bytes()[..16]);
    short
}
