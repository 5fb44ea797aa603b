use std::{collections::BTreeMap, fmt, sync::Arc};

use ampoule_protocol::{GrantSyntax, Grants, grant_name};
use serde::Deserialize;

use crate::{
    Answer, Body,
    call::{Calling, arguments, at_once},
    ledger::{Kind, Ledger, Use},
    mask::Masker,
};

/// Fewest bytes of a secret: what is shorter occurs by chance, and masking it would make logs useless.
pub const MIN_SECRET_BYTES: usize = 6;
/// Most bytes of a secret: a private key in PEM has about three thousand.
pub const MAX_SECRET_BYTES: usize = 8 << 10;

/// Values of secrets, by name. Prints nowhere.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, String>);

/// A secret that cannot be one.
#[derive(Debug, thiserror::Error)]
pub enum SecretError {
    /// A name that cannot be.
    #[error(transparent)]
    Name(#[from] GrantSyntax),
    /// Too short to be masked, or too long.
    #[error("secret `{0}` must have {MIN_SECRET_BYTES} to {MAX_SECRET_BYTES} bytes")]
    Length(String),
}

impl Secrets {
    /// Adds one.
    pub fn insert(&mut self, name: &str, value: String) -> Result<(), SecretError> {
        grant_name(name)?;
        if !(MIN_SECRET_BYTES..=MAX_SECRET_BYTES).contains(&value.len()) {
            return Err(SecretError::Length(name.to_owned()));
        }
        self.0.insert(name.to_owned(), value);
        Ok(())
    }

    /// All names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Those that are granted.
    pub(crate) fn granted(&self, grants: &Grants) -> Self {
        Self(self.0.iter().filter(|(name, _)| grants.secrets.contains(name)).map(|(name, value)| (name.clone(), value.clone())).collect())
    }

    /// What hides them.
    pub(crate) fn masker(&self) -> Option<Arc<Masker>> {
        (!self.0.is_empty()).then(|| Arc::new(Masker::new(self.0.iter().map(|(name, value)| (name.as_str(), value.as_str())))))
    }

    /// `secrets.get {name}`: the value.
    pub(crate) fn call(&self, args: &str, ledger: &Ledger, grants: &Grants) -> Calling {
        #[derive(Deserialize)]
        struct Get {
            name: String,
        }
        let get = || {
            let Get { name } = arguments(args)?;
            if !grants.secrets.contains(&name) {
                return Err(ledger.not_granted(format!("secret {name}"), "this job was not granted that secret"));
            }
            let Some(value) = self.0.get(&name) else {
                return Err(ledger.not_granted(format!("secret {name}"), "it is granted, but this worker has no value for it"));
            };
            ledger.note(Kind::Secret, &name, Use { bytes_in: value.len() as u64, ..Use::default() });
            Answer::body(Body::Text(value.clone()))
        };
        at_once(get())
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
