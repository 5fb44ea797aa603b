use ampoule_protocol::{KeyId, KeySpec, KeyView, NewKey};
use jiff::Timestamp;
use subtle::ConstantTimeEq;

/// What every key begins with, so that people and scanners know one.
const PREFIX: &str = "amp_";
/// Random bits of a key's secret, in bytes.
const SECRET_BYTES: usize = 32;

/// A key as stores keep it.
///
/// Its text is hashed by BLAKE3, once. A slow hash is for passwords, which people choose and others guess; nobody guesses 256 random bits,
/// whatever a guess costs, and this hash is on the way of every request.
#[derive(Clone, Debug)]
pub struct StoredKey {
    /// What an admin sees.
    pub view: KeyView,
    pub(super) hash: [u8; 32],
}

impl StoredKey {
    /// A new key, and how it is shown this once. Fails when the system has no randomness to give.
    pub fn make(spec: KeySpec, now: Timestamp) -> Result<(Self, NewKey), getrandom::Error> {
        let mut secret = [0; SECRET_BYTES];
        getrandom::fill(&mut secret)?;
        let id = KeyId::new();
        let secret: String = secret.iter().map(|byte| format!("{byte:02x}")).collect();
        let key = format!("{PREFIX}{}_{secret}", id.digits());
        let KeySpec { name, role, tenant, requests_per_second } = spec;
        let tenant = tenant.or_else(|| (role != ampoule_protocol::Role::Worker).then(Default::default));
        let created_at = Timestamp::from_millisecond(now.as_millisecond()).unwrap_or(now);
        let view = KeyView { id, name, role, tenant, requests_per_second, created_at, last_used_at: None, revoked_at: None };
        let stored = Self { view: view.clone(), hash: *blake3::hash(key.as_bytes()).as_bytes() };
        Ok((stored, NewKey { key, view }))
    }

    /// Which key a text claims to be; nothing is known of its secret by that.
    pub fn claimed(text: &str) -> Option<KeyId> {
        let (id, _secret) = text.strip_prefix(PREFIX)?.split_once('_')?;
        id.parse().ok()
    }

    /// The text is this key. How long the answer takes says nothing about where texts differ.
    pub fn is(&self, text: &str) -> bool {
        self.hash[..].ct_eq(&blake3::hash(text.as_bytes()).as_bytes()[..]).into()
    }
}

#[cfg(test)]
mod tests {
    use ampoule_protocol::Role;

    use super::*;

    #[test]
    fn a_key_is_known_by_its_text_and_kept_without_it() {
        let spec = |role| KeySpec { name: "ci".into(), role, tenant: None, requests_per_second: None };
        let (stored, shown) = StoredKey::make(spec(Role::Read), Timestamp::UNIX_EPOCH).unwrap();
        let (other, _) = StoredKey::make(spec(Role::Worker), Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(StoredKey::claimed(&shown.key), Some(stored.view.id));
        assert!(stored.is(&shown.key) && !other.is(&shown.key) && !stored.is(&shown.key[..shown.key.len() - 1]));
        assert!(!format!("{stored:?}").contains(&shown.key));
        assert_eq!((stored.view.tenant.is_some(), other.view.tenant.is_some()), (true, false));
        for text in ["", "amp_", "amp_x_y", "submit-0123456789", &shown.key[4..]] {
            assert_eq!(StoredKey::claimed(text), None, "{text}");
        }
    }
}
