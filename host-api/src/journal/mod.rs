//! What a run heard from its host, in order: with the script and its input, all that its result depends on.
//!
//! ```text
//! AMPJRNL2                      8 bytes: what this is, and its version
//! tag u8, length u32, payload   a record, as often as needed; the first is the header
//! 0, BLAKE3 of all before       the end
//! ```
//!
//! Integers are little-endian. A payload is a number of holes (u32), the holes (offset u32, needle u32, length u32, then a bit for each byte whose case differs), and its bytes with
//! zeroes in the holes: where a secret stood. The secret itself is not there; whoever replays supplies it again.

pub(crate) mod player;
mod recorder;
mod seal;

pub use player::{Completed, Divergence, JournalError, Player, Stopped};
pub use recorder::{Ending, Recorder};

/// What a journal begins with.
const MAGIC: &[u8; 8] = b"AMPJRNL2";
/// Most contents of a result that are kept; of larger ones their hash is kept, and who replays brings them.
pub const MAX_KEPT_BYTES: usize = 1 << 20;
/// Largest journal. A run that hears more goes on, and has none.
pub const MAX_JOURNAL_BYTES: usize = 128 << 20;
/// Most characters of a host call that a journal keeps to show it.
const MAX_SHOWN_CHARS: usize = 240;

/// Kinds of records.
mod tag {
    pub(super) const END: u8 = 0;
    pub(super) const HEADER: u8 = 1;
    pub(super) const CLOCK: u8 = 2;
    pub(super) const RANDOM: u8 = 3;
    pub(super) const BEGUN: u8 = 4;
    pub(super) const COMPLETED: u8 = 5;
    pub(super) const STOPPED: u8 = 6;
    pub(super) const ENDED: u8 = 7;
}

/// A host call in one line.
fn shown(call: &str, body: &[u8]) -> String {
    let mut shown: String = call.chars().take(MAX_SHOWN_CHARS).collect();
    if shown.len() < call.len() {
        shown.push('…');
    }
    if !body.is_empty() {
        shown.push_str(&format!(" with {} bytes", body.len()));
    }
    shown
}

#[cfg(test)]
mod tests;
