//! Time, as the host tells it.

use std::cell::Cell;

use ampoule_abi::Op;
use boa_engine::context::{Clock, time::JsInstant};

use crate::door;

thread_local! {
    static STANDS_AT_ZERO: Cell<bool> = const { Cell::new(false) };
}

/// Does something while time stands at 0, the Unix epoch: the top level of a library, which then may be loaded once for many runs. Many libraries
/// read the clock there, to measure intervals later; asking the host would tie them to one run.
pub(crate) fn at_zero<T>(during: impl FnOnce() -> T) -> T {
    STANDS_AT_ZERO.set(true);
    let done = during();
    STANDS_AT_ZERO.set(false);
    done
}

/// The clock of a realm: asks the host, and keeps the answer until the door is passed again. Between two host calls time
/// stands still, so that reading it costs nothing and a script cannot measure what runs inside the sandbox.
#[derive(Default)]
pub(crate) struct HostClock {
    /// Passages of the door when the host was asked, and its answer.
    told: Cell<Option<(u32, f64)>>,
}

impl HostClock {
    /// Milliseconds since the Unix epoch.
    pub(crate) fn now_ms(&self) -> f64 {
        if STANDS_AT_ZERO.get() {
            return 0.0;
        }
        match self.told.get() {
            Some((passages, ms)) if passages == door::passages() => ms,
            _ => self.ask(),
        }
    }

    /// The same, asked afresh: for the console's timers, which measure.
    pub(crate) fn ask(&self) -> f64 {
        let ms = f64::from_bits(door::call(Op::Clock, &[]));
        self.told.set(Some((door::passages(), ms)));
        ms
    }
}

impl Clock for HostClock {
    fn now(&self) -> JsInstant {
        let ms = self.now_ms().max(0.0);
        let whole = ms.trunc() as u64;
        JsInstant::new(whole / 1000, (whole % 1000) as u32 * 1_000_000 + ((ms.fract() * 1e6) as u32).min(999_999))
    }

    fn system_time_millis(&self) -> i64 {
        self.now_ms() as i64
    }
}
