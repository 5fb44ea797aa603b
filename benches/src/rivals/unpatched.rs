//! Our guest with Boa as published, metered as ours is: what the patches give is between it and us.

use std::{path::Path, time::Duration};

use ampoule_protocol::Outcome;
use anyhow::{Result, bail};
use cpu_time::ThreadTime;

use super::Contestant;
use crate::{
    Lab,
    guests::{self, Variant},
    programs::Program,
};

pub(super) struct Unpatched {
    lab: Lab,
}

impl Unpatched {
    pub(super) fn build(peers_dir: &Path) -> Result<Self> {
        let folder = guests::build(Variant::Unpatched, peers_dir)?;
        Ok(Self { lab: Lab::of_build(&folder)? })
    }
}

impl Contestant for Unpatched {
    fn version(&self) -> String {
        "our guest without patches, metered the same way".to_owned()
    }

    fn run(&mut self, program: &Program, small: bool) -> Result<(Duration, String)> {
        run_in(&self.lab, program, small)
    }
}

/// One run in a lab that must return.
pub(crate) fn run_in(lab: &Lab, program: &Program, small: bool) -> Result<(Duration, String)> {
    let request = program.request(small);
    let started = ThreadTime::now();
    let report = lab.returns(&request)?;
    let time = started.elapsed();
    match report.outcome {
        Outcome::Returned { value } => Ok((time, value.as_str().to_owned())),
        other => bail!("it ends with {other:?}"),
    }
}
