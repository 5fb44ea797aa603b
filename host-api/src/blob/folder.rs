//! Listing a folder: in the order of the names' bytes, and nothing of what is behind symbolic links.

use std::{
    cmp::Ordering,
    io::ErrorKind,
    path::{Path, PathBuf},
};

use walkdir::{DirEntry, WalkDir};

use super::{failure::failed, key as checked};
use crate::Failure;

/// Which blobs.
pub(super) struct Wanted {
    /// The part of the prefix that is a folder.
    pub(super) below: String,
    /// How names begin.
    pub(super) prefix: String,
    /// Names are greater than this one.
    pub(super) after: Option<String>,
    /// No more than so many.
    pub(super) most: usize,
}

/// The first of them, with their sizes.
pub(super) async fn page(folder: &Path, wanted: Wanted) -> Result<Vec<(String, u64)>, Failure> {
    let folder = folder.to_owned();
    let walked = tokio::task::spawn_blocking(move || walk(&folder, &wanted));
    walked.await.unwrap_or_else(|_| Err(failed("io", "the file work did not end")))
}

fn walk(folder: &Path, wanted: &Wanted) -> Result<Vec<(String, u64)>, Failure> {
    let mut found = Vec::new();
    let from = folder.join(&wanted.below);
    let entries = WalkDir::new(&from).min_depth(1).follow_root_links(false).sort_by(by_name).into_iter();
    for entry in
        entries.filter_entry(|entry| !entry.file_type().is_dir() || name(folder, entry).is_some_and(|name| may_hold(&name, wanted)))
    {
        // What is removed meanwhile is not there; a store that nobody has written to is no folder yet.
        let gone = |error: &walkdir::Error| error.io_error().is_some_and(|error| error.kind() == ErrorKind::NotFound);
        let entry = match entry {
            Ok(entry) => entry,
            Err(error) if gone(&error) => continue,
            Err(_) => return Err(failed("io", "the folder could not be listed")),
        };
        // A name that scripts cannot use is not theirs.
        let Some(name) = name(folder, &entry).filter(|name| checked(name).is_ok()) else { continue };
        let is_wanted = name.starts_with(&wanted.prefix) && wanted.after.as_ref().is_none_or(|after| name > *after);
        if !entry.file_type().is_file() || !is_wanted {
            continue;
        }
        match entry.metadata() {
            Ok(metadata) => found.push((name, metadata.len())),
            Err(error) if gone(&error) => continue,
            Err(_) => return Err(failed("io", "the folder could not be listed")),
        }
        if found.len() == wanted.most {
            break;
        }
    }
    Ok(found)
}

/// Whether something in this folder may be wanted.
fn may_hold(folder: &str, wanted: &Wanted) -> bool {
    let begins = format!("{folder}/");
    let is_below = begins.starts_with(&wanted.prefix) || wanted.prefix.starts_with(&begins);
    is_below && wanted.after.as_ref().is_none_or(|after| begins > *after || after.starts_with(&begins))
}

fn name(folder: &Path, entry: &DirEntry) -> Option<String> {
    Some(entry.path().strip_prefix(folder).ok()?.to_str()?.to_owned())
}

/// A folder comes where the names of what is in it come: `a.b` before `a/b` before `aa`.
fn by_name(one: &DirEntry, other: &DirEntry) -> Ordering {
    let bytes = |entry: &DirEntry| {
        let mut bytes = entry.file_name().as_encoded_bytes().to_vec();
        bytes.extend(entry.file_type().is_dir().then_some(b'/'));
        bytes
    };
    bytes(one).cmp(&bytes(other))
}

/// Whether one of the names of `key` is a link.
pub(super) fn is_linked(mut at: PathBuf, key: &str) -> bool {
    for part in key.split_terminator('/') {
        at.push(part);
        match at.symlink_metadata() {
            Ok(found) if found.is_symlink() => return true,
            Ok(_) => {}
            // What is not there is no link, nor is what is below it.
            Err(_) => break,
        }
    }
    false
}
