use ampoule_protocol::FaultCode;

/// An engine that cannot be made. Running without one of its layers is not an option.
#[derive(Debug, thiserror::Error)]
pub enum EngineError {
    /// Wasmtime refuses the settings on this machine: a processor without the features that the guest was compiled for, or
    /// too little address space for the pool.
    #[error("this machine cannot run sandboxes: {0}")]
    Machine(wasmtime::Error),
    /// The embedded guest does not fit the engine: a broken build.
    #[error("the embedded guest does not load: {0}")]
    Guest(wasmtime::Error),
}

/// A run that Ampoule failed to carry out. Never the script's doing, as far as we know; a job meets it as outcome `fault`.
#[derive(Debug, thiserror::Error)]
pub enum EngineFault {
    /// The guest panicked; the message is for our log.
    #[error("the guest panicked: {message}")]
    Panic {
        /// The panic's message and place.
        message: String,
    },
    /// The guest trapped where no limit explains it.
    #[error("the guest trapped: {0}")]
    Trap(wasmtime::Trap),
    /// Every sandbox of the pool is in use.
    #[error("all sandboxes are in use")]
    Full,
    /// A replay goes another way than its recording; only replays meet it.
    #[error("the replay goes another way than the recorded run")]
    Diverged,
    /// Host and guest disagree on a message.
    #[error(transparent)]
    Malformed(#[from] ampoule_abi::Malformed),
    /// Wasmtime or the machine failed.
    #[error("the host failed: {0}")]
    Host(String),
}

impl EngineFault {
    /// The code under which a job's outcome shows it.
    pub const fn code(&self) -> FaultCode {
        match self {
            Self::Panic { .. } | Self::Trap(_) | Self::Malformed(_) => FaultCode::EnginePanic,
            Self::Full | Self::Diverged | Self::Host(_) => FaultCode::Host,
        }
    }

    /// What a job's owner is told: nothing about the host's inside.
    pub const fn public_message(&self) -> &'static str {
        match self.code() {
            FaultCode::EnginePanic => "the JavaScript engine failed on this script; this is a defect of Ampoule",
            FaultCode::Host | FaultCode::WorkerLost | FaultCode::StartTimeout | FaultCode::Overrun => "the host could not run this script",
        }
    }
}
