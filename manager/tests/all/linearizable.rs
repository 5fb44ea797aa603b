//! Whether a history of one key's reads and writes can have happened in some order that respects time (Wing and Gong's search, with the states that were
//! seen remembered).

use std::collections::HashSet;

use ampoule_protocol::{KvAnswer, KvAsk};

/// A call on one key: from when to when, what was asked, and what was answered. Without an answer it took place at any time from then on, or never.
#[derive(Clone, Debug)]
pub(crate) struct Call {
    pub(crate) from: u64,
    pub(crate) to: Option<u64>,
    pub(crate) ask: KvAsk,
    pub(crate) answer: Option<KvAnswer>,
}

/// The key between two calls.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
struct State {
    /// Value and version. A write without an answer has a version that nobody knows yet.
    held: Option<(String, Option<u64>)>,
    /// Versions only grow.
    last: u64,
}

impl State {
    /// The key after the call, if it can have taken place now.
    fn after(&self, call: &Call) -> Option<Self> {
        // A version that was not known is by what is told of it now.
        let is_now = |told: u64| match &self.held {
            None => told == 0,
            Some((_, Some(version))) => *version == told,
            Some((_, None)) => told > self.last,
        };
        let known = |told: u64| Self { held: self.held.clone().map(|(value, _)| (value, Some(told))), last: self.last.max(told) };
        match (&call.ask, &call.answer) {
            (KvAsk::Get { .. }, Some(KvAnswer::Absent)) => self.held.is_none().then(|| self.clone()),
            (KvAsk::Get { .. }, Some(KvAnswer::Found { value, version })) => {
                let same = self.held.as_ref().is_some_and(|(held, _)| held == value.as_str());
                (same && is_now(*version)).then(|| known(*version))
            }
            (KvAsk::Get { .. }, None) => Some(self.clone()),
            (KvAsk::Set { if_version, .. } | KvAsk::Delete { if_version, .. }, Some(KvAnswer::Differs { version })) => {
                (is_now(*version) && if_version.is_some_and(|expected| expected != *version)).then(|| known(*version))
            }
            (KvAsk::Set { value, if_version, .. }, Some(KvAnswer::Written { version })) => (if_version.is_none_or(is_now)
                && *version > self.last)
                .then(|| Self { held: Some((value.as_str().to_owned(), Some(*version))), last: *version }),
            (KvAsk::Set { value, if_version, .. }, None) => {
                let last = self.held.as_ref().and_then(|(_, version)| *version).map_or(self.last, |version| version.max(self.last));
                if_version.is_none_or(is_now).then(|| Self { held: Some((value.as_str().to_owned(), None)), last })
            }
            (KvAsk::Delete { if_version, .. }, Some(KvAnswer::Deleted) | None) if self.held.is_some() => {
                if_version.is_none_or(is_now).then(|| Self { held: None, last: self.last })
            }
            (KvAsk::Delete { if_version, .. }, Some(KvAnswer::Absent)) => {
                (self.held.is_none() && if_version.is_none_or(|expected| expected == 0)).then(|| self.clone())
            }
            _ => None,
        }
    }
}

/// Whether there is such an order.
pub(crate) fn is_linearizable(calls: &[Call]) -> bool {
    let mut calls = calls.to_vec();
    calls.sort_by_key(|call| call.from);
    let mut seen: HashSet<(Vec<u64>, State)> = HashSet::new();
    let mut ways = vec![(vec![0_u64; calls.len().div_ceil(64)], State::default())];
    while let Some((done, state)) = ways.pop() {
        let is_done = |at: usize| done[at / 64] >> (at % 64) & 1 == 1;
        let left = || (0..calls.len()).filter(|at| !is_done(*at));
        // What has no answer need not have taken place.
        let Some(first_end) = left().filter_map(|at| calls[at].to).min() else { return true };
        for at in left().take_while(|at| calls[*at].from <= first_end) {
            if let Some(state) = state.after(&calls[at]) {
                let mut done = done.clone();
                done[at / 64] |= 1 << (at % 64);
                if seen.insert((done.clone(), state.clone())) {
                    ways.push((done, state));
                }
            }
        }
    }
    false
}

#[cfg(test)]
mod tests {
    use ampoule_protocol::Json;

    use super::*;

    fn json(text: &str) -> Json {
        Json::parse(text.to_owned()).unwrap()
    }

    fn set(from: u64, to: Option<u64>, value: &str, if_version: Option<u64>, version: Option<u64>) -> Call {
        let ask = KvAsk::Set { key: "k".into(), value: json(value), ttl_ms: None, if_version };
        Call { from, to, ask, answer: version.map(|version| KvAnswer::Written { version }) }
    }

    fn get(from: u64, to: u64, found: Option<(&str, u64)>) -> Call {
        let answer = found.map_or(KvAnswer::Absent, |(value, version)| KvAnswer::Found { value: json(value), version });
        Call { from, to: Some(to), ask: KvAsk::Get { key: "k".into() }, answer: Some(answer) }
    }

    #[test]
    fn what_can_have_happened() {
        // Two at once, in either order; a read between them; a lost answer that shows later.
        assert!(is_linearizable(&[set(0, Some(9), "1", None, Some(2)), set(0, Some(9), "2", None, Some(1)), get(10, 11, Some(("1", 2)))]));
        assert!(is_linearizable(&[
            set(0, Some(1), "1", Some(0), Some(1)),
            set(2, None, "2", Some(1), None),
            get(3, 4, Some(("1", 1))),
            get(5, 6, Some(("2", 2)))
        ]));
        assert!(is_linearizable(&[set(0, None, "1", None, None), get(1, 2, None)]));
    }

    #[test]
    fn what_cannot() {
        // A stale read; two compare-and-sets on one version; a value that comes back; versions that shrink; a value that nobody wrote.
        let first = || set(0, Some(1), "1", Some(0), Some(1));
        assert!(!is_linearizable(&[first(), set(2, Some(3), "2", None, Some(2)), get(4, 5, Some(("1", 1)))]));
        assert!(!is_linearizable(&[first(), set(2, Some(9), "2", Some(1), Some(2)), set(2, Some(9), "3", Some(1), Some(3))]));
        assert!(!is_linearizable(&[first(), set(2, None, "2", None, None), get(3, 4, Some(("2", 2))), get(5, 6, Some(("1", 1)))]));
        assert!(!is_linearizable(&[first(), set(2, Some(3), "2", None, Some(1))]));
        assert!(!is_linearizable(&[first(), get(2, 3, Some(("7", 1)))]));
        assert!(!is_linearizable(&[first(), get(2, 3, None)]));
    }
}
