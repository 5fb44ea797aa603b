//! What host and guest say to each other.
//!
//! The guest imports one function, [`IMPORT_MODULE`]`.`[`IMPORT_NAME`]`(op, ptr, len) -> u64`: a **host call**. The host calls the guest's exports
//! `alloc(len) -> ptr` (a buffer for a request that the mailbox is too small for), then `load`, `run` or `resume` with `(ptr, len)` of that buffer; each answers
//! `ptr << 32 | len` of a [`Reply`], which stays valid until the next call. Before `resume` the host may call `contents(len) -> ptr` for large contents of
//! results: buffers that become the script's own, so that contents are copied once.
//!
//! ```text
//! load(LoadRequest)  -> Loaded | Threw | Pending | StackExhausted
//! run(RunRequest)    -> Returned | Threw | Pending | StackExhausted
//! resume(ResumeRequest) -> what the interrupted load or run would have answered
//! ```
//!
//! **Waiting is returning.** `Pending` means: nothing is left to do until one of the operations that the guest began with
//! [`Op::Start`] completes. No Wasm frame is on the stack then; the sandbox is plain data. The host answers with `resume`.
//!
//! All integers are little-endian; a field is its length as `u32`, then its bytes.

#![forbid(unsafe_code)]

mod call;
mod codec;
mod message;
mod resolve;

pub use call::{BESIDE_BYTES, CallAnswer, CallRequest, Contents, beside};
pub use codec::{Malformed, Reader, Writer};
pub use message::{Completed, Ending, Import, Library, LoadRequest, Mode, Module, Operation, Reply, ResumeRequest, RunRequest};
pub use resolve::{Target, Unresolved, resolve, typescript_path};

/// Module name of the guest's only function import.
pub const IMPORT_MODULE: &str = "ampoule";
/// Name of the guest's only function import.
pub const IMPORT_NAME: &str = "host_call";

/// Module and name under which the guest's code imports its memory once the two are separate modules; the memory's module exports it
/// under the same name.
pub const MEMORY_IMPORT: (&str, &str) = ("ampoule", "memory");

/// Name of the guest's constant `i32` global that holds the address of its mailbox: a buffer for requests of up to [`MAILBOX_BYTES`], which saves
/// the call of `alloc`.
pub const MAILBOX_EXPORT: &str = "MAILBOX";
/// Size of the guest's mailbox. Most requests are a script of a few hundred lines or an input of a few KiB.
pub const MAILBOX_BYTES: usize = 32 << 10;

/// Name of the guest's mutable `i64` global that holds what is left of its slice of fuel.
pub const FUEL_EXPORT: &str = "fuel";

/// What a host call asks for: its first argument.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u32)]
pub enum Op {
    /// A console message: one byte level ([`LOG_LEVELS`]), then UTF-8 text. Answers 0.
    Log = 1,
    /// Milliseconds since the Unix epoch, as the bits of an `f64`. No payload. The guest keeps the answer until its next
    /// host call or resume: time stands still in between.
    Clock = 2,
    /// 64 random bits. No payload.
    Random = 3,
    /// Begins an [`Operation`]; answers its id, never 0.
    Start = 4,
    /// Abandons the operation with the id in the payload (`u32`): its completion must not be delivered. Answers 0.
    Abandon = 5,
    /// The guest's panic message, said just before it traps. Answers 0.
    Panic = 6,
    /// A slice of fuel is used up: another one is wanted. Called by the metering that the build adds to the guest's code, never by the guest itself.
    /// Others may run before it answers. Answers 0.
    Fuel = 7,
    /// Begins a call of a capability, a [`CallRequest`]; answers its operation's id, never 0.
    Call = 8,
    /// The script read a setting; the payload is its name. Answers 0.
    ReadEnv = 9,
}

/// Number of log levels: a level on the wire is below this. Order: debug, log, info, warn, error.
pub const LOG_LEVELS: u8 = 5;

impl Op {
    /// The operation with that number.
    pub const fn from_u32(op: u32) -> Option<Self> {
        Some(match op {
            1 => Self::Log,
            2 => Self::Clock,
            3 => Self::Random,
            4 => Self::Start,
            5 => Self::Abandon,
            6 => Self::Panic,
            7 => Self::Fuel,
            8 => Self::Call,
            9 => Self::ReadEnv,
            _ => return None,
        })
    }
}

/// Packs a guest buffer's address and length into one result.
pub const fn pack(ptr: u32, len: u32) -> u64 {
    (ptr as u64) << 32 | len as u64
}

/// Address and length out of one result.
pub const fn unpack(packed: u64) -> (u32, u32) {
    ((packed >> 32) as u32, packed as u32)
}
