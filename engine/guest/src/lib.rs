//! The program inside the sandbox: Boa, and what connects it to the host.
//!
//! It speaks `ampoule_abi`: one import, the exports `alloc`, `contents`, `load`, `run` and `resume`, and `wizer-initialize`, which builds
//! the realm once, at build time. Start reading at [`run`], which is the guest's whole life; [`door`] is where it meets the
//! host, and holds the only unsafe code.
//!
//! Compiled for `wasm32-unknown-unknown` with
//!
//! ```text
//! --cfg getrandom_backend="custom"
//! -C link-arg=-zstack-size=4325376        deep recursion in the interpreter's own Rust code
//! -C link-arg=--stack-first               so that its overflow traps instead of corrupting data
//! -C link-arg=--export=MAILBOX            where the host puts requests
//! -C link-arg=--export=__stack_pointer    the host's pre-initialisation saves and splits the globals
//! -C target-feature=+bulk-memory,+simd128,+sign-ext,+nontrapping-fptoint,+mutable-globals,+multivalue,+reference-types
//! ```
//!
//! Nothing that differs from run to run is asked of the host before `load`: time ([`clock`]) and randomness ([`random`]) are
//! asked for when first used. Boa hashes with `rustc-hash`, which has no seed; the standard library's `HashMap` has no entropy on
//! this target and takes its seed from addresses, which are the same in every run of the same script.

mod capabilities;
mod clock;
mod console;
mod ctx;
pub mod door;
mod entry;
mod errors;
#[cfg(target_arch = "wasm32")]
mod heap;
mod input;
mod microtasks;
mod modules;
mod operations;
mod output;
mod quote;
mod random;
mod realm;
pub mod run;
mod signal;
mod source;
mod timers;
mod web;

pub use errors::Thrown;
