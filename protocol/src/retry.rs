use serde::{Deserialize, Serialize};

/// Most attempts that a job can ask for.
pub const MAX_ATTEMPTS: u32 = 100;
/// Longest pause between two attempts: a day.
pub const MAX_BACKOFF_MS: u64 = 24 * 60 * 60 * 1000;
/// Most error names of a job that are not run again.
pub const MAX_NON_RETRYABLE: usize = 32;

/// When a job is run again. Lost workers and faults are by themselves; what a script throws only where it is asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(deny_unknown_fields, default)]
pub struct Retry {
    /// Attempts that may fail, of which the last one ends the job; without it what the operator set. Releases by a draining worker do not
    /// count.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max_attempts: Option<u32>,
    /// Run again after a throw too.
    pub on_throw: bool,
    /// Pause before the second attempt; doubled for each one after it, and shifted by up to a quarter either way.
    pub backoff_ms: u64,
    /// The longest such pause.
    pub backoff_max_ms: u64,
    /// Names of errors (`TypeError`) after which the job is not run again.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub non_retryable: Vec<String>,
}

impl Default for Retry {
    /// A second, then two, four, up to five minutes.
    fn default() -> Self {
        Self { max_attempts: None, on_throw: false, backoff_ms: 1_000, backoff_max_ms: 300_000, non_retryable: Vec::new() }
    }
}

impl Retry {
    /// How the jobs are run again that ask for nothing: at once, and never for a throw.
    pub const AT_ONCE: Self = Self { max_attempts: None, on_throw: false, backoff_ms: 0, backoff_max_ms: 0, non_retryable: Vec::new() };

    /// The pause after so many failed attempts (from 1), in milliseconds. `spread` is any number that differs from job to job: jobs that
    /// failed together do not come back together.
    pub fn pause_ms(&self, failed: u32, spread: u64) -> u64 {
        let doubled = self.backoff_ms.saturating_mul(1 << failed.saturating_sub(1).min(40));
        let pause = doubled.min(self.backoff_max_ms).min(MAX_BACKOFF_MS);
        // From 75 % to 125 %.
        pause * 3 / 4 + if pause < 2 { 0 } else { spread % (pause / 2 + 1) }
    }
}

/// What happens to a job whose concurrency key another job holds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum ConcurrencyPolicy {
    /// It waits until the key is free.
    #[default]
    Queue,
    /// The jobs before it are cancelled, and it waits until the running one has stopped.
    CancelOldest,
    /// It is stored as cancelled.
    CancelNewest,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_double_up_to_their_bound_and_differ() {
        let retry = Retry { backoff_ms: 100, backoff_max_ms: 1_000, ..Retry::default() };
        for (failed, least, most) in [(1, 75, 125), (2, 150, 250), (3, 300, 500), (4, 600, 1_000), (5, 750, 1_250), (200, 750, 1_250)] {
            for spread in [0, 1, 77, u64::MAX] {
                let pause = retry.pause_ms(failed, spread);
                assert!((least..=most).contains(&pause), "{failed} {spread}: {pause}");
            }
        }
        assert_ne!(retry.pause_ms(3, 1), retry.pause_ms(3, 2));
        assert_eq!(Retry::AT_ONCE.pause_ms(3, 7), 0);
    }
}
