//! The profile that the guest is optimised by: how often it executes what, counted in a guest that is built for it.
//!
//! The counters are LLVM's, and lie in the guest's memory (<https://llvm.org/docs/InstrProfileFormat.html>): `__llvm_prf_cnts` has them,
//! `__llvm_prf_data` says which belong to which function, `__llvm_prf_names` has the functions' names. Each program counts the same, however long it
//! takes. What runs is deterministic, so the same sources give the same profile.

use std::{
    collections::HashMap,
    fmt::Write as _,
    fs,
    io::Read as _,
    ops::Range,
    path::{Path, PathBuf},
    process::Command,
};

use ampoule_engine::{Mode, RunRequest};
use ampoule_protocol::Limits;
use anyhow::{Context as _, Result, ensure};
use flate2::read::ZlibDecoder;
use md5::{Digest as _, Md5};
use wasmparser::{DataKind, ExternalKind, Operator, Parser, Payload, TypeRef};

use crate::{
    Lab, eval,
    guests::{self, Variant},
    job, lab,
    programs::SUITE,
};

/// Where the build looks for it, from the root of the repository.
pub const PATH: &str = "engine/guest/guest.profdata";

/// What the counters of one program are scaled to.
const WEIGHT: f64 = 1e8;
/// A function whose counters all stay below this, over all programs, is left out: it is compiled as if there were no profile.
const WORTH: u64 = 1000;
/// Bytes of a record of `__llvm_prf_data` where pointers have four bytes.
const RECORD: usize = 48;

/// Writes the profile. Tells of each program before it runs.
pub fn write(peers_dir: &Path, file: &Path, mut on: impl FnMut(&str)) -> Result<()> {
    let merge = llvm_profdata()?;
    on("the guest that counts is built");
    let folder = guests::build(Variant::Profiled, peers_dir)?;
    let wasm = folder.join("guest.wasm");
    let sections = Sections::read(&fs::read(&wasm)?).with_context(|| wasm.display().to_string())?;
    let lab = Lab::of_build(&folder)?;
    // What initialising it counted is in the image, and happens in no run.
    let image = folder.join("image.bin");
    let initialised = fs::read(&image).with_context(|| image.display().to_string())?;
    let initialised = initialised.get(sections.counters.clone()).context("the image is smaller than that")?;

    let mut counted = vec![0.0; sections.counters.len() / 8];
    for (name, request) in corpus()? {
        on(&name);
        let part = sections.counters.clone();
        let run = lab.engine.memory_after(&request, lab::capabilities(&request), part);
        let bytes = lab.wait(run).with_context(|| name.clone())?;
        let counters: Vec<u64> = numbers(&bytes).zip(numbers(initialised)).map(|(after, before)| after - before).collect();
        let total: f64 = counters.iter().map(|&count| count as f64).sum();
        ensure!(total > 0.0, "{name} counted nothing");
        for (sum, count) in counted.iter_mut().zip(counters) {
            *sum += count as f64 / total * WEIGHT;
        }
    }

    let text = tempfile::Builder::new().suffix(".proftext").tempfile()?;
    fs::write(text.path(), sections.profile(&counted)?)?;
    let output = Command::new(&merge).args(["merge", "--sparse", "-o"]).arg(file).arg(text.path()).output()?;
    ensure!(output.status.success(), "{}: {}", merge.display(), String::from_utf8_lossy(&output.stderr).trim());
    Ok(())
}

/// What runs: each under a name. The behaviours and the patches' tests are there so that functions which no benchmark calls are known too.
fn corpus() -> Result<Vec<(String, RunRequest)>> {
    let workspace = Path::new(env!("CARGO_MANIFEST_DIR")).parent().context("the workspace lies nowhere")?;
    let mut corpus = vec![("eval".to_owned(), eval()), ("job".to_owned(), job())];
    corpus.extend(SUITE.iter().map(|program| (format!("cpu/{}", program.name), program.request(false))));
    let mut cases = Vec::new();
    for file in scripts(&workspace.join("engine/tests/behaviours/cases"))? {
        let mut case = String::new();
        for line in fs::read_to_string(&file)?.lines() {
            if line.starts_with("//=>") {
                cases.push(std::mem::take(&mut case));
            } else {
                writeln!(case, "{line}")?;
            }
        }
    }
    let cases = serde_json::to_string(&cases)?;
    corpus.push((
        "behaviours".to_owned(),
        endless(RunRequest::new(format!(
            "export default async () => {{ for (const source of {cases}) try {{ await (0, eval)(source); }} catch {{}} }}"
        ))),
    ));
    for file in scripts(&workspace.join("engine/guest/patches/tests"))? {
        let name = file.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
        let request = RunRequest { mode: Mode::Evaluate, ..RunRequest::new(fs::read_to_string(&file)?) };
        corpus.push((format!("patches/{name}"), endless(request)));
    }
    Ok(corpus)
}

fn numbers(bytes: &[u8]) -> impl Iterator<Item = u64> {
    bytes.as_chunks().0.iter().map(|bytes| u64::from_le_bytes(*bytes))
}

fn endless(request: RunRequest) -> RunRequest {
    RunRequest { limits: Limits::CEILING, ..request }
}

fn scripts(folder: &Path) -> Result<Vec<PathBuf>> {
    let files = fs::read_dir(folder).with_context(|| folder.display().to_string())?;
    let mut files = files.map(|file| Ok(file?.path())).collect::<Result<Vec<_>>>()?;
    files.retain(|file| file.extension().is_some_and(|extension| extension == "js"));
    files.sort();
    Ok(files)
}

/// LLVM's tool of the compiler's own version.
fn llvm_profdata() -> Result<PathBuf> {
    let output = Command::new("rustc").args(["--print", "target-libdir"]).output().context("no rustc")?;
    let libraries = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
    let tool = libraries.with_file_name("bin").join("llvm-profdata");
    ensure!(tool.exists(), "{} is not there: run `rustup component add llvm-tools`", tool.display());
    Ok(tool)
}

/// Where the instrumented guest has its counters, and what is known of them before it runs.
struct Sections {
    counters: Range<usize>,
    /// Bytes of `__llvm_prf_data`, and their address.
    records: (Vec<u8>, usize),
    /// Functions' names by the first half of their MD5.
    names: HashMap<u64, String>,
}

impl Sections {
    fn read(wasm: &[u8]) -> Result<Self> {
        let (mut imported, mut globals, mut exports, mut segments) = (0, Vec::new(), HashMap::new(), Vec::new());
        for payload in Parser::new(0).parse_all(wasm) {
            match payload? {
                Payload::ImportSection(section) => {
                    for import in section.into_imports() {
                        imported += u32::from(matches!(import?.ty, TypeRef::Global(_)));
                    }
                }
                Payload::GlobalSection(section) => {
                    for global in section {
                        globals.push(constant(global?.init_expr)?);
                    }
                }
                Payload::ExportSection(section) => {
                    for export in section {
                        let export = export?;
                        if export.kind == ExternalKind::Global {
                            exports.insert(export.name.to_owned(), export.index);
                        }
                    }
                }
                Payload::DataSection(section) => {
                    for segment in section {
                        let segment = segment?;
                        if let DataKind::Active { offset_expr, .. } = segment.kind {
                            segments.push((constant(offset_expr)?.context("a segment lies nowhere")?, segment.data));
                        }
                    }
                }
                _ => {}
            }
        }
        let address = |end: &str, section: &str| {
            let name = format!("__{end}___llvm_prf_{section}");
            let index = exports.get(&name).with_context(|| format!("it exports no {name}: it is no guest that counts"))?;
            globals.get((index - imported) as usize).copied().flatten().with_context(|| format!("{name} is no constant"))
        };
        let range = |section: &str| Ok::<_, anyhow::Error>(address("start", section)?..address("stop", section)?);
        let contents = |range: &Range<usize>| {
            let mut contents = vec![0; range.len()];
            for (start, data) in &segments {
                let (from, to) = ((*start).max(range.start), (start + data.len()).min(range.end));
                if from < to {
                    contents[from - range.start..to - range.start].copy_from_slice(&data[from - start..to - start]);
                }
            }
            contents
        };
        let (records, names) = (range("data")?, range("names")?);
        Ok(Self { counters: range("cnts")?, records: (contents(&records), records.start), names: named(&contents(&names))? })
    }

    /// LLVM's text of a profile.
    fn profile(&self, counted: &[f64]) -> Result<String> {
        let mut text = ":ir\n".to_owned();
        let (records, start) = &self.records;
        ensure!(records.len() % RECORD == 0, "this compiler's records do not have {RECORD} bytes");
        for (k, record) in records.chunks(RECORD).enumerate() {
            let long = |at: usize| u64::from_le_bytes(record[at..at + 8].try_into().expect("eight bytes"));
            let short = |at: usize| u32::from_le_bytes(record[at..at + 4].try_into().expect("four bytes"));
            let name = self.names.get(&long(0)).context("a function has no name: this compiler's records are others")?;
            let (hash, count) = (long(8), short(32) as usize);
            // Counted from the record.
            let first = (start + k * RECORD).wrapping_add_signed(short(16).cast_signed() as isize) - self.counters.start;
            let counters = counted.get(first / 8..first / 8 + count).with_context(|| format!("the counters of {name} lie elsewhere"))?;
            let counters: Vec<u64> = counters.iter().map(|&count| if count > 0.0 { count.round().max(1.0) as u64 } else { 0 }).collect();
            if counters.iter().any(|&count| count >= WORTH) {
                writeln!(text, "{name}\n{hash}\n{count}")?;
                counters.iter().try_for_each(|count| writeln!(text, "{count}"))?;
                text.push('\n');
            }
        }
        Ok(text)
    }
}

/// The value of a constant expression that is an address.
fn constant(expression: wasmparser::ConstExpr<'_>) -> Result<Option<usize>> {
    Ok(match expression.get_operators_reader().read()? {
        Operator::I32Const { value } => Some(value.cast_unsigned() as usize),
        _ => None,
    })
}

/// Chunks of names, each with its length and its compressed length, which is 0 where it is plain.
fn named(mut bytes: &[u8]) -> Result<HashMap<u64, String>> {
    let mut names = HashMap::new();
    while let Some(&first) = bytes.first() {
        // Between the chunks of two crates.
        if first == 0 {
            bytes = &bytes[1..];
            continue;
        }
        let mut reader = wasmparser::BinaryReader::new(bytes, 0);
        let (length, compressed) = (reader.read_var_u32()? as usize, reader.read_var_u32()? as usize);
        let mut chunk = String::new();
        if compressed == 0 {
            chunk.push_str(std::str::from_utf8(reader.read_bytes(length)?)?);
        } else {
            ZlibDecoder::new(reader.read_bytes(compressed)?).take(length as u64).read_to_string(&mut chunk)?;
        }
        for name in chunk.split('\u{1}') {
            let digest = Md5::digest(name.as_bytes());
            names.insert(u64::from_le_bytes(digest[..8].try_into().expect("eight bytes")), name.to_owned());
        }
        bytes = &bytes[reader.current_position()..];
    }
    Ok(names)
}
