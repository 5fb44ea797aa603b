use oxc_diagnostics::{Diagnostics, Severity};
use serde::{Deserialize, Serialize};

/// Most characters of a source's line that an error shows.
const MAX_EXCERPT_CHARS: usize = 160;
/// Most characters of a message.
const MAX_MESSAGE_CHARS: usize = 500;

/// What is wrong with a source, and where.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("{name}:{line}:{column}: {message}{excerpt}")]
pub struct SourceError {
    /// The module.
    pub name: String,
    /// Counted from 1.
    pub line: u32,
    /// In UTF-16 code units, counted from 1.
    pub column: u32,
    /// What is wrong.
    pub message: String,
    /// The line, and a mark under the place, each after a newline; empty for long lines.
    pub excerpt: String,
}

impl SourceError {
    /// An error at a byte of `source`.
    pub(crate) fn at(name: &str, source: &str, byte: usize, message: impl Into<String>) -> Self {
        let (line, column) = position(source, byte);
        let message = message.into().chars().take(MAX_MESSAGE_CHARS).collect();
        let text = source.split('\n').nth(line as usize - 1).unwrap_or_default().trim_end_matches('\r').replace('\t', " ");
        let excerpt = if text.trim().is_empty() || text.chars().count() > MAX_EXCERPT_CHARS {
            String::new()
        } else {
            let number = line.to_string();
            let mark = text.encode_utf16().take(column as usize - 1).count();
            format!("\n  {number} | {text}\n  {} | {}^", " ".repeat(number.len()), " ".repeat(mark))
        };
        Self { name: name.to_owned(), line, column, message, excerpt }
    }

    /// The first error among what oxc says, if there is one.
    pub(crate) fn first(name: &str, source: &str, diagnostics: Diagnostics) -> Option<Self> {
        let error = diagnostics.into_iter().find(|diagnostic| diagnostic.severity == Severity::Error)?;
        let byte = error.labels.first().map_or(0, |label| label.offset() as usize);
        let help = error.help.as_ref().map_or_else(String::new, |help| format!(" ({help})"));
        Some(Self::at(name, source, byte, format!("{}{help}", error.message)))
    }
}

/// Line and column of a byte, both counted from 1.
pub(crate) fn position(source: &str, byte: usize) -> (u32, u32) {
    let before = &source.as_bytes()[..byte.min(source.len())];
    let from = before.iter().rposition(|byte| *byte == b'\n').map_or(0, |newline| newline + 1);
    let line = before.iter().filter(|byte| **byte == b'\n').count() + 1;
    let column = String::from_utf8_lossy(&before[from..]).encode_utf16().count() + 1;
    (u32::try_from(line).unwrap_or(u32::MAX), u32::try_from(column).unwrap_or(u32::MAX))
}
