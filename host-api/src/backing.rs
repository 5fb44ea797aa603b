use std::{fmt, pin::Pin};

use ampoule_protocol::{ChildAsk, ChildView, KvAnswer, KvAsk, Progress};

use crate::Failure;

/// Something asked of a [`Backing`].
pub type Backed<T> = Pin<Box<dyn Future<Output = Result<T, BackingError>> + Send>>;

/// Carries out what outlives a run. For a job it is the manager, which does nothing for a lease that is over; for `ampoule run` it is this process.
pub trait Backing: fmt::Debug + Send + Sync {
    /// Reads or changes a namespace of keys and values. What is asked has been found within bounds, and granted.
    fn kv(&self, namespace: &str, ask: KvAsk) -> Backed<KvAnswer>;

    /// Submits, awaits or cancels a job. Without a queue there are none.
    fn jobs(&self, _: ChildAsk) -> Backed<ChildView> {
        Box::pin(std::future::ready(Err(BackingError::Refused("there is no queue here".to_owned()))))
    }

    /// Whether the run still has its lease, as far as can be found out now. A run without one always has.
    fn held(&self) -> Backed<()> {
        Box::pin(std::future::ready(Ok(())))
    }

    /// Shows how far the run has come, to whoever looks. The last word counts; some may never be seen.
    fn progress(&self, _: Progress) {}
}

/// Why a [`Backing`] did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BackingError {
    /// The job went on without this run.
    #[error("this run has lost its lease: nothing was written")]
    LostLease,
    /// Nothing was done.
    #[error("the manager cannot be asked now: nothing was written")]
    Unavailable,
    /// The answer got lost: it was done, or will be, or not.
    #[error("the manager's answer got lost: it may have been written, and it may not")]
    Unknown,
    /// There is no such job among this run's.
    #[error("this job has submitted no such job")]
    NoJob,
    /// It will never be done.
    #[error("{0}")]
    Refused(String),
}

impl BackingError {
    /// As the script catches it.
    pub(crate) fn failure(&self, name: &'static str) -> Failure {
        let code = match self {
            Self::LostLease => "lease_lost",
            Self::Unavailable => "unavailable",
            Self::Unknown => "unknown",
            Self::NoJob => "not_found",
            Self::Refused(_) => "refused",
        };
        Failure::new(name, code, self.to_string())
    }
}
