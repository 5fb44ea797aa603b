//! What is published, and what jobs take of it.
//!
//! `publish` checks what somebody publishes and compiles it; `resolve` pins a job to versions when it is stored, so that it runs exactly
//! those whatever is published later; `imports` finds the libraries that sources name.

mod imports;
mod publish;
mod resolve;

pub use self::resolve::Sources;
pub(crate) use self::{
    imports::{mapped, specifiers},
    publish::{PublishError, new_version},
    resolve::{ResolveError, Resolver},
};
