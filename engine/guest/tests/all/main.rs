//! The guest as the host sees it, run natively.

mod host;
mod modules;
mod scripts;
mod web;
