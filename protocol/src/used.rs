use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Most entries of each list of [`Used`]; more are counted in [`Used::more`]. A run that touches more files or keys than a person reads.
pub const MAX_USED: usize = 256;

/// What one run did with its capabilities: what it used, not only what it was granted.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct Used {
    /// Hosts that were asked, by `HOST:PORT`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub net: BTreeMap<String, UsedHost>,
    /// Paths, by `FOLDER/PATH`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub dirs: BTreeMap<String, UsedItem>,
    /// Settings that were read, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub env: BTreeMap<String, UsedItem>,
    /// Secrets that were read, by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub secrets: BTreeMap<String, UsedItem>,
    /// Keys, by `NAMESPACE/KEY`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub kv: BTreeMap<String, UsedItem>,
    /// Jobs that were submitted, by their scripts' names; `*` for those that bring their own source.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub jobs: BTreeMap<String, UsedItem>,
    /// Blobs, by `STORE/NAME`.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub blob: BTreeMap<String, UsedItem>,
    /// Things used beyond the [`MAX_USED`] of a list.
    #[serde(skip_serializing_if = "is_zero")]
    pub more: u64,
    /// What was asked for and not granted, in the words of its error, such as `net api.example.com:443`.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub refused: Vec<String>,
}

fn is_zero(count: &u64) -> bool {
    *count == 0
}

/// What was done with one thing.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct UsedItem {
    /// How often it was read, written and so on.
    pub calls: u64,
    /// Bytes that the script got from it.
    pub bytes_in: u64,
    /// Bytes that the script put into it.
    pub bytes_out: u64,
    /// How long the calls took together.
    pub ms: f64,
    /// Whether anything was changed.
    pub written: bool,
}

/// What was done with one host.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(default)]
pub struct UsedHost {
    /// Addresses that were dialled, each checked before.
    pub addresses: Vec<String>,
    /// Methods of the requests.
    pub methods: Vec<String>,
    /// The requests.
    #[serde(flatten)]
    pub item: UsedItem,
}

impl Used {
    /// Nothing was used and nothing refused.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }
}
