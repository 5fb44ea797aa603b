//! What a script may be allowed to do, one file per capability, tested without any Wasm.
//!
//! [`Capabilities`] is the inventory: what one run holds. The engine hands every request of the guest to the field it belongs to.
//! A capability bounds all that a script can make it keep or do, and knows nothing of the engine, of jobs or of HTTP.

#![forbid(unsafe_code)]

mod backing;
mod blob;
mod call;
mod clock;
mod console;
mod dir;
mod granted;
mod http;
mod jobs;
pub mod journal;
mod kv;
mod ledger;
mod mask;
mod pace;
mod random;
mod secrets;
mod timer;

pub use backing::{Backed, Backing, BackingError};
pub use blob::{
    BlobStore, BlobStoreError, MAX_BLOB_CALL_BYTES, MAX_BLOB_KEY_BYTES, MAX_BLOB_PART_NAME_BYTES, MAX_BLOB_WRITTEN, MAX_BLOBS_LISTED,
    MAX_BLOBS_WRITTEN, MAX_UPLOADS,
};
pub use call::{Answer, Body, Called, Calling, Failure, MAX_ARGS_BYTES, NOT_GRANTED};
pub use clock::Clock;
pub use console::{Console, MAX_MESSAGE_BYTES};
pub use dir::{Folder, MAX_FILE_BYTES, MAX_LISTED, MAX_PATH_BYTES, MAX_PATH_DEPTH, NEW_FILES, WRITE_BYTES};
pub use granted::{Granted, Resources};
pub use http::{
    CONNECT_TIMEOUT, MAX_CONNECTIONS, MAX_PROCESS_CONNECTIONS, MAX_RECEIVED_BYTES, MAX_REDIRECTS, MAX_REQUEST_BYTES, MAX_WAITING_BYTES,
    Network, Opened, Resolve, SILENCE_TIMEOUT, SystemResolver,
};
pub use kv::{LocalKv, LocalKvError};
pub use pace::MAX_WAITING_CONTENTS;
pub use random::{NoEntropy, Random};
pub use secrets::{MAX_SECRET_BYTES, MIN_SECRET_BYTES, SecretError, Secrets};
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
    /// All that needs a grant.
    pub granted: Granted,
}

impl Capabilities {
    /// What every run has, and what this one was granted. The console hides the granted secrets from here on.
    pub fn new(mut console: Console, clock: Clock, random: Random, granted: Granted) -> Self {
        console.hide(granted.masker());
        Self { console, clock, random, timer: Timer, granted }
    }
}
