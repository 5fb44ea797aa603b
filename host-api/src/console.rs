use std::fmt;

use ampoule_protocol::{Limits, LogLevel, LogLine};

/// Most bytes of one message; a longer one is cut, and says so. Keeps single rows of a log store small.
pub const MAX_MESSAGE_BYTES: usize = 64 << 10;

/// Keeps what a script logs, up to its limits. Every run has one; it needs no grant.
///
/// When a limit is reached, one last line of level `system` says so and everything after it is dropped; the run goes on.
pub struct Console {
    lines: Vec<LogLine>,
    bytes: u64,
    max_bytes: u64,
    max_lines: u64,
    cut: bool,
    echo: Option<Echo>,
}

/// Sees every kept line at once, while the script runs.
type Echo = Box<dyn FnMut(&LogLine) + Send>;

impl Console {
    /// Empty, bounded by `limits.log_bytes` and `limits.log_lines`.
    pub const fn new(limits: &Limits) -> Self {
        Self { lines: Vec::new(), bytes: 0, max_bytes: limits.log_bytes, max_lines: limits.log_lines, cut: false, echo: None }
    }

    /// Shows every kept line to `echo` as soon as it is written.
    #[must_use]
    pub fn with_echo(mut self, echo: impl FnMut(&LogLine) + Send + 'static) -> Self {
        self.echo = Some(Box::new(echo));
        self
    }

    /// Keeps a message, or what of it the limits allow.
    pub fn write(&mut self, level: LogLevel, message: &str) {
        if self.cut {
            return;
        }
        let message = if message.len() > MAX_MESSAGE_BYTES {
            let shown = floor_char_boundary(message, MAX_MESSAGE_BYTES);
            format!("{shown}… ({} more bytes)", message.len() - shown.len())
        } else {
            message.to_owned()
        };
        if self.lines.len() as u64 >= self.max_lines {
            self.cut = true;
            self.push(LogLevel::System, format!("log cut: the limit of {} lines is reached", self.max_lines));
        } else if self.bytes + message.len() as u64 > self.max_bytes {
            self.cut = true;
            self.push(LogLevel::System, format!("log cut: the limit of {} bytes is reached", self.max_bytes));
        } else {
            self.bytes += message.len() as u64;
            self.push(level, message);
        }
    }

    fn push(&mut self, level: LogLevel, message: String) {
        let offset = self.lines.len() as u64;
        let line = LogLine { offset, level, message };
        if let Some(echo) = &mut self.echo {
            echo(&line);
        }
        self.lines.push(line);
    }

    /// Bytes of the script's own messages that were kept.
    pub const fn bytes(&self) -> u64 {
        self.bytes
    }

    /// What is kept so far, in order.
    pub fn lines(&self) -> &[LogLine] {
        &self.lines
    }

    /// Everything kept, in order.
    pub fn into_lines(self) -> Vec<LogLine> {
        self.lines
    }
}

impl fmt::Debug for Console {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Console").field("lines", &self.lines.len()).field("bytes", &self.bytes).finish_non_exhaustive()
    }
}

fn floor_char_boundary(text: &str, mut at: usize) -> &str {
    while !text.is_char_boundary(at) {
        at -= 1;
    }
    &text[..at]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn console(log_bytes: u64, log_lines: u64) -> Console {
        Console::new(&Limits { log_bytes, log_lines, ..Limits::DEFAULT })
    }

    #[test]
    fn counts_lines_and_says_where_it_cut() {
        let mut console = console(1000, 2);
        for message in ["a", "b", "c", "d"] {
            console.write(LogLevel::Log, message);
        }
        assert_eq!(console.bytes(), 2);
        let lines = console.into_lines();
        assert_eq!(
            lines.iter().map(|l| (l.offset, l.level)).collect::<Vec<_>>(),
            [(0, LogLevel::Log), (1, LogLevel::Log), (2, LogLevel::System)]
        );
    }

    #[test]
    fn counts_bytes() {
        let mut console = console(5, 100);
        console.write(LogLevel::Log, "1234");
        console.write(LogLevel::Log, "56");
        console.write(LogLevel::Log, "7");
        assert_eq!(console.bytes(), 4);
        assert_eq!(console.into_lines().len(), 2);
    }

    #[test]
    fn cuts_a_long_message_between_characters() {
        let mut console = console(1 << 20, 10);
        console.write(LogLevel::Log, &"é".repeat(MAX_MESSAGE_BYTES));
        let line = console.into_lines().remove(0);
        assert!(line.message.ends_with(&format!("… ({MAX_MESSAGE_BYTES} more bytes)")), "{}", &line.message[line.message.len() - 40..]);
    }
}
