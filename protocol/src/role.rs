use std::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};

/// What the holder of an API key may do. But for [`Role::Worker`], each may all that the ones before it may.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Sees its tenant's jobs, their results and logs.
    Read,
    /// Submits jobs to its tenant, cancels and retries them.
    Submit,
    /// Runs its tenant: changes many jobs at once, sees how full the queue is.
    Operate,
    /// Runs the install: keys and tenants. May act for any tenant that it names.
    Admin,
    /// Leases jobs and reports on them; sees nothing else.
    Worker,
}

/// The text is no role.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is no role: read, submit, operate, admin or worker")]
pub struct RoleError(String);

impl Role {
    /// Every role.
    pub const ALL: [Self; 5] = [Self::Read, Self::Submit, Self::Operate, Self::Admin, Self::Worker];

    /// The name on the wire, in stores and in settings.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Submit => "submit",
            Self::Operate => "operate",
            Self::Admin => "admin",
            Self::Worker => "worker",
        }
    }

    /// It may what a holder of `other` may.
    pub fn includes(self, other: Self) -> bool {
        self == other || (self != Self::Worker && other != Self::Worker && self > other)
    }
}

impl fmt::Display for Role {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Role {
    type Err = RoleError;

    fn from_str(text: &str) -> Result<Self, RoleError> {
        Self::ALL.into_iter().find(|role| role.as_str() == text).ok_or_else(|| RoleError(text.chars().take(32).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn roles_include_the_ones_before_but_the_workers() {
        for role in Role::ALL {
            assert_eq!(role.as_str().parse::<Role>().as_ref(), Ok(&role));
            assert_eq!(Role::Worker.includes(role), role == Role::Worker);
            assert_eq!(role.includes(Role::Worker), role == Role::Worker);
        }
        assert!(Role::Admin.includes(Role::Read) && Role::Operate.includes(Role::Submit) && !Role::Read.includes(Role::Submit));
    }
}
