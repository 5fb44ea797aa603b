//! What a sandbox costs, measured: one file per question.
//!
//! Most measurements are [`Subject`]s, things that are done again and again and timed; Criterion (`benches/main.rs`) and `ampoule bench` take
//! the same ones. The rest measure themselves into a [`Bench`]. What the names mean, and the caveats, are in this crate's README.
//!
//! | question | file |
//! |---|---|
//! | what does a fresh sandbox cost? | [`sandbox`] |
//! | what does a job cost, by script and by how it was loaded? | [`run`] |
//! | what does a host call cost? | [`host_call`] |
//! | what do capabilities cost? | [`capabilities`] |
//! | how long until a process can run anything? | [`start`] |
//! | how much memory does a live sandbox hold? | [`density`] |
//! | how long after its limit is a script stopped? | [`interrupt`] |
//! | do long scripts starve short ones? | [`preemption`] |
//! | what does a second core give? | [`scale`] |
//! | how fast is JavaScript itself? | [`cpu`] |
//! | does what makes the suite faster make other programs faster too? | [`held_out`] |
//! | how long from a submit to its result? | [`service`] |
//! | how fast is the queue, durably? | [`queue`] |
//! | what does the web's common API cost? | [`web`] |
//! | how do others compare, here and now? | [`peers`] |
//! | did the guest's work change, noise aside? | [`figures`], [`callgrind`] |
//! | where does the guest's time go? | [`profile`] |
//! | what is the guest optimised for? | [`train`] |
//! | does the engine do what ECMA-262 says? | [`test262`] |

#![forbid(unsafe_code)]

mod bench;
pub mod callgrind;
pub mod capabilities;
mod committed;
pub mod contest;
pub mod cpu;
pub mod density;
pub mod figures;
pub mod guests;
pub mod held_out;
pub mod host_call;
mod html;
pub mod interrupt;
mod lab;
pub mod peers;
mod plot;
pub mod preemption;
pub mod profile;
pub mod programs;
pub mod queue;
pub mod report;
pub mod rivals;
pub mod run;
pub mod sandbox;
pub mod scale;
pub mod service;
pub mod start;
mod subject;
mod suite;
pub mod test262;
pub mod train;
pub mod web;

pub use bench::{Bench, Effort, Figure, Progress, Skipped, Unit};
pub use lab::{JOB, JOB_INPUT, Lab, eval, job};
pub use subject::{Clock, Sample, Subject};
pub use suite::Suite;
