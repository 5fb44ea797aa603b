//! The guest as the host sees it, run natively.

mod host;
mod scripts;
mod web;
