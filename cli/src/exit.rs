use std::process::ExitCode;

use ampoule_protocol::Outcome;

/// What the process tells its caller; scripts and CI depend on the numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Exit {
    /// The script returned, or the command did what it says.
    Done = 0,
    /// The script threw.
    Threw = 1,
    /// The command line, or what it names, is wrong.
    Usage = 2,
    /// A limit was exceeded, or the run was cancelled.
    Stopped = 3,
    /// Ampoule failed.
    Fault = 4,
    /// A replay went another way than its recording.
    Differs = 5,
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}

impl From<&Outcome> for Exit {
    fn from(outcome: &Outcome) -> Self {
        match outcome {
            Outcome::Returned { .. } => Self::Done,
            Outcome::Threw { .. } => Self::Threw,
            Outcome::LimitExceeded { .. } | Outcome::Cancelled => Self::Stopped,
            Outcome::Fault { .. } => Self::Fault,
        }
    }
}

/// An error that is Ampoule's, not the caller's.
#[derive(Debug)]
pub(crate) struct Ours(pub(crate) anyhow::Error);

impl std::fmt::Display for Ours {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{:#}", self.0)
    }
}

impl std::error::Error for Ours {}

/// The exit code of a command that failed before it had an outcome.
pub(crate) fn of_error(error: &anyhow::Error) -> Exit {
    if error.is::<Ours>() { Exit::Fault } else { Exit::Usage }
}
