//! Asks both programs for the same scripts until the time is over, and makes a script on which they differ small.

use std::{
    io::{BufRead, BufReader, Error, ErrorKind, Read, Result, Write},
    process::{Child, ChildStdin, ChildStdout, Command, ExitCode, Stdio},
    time::{Duration, Instant},
};

use crate::{answer::TOO_SLOW, generate::Script};

/// In place of an answer that took too long; nothing is known of it.
const SLOW: &str = "too slow";

/// Told every so often, so that a log shows progress.
const TELL: Duration = Duration::from_secs(10);

pub(crate) fn run(reference: &str, patched: &str, time: Duration, seed: u64) -> ExitCode {
    let started = Instant::now();
    let mut sides = [Side::new(reference), Side::new(patched)];
    let (mut count, mut told, mut longest, mut malformed) = (0_u64, started, 0, 0_u64);
    while started.elapsed() < time {
        let script = Script::new(seed.wrapping_add(count));
        match ask_both(&mut sides, &script.text()) {
            Ok([reference, patched]) if reference == patched => {
                longest = longest.max(reference.len());
                malformed += u64::from(reference.starts_with("threw SyntaxError"));
            }
            Ok(_) => {
                let small = shrink(script, &mut sides);
                eprintln!("differs: seed {}; made small:\n\n{}", seed.wrapping_add(count), small.statements());
                if let Ok([reference, patched]) = ask_both(&mut sides, &small.text()) {
                    eprintln!("\n-- with the corrections alone\n{reference}\n-- with all patches\n{patched}");
                }
                return ExitCode::FAILURE;
            }
            Err(error) => {
                eprintln!("seed {}: {error}\n\n{}", seed.wrapping_add(count), script.statements());
                return ExitCode::FAILURE;
            }
        }
        count += 1;
        if told.elapsed() > TELL {
            told = Instant::now();
            eprintln!("{count} scripts in {} s", started.elapsed().as_secs());
        }
    }
    println!(
        "{count} generated scripts gave the same in both, from seed {seed} on; the longest log has {longest} bytes, {malformed} did not parse"
    );
    // Scripts that do next to nothing would compare nothing.
    if count > 0 && longest > 1000 && malformed * 50 <= count { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn ask_both(sides: &mut [Side; 2], script: &str) -> Result<[String; 2]> {
    let [reference, patched] = sides;
    // Both compute at the same time.
    reference.send(script)?;
    patched.send(script)?;
    let answers = [reference.receive()?, patched.receive()?];
    Ok(if answers.iter().any(|answer| answer == SLOW) { [SLOW; 2].map(str::to_owned) } else { answers })
}

/// Leaves statements out while the rest still differs.
fn shrink(mut script: Script, sides: &mut [Side; 2]) -> Script {
    let mut chunk = script.len().div_ceil(2).max(1);
    loop {
        let mut at = 0;
        while at < script.len() {
            let smaller = script.without(at, chunk);
            if ask_both(sides, &smaller.text()).is_ok_and(|[reference, patched]| reference != patched) {
                script = smaller;
            } else {
                at += chunk;
            }
        }
        if chunk == 1 {
            return script;
        }
        chunk = chunk.div_ceil(2).min(chunk - 1);
    }
}

/// A program that answers scripts, begun anew when it died.
struct Side {
    program: String,
    process: Option<(Child, ChildStdin, BufReader<ChildStdout>)>,
}

impl Side {
    fn new(program: &str) -> Self {
        Self { program: program.to_owned(), process: None }
    }

    fn send(&mut self, script: &str) -> Result<()> {
        if self.process.is_none() {
            let mut child = Command::new(&self.program).arg("answer").stdin(Stdio::piped()).stdout(Stdio::piped()).spawn()?;
            let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else { return Err(ErrorKind::BrokenPipe.into()) };
            self.process = Some((child, input, BufReader::new(output)));
        }
        let Some((_, input, _)) = &mut self.process else { return Err(ErrorKind::BrokenPipe.into()) };
        write!(input, "{}\n{script}", script.len())?;
        input.flush()
    }

    fn receive(&mut self) -> Result<String> {
        let Some((_, _, output)) = &mut self.process else { return Err(ErrorKind::BrokenPipe.into()) };
        let mut line = String::new();
        if output.read_line(&mut line)? == 0 {
            // The other side tells apart: a script on which both die is no difference.
            let slow = self.stop() == Some(TOO_SLOW);
            return Ok(if slow { SLOW } else { "died" }.to_owned());
        }
        let mut answer = vec![0; line.trim().parse().map_err(Error::other)?];
        output.read_exact(&mut answer)?;
        String::from_utf8(answer).map_err(Error::other)
    }

    /// Gives the exit code.
    fn stop(&mut self) -> Option<i32> {
        let (mut child, input, _) = self.process.take()?;
        drop(input);
        child.wait().ok()?.code()
    }
}

impl Drop for Side {
    fn drop(&mut self) {
        self.stop();
    }
}
