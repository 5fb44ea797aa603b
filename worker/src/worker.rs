use std::{path::PathBuf, sync::Arc, time::Duration};

use ampoule_engine::Engine;
use ampoule_host_api::Resources;
use ampoule_protocol::{
    AcquireRequest, AppendRequest, CompleteRequest, Completion, LeaseState, LeaseToken, LeasedJob, Outcome, RunReport, Tokens,
};
use tokio::{
    sync::mpsc,
    task::JoinHandle,
    time::{self, Instant},
};
use tokio_util::{sync::CancellationToken, task::TaskTracker};

use crate::{
    ClientError, LeaseClient,
    attempt::attempt,
    backing::LeaseBacking,
    log_lines::LogLines,
    presence::attend,
    slots::{Interruption, Slots},
};

/// How a worker works.
#[derive(Clone, Debug)]
pub struct WorkerConfig {
    /// Concurrent runs. The engine needs at least as many sandboxes.
    pub slots: u32,
    /// How long runs may go on after the shutdown was asked for; then their leases are given back.
    pub drain: Duration,
    /// What jobs may be granted of this machine: folders, secrets, the way to hosts.
    pub resources: Resources,
    /// Where journals of jobs that ask for one are kept beside what the manager keeps, also those that are too large for that.
    pub journals: Option<PathBuf>,
}

impl Default for WorkerConfig {
    fn default() -> Self {
        let cores = std::thread::available_parallelism().map_or(1, |cores| cores.get() as u32);
        // Scripts that wait leave the core to others; Kubernetes grants 30 s between SIGTERM and SIGKILL.
        Self { slots: cores * 4, drain: Duration::from_secs(20), resources: Resources::default(), journals: None }
    }
}

/// How long one acquire may wait at the manager, below the idle timeouts of what may stand between.
const ACQUIRE_WAIT: Duration = Duration::from_secs(20);

/// Pause after a call that failed in passing, doubled each time.
const BACK_OFF: (Duration, Duration) = (Duration::from_millis(50), Duration::from_secs(5));

/// Renewals per lease period: two may be lost before the lease is.
const RENEWALS_PER_LEASE: u32 = 3;

/// Reports handed in by one call: keeps a body of full logs and outputs within what managers take.
const MAX_BATCH: usize = 32;

/// Finished runs that may wait for the manager. More block their slots, so that memory stays bounded.
const MAX_UNSENT: usize = 256;

/// Leases and runs jobs until `shutdown`, then drains. Fails only when the manager refuses this worker.
pub async fn run(client: LeaseClient, engine: Arc<Engine>, config: WorkerConfig, shutdown: CancellationToken) -> Result<(), ClientError> {
    let config = Arc::new(config);
    let slots = Arc::new(Slots::new(config.slots));
    let runs = TaskTracker::new();
    let (finished, unsent) = mpsc::channel(MAX_UNSENT);
    let completer = tokio::spawn(complete_all(client.clone(), unsent));
    let renewer = tokio::spawn(renew_all(client.clone(), Arc::clone(&slots)));
    // A name per process and start: leases of a dead predecessor are not ours.
    let worker = format!("worker-{}", uuid::Uuid::now_v7());
    let presence = tokio::spawn(attend(client.clone(), Arc::clone(&slots), worker.clone()));
    let log = Arc::new(LogLines::default());
    let appender = tokio::spawn(append_all(client.clone(), Arc::clone(&log), Arc::clone(&slots)));

    let result = acquire_all(&client, worker, &slots, &shutdown, |job| {
        let cancel = slots.occupy(&job);
        let (engine, config, slots, finished, token) =
            (Arc::clone(&engine), Arc::clone(&config), Arc::clone(&slots), finished.clone(), job.token);
        let log = Arc::clone(&log);
        let backing = LeaseBacking { client: client.clone(), log: Arc::clone(&log), token };
        runs.spawn(async move {
            let mut report = attempt(&engine, &config, backing, job, cancel, log.sink(token)).await;
            // The manager has the others.
            let logs_from = log.finish(token);
            report.logs.retain(|line| line.offset >= logs_from);
            // The report goes first: a slot whose report waits is not free.
            let ended = Ended { token, report, logs_from, interruption: slots.interruption(token) };
            let _ = finished.send(ended).await;
            slots.vacate(token);
        });
    })
    .await;

    runs.close();
    if time::timeout(config.drain, runs.wait()).await.is_err() {
        slots.interrupt_all(Interruption::Drained);
        runs.wait().await;
    }
    drop(finished);
    let _ = completer.await;
    [renewer, presence, appender].iter().for_each(JoinHandle::abort);
    result
}

/// A run that is over.
struct Ended {
    token: LeaseToken,
    report: RunReport,
    logs_from: u64,
    interruption: Option<Interruption>,
}

/// Fills free slots until `shutdown`; while there are none, listens for cancels.
async fn acquire_all(
    client: &LeaseClient,
    worker: String,
    slots: &Slots,
    shutdown: &CancellationToken,
    mut begin: impl FnMut(LeasedJob),
) -> Result<(), ClientError> {
    let mut back_off = BACK_OFF.0;
    while !shutdown.is_cancelled() {
        let free = slots.free();
        let request = AcquireRequest {
            worker: worker.clone(),
            slots: free,
            wait_ms: ACQUIRE_WAIT.as_millis() as u64,
            cancelling: slots.cancelling(),
        };
        let answer = tokio::select! {
            answer = client.acquire(&request) => answer,
            // A call given up loses nothing: the manager takes back leases that it could not deliver.
            () = slots.freed.notified(), if free == 0 => continue,
            () = shutdown.cancelled() => break,
        };
        match answer {
            Ok(answer) => {
                back_off = BACK_OFF.0;
                for token in answer.cancelled {
                    slots.interrupt(token, Interruption::Cancelled);
                }
                answer.jobs.into_iter().for_each(&mut begin);
            }
            Err(error) if error.is_passing() => {
                tracing::warn!(%error, "acquire failed, trying again in {back_off:?}");
                tokio::select! { () = time::sleep(back_off) => {}, () = shutdown.cancelled() => {} }
                back_off = (back_off * 2).min(BACK_OFF.1);
            }
            Err(error) => return Err(error),
        }
    }
    Ok(())
}

/// Renews all leases in one call, often enough that none runs out.
async fn renew_all(client: LeaseClient, slots: Arc<Slots>) {
    let mut last = Instant::now();
    loop {
        let Some(lease) = slots.shortest_lease() else {
            slots.taken.notified().await;
            last = Instant::now();
            continue;
        };
        tokio::select! {
            () = time::sleep_until(last + lease / RENEWALS_PER_LEASE) => last = Instant::now(),
            // Perhaps under a shorter lease than those before it.
            () = slots.taken.notified() => continue,
        }
        let tokens = slots.tokens();
        if tokens.is_empty() {
            continue;
        }
        match client.renew(&Tokens { tokens }).await {
            Ok(states) => {
                for result in states.results {
                    match result.state {
                        LeaseState::Cancelled => slots.interrupt(result.token, Interruption::Cancelled),
                        LeaseState::Stale => slots.interrupt(result.token, Interruption::Stale),
                        LeaseState::Held | LeaseState::Accepted => {}
                    }
                }
            }
            Err(error) => tracing::warn!(%error, "renewal failed"),
        }
    }
}

/// Time from a run's line to the call that brings it to the manager, with all that was said meanwhile. Most runs have ended by then, and their
/// report brings it.
const LOG_DELAY: Duration = Duration::from_millis(200);

/// Brings the manager what runs say while they go on, of all of them in one call.
async fn append_all(client: LeaseClient, log: Arc<LogLines>, slots: Arc<Slots>) {
    let mut back_off = BACK_OFF.0;
    loop {
        if !log.any() {
            log.some.notified().await;
        }
        time::sleep(LOG_DELAY).await;
        let request = AppendRequest { appends: log.next_call() };
        if request.appends.is_empty() {
            continue;
        }
        match client.append(&request).await {
            Ok(states) => {
                back_off = BACK_OFF.0;
                for (append, result) in request.appends.iter().zip(states.results) {
                    match result.state {
                        LeaseState::Stale => {
                            log.refused(append.token);
                            slots.interrupt(append.token, Interruption::Stale);
                            continue;
                        }
                        LeaseState::Cancelled => slots.interrupt(append.token, Interruption::Cancelled),
                        LeaseState::Held | LeaseState::Accepted => {}
                    }
                    log.stored(append);
                }
            }
            Err(error) if error.is_passing() => {
                tracing::debug!(%error, "lines of logs could not be handed in, trying again in {back_off:?}");
                time::sleep(back_off).await;
                back_off = (back_off * 2).min(BACK_OFF.1);
            }
            Err(error) => {
                // The reports bring them all.
                tracing::warn!(%error, "the manager takes no lines of runs that go on");
                return;
            }
        }
    }
}

/// Hands in reports in batches, in the order in which runs ended.
async fn complete_all(client: LeaseClient, mut unsent: mpsc::Receiver<Ended>) {
    let mut batch = Vec::with_capacity(MAX_BATCH);
    while unsent.recv_many(&mut batch, MAX_BATCH).await > 0 {
        let mut reports = Vec::with_capacity(batch.len());
        let mut released = Vec::new();
        for Ended { token, report, logs_from, interruption } in batch.drain(..) {
            match interruption {
                Some(Interruption::Stale) => tracing::warn!(job = %token.job_id, attempt = token.attempt, "lease lost, report dropped"),
                // A run that ended by itself before it noticed is handed in all the same.
                Some(Interruption::Drained) if report.outcome == Outcome::Cancelled => released.push(token),
                _ => reports.push(Completion { token, report, logs_from }),
            }
        }
        if !released.is_empty() {
            let tokens = Tokens { tokens: released };
            insist(|| client.release(&tokens)).await;
        }
        if !reports.is_empty() {
            let request = CompleteRequest { reports };
            insist(|| client.complete(&request)).await;
        }
    }
}

/// Most tries to hand something in: together longer than a lease, after which the manager has moved on.
const MAX_TRIES: u32 = 10;

async fn insist<F: Future<Output = Result<ampoule_protocol::LeaseStates, ClientError>>>(mut call: impl FnMut() -> F) {
    let mut back_off = BACK_OFF.0;
    for _ in 0..MAX_TRIES {
        match call().await {
            Ok(states) => {
                for result in states.results.iter().filter(|result| result.state == LeaseState::Stale) {
                    tracing::warn!(job = %result.token.job_id, attempt = result.token.attempt, "the manager had given this lease up");
                }
                return;
            }
            Err(error) if error.is_passing() => {
                tracing::warn!(%error, "handing in failed, trying again in {back_off:?}");
                time::sleep(back_off).await;
                back_off = (back_off * 2).min(BACK_OFF.1);
            }
            Err(error) => {
                tracing::error!(%error, "the manager refuses finished runs; their leases will run out");
                return;
            }
        }
    }
    tracing::error!("finished runs could not be handed in; their leases will run out");
}
