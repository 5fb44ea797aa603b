//! Others that run the programs of `cpu` in the same minute: who they are, and how they are built on the spot.

use std::{fmt, str::FromStr, time::Duration};

use anyhow::Result;

use crate::{Bench, programs::Program};

mod native_boa;
mod quickjs;
mod unpatched;

pub use native_boa::program as native_boa;
pub(crate) use unpatched::run_in;

/// Somebody to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rival {
    /// QuickJS in Wasm, in the same Wasmtime, under Wasmtime's fuel.
    QuickJs,
    /// Boa as published, native code.
    NativeBoa,
    /// Boa as published in our guest, metered as ours is.
    Unpatched,
}

impl Rival {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::QuickJs, Self::NativeBoa, Self::Unpatched];

    /// The name on the command line and in figures.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::QuickJs => "quickjs",
            Self::NativeBoa => "native",
            Self::Unpatched => "unpatched",
        }
    }

    /// Builds it, if that was not done before, and starts it.
    pub(crate) fn start(self, bench: &Bench<'_>) -> Result<Box<dyn Contestant>> {
        Ok(match self {
            Self::QuickJs => Box::new(quickjs::QuickJs::build(&bench.peers_dir)?),
            Self::NativeBoa => Box::new(native_boa::NativeBoa::build(&bench.peers_dir)?),
            Self::Unpatched => Box::new(unpatched::Unpatched::build(&bench.peers_dir)?),
        })
    }
}

impl fmt::Display for Rival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Rival {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|rival| rival.as_str() == name).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|rival| rival.as_str()).collect();
            format!("nobody of that name to compare with; there are: {}", known.join(", "))
        })
    }
}

/// Runs programs, each in something fresh.
pub(crate) trait Contestant {
    /// What exactly it is, for reports.
    fn version(&self) -> String;

    /// One run from source to result: the thread's CPU time, and the returned JSON.
    fn run(&mut self, program: &Program, small: bool) -> Result<(Duration, String)>;
}
