use std::{
    collections::BTreeMap,
    io::{self, Read as _, Write as _},
    path::{Component, Path},
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
    time::{Instant, UNIX_EPOCH},
};

use ampoule_protocol::{Access, Grants};
use cap_std::{
    ambient_authority,
    fs::{Dir, OpenOptions, OpenOptionsExt as _},
};
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::sync::Semaphore;

use crate::{
    Answer, Body, Failure,
    call::{Called, Calling, arguments, at_once},
    ledger::{Kind, Ledger, Use},
};

/// Most bytes of a file that is read or written at once: it has to fit the sandbox's memory anyway.
pub const MAX_FILE_BYTES: u64 = 16 << 20;
/// Most entries of a listing; a folder with more is refused, so that nobody takes a part for the whole.
pub const MAX_LISTED: usize = 10_000;
/// Most bytes of a path, and most folders in it: what file systems take, and what a person would.
pub const MAX_PATH_BYTES: usize = 1024;
/// Most names in a path.
pub const MAX_PATH_DEPTH: usize = 32;
/// What a run may write into one folder, all its writes together, unless whoever grants the folder says otherwise.
pub const WRITE_BYTES: u64 = 256 << 20;
/// Files and folders that a run may make in one folder.
pub const NEW_FILES: u64 = 10_000;
/// Names of files that are being written; no script can see or name them.
const WRITING: &str = ".ampoule-writing-";

/// File work of the whole process at one time: it blocks threads.
static BLOCKING: Semaphore = Semaphore::const_new(16);
/// Makes names of files that are being written differ.
static WRITES: AtomicU64 = AtomicU64::new(0);

/// A folder of this machine that scripts may be given.
#[derive(Clone, Debug)]
pub struct Folder {
    dir: Arc<Dir>,
    access: Access,
    write_bytes: u64,
    new_files: u64,
}

/// The folders of one run, by name.
#[derive(Debug, Default)]
pub(crate) struct Dirs(BTreeMap<String, Arc<Open>>);

#[derive(Debug)]
struct Open {
    dir: Arc<Dir>,
    access: Access,
    /// What is left of what may be written. Deleting gives nothing back: a run cannot wear out a disk by turns.
    bytes: AtomicU64,
    files: AtomicU64,
}

impl Folder {
    /// Opens the folder at `path`; what it names stays the folder's whatever happens to the path later.
    pub fn open(path: &Path, access: Access) -> io::Result<Self> {
        let dir = Arc::new(Dir::open_ambient_dir(path, ambient_authority())?);
        Ok(Self { dir, access, write_bytes: WRITE_BYTES, new_files: NEW_FILES })
    }

    /// With another quota for each run.
    #[must_use]
    pub fn with_quota(self, write_bytes: u64, new_files: u64) -> Self {
        Self { write_bytes, new_files, ..self }
    }
}

impl Dirs {
    /// Those of `folders` that are granted, each with no more access than both give.
    pub(crate) fn granted(folders: &BTreeMap<String, Folder>, grants: &Grants) -> Self {
        let granted = grants.dirs.iter().filter_map(|rule| {
            let folder = folders.get(&rule.name)?;
            let open = Open {
                dir: Arc::clone(&folder.dir),
                access: rule.access.min(folder.access),
                bytes: AtomicU64::new(folder.write_bytes),
                files: AtomicU64::new(folder.new_files),
            };
            Some((rule.name.clone(), Arc::new(open)))
        });
        Self(granted.collect())
    }

    /// `dir.VERB {dir, path, to?}`, contents beside.
    pub(crate) fn call(&self, verb: &str, args: &str, body: Vec<u8>, ledger: &Arc<Ledger>, grants: &Grants) -> Calling {
        match self.begin(verb, args, body, ledger, grants) {
            Ok(calling) => calling,
            Err(failure) => at_once(Err(failure)),
        }
    }

    fn begin(&self, verb: &str, args: &str, body: Vec<u8>, ledger: &Arc<Ledger>, grants: &Grants) -> Result<Calling, Failure> {
        #[derive(Deserialize)]
        struct Args {
            dir: String,
            path: String,
            to: Option<String>,
        }
        let Args { dir, path, to } = arguments(args)?;
        let verb = Verb::named(verb).ok_or_else(|| Failure::wrong(format!("a folder has no `{verb}`")))?;
        let capability = |access: Access| format!("dir {dir}:{}", access.as_str());
        let Some(open) = self.0.get(&dir) else {
            let why = if Grants::allows(&grants.dirs, &dir, Access::Read) {
                "it is granted, but this worker has no such folder"
            } else {
                "this job was not granted that folder"
            };
            return Err(ledger.not_granted(capability(verb.access()), why));
        };
        if open.access < verb.access() {
            return Err(ledger.not_granted(capability(Access::Write), "the folder is granted for reading only"));
        }
        check(&path, verb == Verb::List || verb == Verb::Stat)?;
        to.as_deref().map_or(Ok(()), |to| check(to, false))?;
        let (open, ledger) = (Arc::clone(open), Arc::clone(ledger));
        Ok(Box::pin(async move {
            let permit = BLOCKING.acquire().await.map_err(|_| failed("io", "the process ends".into()))?;
            let work = tokio::task::spawn_blocking(move || {
                // Held by the work, which goes on when nobody waits for it any more.
                let _permit = permit;
                let started = Instant::now();
                let out = body.len() as u64;
                let called = open.carry_out(verb, &path, to.as_deref(), body);
                let bytes_in = match called.as_ref().map(|answer| &answer.body) {
                    Ok(Body::Text(text)) => text.len() as u64,
                    Ok(Body::Bytes(bytes)) => bytes.len() as u64,
                    _ => 0,
                };
                let written = verb.access() == Access::Write && called.is_ok();
                let bytes_out = if written { out } else { 0 };
                ledger.note(Kind::Dir, &format!("{dir}/{path}"), Use { bytes_in, bytes_out, took: started.elapsed(), written });
                called
            });
            work.await.map_err(|_| failed("io", "the file work did not end".into()))?
        }))
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verb {
    ReadText,
    ReadBytes,
    Write,
    List,
    Stat,
    Remove,
    Mkdir,
    Rename,
}

impl Verb {
    fn named(name: &str) -> Option<Self> {
        Some(match name {
            "readText" => Self::ReadText,
            "readBytes" => Self::ReadBytes,
            "writeText" | "writeBytes" => Self::Write,
            "list" => Self::List,
            "stat" => Self::Stat,
            "remove" => Self::Remove,
            "mkdir" => Self::Mkdir,
            "rename" => Self::Rename,
            _ => return None,
        })
    }

    const fn access(self) -> Access {
        match self {
            Self::ReadText | Self::ReadBytes | Self::List | Self::Stat => Access::Read,
            Self::Write | Self::Remove | Self::Mkdir | Self::Rename => Access::Write,
        }
    }
}

/// The path as it is written. The folder's own walls stand behind this: it cannot be left whatever a path says.
fn check(path: &str, whole: bool) -> Result<(), Failure> {
    let wrong =
        |why: &str| Err(Failure::new("DirError", "invalid_path", format!("`{}`: {why}", path.chars().take(200).collect::<String>())));
    if path.len() > MAX_PATH_BYTES || path.contains('\0') {
        return wrong("a path has at most 1024 bytes and no U+0000");
    }
    if path.split('/').any(|name| name.starts_with(WRITING)) {
        return wrong("names of that form are reserved");
    }
    let mut depth = 0;
    for component in Path::new(path).components() {
        match component {
            Component::Normal(_) => depth += 1,
            Component::CurDir => {}
            Component::ParentDir => return wrong("`..` is not allowed"),
            Component::RootDir | Component::Prefix(_) => return wrong("a path must be relative"),
        }
    }
    match depth {
        0 if !whole => wrong("a file or folder must be named"),
        depth if depth > MAX_PATH_DEPTH => wrong("a path has at most 32 names"),
        _ => Ok(()),
    }
}

impl Open {
    fn carry_out(&self, verb: Verb, path: &str, to: Option<&str>, body: Vec<u8>) -> Called {
        let io = |error: io::Error| failure(path, &error);
        let at = if path.is_empty() { "." } else { path };
        match verb {
            Verb::ReadBytes => Answer::body(Body::Bytes(self.read(at)?)),
            Verb::ReadText => match String::from_utf8(self.read(at)?) {
                Ok(text) => Answer::body(Body::Text(text)),
                Err(error) => Err(failed("not_utf8", format!("`{path}` is not UTF-8 at byte {}", error.utf8_error().valid_up_to()))),
            },
            Verb::Write => self.write(path, &body),
            Verb::List => self.list(at),
            Verb::Stat => {
                let found = self.dir.metadata(at).map_err(io)?;
                let modified = found.modified().ok().and_then(|time| time.into_std().duration_since(UNIX_EPOCH).ok());
                Answer::of(json!({
                    "kind": kind(found.file_type()), "size": if found.is_file() { found.len() } else { 0 }, "modifiedMs": modified.map_or(0, |at| at.as_millis() as u64),
                }))
            }
            Verb::Remove => {
                let found = self.dir.symlink_metadata(path).map_err(io)?;
                if found.is_dir() { self.dir.remove_dir(path) } else { self.dir.remove_file(path) }.map_err(io)?;
                Answer::of(Value::Null)
            }
            Verb::Mkdir => self.make(path),
            Verb::Rename => {
                let to = to.ok_or_else(|| Failure::wrong("`rename` needs two paths"))?;
                self.dir.rename(path, &self.dir, to).map_err(io)?;
                Answer::of(Value::Null)
            }
        }
    }

    fn read(&self, path: &str) -> Result<Vec<u8>, Failure> {
        let io = |error: io::Error| failure(path, &error);
        // Opening a pipe must not wait for its other end.
        let mut file = self.dir.open_with(path, OpenOptions::new().read(true).custom_flags(O_NONBLOCK)).map_err(io)?;
        // Asked of the open file: what the path names may have changed meanwhile.
        let found = file.metadata().map_err(io)?;
        if !found.is_file() {
            return Err(failed("not_a_file", format!("`{path}` is no regular file")));
        }
        let mut bytes = Vec::with_capacity(found.len().min(MAX_FILE_BYTES) as usize);
        io::Read::by_ref(&mut file).take(MAX_FILE_BYTES + 1).read_to_end(&mut bytes).map_err(io)?;
        if bytes.len() as u64 > MAX_FILE_BYTES {
            return Err(failed("too_large", format!("`{path}` is larger than {MAX_FILE_BYTES} bytes")));
        }
        Ok(bytes)
    }

    /// Writes a new file and puts it in the place of the old one: nobody sees half of it, and neither a link's target nor a device is ever opened for writing.
    fn write(&self, path: &str, body: &[u8]) -> Called {
        let io = |error: io::Error| failure(path, &error);
        if body.len() as u64 > MAX_FILE_BYTES {
            return Err(failed("too_large", format!("{} bytes, a file may have {MAX_FILE_BYTES}", body.len())));
        }
        match self.dir.symlink_metadata(path) {
            Ok(found) if found.is_file() || found.is_symlink() => {}
            Ok(_) => return Err(failed("not_a_file", format!("`{path}` is no regular file"))),
            Err(error) if error.kind() == io::ErrorKind::NotFound => take(&self.files, 1, "files")?,
            Err(error) => return Err(io(error)),
        }
        take(&self.bytes, body.len() as u64, "bytes")?;
        let name = format!("{WRITING}{}-{}", std::process::id(), WRITES.fetch_add(1, Ordering::Relaxed));
        let temporary = match path.rsplit_once('/') {
            Some((folder, _)) => format!("{folder}/{name}"),
            None => name,
        };
        let written = self.dir.open_with(&temporary, OpenOptions::new().write(true).create_new(true)).and_then(|mut file| {
            file.write_all(body)?;
            self.dir.rename(&temporary, &self.dir, path)
        });
        if let Err(error) = written {
            let _ = self.dir.remove_file(&temporary);
            return Err(io(error));
        }
        Answer::of(Value::Null)
    }

    fn make(&self, path: &str) -> Called {
        let mut made = String::new();
        for name in path.split('/').filter(|name| !name.is_empty() && *name != ".") {
            made.push_str(name);
            match self.dir.metadata(&made) {
                Ok(found) if found.is_dir() => {}
                Ok(_) => return Err(failed("not_a_folder", format!("`{made}` is no folder"))),
                Err(_) => {
                    take(&self.files, 1, "files")?;
                    match self.dir.create_dir(&made) {
                        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(failure(&made, &error)),
                        _ => {}
                    }
                }
            }
            made.push('/');
        }
        Answer::of(Value::Null)
    }

    fn list(&self, path: &str) -> Called {
        let io = |error: io::Error| failure(path, &error);
        let mut entries = Vec::new();
        for entry in self.dir.read_dir(path).map_err(io)? {
            let entry = entry.map_err(io)?;
            // A name that is no UTF-8 could not be named back.
            let Ok(name) = entry.file_name().into_string() else { continue };
            if name.starts_with(WRITING) {
                continue;
            }
            if entries.len() == MAX_LISTED {
                return Err(failed("too_many", format!("`{path}` holds more than {MAX_LISTED} entries")));
            }
            let Ok(file_type) = entry.file_type() else { continue };
            entries.push((name, kind(file_type)));
        }
        entries.sort_unstable();
        Answer::of(entries.into_iter().map(|(name, kind)| json!({"name": name, "kind": kind})).collect())
    }
}

/// `O_NONBLOCK` of Linux, which is what workers run on.
#[cfg(target_os = "linux")]
const O_NONBLOCK: i32 = 0o4000;
#[cfg(not(target_os = "linux"))]
const O_NONBLOCK: i32 = 0x4;

fn kind(found: cap_std::fs::FileType) -> &'static str {
    if found.is_file() {
        "file"
    } else if found.is_dir() {
        "dir"
    } else if found.is_symlink() {
        "link"
    } else {
        "other"
    }
}

/// Takes from a quota, all or nothing, before anything is done: however many take at once, they get no more than there is.
fn take(quota: &AtomicU64, amount: u64, what: &str) -> Result<(), Failure> {
    quota
        .fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(amount))
        .map(drop)
        .map_err(|left| failed("quota", format!("the folder's quota has {left} {what} left, {amount} were wanted")))
}

fn failed(code: &'static str, message: String) -> Failure {
    Failure::new("DirError", code, message)
}

fn failure(path: &str, error: &io::Error) -> Failure {
    let code = match error.kind() {
        io::ErrorKind::NotFound => "not_found",
        io::ErrorKind::PermissionDenied => "denied",
        io::ErrorKind::AlreadyExists => "exists",
        io::ErrorKind::NotADirectory => "not_a_folder",
        io::ErrorKind::IsADirectory => "not_a_file",
        io::ErrorKind::DirectoryNotEmpty => "not_empty",
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded => "full",
        _ => "io",
    };
    // Not the system's own words, which may name what is outside.
    let said = match code {
        "not_found" => "there is no such file or folder",
        "denied" => "that is not allowed, or leads out of the folder",
        "exists" => "it exists already",
        "not_a_folder" => "it is no folder",
        "not_a_file" => "it is no regular file",
        "not_empty" => "the folder is not empty",
        "full" => "the disk is full",
        _ => "the file system failed",
    };
    failed(code, format!("`{path}`: {said}"))
}

#[cfg(test)]
mod tests;
