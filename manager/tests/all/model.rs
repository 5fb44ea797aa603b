//! The queue against a model small enough to be believed: random operations, a clock of our own, reopened now and then.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use ampoule_manager::queue::{Cancel, Depths, Event, Filed, LeasePolicy, Queue};
use ampoule_protocol::{Completion, FaultCode, JobId, JobState, LeaseState, LeaseToken};
use jiff::Timestamp;

use crate::{
    store::submitted,
    support::{Random, fault, returned},
};

const POLICY: LeasePolicy = LeasePolicy { lease: Duration::from_secs(15), max_attempts: 3, acquire_bytes: 1 << 20 };

/// A job as the model knows it. Its place in the model's list is its place in the queue.
#[derive(Clone, Debug)]
struct Job {
    id: JobId,
    state: JobState,
    attempt: u32,
    losses: u32,
    cancelling: bool,
    worker: &'static str,
    until_ms: i64,
}

impl Job {
    fn holds(&self, token: &LeaseToken) -> bool {
        (self.id, self.attempt, self.state) == (token.job_id, token.attempt, JobState::Running)
    }

    fn lose(&mut self) {
        if self.cancelling {
            self.state = JobState::Cancelled;
        } else {
            self.losses += 1;
            self.state = if self.losses >= POLICY.max_attempts { JobState::Failed } else { JobState::Queued };
        }
    }
}

#[tokio::test]
async fn does_what_the_model_does() {
    let seed = Random::seed();
    println!("SEED={seed}");
    for round in 0..10 {
        explore(seed.wrapping_add(round), 150).await;
    }
}

async fn open(path: &std::path::Path, events: &Arc<Mutex<Vec<Event>>>) -> Queue {
    let events = events.clone();
    Queue::open(path, POLICY, 1, Arc::new(move |told| events.lock().unwrap().extend_from_slice(told))).await.unwrap()
}

async fn explore(seed: u64, steps: usize) {
    let mut random = Random::new(seed);
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("q.db");
    let events = Arc::default();
    let mut queue = open(&path, &events).await;
    let (mut jobs, mut tokens, mut now_ms) = (Vec::<Job>::new(), Vec::<LeaseToken>::new(), 1_700_000_000_000_i64);
    let (mut lost, mut stale) = (0, 0);

    for step in 0..steps {
        now_ms += random.below(2_000) as i64;
        let now = Timestamp::from_millisecond(now_ms).unwrap();
        let operation = random.below(10);
        match operation {
            0 | 1 => {
                let job = submitted();
                jobs.push(Job { id: job.id(), state: JobState::Queued, attempt: 0, losses: 0, cancelling: false, worker: "", until_ms: 0 });
                queue.enqueue(job, now).await.unwrap();
            }
            2 | 3 => {
                let (worker, slots) = (["a", "b"][random.below(2)], random.below(4));
                let (leased, cancelled) = queue.acquire(worker, slots as u32, vec![], now).await.unwrap().deliver();
                let told = |job: &&Job| job.worker == worker && job.state == JobState::Running && job.cancelling;
                let mut wanted: Vec<_> = jobs.iter().filter(told).map(|job| (job.id, job.attempt)).collect();
                let mut found: Vec<_> = cancelled.iter().map(|token| (token.job_id, token.attempt)).collect();
                wanted.sort_unstable();
                found.sort_unstable();
                assert_eq!(found, wanted);
                let mut wanted = Vec::new();
                for job in jobs.iter_mut().filter(|job| job.state == JobState::Queued).take(slots) {
                    (job.state, job.worker, job.until_ms) = (JobState::Running, worker, now_ms + 15_000);
                    job.attempt += 1;
                    wanted.push(LeaseToken { job_id: job.id, attempt: job.attempt });
                }
                assert_eq!(leased.iter().map(|job| job.token).collect::<Vec<_>>(), wanted);
                tokens.extend(wanted);
            }
            4 => {
                let asked: Vec<_> = (0..3).filter_map(|_| random.pick(&tokens).copied()).collect();
                let states = queue.renew(asked.clone(), now).await.unwrap();
                for (token, state) in asked.iter().zip(states) {
                    let held = jobs.iter_mut().find(|job| job.holds(token));
                    let wanted = held.map_or(LeaseState::Stale, |job| {
                        job.until_ms = now_ms + 15_000;
                        if job.cancelling { LeaseState::Cancelled } else { LeaseState::Held }
                    });
                    assert_eq!(state.state, wanted);
                }
            }
            5 | 6 => {
                let Some(token) = random.pick(&tokens).copied() else { continue };
                let faulty = random.below(3) == 0;
                let report = if faulty { fault(FaultCode::EnginePanic) } else { returned("1") };
                let states = queue.complete(vec![Filed::new(Completion { token, report })], now).await.unwrap();
                let wanted = match jobs.iter_mut().find(|job| job.holds(&token)) {
                    None => {
                        stale += 1;
                        LeaseState::Stale
                    }
                    Some(job) => {
                        if faulty {
                            job.lose()
                        } else {
                            job.state = JobState::Succeeded
                        }
                        LeaseState::Accepted
                    }
                };
                assert_eq!(states[0].state, wanted);
            }
            7 => {
                let Some(token) = random.pick(&tokens).copied() else { continue };
                let states = queue.release(vec![token], now).await.unwrap();
                let wanted = jobs.iter_mut().find(|job| job.holds(&token)).map_or(LeaseState::Stale, |job| {
                    job.state = if job.cancelling { JobState::Cancelled } else { JobState::Queued };
                    LeaseState::Accepted
                });
                assert_eq!(states[0].state, wanted);
            }
            8 => {
                let Some(k) = (!jobs.is_empty()).then(|| random.below(jobs.len())) else { continue };
                let job = &mut jobs[k];
                let wanted = match job.state {
                    JobState::Queued | JobState::Cancelled => {
                        job.state = JobState::Cancelled;
                        Cancel::Done
                    }
                    JobState::Running => {
                        job.cancelling = true;
                        Cancel::Requested
                    }
                    JobState::Succeeded | JobState::Failed => Cancel::TooLate,
                };
                assert_eq!(queue.cancel(job.id, now).await.unwrap(), Some(wanted));
            }
            _ => {
                for _ in 0..2 {
                    queue.sweep(now).await.unwrap();
                }
                for job in jobs.iter_mut().filter(|job| job.state == JobState::Running && job.until_ms <= now_ms) {
                    job.lose();
                    lost += 1;
                }
                if random.below(4) == 0 {
                    queue.close().await;
                    queue = open(&path, &events).await;
                }
            }
        }

        let count = |state| jobs.iter().filter(|job| job.state == state).count() as u64;
        let Depths { queued, running, .. } = queue.depths(now).await.unwrap();
        assert_eq!((queued, running), (count(JobState::Queued), count(JobState::Running)), "step {step}, operation {operation}");
    }

    for job in &jobs {
        let view = queue.job(job.id).await.unwrap().unwrap();
        assert_eq!((view.state, view.attempt, view.outcome.is_some()), (job.state, job.attempt, job.state.is_final()), "{job:?}");
    }
    let mut told = BTreeMap::<&str, usize>::new();
    for event in events.lock().unwrap().iter() {
        let name = match event {
            Event::Submitted => "submitted",
            Event::Finished { .. } => "finished",
            Event::Started { .. } => "started",
            Event::LeaseLost => "lost",
            Event::StaleReport => "stale",
            Event::Queued | Event::CancelRequested { .. } | Event::LeaseReleased => continue,
        };
        *told.entry(name).or_default() += 1;
    }
    let finished = jobs.iter().filter(|job| job.state.is_final()).count();
    let mut wanted =
        BTreeMap::from([("submitted", jobs.len()), ("finished", finished), ("started", tokens.len()), ("lost", lost), ("stale", stale)]);
    wanted.retain(|_, count| *count > 0);
    assert_eq!(told, wanted);
}
