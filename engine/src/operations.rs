use std::{collections::HashSet, pin::Pin, time::Instant};

use futures_util::{FutureExt as _, StreamExt as _, stream::FuturesUnordered};
use tokio_util::sync::CancellationToken;

use crate::verdict::Stop;

/// How an operation ended, in the encoding of its kind.
pub(crate) struct Done {
    pub(crate) id: u32,
    pub(crate) result: Result<Vec<u8>, (String, String)>,
}

type Running = Pin<Box<dyn Future<Output = Done> + Send>>;

/// What a run waits for: begun by the guest, awaited by the host while no Wasm is on the stack.
#[derive(Default)]
pub(crate) struct Operations {
    last_id: u32,
    running: FuturesUnordered<Running>,
    abandoned: HashSet<u32>,
}

impl Operations {
    /// Begins one and gives its id.
    pub(crate) fn start(&mut self, operation: impl Future<Output = Result<Vec<u8>, (String, String)>> + Send + 'static) -> u32 {
        self.last_id += 1;
        let id = self.last_id;
        self.running.push(Box::pin(operation.map(move |result| Done { id, result })));
        id
    }

    /// Its completion will not be delivered.
    pub(crate) fn abandon(&mut self, id: u32) {
        self.abandoned.insert(id);
    }

    /// Whether there is nothing to wait for.
    pub(crate) fn is_empty(&self) -> bool {
        self.running.len() == self.abandoned.len()
    }

    /// Waits for at least one to complete and gives all that have, in the order of completion; ends early by deadline or cancel.
    pub(crate) async fn completed(&mut self, deadline: Instant, cancel: &CancellationToken) -> Result<Vec<Done>, Stop> {
        let mut completed = Vec::new();
        while completed.is_empty() {
            let next = tokio::select! {
                biased;
                () = cancel.cancelled() => return Err(Stop::Cancelled),
                () = tokio::time::sleep_until(deadline.into()) => return Err(Stop::WallTime),
                next = self.running.next() => next,
            };
            completed.extend(next.into_iter().filter(|done| !self.abandoned.remove(&done.id)));
        }
        while let Some(Some(done)) = self.running.next().now_or_never() {
            if !self.abandoned.remove(&done.id) {
                completed.push(done);
            }
        }
        Ok(completed)
    }
}
