use std::time::{SystemTime, UNIX_EPOCH};

/// Tells a script the time. Every run has one; it needs no grant.
///
/// Time stands still between host calls: the guest asks once and keeps the answer until it next talks to the host, so a
/// script cannot time its own instructions, and the fuel of a run never depends on the machine's speed.
#[derive(Clone, Copy, Debug)]
pub enum Clock {
    /// The machine's clock, cut to whole milliseconds as `Date.now` is.
    System,
    /// Always this many milliseconds since the Unix epoch.
    Fixed(f64),
}

impl Clock {
    /// Milliseconds since the Unix epoch.
    pub fn now_ms(&self) -> f64 {
        match self {
            // A clock before 1970 reads as 1970: scripts meet no negative time.
            Self::System => SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_millis() as f64),
            Self::Fixed(ms) => *ms,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn system_time_is_whole_milliseconds_of_this_century() {
        let now = Clock::System.now_ms();
        assert!(now > 1.6e12 && now.fract() == 0.0, "{now}");
    }
}
