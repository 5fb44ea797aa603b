//! A whole install from one manifest: charts, policies and monitoring.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ampoule_charts::{Plan, lock, render};
use anyhow::{Context as _, Result, bail};

use crate::exit::Exit;

#[derive(clap::Args)]
pub(crate) struct Args {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand)]
enum Command {
    /// Write everything that a manifest describes.
    Render {
        /// The manifest: YAML.
        manifest: PathBuf,
        /// An empty folder, or one that was rendered before.
        #[arg(long, value_name = "DIR")]
        out: PathBuf,
    },
    /// Say what is wrong with a manifest, and which rendered files are not what it says.
    Check {
        /// The manifest: YAML.
        manifest: PathBuf,
        /// The rendered folder [default: ../golden/NAME beside the manifest's folder].
        #[arg(long, value_name = "DIR")]
        out: Option<PathBuf>,
    },
    /// Print the JSON Schema of manifests.
    Schema,
}

/// Exits with 2 when the manifest is wrong or what was rendered has drifted.
pub(crate) fn platform(args: Args) -> Result<Exit> {
    match args.command {
        Command::Render { manifest, out } => {
            let Some(plan) = read(&manifest)? else { return Ok(Exit::Usage) };
            let files = render(&plan);
            lock::write(&out, &files)?;
            println!("rendered {} files to {}", files.len(), out.display());
        }
        Command::Check { manifest, out } => {
            let Some(plan) = read(&manifest)? else { return Ok(Exit::Usage) };
            let out = out.unwrap_or_else(|| beside(&manifest, &plan.install.name));
            return check(&plan, &out);
        }
        Command::Schema => println!("{:#}", ampoule_charts::schema()),
    }
    Ok(Exit::Done)
}

fn check(plan: &Plan, out: &Path) -> Result<Exit> {
    if !out.is_dir() {
        bail!("the manifest is right, but {} is no folder: render it there, or name the rendered folder with --out", out.display());
    }
    let files = render(plan);
    let drift = lock::drift(out, &files)?;
    for drift in &drift {
        println!("{drift}");
    }
    if drift.is_empty() {
        println!("{} files in {} are what the manifest says", files.len(), out.display());
        return Ok(Exit::Done);
    }
    Ok(Exit::Usage)
}

/// The plan; or nothing, when all that is wrong was printed.
fn read(manifest: &Path) -> Result<Option<Plan>> {
    let named = manifest.display().to_string();
    let text = fs::read_to_string(manifest).with_context(|| format!("cannot read {named}"))?;
    match ampoule_charts::read(&named, &text) {
        Ok(plan) => Ok(Some(plan)),
        Err(problems) => {
            eprintln!("{problems}");
            Ok(None)
        }
    }
}

/// Where what is rendered of a manifest is kept by convention: `platforms/NAME.yaml` and `golden/NAME`.
fn beside(manifest: &Path, name: &str) -> PathBuf {
    let folder = manifest.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    folder.join("../golden").join(name)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use clap::CommandFactory as _;

    /// The chart starts commands that are there, with flags and variables that they take.
    #[test]
    fn the_chart_knows_the_command_line() {
        let manifest = Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts/platforms/ampoule.yaml");
        let plan = super::read(&manifest).unwrap().expect("the manifest is right");
        let ampoule = crate::Cli::command();
        assert!(plan.workloads.len() >= 3);
        for workload in &plan.workloads {
            let [program, name, arguments @ ..] = &workload.command[..] else { panic!("{:?}", workload.command) };
            assert_eq!(program, ampoule.get_name());
            let command = ampoule.find_subcommand(name).unwrap_or_else(|| panic!("there is no `ampoule {name}`"));
            let flags: Vec<_> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
            for flag in arguments.iter().filter_map(|argument| argument.strip_prefix("--")) {
                assert!(flags.contains(&flag), "`ampoule {name}` has no --{flag}");
            }
            let variables: Vec<_> = command.get_arguments().filter_map(clap::Arg::get_env).collect();
            for (variable, _) in workload.env.iter().filter(|(variable, _)| !variable.ends_with("_KEY_FILE")) {
                assert!(variables.contains(&variable.as_ref()), "`ampoule {name}` does not read {variable}");
            }
        }
    }
}
