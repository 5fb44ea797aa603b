//! A script in files: its modules, collected from its folder and from nowhere else.

use std::{
    collections::BTreeMap,
    io::Read as _,
    path::{Path, PathBuf},
};

use ampoule_abi::{Target, Unresolved, resolve, typescript_path};
use ampoule_protocol::{ByteSize, Language, Limits, MAX_MODULES, ScriptSource};
use ampoule_typescript::{Import, compile_script, imports};
use anyhow::{Context as _, Result, anyhow, bail};
use cap_std::{ambient_authority, fs::Dir};
use serde::Deserialize;

use crate::input;

/// The file beside a script that says more about it.
const MANIFEST: &str = "ampoule.json";
/// Most bytes of all sources together: the largest limit that a script can be given.
const MAX_BYTES: u64 = Limits::CEILING.script_bytes;

/// What `ampoule.json` holds, and what `--import-map FILE` reads.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct Manifest {
    /// The script's file when a folder is given.
    #[serde(default)]
    main: Option<String>,
    /// Import map.
    #[serde(default)]
    imports: BTreeMap<String, String>,
}

/// The script in a file, or in a folder whose `ampoule.json` names its `main` file; compiled where it is TypeScript.
pub(crate) fn script(path: &Path, import_map: Option<&Path>) -> Result<ScriptSource> {
    let mut script = collect(path, import_map)?;
    compile_script(&mut script)?;
    Ok(script)
}

/// The same as its author wrote it.
///
/// Only what is imported is read: static imports, and `import()` of strings that name a file that is there. Nothing outside the
/// script's folder is opened, whatever paths and links say.
fn collect(path: &Path, import_map: Option<&Path>) -> Result<ScriptSource> {
    let (folder, name) = located(path)?;
    let source = input::text(&folder.join(&name))?;
    let root = Root { dir: Dir::open_ambient_dir(&folder, ambient_authority()).with_context(|| folder.display().to_string())?, folder };
    let imports = match import_map {
        Some(file) => manifest(&input::text(file)?, &file.display().to_string())?.imports,
        None => root.manifest()?.imports,
    };
    let mut script = ScriptSource { imports, ..ScriptSource::named(name, source) };
    let (mut bytes, mut waiting) = (script.source.len() as u64, vec![script.name.clone()]);
    while let Some(from) = waiting.pop() {
        let source = if from == script.name { &script.source } else { &script.modules[&from] };
        for import in imports_of(&from, source)? {
            let Some(path) = root.find(&import, &from, &script)? else { continue };
            if path == script.name || script.modules.contains_key(&path) {
                continue;
            }
            let source = root.read(&path).with_context(|| at(&import, &from))?;
            bytes += source.len() as u64;
            if bytes > MAX_BYTES {
                bail!("the modules of {} are larger than {} together", script.name, ByteSize(MAX_BYTES));
            }
            if script.modules.len() == MAX_MODULES {
                bail!("{} has more than {MAX_MODULES} modules; bundle them", script.name);
            }
            script.modules.insert(path.clone(), source);
            waiting.push(path);
        }
    }
    Ok(script)
}

fn imports_of(name: &str, source: &str) -> Result<Vec<Import>> {
    if name.ends_with(".json") {
        return Ok(Vec::new());
    }
    let language = Language::of_name(name);
    match imports(name, source, language) {
        Ok(imports) => Ok(imports),
        // The engine has the last word on JavaScript, and says what is wrong in a run's outcome.
        Err(_) if language == Language::JavaScript => Ok(Vec::new()),
        Err(error) => Err(error.into()),
    }
}

/// A script's folder and the name of its file.
fn located(path: &Path) -> Result<(PathBuf, String)> {
    if path.is_dir() {
        let file = path.join(MANIFEST);
        let text = input::text(&file).with_context(|| format!("a folder is run by what its {MANIFEST} says"))?;
        let place = file.display().to_string();
        let main = manifest(&text, &place)?.main.ok_or_else(|| anyhow!("{place}: no \"main\", such as \"main.ts\""))?;
        if main.contains(['/', '\\']) {
            bail!("{place}: \"main\" must be a file of that folder, such as \"main.ts\"");
        }
        return Ok((path.to_owned(), main));
    }
    let name = path.file_name().map_or_else(ScriptSource::default_name, |name| name.to_string_lossy().into_owned());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    Ok((folder.to_owned(), name))
}

fn manifest(text: &str, place: &str) -> Result<Manifest> {
    serde_json::from_str(text)
        .with_context(|| format!("{place} is no manifest: {{\"main\": \"main.ts\", \"imports\": {{\"NAME\": \"lib:NAME\"}}}}"))
}

fn at(import: &Import, from: &str) -> String {
    format!("{from}:{}:{}: cannot import `{}`", import.line, import.column, import.specifier)
}

/// The folder that a script's modules are in.
struct Root {
    dir: Dir,
    folder: PathBuf,
}

impl Root {
    fn manifest(&self) -> Result<Manifest> {
        if self.dir.exists(MANIFEST) {
            manifest(&self.read(MANIFEST)?, &self.folder.join(MANIFEST).display().to_string())
        } else {
            Ok(Manifest::default())
        }
    }

    /// The file that an import names, unless it names a library or may be meant to fail.
    fn find(&self, import: &Import, from: &str, script: &ScriptSource) -> Result<Option<String>> {
        let map = script.imports.iter().map(|(name, target)| (name.as_str(), target.as_str()));
        let why = match resolve(&import.specifier, from, map) {
            Ok(Target::Library(_)) => return Ok(None),
            Ok(Target::Module(path)) => {
                let typescript = typescript_path(&path);
                let found = std::iter::once(path.clone()).chain(typescript).find(|path| self.dir.is_file(path));
                match found {
                    Some(path) => return Ok(Some(path)),
                    None => self.missing(&path),
                }
            }
            Err(Unresolved::Outside) => format!("it leads outside {}", self.folder.display()),
            Err(Unresolved::Bare) => format!(
                "it is no path, which begins with `./`, no library (`lib:NAME`), and not in the import map (`imports` of {MANIFEST}, or --import-map)"
            ),
        };
        if import.is_dynamic {
            return Ok(None);
        }
        bail!("{}: {why}", at(import, from))
    }

    fn missing(&self, path: &str) -> String {
        let endings = [".js", ".ts", ".mjs", ".mts", ".json", "/index.js", "/index.ts"];
        let meant = endings.map(|ending| format!("{path}{ending}")).into_iter().find(|path| self.dir.is_file(path));
        match meant {
            Some(meant) => format!("there is no file {path} in {}, but {meant}: an import names the whole file", self.folder.display()),
            // What a link leads out to is not there for us.
            None => format!("there is no file {path} in {}, or it lies outside", self.folder.display()),
        }
    }

    fn read(&self, path: &str) -> Result<String> {
        let mut bytes = Vec::new();
        self.dir.open(path)?.take(MAX_BYTES + 1).read_to_end(&mut bytes)?;
        if bytes.len() as u64 > MAX_BYTES {
            bail!("{path} is larger than {}", ByteSize(MAX_BYTES));
        }
        String::from_utf8(bytes).map_err(|error| anyhow!("{path}: not UTF-8 at byte {}", error.utf8_error().valid_up_to()))
    }
}
