use serde::{Deserialize, Serialize};

/// An HTTP error body, RFC 9457 (`application/problem+json`).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct Problem {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    pub kind: String,
    /// The status line's words.
    pub title: String,
    /// The HTTP status.
    pub status: u16,
    /// Stable name for programs, such as `invalid_body`.
    pub code: String,
    /// What is wrong, where, and what would be right.
    pub detail: String,
}
