//! A host with a clock of its own, that completes sleeps in the order of their ends.

use std::{cell::RefCell, rc::Rc};

use ampoule_abi::{Completed, Import, Library, LoadRequest, Mode, Module, Op, Operation, ResumeRequest, RunRequest};
use ampoule_guest::{
    door,
    run::{Answer, Guest},
};

/// When the host's clock starts: 2024-02-29T12:00:00.000Z.
const START_MS: f64 = 1_709_208_000_000.0;
/// A script that sleeps more often is stuck.
const MAX_SLEEPS: usize = 1_000;
pub(crate) const LEVELS: [&str; 5] = ["debug", "log", "info", "warn", "error"];

/// What the host has seen.
#[derive(Default)]
pub(crate) struct Seen {
    pub(crate) logs: Vec<(u8, String)>,
    pub(crate) calls: Vec<Op>,
    now_ms: f64,
    last_id: u32,
    sleeps: Vec<(f64, u32)>,
}

/// A job.
#[derive(Clone, Copy)]
pub(crate) struct Job<'a> {
    pub(crate) mode: Mode,
    pub(crate) source: &'a str,
    pub(crate) libraries: &'a [(&'a str, &'a str)],
    /// Whose, path, source.
    pub(crate) modules: &'a [[&'a str; 3]],
    /// Whose, name, target.
    pub(crate) imports: &'a [[&'a str; 3]],
    pub(crate) entry: &'a str,
    pub(crate) input: &'a str,
}

impl Default for Job<'_> {
    fn default() -> Self {
        Self { mode: Mode::Entry, source: "", libraries: &[], modules: &[], imports: &[], entry: "", input: "null" }
    }
}

/// What became of it.
pub(crate) struct Report {
    pub(crate) answer: Answer,
    pub(crate) seen: Rc<RefCell<Seen>>,
}

/// Answers this thread's host calls, and tells what was called.
pub(crate) fn open() -> Rc<RefCell<Seen>> {
    let seen = Rc::new(RefCell::new(Seen { now_ms: START_MS, ..Seen::default() }));
    let host = Rc::clone(&seen);
    let mut random = 0;
    door::mock(move |op, payload| {
        let mut seen = host.borrow_mut();
        seen.calls.push(op);
        match op {
            Op::Log => seen.logs.push((payload[0], String::from_utf8(payload[1..].to_vec()).unwrap())),
            Op::Clock => {
                // Time goes on, but only a host call shows it.
                seen.now_ms += 0.25;
                return seen.now_ms.to_bits();
            }
            Op::Random => {
                random += 1;
                return random;
            }
            Op::Start => {
                let Operation::Sleep { ms } = Operation::decode(payload).unwrap() else {
                    unreachable!("no script of these tests looks at its signal")
                };
                seen.last_id += 1;
                let sleep = (seen.now_ms + ms, seen.last_id);
                seen.sleeps.push(sleep);
                return u64::from(seen.last_id);
            }
            Op::Abandon => seen.sleeps.retain(|(_, id)| id.to_le_bytes() != payload),
            Op::Panic => unreachable!("a panic unwinds natively"),
            Op::Call | Op::ReadEnv => unreachable!("no script of these tests has a capability"),
            Op::Fuel => unreachable!("only metered code asks for fuel"),
        }
        0
    });
    seen
}

/// Runs a job to its end.
pub(crate) fn run(job: Job<'_>) -> Report {
    let seen = open();
    let mut guest = Guest::warmed();
    assert!(seen.borrow().calls.is_empty(), "pre-initialisation asked the host: {:?}", seen.borrow().calls);
    let libraries = job.libraries.iter().map(|(name, source)| Library { name, source }).collect();
    let modules = job.modules.iter().map(|[of, path, source]| Module { of, path, source }).collect();
    let imports = job.imports.iter().map(|[of, name, target]| Import { of, name, target }).collect();
    let load = LoadRequest { mode: job.mode, name: "script.js", source: job.source, libraries, modules, imports };
    let mut answer = guest.load(&load);
    answer = sleep(answer, &mut guest, &seen);
    if matches!(answer, Answer::Loaded) {
        let context = r#"{"jobId":"0190","attempt":1,"script":"script.js","context":{"tenant":"t"}}"#;
        answer = guest.run(&RunRequest { entry: job.entry, input: job.input, context });
        answer = sleep(answer, &mut guest, &seen);
    }
    Report { answer, seen }
}

fn sleep(mut answer: Answer, guest: &mut Guest, seen: &RefCell<Seen>) -> Answer {
    for _ in 0..MAX_SLEEPS {
        let Answer::Pending(pending) = answer else { return answer };
        let mut host = seen.borrow_mut();
        assert_eq!(pending as usize, host.sleeps.len(), "operations under way");
        host.sleeps.sort_by(|a, b| a.partial_cmp(b).unwrap());
        let (end, id) = host.sleeps.remove(0);
        host.now_ms = end;
        drop(host);
        answer = guest.resume(&ResumeRequest { completed: vec![Completed { id, failed: false, result: &[], rest: &[] }] });
    }
    panic!("still asleep");
}

impl Report {
    /// The answer in one line (a stack on further lines), then what was logged.
    pub(crate) fn text(&self) -> String {
        let mut text = match &self.answer {
            Answer::Loaded => "loaded".to_owned(),
            Answer::Returned(json) => format!("returned {json}"),
            Answer::Threw(thrown) => format!("threw {}: {}\n{}", thrown.name, thrown.message, thrown.stack).trim_end().to_owned(),
            Answer::Pending(pending) => format!("pending {pending}"),
            Answer::StackExhausted(_) => "stack exhausted".to_owned(),
        };
        for (level, message) in &self.seen.borrow().logs {
            text += &format!("\n[{}] {message}", LEVELS[usize::from(*level)]);
        }
        text
    }
}
