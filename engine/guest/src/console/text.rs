//! Primitive values and names as the console shows them.

use std::fmt::Write;

use boa_engine::{JsString, JsValue, JsVariant, property::PropertyKey};

use super::layout::LINE;

/// Strings inside objects are cut here.
const MAX_STRING: usize = 10_000;
/// Strings up to this length are never split at their line breaks.
const MIN_SPLIT: usize = 16;

/// A value that is no object.
pub(super) fn primitive(value: &JsValue, indent: usize) -> String {
    match value.variant() {
        JsVariant::String(string) => text(&string, indent),
        JsVariant::Float64(number) if number == 0.0 && number.is_sign_negative() => "-0".into(),
        JsVariant::BigInt(number) => format!("{}n", number.to_string_radix(10)),
        JsVariant::Symbol(symbol) => symbol.descriptive_string().to_std_string_lossy(),
        _ => value.display().to_string(),
    }
}

fn text(string: &JsString, indent: usize) -> String {
    let (string, trailer) = match string.len().checked_sub(MAX_STRING) {
        Some(more @ 1..) => (string.slice(0, MAX_STRING), format!("... {more} more character{}", if more > 1 { "s" } else { "" })),
        _ => (string.clone(), String::new()),
    };
    let units = string.to_vec();
    if units.len() > MIN_SPLIT && units.len() + indent + 4 > LINE {
        let lines: Vec<_> = units.split_inclusive(|unit| *unit == u16::from(b'\n')).map(quote).collect();
        return lines.join(&format!(" +\n{}", " ".repeat(indent + 2))) + &trailer;
    }
    quote(&units) + &trailer
}

/// A string in whichever quotes need no escape.
pub(super) fn quote(units: &[u16]) -> String {
    let has = |char: char| units.contains(&(char as u16));
    let quote = match (has('\''), has('"'), has('`') || units.windows(2).any(|pair| pair == [u16::from(b'$'), u16::from(b'{')])) {
        (false, ..) | (true, true, true) => '\'',
        (true, false, _) => '"',
        (true, true, false) => '`',
    };
    let mut text = String::with_capacity(units.len() + 2);
    text.push(quote);
    for unit in char::decode_utf16(units.iter().copied()) {
        match unit {
            Ok(char) if char == quote || char == '\\' => text.extend(['\\', char]),
            Ok('\u{8}') => text += "\\b",
            Ok('\t') => text += "\\t",
            Ok('\n') => text += "\\n",
            Ok('\u{c}') => text += "\\f",
            Ok('\r') => text += "\\r",
            Ok(char @ ('\0'..='\x1f' | '\x7f'..='\u{9f}')) => _ = write!(text, "\\x{:02X}", u32::from(char)),
            Ok(char) => text.push(char),
            Err(lone) => _ = write!(text, "\\u{:x}", lone.unpaired_surrogate()),
        }
    }
    text.push(quote);
    text
}

/// A property's name before its colon.
pub(super) fn name(key: &PropertyKey, enumerable: bool) -> String {
    match key {
        PropertyKey::Symbol(symbol) => format!("[{}]", symbol.descriptive_string().to_std_string_escaped()),
        PropertyKey::Index(index) => format!("'{}'", index.get()),
        PropertyKey::String(name) => {
            let units = name.to_vec();
            let plain = name.to_std_string_lossy();
            let identifier = plain.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
                && plain.bytes().next().is_some_and(|byte| !byte.is_ascii_digit());
            match (enumerable, identifier) {
                _ if plain == "__proto__" => "['__proto__']".into(),
                (false, _) => format!("[{plain}]"),
                (true, true) => plain,
                (true, false) => quote(&units),
            }
        }
    }
}
