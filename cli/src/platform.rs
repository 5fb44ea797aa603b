//! A whole install from one manifest: charts, policies, cloud access, monitoring, runbooks.

use std::{
    fs,
    path::{Path, PathBuf},
};

use ampoule_charts::{Files, Plan, diff, lock, render, svg};
use anyhow::{Context as _, Result, bail};

use crate::{exit::Exit, preflight};

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
    /// Say how two platforms differ, object by object. Each is a manifest or a rendered folder.
    Diff {
        /// As it was.
        before: PathBuf,
        /// As it is.
        after: PathBuf,
    },
    /// Draw the connections, or answer: may A reach B, and by which rule?
    Explain {
        /// The manifest: YAML.
        manifest: PathBuf,
        /// Who dials.
        #[arg(requires = "to")]
        from: Option<String>,
        /// Who is dialled.
        to: Option<String>,
        /// Write the graph of connections to this file.
        #[arg(long, value_name = "FILE")]
        svg: Option<PathBuf>,
    },
    /// Ask a live place whether the platform can stand there: DNS, ports, TLS, cluster.
    Preflight(preflight::Args),
    /// Print the JSON Schema of manifests.
    Schema,
}

/// Exits with 2 when the manifest is wrong, what was rendered has drifted, or a live place does not fit.
pub(crate) async fn platform(args: Args) -> Result<Exit> {
    match args.command {
        Command::Render { manifest, out } => {
            let Some(plan) = read(&manifest)? else { return Ok(Exit::Usage) };
            tell_lints(&manifest, &plan);
            let files = render(&plan);
            lock::write(&out, &files)?;
            println!("rendered {} files to {}", files.len(), out.display());
        }
        Command::Check { manifest, out } => {
            let Some(plan) = read(&manifest)? else { return Ok(Exit::Usage) };
            tell_lints(&manifest, &plan);
            let out = out.unwrap_or_else(|| beside(&manifest, &plan.install.name));
            return check(&plan, &out);
        }
        Command::Diff { before, after } => {
            let (Some(before), Some(after)) = (files(&before)?, files(&after)?) else { return Ok(Exit::Usage) };
            let differences = diff(&before, &after);
            differences.iter().for_each(|difference| println!("{difference}"));
            println!("{} differences", differences.len());
        }
        Command::Explain { manifest, from, to, svg } => {
            let Some(plan) = read(&manifest)? else { return Ok(Exit::Usage) };
            return explain(&plan, from.zip(to), svg.as_deref());
        }
        Command::Preflight(args) => {
            let Some(plan) = read(&args.manifest)? else { return Ok(Exit::Usage) };
            return preflight::preflight(&plan, &args).await;
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

fn explain(plan: &Plan, pair: Option<(String, String)>, picture: Option<&Path>) -> Result<Exit> {
    if let Some(file) = picture {
        fs::write(file, svg(plan)).with_context(|| format!("cannot write {}", file.display()))?;
        println!("drawn to {}", file.display());
    }
    if let Some((from, to)) = pair {
        let known = |name: &String| {
            if plan.parts.contains_key(name) {
                return Ok(());
            }
            let names: Vec<_> = plan.parts.keys().map(String::as_str).collect();
            bail!("there is no component `{name}`; there is {}", names.join(", "))
        };
        known(&from)?;
        known(&to)?;
        if let Some(answer) = plan.reach(&from, &to) {
            println!("{from} → {to}: {answer}");
        }
    } else if picture.is_none() {
        for link in &plan.links {
            if let Some(answer) = plan.reach(&link.from.component, &link.to.component) {
                println!("{} → {}: {answer}", link.from.component, link.to.component);
            }
        }
    }
    Ok(Exit::Done)
}

fn tell_lints(manifest: &Path, plan: &Plan) {
    for lint in &plan.lints {
        eprintln!("{}:{}: warning: {}: {}", manifest.display(), lint.line, lint.key, lint.message);
    }
}

/// What a manifest renders, or a folder holds.
fn files(path: &Path) -> Result<Option<Files>> {
    if path.is_dir() { Ok(Some(lock::read(path)?)) } else { Ok(read(path)?.map(|plan| render(&plan))) }
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
        let platforms = Path::new(env!("CARGO_MANIFEST_DIR")).join("../charts/platforms");
        let plans = ["ampoule.yaml", "twinit.yaml"].map(|name| super::read(&platforms.join(name)).unwrap().expect("the manifest is right"));
        let ampoule = crate::Cli::command();
        let ours: Vec<_> = plans.iter().flat_map(|plan| plan.workloads()).filter(|workload| workload.image == "images.ampoule").collect();
        assert!(ours.len() >= 5);
        for workload in ours {
            let [program, name, arguments @ ..] = &workload.command[..] else { panic!("{:?}", workload.command) };
            assert_eq!(program, ampoule.get_name());
            let command = ampoule.find_subcommand(name).unwrap_or_else(|| panic!("there is no `ampoule {name}`"));
            let flags: Vec<_> = command.get_arguments().filter_map(clap::Arg::get_long).collect();
            for flag in arguments.iter().filter_map(|argument| argument.strip_prefix("--")) {
                assert!(flags.contains(&flag), "`ampoule {name}` has no --{flag}");
            }
            let variables: Vec<_> = command.get_arguments().filter_map(clap::Arg::get_env).collect();
            // Those of AWS are read by the store of blobs itself.
            let others = |variable: &str| variable.ends_with("_KEY_FILE") || variable.starts_with("AWS_");
            for (variable, _) in workload.env.iter().filter(|(variable, _)| !others(variable)) {
                assert!(variables.contains(&variable.as_ref()), "`ampoule {name}` does not read {variable}");
            }
        }
    }
}
