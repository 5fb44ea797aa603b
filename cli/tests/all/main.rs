//! The binary as its users run it: real processes, real HTTP, real signals.

mod api;
mod arrows;
mod cancel;
mod capabilities;
mod cli;
mod crash;
mod declared;
mod determinism;
mod docs;
mod drain;
mod examples;
mod https;
mod keys;
mod lifecycle;
mod logs;
mod memory;
mod modules;
mod neighbours;
mod platform;
mod platform_scripts;
mod scripts;
mod submit;
mod support;
mod types;
mod typescript;
mod workers;
