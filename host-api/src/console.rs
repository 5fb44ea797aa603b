use std::{fmt, sync::Arc};

use ampoule_protocol::{Limits, LogLevel, LogLine};

use crate::mask::{self, Masker};

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
    /// Lines that the echo has seen.
    echoed: usize,
    masker: Option<Arc<Masker>>,
    /// The end of what was written, as it was written, in which a secret may have begun; and of which lines it is, each with the length of its part.
    tail: String,
    tail_lines: Vec<(usize, usize)>,
}

/// Sees every kept line at once, while the script runs.
type Echo = Box<dyn FnMut(&LogLine) + Send>;

impl Console {
    /// Empty, bounded by `limits.log_bytes` and `limits.log_lines`.
    pub const fn new(limits: &Limits) -> Self {
        Self {
            lines: Vec::new(),
            bytes: 0,
            max_bytes: limits.log_bytes,
            max_lines: limits.log_lines,
            cut: false,
            echo: None,
            echoed: 0,
            masker: None,
            tail: String::new(),
            tail_lines: Vec::new(),
        }
    }

    /// Shows every kept line to `echo` as soon as it is written.
    #[must_use]
    pub fn with_echo(mut self, echo: impl FnMut(&LogLine) + Send + 'static) -> Self {
        self.echo = Some(Box::new(echo));
        self
    }

    /// Hides secrets from now on, also those that are written over several messages. The echo sees a line when none can have begun in it any more.
    pub(crate) fn hide(&mut self, masker: Option<Arc<Masker>>) {
        self.masker = masker;
    }

    /// Keeps a message, or what of it the limits allow.
    pub fn write(&mut self, level: LogLevel, message: &str) {
        if self.cut {
            return;
        }
        let masked = self.masker.clone().map(|masker| self.masked(&masker, message));
        let message = masked.as_deref().unwrap_or(message);
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
        self.lines.push(LogLine { offset, level, message });
        self.show();
    }

    /// The message without secrets; what of a secret stands at the end of earlier messages is hidden there, too.
    fn masked(&mut self, masker: &Masker, message: &str) -> String {
        let before = self.tail.len();
        let text = format!("{}{message}", self.tail);
        let found = masker.find(text.as_bytes());
        let mut at = 0;
        for (line, len) in &self.tail_lines {
            // The end of the line as it was written; if part of it is a secret's, all of it goes.
            if found.iter().any(|range| range.end > before && range.start < at + len && range.end > at)
                && let Some(line) = self.lines.get_mut(*line)
            {
                line.message = mask::MASK.to_owned();
            }
            at += len;
        }
        let own: Vec<_> =
            found.iter().filter(|range| range.end > before).map(|range| range.start.saturating_sub(before)..range.end - before).collect();
        let masked = mask::replace(message, &own);

        self.tail_lines.push((self.lines.len(), message.len()));
        let mut from = text.len().saturating_sub(masker.reach());
        while !text.is_char_boundary(from) {
            from += 1;
        }
        let mut cut = from;
        self.tail_lines.retain_mut(|(_, len)| {
            let gone = cut.min(*len);
            *len -= gone;
            cut -= gone;
            *len > 0
        });
        self.tail = text[from..].to_owned();
        masked
    }

    /// Shows lines to the echo in which no secret can have begun.
    fn show(&mut self) {
        let Some(echo) = &mut self.echo else { return };
        let mut until = self.lines.len();
        if let Some(masker) = &self.masker {
            let mut unfinished = masker.unfinished(self.tail.as_bytes());
            for (line, len) in self.tail_lines.iter().rev() {
                if unfinished == 0 {
                    break;
                }
                until = until.min(*line);
                unfinished = unfinished.saturating_sub(*len);
            }
        }
        while self.echoed < until {
            echo(&self.lines[self.echoed]);
            self.echoed += 1;
        }
    }

    /// Nothing more is written: the echo sees what is left.
    fn finish(&mut self) {
        (self.tail, self.tail_lines) = (String::new(), Vec::new());
        self.masker = None;
        self.show();
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
    pub fn into_lines(mut self) -> Vec<LogLine> {
        self.finish();
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
    fn hides_a_secret_that_is_written_in_pieces() {
        let shown = Arc::new(std::sync::Mutex::new(Vec::new()));
        let echo = Arc::clone(&shown);
        let mut console = console(1 << 20, 100).with_echo(move |line| echo.lock().unwrap().push(line.message.clone()));
        console.hide(Some(Arc::new(Masker::new([("K", "correct-horse")].into_iter()))));
        for message in [
            "before",
            "it is corr",
            "ect-ho",
            "rse and more",
            "c",
            "o",
            "r",
            "r",
            "e",
            "c",
            "t",
            "-",
            "h",
            "o",
            "r",
            "s",
            "e",
            "co",
            "after",
        ] {
            console.write(LogLevel::Log, message);
        }
        let lines: Vec<_> = console.into_lines().into_iter().map(|line| line.message).collect();
        assert_eq!(lines[..4], ["before", "***", "***", "*** and more"]);
        assert_eq!(lines[4..17], ["***"; 13]);
        assert_eq!(lines[17..], ["co", "after"]);
        assert_eq!(*shown.lock().unwrap(), lines);
    }

    #[test]
    fn cuts_a_long_message_between_characters() {
        let mut console = console(1 << 20, 10);
        console.write(LogLevel::Log, &"é".repeat(MAX_MESSAGE_BYTES));
        let line = console.into_lines().remove(0);
        assert!(line.message.ends_with(&format!("… ({MAX_MESSAGE_BYTES} more bytes)")), "{}", &line.message[line.message.len() - 40..]);
    }
}
