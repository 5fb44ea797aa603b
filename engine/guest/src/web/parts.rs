//! The parts in which the API comes, and the globals that load them.

use boa_engine::{Context, JsResult, Script, Source};

/// A JavaScript source and what it makes.
pub(super) struct Part {
    pub(super) name: &'static str,
    /// As stacks show it.
    pub(super) path: &'static str,
    pub(super) source: &'static str,
    pub(super) globals: &'static [&'static str],
}

impl Part {
    /// A script whose value is the part's function.
    pub(super) fn compile(&self, context: &mut Context) -> JsResult<Script> {
        let script = Script::parse(Source::from_reader(self.source.as_bytes(), Some(self.path.as_ref())), None, context)?;
        script.codeblock(context)?;
        Ok(script)
    }
}

macro_rules! part {
    ($name:literal, $globals:expr) => {
        Part { name: $name, path: concat!("ampoule:", $name), source: include_str!(concat!("js/", $name, ".js")), globals: &$globals }
    };
}

/// All parts. One uses others by their name.
pub(super) const PARTS: &[Part] = &[
    part!("base", []),
    part!(
        "events",
        ["DOMException", "Event", "CustomEvent", "ErrorEvent", "PromiseRejectionEvent", "EventTarget", "AbortSignal", "AbortController"]
    ),
    part!(
        "streams",
        [
            "ReadableStream",
            "ReadableStreamDefaultReader",
            "ReadableStreamBYOBReader",
            "ReadableStreamDefaultController",
            "ReadableByteStreamController",
            "ReadableStreamBYOBRequest",
            "WritableStream",
            "WritableStreamDefaultWriter",
            "WritableStreamDefaultController",
            "TransformStream",
            "TransformStreamDefaultController",
            "ByteLengthQueuingStrategy",
            "CountQueuingStrategy"
        ]
    ),
    part!("url", ["URL", "URLSearchParams"]),
    part!("urlpattern", ["URLPattern"]),
    part!("fetch", ["Headers", "Blob", "File", "FormData", "Response", "Request"]),
    part!("net", ["fetch"]),
    part!("encoding", ["TextEncoder", "TextDecoder", "TextEncoderStream", "TextDecoderStream"]),
    part!("compression", ["CompressionStream", "DecompressionStream"]),
    part!("platform", ["performance", "Performance", "navigator", "Navigator", "addEventListener", "removeEventListener", "dispatchEvent"]),
    part!("crypto", ["crypto", "Crypto", "CryptoKey", "SubtleCrypto"]),
];
