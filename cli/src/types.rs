//! `ampoule types`: what a script can see, for its author's editor.

use std::{fs, path::PathBuf};

use ampoule_typescript::DECLARATIONS;
use anyhow::Context as _;

use crate::exit::Exit;

/// Print the TypeScript declarations of everything that a script can see.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// Write them to this file instead of standard output.
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

pub(crate) fn types(args: &Args) -> anyhow::Result<Exit> {
    match &args.output {
        Some(file) => fs::write(file, DECLARATIONS).with_context(|| format!("failed to write {}", file.display()))?,
        None => print!("{DECLARATIONS}"),
    }
    Ok(Exit::Done)
}
