//! What commands read: scripts, libraries, JSON, sizes and durations from the command line.

use std::{fs, io::Read as _, path::Path, str::FromStr};

use ampoule_protocol::{Json, LibrarySource, ScriptSource};
use anyhow::{Context as _, Result, anyhow, bail};

/// Most bytes of a file that a command reads, far above every limit on what the file is for.
const MAX_FILE_BYTES: u64 = 64 << 20;

/// The script in a file, named as the file is.
pub(crate) fn script(path: &Path) -> Result<ScriptSource> {
    let name = path.file_name().map_or_else(ScriptSource::default_name, |name| name.to_string_lossy().into_owned());
    Ok(ScriptSource::named(name, read_text(path)?))
}

/// A library given as `NAME=FILE`.
#[derive(Clone, Debug)]
pub(crate) struct LibraryArg {
    name: String,
    file: std::path::PathBuf,
}

impl FromStr for LibraryArg {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, file)) if !name.is_empty() && !file.is_empty() => Ok(Self { name: name.to_owned(), file: file.into() }),
            _ => Err("expected NAME=FILE, such as money=lib/money.js".to_owned()),
        }
    }
}

/// The sources of libraries, each of which needs a name of its own.
pub(crate) fn libraries(arguments: &[LibraryArg]) -> Result<Vec<LibrarySource>> {
    let mut libraries: Vec<LibrarySource> = Vec::with_capacity(arguments.len());
    for LibraryArg { name, file } in arguments {
        if libraries.iter().any(|other| other.name == *name) {
            bail!("--lib {name} is there twice; every library needs a name of its own");
        }
        libraries.push(LibrarySource::new(name, read_text(file)?));
    }
    Ok(libraries)
}

/// JSON given as itself, as `@FILE`, or as `-` for standard input.
pub(crate) fn json(argument: &str) -> Result<Json> {
    let (text, source) = match argument {
        "-" => {
            let mut text = String::new();
            std::io::stdin().take(MAX_FILE_BYTES + 1).read_to_string(&mut text).context("cannot read standard input")?;
            if text.len() as u64 > MAX_FILE_BYTES {
                bail!("standard input is larger than {MAX_FILE_BYTES} bytes");
            }
            (text, "standard input".to_owned())
        }
        _ => match argument.strip_prefix('@') {
            Some(file) => (read_text(Path::new(file))?, file.to_owned()),
            None => (argument.to_owned(), "--input".to_owned()),
        },
    };
    Json::parse(text).with_context(|| format!("{source} is no JSON (give JSON itself, @FILE, or - for standard input)"))
}

/// A duration such as `2s`, `1m 30s` or `500ms`, in whole milliseconds.
pub(crate) fn duration_ms(text: &str) -> Result<u64, String> {
    let wrong = || format!("`{text}` is not a duration: write it like 500ms, 2s or 1m30s");
    let duration: jiff::SignedDuration = text.parse().map_err(|_| wrong())?;
    u64::try_from(duration.as_millis()).ok().filter(|ms| *ms > 0).ok_or_else(wrong)
}

fn read_text(path: &Path) -> Result<String> {
    let named = || path.display().to_string();
    let bytes = fs::metadata(path).with_context(named)?.len();
    if bytes > MAX_FILE_BYTES {
        bail!("{}: has {bytes} bytes, at most {MAX_FILE_BYTES} are read", named());
    }
    String::from_utf8(fs::read(path).with_context(named)?)
        .map_err(|error| anyhow!("{}: not UTF-8 at byte {}", named(), error.utf8_error().valid_up_to()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (text, ms) in [("2s", 2000), ("500ms", 500), ("1m30s", 90_000), ("1m 30s", 90_000)] {
            assert_eq!(duration_ms(text), Ok(ms));
        }
        for text in ["", "2", "-1s", "0s", "soon"] {
            assert!(duration_ms(text).is_err(), "{text}");
        }
    }

    #[test]
    fn inputs() {
        assert_eq!(json(" {\"a\": 1} ").unwrap().as_str(), "{\"a\": 1}");
        assert!(json("{a:1}").unwrap_err().to_string().contains("--input"));
        assert!(json("@no/such/file").is_err());
        assert!("money".parse::<LibraryArg>().is_err());
    }
}
