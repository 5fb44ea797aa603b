use std::{fmt, str::FromStr};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{Role, TenantName};

/// Most characters of a key's name.
pub const MAX_KEY_NAME_CHARS: usize = 128;
/// Most requests per second that a key can be held to; more is no limit.
pub const MAX_REQUESTS_PER_SECOND: u32 = 1_000_000;

/// Identity of an API key: a UUIDv7. It is part of the key, and no secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(transparent)]
pub struct KeyId(Uuid);

impl KeyId {
    /// A fresh id of the present moment.
    #[expect(clippy::new_without_default, reason = "two defaults would differ")]
    pub fn new() -> Self {
        Self(Uuid::now_v7())
    }

    /// The 32 hexadecimal digits alone, as they stand in a key.
    pub fn digits(&self) -> String {
        self.0.simple().to_string()
    }
}

impl fmt::Display for KeyId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl FromStr for KeyId {
    type Err = uuid::Error;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse().map(Self)
    }
}

/// Body of `POST /v1/keys`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
pub struct KeySpec {
    /// For people: what it is for. 1 to [`MAX_KEY_NAME_CHARS`] characters.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// Whose jobs it is about, made if it is new. Without it the tenant `default`; a worker's key without one leases everybody's jobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Most requests per second, with bursts of as many; 1 to [`MAX_REQUESTS_PER_SECOND`]. No limit without it. Each manager counts by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<u32>,
}

/// What is wrong with a [`KeySpec`] that is well-formed JSON.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{field}` must be {wanted}")]
pub struct KeySpecError {
    /// Where.
    pub field: &'static str,
    /// What would be right.
    pub wanted: String,
}

impl KeySpec {
    /// The first thing that is wrong with it.
    pub fn check(&self) -> Result<(), KeySpecError> {
        let count = self.name.chars().count();
        if !(1..=MAX_KEY_NAME_CHARS).contains(&count) || self.name.chars().any(char::is_control) {
            let wanted = format!("1 to {MAX_KEY_NAME_CHARS} characters, none of them a control character");
            return Err(KeySpecError { field: "name", wanted });
        }
        if self.requests_per_second.is_some_and(|rate| !(1..=MAX_REQUESTS_PER_SECOND).contains(&rate)) {
            return Err(KeySpecError { field: "requests_per_second", wanted: format!("1 to {MAX_REQUESTS_PER_SECOND}, or absent") });
        }
        Ok(())
    }
}

/// An API key as an admin sees it, without its secret.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct KeyView {
    /// Identity.
    pub id: KeyId,
    /// For people.
    pub name: String,
    /// What its holder may do.
    pub role: Role,
    /// Whose jobs it is about; without one a worker's, about everybody's.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tenant: Option<TenantName>,
    /// Most requests per second.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub requests_per_second: Option<u32>,
    /// When it was made.
    pub created_at: Timestamp,
    /// When it was last shown, give or take some seconds.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_used_at: Option<Timestamp>,
    /// Since when it opens nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<Timestamp>,
}

/// Answer of `POST /v1/keys`: the only time that the key is shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct NewKey {
    /// The key: `authorization: Bearer KEY`.
    pub key: String,
    /// What is known of it from now on.
    #[serde(flatten)]
    pub view: KeyView,
}

/// Answer of `GET /v1/keys`: oldest first, revoked ones included.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct KeyList {
    /// One page of keys.
    pub items: Vec<KeyView>,
    /// Give it as `cursor` to get the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}
