//! A queue and the model, asked the same; after every question the depths must agree.

use std::{
    collections::BTreeMap,
    fs,
    sync::{Arc, Mutex},
};

use ampoule_manager::{
    StoreUrl,
    queue::{Cancel, Depths, Ears, Enqueued, Event, Filed, Idempotency, Queue, Retried, Scope},
};
use ampoule_protocol::{
    CancelledBy, Completion, FaultCode, JobId, JobSpec, JobState, LeaseState, LeaseToken, Outcome, RunReport, ScriptError, TenantName,
    TenantSettings,
};
use jiff::Timestamp;
use tempfile::TempDir;
use tokio::sync::OnceCell;

use super::{Again, Ending, Hold, Job, Model, POLICY, TENANTS};
use crate::support::{self, On, fault, report, returned};

/// Whose depths are compared after a question; in the end it is everybody's.
#[derive(Clone, Copy, Debug)]
pub(super) enum Compared {
    Everybodys,
    /// One scope's, which costs a long run a third: that of this number was the last.
    InTurns(usize),
}

pub(super) struct Pair {
    pub(super) model: Model,
    /// The clock; whoever asks moves it.
    pub(super) now_ms: i64,
    queue: Queue,
    url: StoreUrl,
    events: Arc<Mutex<Vec<Event>>>,
    compared: Compared,
    _dir: TempDir,
}

impl Pair {
    pub(super) async fn new(on: On, compared: Compared) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let (url, events) = (support::store(on, &dir).await, Arc::default());
        if let StoreUrl::Sqlite(path) = &url {
            fs::write(path, fresh().await).unwrap();
        }
        let queue = open(&url, &events).await;
        Self { model: Model::default(), now_ms: 1_700_000_000_000, queue, url, events, compared, _dir: dir }
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.now_ms).unwrap()
    }

    /// Its place in the model. `key` is an idempotency key that is new.
    pub(super) async fn submit(&mut self, id: JobId, tenant: &'static str, spec: JobSpec, key: Option<&str>) -> usize {
        let wanted = self.model.submit(id, tenant, &spec, self.now_ms);
        assert_eq!(self.enqueue(id, tenant, spec, key).await, wanted);
        self.check().await;
        self.model.jobs.len() - 1
    }

    /// The same request once more; it gets the job of then.
    pub(super) async fn submit_again(&mut self, k: usize, spec: JobSpec, key: &str) {
        let Job { id, tenant, .. } = self.model.jobs[k];
        let Enqueued::Known(view) = self.enqueue(JobId::new(), tenant, spec, Some(key)).await else { panic!("{key} was not known") };
        assert_eq!((view.id, view.state), (id, self.model.jobs[k].state));
        self.check().await;
    }

    async fn enqueue(&self, id: JobId, tenant: &str, spec: JobSpec, key: Option<&str>) -> Enqueued {
        let idempotency = key.map(|key| Idempotency { key: key.to_owned(), body: *blake3::hash(key.as_bytes()).as_bytes() });
        let submitted = support::submitted_as(id, named(tenant), serde_json::to_value(&spec).unwrap(), idempotency);
        self.queue.enqueue(submitted, self.now()).await.unwrap()
    }

    /// What a worker gets, and what it is told to cancel.
    pub(super) async fn acquire(&mut self, worker: &str, slots: usize) -> (Vec<LeaseToken>, Vec<LeaseToken>) {
        let acquired = self.queue.acquire(&Scope::All, worker, slots as u32, vec![], self.now()).await.unwrap();
        let told = self.model.cancelling(worker);
        let (leased, cancelled) = acquired.deliver();
        assert_eq!(sorted(cancelled.clone()), sorted(told));
        let leased: Vec<LeaseToken> = leased.into_iter().map(|job| job.token).collect();
        self.leased(worker, slots, &leased);
        self.check().await;
        (leased, cancelled)
    }

    /// The same for a worker that has hung up: what it would have got goes back.
    pub(super) async fn acquire_in_vain(&mut self, worker: &str, slots: usize) {
        let acquired = self.queue.acquire(&Scope::All, worker, slots as u32, vec![], self.now()).await.unwrap();
        let leased = acquired.leases().to_vec();
        self.leased(worker, slots, &leased);
        drop(acquired);
        // What was asked for later is done later.
        self.queue.renew(&Scope::All, vec![], self.now()).await.unwrap();
        for token in &leased {
            assert_eq!(self.model.release(token), LeaseState::Accepted);
        }
        self.check().await;
    }

    fn leased(&mut self, worker: &str, slots: usize, leased: &[LeaseToken]) {
        let found: Vec<JobId> = leased.iter().map(|token| token.job_id).collect();
        let wanted = self.model.acquire(worker, slots, &found, self.now_ms);
        assert_eq!(sorted(leased.to_vec()), sorted(wanted));
    }

    pub(super) async fn renew(&mut self, tokens: Vec<LeaseToken>) -> Vec<LeaseState> {
        let states = self.queue.renew(&Scope::All, tokens.clone(), self.now()).await.unwrap();
        let states: Vec<LeaseState> = states.into_iter().map(|of| of.state).collect();
        let now_ms = self.now_ms;
        let wanted: Vec<LeaseState> = tokens.iter().map(|token| self.model.renew(token, now_ms)).collect();
        assert_eq!(states, wanted);
        self.check().await;
        states
    }

    pub(super) async fn complete(&mut self, token: LeaseToken, ending: Ending) -> LeaseState {
        let filed = Filed::new(Completion { token, report: reported(ending), logs_from: 0 });
        let states = self.queue.complete(&Scope::All, vec![filed], self.now()).await.unwrap();
        let (wanted, again) = self.model.complete(&token, ending);
        assert_eq!(states[0].state, wanted);
        self.pause(again).await;
        self.check().await;
        wanted
    }

    pub(super) async fn release(&mut self, token: LeaseToken) {
        let states = self.queue.release(&Scope::All, vec![token], self.now()).await.unwrap();
        assert_eq!(states[0].state, self.model.release(&token));
        self.check().await;
    }

    pub(super) async fn cancel(&mut self, k: usize) -> Cancel {
        let Job { id, tenant, .. } = self.model.jobs[k];
        assert_eq!(self.queue.cancel(&stranger(tenant), id, by("other"), self.now()).await.unwrap(), None);
        let found = self.queue.cancel(&named(tenant), id, by("me"), self.now()).await.unwrap().unwrap();
        assert_eq!(found, self.model.cancel(k));
        self.check().await;
        found
    }

    pub(super) async fn retry(&mut self, k: usize) -> Retried {
        let Job { id, tenant, .. } = self.model.jobs[k];
        assert_eq!(self.queue.retry(&stranger(tenant), id, self.now()).await.unwrap(), None);
        let found = self.queue.retry(&named(tenant), id, self.now()).await.unwrap().unwrap();
        assert_eq!(found, self.model.retry(k));
        self.check().await;
        found
    }

    pub(super) async fn sweep(&mut self) {
        let swept = self.queue.sweep(self.now()).await.unwrap();
        let again = self.model.expire(self.now_ms);
        self.pause(again).await;
        self.model.give_up(self.now_ms);
        assert_eq!((swept.waiting, swept.more), (self.model.jobs.iter().any(|job| job.is_held(Hold::Ready)), false));
        self.check().await;
    }

    pub(super) async fn drop_worker(&mut self, worker: &str, dropped_ms: i64) {
        let before = self.lost();
        let dropped = Timestamp::from_millisecond(dropped_ms).unwrap();
        let lost = self.queue.drop_worker(worker, dropped, self.now()).await.unwrap();
        let again = self.model.drop_worker(worker, dropped_ms);
        assert_eq!(lost as usize, self.lost() - before);
        self.pause(again).await;
        self.check().await;
    }

    fn lost(&self) -> usize {
        self.model.counts.get("lost").copied().unwrap_or_default()
    }

    pub(super) async fn set_tenant(&mut self, tenant: &'static str, settings: TenantSettings) {
        self.queue.set_tenant(&named(tenant), settings, self.now()).await.unwrap();
        self.model.set_tenant(tenant, &settings);
        self.check().await;
    }

    /// As another process on the same store would find it.
    pub(super) async fn reopen(&mut self) {
        self.queue.close().await;
        self.queue = open(&self.url, &self.events).await;
        self.check().await;
    }

    /// After a loss: the job is in the queue, and pauses as long as its retry says.
    async fn pause(&mut self, again: impl IntoIterator<Item = Again>) {
        for Again(k) in again {
            let job = &self.model.jobs[k];
            let backoff_ms = job.retry.as_ref().map_or(0, |retry| retry.backoff_ms);
            let mut due_ms = None;
            if backoff_ms > 0 {
                let view = self.queue.job(&named(job.tenant), job.id).await.unwrap().unwrap();
                let pause_ms = view.due_at.expect("it pauses").as_millisecond() - self.now_ms;
                let doubled = (backoff_ms << (job.losses - 1)) as i64;
                assert!((doubled * 3 / 4..=doubled * 5 / 4).contains(&pause_ms), "{pause_ms}");
                due_ms = Some(self.now_ms + pause_ms);
            }
            self.model.requeue(k, due_ms);
        }
    }

    async fn check(&mut self) {
        match &mut self.compared {
            Compared::Everybodys => self.check_all().await,
            Compared::InTurns(last) => {
                *last = (*last + 1) % (TENANTS.len() + 1);
                let tenant = TENANTS.get(*last).copied();
                self.check_of(tenant).await;
            }
        }
    }

    async fn check_all(&self) {
        for tenant in TENANTS.map(Some).into_iter().chain([None]) {
            self.check_of(tenant).await;
        }
    }

    /// What a tenant sees, or who sees all.
    async fn check_of(&self, tenant: Option<&'static str>) {
        let scope = tenant.map_or(Scope::All, |tenant| Scope::Tenant(named(tenant)));
        let of: Vec<_> = TENANTS.into_iter().filter(|of| tenant.is_none_or(|tenant| tenant == *of)).map(|of| self.wanted(of)).collect();
        let sum = |of: &[(u64, u64, u64, u64, u64)]| {
            of.iter().fold((0, 0, 0, 0, 0), |a, b| (a.0 + b.0, a.1 + b.1, a.2 + b.2, a.3 + b.3, a.4 + b.4))
        };
        assert_eq!(figures(&self.queue.depths(&scope, self.now()).await.unwrap()), sum(&of), "{scope:?}");
    }

    /// What a tenant is to see.
    fn wanted(&self, tenant: &str) -> (u64, u64, u64, u64, u64) {
        let count = |is: &dyn Fn(&Job) -> bool| self.model.jobs.iter().filter(|job| job.tenant == tenant && is(job)).count() as u64;
        let ready = count(&|job| job.is_held(Hold::Ready) || job.is_held(Hold::Due) && job.due_ms <= self.now_ms);
        let queued = ready.min(self.model.room(tenant) as u64);
        (
            queued,
            count(&|job| job.is_held(Hold::Due) && job.due_ms > self.now_ms),
            count(&|job| job.is_held(Hold::Key)),
            ready - queued,
            count(&|job| job.state == JobState::Running),
        )
    }

    /// Compares every job, and what was told, and closes the store.
    pub(super) async fn end(self) -> Model {
        self.check_all().await;
        for job in &self.model.jobs {
            let view = self.queue.job(&named(job.tenant), job.id).await.unwrap().unwrap();
            let found = (view.state, view.attempt, view.outcome.is_some(), view.dead);
            assert_eq!(found, (job.state, job.attempt, job.state.is_final(), job.dead), "{job:?}");
            assert_eq!(view.cancelled_by.is_some(), job.cancelling || job.state == JobState::Cancelled, "{job:?}");
        }
        let mut told = BTreeMap::<&str, usize>::new();
        for event in self.events.lock().unwrap().iter() {
            let name = match event {
                Event::Submitted => "submitted",
                Event::Finished { .. } => "finished",
                Event::Started { .. } => "started",
                Event::LeaseLost => "lost",
                Event::StaleReport => "stale",
                Event::Queued | Event::Delayed | Event::Logged { .. } | Event::CancelRequested { .. } | Event::LeaseReleased => continue,
            };
            *told.entry(name).or_default() += 1;
        }
        assert_eq!(told, self.model.counts);
        self.queue.close().await;
        support::forget(&self.url).await;
        self.model
    }
}

/// A store's file with the newest schema, which takes a fifth of a schedule to make.
async fn fresh() -> &'static [u8] {
    static FRESH: OnceCell<Vec<u8>> = OnceCell::const_new();
    let make = async || {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join("queue.db");
        open(&StoreUrl::Sqlite(path.clone()), &Arc::default()).await.close().await;
        fs::read(path).unwrap()
    };
    FRESH.get_or_init(make).await
}

async fn open(url: &StoreUrl, events: &Arc<Mutex<Vec<Event>>>) -> Queue {
    let events = events.clone();
    let ears = Ears { told: Arc::new(move |told: &[Event]| events.lock().unwrap().extend_from_slice(told)), ..Ears::deaf() };
    Queue::open(url, POLICY, 1, ears).await.unwrap()
}

fn reported(ending: Ending) -> RunReport {
    let threw = |name: &str| report(Outcome::Threw { error: ScriptError { name: name.into(), message: "m".into(), stack: String::new() } });
    match ending {
        Ending::Returned => returned("1"),
        Ending::Fault => fault(FaultCode::EnginePanic),
        Ending::Threw => threw("Sometimes"),
        Ending::ThrewNever => threw("Never"),
    }
}

fn by(name: &str) -> CancelledBy {
    CancelledBy { by: name.to_owned(), key: None, reason: None }
}

fn named(tenant: &str) -> TenantName {
    tenant.parse().unwrap()
}

fn stranger(tenant: &str) -> TenantName {
    named(if tenant == TENANTS[0] { TENANTS[1] } else { TENANTS[0] })
}

fn sorted(mut tokens: Vec<LeaseToken>) -> Vec<LeaseToken> {
    tokens.sort_unstable_by_key(|token| (token.job_id, token.attempt));
    tokens
}

fn figures(depths: &Depths) -> (u64, u64, u64, u64, u64) {
    (depths.queued, depths.delayed, depths.blocked, depths.capped, depths.running)
}
