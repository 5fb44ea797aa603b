use std::sync::{Arc, Mutex, PoisonError};

use ampoule_host_api::{
    Clock, Random,
    journal::{Completed, Divergence, Player, Recorder, Stopped},
};

use crate::{
    operations::{Done, Given},
    verdict::Stop,
};

/// Whether what a run hears is written down, or comes from what was.
pub(crate) enum Tape {
    Off,
    /// And how long the run had run when the host stopped it: what the outcome says, here and in a replay.
    Record(Recorder, Option<u64>),
    Play(Play),
}

/// A replay. Nothing of it asks the world anything.
pub(crate) struct Play {
    pub(crate) player: Player,
    /// Where it first went another way; outlives the sandbox.
    pub(crate) diverged: Arc<Mutex<Option<Divergence>>>,
    /// How the recorded run was stopped, once this one is.
    pub(crate) stopped: Option<Stopped>,
}

impl Play {
    fn heard<T>(&mut self, heard: Result<T, Divergence>) -> Result<T, Stop> {
        heard.map_err(|divergence| {
            self.diverged.lock().unwrap_or_else(PoisonError::into_inner).get_or_insert(divergence);
            Stop::Diverged
        })
    }

    fn stop(&mut self, stopped: Stopped) -> Stop {
        self.stopped = Some(stopped);
        if stopped.cancelled { Stop::Cancelled } else { Stop::WallTime }
    }
}

impl Tape {
    /// The time that the script is told.
    pub(crate) fn clock(&mut self, clock: Clock) -> Result<f64, Stop> {
        match self {
            Self::Off => Ok(clock.now_ms()),
            Self::Record(recorder, _) => {
                let ms = clock.now_ms();
                recorder.clock(ms);
                Ok(ms)
            }
            Self::Play(play) => {
                let heard = play.player.clock();
                play.heard(heard)
            }
        }
    }

    /// The random bits that the script is told.
    pub(crate) fn random(&mut self, random: &mut Random) -> Result<u64, Stop> {
        match self {
            Self::Off => Ok(random.bits()),
            Self::Record(recorder, _) => {
                let bits = random.bits();
                recorder.random(bits);
                Ok(bits)
            }
            Self::Play(play) => {
                let heard = play.player.random();
                play.heard(heard)
            }
        }
    }

    /// The script begins an operation; whether it takes place.
    pub(crate) fn begins(&mut self, call: impl FnOnce() -> String, body: &[u8]) -> Result<bool, Stop> {
        match self {
            Self::Off => Ok(true),
            Self::Record(recorder, _) => {
                recorder.begun(&call(), body);
                Ok(true)
            }
            Self::Play(play) => {
                let heard = play.player.begun(&call(), body);
                play.heard(heard).map(|()| false)
            }
        }
    }

    /// Operations completed.
    pub(crate) fn completed(&mut self, done: &[Done]) {
        if let Self::Record(recorder, _) = self {
            recorder.completed(done.iter().map(|done| (done.id, done.failed, &done.given.head[..], &done.given.contents[..])));
        }
    }

    /// The operations that completed in the recorded run, for a replay.
    pub(crate) fn replayed(&mut self) -> Option<Result<Vec<Done>, Stop>> {
        let Self::Play(play) = self else { return None };
        let heard = play.player.completed();
        Some(match play.heard(heard) {
            Ok(Ok(completed)) => Ok(completed
                .into_iter()
                .map(|Completed { id, failed, head, contents }| Done { id, failed, given: Given { head, contents } })
                .collect()),
            Ok(Err(stopped)) => Err(play.stop(stopped)),
            Err(stop) => Err(stop),
        })
    }

    /// The host stops the run, in its so many-th slice of fuel.
    pub(crate) fn stops(&mut self, stop: Stop, slices: u64, elapsed_ms: u64) {
        if let (Self::Record(recorder, stopped_ms), Stop::WallTime | Stop::Cancelled) = (self, stop) {
            *stopped_ms = Some(elapsed_ms);
            recorder.stopped(Stopped { cancelled: stop == Stop::Cancelled, slices, elapsed_ms });
        }
    }

    /// Whether the recorded run was stopped in this slice of fuel. `None`: this is no replay.
    pub(crate) fn stopped_in(&mut self, slices: u64) -> Option<Result<(), Stop>> {
        let Self::Play(play) = self else { return None };
        Some(play.player.stops(slices).map_or(Ok(()), |stopped| Err(play.stop(stopped))))
    }

    /// How long the run had run when it was stopped, as its journal says.
    pub(crate) fn elapsed_ms(&self) -> Option<u64> {
        match self {
            Self::Record(_, stopped_ms) => *stopped_ms,
            Self::Play(Play { stopped: Some(stopped), .. }) => Some(stopped.elapsed_ms),
            _ => None,
        }
    }
}
