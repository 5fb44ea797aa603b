//! Strings as JSON writes them.

use std::fmt::Write;

use boa_engine::{JsString, string::JsStrVariant};

/// Writes a string in quotes; a lone surrogate is escaped, so that the text stays Unicode.
pub(crate) fn quote(string: &JsString, json: &mut String) {
    json.push('"');
    match string.as_str().variant() {
        JsStrVariant::Latin1(bytes) => bytes.iter().for_each(|byte| escape(char::from(*byte), json)),
        JsStrVariant::Utf16(units) => {
            for unit in char::decode_utf16(units.iter().copied()) {
                match unit {
                    Ok(char) => escape(char, json),
                    Err(lone) => _ = write!(json, "\\u{:04x}", lone.unpaired_surrogate()),
                }
            }
        }
    }
    json.push('"');
}

fn escape(char: char, json: &mut String) {
    match char {
        '"' => json.push_str("\\\""),
        '\\' => json.push_str("\\\\"),
        '\u{8}' => json.push_str("\\b"),
        '\t' => json.push_str("\\t"),
        '\n' => json.push_str("\\n"),
        '\u{c}' => json.push_str("\\f"),
        '\r' => json.push_str("\\r"),
        '\0'..=' ' if char != ' ' => _ = write!(json, "\\u{:04x}", u32::from(char)),
        _ => json.push(char),
    }
}

/// Whether a member of that name can be written after a dot.
pub(crate) fn is_identifier(name: &JsString) -> bool {
    let name = name.to_std_string_lossy();
    !name.starts_with(|c: char| c.is_ascii_digit()) && !name.is_empty() && name.chars().all(|c| c.is_alphanumeric() || c == '_' || c == '$')
}
