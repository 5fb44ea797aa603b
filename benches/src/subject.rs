use std::time::{Duration, Instant};

use anyhow::Result;
use cpu_time::ThreadTime;

/// Something that can be done again and again, and timed.
pub struct Subject {
    /// The figure's name.
    pub name: String,
    /// Which of its times count.
    pub clock: Clock,
    once: Result<Box<dyn FnMut() -> Result<Sample>>, String>,
}

/// Which times of a [`Sample`] become figures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Clock {
    /// Wall time.
    Wall,
    /// CPU time of the thread that runs the guest, page faults included.
    Cpu,
    /// Wall time, and the thread's CPU time under the name with `_cpu` added.
    Both,
}

/// How long it took once.
#[derive(Clone, Copy, Debug, Default)]
pub struct Sample {
    /// By the clock on the wall.
    pub wall: Duration,
    /// By the measuring thread's own clock.
    pub cpu: Duration,
}

impl Subject {
    /// Times the whole closure.
    pub fn new(name: impl Into<String>, clock: Clock, mut once: impl FnMut() -> Result<()> + 'static) -> Self {
        Self::timing_itself(name, clock, move || {
            let (wall, cpu) = (Instant::now(), ThreadTime::now());
            once()?;
            Ok(Sample { cpu: cpu.elapsed(), wall: wall.elapsed() })
        })
    }

    /// The closure times the part of its work that counts.
    pub fn timing_itself(name: impl Into<String>, clock: Clock, once: impl FnMut() -> Result<Sample> + 'static) -> Self {
        Self { name: name.into(), clock, once: Ok(Box::new(once)) }
    }

    /// What cannot be measured here, and why.
    pub fn missing(name: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { name: name.into(), clock: Clock::Wall, once: Err(reason.into()) }
    }

    /// Why it cannot be measured here, if so.
    pub fn reason_missing(&self) -> Option<&str> {
        self.once.as_ref().err().map(String::as_str)
    }

    /// Does it once.
    pub fn once(&mut self) -> Result<Sample> {
        match &mut self.once {
            Ok(once) => once(),
            Err(reason) => Err(anyhow::Error::msg(reason.clone())),
        }
    }

    /// Does it `n` times and adds up the time that its clock shows.
    pub fn times(&mut self, n: u64) -> Result<Duration> {
        let mut sum = Duration::ZERO;
        for _ in 0..n {
            let sample = self.once()?;
            sum += if self.clock == Clock::Cpu { sample.cpu } else { sample.wall };
        }
        Ok(sum)
    }
}
