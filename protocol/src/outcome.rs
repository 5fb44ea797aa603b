use serde::{Deserialize, Serialize};

use crate::{Json, LimitKind};

/// How a run ended, as its submitter sees it.
///
/// On the wire: `{"kind":"returned","value":…}`, `{"kind":"threw","error":{…}}`,
/// `{"kind":"limit_exceeded","limit":"fuel","ceiling":N,"used":N,"stack":…}`, `{"kind":"cancelled"}`,
/// `{"kind":"fault","code":"…","message":"…"}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Wire", into = "Wire")]
pub enum Outcome {
    /// The entry returned, or its promise was fulfilled with, this value.
    Returned {
        /// As `JSON.stringify` wrote it; `undefined` is `null`.
        value: Json,
    },
    /// The script failed to parse, threw, or its promise was rejected.
    Threw {
        /// What it threw.
        error: ScriptError,
    },
    /// The run was stopped, or not begun, because a limit did not allow for it.
    LimitExceeded {
        /// Which limit.
        limit: LimitKind,
        /// The limit's value in its own unit (fuel, bytes, milliseconds, calls).
        ceiling: u64,
        /// What was used or asked for when it was stopped, in the same unit.
        used: u64,
        /// Where the script was, innermost frame first, if known.
        stack: Option<String>,
    },
    /// Somebody cancelled it.
    Cancelled,
    /// Ampoule failed, not the script.
    Fault {
        /// Which failure.
        code: FaultCode,
        /// For people; says nothing about the host's inside.
        message: String,
    },
}

/// What a script threw. A thrown value that is no `Error` has the name `""` and its text as message.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
pub struct ScriptError {
    /// The error's `name`, such as `TypeError`.
    pub name: String,
    /// The error's `message`.
    pub message: String,
    /// Call frames, innermost first, one to a line: `    at function (file:line:column)`. May be empty.
    pub stack: String,
}

/// Our failures, by name. Only faults are retried by themselves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum FaultCode {
    /// The JavaScript engine panicked or trapped where no limit explains it.
    EnginePanic,
    /// The host around the sandbox failed.
    Host,
    /// The worker that held the last allowed attempt never came back.
    WorkerLost,
    /// Nobody started the job within the time that it asked for.
    StartTimeout,
    /// The worker of the last allowed attempt lives, and the run went on long past its wall time.
    Overrun,
}

impl FaultCode {
    /// Every code.
    pub const ALL: [Self; 5] = [Self::EnginePanic, Self::Host, Self::WorkerLost, Self::StartTimeout, Self::Overrun];

    /// The name on the wire and in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::EnginePanic => "engine_panic",
            Self::Host => "host",
            Self::WorkerLost => "worker_lost",
            Self::StartTimeout => "start_timeout",
            Self::Overrun => "overrun",
        }
    }
}

impl Outcome {
    /// Every kind.
    pub const KINDS: [&'static str; 5] = ["returned", "threw", "limit_exceeded", "cancelled", "fault"];

    /// The outcome's kind on the wire and in metrics.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Returned { .. } => Self::KINDS[0],
            Self::Threw { .. } => Self::KINDS[1],
            Self::LimitExceeded { .. } => Self::KINDS[2],
            Self::Cancelled => Self::KINDS[3],
            Self::Fault { .. } => Self::KINDS[4],
        }
    }
}

#[cfg(feature = "schema")]
impl utoipa::PartialSchema for Outcome {
    fn schema() -> utoipa::openapi::RefOr<utoipa::openapi::schema::Schema> {
        Wire::schema()
    }
}

#[cfg(feature = "schema")]
impl utoipa::ToSchema for Outcome {
    fn schemas(schemas: &mut Vec<(String, utoipa::openapi::RefOr<utoipa::openapi::schema::Schema>)>) {
        Wire::schemas(schemas);
    }
}

/// The flat object that an outcome is on the wire. (An internally tagged enum would parse the value and print it anew.)
#[derive(Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields)]
struct Wire {
    /// `returned` with `value`, `threw` with `error`, `limit_exceeded` with `limit`, `ceiling` and `used`, `cancelled`, or `fault` with `code`.
    kind: String,
    #[serde(default, skip_serializing_if = "Option::is_none", with = "present")]
    value: Option<Json>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    error: Option<ScriptError>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    limit: Option<LimitKind>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    ceiling: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    used: Option<u64>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    stack: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    code: Option<FaultCode>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

/// A field whose `null` is a value, unlike an absent field.
mod present {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    use crate::Json;

    pub(super) fn serialize<S: Serializer>(value: &Option<Json>, to: S) -> Result<S::Ok, S::Error> {
        value.serialize(to)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Option<Json>, D::Error> {
        Json::deserialize(from).map(Some)
    }
}

impl From<Outcome> for Wire {
    fn from(outcome: Outcome) -> Self {
        let mut wire = Self {
            kind: outcome.kind().to_owned(),
            value: None,
            error: None,
            limit: None,
            ceiling: None,
            used: None,
            stack: None,
            code: None,
            message: None,
        };
        match outcome {
            Outcome::Returned { value } => wire.value = Some(value),
            Outcome::Threw { error } => wire.error = Some(error),
            Outcome::LimitExceeded { limit, ceiling, used, stack } => {
                (wire.limit, wire.ceiling, wire.used, wire.stack) = (Some(limit), Some(ceiling), Some(used), stack);
            }
            Outcome::Cancelled => {}
            Outcome::Fault { code, message } => (wire.code, wire.message) = (Some(code), Some(message)),
        }
        wire
    }
}

impl TryFrom<Wire> for Outcome {
    type Error = String;

    fn try_from(wire: Wire) -> Result<Self, String> {
        fn need<T>(kind: &str, name: &str, field: Option<T>) -> Result<T, String> {
            field.ok_or_else(|| format!("an outcome of kind `{kind}` needs the field `{name}`"))
        }
        let kind = wire.kind.as_str();
        Ok(match kind {
            "returned" => Self::Returned { value: need(kind, "value", wire.value)? },
            "threw" => Self::Threw { error: need(kind, "error", wire.error)? },
            "limit_exceeded" => Self::LimitExceeded {
                limit: need(kind, "limit", wire.limit)?,
                ceiling: need(kind, "ceiling", wire.ceiling)?,
                used: need(kind, "used", wire.used)?,
                stack: wire.stack,
            },
            "cancelled" => Self::Cancelled,
            "fault" => Self::Fault { code: need(kind, "code", wire.code)?, message: wire.message.unwrap_or_default() },
            other => return Err(format!("unknown outcome kind `{other}`")),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn goes_round() {
        for text in [
            r#"{"kind":"returned","value":{"b":1e21,"a":"\ud800"}}"#,
            r#"{"kind":"returned","value":null}"#,
            r#"{"kind":"threw","error":{"name":"TypeError","message":"m","stack":"    at f (a.js:1:2)"}}"#,
            r#"{"kind":"limit_exceeded","limit":"wall_time","ceiling":5,"used":7}"#,
            r#"{"kind":"cancelled"}"#,
            r#"{"kind":"fault","code":"engine_panic","message":"m"}"#,
        ] {
            let outcome: Outcome = serde_json::from_str(text).unwrap();
            assert_eq!(serde_json::to_string(&outcome).unwrap(), text);
        }
    }

    #[test]
    fn refuses_half_an_outcome() {
        for text in [r#"{"kind":"returned"}"#, r#"{"kind":"gone"}"#, r#"{"kind":"cancelled","extra":1}"#] {
            assert!(serde_json::from_str::<Outcome>(text).is_err(), "{text}");
        }
    }
}
