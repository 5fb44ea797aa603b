//! Operations under way: what the host was asked to begin, and how the guest goes on when it completes.

use std::{
    cell::RefCell,
    collections::{BTreeMap, BTreeSet},
};

use ampoule_abi::{CallRequest, Completed, Op, Operation};
use boa_engine::{Context, JsResult};

use crate::door;

/// What happens when an operation completes. An error is one that nothing in the script can catch.
pub(crate) type Continuation = Box<dyn FnOnce(&Completed<'_>, &mut Context) -> JsResult<()>>;

/// The operations under way, by the host's id.
#[derive(Default)]
pub(crate) struct Operations {
    pending: RefCell<BTreeMap<u32, Continuation>>,
    /// Those of them that nobody waits for.
    watches: RefCell<BTreeSet<u32>>,
}

impl Operations {
    /// Has the host begin `operation`; `then` is called when it completes.
    pub(crate) fn start(&self, operation: &Operation, then: Continuation) -> u32 {
        let id = door::call(Op::Start, &operation.encode()) as u32;
        self.pending.borrow_mut().insert(id, then);
        id
    }

    /// The same for one that completes only if something happens: a run does not go on for it.
    pub(crate) fn watch(&self, operation: &Operation, then: Continuation) {
        let id = self.start(operation, then);
        self.watches.borrow_mut().insert(id);
    }

    /// Has the host begin a call of a capability; `then` is called when it completes.
    pub(crate) fn call(&self, request: &CallRequest<'_>, then: Continuation) -> u32 {
        let id = door::call(Op::Call, &request.encode()) as u32;
        self.pending.borrow_mut().insert(id, then);
        id
    }

    /// Gives an operation up: its continuation is never called.
    pub(crate) fn abandon(&self, id: u32) {
        if self.pending.borrow_mut().remove(&id).is_some() {
            door::call(Op::Abandon, &id.to_le_bytes());
        }
    }

    /// Goes on with what waited for `completed`; nothing does if it was abandoned meanwhile.
    pub(crate) fn complete(&self, completed: &Completed<'_>, context: &mut Context) -> JsResult<()> {
        self.watches.borrow_mut().remove(&completed.id);
        let then = self.pending.borrow_mut().remove(&completed.id);
        then.map_or(Ok(()), |then| then(completed, context))
    }

    /// How many are under way that may be waited for.
    pub(crate) fn len(&self) -> u32 {
        (self.pending.borrow().len() - self.watches.borrow().len()) as u32
    }
}
