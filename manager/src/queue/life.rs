//! How one job changes: pure functions, the same on every store.
//!
//! A store loads a job's [`Life`] under a lock, calls one of the verbs below, and writes back the life and the [`Effects`]. No other code
//! decides what becomes of a job.

use std::{borrow::Cow, time::Duration};

use ampoule_protocol::{
    CancelledBy, Grants, JobId, JobState, LeaseState, LeaseToken, Limits, LostAttempt, LostCause, Outcome, ReplayOf, Retry, TenantName,
    TraceParent,
};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::{Cancel, Event, Filed, LeasePolicy, filed::Ending, submitted::json};

/// How long a worker may go on renewing after a run's wall time is over: it needs some to hand in the report.
const OVERRUN_MS: i64 = 60_000;

/// What keeps a queued job from being leased.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Hold {
    /// Nothing.
    Ready,
    /// Its `run_at`, or the pause before another attempt.
    Due,
    /// Another job has its concurrency key.
    Key,
}

impl Hold {
    pub(super) const ALL: [Self; 3] = [Self::Ready, Self::Due, Self::Key];

    /// The number in the tables.
    pub(super) const fn number(self) -> i16 {
        match self {
            Self::Ready => 0,
            Self::Due => 1,
            Self::Key => 2,
        }
    }
}

/// What a job was promised when it was stored, as its column holds it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Terms {
    #[serde(flatten)]
    pub(super) limits: Limits,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) retry: Option<Retry>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) grants: Option<Grants>,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(super) record: bool,
    /// The submit's span.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) traceparent: Option<TraceParent>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) replays: Option<ReplayOf>,
}

/// All of a job that its changes depend on, and all that they change.
#[derive(Clone, Debug)]
pub(super) struct Life {
    pub(super) seq: i64,
    pub(super) id: JobId,
    /// Never changes.
    pub(super) tenant: TenantName,
    pub(super) state: JobState,
    pub(super) hold: Hold,
    pub(super) attempt: u32,
    pub(super) losses: u32,
    pub(super) cancel: Option<CancelledBy>,
    pub(super) worker: Option<String>,
    pub(super) lease_until_ms: Option<i64>,
    pub(super) queued_ms: i64,
    pub(super) due_ms: i64,
    pub(super) start_by_ms: Option<i64>,
    pub(super) started_ms: Option<i64>,
    pub(super) finished_ms: Option<i64>,
    pub(super) dead: bool,
    /// Never changes.
    pub(super) key: Option<String>,
    /// Never changes.
    pub(super) terms: Terms,
}

/// What a change writes beside the job's own row.
#[derive(Debug, Default)]
pub(super) struct Effects<'r> {
    /// Told once the change is durable.
    pub(super) events: Vec<Event>,
    /// An attempt that did not end the job.
    pub(super) lost: Option<LostAttempt>,
    /// How the job ended.
    pub(super) end: Option<End<'r>>,
    /// A report whose log lines are kept, whatever became of its attempt.
    pub(super) logs: Option<&'r Filed>,
    /// The job gave up its place under its concurrency key.
    pub(super) frees_key: bool,
}

/// An outcome to be stored.
#[derive(Debug)]
pub(super) struct End<'r> {
    pub(super) outcome_json: Cow<'r, str>,
    pub(super) run: Option<&'r Filed>,
}

impl Life {
    /// The fence: it is running, and this is its attempt.
    pub(super) fn holds(&self, token: &LeaseToken) -> bool {
        (self.state, self.id, self.attempt) == (JobState::Running, token.job_id, token.attempt)
    }

    /// It has a place under its concurrency key.
    pub(super) fn has_place(&self) -> bool {
        self.key.is_some() && (self.state == JobState::Running || (self.state, self.hold) == (JobState::Queued, Hold::Ready))
    }

    /// A worker takes it.
    pub(super) fn lease(&mut self, worker: &str, policy: &LeasePolicy, now_ms: i64) -> (LeaseToken, Event) {
        (self.state, self.worker, self.started_ms, self.start_by_ms) = (JobState::Running, Some(worker.to_owned()), Some(now_ms), None);
        self.attempt += 1;
        self.lease_until_ms = Some(after(now_ms, policy.lease).min(self.overrun_ms()));
        (LeaseToken { job_id: self.id, attempt: self.attempt }, Event::Started { waited: Duration::from_millis(self.waited_ms()) })
    }

    /// Of one that has started: how long it had waited since it could have.
    pub(super) fn waited_ms(&self) -> u64 {
        // A clock that was set back shows no negative waits.
        let could_ms = self.queued_ms.max(self.due_ms);
        (self.started_ms.unwrap_or(could_ms) - could_ms).max(0).unsigned_abs()
    }

    /// When its run is taken back whatever its worker says.
    fn overrun_ms(&self) -> i64 {
        let wall_ms = i64::try_from(self.terms.limits.wall_ms).unwrap_or(i64::MAX);
        self.started_ms.unwrap_or_default().saturating_add(wall_ms).saturating_add(OVERRUN_MS)
    }

    /// Its worker is alive.
    pub(super) fn renew(&mut self, token: &LeaseToken, policy: &LeasePolicy, now_ms: i64) -> LeaseState {
        if !self.holds(token) || now_ms >= self.overrun_ms() {
            return LeaseState::Stale;
        }
        self.lease_until_ms = Some(after(now_ms, policy.lease).min(self.overrun_ms()));
        if self.cancel.is_some() { LeaseState::Cancelled } else { LeaseState::Held }
    }

    /// Its worker hands in lines of its log.
    pub(super) fn append(&self, token: &LeaseToken) -> LeaseState {
        match (self.holds(token), &self.cancel) {
            (false, _) => LeaseState::Stale,
            (true, Some(_)) => LeaseState::Cancelled,
            (true, None) => LeaseState::Held,
        }
    }

    /// Its worker's connection broke at this moment, and neither was the lease renewed nor the job leased since: it is lost as if the lease
    /// had run out.
    pub(super) fn drop_worker(&mut self, worker: &str, dropped_ms: i64, policy: &LeasePolicy, now_ms: i64) -> Option<Effects<'static>> {
        let held = self.state == JobState::Running && self.worker.as_deref() == Some(worker);
        self.lease_until_ms.filter(|until_ms| held && *until_ms <= after(dropped_ms, policy.lease))?;
        let fault = Ending::worker_lost(worker, instant(dropped_ms), self.losses + 1);
        tracing::warn!(job = %self.id, attempt = self.attempt, worker, "a worker's connection broke, and it did not come back");
        let mut effects = self.lose(LostCause::WorkerLost, &fault, policy, now_ms);
        if let Some(lost) = &mut effects.lost {
            lost.last_seen_at = Some(instant(dropped_ms));
        }
        effects.events.insert(0, Event::LeaseLost);
        Some(effects)
    }

    /// Its worker reports.
    pub(super) fn complete<'r>(&mut self, filed: &'r Filed, policy: &LeasePolicy, now_ms: i64) -> (LeaseState, Effects<'r>) {
        if !self.holds(&filed.token) {
            return (LeaseState::Stale, Effects { events: vec![Event::StaleReport], ..Effects::default() });
        }
        if !filed.fits(&self.terms.limits) {
            tracing::error!(job = %self.id, worker = self.worker, "a report went beyond its job's limits");
            return (LeaseState::Accepted, self.lose(LostCause::Fault, &Ending::report_refused(), policy, now_ms));
        }
        let mut effects = if filed.ending.is_fault && (self.cancel.is_some() || !self.is_last(policy)) {
            self.lose(LostCause::Fault, &filed.ending, policy, now_ms)
        } else if self.runs_again_after(&filed.ending) && self.cancel.is_none() && !self.is_last(policy) {
            self.lose(LostCause::Threw, &filed.ending, policy, now_ms)
        } else {
            self.dead = self.cancel.is_none() && (filed.ending.is_fault || self.runs_again_after(&filed.ending));
            self.end(&filed.ending, Some(filed), now_ms)
        };
        effects.logs = Some(filed).filter(|filed| !filed.logs.is_empty());
        (LeaseState::Accepted, effects)
    }

    /// Its worker gives it up.
    pub(super) fn release(&mut self, token: &LeaseToken, now_ms: i64) -> (LeaseState, Effects<'static>) {
        if !self.holds(token) {
            return (LeaseState::Stale, Effects::default());
        }
        let lost = self.lost(LostCause::Released, None, now_ms);
        let mut effects =
            if self.cancel.is_some() { self.end(&Ending::new(&Outcome::Cancelled), None, now_ms) } else { self.requeue(now_ms, now_ms) };
        effects.lost = Some(lost);
        effects.events.insert(0, Event::LeaseReleased);
        (LeaseState::Accepted, effects)
    }

    /// Its lease ran out, if it has.
    pub(super) fn expire(&mut self, policy: &LeasePolicy, now_ms: i64) -> Option<Effects<'static>> {
        let until_ms = self.lease_until_ms.filter(|until_ms| self.state == JobState::Running && *until_ms <= now_ms)?;
        let worker = self.worker.clone().unwrap_or_default();
        tracing::warn!(job = %self.id, attempt = self.attempt, worker, "a lease ran out");
        let overrun = until_ms >= self.overrun_ms();
        let (cause, fault) = if overrun {
            (LostCause::Overrun, Ending::overrun(self.terms.limits.wall_ms))
        } else {
            let seen = instant(until_ms.saturating_sub_unsigned(policy.lease.as_millis() as u64));
            (LostCause::WorkerLost, Ending::worker_lost(&worker, seen, self.losses + 1))
        };
        let mut effects = self.lose(cause, &fault, policy, now_ms);
        effects.events.insert(0, Event::LeaseLost);
        Some(effects)
    }

    /// Nobody started it in time, if that is so.
    pub(super) fn start_timeout(&mut self, now_ms: i64) -> Option<Effects<'static>> {
        self.start_by_ms.filter(|by_ms| self.state == JobState::Queued && *by_ms <= now_ms)?;
        Some(self.end(&Ending::start_timeout(), None, now_ms))
    }

    /// Somebody wants it stopped.
    pub(super) fn cancel(&mut self, by: &CancelledBy, now_ms: i64) -> (Cancel, Effects<'static>) {
        match self.state {
            JobState::Queued => {
                self.cancel = Some(by.clone());
                (Cancel::Done, self.end(&Ending::new(&Outcome::Cancelled), None, now_ms))
            }
            JobState::Running if self.cancel.is_some() => (Cancel::Requested, Effects::default()),
            JobState::Running => {
                self.cancel = Some(by.clone());
                let event = Event::CancelRequested { worker: self.worker.clone().unwrap_or_default() };
                (Cancel::Requested, Effects { events: vec![event], ..Effects::default() })
            }
            JobState::Cancelled => (Cancel::Done, Effects::default()),
            JobState::Succeeded | JobState::Failed => (Cancel::TooLate, Effects::default()),
        }
    }

    /// Somebody wants another try of a job that failed or was cancelled; `outcome` is how it had ended. All of its attempts are before it
    /// again, but their numbers go on. False: it is not a job to try again.
    pub(super) fn retry(&mut self, outcome: Option<Outcome>, now_ms: i64) -> Option<Effects<'static>> {
        if !matches!(self.state, JobState::Failed | JobState::Cancelled) {
            return None;
        }
        let lost = self.lost(LostCause::Retried, outcome, self.finished_ms.unwrap_or(now_ms));
        (self.losses, self.cancel, self.finished_ms, self.dead) = (0, None, None, false);
        let mut effects = self.requeue(now_ms, now_ms);
        effects.lost = Some(lost);
        Some(effects)
    }

    /// No attempt is left after this one fails.
    fn is_last(&self, policy: &LeasePolicy) -> bool {
        let most = self.terms.retry.as_ref().and_then(|retry| retry.max_attempts).unwrap_or(policy.max_attempts);
        self.losses + 1 >= most
    }

    fn runs_again_after(&self, ending: &Ending) -> bool {
        match (&self.terms.retry, &ending.threw) {
            (Some(retry), Some(name)) => retry.on_throw && !retry.non_retryable.contains(name),
            _ => false,
        }
    }

    /// The attempt failed in a way that is tried again: the job waits, or ends if this was its last or it was to be cancelled.
    fn lose(&mut self, cause: LostCause, ending: &Ending, policy: &LeasePolicy, now_ms: i64) -> Effects<'static> {
        let outcome = serde_json::from_str(&ending.outcome_json).ok().filter(|_| matches!(cause, LostCause::Fault | LostCause::Threw));
        let mut lost = self.lost(cause, outcome, now_ms);
        if cause == LostCause::WorkerLost {
            lost.last_seen_at = self.lease_until_ms.map(|ms| instant(ms.saturating_sub_unsigned(policy.lease.as_millis() as u64)));
        }
        let mut effects = if self.cancel.is_some() {
            self.end(&Ending::new(&Outcome::Cancelled), None, now_ms)
        } else if self.is_last(policy) {
            self.dead = true;
            self.end(ending, None, now_ms)
        } else {
            self.losses += 1;
            const AT_ONCE: &Retry = &Retry::AT_ONCE;
            let retry = self.terms.retry.as_ref().unwrap_or(AT_ONCE);
            // The last bytes of an id are random, and the attempt makes them differ from pause to pause.
            let spread = u128::from_be_bytes(*self.id.as_bytes()) as u64;
            let pause_ms = retry.pause_ms(self.losses, spread.rotate_left(self.attempt)).cast_signed();
            self.requeue(now_ms.saturating_add(pause_ms), now_ms)
        };
        effects.lost = Some(lost);
        effects
    }

    fn lost(&self, cause: LostCause, outcome: Option<Outcome>, ended_ms: i64) -> LostAttempt {
        LostAttempt {
            attempt: self.attempt,
            cause,
            worker: self.worker.clone().unwrap_or_default(),
            started_at: instant(self.started_ms.unwrap_or(ended_ms)),
            ended_at: instant(ended_ms),
            last_seen_at: None,
            outcome,
        }
    }

    /// It waits again: until `due_ms` if that is to come. The place under its concurrency key is kept by one that is ready at once.
    fn requeue(&mut self, due_ms: i64, now_ms: i64) -> Effects<'static> {
        let had_place = self.has_place();
        (self.state, self.worker, self.lease_until_ms, self.queued_ms, self.due_ms) = (JobState::Queued, None, None, now_ms, due_ms);
        self.hold = match (due_ms > now_ms, had_place || self.key.is_none()) {
            (true, _) => Hold::Due,
            (false, true) => Hold::Ready,
            (false, false) => Hold::Key,
        };
        let event = if self.hold == Hold::Due { Event::Delayed } else { Event::Queued };
        Effects { events: vec![event], frees_key: had_place && !self.has_place(), ..Effects::default() }
    }

    fn end<'r>(&mut self, ending: &Ending, run: Option<&'r Filed>, now_ms: i64) -> Effects<'r> {
        let frees_key = self.has_place();
        (self.state, self.finished_ms, self.lease_until_ms, self.start_by_ms) = (ending.state, Some(now_ms), None, None);
        let outcome_json = match run {
            Some(filed) => Cow::Borrowed(filed.ending.outcome_json.as_str()),
            None => Cow::Owned(ending.outcome_json.clone()),
        };
        Effects {
            events: vec![Event::Finished { id: self.id, outcome: ending.kind }],
            end: Some(End { outcome_json, run }),
            frees_key,
            ..Effects::default()
        }
    }
}

/// A lost attempt as its column holds it.
pub(super) fn lost_json(lost: &LostAttempt) -> String {
    json(lost)
}

pub(super) fn after(now_ms: i64, duration: Duration) -> i64 {
    now_ms.saturating_add(i64::try_from(duration.as_millis()).unwrap_or(i64::MAX))
}

/// An instant that a store kept or a clock gave; both are within what a timestamp holds.
fn instant(ms: i64) -> Timestamp {
    Timestamp::from_millisecond(ms).unwrap_or(Timestamp::UNIX_EPOCH)
}
