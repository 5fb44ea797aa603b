use std::{
    collections::{HashMap, HashSet},
    pin::Pin,
    time::Instant,
};

use futures_util::{
    FutureExt as _, StreamExt as _,
    future::{AbortHandle, Abortable},
    stream::FuturesUnordered,
};

use crate::verdict::Stop;

/// Most bytes of results that a guest is given at one time, but for one that alone is larger. The others are not even looked at until it comes back for them: what
/// they bring waits where it comes from.
const MAX_GIVEN: usize = 8 << 20;

/// What an operation gave, in the encoding of its kind; of a call the contents, as somebody else had them, apart.
#[derive(Default)]
pub(crate) struct Given {
    pub(crate) head: Vec<u8>,
    pub(crate) contents: Vec<u8>,
}

/// How an operation ended.
pub(crate) struct Done {
    pub(crate) id: u32,
    pub(crate) failed: bool,
    pub(crate) given: Given,
}

impl Done {
    fn of(id: u32, result: Result<Given, (String, String)>) -> Self {
        match result {
            Ok(given) => Self { id, failed: false, given },
            // How the guest is told of a failure: name and message.
            Err((name, message)) => {
                let mut w = ampoule_abi::Writer::default();
                w.field(name.as_bytes());
                w.field(message.as_bytes());
                Self { id, failed: true, given: Given { head: w.finish(), contents: Vec::new() } }
            }
        }
    }

    fn bytes(&self) -> usize {
        self.given.head.len() + self.given.contents.len()
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
    pub(crate) fn start(&mut self, operation: impl Future<Output = Result<Given, (String, String)>> + Send + 'static) -> u32 {
        self.last_id += 1;
        let id = self.last_id;
        let (abort, registration) = AbortHandle::new_pair();
        self.aborts.insert(id, abort);
        let operation = Abortable::new(operation, registration);
        self.running.push(Box::pin(operation.map(move |result| Done::of(id, result.unwrap_or_else(|_| Ok(Given::default()))))));
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

    /// Waits for at least one to complete and gives all that have, up to [`MAX_GIVEN`], in the order of completion; ends early by deadline or when the run is `over`.
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
        let mut bytes = completed.iter().map(Done::bytes).sum::<usize>();
        while bytes < MAX_GIVEN
            && let Some(Some(done)) = self.running.next().now_or_never()
        {
            if !self.abandoned.remove(&done.id) {
                bytes += done.bytes();
                completed.push(done);
            }
        }
        completed.iter().for_each(|done| drop(self.aborts.remove(&done.id)));
        Ok(completed)
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn a_guest_is_given_so_much_at_a_time() {
        let mut operations = Operations::default();
        for _ in 0..5 {
            operations.start(async { Ok(Given { head: Vec::new(), contents: vec![0; MAX_GIVEN / 2] }) });
        }
        let mut given = Vec::new();
        while !operations.is_empty() {
            let deadline = Instant::now() + Duration::from_secs(60);
            given.push(operations.completed(deadline, std::future::pending()).await.unwrap_or_default().len());
        }
        assert_eq!(given, [2, 2, 1]);
    }
}
