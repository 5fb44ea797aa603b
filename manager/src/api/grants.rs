//! What jobs are granted: decided when they are submitted, so that nobody finds out at run time.

use ampoule_protocol::{Grants, JobSpec, RefusedGrant};

/// Replaces what a job asks for by what it gets. All of it, or the job is refused.
pub(super) fn grant(spec: &mut JobSpec, policy: &Grants) -> Result<(), RefusedGrant> {
    let granted = Grants::resolve(spec.grants.as_ref(), None, policy)?;
    spec.grants = (!granted.is_empty()).then_some(granted);
    Ok(())
}
