use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

/// A JSON text that belongs to a script, kept exactly as it was written.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Json(Box<RawValue>);

/// The text is not one JSON value.
#[derive(Debug, thiserror::Error)]
#[error("not valid JSON: {0}")]
pub struct NotJson(serde_json::Error);

/// Any JSON value.
#[cfg(feature = "schema")]
impl utoipa::PartialSchema for Json {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        serde_json::Value::schema()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for Json {}

impl Json {
    /// The JSON value `null`.
    pub fn null() -> Self {
        Self(RawValue::NULL.to_owned())
    }

    /// Takes a text that must be one JSON value; surrounding white space is dropped.
    pub fn parse(text: String) -> Result<Self, NotJson> {
        RawValue::from_string(text).map(Self).map_err(NotJson)
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }

    /// Length of the text in bytes: what the input and output limits count.
    #[expect(clippy::len_without_is_empty, reason = "a JSON text is never empty")]
    pub fn len(&self) -> usize {
        self.as_str().len()
    }
}

impl Default for Json {
    fn default() -> Self {
        Self::null()
    }
}

impl PartialEq for Json {
    /// Equal texts; `1.0` and `1` differ.
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl From<serde_json::Value> for Json {
    fn from(value: serde_json::Value) -> Self {
        Self(serde_json::value::to_raw_value(&value).unwrap_or_else(|_| RawValue::NULL.to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_the_text() {
        for text in [r#"{"a":1e21,"b":"\ud800"}"#, "[1.0]", "null"] {
            assert_eq!(serde_json::from_str::<Json>(text).unwrap().as_str(), text);
        }
    }

    #[test]
    fn refuses_what_is_not_json() {
        assert!(Json::parse("{a:1}".into()).is_err());
        assert!(Json::parse("1 2".into()).is_err());
    }
}
