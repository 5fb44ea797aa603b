//! Keys and values of tenants: read and written under a lease, in the transaction that looks whether it is held.

use ampoule_protocol::{Access, Grants, KvAnswer, KvRequest, TenantName};
use jiff::Timestamp;

use super::{Queue, QueueError, Scope, Store, ask, life::Life};

/// What became of a request.
#[derive(Clone, Debug, PartialEq)]
pub enum KvReply {
    /// It was carried out.
    Answer(KvAnswer),
    /// Its lease is over; nothing was read or written.
    Stale,
    /// The job was not granted that.
    NotGranted,
}

/// Expired keys that one step removes: bounds how long other writes wait for it.
pub(super) const STEP: u32 = 500;

impl Queue {
    /// Carries out what a run asks under its lease, which [`KvAsk::check`](ampoule_protocol::KvAsk::check) found good. An answer to a write follows its commit.
    pub async fn kv(&self, scope: &Scope, request: KvRequest, now: Timestamp) -> Result<KvReply, QueueError> {
        ask!(self, store => store.kv(scope, request, now.as_millisecond()).await)
    }

    /// Removes some of the keys whose time is over: how many. Nobody sees them from that moment on; this gives their room back.
    pub async fn expire_keys(&self, now: Timestamp) -> Result<u32, QueueError> {
        ask!(self, store => store.expire_keys(now.as_millisecond()).await)
    }
}

/// Whose keys it is about, if the lease is held and the namespace granted.
pub(super) fn admit<'l>(life: Option<&'l Life>, scope: &Scope, request: &KvRequest) -> Result<&'l TenantName, KvReply> {
    let life = life.filter(|life| scope.admits(&life.tenant) && life.holds(&request.token)).ok_or(KvReply::Stale)?;
    let access = if request.ask.writes() { Access::Write } else { Access::Read };
    let granted = life.terms.grants.as_ref().is_some_and(|grants| Grants::allows(&grants.kv, &request.namespace, access));
    if granted { Ok(&life.tenant) } else { Err(KvReply::NotGranted) }
}

/// The least text that is behind all with this prefix, in the order of bytes; `None`: there is none.
pub(super) fn behind(prefix: &str) -> Option<String> {
    let (at, last) = prefix.char_indices().rfind(|(_, last)| *last != char::MAX)?;
    let next = (last as u32 + 1..=char::MAX as u32).find_map(char::from_u32)?;
    Some(format!("{}{next}", &prefix[..at]))
}

/// When a key is gone.
pub(super) fn expires_ms(ttl_ms: Option<u64>, now_ms: i64) -> Option<i64> {
    ttl_ms.map(|ms| now_ms.saturating_add_unsigned(ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_behind_a_prefix() {
        for (prefix, end) in [("a", Some("b")), ("a/", Some("a0")), ("\u{d7ff}", Some("\u{e000}")), ("a\u{10ffff}", Some("b")), ("", None)]
        {
            assert_eq!(behind(prefix).as_deref(), end, "{prefix:?}");
        }
        assert_eq!(behind("\u{10ffff}"), None);
    }
}
