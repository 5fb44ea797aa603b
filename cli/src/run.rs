use std::path::PathBuf;

use ampoule_engine::{CancellationToken, Engine, EngineConfig, Mode, RunContext, RunRequest, SourceMaps};
use ampoule_host_api::{Capabilities, Clock, Console, Granted, Random};
use ampoule_protocol::{ByteSize, JobId, Json, Limits, LimitsSpec, Outcome, ScriptSource};
use anyhow::{Context as _, Result, bail};

use crate::{
    exit::{Exit, Ours},
    grants::{self, GrantArgs},
    input::{self, LibraryArg},
    modules,
};

/// Prints the returned JSON on standard output and the script's console on standard error.
///
/// Exit code: 0 returned, 1 threw, 2 wrong usage, 3 limit exceeded or cancelled, 4 fault of Ampoule.
#[derive(clap::Args)]
pub(crate) struct Args {
    /// The script, JavaScript or TypeScript: a module, with what it imports from its folder, or a plain script with global
    /// functions. A folder is run by its ampoule.json, {"main": "main.ts"}.
    #[arg(required_unless_present = "eval")]
    file: Option<PathBuf>,
    /// Import map, {"imports": {"NAME": "lib:NAME"}}, instead of the one in ampoule.json beside the script.
    #[arg(long, value_name = "FILE", conflicts_with = "eval")]
    import_map: Option<PathBuf>,
    /// Evaluate this text instead of a file, and print its value.
    #[arg(long, short, value_name = "SOURCE", conflicts_with_all = ["file", "entry"])]
    eval: Option<String>,
    /// The function to call: an export, a member of the default export, or a global function.
    #[arg(long)]
    entry: Option<String>,
    /// The first argument: JSON, @FILE, or - for standard input.
    #[arg(long, value_name = "JSON|@FILE|-")]
    input: Option<String>,
    /// A library, imported as lib:NAME and passed as libraries.NAME.
    #[arg(long = "lib", value_name = "NAME=FILE")]
    libraries: Vec<LibraryArg>,
    /// Seed of Math.random: the same seed gives the same numbers.
    #[arg(long)]
    seed: Option<u64>,
    /// Print the whole run report as JSON instead, console included.
    #[arg(long)]
    json: bool,
    #[command(flatten)]
    limits: LimitArgs,
    #[command(flatten)]
    grants: GrantArgs,
    /// Record the run here, for `ampoule replay`. Secrets do not get into it.
    #[arg(long, value_name = "FILE")]
    journal: Option<PathBuf>,
    /// Say afterwards, on standard error, the smallest grants that the run needed, and what it asked for and did not get.
    #[arg(long)]
    observe: bool,
}

/// Limits of one run, as flags.
#[derive(clap::Args)]
#[command(next_help_heading = "Limits")]
pub(crate) struct LimitArgs {
    /// Executed instructions, in the engine's deterministic unit [default: 10000000000].
    #[arg(long)]
    fuel: Option<u64>,
    /// Memory of the sandbox [default: 64MiB].
    #[arg(long, value_name = "SIZE")]
    memory: Option<ByteSize>,
    /// Wall time [default: 30s].
    #[arg(long, value_name = "DURATION", value_parser = input::duration_ms)]
    timeout: Option<u64>,
    /// Length of the input [default: 1MiB].
    #[arg(long, value_name = "SIZE")]
    input_limit: Option<ByteSize>,
    /// Length of the returned JSON [default: 1MiB].
    #[arg(long, value_name = "SIZE")]
    output_limit: Option<ByteSize>,
    /// Length of the log [default: 1MiB].
    #[arg(long, value_name = "SIZE")]
    log_limit: Option<ByteSize>,
    /// Length of the script's source [default: 2MiB].
    #[arg(long, value_name = "SIZE")]
    script_limit: Option<ByteSize>,
}

impl LimitArgs {
    /// What was asked for.
    pub(crate) fn spec(&self) -> LimitsSpec {
        let bytes = |size: Option<ByteSize>| size.map(|size| size.0);
        LimitsSpec {
            fuel: self.fuel,
            memory_bytes: bytes(self.memory),
            wall_ms: self.timeout,
            input_bytes: bytes(self.input_limit),
            output_bytes: bytes(self.output_limit),
            log_bytes: bytes(self.log_limit),
            script_bytes: bytes(self.script_limit),
            ..LimitsSpec::default()
        }
    }
}

/// Runs one script on the embedded engine.
pub(crate) async fn run(args: Args) -> Result<Exit> {
    let (grants, resources) = args.grants.resolve()?;
    let spec = args.limits.spec();
    let limits = spec.resolve(&Limits::CEILING)?;
    refuse_clamped(&spec, &limits)?;
    let (mode, script) = match (&args.eval, &args.file) {
        (Some(source), _) => (Mode::Evaluate, ScriptSource::named("eval", source)),
        (None, Some(file)) => (Mode::Entry, modules::script(file, args.import_map.as_deref())?),
        (None, None) => bail!("a FILE or --eval is needed"),
    };
    let request = RunRequest {
        mode,
        script,
        libraries: input::libraries(&args.libraries)?,
        entry: args.entry,
        input: args.input.as_deref().map_or_else(|| Ok(Json::null()), input::json)?,
        // No job's id, but as long as one: the script takes the same fuel here as in a job.
        context: RunContext { job_id: JobId::from_bytes([0; 16]).to_string(), attempt: 1, ..RunContext::default() },
        limits,
    };

    let mut console = Console::new(&request.limits);
    if !args.json {
        let maps = SourceMaps::of(&request.script, &request.libraries);
        console = console.with_echo(move |line| eprintln!("{}", maps.rewrite(&line.message)));
    }
    let random = args.seed.map_or_else(Random::fresh, |seed| Ok(Random::seeded(seed))).map_err(|error| Ours(error.into()))?;
    let capabilities = Capabilities::new(
        console,
        Clock::System,
        random,
        Granted::new(grants.clone(), &resources).backed_by(args.grants.backing(!args.json)?),
    );
    let engine = Engine::new(EngineConfig { sandboxes: 1, ..EngineConfig::default() }).map_err(|error| Ours(error.into()))?;
    let cancel = CancellationToken::new();
    let interrupted = cancel.clone();
    tokio::spawn(async move {
        if tokio::signal::ctrl_c().await.is_ok() {
            interrupted.cancel();
        }
    });
    let report = match &args.journal {
        None => engine.run(&request, capabilities, cancel).await.map_err(|error| Ours(error.into()))?,
        Some(file) => {
            let (report, journal) = engine.record(&request, capabilities, cancel).await.map_err(|error| Ours(error.into()))?;
            let journal = journal.context("the run heard more than a journal holds, none was written")?;
            std::fs::write(file, journal).with_context(|| format!("--journal: cannot write {}", file.display()))?;
            report
        }
    };
    if args.json {
        println!("{}", serde_json::to_string(&report)?);
    } else {
        print_outcome(&report.outcome);
    }
    if args.observe {
        grants::print_needed(&report, &grants)?;
    }
    Ok(Exit::from(&report.outcome))
}

/// Here the user is the operator: a limit that would be cut is a mistake to tell, not to mend in silence.
fn refuse_clamped(spec: &LimitsSpec, limits: &Limits) -> Result<()> {
    let asked = [
        ("--fuel", spec.fuel, limits.fuel),
        ("--memory", spec.memory_bytes, limits.memory_bytes),
        ("--timeout", spec.wall_ms, limits.wall_ms),
        ("--input-limit", spec.input_bytes, limits.input_bytes),
        ("--output-limit", spec.output_bytes, limits.output_bytes),
        ("--log-limit", spec.log_bytes, limits.log_bytes),
        ("--script-limit", spec.script_bytes, limits.script_bytes),
    ];
    for (flag, asked, most) in asked {
        if let Some(asked) = asked.filter(|asked| *asked > most) {
            bail!("{flag} asks for {asked}, the ceiling is {most}");
        }
    }
    Ok(())
}

/// The value on standard output; why there is none on standard error.
pub(crate) fn print_outcome(outcome: &Outcome) {
    match outcome {
        Outcome::Returned { value } => println!("{}", value.as_str()),
        Outcome::Threw { error } => {
            let name = if error.name.is_empty() { "uncaught".to_owned() } else { error.name.clone() };
            eprintln!("{name}: {}", error.message);
            if !error.stack.is_empty() {
                eprintln!("{}", error.stack);
            }
        }
        Outcome::LimitExceeded { limit, ceiling, used, stack } => {
            eprintln!("stopped: limit {} exceeded ({used} of {ceiling} {})", limit.as_str(), limit.unit());
            if let Some(stack) = stack.as_ref().filter(|stack| !stack.is_empty()) {
                eprintln!("{stack}");
            }
        }
        Outcome::Cancelled => eprintln!("cancelled"),
        Outcome::Fault { code, message } => eprintln!("fault ({}): {message}", code.as_str()),
    }
}
