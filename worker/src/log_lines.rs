use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use ampoule_protocol::{LeaseToken, LogAppend, LogLine, Progress};
use tokio::sync::Notify;

/// Most bytes of messages in one call, unless one line alone is larger: what a manager commits at once, and what is sent again when an answer
/// gets lost.
const MAX_CALL_BYTES: usize = 512 << 10;
/// Most bytes of one run's messages in one call: one that says much does not hold up the others.
const MAX_RUN_BYTES: usize = 128 << 10;

/// What the runs of this process have said and the manager has not stored yet. Each run's own log limits bound it.
#[derive(Debug, Default)]
pub(crate) struct LogLines {
    runs: Mutex<HashMap<LeaseToken, Unsent>>,
    /// Told when there is something to send.
    pub(crate) some: Notify,
}

#[derive(Debug, Default)]
struct Unsent {
    /// Offset of the first of them: so many the manager has.
    from: u64,
    lines: Vec<LogLine>,
    progress: Option<Progress>,
}

impl Unsent {
    fn is_empty(&self) -> bool {
        self.lines.is_empty() && self.progress.is_none()
    }
}

impl LogLines {
    fn runs(&self) -> MutexGuard<'_, HashMap<LeaseToken, Unsent>> {
        // A panic elsewhere leaves the map whole.
        self.runs.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the lines of a run as they are written.
    pub(crate) fn sink(self: &Arc<Self>, token: LeaseToken) -> impl FnMut(&LogLine) + Send + use<> {
        self.runs().insert(token, Unsent::default());
        let log = Arc::clone(self);
        move |line| {
            if let Some(run) = log.runs().get_mut(&token) {
                run.lines.push(line.clone());
                if run.lines.len() == 1 {
                    log.some.notify_one();
                }
            }
        }
    }

    /// A run says how far it has come.
    pub(crate) fn progress(&self, token: LeaseToken, progress: Progress) {
        if let Some(run) = self.runs().get_mut(&token) {
            run.progress = Some(progress);
            self.some.notify_one();
        }
    }

    /// A run has ended: how many of its lines the manager has. What is on its way counts as not arrived.
    pub(crate) fn finish(&self, token: LeaseToken) -> u64 {
        self.runs().remove(&token).map_or(0, |run| run.from)
    }

    /// Lines for the next call. They stay here until they are [`stored`](Self::stored).
    pub(crate) fn next_call(&self) -> Vec<LogAppend> {
        let (mut appends, mut bytes) = (Vec::new(), 0);
        for (token, run) in self.runs().iter().filter(|(_, run)| !run.is_empty()) {
            let mut of_run = 0;
            let fits = |line: &&LogLine| {
                let room = of_run == 0 || of_run + line.message.len() <= MAX_RUN_BYTES;
                of_run += line.message.len();
                room
            };
            appends.push(LogAppend {
                token: *token,
                lines: run.lines.iter().take_while(fits).cloned().collect(),
                progress: run.progress.clone(),
            });
            bytes += of_run;
            if bytes >= MAX_CALL_BYTES {
                break;
            }
        }
        appends
    }

    /// The manager has so many more lines of a run.
    pub(crate) fn stored(&self, append: &LogAppend) {
        let mut runs = self.runs();
        let Some(run) = runs.get_mut(&append.token) else { return };
        if let Some(last) = append.lines.last() {
            run.lines.retain(|line| line.offset > last.offset);
            run.from = last.offset + 1;
        }
        // Unless it has said something else meanwhile.
        if run.progress == append.progress {
            run.progress = None;
        }
    }

    /// The manager takes no more lines of a run.
    pub(crate) fn refused(&self, token: LeaseToken) {
        self.runs().remove(&token);
    }

    /// There is something to send.
    pub(crate) fn any(&self) -> bool {
        self.runs().values().any(|run| !run.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use ampoule_protocol::{JobId, LogLevel};

    use super::*;

    fn line(offset: u64, bytes: usize) -> LogLine {
        LogLine { offset, level: LogLevel::Log, message: "x".repeat(bytes) }
    }

    #[test]
    fn lines_stay_until_they_are_stored_and_the_report_has_the_rest() {
        let log = Arc::new(LogLines::default());
        let token = LeaseToken { job_id: JobId::new(), attempt: 1 };
        let mut sink = log.sink(token);
        sink(&line(0, 1));
        sink(&line(1, 1));
        let call = log.next_call();
        assert_eq!(call[0].lines.len(), 2);
        sink(&line(2, 1));
        // The answer got lost: the same again, and what came meanwhile.
        assert_eq!(log.next_call()[0].lines.len(), 3);
        log.stored(&call[0]);
        assert_eq!(log.next_call()[0].lines, [line(2, 1)]);
        assert!(log.any());
        assert_eq!(log.finish(token), 2);
        sink(&line(3, 1));
        assert!(!log.any() && log.next_call().is_empty());
    }

    #[test]
    fn the_last_word_on_progress_is_sent_until_it_is_stored() {
        let log = Arc::new(LogLines::default());
        let token = LeaseToken { job_id: JobId::new(), attempt: 1 };
        let at = |fraction| Progress { fraction, text: String::new() };
        drop(log.sink(token));
        log.progress(token, at(0.1));
        log.progress(token, at(0.2));
        let call = log.next_call();
        assert_eq!(call[0].progress, Some(at(0.2)));
        log.progress(token, at(0.3));
        log.stored(&call[0]);
        assert_eq!(log.next_call()[0].progress, Some(at(0.3)));
        log.stored(&log.next_call()[0]);
        assert!(!log.any());
    }

    #[test]
    fn a_call_has_its_bounds() {
        let log = Arc::new(LogLines::default());
        for _ in 0..10 {
            let mut sink = log.sink(LeaseToken { job_id: JobId::new(), attempt: 1 });
            (0..10).for_each(|offset| sink(&line(offset, 50 << 10)));
        }
        let call = log.next_call();
        assert!(call.iter().all(|append| append.lines.len() == 2), "{}", call.len());
        assert!((4..=6).contains(&call.len()), "{}", call.len());
    }
}
