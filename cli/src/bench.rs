use std::{
    env, fs,
    path::{Path, PathBuf},
    time::Duration,
};

use ampoule_benches::{
    Bench, Effort, Progress, Skipped, Suite, callgrind,
    contest::Matrix,
    density, figures,
    guests::{self, Variant},
    peers, profile, queue, report,
    rivals::{Rival, native_boa},
    scale,
    test262::{self, Candidate},
    train,
};
use anyhow::{Context as _, Result, bail};
use indicatif::{ProgressBar, ProgressStyle};

use crate::exit::{Exit, Ours};

/// Prints a table; what cannot be measured here is skipped, loudly.
#[derive(clap::Args)]
#[command(args_conflicts_with_subcommands = true)]
pub(crate) struct Args {
    #[command(subcommand)]
    other: Option<Other>,
    /// What to measure; without any, everything but `held-out`, `queue`, `web` and `side-by-side`.
    suites: Vec<Suite>,
    /// Print `[{suite,name,unit,p50,p99,n}]` instead of the table.
    #[arg(long)]
    json: bool,
    /// Write a page with plots.
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Take few samples, and leave out what takes minutes.
    #[arg(long)]
    quick: bool,
    /// Only list the suites.
    #[arg(long)]
    list: bool,
    /// With whom to compare in `cpu` and `held-out`, in turns: quickjs, native, unpatched. Built at the first time.
    #[arg(long, value_name = "WHO", value_delimiter = ',')]
    against: Vec<Rival>,
    /// Where packages of others are kept.
    #[arg(long, value_name = "DIR", default_value = "target/ampoule-peers")]
    peers: PathBuf,
    /// Scripts that measure other queues in the same run as `queue`: npm/queues.mjs and npm/e2e.mjs in this folder.
    #[arg(long, value_name = "DIR")]
    queue_peers: Option<PathBuf>,
}

/// Besides measuring time and memory.
#[derive(clap::Subcommand)]
enum Other {
    /// Compare the deterministic figures with the committed ones. Exit code 1 when they differ.
    Figures {
        /// Write them instead.
        #[arg(long)]
        write: bool,
        /// The committed file.
        #[arg(long, value_name = "FILE", default_value = figures::PATH)]
        file: PathBuf,
    },
    /// Compare the host's instructions for one run, counted under Valgrind, with the committed ones. Exit code 1 when they differ.
    Callgrind {
        /// Write them instead.
        #[arg(long)]
        write: bool,
        /// The committed file.
        #[arg(long, value_name = "FILE", default_value = callgrind::PATH)]
        file: PathBuf,
    },
    /// Write the profile that the guest is optimised by: builds a guest that counts, and runs the suite `cpu` and the tests' scripts in it.
    Train {
        /// The file.
        #[arg(long, value_name = "FILE", default_value = train::PATH)]
        file: PathBuf,
    },
    /// Show in which functions of the guest a program spends its time, by Linux's perf.
    Profile {
        /// `job`, a program of the suite `cpu`, or a file with a function `main`.
        program: String,
        /// How long to sample.
        #[arg(long, default_value_t = 5)]
        seconds: u64,
        /// Functions to show.
        #[arg(long, default_value_t = 40)]
        rows: usize,
        /// Also write stacks, a line each, as flame graph tools read them.
        #[arg(long, value_name = "FILE")]
        folded: Option<PathBuf>,
        /// A guest that another build left: a folder of its `target/ampoule-guest/cache`.
        #[arg(long, value_name = "DIR")]
        build: Option<PathBuf>,
    },
    /// Run test262 in the sandbox. Exit code 1 when a test faults, or passes without our patches or natively and not with them in the sandbox.
    Test262 {
        /// A checkout of it.
        #[arg(env = test262::CHECKOUT)]
        checkout: PathBuf,
        /// Only tests whose path from the checkout's top begins so.
        #[arg(long, value_name = "PATH")]
        only: Vec<String>,
        /// Run them without our patches too, and compare.
        #[arg(long)]
        unpatched: bool,
        /// Run them in native Boa too, as published, and compare.
        #[arg(long)]
        native: bool,
        /// Write what did not pass, a line each; what did not pass at the others goes beside it, to FILE.unpatched and FILE.native.
        #[arg(long, value_name = "FILE")]
        failures: Option<PathBuf>,
        /// Write how many passed by feature of ECMAScript, in Markdown.
        #[arg(long, value_name = "FILE")]
        table: Option<PathBuf>,
    },
    /// Run a program while it is sampled.
    #[command(hide = true)]
    ServeProfile { program: String, seconds: u64, build: Option<PathBuf> },
    /// Do jobs when told to on standard input.
    #[command(hide = true)]
    ServeJobs,
    /// Say how much memory so many sandboxes hold.
    #[command(hide = true)]
    ServeDensity {
        count: usize,
        #[arg(action = clap::ArgAction::Set)]
        images: bool,
        build: Option<PathBuf>,
    },
    /// Run a subject so many times.
    #[command(hide = true)]
    Repeat { subject: String, times: u64 },
}

/// Measures. The suites drive runtimes of their own, so they get a thread where that is allowed.
pub(crate) async fn bench(args: Args) -> Result<Exit> {
    tokio::task::spawn_blocking(|| match args.other {
        None => measure(&args).map_err(ours),
        Some(Other::Figures { write, file }) => check_figures(write, &file),
        Some(Other::Callgrind { write, file }) => check_instructions(write, &file),
        Some(Other::Train { file }) => train::write(&args.peers, &file, |name| eprintln!("{name}")).map(|()| Exit::Done).map_err(ours),
        Some(Other::Profile { program, seconds, rows, folded, build }) => {
            profile(&program, Duration::from_secs(seconds), rows, folded.as_deref(), build.as_deref())
        }
        Some(Other::Test262 { checkout, only, unpatched, native, failures, table }) => {
            let rivals = [(unpatched, Rival::Unpatched), (native, Rival::NativeBoa)];
            let rivals: Vec<_> = rivals.into_iter().filter_map(|(wanted, rival)| wanted.then_some(rival)).collect();
            run_test262(&checkout, &only, &rivals, &args.peers, failures.as_deref(), table.as_deref()).map_err(ours)
        }
        Some(Other::ServeProfile { program, seconds, build }) => {
            profile::serve(&program, Duration::from_secs(seconds), build.as_deref()).map(|()| Exit::Done).map_err(ours)
        }
        Some(Other::ServeJobs) => scale::serve().map(|()| Exit::Done).map_err(ours),
        Some(Other::ServeDensity { count, images, build }) => {
            density::serve(count, images, build.as_deref()).map(|()| Exit::Done).map_err(ours)
        }
        Some(Other::Repeat { subject, times }) => callgrind::serve(&subject, times).map(|()| Exit::Done),
    })
    .await?
}

fn ours(error: anyhow::Error) -> anyhow::Error {
    Ours(error).into()
}

fn measure(args: &Args) -> Result<Exit> {
    if args.list {
        for suite in Suite::ALL {
            println!("{:13} {}", suite.as_str(), suite.question());
        }
        return Ok(Exit::Done);
    }
    let suites: Vec<_> = if args.suites.is_empty() { Suite::ours().collect() } else { args.suites.clone() };
    let bar = Bar::new(suites.clone());
    let mut bench = Bench::new(if args.quick { Effort::QUICK } else { Effort::FULL }, &args.peers, &bar);
    bench.program = Some(this_program()?);
    bench.against = args.against.clone();
    bench.queue_peers = args.queue_peers.as_deref().map(Path::canonicalize).transpose().context("--queue-peers")?;
    for suite in suites {
        bench.suite(suite)?;
    }
    bar.bar.finish_and_clear();
    if args.json {
        println!("{}", report::json(&bench.figures));
    } else {
        let (compared, others): (Vec<_>, Vec<_>) =
            bench.figures.iter().cloned().partition(|figure| figure.suite == Suite::SideBySide.as_str());
        let others: Vec<_> = others.into_iter().filter(|figure| !Matrix::shows(&figure.name)).collect();
        print!("{}", report::table(&others, &bench.skipped));
        for matrix in Matrix::all(&bench.figures) {
            print!("{}", matrix.text());
        }
        print!("{}", peers::table(&compared));
        print!("{}", queue::table(&bench.figures));
        for (name, version) in &bench.peers {
            println!("{name}: {version}");
        }
    }
    if let Some(file) = &args.html {
        let page = report::page(&bench.figures, &bench.skipped, &about(&bench, args.quick)?);
        fs::write(file, page).with_context(|| format!("failed to write {}", file.display()))?;
        eprintln!("wrote {}", file.display());
    }
    Ok(Exit::Done)
}

/// This program, ready to be told to do something else of this file.
fn this_program() -> Result<Vec<String>> {
    let program = env::current_exe().context("this program does not find itself")?;
    Ok(vec![program.display().to_string(), "bench".to_owned()])
}

/// What was measured, and where.
fn about(bench: &Bench<'_>, quick: bool) -> Result<Vec<(&'static str, String)>> {
    let cpu = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let model = cpu.lines().find_map(|line| line.strip_prefix("model name")?.split_once(": ")).map_or("unknown", |(_, name)| name);
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let kernel = fs::read_to_string("/proc/sys/kernel/osrelease").unwrap_or_default();
    let mut about = vec![
        ("Ampoule", env!("CARGO_PKG_VERSION").to_owned()),
        ("build", if cfg!(debug_assertions) { "debug: host figures are slower than in a release" } else { "release" }.to_owned()),
        ("effort", if quick { "quick" } else { "full" }.to_owned()),
        ("processor", format!("{model}, {cores} cores")),
        ("kernel", kernel.trim().to_owned()),
        ("date", jiff::Timestamp::now().strftime("%Y-%m-%d %H:%M UTC").to_string()),
    ];
    about.extend(bench.peers.iter().cloned());
    Ok(about)
}

fn check_figures(write: bool, file: &Path) -> Result<Exit> {
    let now = figures::Figures::measure().map_err(ours)?;
    if write {
        now.write(file)?;
        println!("wrote {} for engine {}", file.display(), now.engine);
        return Ok(Exit::Done);
    }
    Ok(verdict(&now.differences(&figures::Figures::read(file)?), figures::REFRESH))
}

fn check_instructions(write: bool, file: &Path) -> Result<Exit> {
    if !cfg!(debug_assertions) {
        bail!("the committed counts belong to the build of the tests: {}", callgrind::REFRESH);
    }
    let now = callgrind::Instructions::count(&this_program()?)?;
    for (name, count) in &now.runs {
        println!("{name:14} {count:>12} instructions");
    }
    if write {
        now.write(file)?;
        return Ok(Exit::Done);
    }
    Ok(verdict(&now.differences(&callgrind::Instructions::read(file)?), callgrind::REFRESH))
}

fn profile(program: &str, time: Duration, rows: usize, folded: Option<&Path>, build: Option<&Path>) -> Result<Exit> {
    let profile = profile::Profile::record(&this_program()?, program, time, build)?;
    print!("{}", profile.table(rows));
    if let Some(file) = folded {
        profile.write_folded(file)?;
    }
    Ok(Exit::Done)
}

fn run_test262(
    checkout: &Path,
    only: &[String],
    rivals: &[Rival],
    peers_dir: &Path,
    failures: Option<&Path>,
    table: Option<&Path>,
) -> Result<Exit> {
    let plan = test262::Plan::of(checkout, only)?;
    let run = |candidate: &Candidate, name: &str| {
        let style = ProgressStyle::with_template("{elapsed_precise} {wide_bar} {pos}/{len} {msg}");
        let bar = ProgressBar::new(0).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar())).with_message(name.to_owned());
        let report = plan.run(candidate, &|done, all| {
            bar.set_length(all as u64);
            bar.set_position(done as u64);
        })?;
        bar.finish_and_clear();
        Ok::<_, anyhow::Error>(report)
    };
    let ours = run(&Candidate::sandbox(None)?, "sandbox")?;
    print!("sandbox: {}{}", ours.summary(), ours.faulted());
    if let Some(file) = failures {
        ours.write(file)?;
    }
    let mut good = ours.faults() == 0;
    let mut others = Vec::new();
    for rival in rivals {
        let candidate = match rival {
            Rival::NativeBoa => Candidate::Native(native_boa(peers_dir)?),
            _ => Candidate::sandbox(Some(&guests::build(Variant::Unpatched, peers_dir)?))?,
        };
        let theirs = run(&candidate, rival.as_str())?;
        print!("{rival}: {}{}", theirs.summary(), ours.compared(&theirs));
        if let Some(file) = failures {
            theirs.write(&file.with_added_extension(rival.as_str()))?;
        }
        good &= ours.regressions(&theirs).is_empty();
        others.push((rival.as_str(), theirs));
    }
    if let Some(file) = table {
        let others: Vec<_> = others.iter().map(|(name, report)| (*name, report)).collect();
        fs::write(file, ours.page("sandbox", &others)).with_context(|| format!("failed to write {}", file.display()))?;
    }
    Ok(if good { Exit::Done } else { Exit::Threw })
}

fn verdict(differences: &[String], refresh: &str) -> Exit {
    if differences.is_empty() {
        return Exit::Done;
    }
    println!("differs from what is committed:\n  {}\nif that is meant: {refresh}", differences.join("\n  "));
    Exit::Threw
}

/// Progress on standard error, where that is a terminal.
struct Bar {
    bar: ProgressBar,
    suites: Vec<Suite>,
}

/// Steps of the whole bar.
const STEPS: f64 = 1000.0;

impl Bar {
    fn new(suites: Vec<Suite>) -> Self {
        let style = ProgressStyle::with_template("{elapsed_precise} {wide_bar} {percent:>3} % {msg:40}");
        let bar = ProgressBar::new(STEPS as u64).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, suites }
    }
}

impl Progress for Bar {
    fn measuring(&self, suite: Suite, name: &str, done: f64) {
        let before = self.suites.iter().position(|other| *other == suite).unwrap_or(0);
        self.bar.set_position(((before as f64 + done) / self.suites.len() as f64 * STEPS) as u64);
        self.bar.set_message(format!("{suite}: {name}"));
    }

    fn skipped(&self, skipped: &Skipped) {
        self.bar.suspend(|| eprintln!("SKIPPED {}/{}: {}", skipped.suite, skipped.name, skipped.reason));
    }
}
