use std::{fmt, str::FromStr, sync::Arc};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Most characters of a tenant's name: it stands in the index entries of each of its jobs.
pub const MAX_TENANT_CHARS: usize = 64;

/// Name of a tenant: whose jobs these are. 1 to [`MAX_TENANT_CHARS`] letters and digits of ASCII, `-`, `_` and `.`, the first of them a letter
/// or a digit. Cheap to clone.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema), schema(value_type = String, max_length = 64, pattern = "^[A-Za-z0-9][A-Za-z0-9_.-]*$"))]
#[serde(try_from = "String", into = "String")]
pub struct TenantName(Arc<str>);

/// The text is no tenant's name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`{0}` is no tenant's name: 1 to {MAX_TENANT_CHARS} letters and digits of ASCII, `-`, `_` and `.`, the first of them a letter or a digit"
)]
pub struct TenantNameError(String);

impl TenantName {
    /// The tenant of everybody who names none.
    pub const DEFAULT: &str = "default";

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Default for TenantName {
    fn default() -> Self {
        Self(Self::DEFAULT.into())
    }
}

impl FromStr for TenantName {
    type Err = TenantNameError;

    fn from_str(text: &str) -> Result<Self, TenantNameError> {
        let begins = text.starts_with(|c: char| c.is_ascii_alphanumeric());
        if begins && text.len() <= MAX_TENANT_CHARS && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b)) {
            Ok(Self(text.into()))
        } else {
            Err(TenantNameError(text.chars().take(MAX_TENANT_CHARS).collect()))
        }
    }
}

impl TryFrom<String> for TenantName {
    type Error = TenantNameError;

    fn try_from(text: String) -> Result<Self, TenantNameError> {
        text.parse()
    }
}

impl From<TenantName> for String {
    fn from(name: TenantName) -> Self {
        name.0.as_ref().to_owned()
    }
}

impl fmt::Display for TenantName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Highest weight of a tenant.
pub const MAX_WEIGHT: u32 = 1_000;

/// Body of `PUT /v1/tenants/{name}`: how a tenant is treated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct TenantSettings {
    /// Its share of the slots while several tenants have waiting jobs, against the others' weights; 1 to [`MAX_WEIGHT`].
    pub weight: u32,
    /// Most of its jobs that run at once; no ceiling without it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_running: Option<u32>,
}

impl Default for TenantSettings {
    fn default() -> Self {
        Self { weight: 1, max_running: None }
    }
}

/// [`TenantView`] as it is on the wire: without the settings' own word that there is nothing beside them.
#[cfg(feature = "schema")]
#[derive(utoipa::ToSchema)]
#[expect(dead_code, reason = "it only describes")]
struct TenantWire {
    /// Its name.
    name: TenantName,
    /// Its share of the slots while several tenants have waiting jobs.
    weight: u32,
    /// Most of its jobs that run at once.
    max_running: Option<u32>,
    /// When it was first heard of.
    created_at: Timestamp,
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for TenantView {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        TenantWire::schema()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for TenantView {
    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
        TenantWire::schemas(schemas);
    }
}

/// A tenant as an admin sees it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TenantView {
    /// Its name.
    pub name: TenantName,
    /// How it is treated.
    #[serde(flatten)]
    pub settings: TenantSettings,
    /// When it was first heard of.
    pub created_at: Timestamp,
}

/// Answer of `GET /v1/tenants`, by name.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct TenantList {
    /// One page of tenants.
    pub items: Vec<TenantView>,
    /// Give it as `cursor` to get the next page; absent on the last.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub next_cursor: Option<String>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_plain() {
        for text in ["default", "a", "Team-7_x.y", "9", &"x".repeat(MAX_TENANT_CHARS)] {
            assert_eq!(text.parse::<TenantName>().unwrap().as_str(), text);
        }
        for text in ["", ".", "-a", "a b", "a/b", "é", "*", &"x".repeat(MAX_TENANT_CHARS + 1)] {
            assert!(text.parse::<TenantName>().is_err(), "{text}");
            assert!(serde_json::from_value::<TenantName>(text.into()).is_err(), "{text}");
        }
    }
}
