use std::{
    collections::{HashMap, HashSet},
    pin::Pin,
    time::Instant,
};

use ampoule_abi::{CallAnswer, Contents};
use ampoule_host_api::journal::MAX_KEPT_BYTES;
use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{AbortHandle, Abortable},
    stream::FuturesUnordered,
};

use crate::verdict::Stop;

/// How an operation ended, in the encoding of its kind.
pub(crate) struct Done {
    pub(crate) id: u32,
    pub(crate) result: Result<Vec<u8>, (String, String)>,
}

impl Done {
    /// How the guest is told of a failure: name and message.
    pub(crate) fn failure(&self) -> Option<Vec<u8>> {
        let (name, message) = self.result.as_ref().err()?;
        let mut w = ampoule_abi::Writer::default();
        w.field(name.as_bytes());
        w.field(message.as_bytes());
        Some(w.finish())
    }

    /// The result in two, if it is a large one: the contents of a call's answer, as a file or a blob has them, come last.
    pub(crate) fn parts(&self) -> (&[u8], &[u8]) {
        let result = self.result.as_deref().unwrap_or_default();
        if result.len() <= MAX_KEPT_BYTES {
            return (result, &[]);
        }
        let contents = match CallAnswer::decode(result) {
            Ok(CallAnswer { body: Contents::Bytes(bytes), .. }) => bytes.len(),
            Ok(CallAnswer { body: Contents::Text(text), .. }) => text.len(),
            _ => 0,
        };
        result.split_at(result.len() - contents)
    }
}

type Running = Pin<Box<dyn Future<Output = Done> + Send>>;

/// What a run waits for: begun by the guest, awaited by the host while no Wasm is on the stack.
#[derive(Default)]
pub(crate) struct Operations {
    last_id: u32,
    running: FuturesUnordered<Running>,
    abandoned: HashSet<u32>,
    /// Ends an operation that nobody waits for: a request is broken off, not waited out.
    aborts: HashMap<u32, AbortHandle>,
}

impl Operations {
    /// Begins one and gives its id.
    pub(crate) fn start(&mut self, operation: impl Future<Output = Result<Vec<u8>, (String, String)>> + Send + 'static) -> u32 {
        self.last_id += 1;
        let id = self.last_id;
        let (abort, registration) = AbortHandle::new_pair();
        self.aborts.insert(id, abort);
        let operation = Abortable::new(operation, registration);
        self.running.push(Box::pin(operation.map(move |result| Done { id, result: result.unwrap_or_else(|_| Ok(Vec::new())) })));
        id
    }

    /// The id of an operation that does not take place: a replay has its result.
    pub(crate) fn pass(&mut self) -> u32 {
        self.last_id += 1;
        self.last_id
    }

    /// Its completion will not be delivered.
    pub(crate) fn abandon(&mut self, id: u32) {
        if let Some(abort) = self.aborts.remove(&id) {
            self.abandoned.insert(id);
            abort.abort();
        }
    }

    /// Whether there is nothing to wait for.
    pub(crate) fn is_empty(&self) -> bool {
        self.running.len() == self.abandoned.len()
    }

    /// Waits for at least one to complete and gives all that have, in the order of completion; ends early by deadline or when the run is `over`.
    pub(crate) async fn completed(&mut self, deadline: Instant, over: impl Future<Output = ()>) -> Result<Vec<Done>, Stop> {
        let mut completed = Vec::new();
        let mut over = std::pin::pin!(over);
        while completed.is_empty() {
            let next = tokio::select! {
                biased;
                () = &mut over => return Err(Stop::Cancelled),
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
        completed.iter().for_each(|done| drop(self.aborts.remove(&done.id)));
        Ok(completed)
    }
}
