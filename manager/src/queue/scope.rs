use ampoule_protocol::TenantName;

/// Whose jobs something is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Scope {
    /// Everybody's.
    All,
    /// This tenant's; the others' are as good as not there.
    Tenant(TenantName),
}

impl Scope {
    /// It is about this tenant's jobs too.
    pub fn admits(&self, tenant: &TenantName) -> bool {
        match self {
            Self::All => true,
            Self::Tenant(own) => own == tenant,
        }
    }

    /// The one tenant's name.
    pub(super) fn tenant(&self) -> Option<&str> {
        match self {
            Self::All => None,
            Self::Tenant(own) => Some(own.as_str()),
        }
    }
}
