use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use ampoule_protocol::{MAX_USED, Used, UsedHost, UsedItem};

use crate::{Failure, call::NOT_GRANTED};

/// Most entries of [`Used::refused`]: a script that tries everything is seen to, and fills no report.
const MAX_REFUSED: usize = 32;

/// Most characters of a thing's name; a longer path is cut.
const MAX_NAME_CHARS: usize = 256;

/// Keeps what a run uses of its capabilities.
#[derive(Debug, Default)]
pub(crate) struct Ledger(Mutex<Used>);

/// Which list of [`Used`].
#[derive(Clone, Copy, Debug)]
pub(crate) enum Kind {
    Dir,
    Env,
    Secret,
    Kv,
    Jobs,
    Blob,
}

/// One call, as it counts.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Use {
    pub(crate) bytes_in: u64,
    pub(crate) bytes_out: u64,
    pub(crate) took: Duration,
    pub(crate) written: bool,
}

impl Ledger {
    fn used(&self) -> MutexGuard<'_, Used> {
        // Counters: whole whatever panicked elsewhere.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn note(&self, kind: Kind, name: &str, of: Use) {
        let mut used = self.used();
        let list = match kind {
            Kind::Dir => &mut used.dirs,
            Kind::Env => &mut used.env,
            Kind::Secret => &mut used.secrets,
            Kind::Kv => &mut used.kv,
            Kind::Jobs => &mut used.jobs,
            Kind::Blob => &mut used.blob,
        };
        match entry(list, name) {
            Some(item) => add(item, of),
            None => used.more += 1,
        }
    }

    pub(crate) fn host(&self, host: &str, change: impl FnOnce(&mut UsedHost)) {
        let mut used = self.used();
        match entry(&mut used.net, host) {
            Some(host) => change(host),
            None => used.more += 1,
        }
    }

    /// The error for what was not granted; it is noted, too.
    pub(crate) fn not_granted(&self, capability: String, detail: &str) -> Failure {
        let mut used = self.used();
        if used.refused.len() < MAX_REFUSED && !used.refused.contains(&capability) {
            used.refused.push(capability.clone());
        }
        // The guest cuts the capability off at the first `: `.
        Failure::new(NOT_GRANTED, "not_granted", format!("{capability}: {detail}"))
    }

    /// All of it so far.
    pub(crate) fn snapshot(&self) -> Used {
        self.used().clone()
    }
}

fn entry<'a, T: Default>(list: &'a mut BTreeMap<String, T>, name: &str) -> Option<&'a mut T> {
    let name = match name.char_indices().nth(MAX_NAME_CHARS) {
        Some((end, _)) => &name[..end],
        None => name,
    };
    if list.len() >= MAX_USED && !list.contains_key(name) {
        return None;
    }
    Some(list.entry(name.to_owned()).or_default())
}

/// Counts a call.
pub(crate) fn add(item: &mut UsedItem, of: Use) {
    item.calls += 1;
    item.bytes_in += of.bytes_in;
    item.bytes_out += of.bytes_out;
    item.ms += of.took.as_micros() as f64 / 1000.0;
    item.written |= of.written;
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lists_are_bounded_and_the_rest_is_counted() {
        let ledger = Ledger::default();
        for n in 0..MAX_USED + 3 {
            ledger.note(Kind::Dir, &format!("k{n}"), Use { bytes_in: 2, ..Use::default() });
        }
        ledger.note(Kind::Dir, "k0", Use { bytes_in: 2, written: true, ..Use::default() });
        let used = ledger.snapshot();
        assert_eq!((used.dirs.len(), used.more), (MAX_USED, 3));
        let first = &used.dirs["k0"];
        assert_eq!((first.calls, first.bytes_in, first.written), (2, 4, true));
    }
}
