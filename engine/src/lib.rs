//! Runs one script in one fresh sandbox. Knows no jobs, no queue, no HTTP.
//!
//! An [`Engine`] is made once per process. [`Engine::run`] takes a [`RunRequest`] and the run's capabilities and gives a
//! [`RunReport`](ampoule_protocol::RunReport): the script's outcome, whatever it did, is a value. An [`EngineFault`] is our failure, never the script's.
//!
//! One run, in order, and where to read: [`run`](Engine::run) checks sizes and drives; `sandbox` makes Store and Instance from the embedded
//! `guest`; `image` starts a script that was seen before from its loaded state; `memory` carries messages in and out; `door` answers host calls; `meter` counts fuel and time; `limiter` bounds memory;
//! `operations` waits; `verdict` turns the way it ended into an outcome.

mod capacity;
mod config;
mod door;
mod engine;
mod fault;
mod guest;
mod image;
mod image_cache;
mod image_file;
mod limiter;
mod memory;
mod memory_module;
mod meter;
mod operations;
mod replay;
mod run;
mod sandbox;
mod settings;
mod source_map;
mod tape;
mod verdict;

pub use capacity::{Capacity, ImageCost};
pub use config::EngineConfig;
pub use engine::Engine;
pub use fault::{EngineError, EngineFault};
pub use replay::{Recorded, ReplayError, Replayed};
pub use run::{Mode, RunContext, RunRequest};
pub use source_map::SourceMaps;
pub use tokio_util::sync::CancellationToken;
