//! Keys and values of a tenant, as a run asks for them: through its worker, under its lease.

use serde::{Deserialize, Serialize};

use crate::{Json, LeaseToken};

/// Most bytes of a key: it stands in an index.
pub const MAX_KV_KEY_BYTES: usize = 512;
/// Most bytes of a value, as JSON: a write is held in memory and in the store's log. What is larger is a file or a blob.
pub const MAX_KV_VALUE_BYTES: usize = 256 << 10;
/// Most keys of a namespace.
pub const MAX_KV_KEYS: u64 = 10_000;
/// Most bytes of keys and values of a namespace: with the number of namespaces, what one tenant can make the store hold.
pub const MAX_KV_BYTES: u64 = 32 << 20;
/// Most namespaces of a tenant that hold anything or ever did.
pub const MAX_KV_NAMESPACES: u64 = 64;
/// Most keys of one listing.
pub const MAX_KV_LISTED: u32 = 1_000;
/// Longest that a key can be set to last: a year.
pub const MAX_KV_TTL_MS: u64 = 366 * 24 * 60 * 60 * 1000;

/// Body of `POST /v1/leases/kv`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KvRequest {
    /// Under which lease. A lease that is over reads and writes nothing.
    pub token: LeaseToken,
    /// Which namespace; the job must be granted it.
    pub namespace: String,
    /// What is asked.
    pub ask: KvAsk,
}

/// What a run asks of a namespace.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum KvAsk {
    /// The value and the version of a key.
    Get {
        /// 1 to 512 bytes, none of them a control character.
        key: String,
    },
    /// Stores a value.
    Set {
        /// The key.
        key: String,
        /// At most 256 KiB of JSON.
        value: Json,
        /// The key is gone so long after; at most a year. It stays without.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        ttl_ms: Option<u64>,
        /// Only if the key has this version; 0: only if there is no such key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        if_version: Option<u64>,
    },
    /// Removes a key.
    Delete {
        /// The key.
        key: String,
        /// Only if the key has this version.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        if_version: Option<u64>,
    },
    /// Keys in the order of their bytes.
    List {
        /// Only those that begin so.
        prefix: String,
        /// Only those behind this one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        after: Option<String>,
        /// At most so many: 1 to 1,000.
        limit: u32,
    },
}

/// What a namespace answers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KvAnswer {
    /// The key's value.
    Found {
        /// As it was stored.
        value: Json,
        /// Of all writes to the namespace, which one stored it: never the same twice.
        version: u64,
    },
    /// There is no such key.
    Absent,
    /// The value is stored.
    Written {
        /// Under this version.
        version: u64,
    },
    /// The key is removed; it had been there.
    Deleted,
    /// Nothing was written: the key has another version than the asker thought.
    Differs {
        /// This one; 0: there is no such key.
        version: u64,
    },
    /// Keys, and where the next listing goes on if there are more.
    Keys {
        /// In the order of their bytes.
        items: Vec<KvKey>,
        /// `after` of the next listing.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        next: Option<String>,
    },
    /// Nothing was written: a quota is used up.
    Full {
        /// Which one.
        quota: KvQuota,
    },
}

/// A key of a listing.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct KvKey {
    /// The key.
    pub key: String,
    /// Its version.
    pub version: u64,
    /// Length of its value.
    pub bytes: u64,
}

/// What a namespace can be full of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum KvQuota {
    /// [`MAX_KV_KEYS`].
    Keys,
    /// [`MAX_KV_BYTES`].
    Bytes,
    /// [`MAX_KV_NAMESPACES`].
    Namespaces,
}

/// What is wrong with what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct KvWrong(String);

impl KvAsk {
    /// Whether it changes anything.
    pub const fn writes(&self) -> bool {
        matches!(self, Self::Set { .. } | Self::Delete { .. })
    }

    /// The key that it is about, or the prefix of a listing.
    pub fn key(&self) -> &str {
        match self {
            Self::Get { key } | Self::Set { key, .. } | Self::Delete { key, .. } => key,
            Self::List { prefix, .. } => prefix,
        }
    }

    /// Whether keys, values and numbers are within bounds.
    pub fn check(&self) -> Result<(), KvWrong> {
        let wrong = |text: String| Err(KvWrong(text));
        let is_list = matches!(self, Self::List { .. });
        let key = |key: &str| {
            if key.len() > MAX_KV_KEY_BYTES || key.chars().any(char::is_control) || (key.is_empty() && !is_list) {
                return wrong(format!("a key has 1 to {MAX_KV_KEY_BYTES} bytes, none of them a control character"));
            }
            Ok(())
        };
        key(self.key())?;
        match self {
            Self::Set { value, ttl_ms, .. } => {
                if value.len() > MAX_KV_VALUE_BYTES {
                    return wrong(format!("the value has {} bytes as JSON, at most {MAX_KV_VALUE_BYTES} are allowed", value.len()));
                }
                if ttl_ms.is_some_and(|ms| !(1..=MAX_KV_TTL_MS).contains(&ms)) {
                    return wrong(format!("a time to live must be 1 to {MAX_KV_TTL_MS} milliseconds"));
                }
            }
            Self::List { after, limit, .. } => {
                after.as_deref().map_or(Ok(()), key)?;
                if !(1..=MAX_KV_LISTED).contains(limit) {
                    return wrong(format!("a listing has 1 to {MAX_KV_LISTED} keys"));
                }
            }
            Self::Get { .. } | Self::Delete { .. } => {}
        }
        Ok(())
    }
}

/// How full a namespace is, and what it may become: the same wherever it is kept.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct KvSpace {
    /// Version of the last write.
    pub version: u64,
    /// How many keys there are.
    pub keys: u64,
    /// Bytes of keys and values.
    pub bytes: u64,
}

/// A key's row before a write, as far as the write depends on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KvHeld {
    /// Its version.
    pub version: u64,
    /// Length of its value.
    pub bytes: u64,
}

impl KvSpace {
    /// Decides a write to a key that is `held`, and counts it: what the answer is, and whether the row is to be changed.
    pub fn write(&mut self, ask: &KvAsk, held: Option<KvHeld>) -> KvAnswer {
        let version = held.map_or(0, |held| held.version);
        let size = |key: &str, bytes: u64| key.len() as u64 + bytes;
        match ask {
            KvAsk::Set { if_version: Some(expected), .. } | KvAsk::Delete { if_version: Some(expected), .. } if *expected != version => {
                KvAnswer::Differs { version }
            }
            KvAsk::Set { key, value, .. } => {
                let keys = self.keys + u64::from(held.is_none());
                let freed = held.map_or(0, |held| size(key, held.bytes));
                let bytes = self.bytes.saturating_sub(freed) + size(key, value.len() as u64);
                // Who makes a value smaller is let through, however full it is.
                if keys > MAX_KV_KEYS && keys > self.keys {
                    return KvAnswer::Full { quota: KvQuota::Keys };
                }
                if bytes > MAX_KV_BYTES && bytes > self.bytes {
                    return KvAnswer::Full { quota: KvQuota::Bytes };
                }
                *self = Self { version: self.version + 1, keys, bytes };
                KvAnswer::Written { version: self.version }
            }
            KvAsk::Delete { key, .. } => match held {
                None => KvAnswer::Absent,
                Some(held) => {
                    self.forget(key, held.bytes);
                    KvAnswer::Deleted
                }
            },
            KvAsk::Get { .. } | KvAsk::List { .. } => KvAnswer::Absent,
        }
    }

    /// A key is gone.
    pub const fn forget(&mut self, key: &str, bytes: u64) {
        self.keys = self.keys.saturating_sub(1);
        self.bytes = self.bytes.saturating_sub(key.len() as u64 + bytes);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(key: &str, bytes: usize, if_version: Option<u64>) -> KvAsk {
        let value = Json::parse(format!("\"{}\"", "x".repeat(bytes - 2))).unwrap();
        KvAsk::Set { key: key.to_owned(), value, ttl_ms: None, if_version }
    }

    #[test]
    fn writes_are_compared_and_counted() {
        let mut space = KvSpace::default();
        assert_eq!(space.write(&set("a", 10, Some(1)), None), KvAnswer::Differs { version: 0 });
        assert_eq!(space.write(&set("a", 10, Some(0)), None), KvAnswer::Written { version: 1 });
        assert_eq!(space, KvSpace { version: 1, keys: 1, bytes: 11 });
        let held = Some(KvHeld { version: 1, bytes: 10 });
        assert_eq!(space.write(&set("a", 4, Some(1)), held), KvAnswer::Written { version: 2 });
        assert_eq!(space, KvSpace { version: 2, keys: 1, bytes: 5 });
        let delete = KvAsk::Delete { key: "a".to_owned(), if_version: Some(2) };
        assert_eq!(space.write(&delete, Some(KvHeld { version: 2, bytes: 4 })), KvAnswer::Deleted);
        assert_eq!(space, KvSpace { version: 2, keys: 0, bytes: 0 });
        assert_eq!(space.write(&KvAsk::Delete { key: "a".to_owned(), if_version: None }, None), KvAnswer::Absent);
    }

    #[test]
    fn quotas_hold_and_shrinking_is_let_through() {
        let mut space = KvSpace { version: 7, keys: MAX_KV_KEYS, bytes: MAX_KV_BYTES };
        assert_eq!(space.write(&set("b", 2, None), None), KvAnswer::Full { quota: KvQuota::Keys });
        let held = Some(KvHeld { version: 1, bytes: 10 });
        assert_eq!(space.write(&set("b", 11, None), held), KvAnswer::Full { quota: KvQuota::Bytes });
        assert_eq!(space.write(&set("b", 10, None), held), KvAnswer::Written { version: 8 });
    }

    #[test]
    fn bounds() {
        assert!(set("a", MAX_KV_VALUE_BYTES, None).check().is_ok());
        assert!(set("a", MAX_KV_VALUE_BYTES + 1, None).check().is_err());
        for key in ["", "a\0b", &"k".repeat(513)] {
            assert!(KvAsk::Get { key: key.to_owned() }.check().is_err(), "{key}");
        }
        let list = |limit| KvAsk::List { prefix: String::new(), after: None, limit };
        assert!(list(1000).check().is_ok() && list(0).check().is_err() && list(1001).check().is_err());
        let text = serde_json::to_string(&set("a", 3, Some(4))).unwrap();
        assert_eq!(text, r#"{"set":{"key":"a","value":"x","if_version":4}}"#);
        assert_eq!(serde_json::from_str::<KvAsk>(&text).unwrap(), set("a", 3, Some(4)));
    }
}
