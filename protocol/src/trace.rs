//! W3C trace context: which trace something belongs to, and below which span.

use std::{fmt, str::FromStr};

use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// The header `traceparent`, as <https://www.w3.org/TR/trace-context/> defines it: `00-TRACE-SPAN-FLAGS` in lowercase hexadecimal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct TraceParent {
    /// Sixteen bytes, not all of them zero.
    pub trace_id: u128,
    /// Eight bytes, not all of them zero.
    pub span_id: u64,
    /// Bit 0: the trace is recorded.
    pub flags: u8,
}

/// The span that it names, which another process recorded.
#[cfg(feature = "spans")]
impl From<TraceParent> for opentelemetry::trace::SpanContext {
    fn from(parent: TraceParent) -> Self {
        use opentelemetry::trace::{SpanId, TraceFlags, TraceId, TraceState};

        let is_remote = true;
        Self::new(TraceId::from(parent.trace_id), SpanId::from(parent.span_id), TraceFlags::new(parent.flags), is_remote, TraceState::NONE)
    }
}

/// What another process records below this span.
#[cfg(feature = "spans")]
impl From<&opentelemetry::trace::SpanContext> for TraceParent {
    fn from(span: &opentelemetry::trace::SpanContext) -> Self {
        Self {
            trace_id: u128::from_be_bytes(span.trace_id().to_bytes()),
            span_id: u64::from_be_bytes(span.span_id().to_bytes()),
            flags: span.trace_flags().to_u8(),
        }
    }
}

/// The text is no `traceparent`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a traceparent: 00-TRACE-SPAN-FLAGS, with 32, 16 and 2 lowercase hexadecimal digits")]
pub struct NoTraceParent;

impl TraceParent {
    /// The trace's id as tools show it.
    pub fn trace_id_hex(&self) -> String {
        format!("{:032x}", self.trace_id)
    }
}

/// A newer version may have more behind these four fields.
impl FromStr for TraceParent {
    type Err = NoTraceParent;

    fn from_str(text: &str) -> Result<Self, NoTraceParent> {
        fn hex(text: &str, digits: usize) -> Option<u128> {
            let is_hex = text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
            (text.len() == digits && is_hex).then(|| u128::from_str_radix(text, 16).ok()).flatten()
        }
        let read = || {
            let mut fields = text.split('-');
            let version = hex(fields.next()?, 2).filter(|version| *version != 0xff)?;
            let trace_id = hex(fields.next()?, 32).filter(|id| *id != 0)?;
            let span_id = hex(fields.next()?, 16).filter(|id| *id != 0)? as u64;
            let flags = hex(fields.next()?, 2)? as u8;
            (version > 0 || fields.next().is_none()).then_some(Self { trace_id, span_id, flags })
        };
        read().ok_or(NoTraceParent)
    }
}

impl fmt::Display for TraceParent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "00-{:032x}-{:016x}-{:02x}", self.trace_id, self.span_id, self.flags)
    }
}

impl Serialize for TraceParent {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for TraceParent {
    fn deserialize<D: Deserializer<'de>>(from: D) -> Result<Self, D::Error> {
        String::deserialize(from)?.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_what_the_standard_allows_and_nothing_else() {
        let text = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
        let parent: TraceParent = text.parse().unwrap();
        assert_eq!((parent.to_string(), parent.flags), (text.to_owned(), 1));
        assert_eq!(parent.trace_id_hex(), "0af7651916cd43dd8448eb211c80319c");
        let newer = "cc-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-what-the-future-brings";
        assert_eq!(newer.parse(), Ok(parent));
        for wrong in [
            "",
            "00",
            "ff-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01-more",
            "00-0AF7651916CD43DD8448EB211C80319C-b7ad6b7169203331-01",
            "00-00000000000000000000000000000000-b7ad6b7169203331-01",
            "00-0af7651916cd43dd8448eb211c80319c-0000000000000000-01",
            "00-0af7651916cd43dd8448eb211c80319-b7ad6b7169203331-01",
            "00-+af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        ] {
            assert_eq!(wrong.parse::<TraceParent>(), Err(NoTraceParent), "{wrong}");
        }
    }

    #[cfg(feature = "spans")]
    #[test]
    fn a_span_and_back() {
        let parent: TraceParent = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01".parse().unwrap();
        let span = opentelemetry::trace::SpanContext::from(parent);
        assert!(span.is_valid() && span.is_remote() && span.is_sampled());
        assert_eq!(span.trace_id().to_string(), parent.trace_id_hex());
        assert_eq!(TraceParent::from(&span), parent);
    }
}
