//! Fuel and time: a run computes in slices of fuel.
//!
//! The guest's code counts its own fuel in a global (`build/metering`) and asks for another slice when one is used up. Here it gets one, after
//! others have had their turn, unless the budget or the wall time is used up or the run was cancelled. How the budget is cut into slices has no
//! influence on what is counted.

use std::time::{Duration, Instant};

use ampoule_abi::Ending;
use tokio_util::sync::CancellationToken;
use wasmtime::{AsContextMut, Global, Val};

use crate::{sandbox::State, verdict::Stop};

/// Fuel between two looks at the clock: well below a millisecond of computing.
const SLICE: u64 = 1 << 20;
/// What a run that asked to be told gets to tidy up when it is cancelled: long enough for a request, short enough for whoever waits.
const CANCEL_GRACE: Duration = Duration::from_secs(1);
/// So long before its wall time is over such a run is told; of a short one's time, at most a tenth.
const NOTICE: Duration = Duration::from_secs(1);

/// The budget of fuel of a run, or of the load before it, and when both must have ended.
pub(crate) struct Meter {
    pub(crate) deadline: Instant,
    pub(crate) cancel: CancellationToken,
    /// The run asked to be told before it ends.
    asked: bool,
    /// When a cancelled run that asked must have ended.
    grace_ends: Option<Instant>,
    budget: u64,
    granted: u64,
    /// Slices granted since the load began, or the run.
    slices: u64,
    started: Instant,
    /// What the guest has left of its slice; negative when it went beyond.
    left: Option<Global>,
}

impl Meter {
    pub(crate) fn new(budget: u64, deadline: Instant, cancel: CancellationToken) -> Self {
        Self { deadline, cancel, asked: false, grace_ends: None, budget, granted: 0, slices: 0, started: Instant::now(), left: None }
    }

    /// Completes when the run is to end soon. From now on a cancel leaves it a moment.
    pub(crate) fn ending(&mut self) -> impl Future<Output = Ending> + Send + use<> {
        self.asked = true;
        let notice = NOTICE.min((self.deadline - self.started) / 10);
        let (cancel, notice) = (self.cancel.clone(), self.deadline.checked_sub(notice).unwrap_or(self.deadline));
        async move {
            tokio::select! {
                biased;
                () = cancel.cancelled() => Ending::Cancelled,
                () = tokio::time::sleep_until(notice.into()) => Ending::WallTime,
            }
        }
    }

    /// Whether a cancel ends the run now.
    fn is_over(&mut self) -> bool {
        self.cancel.is_cancelled() && self.grace_end().is_none_or(|end| Instant::now() >= end)
    }

    /// When the grace of a cancelled run ends. None: it has none.
    fn grace_end(&mut self) -> Option<Instant> {
        self.asked.then(|| *self.grace_ends.get_or_insert_with(|| Instant::now() + CANCEL_GRACE))
    }

    /// Completes when a cancel ends the run.
    pub(crate) fn over(&mut self) -> impl Future<Output = ()> + Send + use<> {
        let end = if self.cancel.is_cancelled() { self.grace_end() } else { None };
        let (cancel, asked) = (self.cancel.clone(), self.asked);
        async move {
            cancel.cancelled().await;
            match end {
                Some(end) => tokio::time::sleep_until(end.into()).await,
                None if asked => tokio::time::sleep(CANCEL_GRACE).await,
                None => {}
            }
        }
    }

    /// Slices are counted from here on, apart from those of another phase. A run has two, of which an image saves the first.
    pub(crate) fn phase(&mut self, number: u32) {
        self.slices = u64::from(number) << 32;
    }

    /// Slices granted so far, and milliseconds.
    pub(crate) fn progress(&self) -> (u64, u64) {
        (self.slices, u64::try_from(self.started.elapsed().as_millis()).unwrap_or(u64::MAX))
    }

    /// Makes up for what was overdrawn and grants a slice, or what is left of the budget.
    fn grant(&mut self, left: i64) -> i64 {
        let amount = (SLICE + left.min(0).unsigned_abs()).min(self.budget - self.granted);
        self.granted += amount;
        left + amount as i64
    }

    /// What a guest has used that has this much left.
    fn used(&self, left: i64) -> u64 {
        (self.granted as i64 - left) as u64
    }
}

/// Connects the meter to the global of a fresh guest and grants the first slice.
pub(crate) fn arm(mut store: impl AsContextMut<Data = State>, global: Global) -> wasmtime::Result<()> {
    let mut context = store.as_context_mut();
    let meter = &mut context.data_mut().meter;
    meter.left = Some(global);
    let budget = meter.budget;
    begin(store, budget)
}

/// Begins anew with a budget, of which nothing is used. Nobody is in the guest.
pub(crate) fn begin(mut store: impl AsContextMut<Data = State>, budget: u64) -> wasmtime::Result<()> {
    let mut context = store.as_context_mut();
    let meter = &mut context.data_mut().meter;
    (meter.budget, meter.granted) = (budget, 0);
    let Some(global) = meter.left else { return Ok(()) };
    let first = meter.grant(0);
    global.set(store, Val::I64(first))
}

/// Answers a guest that has used up its slice.
pub(crate) async fn next_slice(mut store: impl AsContextMut<Data = State>) -> Result<(), Stop> {
    let left = left(&mut store)?;
    let mut context = store.as_context_mut();
    let meter = &mut context.data_mut().meter;
    meter.slices += 1;
    let (left, global) = (meter.grant(left), meter.left.ok_or(NO_METER)?);
    if left < 0 {
        return Err(Stop::Fuel);
    }
    // Before anything may end the run: what was granted and not used must not count as used.
    global.set(&mut context, Val::I64(left)).map_err(|_| NO_METER)?;
    // Others first: a run must not hold its thread for longer than a slice.
    tokio::task::yield_now().await;
    let State { meter, tape, .. } = context.data_mut();
    let (slices, elapsed_ms) = meter.progress();
    if let (Some(stopped), false) = (tape.stopped_in(slices), meter.cancel.is_cancelled()) {
        return stopped;
    }
    let stop = if meter.is_over() {
        Stop::Cancelled
    } else if Instant::now() >= meter.deadline {
        Stop::WallTime
    } else {
        return Ok(());
    };
    tape.stops(stop, slices, elapsed_ms);
    Err(stop)
}

/// Fuel used of the budget. What the guest charged in advance and did not get beyond the budget does not count.
pub(crate) fn used(mut store: impl AsContextMut<Data = State>) -> u64 {
    let left = left(&mut store).unwrap_or(0);
    let context = store.as_context_mut();
    let meter = &context.data().meter;
    meter.used(left).min(meter.budget)
}

/// Ends a run that went beyond its budget without meeting a place where the guest compares.
pub(crate) fn settle(mut store: impl AsContextMut<Data = State>) -> Result<(), Stop> {
    let left = left(&mut store)?;
    let context = store.as_context_mut();
    let meter = &context.data().meter;
    if meter.used(left) > meter.budget { Err(Stop::Fuel) } else { Ok(()) }
}

const NO_METER: Stop = Stop::Malformed("a guest without a meter");

fn left(mut store: impl AsContextMut<Data = State>) -> Result<i64, Stop> {
    let Some(global) = store.as_context_mut().data().meter.left else { return Ok(0) };
    match global.get(store) {
        Val::I64(left) => Ok(left),
        _ => Err(NO_METER),
    }
}
