use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering},
};

use tokio::sync::Semaphore;

use crate::{
    Failure,
    call::{Calling, at_once},
};

/// Most bytes of contents that a run's calls may hold while they wait to be carried out: a script may begin a thousand writes of the same large buffer.
pub const MAX_WAITING_CONTENTS: u64 = 32 << 20;
/// Most calls of a run that are carried out together, each of which may bring a whole file: as many answers wait for the script.
const TOGETHER: usize = 8;

/// Bounds what the calls of a run hold in memory.
#[derive(Debug)]
pub(crate) struct Pace {
    waiting: AtomicU64,
    together: Semaphore,
}

impl Default for Pace {
    fn default() -> Self {
        Self { waiting: AtomicU64::new(0), together: Semaphore::new(TOGETHER) }
    }
}

/// Gives the room back when its call is over or given up.
struct Waiting(Arc<Pace>, u64);

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.waiting.fetch_sub(self.1, Ordering::Relaxed);
    }
}

impl Pace {
    /// Begins a call that brings contents of so many bytes when there is room for them, and carries it out when its turn comes. Its answer is there before the
    /// next one begins.
    pub(crate) fn call(self: &Arc<Self>, bytes: usize, begin: impl FnOnce() -> Calling) -> Calling {
        let bytes = bytes as u64;
        let room = |waiting: u64| Some(waiting + bytes).filter(|sum| *sum <= MAX_WAITING_CONTENTS);
        if self.waiting.fetch_update(Ordering::Relaxed, Ordering::Relaxed, room).is_err() {
            let message = format!("contents of more than {MAX_WAITING_CONTENTS} bytes would wait: await some calls first");
            return at_once(Err(Failure::new("RangeError", "too_much_waiting", message)));
        }
        let (waiting, pace) = (Waiting(Arc::clone(self), bytes), Arc::clone(self));
        let calling = begin();
        Box::pin(async move {
            let _waiting = waiting;
            let _turn = pace.together.acquire().await;
            calling.await
        })
    }
}
