//! `differential compare REFERENCE PATCHED SECONDS SEED` generates scripts and asks both programs; `differential answer` is what each of them runs.

mod answer;
mod compare;
mod generate;

use std::{process::ExitCode, time::Duration};

fn main() -> ExitCode {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    match args[..] {
        ["answer"] => answer::serve(answer::Limits::TIGHT),
        ["answer", "--wide"] => answer::serve(answer::Limits::WIDE),
        ["compare", reference, patched, seconds, seed] => {
            let (Ok(seconds), Ok(seed)) = (seconds.parse(), seed.parse()) else { return usage() };
            compare::run(reference, patched, Duration::from_secs(seconds), seed)
        }
        ["show", seed] => {
            let Ok(seed) = seed.parse() else { return usage() };
            println!("{}", generate::Script::new(seed).text());
            ExitCode::SUCCESS
        }
        _ => usage(),
    }
}

fn usage() -> ExitCode {
    eprintln!("usage: differential compare REFERENCE PATCHED SECONDS SEED | differential show SEED | differential answer [--wide]");
    ExitCode::from(2)
}
