//! Programs that need nothing but the processor: `main(input)`, where `input.n` is the size of the work.

use std::{
    borrow::Cow,
    env, fs,
    path::{Path, PathBuf},
};

use ampoule_engine::RunRequest;
use ampoule_protocol::Limits;
use anyhow::{Context as _, Result};

/// A program.
#[derive(Clone, Debug)]
pub struct Program {
    /// The file's name, without `.js`.
    pub name: Cow<'static, str>,
    /// Its text.
    pub source: Cow<'static, str>,
    /// A size that takes some milliseconds; without a size it takes some hundreds.
    pub small: u64,
}

/// Most time for one program: a slow rival on a busy machine gets there too, and the fuel ends what does not.
const PATIENCE_MS: u64 = 300_000;

macro_rules! programs {
    ($folder:literal: $($name:literal: $small:literal),* $(,)?) => {
        [$(Program {
            name: Cow::Borrowed($name),
            source: Cow::Borrowed(include_str!(concat!("../scripts/", $folder, "/", $name, ".js"))),
            small: $small,
        }),*]
    };
}

/// The suite of `scripts/cpu`, which whoever makes the engine faster may look at.
pub const SUITE: [Program; 25] = programs! { "cpu":
    "alloc": 1,
    "bintrees": 1,
    "csv": 40,
    "dates": 20,
    "fib27": 15,
    "json": 20,
    "json1m": 100,
    "loop10m": 5,
    "loops": 100,
    "nbody": 200,
    "objects": 100,
    "records": 200,
    "regex": 50,
    "regex1m": 100,
    "richards": 2000,
    "search": 10,
    "sha256": 2048,
    "sieve": 20_000,
    "sort": 1000,
    "sort100k": 1000,
    "strbuild1m": 5000,
    "strings": 2000,
    "template": 8,
    "tree": 60,
    "vectors": 3000,
};

/// The set of `scripts/held-out`: it shows whether what makes the suite faster makes other programs faster too, as long as nobody tunes for it. So
/// neither the committed figures nor the profiler know it.
pub const HELD_OUT: [Program; 10] = programs! { "held-out":
    "async": 200,
    "bigint": 20,
    "bytes": 400,
    "diff": 30,
    "dispatch": 300,
    "interpreter": 3,
    "lru": 3000,
    "matrix": 16,
    "pipeline": 200,
    "routes": 8,
};

impl Program {
    /// JSON that `main` gets: the small size, or none.
    pub fn input(&self, small: bool) -> String {
        if small { serde_json::json!({"n": self.small}).to_string() } else { "{}".to_owned() }
    }

    /// A run of the small size, or the full one, under limits that it meets only when the engine is hopelessly slow at it.
    pub fn request(&self, small: bool) -> RunRequest {
        let input = if small { serde_json::json!({"n": self.small}) } else { serde_json::json!({}) };
        let limits = Limits { wall_ms: PATIENCE_MS, ..Limits::CEILING };
        RunRequest { input: input.into(), limits, ..RunRequest::new(self.source.clone()) }
    }
}

/// The variable that names a checkout of are-we-fast-yet.
pub const AWFY: &str = "AMPOULE_AWFY";

/// Benchmarks of are-we-fast-yet, and how many times their inner loops go round (for some it is a size, of which they know a few results).
const AWFY_BENCHMARKS: [(&str, u64); 14] = [
    ("bounce", 40),
    ("cd", 10),
    ("deltablue", 1000),
    ("havlak", 1),
    ("json", 4),
    ("list", 20),
    ("mandelbrot", 500),
    ("nbody", 250_000),
    ("permute", 30),
    ("queens", 30),
    ("richards", 2),
    ("sieve", 40),
    ("storage", 30),
    ("towers", 10),
];

/// Their shared modules.
const AWFY_MODULES: [&str; 2] = ["som", "benchmark"];

/// The checkout that the environment names.
pub fn awfy_checkout() -> Option<PathBuf> {
    env::var_os(AWFY).map(PathBuf::from)
}

/// The JavaScript benchmarks of a checkout, named `awfy-<file>`, each bundled with the modules that it requires.
pub fn awfy(checkout: &Path) -> Result<Vec<Program>> {
    let folder = checkout.join("benchmarks/JavaScript");
    let module = |name: &str| {
        let path = folder.join(name).with_extension("js");
        let text = fs::read_to_string(&path)
            .with_context(|| format!("failed to read {}: {AWFY} must name a checkout of are-we-fast-yet", path.display()))?;
        Ok(format!("{}: (module, exports, require) => {{\n{text}\n}},\n", serde_json::json!(format!("./{name}"))))
    };
    let shared = AWFY_MODULES.into_iter().map(module).collect::<Result<String>>()?;
    let program = |(name, size): (&str, u64)| {
        let source = format!(
            "const modules = {{\n{shared}{}}}, loaded = {{}};
function require(name) {{
  if (!loaded[name]) {{ const module = {{ exports: {{}} }}; loaded[name] = module; modules[name](module, module.exports, require); }}
  return loaded[name].exports;
}}
function main(input) {{ return require(\"./{name}\").newInstance().innerBenchmarkLoop(input.n ?? {size}); }}\n",
            module(name)?
        );
        Ok(Program { name: format!("awfy-{name}").into(), source: source.into(), small: 1 })
    };
    AWFY_BENCHMARKS.into_iter().map(program).collect()
}
