//! The parts in which the API comes, and the globals that load them.

use boa_engine::{Context, JsObject, JsResult, Source};

/// A JavaScript source and what it makes.
pub(super) struct Part {
    pub(super) name: &'static str,
    /// As stacks show it.
    pub(super) path: &'static str,
    pub(super) source: &'static str,
    pub(super) globals: &'static [&'static str],
}

impl Part {
    /// The part's function. Compiled when it is wanted and not when the guest is initialised: every object of the initialised heap is marked, and its page
    /// dirtied, by each garbage collection of every run (all parts compiled cost a small job 0.35 ms and 400 KiB).
    pub(super) fn compile(&self, context: &mut Context) -> JsResult<JsObject> {
        let factory = context.eval(Source::from_reader(self.source.as_bytes(), Some(self.path.as_ref())))?;
        Ok(factory.as_callable().expect("a part is a function"))
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
