//! The parts in which the API comes, and the globals that load them.

/// A JavaScript source and what it makes.
pub(super) struct Part {
    pub(super) name: &'static str,
    /// As stacks show it.
    pub(super) path: &'static str,
    pub(super) source: &'static str,
    pub(super) globals: &'static [&'static str],
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
    part!("fetch", ["Headers", "Blob", "File", "FormData", "Response", "Request"]),
    part!("encoding", ["TextEncoder", "TextDecoder", "TextEncoderStream", "TextDecoderStream"]),
    part!("compression", ["CompressionStream", "DecompressionStream"]),
    part!("platform", ["performance", "Performance", "navigator", "Navigator", "addEventListener", "removeEventListener", "dispatchEvent"]),
    part!("crypto", ["crypto", "Crypto", "CryptoKey", "SubtleCrypto"]),
];
