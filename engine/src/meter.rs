//! Time: the epoch clock of the process, and each run's deadline on it.
//!
//! One thread advances the epoch while anything runs. Compiled code compares it at every loop and call; when a store's own deadline is
//! reached, only that store's callback decides: go on after letting others run, or stop.

use std::{
    io,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    thread::{self, Thread},
    time::{Duration, Instant},
};

use wasmtime::{EngineWeak, Store, UpdateDeadline};

use crate::{sandbox::State, verdict::Stop};

/// Length of a tick: a run yields, and notices its deadline or a cancel, at most one tick late.
const TICK: Duration = Duration::from_millis(1);

/// Advances the epoch while at least one run is active; sleeps otherwise.
pub(crate) struct Ticker {
    active: Arc<AtomicUsize>,
    thread: Thread,
}

/// Keeps the ticker awake.
pub(crate) struct Active<'a>(&'a Ticker);

impl Ticker {
    /// Ends by itself when the Wasmtime engine is gone.
    pub(crate) fn start(engine: EngineWeak) -> io::Result<Self> {
        let active = Arc::new(AtomicUsize::new(0));
        let seen = Arc::clone(&active);
        let handle = thread::Builder::new().name("epoch".into()).spawn(move || {
            loop {
                let Some(engine) = engine.upgrade() else { return };
                if seen.load(Ordering::Acquire) == 0 {
                    drop(engine);
                    // Woken by `activate`, or now and then to see whether the engine is gone.
                    thread::park_timeout(Duration::from_secs(1));
                } else {
                    engine.increment_epoch();
                    drop(engine);
                    thread::sleep(TICK);
                }
            }
        })?;
        Ok(Self { active, thread: handle.thread().clone() })
    }

    pub(crate) fn activate(&self) -> Active<'_> {
        if self.active.fetch_add(1, Ordering::AcqRel) == 0 {
            self.thread.unpark();
        }
        Active(self)
    }
}

impl Drop for Active<'_> {
    fn drop(&mut self) {
        self.0.active.fetch_sub(1, Ordering::AcqRel);
    }
}

/// Sets the fuel, and makes the store yield at every tick and stop at its deadline or when it is cancelled.
pub(crate) fn arm(store: &mut Store<State>, fuel: u64) -> wasmtime::Result<()> {
    store.set_fuel(fuel)?;
    store.set_epoch_deadline(1);
    store.epoch_deadline_callback(|store| {
        let state = store.data();
        if state.cancel.is_cancelled() {
            Err(Stop::Cancelled.into())
        } else if Instant::now() >= state.deadline {
            Err(Stop::WallTime.into())
        } else {
            Ok(UpdateDeadline::Yield(1))
        }
    });
    Ok(())
}
