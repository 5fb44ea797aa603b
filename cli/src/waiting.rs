//! What a person sees on a terminal while a command waits. Elsewhere there is nothing.

use std::{io::IsTerminal as _, time::Duration};

use indicatif::{ProgressBar, ProgressStyle};

/// A line on standard error that goes away when it is dropped.
pub(crate) struct Waiting(Option<ProgressBar>);

impl Waiting {
    /// Says what is waited for, and for how long.
    pub(crate) fn for_what(what: impl Into<String>) -> Self {
        Self::styled("{spinner} {elapsed_precise} {msg}", what.into())
    }

    /// The same for work whose length may become known.
    pub(crate) fn with_bar() -> Self {
        Self::styled("{elapsed_precise} {wide_bar} {percent:>3} % {msg:36}", String::new())
    }

    fn styled(template: &str, what: String) -> Self {
        if !std::io::stderr().is_terminal() {
            return Self(None);
        }
        let style = ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar());
        let bar = ProgressBar::new(0).with_style(style).with_message(what);
        bar.enable_steady_tick(Duration::from_millis(100));
        Self(Some(bar))
    }

    /// It is so far.
    pub(crate) fn at(&self, what: &'static str, done: u64, total: u64) {
        if let Some(bar) = &self.0 {
            bar.set_message(what);
            bar.set_length(total);
            bar.set_position(done);
        }
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(bar) = &self.0 {
            bar.finish_and_clear();
        }
    }
}
