use std::{
    collections::BTreeMap,
    fs::{File, OpenOptions},
    io::{self, BufRead as _, BufReader, Seek as _, Write as _},
    path::{Path, PathBuf},
    sync::{Mutex, PoisonError},
    time::{SystemTime, UNIX_EPOCH},
};

use ampoule_protocol::{Json, KvAnswer, KvAsk, KvHeld, KvKey, KvQuota, KvSpace, MAX_KV_NAMESPACES};
use serde::{Deserialize, Serialize};

use crate::backing::{Backed, Backing, BackingError};

/// Keys and values of one process: in memory, or in a file that the next process finds them in. For `ampoule run`, with the semantics and quotas that jobs meet.
#[derive(Debug, Default)]
pub struct LocalKv(Mutex<Kept>);

/// A file that cannot be a store.
#[derive(Debug, thiserror::Error)]
pub enum LocalKvError {
    /// Opening, locking, reading or writing failed.
    #[error("{path}: {source}")]
    Io {
        /// The file.
        path: PathBuf,
        /// What went wrong.
        source: io::Error,
    },
    /// Another process has it.
    #[error("{0}: another process uses it")]
    InUse(PathBuf),
    /// It is something else, or was damaged.
    #[error("{path}, line {line}: this is no change of a key")]
    Foreign {
        /// The file.
        path: PathBuf,
        /// Which line.
        line: usize,
    },
}

#[derive(Debug, Default)]
struct Kept {
    spaces: BTreeMap<String, Space>,
    /// A line for each change; written anew when it is opened.
    file: Option<File>,
}

#[derive(Debug, Default)]
struct Space {
    counted: KvSpace,
    rows: BTreeMap<String, Row>,
}

#[derive(Clone, Debug)]
struct Row {
    value: Json,
    version: u64,
    expires_ms: Option<u64>,
}

/// A line of the file.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Change {
    namespace: String,
    key: String,
    version: u64,
    /// Without it the key was removed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    value: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    expires_ms: Option<u64>,
}

impl LocalKv {
    /// Opens a file, which is made if it is absent, and keeps it from other processes. An answer follows a write to it; the disk is not waited for.
    pub fn open(path: &Path) -> Result<Self, LocalKvError> {
        let failed = |source| LocalKvError::Io { path: path.to_owned(), source };
        let mut file = OpenOptions::new().read(true).write(true).create(true).truncate(false).open(path).map_err(failed)?;
        file.try_lock().map_err(|error| match error {
            std::fs::TryLockError::WouldBlock => LocalKvError::InUse(path.to_owned()),
            std::fs::TryLockError::Error(source) => failed(source),
        })?;
        let mut kept = Kept::default();
        for (place, line) in BufReader::new(&file).lines().enumerate() {
            let line = line.map_err(failed)?;
            let foreign = |_| LocalKvError::Foreign { path: path.to_owned(), line: place + 1 };
            let change = serde_json::from_str(&line).map_err(foreign)?;
            kept.take(change);
        }
        let mut text = Vec::new();
        for change in kept.changes() {
            print(&change, &mut text).map_err(failed)?;
        }
        file.rewind().and_then(|()| file.set_len(0)).and_then(|()| file.write_all(&text)).map_err(failed)?;
        kept.file = Some(file);
        Ok(Self(Mutex::new(kept)))
    }

    /// Carries it out at this moment, in milliseconds since 1970.
    fn answer(&self, namespace: &str, ask: &KvAsk, now_ms: u64) -> Result<KvAnswer, BackingError> {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let spaces = kept.spaces.len() as u64;
        if ask.writes() && spaces >= MAX_KV_NAMESPACES && !kept.spaces.contains_key(namespace) {
            return Ok(KvAnswer::Full { quota: KvQuota::Namespaces });
        }
        let Kept { spaces, file } = &mut *kept;
        let space = spaces.entry(namespace.to_owned()).or_default();
        space.expire(now_ms);
        Ok(match ask {
            KvAsk::Get { key } => match space.rows.get(key) {
                Some(row) => KvAnswer::Found { value: row.value.clone(), version: row.version },
                None => KvAnswer::Absent,
            },
            KvAsk::List { prefix, after, limit } => space.list(prefix, after.as_deref(), *limit as usize),
            KvAsk::Set { key, value, ttl_ms, .. } => {
                let (before, answer) = (space.counted, space.write(ask, key));
                if let KvAnswer::Written { version } = answer {
                    let expires_ms = ttl_ms.map(|ms| now_ms.saturating_add(ms));
                    let row = Row { value: value.clone(), version, expires_ms };
                    if let Err(error) = append(file, Change::of(namespace, key, &row)) {
                        space.counted = before;
                        return Err(error);
                    }
                    space.rows.insert(key.clone(), row);
                }
                answer
            }
            KvAsk::Delete { key, .. } => {
                let (before, answer) = (space.counted, space.write(ask, key));
                if answer == KvAnswer::Deleted {
                    let change = Change {
                        namespace: namespace.to_owned(),
                        key: key.clone(),
                        version: before.version,
                        value: None,
                        expires_ms: None,
                    };
                    if let Err(error) = append(file, change) {
                        space.counted = before;
                        return Err(error);
                    }
                    space.rows.remove(key);
                }
                answer
            }
        })
    }
}

impl Backing for LocalKv {
    fn kv(&self, namespace: &str, ask: KvAsk) -> Backed<KvAnswer> {
        let now_ms = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_millis() as u64);
        let answer = self.answer(namespace, &ask, now_ms);
        Box::pin(std::future::ready(answer))
    }
}

impl Kept {
    fn take(&mut self, change: Change) {
        let Change { namespace, key, version, value, expires_ms } = change;
        let space = self.spaces.entry(namespace).or_default();
        if let Some(old) = space.rows.remove(&key) {
            space.counted.forget(&key, old.value.len() as u64);
        }
        space.counted.version = space.counted.version.max(version);
        if let Some(value) = value {
            space.counted.keys += 1;
            space.counted.bytes += (key.len() + value.len()) as u64;
            space.rows.insert(key, Row { value, version, expires_ms });
        }
    }

    /// What makes these keys from nothing, and lets no version come twice.
    fn changes(&self) -> Vec<Change> {
        let mut changes = Vec::new();
        for (namespace, space) in &self.spaces {
            changes.extend(space.rows.iter().map(|(key, row)| Change::of(namespace, key, row)));
            let (namespace, version) = (namespace.clone(), space.counted.version);
            changes.push(Change { namespace, key: String::new(), version, value: None, expires_ms: None });
        }
        changes
    }
}

impl Change {
    fn of(namespace: &str, key: &str, row: &Row) -> Self {
        let (namespace, key, value) = (namespace.to_owned(), key.to_owned(), Some(row.value.clone()));
        Self { namespace, key, version: row.version, value, expires_ms: row.expires_ms }
    }
}

impl Space {
    fn write(&mut self, ask: &KvAsk, key: &str) -> KvAnswer {
        let held = self.rows.get(key).map(|row| KvHeld { version: row.version, bytes: row.value.len() as u64 });
        self.counted.write(ask, held)
    }

    fn expire(&mut self, now_ms: u64) {
        let Self { counted, rows } = self;
        rows.retain(|key, row| {
            let stays = row.expires_ms.is_none_or(|at| at > now_ms);
            if !stays {
                counted.forget(key, row.value.len() as u64);
            }
            stays
        });
    }

    fn list(&self, prefix: &str, after: Option<&str>, limit: usize) -> KvAnswer {
        let mut items: Vec<_> = self
            .rows
            .range(after.unwrap_or_default().to_owned()..)
            .skip_while(|(key, _)| Some(key.as_str()) == after || key.as_str() < prefix)
            .take_while(|(key, _)| key.starts_with(prefix))
            .take(limit + 1)
            .map(|(key, row)| KvKey { key: key.clone(), version: row.version, bytes: row.value.len() as u64 })
            .collect();
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(|last| last.key.clone());
        KvAnswer::Keys { items, next }
    }
}

fn append(file: &mut Option<File>, change: Change) -> Result<(), BackingError> {
    let Some(file) = file else { return Ok(()) };
    let mut line = Vec::new();
    // One write: a process that is killed leaves whole lines.
    print(&change, &mut line)
        .and_then(|()| file.write_all(&line))
        .map_err(|error| BackingError::Refused(format!("the store's file: {error}")))
}

fn print(change: &Change, to: &mut Vec<u8>) -> io::Result<()> {
    serde_json::to_writer(&mut *to, change)?;
    to.push(b'\n');
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(key: &str, value: &str, ttl_ms: Option<u64>) -> KvAsk {
        KvAsk::Set { key: key.to_owned(), value: Json::parse(value.to_owned()).unwrap(), ttl_ms, if_version: None }
    }

    fn get(key: &str) -> KvAsk {
        KvAsk::Get { key: key.to_owned() }
    }

    fn list(prefix: &str, after: Option<&str>, limit: u32) -> KvAsk {
        KvAsk::List { prefix: prefix.to_owned(), after: after.map(str::to_owned), limit }
    }

    #[test]
    fn a_file_keeps_keys_and_lets_no_version_come_twice() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("kv");
        let kv = LocalKv::open(&path).unwrap();
        assert!(matches!(LocalKv::open(&path), Err(LocalKvError::InUse(_))));
        for (key, value) in [("a", "1"), ("b", "[1e21,\"\\ud800\"]"), ("c", "3")] {
            kv.answer("n", &set(key, value, None), 0).unwrap();
        }
        assert_eq!(kv.answer("n", &KvAsk::Delete { key: "c".to_owned(), if_version: Some(3) }, 0).unwrap(), KvAnswer::Deleted);
        drop(kv);
        let kv = LocalKv::open(&path).unwrap();
        let found = kv.answer("n", &get("b"), 0).unwrap();
        assert_eq!(found, KvAnswer::Found { value: Json::parse("[1e21,\"\\ud800\"]".to_owned()).unwrap(), version: 2 });
        assert_eq!(kv.answer("n", &set("c", "4", None), 0).unwrap(), KvAnswer::Written { version: 4 });
        drop(kv);
        std::fs::write(&path, "something else\n").unwrap();
        assert!(matches!(LocalKv::open(&path), Err(LocalKvError::Foreign { line: 1, .. })));
    }

    #[test]
    fn keys_go_when_their_time_is_over() {
        let kv = LocalKv::default();
        kv.answer("n", &set("a", "1", Some(10)), 100).unwrap();
        assert!(matches!(kv.answer("n", &get("a"), 109).unwrap(), KvAnswer::Found { .. }));
        assert_eq!(kv.answer("n", &get("a"), 110).unwrap(), KvAnswer::Absent);
    }

    #[test]
    fn pages_of_keys() {
        let kv = LocalKv::default();
        for key in ["a/1", "a/2", "a/3", "b/1", "a"] {
            kv.answer("n", &set(key, "0", None), 0).unwrap();
        }
        let page = |prefix: &str, after, limit| match kv.answer("n", &list(prefix, after, limit), 0).unwrap() {
            KvAnswer::Keys { items, next } => (items.into_iter().map(|item| item.key).collect::<Vec<_>>(), next),
            other => panic!("{other:?}"),
        };
        assert_eq!(page("a/", None, 2), (vec!["a/1".into(), "a/2".into()], Some("a/2".into())));
        assert_eq!(page("a/", Some("a/2"), 2), (vec!["a/3".into()], None));
        assert_eq!(page("", None, 10).0.len(), 5);
        assert_eq!(page("c", None, 10), (vec![], None));
    }
}
