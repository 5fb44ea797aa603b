//! Clients, workers and the network between them and the queue, simulated: everything that happens has a moment on one agenda, and a seed
//! gives the same agenda again.
//!
//! While it is rough, requests and answers come late, twice or never, workers die and start anew or stand still for longer than a lease, their
//! connections break, the manager starts anew. Then it is calm, and within two lease periods every lease is with somebody who works on it;
//! in the end no job is lost, stuck, or accepted twice.

use std::{
    collections::{BTreeMap, BTreeSet},
    panic::{AssertUnwindSafe, catch_unwind, resume_unwind},
    sync::{
        Mutex,
        atomic::{AtomicU64, Ordering},
    },
};

use ampoule_protocol::{JobId, JobSpec, JobState, LeaseState, LeaseToken};

use super::{
    Ending, LEASE_MS, TENANTS,
    operations::{any_ceiling, any_id, any_job, explore},
    pair::{Compared, Pair},
};
use crate::support::{On, Random, on_both_stores};

on_both_stores!(workers_come_to_the_end_of_every_job);

/// How long it is rough.
const ROUGH_MS: i64 = 60_000;
/// A sweep's round, as the reaper's.
const SWEEP_MS: i64 = 1_000;
/// How long a manager waits for a worker whose connection broke.
const GRACE_MS: i64 = 1_000;
/// After so much calm, a job that has not ended is stuck.
const STUCK_MS: i64 = 60 * 60 * 1_000;
const WORKERS: usize = 3;
const SLOTS: usize = 3;

async fn workers_come_to_the_end_of_every_job(on: On) {
    let seed = Random::seed();
    println!("SEED={seed}");
    let mut met = Met::default();
    for round in 0..if on == On::Sqlite { 25 } else { 4 } {
        met.add(&simulate(on, seed.wrapping_add(round), Compared::Everybodys).await);
    }
    println!("{met:?}");
    assert!(met.jobs > 0 && met.lost > 0 && met.stale > 0 && met.repeated > 0, "it never got rough: {met:?}");
}

/// Many schedules: `ROUNDS` of them on SQLite and `POSTGRES_ROUNDS` on PostgreSQL, from `SEED` on, in turns those of `operations` and these,
/// some at a time. `manager/tests/simulation` runs it with the stores in memory.
#[test]
#[ignore = "takes many minutes"]
fn a_hundred_thousand_schedules() {
    let given = |name: &str, default| std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default);
    let seed = Random::seed();
    let mut stores = vec![(On::Sqlite, given("ROUNDS", 100_000_u64))];
    if crate::postgres::is_there() {
        stores.push((On::Postgres, given("POSTGRES_ROUNDS", 1_000)));
    }
    // Each waits for its store's threads half of the time. A runtime each, since one for all would wake its other threads all the time.
    let at_once = 2 * std::thread::available_parallelism().map_or(1, usize::from);
    for (on, rounds) in stores {
        println!("SEED={seed}, {rounds} schedules on {on:?}");
        let (begun, ended) = (AtomicU64::new(0), Mutex::new((Met::default(), 0)));
        std::thread::scope(|scope| {
            for _ in 0..at_once {
                scope.spawn(|| {
                    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
                    loop {
                        let round = begun.fetch_add(1, Ordering::Relaxed);
                        if round >= rounds {
                            return;
                        }
                        let seed = seed.wrapping_add(round);
                        let of = catch_unwind(AssertUnwindSafe(|| runtime.block_on(schedule(on, seed)))).unwrap_or_else(|err| {
                            println!("a failure, which SEED={seed} ROUNDS=1 repeats alone");
                            begun.store(rounds, Ordering::Relaxed);
                            resume_unwind(err)
                        });
                        let mut ended = ended.lock().unwrap();
                        ended.0.add(&of);
                        ended.1 += 1;
                        if ended.1 % 10_000 == 0 || ended.1 == rounds {
                            println!("{} schedules on {on:?}: {:?}", ended.1, ended.0);
                        }
                    }
                });
            }
        });
    }
}

/// One of many.
async fn schedule(on: On, seed: u64) -> Met {
    if seed.is_multiple_of(2) {
        explore(on, seed, 100, Compared::InTurns(0)).await;
        Met::default()
    } else {
        simulate(on, seed, Compared::InTurns(0)).await
    }
}

/// What simulations came to.
#[derive(Debug, Default)]
struct Met {
    jobs: usize,
    attempts: u64,
    /// Leases that ran out, or whose worker's connection broke.
    lost: usize,
    /// Reports that came too late.
    stale: usize,
    /// Submissions that came again.
    repeated: usize,
    deaths: usize,
    stalls: usize,
    dead_letters: usize,
}

impl Met {
    fn add(&mut self, other: &Self) {
        self.jobs += other.jobs;
        self.attempts += other.attempts;
        self.lost += other.lost;
        self.stale += other.stale;
        self.repeated += other.repeated;
        self.deaths += other.deaths;
        self.stalls += other.stalls;
        self.dead_letters += other.dead_letters;
    }
}

/// What happens at a moment. Workers are named by their place and life: who has died since does not hear of it.
#[derive(Clone, Debug)]
enum Happening {
    /// A client's request arrives. What it is of was decided when it was first sent.
    Submit {
        n: usize,
    },
    Cancel,
    Retry,
    Ceiling,
    Sweep,
    Reopen,
    Acquire {
        who: Who,
        slots: usize,
    },
    Acquired {
        who: Who,
        leased: Vec<LeaseToken>,
        cancelled: Vec<LeaseToken>,
    },
    /// It should have been answered.
    AcquireAgain {
        who: Who,
        asked: u64,
    },
    Renew {
        who: Who,
        tokens: Vec<LeaseToken>,
    },
    Renewed {
        who: Who,
        states: Vec<(LeaseToken, LeaseState)>,
    },
    RenewDue {
        who: Who,
    },
    RunEnds {
        who: Who,
        token: LeaseToken,
    },
    Complete {
        who: Who,
        token: LeaseToken,
        ending: Ending,
    },
    Completed {
        who: Who,
        token: LeaseToken,
    },
    CompleteAgain {
        who: Who,
        token: LeaseToken,
        ending: Ending,
        tries: usize,
    },
    Release {
        token: LeaseToken,
    },
    Dies {
        place: usize,
    },
    Starts {
        place: usize,
    },
    Stalls {
        place: usize,
    },
    ConnectionBreaks {
        who: Who,
    },
    /// The manager has waited for it to come back.
    GivenUp {
        who: Who,
        dropped_ms: i64,
    },
}

type Who = (usize, usize);

/// How often what was finished is handed in.
const TRIES: usize = 10;

#[derive(Default)]
struct Worker {
    life: usize,
    is_alive: bool,
    /// Nothing happens in it before.
    stalled_until_ms: i64,
    is_asking: bool,
    /// How often it began to wait for work: it waits once.
    asked: u64,
    /// What it works on, and what it has not handed in yet.
    holds: BTreeMap<(JobId, u32), LeaseToken>,
}

struct Simulation {
    pair: Pair,
    random: Random,
    agenda: BTreeMap<(i64, u64), Happening>,
    arranged: u64,
    calm_ms: i64,
    workers: Vec<Worker>,
    /// By number, what clients submit: where the model has it once it was stored.
    sent: Vec<(JobSpec, &'static str, Option<usize>)>,
    accepted: BTreeSet<(JobId, u32)>,
    met: Met,
}

async fn simulate(on: On, seed: u64, compared: Compared) -> Met {
    let pair = Pair::new(on, compared).await;
    let calm_ms = pair.now_ms + ROUGH_MS;
    let mut simulation = Simulation {
        random: Random::new(seed),
        agenda: BTreeMap::new(),
        arranged: 0,
        calm_ms,
        workers: (0..WORKERS).map(|_| Worker::default()).collect(),
        sent: Vec::new(),
        accepted: BTreeSet::new(),
        met: Met::default(),
        pair,
    };
    simulation.run().await;
    let Simulation { pair, mut met, .. } = simulation;
    let model = pair.end().await;
    met.jobs = model.jobs.len();
    met.attempts = model.jobs.iter().map(|job| u64::from(job.attempt)).sum();
    met.dead_letters = model.jobs.iter().filter(|job| job.dead).count();
    (met.lost, met.stale) = (model.counts.get("lost").copied().unwrap_or(0), model.counts.get("stale").copied().unwrap_or(0));
    met
}

impl Simulation {
    async fn run(&mut self) {
        for place in 0..WORKERS {
            let at = self.below(500);
            self.arrange(at, Happening::Starts { place });
        }
        for n in 0..5 + self.random.below(20) {
            let at = self.below(ROUGH_MS);
            let spec = any_job(&mut self.random, self.pair.now_ms + at);
            let tenant = TENANTS[self.random.below(2)];
            self.sent.push((spec, tenant, None));
            self.arrange(at, Happening::Submit { n });
        }
        for _ in 0..self.random.below(12) {
            let place = self.random.below(WORKERS);
            let happening = match self.random.below(8) {
                0 | 1 => Happening::Dies { place },
                2 | 3 => Happening::Stalls { place },
                4 => Happening::Reopen,
                5 => Happening::Cancel,
                6 => Happening::Retry,
                _ => Happening::Ceiling,
            };
            let at = self.below(ROUGH_MS);
            self.arrange(at, happening);
        }
        self.arrange(0, Happening::Sweep);
        let (mut is_settled, began_ms) = (false, self.pair.now_ms);
        while let Some(((at_ms, _), happening)) = self.agenda.pop_first() {
            self.pair.now_ms = at_ms;
            if !is_settled && at_ms >= self.calm_ms + 2 * LEASE_MS {
                is_settled = true;
                self.assert_settled();
            }
            let is_over = self.pair.model.jobs.iter().all(|job| job.state.is_final()) && self.sent.iter().all(|sent| sent.2.is_some());
            if is_over && is_settled {
                return;
            }
            assert!(at_ms - began_ms < ROUGH_MS + STUCK_MS, "stuck: {:?}", self.pair.model.jobs);
            self.happen(happening).await;
        }
        unreachable!("the sweep is always on the agenda");
    }

    /// Whoever holds a lease from the rough time works on it, or has just given it up.
    fn assert_settled(&self) {
        for job in self.pair.model.jobs.iter().filter(|job| job.state == JobState::Running && job.started_ms <= self.calm_ms) {
            let gives_up =
                |happening: &Happening| matches!(happening, Happening::Release { token } if key(*token) == (job.id, job.attempt));
            if self.agenda.values().any(gives_up) {
                continue;
            }
            let works = self.workers.iter().enumerate().any(|(place, worker)| {
                worker.is_alive && job.worker == name((place, worker.life)) && worker.holds.contains_key(&(job.id, job.attempt))
            });
            assert!(works, "two lease periods later, nobody works on {job:?}");
        }
    }

    async fn happen(&mut self, happening: Happening) {
        use Happening as H;
        if let Some(until_ms) = self.stalled(&happening) {
            let later = until_ms - self.pair.now_ms;
            return self.arrange(later, happening);
        }
        match happening {
            H::Submit { n } => self.submit(n).await,
            H::Cancel | H::Retry if self.pair.model.jobs.is_empty() => {}
            H::Cancel => {
                let k = self.random.below(self.pair.model.jobs.len());
                self.pair.cancel(k).await;
            }
            H::Retry => {
                let k = self.random.below(self.pair.model.jobs.len());
                self.pair.retry(k).await;
            }
            H::Ceiling => {
                let tenant = TENANTS[self.random.below(2)];
                self.pair.set_tenant(tenant, any_ceiling(&mut self.random)).await;
            }
            H::Sweep => {
                self.pair.sweep().await;
                self.arrange(SWEEP_MS, H::Sweep);
            }
            H::Reopen => self.pair.reopen().await,
            H::Starts { place } => {
                let worker = &mut self.workers[place];
                *worker = Worker { life: worker.life + 1, is_alive: true, ..Worker::default() };
                let who = (place, worker.life);
                self.ask(who);
                self.arrange(LEASE_MS / 3, H::RenewDue { who });
            }
            H::Dies { place } => {
                let worker = &mut self.workers[place];
                if worker.is_alive {
                    (worker.is_alive, worker.holds) = (false, BTreeMap::new());
                    let who = (place, worker.life);
                    self.met.deaths += 1;
                    self.breaks(who);
                    let pause = self.below(5_000);
                    self.arrange(pause, H::Starts { place });
                }
            }
            H::Stalls { place } => {
                self.met.stalls += 1;
                let until_ms = self.pair.now_ms + self.below(2 * LEASE_MS);
                self.workers[place].stalled_until_ms = until_ms.min(self.calm_ms);
            }
            H::ConnectionBreaks { who } => {
                self.breaks(who);
                // A living one renews at once.
                self.renew(who);
            }
            H::GivenUp { who, dropped_ms } => self.pair.drop_worker(&name(who), dropped_ms).await,
            H::Acquire { who, slots } => self.acquire(who, slots).await,
            H::AcquireAgain { who, asked } => {
                if self.lives(who) && self.workers[who.0].asked == asked {
                    self.workers[who.0].is_asking = false;
                    self.ask(who);
                }
            }
            H::Acquired { who, leased, cancelled } => self.acquired(who, leased, &cancelled),
            H::RenewDue { who } => {
                if self.lives(who) {
                    self.renew(who);
                    self.arrange(LEASE_MS / 3, H::RenewDue { who });
                }
            }
            H::Renew { who, tokens } => {
                let states = self.pair.renew(tokens.clone()).await;
                let states = tokens.into_iter().zip(states).collect();
                self.answer(H::Renewed { who, states });
            }
            H::Renewed { who, states } => {
                for (token, state) in states {
                    match state {
                        _ if !self.lives(who) => {}
                        LeaseState::Stale => drop(self.workers[who.0].holds.remove(&key(token))),
                        // It stops early, and hands that in.
                        LeaseState::Cancelled => self.arrange(0, H::RunEnds { who, token }),
                        LeaseState::Held | LeaseState::Accepted => {}
                    }
                }
                if self.lives(who) {
                    self.ask(who);
                }
            }
            H::RunEnds { who, token } => {
                if self.lives(who) && self.workers[who.0].holds.contains_key(&key(token)) {
                    // Now and then a worker drains.
                    if self.random.below(12) == 0 {
                        self.workers[who.0].holds.remove(&key(token));
                        self.request(H::Release { token });
                    } else {
                        let ending = if self.random.below(3) > 0 { Ending::Returned } else { Ending::ALL[self.random.below(4)] };
                        self.complete(who, token, ending, TRIES);
                    }
                }
            }
            H::Complete { who, token, ending } => {
                let state = self.pair.complete(token, ending).await;
                assert!(state != LeaseState::Accepted || self.accepted.insert(key(token)), "{token:?} was accepted twice");
                self.answer(H::Completed { who, token });
            }
            H::CompleteAgain { who, token, ending, tries } => {
                if self.lives(who) && self.workers[who.0].holds.contains_key(&key(token)) {
                    self.complete(who, token, ending, tries);
                }
            }
            H::Completed { who, token } => {
                if self.lives(who) {
                    self.workers[who.0].holds.remove(&key(token));
                    self.ask(who);
                }
            }
            H::Release { token } => self.pair.release(token).await,
        }
    }

    async fn submit(&mut self, n: usize) {
        let (spec, tenant, stored) = self.sent[n].clone();
        let key = format!("client-{n}");
        match stored {
            None => {
                let id = any_id(&mut self.random);
                self.sent[n].2 = Some(self.pair.submit(id, tenant, spec, Some(&key)).await);
            }
            Some(k) => {
                self.met.repeated += 1;
                self.pair.submit_again(k, spec, &key).await;
            }
        }
        // Without an answer, the client sends it again.
        if self.is_rough() && self.random.below(4) == 0 {
            let later = 100 + self.below(3_000);
            self.arrange(later, Happening::Submit { n });
        }
    }

    /// Asks for as many jobs as there are free slots.
    fn ask(&mut self, who: Who) {
        let worker = &mut self.workers[who.0];
        let slots = SLOTS.saturating_sub(worker.holds.len());
        if worker.is_asking || slots == 0 {
            return;
        }
        self.request(Happening::Acquire { who, slots });
        // It gives up a call that is not answered.
        self.ask_again(who, LEASE_MS);
    }

    async fn acquire(&mut self, who: Who, slots: usize) {
        // Whoever hung up gets nothing; that it did is not always seen in time.
        if !self.lives(who) && self.random.below(2) == 0 {
            return self.pair.acquire_in_vain(&name(who), slots).await;
        }
        let (leased, cancelled) = self.pair.acquire(&name(who), slots).await;
        self.answer(Happening::Acquired { who, leased, cancelled });
    }

    fn acquired(&mut self, who: Who, leased: Vec<LeaseToken>, cancelled: &[LeaseToken]) {
        if !self.lives(who) {
            return;
        }
        for token in leased {
            self.workers[who.0].holds.insert(key(token), token);
            let takes = if self.random.below(10) == 0 { self.below(40_000) } else { self.below(3_000) };
            self.arrange(takes, Happening::RunEnds { who, token });
        }
        for token in cancelled {
            self.arrange(0, Happening::RunEnds { who, token: *token });
        }
        // As a long poll: it asks again when it has slots and some time has passed.
        let pause = 500 + self.below(2_500);
        self.ask_again(who, pause);
    }

    fn ask_again(&mut self, who: Who, in_ms: i64) {
        let worker = &mut self.workers[who.0];
        (worker.is_asking, worker.asked) = (true, worker.asked + 1);
        let asked = worker.asked;
        self.arrange(in_ms, Happening::AcquireAgain { who, asked });
    }

    fn renew(&mut self, who: Who) {
        let tokens: Vec<LeaseToken> = if self.lives(who) { self.workers[who.0].holds.values().copied().collect() } else { Vec::new() };
        if !tokens.is_empty() {
            self.request(Happening::Renew { who, tokens });
        }
    }

    /// Hands a report in, until it is answered or that is hopeless.
    fn complete(&mut self, who: Who, token: LeaseToken, ending: Ending, tries: usize) {
        if tries == 0 {
            self.workers[who.0].holds.remove(&key(token));
            return self.ask(who);
        }
        self.request(Happening::Complete { who, token, ending });
        let pause = 3_000 + self.below(1_000);
        self.arrange(pause, Happening::CompleteAgain { who, token, ending, tries: tries - 1 });
    }

    fn breaks(&mut self, who: Who) {
        self.arrange(GRACE_MS, Happening::GivenUp { who, dropped_ms: self.pair.now_ms });
    }

    /// Until when the worker stands still in which it happens.
    fn stalled(&self, happening: &Happening) -> Option<i64> {
        use Happening as H;
        let (H::Acquired { who, .. }
        | H::AcquireAgain { who, .. }
        | H::Renewed { who, .. }
        | H::RenewDue { who }
        | H::RunEnds { who, .. }
        | H::CompleteAgain { who, .. }
        | H::Completed { who, .. }) = happening
        else {
            return None;
        };
        Some(self.workers[who.0].stalled_until_ms).filter(|until_ms| self.lives(*who) && *until_ms > self.pair.now_ms)
    }

    fn lives(&self, (place, life): Who) -> bool {
        self.workers[place].is_alive && self.workers[place].life == life
    }

    fn is_rough(&self) -> bool {
        self.pair.now_ms < self.calm_ms
    }

    /// On its way to the manager: late, twice or never.
    fn request(&mut self, happening: Happening) {
        let copies = if !self.is_rough() { 1 } else { [0, 2, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1][self.random.below(16)] };
        for _ in 0..copies {
            let delay = self.delay();
            self.arrange(delay, happening.clone());
        }
    }

    /// On its way back. Where it is lost, the connection is as well.
    fn answer(&mut self, happening: Happening) {
        if self.is_rough() && self.random.below(16) == 0 {
            let (Happening::Acquired { who, .. } | Happening::Renewed { who, .. } | Happening::Completed { who, .. }) = happening else {
                return;
            };
            if self.random.below(2) == 0 {
                self.arrange(0, Happening::ConnectionBreaks { who });
            }
            return;
        }
        let delay = self.delay();
        self.arrange(delay, happening);
    }

    fn delay(&mut self) -> i64 {
        let rough_for_ms = self.calm_ms - self.pair.now_ms;
        match self.random.below(20) {
            0 if rough_for_ms > 0 => self.below(3 * LEASE_MS).min(rough_for_ms),
            1..=4 if rough_for_ms > 0 => self.below(2_000).min(rough_for_ms),
            _ => self.below(20),
        }
    }

    fn below(&mut self, n: i64) -> i64 {
        self.random.below(n as usize) as i64
    }

    fn arrange(&mut self, in_ms: i64, happening: Happening) {
        self.arranged += 1;
        self.agenda.insert((self.pair.now_ms + in_ms, self.arranged), happening);
    }
}

fn key(token: LeaseToken) -> (JobId, u32) {
    (token.job_id, token.attempt)
}

fn name((place, life): Who) -> String {
    format!("worker-{place}-{life}")
}
