//! The binary as its users run it: real processes, real HTTP, real signals.

mod api;
mod arrows;
mod cancel;
mod capabilities;
mod cli;
mod crash;
mod determinism;
mod drain;
mod examples;
mod keys;
mod lifecycle;
mod memory;
mod neighbours;
mod platform;
mod submit;
mod support;
mod workers;
