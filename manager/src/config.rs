//! What an operator sets.

use std::{net::SocketAddr, path::PathBuf, time::Duration};

use ampoule_protocol::{ByteSize, Grants, Limits, Role};
use subtle::{Choice, ConstantTimeEq};

use crate::queue::{LeasePolicy, StoreUrl};

/// Fewest characters of a key: 16 random base64 characters are 96 bits.
pub(crate) const MIN_KEY_CHARS: usize = 16;
/// Most characters of a key; headers are short.
pub(crate) const MAX_KEY_CHARS: usize = 256;

/// Everything that [`run`](crate::run) needs to know.
#[derive(Clone, Debug)]
pub struct Config {
    /// Where jobs are kept.
    pub store: StoreUrl,
    /// Keys that the operator provides, beside those in the store. They are of no tenant's: submit and worker keys work for `default` and for all.
    pub keys: Keys,
    /// The key of a worker in the same process: it makes nobody else need one.
    pub own_worker_key: Option<Key>,
    /// Is given the admin key that is made when the manager listens where others can reach it, and there is no key at all.
    pub first_key: fn(&str),
    /// Is given the address as soon as the store is open and requests are served.
    pub listens: fn(SocketAddr),
    /// The most that a job can ask for.
    pub ceiling: Limits,
    /// The most that a job can be granted; more is refused. Settings come with the job and need no permission.
    pub grants: Grants,
    /// How long a worker keeps a job without renewing. A lost worker's jobs run again after this time.
    pub lease: Duration,
    /// Lost leases and faults after which a job is failed and not run again; at least 1.
    pub max_attempts: u32,
    /// Largest body of a client's request.
    pub body_bytes: ByteSize,
    /// Largest body of a worker's request.
    pub worker_body_bytes: ByteSize,
    /// Most jobs that one acquire can lease.
    pub acquire_jobs: u32,
    /// Most bytes of scripts and inputs in one acquire's answer; a single larger job is still given out.
    pub acquire_bytes: ByteSize,
    /// Longest that a long poll or `?wait=` is held; asking for more gets this.
    pub max_wait: Duration,
    /// Read connections to the store.
    pub readers: usize,
    /// How long jobs are kept after their end, with their logs and outcomes.
    pub retention: Duration,
    /// The program that compiles TypeScript, with its arguments; see [`ampoule_typescript::request`]. Without it TypeScript is
    /// refused.
    pub compiler: Option<Vec<PathBuf>>,
    /// Spans are recorded, by the exporter that the process has set for OpenTelemetry.
    pub traces: bool,
    /// How long requests in flight may take once the server is told to stop.
    pub drain: Duration,
}

impl Config {
    /// The defaults, with a store at this path.
    pub fn new(store: impl Into<StoreUrl>) -> Self {
        Self {
            store: store.into(),
            keys: Keys::default(),
            own_worker_key: None,
            first_key: |key| eprintln!("made the first key, an admin's; it is shown this once: {key}"),
            listens: |_| {},
            ceiling: Limits::CEILING,
            // Nothing that reaches beyond the worker, until an operator says what.
            grants: Grants::default(),
            // Long enough for a garbage-collecting proxy or a paused virtual machine, short enough to be waited for.
            lease: Duration::from_secs(15),
            // A job that takes its worker down is given up after three of them.
            max_attempts: 3,
            // The largest input and script of the default ceiling, and as much again for libraries.
            body_bytes: ByteSize::mib(48),
            // The largest output and log of the default ceiling, each byte of it a six-byte JSON escape.
            worker_body_bytes: ByteSize::mib(200),
            acquire_jobs: 256,
            acquire_bytes: ByteSize::mib(64),
            // Below the idle timeouts of common load balancers.
            max_wait: Duration::from_secs(50),
            readers: 4,
            // Long enough to look into what went wrong over a holiday.
            retention: Duration::from_secs(14 * 24 * 60 * 60),
            compiler: None,
            traces: false,
            drain: Duration::from_secs(10),
        }
    }

    /// How leases are kept.
    pub fn lease_policy(&self) -> LeasePolicy {
        LeasePolicy { lease: self.lease, max_attempts: self.max_attempts, acquire_bytes: self.acquire_bytes.0 }
    }

    /// Refuses values that no manager can work with.
    pub fn check(&self) -> Result<(), ConfigError> {
        let least = [
            ("lease", self.lease >= Duration::from_millis(50), "at least 50 ms"),
            ("max_attempts", self.max_attempts >= 1, "at least 1"),
            ("acquire_jobs", self.acquire_jobs >= 1, "at least 1"),
            ("readers", self.readers >= 1, "at least 1"),
        ];
        match least.into_iter().find(|(_, holds, _)| !holds) {
            Some((field, _, wanted)) => Err(ConfigError::Value { field, wanted }),
            None => Ok(()),
        }
    }
}

/// Why a manager does not start with this configuration.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ConfigError {
    /// A number is out of range.
    #[error("`{field}` must be {wanted}")]
    Value {
        /// Which field of [`Config`].
        field: &'static str,
        /// What would be right.
        wanted: &'static str,
    },
    /// A key that is too short, too long or not printable.
    #[error("a key must have {MIN_KEY_CHARS} to {MAX_KEY_CHARS} printable ASCII characters without spaces")]
    Key,
}

/// A bearer key, kept as its BLAKE3 hash: it prints nowhere, and comparing tells nothing about it, not even its length.
#[derive(Clone)]
pub struct Key(blake3::Hash);

impl Key {
    /// Takes the key's text; surrounding white space, as files have it, is dropped.
    pub fn new(text: &str) -> Result<Self, ConfigError> {
        let text = text.trim();
        if (MIN_KEY_CHARS..=MAX_KEY_CHARS).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic()) {
            Ok(Self(blake3::hash(text.as_bytes())))
        } else {
            Err(ConfigError::Key)
        }
    }

    /// The text is this key.
    pub(crate) fn is(&self, text: &str) -> bool {
        self.matches(&blake3::hash(text.as_bytes())).into()
    }

    fn matches(&self, given: &blake3::Hash) -> Choice {
        self.0.as_bytes()[..].ct_eq(&given.as_bytes()[..])
    }
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Key(…)")
    }
}

/// A bearer key for each of three roles, provided by the operator.
#[derive(Clone, Debug, Default)]
pub struct Keys {
    /// For clients.
    pub submit: Option<Key>,
    /// For workers.
    pub worker: Option<Key>,
    /// For operators.
    pub admin: Option<Key>,
}

impl Keys {
    /// No key is configured.
    pub fn is_empty(&self) -> bool {
        self.submit.is_none() && self.worker.is_none() && self.admin.is_none()
    }

    /// The role of this key. All keys are compared whatever the answer, in constant time.
    pub fn role_of(&self, given: &str) -> Option<Role> {
        let given = blake3::hash(given.as_bytes());
        let mut role = None;
        for (key, of) in [(&self.submit, Role::Submit), (&self.worker, Role::Worker), (&self.admin, Role::Admin)] {
            if key.as_ref().is_some_and(|key| key.matches(&given).into()) {
                role = Some(of);
            }
        }
        role
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn key(text: &str) -> Option<Key> {
        Some(Key::new(text).unwrap())
    }

    #[test]
    fn keys_are_told_apart_and_never_printed() {
        let keys = Keys { submit: key("submit-0123456789"), worker: key("worker-0123456789\n"), admin: None };
        for (given, role) in
            [("submit-0123456789", Some(Role::Submit)), ("worker-0123456789", Some(Role::Worker)), ("submit-012345678", None), ("", None)]
        {
            assert_eq!(keys.role_of(given), role, "{given}");
        }
        assert!(!format!("{keys:?}").contains("0123456789"));
        for text in ["", "short", "with space 0123456789", &"x".repeat(257)] {
            assert_eq!(Key::new(text).unwrap_err(), ConfigError::Key, "{text}");
        }
    }
}
