use std::{fmt, str::FromStr};

use anyhow::Result;

use crate::{
    Bench, capabilities, cpu, density, held_out, host_call, interrupt, peers, preemption, queue, run, sandbox, scale, service, start, web,
};

/// One question, and the figures that answer it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suite {
    /// What does a fresh sandbox cost?
    Sandbox,
    /// What does a job cost, by script and by how it was loaded?
    Run,
    /// What does a host call cost?
    HostCall,
    /// What do capabilities cost?
    Capabilities,
    /// How long until a process can run anything?
    Start,
    /// How much memory does a live sandbox hold?
    Density,
    /// How long after its limit is a script stopped?
    Interrupt,
    /// Do long scripts starve short ones?
    Preemption,
    /// What does a second core give?
    Scale,
    /// How fast is JavaScript itself?
    Cpu,
    /// Does what makes the suite faster make other programs faster too?
    HeldOut,
    /// How long from a submit to its result?
    Service,
    /// How fast is the queue, durably?
    Queue,
    /// What does the web's common API cost?
    Web,
    /// How do others compare, here and now?
    SideBySide,
}

impl Suite {
    /// Every suite, in the order in which they are measured: memory before the suites that fill it.
    pub const ALL: [Self; 15] = [
        Self::Density,
        Self::Sandbox,
        Self::Run,
        Self::HostCall,
        Self::Capabilities,
        Self::Start,
        Self::Interrupt,
        Self::Preemption,
        Self::Scale,
        Self::Cpu,
        Self::HeldOut,
        Self::Service,
        Self::Queue,
        Self::Web,
        Self::SideBySide,
    ];

    /// What is measured when nobody says what: all that needs no software of others, no server, no large disk and no guest of another kind, and
    /// shows nobody a program that is not to be tuned for.
    pub fn ours() -> impl Iterator<Item = Self> {
        Self::ALL.into_iter().filter(|suite| !matches!(suite, Self::SideBySide | Self::HeldOut | Self::Queue | Self::Web))
    }

    /// The name on the command line and in reports.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sandbox => "sandbox",
            Self::Run => "run",
            Self::HostCall => "host-call",
            Self::Capabilities => "capabilities",
            Self::Start => "start",
            Self::Density => "density",
            Self::Interrupt => "interrupt",
            Self::Preemption => "preemption",
            Self::Scale => "scale",
            Self::Cpu => "cpu",
            Self::HeldOut => "held-out",
            Self::Service => "service",
            Self::Queue => "queue",
            Self::Web => "web",
            Self::SideBySide => "side-by-side",
        }
    }

    /// What it asks.
    pub const fn question(self) -> &'static str {
        match self {
            Self::Sandbox => "What does a fresh sandbox cost?",
            Self::Run => "What does a job cost, by script and by how it was loaded?",
            Self::HostCall => "What does a host call cost?",
            Self::Capabilities => "What do capabilities cost?",
            Self::Start => "How long until a process can run anything?",
            Self::Density => "How much memory does a live sandbox hold?",
            Self::Interrupt => "How long after its limit is a script stopped?",
            Self::Preemption => "Do long scripts starve short ones?",
            Self::Scale => "What does a second core give?",
            Self::Cpu => "How fast is JavaScript itself?",
            Self::HeldOut => "Does what makes the suite faster make other programs faster too?",
            Self::Service => "How long from a submit to its result?",
            Self::Queue => "How fast is the queue, durably?",
            Self::Web => "What does the web's common API cost?",
            Self::SideBySide => "How do others compare, here and now?",
        }
    }

    pub(crate) fn measure(self, bench: &mut Bench<'_>) -> Result<()> {
        match self {
            Self::Sandbox => sandbox::measure(bench),
            Self::Run => run::measure(bench),
            Self::HostCall => host_call::measure(bench),
            Self::Capabilities => capabilities::measure(bench),
            Self::Start => start::measure(bench),
            Self::Density => density::measure(bench),
            Self::Interrupt => interrupt::measure(bench),
            Self::Preemption => preemption::measure(bench),
            Self::Scale => scale::measure(bench),
            Self::Cpu => cpu::measure(bench),
            Self::HeldOut => held_out::measure(bench),
            Self::Service => service::measure(bench),
            Self::Queue => queue::measure(bench),
            Self::Web => web::measure(bench),
            Self::SideBySide => peers::measure(bench),
        }
    }
}

impl fmt::Display for Suite {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Suite {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL.into_iter().find(|suite| suite.as_str() == name).ok_or_else(|| {
            let known: Vec<_> = Self::ALL.iter().map(|suite| suite.as_str()).collect();
            format!("no such suite; there are: {}", known.join(", "))
        })
    }
}
