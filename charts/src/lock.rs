//! What was rendered, as hashes: says later which file was changed by hand and which no longer is what the manifest says.

use std::{
    collections::BTreeMap,
    fmt, fs, io,
    path::{Path, PathBuf},
};

use sha2::{Digest, Sha256};

use crate::Files;

/// Name of the lock file. `sha256sum --check platform.lock` reads it.
pub const FILE: &str = "platform.lock";

/// The lock file's text.
pub(crate) fn text(files: &Files) -> String {
    files.iter().map(|(path, text)| format!("{}  {path}\n", hash(text.as_bytes()))).collect()
}

/// How a folder differs from what would be rendered.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Drift {
    /// Would be rendered, and is not there.
    Missing(String),
    /// Is there, and would not be rendered.
    Extra(String),
    /// Was changed after it was rendered.
    Edited(String),
    /// Is as it was rendered, and the manifest or the renderer has changed since.
    Outdated(String),
}

impl fmt::Display for Drift {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Missing(path) => write!(f, "{path}: missing"),
            Self::Extra(path) => write!(f, "{path}: would not be rendered"),
            Self::Edited(path) => write!(f, "{path}: edited by hand"),
            Self::Outdated(path) => write!(f, "{path}: no longer what the manifest says"),
        }
    }
}

/// Why a folder cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum FolderError {
    /// The system said no.
    #[error("{}: {cause}", path.display())]
    Io {
        /// Where.
        path: PathBuf,
        /// Why.
        cause: io::Error,
    },
    /// Other people's files are there.
    #[error("{} is not empty and was not rendered: it has no {FILE}; choose an empty folder", .0.display())]
    NotOurs(PathBuf),
    /// Nothing was rendered there.
    #[error("{} is no rendered folder: it has no {FILE}", .0.display())]
    NotRendered(PathBuf),
}

/// The files of a rendered folder, as far as they are text.
pub fn read(folder: &Path) -> Result<Files, FolderError> {
    rendered(folder)?;
    let files = read_all(folder)?.into_iter();
    Ok(files.filter_map(|(path, bytes)| Some((path, String::from_utf8(bytes).ok()?))).collect())
}

/// Compares a folder with what would be rendered; empty when they are the same.
pub fn drift(folder: &Path, wanted: &Files) -> Result<Vec<Drift>, FolderError> {
    rendered(folder)?;
    let there = read_all(folder)?;
    let locked = hashes(there.get(FILE).map(Vec::as_slice).unwrap_or_default());
    let mut drift = Vec::new();
    for (path, text) in wanted {
        match there.get(path) {
            None => drift.push(Drift::Missing(path.clone())),
            Some(bytes) if bytes == text.as_bytes() => {}
            Some(bytes) if path != FILE && locked.get(path).is_none_or(|locked| *locked != hash(bytes)) => {
                drift.push(Drift::Edited(path.clone()))
            }
            Some(_) => drift.push(Drift::Outdated(path.clone())),
        }
    }
    drift.extend(there.into_keys().filter(|path| !wanted.contains_key(path)).map(Drift::Extra));
    drift.sort();
    Ok(drift)
}

/// Writes all files; takes away those that an earlier rendering left and that are no more. Other files are not touched.
pub fn write(folder: &Path, files: &Files) -> Result<(), FolderError> {
    let there = match folder.exists() {
        true if rendered(folder).is_ok() => read_all(folder)?,
        true if fs::read_dir(folder).map_err(|cause| FolderError::Io { path: folder.to_owned(), cause })?.next().is_some() => {
            return Err(FolderError::NotOurs(folder.to_owned()));
        }
        _ => BTreeMap::new(),
    };
    for path in hashes(there.get(FILE).map(Vec::as_slice).unwrap_or_default()).keys() {
        // A lock file names files of its own folder; one that was tampered with must not reach others.
        if !files.contains_key(path) && there.contains_key(path) {
            let path = folder.join(path);
            fs::remove_file(&path).map_err(|cause| FolderError::Io { path, cause })?;
        }
    }
    for (name, text) in files {
        let path = folder.join(name);
        let parent = path.parent().unwrap_or(folder);
        fs::create_dir_all(parent).map_err(|cause| FolderError::Io { path: parent.to_owned(), cause })?;
        fs::write(&path, text).map_err(|cause| FolderError::Io { path, cause })?;
    }
    Ok(())
}

fn hash(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn hashes(lock: &[u8]) -> BTreeMap<String, String> {
    let text = String::from_utf8_lossy(lock);
    text.lines().filter_map(|line| line.split_once("  ")).map(|(hash, path)| (path.to_owned(), hash.to_owned())).collect()
}

/// Looked at first: what is below a folder that somebody named by mistake is not read.
fn rendered(folder: &Path) -> Result<(), FolderError> {
    if folder.join(FILE).is_file() { Ok(()) } else { Err(FolderError::NotRendered(folder.to_owned())) }
}

/// All files below a folder, by their path in it. A link is none: what is written would land where it leads.
fn read_all(folder: &Path) -> Result<BTreeMap<String, Vec<u8>>, FolderError> {
    let mut files = BTreeMap::new();
    let mut folders = vec![(folder.to_owned(), String::new())];
    while let Some((folder, prefix)) = folders.pop() {
        let io = |cause| FolderError::Io { path: folder.clone(), cause };
        for entry in fs::read_dir(&folder).map_err(io)? {
            let entry = entry.map_err(io)?;
            let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
            let (kind, io) = (entry.file_type().map_err(io)?, |cause| FolderError::Io { path: entry.path(), cause });
            if kind.is_dir() {
                folders.push((entry.path(), format!("{name}/")));
            } else if kind.is_file() {
                files.insert(name, fs::read(entry.path()).map_err(io)?);
            } else {
                return Err(io(io::Error::other("is neither a file nor a folder; take it away")));
            }
        }
    }
    Ok(files)
}
