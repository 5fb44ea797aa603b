//! The queue against a model small enough to be believed: random operations, a clock of our own, reopened now and then.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::Duration,
};

use ampoule_manager::{
    StoreUrl,
    queue::{Cancel, Depths, Ears, Enqueued, Event, Filed, LeasePolicy, Queue, Retried, Scope},
};
use ampoule_protocol::{
    CancelledBy, Completion, ConcurrencyPolicy, FaultCode, JobId, JobSpec, JobState, LeaseState, LeaseToken, Outcome, Retry, RunReport,
    ScriptError, TenantName, TenantSettings,
};
use jiff::Timestamp;

use crate::support::{self, On, Random, fault, job, on_both_stores, report, returned};

on_both_stores!(does_what_the_model_does);

const POLICY: LeasePolicy = LeasePolicy { lease: Duration::from_secs(15), max_attempts: 3, acquire_bytes: 1 << 20 };
const LEASE_MS: i64 = 15_000;
/// After the default wall time and a minute of grace, a run is taken back whatever its worker says.
const OVERRUN_MS: i64 = 30_000 + 60_000;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Hold {
    Ready,
    Due,
    Key,
}

/// A job as the model knows it. Its place in the model's list is its order of arrival.
#[derive(Clone, Debug)]
struct Job {
    id: JobId,
    tenant: &'static str,
    priority: i32,
    key: Option<&'static str>,
    retry: Option<Retry>,
    start_by_ms: Option<i64>,
    state: JobState,
    hold: Hold,
    due_ms: i64,
    attempt: u32,
    losses: u32,
    cancelling: bool,
    worker: &'static str,
    started_ms: i64,
    until_ms: i64,
    dead: bool,
}

impl Job {
    fn place(&self) -> Option<Key> {
        self.key.map(|key| (self.tenant, key))
    }
}

/// A concurrency key, and whose it is.
type Key = (&'static str, &'static str);

#[derive(Default)]
struct Model {
    jobs: Vec<Job>,
    /// Which job has a tenant's key: it is ready or running.
    holders: BTreeMap<Key, usize>,
    counts: BTreeMap<&'static str, usize>,
    /// Most jobs of a tenant that run at once.
    ceilings: BTreeMap<&'static str, usize>,
}

impl Model {
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
        let waiting = self.in_order(|job| (job.state, job.hold, job.place()) == (JobState::Queued, Hold::Key, Some(key)));
        if let Some(first) = waiting.first() {
            self.jobs[*first].hold = Hold::Ready;
            self.holders.insert(key, *first);
        }
    }

    fn promote(&mut self, now_ms: i64) {
        let due: Vec<usize> = (0..self.jobs.len())
            .filter(|k| matches!(&self.jobs[*k], Job { state: JobState::Queued, hold: Hold::Due, due_ms, .. } if *due_ms <= now_ms))
            .collect();
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
        let job = &mut self.jobs[k];
        (job.state, job.due_ms) = (JobState::Queued, due_ms.unwrap_or(job.due_ms));
        job.hold = match (due_ms, job.place()) {
            (Some(_), _) => Hold::Due,
            (None, Some(key)) if self.holders.get(&key) != Some(&k) => Hold::Key,
            (None, _) => Hold::Ready,
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

    fn is_last(&self, k: usize) -> bool {
        let most = self.jobs[k].retry.as_ref().and_then(|retry| retry.max_attempts).unwrap_or(POLICY.max_attempts);
        self.jobs[k].losses + 1 >= most
    }

    /// An attempt failed in a way that is tried again; true: the job pauses before the next one.
    fn lose(&mut self, k: usize) -> bool {
        if self.jobs[k].cancelling {
            self.end(k, JobState::Cancelled);
        } else if self.is_last(k) {
            self.jobs[k].dead = true;
            self.end(k, JobState::Failed);
        } else {
            self.jobs[k].losses += 1;
            return true;
        }
        false
    }
}

async fn does_what_the_model_does(on: On) {
    let seed = Random::seed();
    println!("SEED={seed}");
    for round in 0..if on == On::Sqlite { 10 } else { 4 } {
        explore(on, seed.wrapping_add(round), 200).await;
    }
}

/// Many schedules: `ROUNDS` of them, from `SEED` on. With `TMPDIR` in memory a round takes a hundredth of a second.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "takes minutes"]
async fn does_what_the_model_does_a_hundred_thousand_times() {
    let rounds = std::env::var("ROUNDS").ok().and_then(|text| text.parse().ok()).unwrap_or(100_000);
    let seed = Random::seed();
    println!("SEED={seed}, {rounds} rounds");
    for round in 0..rounds {
        explore(On::Sqlite, seed.wrapping_add(round), 100).await;
        if (round + 1) % 10_000 == 0 {
            println!("{} rounds", round + 1);
        }
    }
}

async fn open(url: &StoreUrl, events: &Arc<Mutex<Vec<Event>>>) -> Queue {
    let events = events.clone();
    let ears = Ears { told: Arc::new(move |told: &[Event]| events.lock().unwrap().extend_from_slice(told)), ..Ears::deaf() };
    Queue::open(url, POLICY, 1, ears).await.unwrap()
}

fn threw(name: &str) -> RunReport {
    report(Outcome::Threw { error: ScriptError { name: name.into(), message: "m".into(), stack: String::new() } })
}

fn new_job(random: &mut Random, now_ms: i64) -> (JobSpec, Option<&'static str>) {
    let mut spec: JobSpec = serde_json::from_value(job()).unwrap();
    spec.priority = random.below(3) as i32 - 1;
    if random.below(4) == 0 {
        spec.run_at = Timestamp::from_millisecond(now_ms - 1_000 + random.below(8_000) as i64).ok();
    }
    if random.below(4) == 0 {
        spec.start_within_ms = Some(1 + random.below(10_000) as u64);
    }
    if random.below(3) == 0 {
        let backoff_ms = [0, 2_000][random.below(2)];
        let non_retryable = vec!["Never".to_owned()];
        spec.retry = Some(Retry { max_attempts: Some(2), on_throw: random.below(2) == 0, backoff_ms, non_retryable, ..Retry::default() });
    }
    let key = (random.below(3) == 0).then(|| ["k", "l"][random.below(2)]);
    spec.concurrency_key = key.map(str::to_owned);
    spec.concurrency_policy =
        [ConcurrencyPolicy::Queue, ConcurrencyPolicy::Queue, ConcurrencyPolicy::CancelOldest, ConcurrencyPolicy::CancelNewest]
            [random.below(4)];
    (spec, key)
}

/// After a loss: the job is in the queue, and pauses as long as its retry says.
async fn requeued(model: &mut Model, queue: &Queue, k: usize, now_ms: i64) {
    let job = &model.jobs[k];
    let backoff_ms = job.retry.as_ref().map_or(0, |retry| retry.backoff_ms);
    let mut due_ms = None;
    if backoff_ms > 0 {
        let view = queue.job(&named(job.tenant), job.id).await.unwrap().unwrap();
        let pause_ms = view.due_at.expect("it pauses").as_millisecond() - now_ms;
        let doubled = (backoff_ms << (job.losses - 1)) as i64;
        assert!((doubled * 3 / 4..=doubled * 5 / 4).contains(&pause_ms), "{pause_ms}");
        due_ms = Some(now_ms + pause_ms);
    }
    model.requeue(k, due_ms);
}

async fn explore(on: On, seed: u64, steps: usize) {
    let mut random = Random::new(seed);
    let dir = tempfile::tempdir().unwrap();
    let url = support::store(on, &dir).await;
    let events = Arc::default();
    let mut queue = open(&url, &events).await;
    let (mut model, mut tokens, mut now_ms) = (Model::default(), Vec::<LeaseToken>::new(), 1_700_000_000_000_i64);
    let by = |name: &str| CancelledBy { by: name.to_owned(), key: None, reason: None };

    for step in 0..steps {
        now_ms += random.below(2_000) as i64;
        let now = Timestamp::from_millisecond(now_ms).unwrap();
        let operation = random.below(13);
        match operation {
            0..=2 => {
                let (spec, key) = new_job(&mut random, now_ms);
                let due_ms = spec.run_at.map_or(now_ms, |at| at.as_millisecond().max(now_ms));
                let tenant = TENANTS[random.below(2)];
                let submitted = support::submitted(named(tenant), serde_json::to_value(&spec).unwrap());
                let k = model.jobs.len();
                model.jobs.push(Job {
                    id: submitted.id(),
                    tenant,
                    priority: spec.priority,
                    key,
                    retry: spec.retry.clone(),
                    start_by_ms: Some(due_ms + spec.start_within_ms.unwrap_or(24 * 60 * 60 * 1000) as i64),
                    state: JobState::Queued,
                    hold: if due_ms > now_ms {
                        Hold::Due
                    } else if key.is_some() {
                        Hold::Key
                    } else {
                        Hold::Ready
                    },
                    due_ms,
                    attempt: 0,
                    losses: 0,
                    cancelling: false,
                    worker: "",
                    started_ms: 0,
                    until_ms: 0,
                    dead: false,
                });
                model.count("submitted");
                let mut wanted = Enqueued::Stored;
                if let (Some(key), Hold::Key) = (model.jobs[k].place(), model.jobs[k].hold) {
                    match (model.holders.get(&key).copied(), spec.concurrency_policy) {
                        (None, _) => model.offer(key),
                        (Some(_), ConcurrencyPolicy::Queue) => {}
                        (Some(_), ConcurrencyPolicy::CancelNewest) => {
                            model.end(k, JobState::Cancelled);
                            wanted = Enqueued::Cancelled;
                        }
                        (Some(holder), ConcurrencyPolicy::CancelOldest) => {
                            for other in 0..k {
                                let job = &model.jobs[other];
                                if (job.state, job.hold, job.place()) == (JobState::Queued, Hold::Key, Some(key)) {
                                    model.end(other, JobState::Cancelled);
                                }
                            }
                            if model.jobs[holder].state == JobState::Queued {
                                model.end(holder, JobState::Cancelled);
                            } else {
                                model.jobs[holder].cancelling = true;
                            }
                        }
                    }
                }
                assert_eq!(queue.enqueue(submitted, now).await.unwrap(), wanted);
            }
            3 | 4 => {
                let (worker, slots) = (["a", "b"][random.below(2)], random.below(4));
                let (leased, cancelled) = queue.acquire(&Scope::All, worker, slots as u32, vec![], now).await.unwrap().deliver();
                let told = |job: &&Job| job.worker == worker && job.state == JobState::Running && job.cancelling;
                let mut wanted: Vec<_> = model.jobs.iter().filter(told).map(|job| (job.id, job.attempt)).collect();
                let mut found: Vec<_> = cancelled.iter().map(|token| (token.job_id, token.attempt)).collect();
                wanted.sort_unstable();
                found.sort_unstable();
                assert_eq!(found, wanted);
                if slots > 0 {
                    model.promote(now_ms);
                }
                // How slots are dealt between tenants is not the model's matter; how many, and which of a tenant's own, is.
                let found: Vec<_> = leased.iter().map(|job| job.token.job_id).collect();
                let mut wanted = Vec::new();
                let mut able = 0;
                let mut chosen: Vec<usize> = Vec::new();
                for tenant in TENANTS {
                    let own = model.in_order(|job| (job.state, job.hold, job.tenant) == (JobState::Queued, Hold::Ready, tenant));
                    let room = own.len().min(model.room(tenant));
                    able += room;
                    let got = found.iter().filter(|id| own.iter().any(|k| model.jobs[*k].id == **id)).count();
                    assert!(got <= room, "step {step}: {got} of {tenant}, for which there was room for {room}");
                    chosen.extend(&own[..got]);
                }
                assert_eq!(found.len(), slots.min(able), "step {step}");
                for k in chosen {
                    let job = &mut model.jobs[k];
                    (job.state, job.worker, job.started_ms, job.start_by_ms) = (JobState::Running, worker, now_ms, None);
                    job.until_ms = now_ms + LEASE_MS;
                    job.attempt += 1;
                    wanted.push(LeaseToken { job_id: job.id, attempt: job.attempt });
                    model.count("started");
                }
                let mut found: Vec<_> = leased.iter().map(|job| job.token).collect();
                found.sort_unstable_by_key(|token| token.job_id);
                wanted.sort_unstable_by_key(|token| token.job_id);
                assert_eq!(found, wanted, "step {step}");
                tokens.extend(wanted);
            }
            5 => {
                let asked: Vec<_> = (0..3).filter_map(|_| random.pick(&tokens).copied()).collect();
                let states = queue.renew(&Scope::All, asked.clone(), now).await.unwrap();
                for (token, state) in asked.iter().zip(states) {
                    let held = model.holding(token).filter(|k| now_ms < model.jobs[*k].started_ms + OVERRUN_MS);
                    let wanted = held.map_or(LeaseState::Stale, |k| {
                        let job = &mut model.jobs[k];
                        job.until_ms = (now_ms + LEASE_MS).min(job.started_ms + OVERRUN_MS);
                        if job.cancelling { LeaseState::Cancelled } else { LeaseState::Held }
                    });
                    assert_eq!(state.state, wanted);
                }
            }
            6 | 7 => {
                let Some(token) = random.pick(&tokens).copied() else { continue };
                let ending = random.below(4);
                let report = match ending {
                    0 => fault(FaultCode::EnginePanic),
                    1 => threw("Sometimes"),
                    2 => threw("Never"),
                    _ => returned("1"),
                };
                let states = queue.complete(&Scope::All, vec![Filed::new(Completion { token, report })], now).await.unwrap();
                let Some(k) = model.holding(&token) else {
                    model.count("stale");
                    assert_eq!(states[0].state, LeaseState::Stale);
                    continue;
                };
                assert_eq!(states[0].state, LeaseState::Accepted);
                let on_throw = ending == 1 && model.jobs[k].retry.as_ref().is_some_and(|retry| retry.on_throw);
                match ending {
                    0 => {
                        if model.lose(k) {
                            requeued(&mut model, &queue, k, now_ms).await;
                        }
                    }
                    1 if on_throw && !model.jobs[k].cancelling => {
                        if model.lose(k) {
                            requeued(&mut model, &queue, k, now_ms).await;
                        }
                    }
                    1 | 2 => model.end(k, JobState::Failed),
                    _ => model.end(k, JobState::Succeeded),
                }
            }
            8 => {
                let Some(token) = random.pick(&tokens).copied() else { continue };
                let states = queue.release(&Scope::All, vec![token], now).await.unwrap();
                let wanted = match model.holding(&token) {
                    None => LeaseState::Stale,
                    Some(k) => {
                        if model.jobs[k].cancelling {
                            model.end(k, JobState::Cancelled);
                        } else {
                            model.requeue(k, None);
                        }
                        LeaseState::Accepted
                    }
                };
                assert_eq!(states[0].state, wanted);
            }
            9 => {
                let Some(k) = (!model.jobs.is_empty()).then(|| random.below(model.jobs.len())) else { continue };
                let (id, tenant) = (model.jobs[k].id, named(model.jobs[k].tenant));
                let other = named(if model.jobs[k].tenant == TENANTS[0] { TENANTS[1] } else { TENANTS[0] });
                assert_eq!(queue.cancel(&other, id, by("other"), now).await.unwrap(), None);
                assert_eq!(queue.retry(&other, id, now).await.unwrap(), None);
                if random.below(2) == 0 {
                    let wanted = match model.jobs[k].state {
                        JobState::Cancelled => Cancel::Done,
                        JobState::Queued => {
                            model.end(k, JobState::Cancelled);
                            Cancel::Done
                        }
                        JobState::Running => {
                            model.jobs[k].cancelling = true;
                            Cancel::Requested
                        }
                        JobState::Succeeded | JobState::Failed => Cancel::TooLate,
                    };
                    assert_eq!(queue.cancel(&tenant, id, by("me"), now).await.unwrap(), Some(wanted));
                } else {
                    let state = model.jobs[k].state;
                    let wanted = if matches!(state, JobState::Failed | JobState::Cancelled) {
                        (model.jobs[k].losses, model.jobs[k].cancelling, model.jobs[k].dead) = (0, false, false);
                        model.requeue(k, None);
                        model.count("retried");
                        Retried::Done
                    } else {
                        Retried::Not(state)
                    };
                    assert_eq!(queue.retry(&tenant, id, now).await.unwrap(), Some(wanted));
                }
            }
            10 => {
                let swept = queue.sweep(now).await.unwrap();
                model.promote(now_ms);
                let lost: Vec<usize> = (0..model.jobs.len())
                    .filter(|k| model.jobs[*k].state == JobState::Running && model.jobs[*k].until_ms <= now_ms)
                    .collect();
                for k in &lost {
                    model.count("lost");
                    if model.lose(*k) {
                        requeued(&mut model, &queue, *k, now_ms).await;
                    }
                }
                let late: Vec<usize> = (0..model.jobs.len())
                    .filter(|k| model.jobs[*k].state == JobState::Queued && model.jobs[*k].start_by_ms.is_some_and(|ms| ms <= now_ms))
                    .collect();
                for k in &late {
                    model.end(*k, JobState::Failed);
                }
                let waiting = model.jobs.iter().any(|job| (job.state, job.hold) == (JobState::Queued, Hold::Ready));
                assert_eq!((swept.waiting, swept.more), (waiting, false), "step {step}");
            }
            11 => {
                let (tenant, most) = (TENANTS[random.below(2)], random.below(5));
                let max_running = (most > 0).then_some(most as u32);
                queue.set_tenant(&named(tenant), TenantSettings { weight: 1 + random.below(3) as u32, max_running }, now).await.unwrap();
                match max_running {
                    Some(_) => model.ceilings.insert(tenant, most),
                    None => model.ceilings.remove(tenant),
                };
            }
            _ => {
                if random.below(4) == 0 {
                    queue.close().await;
                    queue = open(&url, &events).await;
                }
            }
        }
        check(&model, &queue, now_ms, step, operation).await;
    }
    for job in &model.jobs {
        let view = queue.job(&named(job.tenant), job.id).await.unwrap().unwrap();
        let found = (view.state, view.attempt, view.outcome.is_some(), view.dead);
        assert_eq!(found, (job.state, job.attempt, job.state.is_final(), job.dead), "{job:?}");
        assert_eq!(view.cancelled_by.is_some(), job.cancelling || job.state == JobState::Cancelled, "{job:?}");
    }
    let mut told = BTreeMap::<&str, usize>::new();
    for event in events.lock().unwrap().iter() {
        let name = match event {
            Event::Submitted => "submitted",
            Event::Finished { .. } => "finished",
            Event::Started { .. } => "started",
            Event::LeaseLost => "lost",
            Event::StaleReport => "stale",
            Event::Queued | Event::Delayed | Event::CancelRequested { .. } | Event::LeaseReleased => continue,
        };
        *told.entry(name).or_default() += 1;
    }
    model.counts.remove("retried");
    assert_eq!(told, model.counts);
    queue.close().await;
}

/// Whose the jobs are.
const TENANTS: [&str; 2] = [TenantName::DEFAULT, "other"];

fn named(tenant: &str) -> TenantName {
    tenant.parse().unwrap()
}

async fn check(model: &Model, queue: &Queue, now_ms: i64, step: usize, operation: usize) {
    let mut sum = (0, 0, 0, 0, 0);
    let now = Timestamp::from_millisecond(now_ms).unwrap();
    for tenant in TENANTS {
        let own = || model.jobs.iter().filter(|job| job.tenant == tenant);
        let count = |is: &dyn Fn(&Job) -> bool| own().filter(|job| is(job)).count() as u64;
        let held = |job: &Job, hold| (job.state, job.hold) == (JobState::Queued, hold);
        let ready = count(&|job| held(job, Hold::Ready) || held(job, Hold::Due) && job.due_ms <= now_ms);
        let queued = ready.min(model.room(tenant) as u64);
        let wanted = (
            queued,
            count(&|job| held(job, Hold::Due) && job.due_ms > now_ms),
            count(&|job| held(job, Hold::Key)),
            ready - queued,
            count(&|job| job.state == JobState::Running),
        );
        assert_eq!(figures(&queue.depths(&Scope::Tenant(named(tenant)), now).await.unwrap()), wanted, "step {step}, operation {operation}");
        sum = (sum.0 + wanted.0, sum.1 + wanted.1, sum.2 + wanted.2, sum.3 + wanted.3, sum.4 + wanted.4);
    }
    assert_eq!(figures(&queue.depths(&Scope::All, now).await.unwrap()), sum, "step {step}, operation {operation}");
}

fn figures(depths: &Depths) -> (u64, u64, u64, u64, u64) {
    (depths.queued, depths.delayed, depths.blocked, depths.capped, depths.running)
}
