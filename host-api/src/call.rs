//! What a script says to a capability, and what it hears.

use std::pin::Pin;

use serde::de::DeserializeOwned;
use serde_json::Value;

/// Most bytes of a call's arguments: the headers and the address of a request, with room. Contents travel beside them.
pub const MAX_ARGS_BYTES: usize = 64 << 10;

/// A call under way. Dropped when the run ends or the script gives it up.
pub type Calling = Pin<Box<dyn Future<Output = Called> + Send>>;

/// How a call ended.
pub type Called = Result<Answer, Failure>;

/// What a capability answers.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Answer {
    /// The small part.
    pub value: Value,
    /// Contents.
    pub body: Body,
}

/// Contents of a file, a response and so on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Body {
    /// There are none.
    #[default]
    None,
    /// The script gets a string.
    Text(String),
    /// The script gets a `Uint8Array`.
    Bytes(Vec<u8>),
}

/// What a script catches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The error's name.
    pub name: &'static str,
    /// The error's code: stable, for programs.
    pub code: &'static str,
    /// For people.
    pub message: String,
}

/// Name of the error for what was not granted.
pub const NOT_GRANTED: &str = "NotGranted";

impl Answer {
    /// A small answer without contents.
    pub(crate) fn of(value: Value) -> Called {
        Ok(Self { value, body: Body::None })
    }

    /// Contents alone.
    pub(crate) fn body(body: Body) -> Called {
        Ok(Self { value: Value::Null, body })
    }
}

impl Failure {
    pub(crate) fn new(name: &'static str, code: &'static str, message: impl Into<String>) -> Self {
        Self { name, code, message: message.into() }
    }

    /// A call that is wrong in itself.
    pub(crate) fn wrong(message: impl Into<String>) -> Self {
        Self::new("TypeError", "invalid_argument", message)
    }
}

/// The arguments of a call, or what is wrong with them.
pub(crate) fn arguments<T: DeserializeOwned>(args: &str) -> Result<T, Failure> {
    if args.len() > MAX_ARGS_BYTES {
        return Err(Failure::wrong(format!("the arguments have {} bytes, at most {MAX_ARGS_BYTES} are allowed", args.len())));
    }
    serde_json::from_str(args).map_err(|error| Failure::wrong(format!("wrong arguments: {error}")))
}

/// A call that is over before it began.
pub(crate) fn at_once(called: Called) -> Calling {
    Box::pin(std::future::ready(called))
}
