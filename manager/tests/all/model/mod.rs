//! The queue against a model small enough to be believed, under a clock of the test's own.
//!
//! Here is the model alone: pure, without a store. `pair` asks a queue and the model the same and compares; `operations` picks what to ask at
//! random, `workers` simulates clients, workers and the network between them.

mod operations;
mod pair;
mod workers;

use std::{collections::BTreeMap, time::Duration};

use ampoule_manager::queue::{Cancel, Enqueued, LeasePolicy, Retried};
use ampoule_protocol::{ConcurrencyPolicy, JobId, JobSpec, JobState, LeaseState, LeaseToken, Retry, TenantName, TenantSettings};

const POLICY: LeasePolicy = LeasePolicy { lease: Duration::from_secs(15), max_attempts: 3, acquire_bytes: 1 << 20 };
const LEASE_MS: i64 = 15_000;
/// After the default wall time and a minute of grace, a run is taken back whatever its worker says.
const OVERRUN_MS: i64 = 30_000 + 60_000;

/// Whose the jobs are.
const TENANTS: [&str; 2] = [TenantName::DEFAULT, "other"];

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    Ready,
    Due,
    Key,
}

/// How a run ended, as far as the queue cares.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Ending {
    Returned,
    Fault,
    /// An error that may be tried again.
    Threw,
    /// An error that may not.
    ThrewNever,
}

impl Ending {
    const ALL: [Self; 4] = [Self::Returned, Self::Fault, Self::Threw, Self::ThrewNever];
}

/// A job as the model knows it. Its place in the model's list is its order of arrival.
#[derive(Clone, Debug)]
struct Job {
    id: JobId,
    tenant: &'static str,
    priority: i32,
    key: Option<String>,
    retry: Option<Retry>,
    start_by_ms: Option<i64>,
    state: JobState,
    hold: Hold,
    due_ms: i64,
    attempt: u32,
    losses: u32,
    cancelling: bool,
    worker: String,
    started_ms: i64,
    until_ms: i64,
    dead: bool,
}

impl Job {
    fn place(&self) -> Option<Key> {
        self.key.clone().map(|key| (self.tenant, key))
    }

    fn token(&self) -> LeaseToken {
        LeaseToken { job_id: self.id, attempt: self.attempt }
    }

    fn is_held(&self, hold: Hold) -> bool {
        (self.state, self.hold) == (JobState::Queued, hold)
    }
}

/// A concurrency key, and whose it is.
type Key = (&'static str, String);

/// A job that lost its attempt and is tried again; how long it pauses, the queue has chosen.
#[must_use]
#[derive(Debug)]
struct Again(usize);

#[derive(Default)]
struct Model {
    jobs: Vec<Job>,
    /// Which job has a tenant's key: it is ready or running.
    holders: BTreeMap<Key, usize>,
    /// What the queue is to tell, by kind.
    counts: BTreeMap<&'static str, usize>,
    /// Most jobs of a tenant that run at once.
    ceilings: BTreeMap<&'static str, usize>,
}

impl Model {
    fn submit(&mut self, id: JobId, tenant: &'static str, spec: &JobSpec, now_ms: i64) -> Enqueued {
        let due_ms = spec.run_at.map_or(now_ms, |at| at.as_millisecond().max(now_ms));
        let key = spec.concurrency_key.clone();
        let hold = match (due_ms > now_ms, &key) {
            (true, _) => Hold::Due,
            (false, Some(_)) => Hold::Key,
            (false, None) => Hold::Ready,
        };
        let k = self.jobs.len();
        self.jobs.push(Job {
            id,
            tenant,
            priority: spec.priority,
            key,
            retry: spec.retry.clone(),
            start_by_ms: Some(due_ms + spec.start_within_ms.unwrap_or(24 * 60 * 60 * 1000) as i64),
            state: JobState::Queued,
            hold,
            due_ms,
            attempt: 0,
            losses: 0,
            cancelling: false,
            worker: String::new(),
            started_ms: 0,
            until_ms: 0,
            dead: false,
        });
        self.count("submitted");
        let Some(key) = self.jobs[k].place().filter(|_| hold == Hold::Key) else { return Enqueued::Stored };
        match (self.holders.get(&key).copied(), spec.concurrency_policy) {
            (None, _) => self.offer(key),
            (Some(_), ConcurrencyPolicy::Queue) => {}
            (Some(_), ConcurrencyPolicy::CancelNewest) => {
                self.end(k, JobState::Cancelled);
                return Enqueued::Cancelled;
            }
            (Some(holder), ConcurrencyPolicy::CancelOldest) => {
                for other in 0..k {
                    if self.jobs[other].is_held(Hold::Key) && self.jobs[other].place() == Some(key.clone()) {
                        self.end(other, JobState::Cancelled);
                    }
                }
                if self.jobs[holder].state == JobState::Queued {
                    self.end(holder, JobState::Cancelled);
                } else {
                    self.jobs[holder].cancelling = true;
                }
            }
        }
        Enqueued::Stored
    }

    /// The leases of a worker whose jobs are to be cancelled.
    fn cancelling(&self, worker: &str) -> Vec<LeaseToken> {
        let told = |job: &&Job| job.worker == worker && job.state == JobState::Running && job.cancelling;
        self.jobs.iter().filter(told).map(Job::token).collect()
    }

    /// A worker got these jobs. How slots are dealt between tenants is not the model's matter; how many, and which of a tenant's own, is.
    fn acquire(&mut self, worker: &str, slots: usize, found: &[JobId], now_ms: i64) -> Vec<LeaseToken> {
        if slots > 0 {
            self.promote(now_ms);
        }
        let (mut able, mut chosen) = (0, Vec::<usize>::new());
        for tenant in TENANTS {
            let own = self.in_order(|job| job.is_held(Hold::Ready) && job.tenant == tenant);
            let room = own.len().min(self.room(tenant));
            able += room;
            let got = found.iter().filter(|id| own.iter().any(|k| self.jobs[*k].id == **id)).count();
            assert!(got <= room, "{got} of {tenant}, for which there was room for {room}");
            chosen.extend(&own[..got]);
        }
        assert_eq!(found.len(), slots.min(able), "slots that stay empty, or jobs from nowhere");
        for k in &chosen {
            let job = &mut self.jobs[*k];
            (job.state, job.worker, job.started_ms, job.start_by_ms) = (JobState::Running, worker.to_owned(), now_ms, None);
            job.until_ms = now_ms + LEASE_MS;
            job.attempt += 1;
            self.count("started");
        }
        chosen.into_iter().map(|k| self.jobs[k].token()).collect()
    }

    fn renew(&mut self, token: &LeaseToken, now_ms: i64) -> LeaseState {
        let held = self.holding(token).map(|k| &mut self.jobs[k]).filter(|job| now_ms < job.started_ms + OVERRUN_MS);
        held.map_or(LeaseState::Stale, |job| {
            job.until_ms = (now_ms + LEASE_MS).min(job.started_ms + OVERRUN_MS);
            if job.cancelling { LeaseState::Cancelled } else { LeaseState::Held }
        })
    }

    fn complete(&mut self, token: &LeaseToken, ending: Ending) -> (LeaseState, Option<Again>) {
        let Some(k) = self.holding(token) else {
            self.count("stale");
            return (LeaseState::Stale, None);
        };
        let again = match ending {
            Ending::Fault => self.lose(k),
            Ending::Threw if self.jobs[k].retry.as_ref().is_some_and(|retry| retry.on_throw) && !self.jobs[k].cancelling => self.lose(k),
            Ending::Threw | Ending::ThrewNever => {
                self.end(k, JobState::Failed);
                None
            }
            Ending::Returned => {
                self.end(k, JobState::Succeeded);
                None
            }
        };
        (LeaseState::Accepted, again)
    }

    fn release(&mut self, token: &LeaseToken) -> LeaseState {
        let Some(k) = self.holding(token) else { return LeaseState::Stale };
        if self.jobs[k].cancelling {
            self.end(k, JobState::Cancelled);
        } else {
            self.requeue(k, None);
        }
        LeaseState::Accepted
    }

    fn cancel(&mut self, k: usize) -> Cancel {
        match self.jobs[k].state {
            JobState::Cancelled => Cancel::Done,
            JobState::Queued => {
                self.end(k, JobState::Cancelled);
                Cancel::Done
            }
            JobState::Running => {
                self.jobs[k].cancelling = true;
                Cancel::Requested
            }
            JobState::Succeeded | JobState::Failed => Cancel::TooLate,
        }
    }

    fn retry(&mut self, k: usize) -> Retried {
        let job = &mut self.jobs[k];
        if !matches!(job.state, JobState::Failed | JobState::Cancelled) {
            return Retried::Not(job.state);
        }
        (job.losses, job.cancelling, job.dead) = (0, false, false);
        self.requeue(k, None);
        Retried::Done
    }

    /// What becomes due first: the jobs whose time has come, and those whose lease ran out.
    fn expire(&mut self, now_ms: i64) -> Vec<Again> {
        self.promote(now_ms);
        self.take_back(|job| job.until_ms <= now_ms)
    }

    /// Then, once those have got their pauses: nobody started these in time.
    fn give_up(&mut self, now_ms: i64) {
        let late = self.jobs.iter().map(|job| job.state == JobState::Queued && job.start_by_ms.is_some_and(|ms| ms <= now_ms));
        for (k, _) in late.collect::<Vec<_>>().into_iter().enumerate().filter(|(_, late)| *late) {
            self.end(k, JobState::Failed);
        }
    }

    /// A worker's connection broke, and it did not come back.
    fn drop_worker(&mut self, worker: &str, dropped_ms: i64) -> Vec<Again> {
        self.take_back(|job| job.worker == worker && job.until_ms <= dropped_ms + LEASE_MS)
    }

    fn take_back(&mut self, is: impl Fn(&Job) -> bool) -> Vec<Again> {
        let lost: Vec<usize> = (0..self.jobs.len()).filter(|k| self.jobs[*k].state == JobState::Running && is(&self.jobs[*k])).collect();
        lost.into_iter()
            .filter_map(|k| {
                self.count("lost");
                self.lose(k)
            })
            .collect()
    }

    fn set_tenant(&mut self, tenant: &'static str, settings: &TenantSettings) {
        match settings.max_running {
            Some(most) => self.ceilings.insert(tenant, most as usize),
            None => self.ceilings.remove(tenant),
        };
    }

    fn count(&mut self, what: &'static str) {
        *self.counts.entry(what).or_default() += 1;
    }

    fn holding(&self, token: &LeaseToken) -> Option<usize> {
        self.jobs.iter().position(|job| (job.id, job.attempt, job.state) == (token.job_id, token.attempt, JobState::Running))
    }

    /// The jobs that one condition is true of, the first to be leased first.
    fn in_order(&self, is: impl Fn(&Job) -> bool) -> Vec<usize> {
        let mut found: Vec<usize> = (0..self.jobs.len()).filter(|k| is(&self.jobs[*k])).collect();
        found.sort_by_key(|k| (-self.jobs[*k].priority, *k));
        found
    }

    /// Whoever has its key gives it to the first that waits for it.
    fn give_up_key(&mut self, k: usize) {
        let Some(key) = self.jobs[k].place().filter(|key| self.holders.get(key) == Some(&k)) else { return };
        self.holders.remove(&key);
        self.offer(key);
    }

    fn offer(&mut self, key: Key) {
        if self.holders.contains_key(&key) {
            return;
        }
        let waiting = self.in_order(|job| job.is_held(Hold::Key) && job.place().as_ref() == Some(&key));
        if let Some(first) = waiting.first() {
            self.jobs[*first].hold = Hold::Ready;
            self.holders.insert(key, *first);
        }
    }

    fn promote(&mut self, now_ms: i64) {
        let due: Vec<usize> = (0..self.jobs.len()).filter(|k| self.jobs[*k].is_held(Hold::Due) && self.jobs[*k].due_ms <= now_ms).collect();
        for k in &due {
            self.jobs[*k].hold = if self.jobs[*k].key.is_some() { Hold::Key } else { Hold::Ready };
        }
        for key in due.iter().filter_map(|k| self.jobs[*k].place()).collect::<Vec<_>>() {
            self.offer(key);
        }
    }

    fn end(&mut self, k: usize, state: JobState) {
        (self.jobs[k].state, self.jobs[k].start_by_ms) = (state, None);
        self.count("finished");
        self.give_up_key(k);
    }

    /// It waits again: until a time that the queue has chosen, if it pauses.
    fn requeue(&mut self, k: usize, due_ms: Option<i64>) {
        let holds_key = self.jobs[k].place().is_none_or(|key| self.holders.get(&key) == Some(&k));
        let job = &mut self.jobs[k];
        (job.state, job.due_ms) = (JobState::Queued, due_ms.unwrap_or(job.due_ms));
        job.hold = match (due_ms, holds_key) {
            (Some(_), _) => Hold::Due,
            (None, true) => Hold::Ready,
            (None, false) => Hold::Key,
        };
        if job.hold == Hold::Due {
            self.give_up_key(k);
        } else if let (Hold::Key, Some(key)) = (job.hold, job.place()) {
            self.offer(key);
        }
    }

    /// How many more of a tenant's jobs may run.
    fn room(&self, tenant: &str) -> usize {
        let running = self.jobs.iter().filter(|job| (job.state, job.tenant) == (JobState::Running, tenant)).count();
        self.ceilings.get(tenant).map_or(usize::MAX, |most| most.saturating_sub(running))
    }

    /// An attempt failed in a way that is tried again, while attempts are left.
    fn lose(&mut self, k: usize) -> Option<Again> {
        let job = &mut self.jobs[k];
        let most = job.retry.as_ref().and_then(|retry| retry.max_attempts).unwrap_or(POLICY.max_attempts);
        if job.cancelling {
            self.end(k, JobState::Cancelled);
        } else if job.losses + 1 >= most {
            job.dead = true;
            self.end(k, JobState::Failed);
        } else {
            job.losses += 1;
            return Some(Again(k));
        }
        None
    }
}
