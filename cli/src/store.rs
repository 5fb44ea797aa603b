//! `ampoule store`: copies of a store, and whether one is whole.

use std::path::PathBuf;

use ampoule_manager::{
    StoreUrl,
    queue::copies::{self, OnProgress, Progress, Verified},
};
use anyhow::{Result, anyhow};

use crate::{
    exit::{Exit, Ours},
    serve::STORE_FILE,
    waiting::Waiting,
};

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    verb: Verb,
}

#[derive(clap::Subcommand)]
enum Verb {
    /// Copy an SQLite store into one file, as it is at this moment and verified; a manager may work on it meanwhile.
    Backup(CopyArgs),
    /// Make a store from such a copy. What it replaces is kept beside it; no manager may run on that.
    Restore(CopyArgs),
    /// Look whether a store or a copy is whole, without changing it; a manager may work on it meanwhile.
    Verify(VerifyArgs),
}

#[derive(clap::Args)]
struct CopyArgs {
    /// The copy.
    file: PathBuf,
    /// Write over what is there already: the copy for `backup`, the store for `restore`.
    #[arg(long)]
    overwrite: bool,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    output: Output,
}

#[derive(clap::Args)]
struct VerifyArgs {
    /// A copy; without it, the store.
    file: Option<PathBuf>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    output: Output,
}

/// Which store.
#[derive(clap::Args)]
struct Place {
    /// The data folder of `ampoule serve`.
    #[arg(long, env = "AMPOULE_DATA", value_name = "DIR", default_value = "ampoule-data")]
    data: PathBuf,
    /// Another store than the one in the data folder: sqlite:PATH or, for `verify`, postgres://USER@HOST/DATABASE.
    #[arg(long, env = "AMPOULE_STORE", value_name = "URL", hide_env_values = true)]
    store: Option<StoreUrl>,
}

impl Place {
    fn url(self) -> StoreUrl {
        self.store.unwrap_or_else(|| StoreUrl::Sqlite(self.data.join(STORE_FILE)))
    }
}

#[derive(clap::Args)]
struct Output {
    /// Print JSON.
    #[arg(long)]
    json: bool,
}

impl Output {
    fn print(&self, what: &impl serde::Serialize, said: &str) -> Result<()> {
        if self.json {
            println!("{}", serde_json::to_string(what)?)
        } else {
            println!("{said}")
        }
        Ok(())
    }
}

pub(crate) async fn store(args: Args) -> Result<Exit> {
    match args.verb {
        Verb::Backup(CopyArgs { file, overwrite, place, output }) => {
            let store = place.url();
            let found = copies::backup(&store, file.clone(), overwrite, bar()).await?;
            output.print(&found, &format!("{} has {store}: {}", file.display(), told(&found)))?;
        }
        Verb::Restore(CopyArgs { file, overwrite, place, output }) => {
            let store = place.url();
            let made = copies::restore(file.clone(), &store, overwrite, bar()).await?;
            let kept = made.replaced.as_ref().map(|kept| format!("; what was there is {}", kept.display())).unwrap_or_default();
            let released = format!("{} that ran wait again", made.released);
            output.print(&made, &format!("{store} is made from {}: {}; {released}{kept}", file.display(), told(&made.store)))?;
        }
        Verb::Verify(VerifyArgs { file, place, output }) => {
            let store = file.map_or_else(|| place.url(), StoreUrl::Sqlite);
            let found = copies::verify(&store, bar()).await?;
            let verdict = if found.problems.is_empty() { "is whole" } else { "is not whole" };
            output.print(&found, &format!("{store} {verdict}: {}", told(&found)))?;
            if !found.problems.is_empty() {
                return Err(Ours(anyhow!("{store} is not whole:\n  {}", found.problems.join("\n  "))).into());
            }
        }
    }
    Ok(Exit::Done)
}

fn told(found: &Verified) -> String {
    let Verified { schema, known_schema, jobs, waiting, running, .. } = found;
    if schema < known_schema {
        format!("schema {schema}, which the next start brings to {known_schema}; only the file itself was looked at")
    } else {
        format!("schema {schema}, {jobs} jobs, {waiting} waiting, {running} running")
    }
}

/// Progress on standard error, where that is a terminal.
fn bar() -> OnProgress {
    let bar = Waiting::with_bar();
    Box::new(move |Progress { step, done, total }| bar.at(step, done, total))
}
