//! TypeScript to JavaScript, and what a source imports.
//!
//! Types are stripped, not checked; what TypeScript adds to JavaScript beyond types (enums, namespaces, parameter properties) is
//! compiled. The outcome carries a source map in its last line, from which stacks get the author's own lines. Runs on
//! [oxc](https://oxc.rs), natively: give it what a stranger wrote only where it may fail, which is what [`request`] is for.

#![forbid(unsafe_code)]

mod compile;
mod declarations;
mod error;
mod imports;
pub mod request;
mod script;

pub use compile::compile;
pub use declarations::DECLARATIONS;
pub use error::SourceError;
pub use imports::{Import, imports};
pub use script::{compile_library, compile_script, is_typescript, is_typescript_library};

/// Stack of the thread that parses: its recursion goes as deep as the source nests. Enough for a hundred thousand parentheses;
/// memory that is not reached is never used.
const STACK_BYTES: usize = 512 << 20;

/// Runs work that recurses as deep as a source nests. Where that is deeper than the stack, the process ends.
fn deep<T: Send>(work: impl FnOnce() -> T + Send) -> T {
    std::thread::scope(|scope| {
        let thread = std::thread::Builder::new().name("typescript".into()).stack_size(STACK_BYTES).spawn_scoped(scope, work);
        let thread = thread.expect("a thread can be started");
        thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic))
    })
}
