//! What tests and benches start beside us, and break on purpose. Nothing of it is in what users run.
//!
//! | what | file |
//! |---|---|
//! | a PostgreSQL server that can be killed and stopped | [`postgres`] |
//! | connections that can be cut and slowed down | [`proxy`] |
//! | a disk that can be filled | [`disk`] |

#![forbid(unsafe_code)]

pub mod disk;
mod port;
pub mod postgres;
pub mod proxy;
