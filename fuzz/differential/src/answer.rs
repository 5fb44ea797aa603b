//! Evaluates scripts from the standard input, each preceded by a line with its length, and answers the same way.

use std::{
    io::{BufRead, Read, Write, stdin, stdout},
    panic::catch_unwind,
    process::ExitCode,
    sync::mpsc::{self, RecvTimeoutError},
    time::Duration,
};

use boa_engine::{Context, JsError, JsValue, Source, js_string};

/// Where scripts are stopped: rounds of all loops, and calls under way.
#[derive(Clone, Copy)]
pub(crate) struct Limits(u64, usize);

impl Limits {
    /// For generated scripts. Both sides stop at the same point, before natural limits that the patches move.
    pub(crate) const TIGHT: Self = Self(20_000, 150);
    /// For scripts known to end: as in the sandbox.
    pub(crate) const WIDE: Self = Self(u64::MAX, 2_000);
}

/// Debug assertions make for large frames.
const STACK_BYTES: usize = 256 << 20;

/// A script that takes longer is compared no further: what is slow is seldom wrong. Built-ins over lengths of 2**32 need it.
const PATIENCE: Duration = Duration::from_secs(5);
/// How a process ends that lost its patience.
pub(crate) const TOO_SLOW: i32 = 3;

pub(crate) fn serve(limits: Limits) -> ExitCode {
    let served = std::thread::Builder::new().stack_size(STACK_BYTES).spawn(move || answer_all(limits)).map(std::thread::JoinHandle::join);
    match served {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        other => {
            eprintln!("differential answer: {other:?}");
            ExitCode::FAILURE
        }
    }
}

fn answer_all(limits: Limits) -> std::io::Result<()> {
    let (mut input, mut output) = (stdin().lock(), stdout().lock());
    let mut line = String::new();
    let (begun, begins) = mpsc::channel::<bool>();
    std::thread::spawn(move || {
        let mut running = false;
        loop {
            match if running { begins.recv_timeout(PATIENCE) } else { begins.recv().map_err(|_| RecvTimeoutError::Disconnected) } {
                Ok(now) => running = now,
                Err(RecvTimeoutError::Timeout) => std::process::exit(TOO_SLOW),
                Err(RecvTimeoutError::Disconnected) => return,
            }
        }
    });
    while {
        line.clear();
        input.read_line(&mut line)?
    } > 0
    {
        let length = line.trim().parse().map_err(std::io::Error::other)?;
        let mut script = vec![0; length];
        input.read_exact(&mut script)?;
        let _ = begun.send(true);
        let answer = catch_unwind(|| evaluate(&script, limits)).unwrap_or_else(|_| "panicked".to_owned());
        let _ = begun.send(false);
        write!(output, "{}\n{answer}", answer.len())?;
        output.flush()?;
    }
    Ok(())
}

/// What the script logged, what it threw, and what was left in `log` after its microtasks.
fn evaluate(script: &[u8], Limits(loops, depth): Limits) -> String {
    let mut context = Context::default();
    context.runtime_limits_mut().set_loop_iteration_limit(loops);
    context.runtime_limits_mut().set_recursion_limit(depth);
    let ended = context.eval(Source::from_bytes(script)).and_then(|_| context.run_jobs());
    let mut answer = match ended {
        Ok(()) => String::new(),
        Err(error) => format!("threw {}\n", describe(&error, &mut context)),
    };
    // The limit of loops would stop a long join.
    context.runtime_limits_mut().set_loop_iteration_limit(u64::MAX);
    let log = context.eval(Source::from_bytes("log.join('\\n')"));
    answer += &match log {
        Ok(log) => text(&log, &mut context),
        Err(error) => format!("no log: {}", describe(&error, &mut context)),
    };
    answer
}

fn describe(error: &JsError, context: &mut Context) -> String {
    let Ok(thrown) = error.clone().into_opaque(context) else { return format!("uncatchable: {error}") };
    let Some(object) = thrown.as_object() else { return text(&thrown, context) };
    let mut part = |name| object.get(name, context).map_or_else(|_| "?".to_owned(), |value| text(&value, context));
    let name = part(js_string!("name"));
    format!("{name}: {}", part(js_string!("message")))
}

fn text(value: &JsValue, context: &mut Context) -> String {
    value.to_string(context).map_or_else(|_| "?".to_owned(), |text| text.to_std_string_escaped())
}
