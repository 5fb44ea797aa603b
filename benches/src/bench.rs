use std::{
    path::PathBuf,
    time::{Duration, Instant},
};

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::{Clock, Sample, Subject, Suite, contest::Entrant, rivals::Rival};

/// How much time to spend.
#[derive(Clone, Copy, Debug)]
pub struct Effort {
    /// Before the first sample, for each subject.
    pub warm_up: Duration,
    /// Sampling, for each subject.
    pub measure: Duration,
    /// Samples of subjects that take long.
    pub min_samples: usize,
    /// Repetitions of measurements that are no subjects.
    pub rounds: usize,
    /// Leave out what takes minutes.
    pub quick: bool,
}

impl Effort {
    /// For figures to quote.
    pub const FULL: Self =
        Self { warm_up: Duration::from_millis(500), measure: Duration::from_secs(3), min_samples: 5, rounds: 5, quick: false };
    /// For a look.
    pub const QUICK: Self =
        Self { warm_up: Duration::from_millis(50), measure: Duration::from_millis(300), min_samples: 1, rounds: 2, quick: true };
}

/// Told what is being measured, for those who wait.
pub trait Progress {
    /// A figure's measurement begins; `done` is the part of the suite behind it, from 0 to 1.
    fn measuring(&self, suite: Suite, name: &str, done: f64);
    /// Something cannot be measured here.
    fn skipped(&self, skipped: &Skipped);
}

/// One measured quantity.
#[derive(Clone, Debug, Serialize)]
pub struct Figure {
    /// The suite's name.
    pub suite: &'static str,
    /// See the README.
    pub name: String,
    /// Of `p50` and `p99`.
    pub unit: Unit,
    /// Median.
    pub p50: f64,
    /// The 99th percentile, or with less than a hundred samples the largest.
    pub p99: f64,
    /// Samples.
    pub n: usize,
    /// All of them, ascending.
    #[serde(skip)]
    pub samples: Vec<f64>,
}

/// What cannot be measured here.
#[derive(Clone, Debug)]
pub struct Skipped {
    /// The suite's name.
    pub suite: &'static str,
    /// The figure's name.
    pub name: String,
    /// Why.
    pub reason: String,
}

/// What figures count.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub enum Unit {
    /// Microseconds.
    #[serde(rename = "us")]
    Microseconds,
    /// Milliseconds.
    #[serde(rename = "ms")]
    Milliseconds,
    /// Seconds.
    #[serde(rename = "s")]
    Seconds,
    /// KiB.
    #[serde(rename = "KiB")]
    Kibibytes,
    /// MiB.
    #[serde(rename = "MiB")]
    Mebibytes,
    /// One quantity as a multiple of another.
    #[serde(rename = "x")]
    Ratio,
    /// A rate.
    #[serde(rename = "per_s")]
    PerSecond,
}

impl Unit {
    /// As in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Microseconds => "us",
            Self::Milliseconds => "ms",
            Self::Seconds => "s",
            Self::Kibibytes => "KiB",
            Self::Mebibytes => "MiB",
            Self::Ratio => "x",
            Self::PerSecond => "per_s",
        }
    }

    /// A duration in this unit of time.
    pub fn of(self, duration: Duration) -> f64 {
        duration.as_secs_f64()
            * match self {
                Self::Seconds => 1.0,
                Self::Milliseconds => 1e3,
                _ => 1e6,
            }
    }
}

impl Figure {
    /// # Panics
    /// Without samples.
    pub fn new(suite: &'static str, name: impl Into<String>, unit: Unit, mut samples: Vec<f64>) -> Self {
        assert!(!samples.is_empty(), "a figure needs samples");
        samples.sort_by(f64::total_cmp);
        let at = |part: f64| samples[((samples.len() as f64 * part) as usize).min(samples.len() - 1)];
        Self { suite, name: name.into(), unit, p50: at(0.5), p99: at(0.99), n: samples.len(), samples }
    }
}

/// Measures, and keeps the figures.
pub struct Bench<'a> {
    /// How thoroughly.
    pub effort: Effort,
    /// Where packages of others are kept.
    pub peers_dir: PathBuf,
    /// A program, with arguments, that takes `serve-jobs` and `serve-density COUNT IMAGES` as further ones; see
    /// [`scale::serve`](crate::scale::serve) and [`density::serve`](crate::density::serve).
    pub program: Option<Vec<String>>,
    /// A folder with scripts that measure other queues; see the README.
    pub queue_peers: Option<PathBuf>,
    /// Who runs the programs of `cpu` and `held-out` besides us.
    pub against: Vec<Rival>,
    /// Those of them that could be had, from the first suite that asks to the last one.
    pub(crate) entrants: Option<Vec<Entrant>>,
    /// What came out so far.
    pub figures: Vec<Figure>,
    /// What did not.
    pub skipped: Vec<Skipped>,
    /// The peers that were measured, and what they say they are.
    pub peers: Vec<(&'static str, String)>,
    suite: Suite,
    progress: &'a dyn Progress,
}

/// Turns that subjects of one suite take: A B C A B C…, so that a noisy second disturbs all of them.
const TURNS: u32 = 10;

/// Most samples of one subject; more only cost memory.
const MAX_SAMPLES: usize = 200_000;

impl<'a> Bench<'a> {
    /// Nothing measured yet.
    pub fn new(effort: Effort, peers_dir: impl Into<PathBuf>, progress: &'a dyn Progress) -> Self {
        Self {
            effort,
            peers_dir: peers_dir.into(),
            program: None,
            queue_peers: None,
            against: Vec::new(),
            entrants: None,
            figures: Vec::new(),
            skipped: Vec::new(),
            peers: Vec::new(),
            suite: Suite::Sandbox,
            progress,
        }
    }

    /// Measures a suite.
    pub fn suite(&mut self, suite: Suite) -> Result<()> {
        self.suite = suite;
        suite.measure(self).with_context(|| format!("failed to measure {}", suite.as_str()))
    }

    /// Samples subjects in turns. Those that fail while they are warmed up are skipped.
    pub fn subjects(&mut self, unit: Unit, subjects: Vec<Subject>) -> Result<()> {
        let mut taken = Vec::new();
        for subject in subjects {
            match subject.reason_missing().map(str::to_owned) {
                Some(reason) => self.skip(subject.name, reason),
                None => taken.push(Sampled { subject, samples: Vec::new(), spent: Duration::ZERO }),
            }
        }
        let steps = taken.len() as u32 * (TURNS + 1);
        let mut step = 0;
        let mut warm = Vec::new();
        for mut sampled in taken {
            self.progress.measuring(self.suite, &sampled.subject.name, f64::from(step) / f64::from(steps));
            step += 1;
            match sampled.warm_up(&self.effort) {
                Ok(()) => warm.push(sampled),
                Err(error) => self.skip(sampled.subject.name, format!("{error:#}")),
            }
        }
        let mut taken = warm;
        for turn in 1..=TURNS {
            for sampled in &mut taken {
                self.progress.measuring(self.suite, &sampled.subject.name, f64::from(step) / f64::from(steps));
                sampled.turn(turn, &self.effort)?;
                step += 1;
            }
        }
        for Sampled { subject, samples, .. } in taken {
            if subject.clock != Clock::Cpu {
                self.record(&subject.name, unit, samples.iter().map(|sample| unit.of(sample.wall)).collect());
            }
            if subject.clock != Clock::Wall {
                let name = if subject.clock == Clock::Both { format!("{}_cpu", subject.name) } else { subject.name };
                self.record(name, unit, samples.iter().map(|sample| unit.of(sample.cpu)).collect());
            }
        }
        Ok(())
    }

    /// Keeps a figure.
    pub fn record(&mut self, name: impl Into<String>, unit: Unit, samples: Vec<f64>) {
        self.figures.push(Figure::new(self.suite.as_str(), name, unit, samples));
    }

    /// Keeps the geometric mean of several programs' medians. `n` is the number of programs: with some of them skipped it is another figure.
    pub(crate) fn record_geomean(&mut self, name: impl Into<String>, unit: Unit, medians: &[f64]) {
        if medians.is_empty() {
            return;
        }
        let geomean = (medians.iter().map(|median| median.ln()).sum::<f64>() / medians.len() as f64).exp();
        self.record(name, unit, vec![geomean]);
        if let Some(figure) = self.figures.last_mut() {
            figure.n = medians.len();
        }
    }

    /// Says what is being measured by other means than [`subjects`](Self::subjects).
    pub fn measuring(&self, name: &str, done: f64) {
        self.progress.measuring(self.suite, name, done);
    }

    /// Says loudly what cannot be measured here.
    pub fn skip(&mut self, name: impl Into<String>, reason: impl Into<String>) {
        let skipped = Skipped { suite: self.suite.as_str(), name: name.into(), reason: reason.into() };
        self.progress.skipped(&skipped);
        self.skipped.push(skipped);
    }
}

/// A subject, and its samples so far.
struct Sampled {
    subject: Subject,
    samples: Vec<Sample>,
    /// Time that taking them took, whatever part of it counts.
    spent: Duration,
}

impl Sampled {
    fn warm_up(&mut self, effort: &Effort) -> Result<()> {
        let started = Instant::now();
        self.subject.once()?;
        while started.elapsed() < effort.warm_up {
            self.subject.once()?;
        }
        Ok(())
    }

    /// The subject's share of one turn. What takes longer than a turn is sampled in some turns only, evenly spread.
    fn turn(&mut self, turn: u32, effort: &Effort) -> Result<()> {
        let due = (effort.min_samples * turn as usize).div_ceil(TURNS as usize);
        let allowed = effort.measure * turn / TURNS;
        while self.samples.len() < due || (self.spent < allowed && self.samples.len() < MAX_SAMPLES) {
            let started = Instant::now();
            self.samples.push(self.subject.once()?);
            self.spent += started.elapsed();
        }
        Ok(())
    }
}
