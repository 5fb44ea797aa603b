use std::time::Duration;

/// Longest sleep. A run's wall time ends it far earlier; the bound keeps the arithmetic of instants safe.
pub const MAX_SLEEP: Duration = Duration::from_secs(24 * 60 * 60);

/// Lets time pass for a script (`setTimeout`). Every run has one; it needs no grant. A sleeping run holds no thread and burns no fuel.
#[derive(Clone, Copy, Debug, Default)]
pub struct Timer;

/// The guest asked for a time that is none.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("a sleep's length is a number of milliseconds, 0 or more")]
pub struct TimerError;

impl Timer {
    /// Sleeps `ms` milliseconds, at most [`MAX_SLEEP`].
    pub fn sleep(&self, ms: f64) -> Result<impl Future<Output = ()> + Send + use<>, TimerError> {
        if ms.is_nan() || ms < 0.0 {
            return Err(TimerError);
        }
        let length = Duration::try_from_secs_f64(ms / 1000.0).map_or(MAX_SLEEP, |length| length.min(MAX_SLEEP));
        // The deadline counts from the request, not from the first poll.
        let deadline = tokio::time::Instant::now() + length;
        Ok(tokio::time::sleep_until(deadline))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn sleeps_and_refuses() {
        Timer.sleep(0.5).unwrap().await;
        drop(Timer.sleep(f64::INFINITY).unwrap());
        for ms in [-1.0, f64::NAN] {
            assert!(Timer.sleep(ms).is_err());
        }
    }
}
