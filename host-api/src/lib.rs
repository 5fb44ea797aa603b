//! What a script may be allowed to do, one file per capability, tested without any Wasm.
//!
//! [`Capabilities`] is the inventory: what one run holds. The engine hands every request of the guest to the field it belongs to.
//! A capability bounds all that a script can make it keep or do, and knows nothing of the engine, of jobs or of HTTP.

#![forbid(unsafe_code)]

mod clock;
mod console;
mod random;
mod timer;

pub use clock::Clock;
pub use console::{Console, MAX_MESSAGE_BYTES};
pub use random::{NoEntropy, Random};
pub use timer::{MAX_SLEEP, Timer, TimerError};

/// The powers of one run.
#[derive(Debug)]
pub struct Capabilities {
    /// Keeps what the script logs.
    pub console: Console,
    /// Tells the time.
    pub clock: Clock,
    /// Draws random bits.
    pub random: Random,
    /// Lets time pass.
    pub timer: Timer,
}
