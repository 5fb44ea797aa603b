use super::Labels;
use crate::manifest::{Combine, MonitorPlace};

/// What Prometheus looks at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Watched {
    /// The pods behind a service, by the service's port.
    Service,
    /// Pods, by their own port. No service has it.
    Pods,
}

/// Something that Prometheus scrapes.
#[derive(Clone, Debug, PartialEq)]
pub struct Monitor {
    /// What it looks at.
    pub of: Watched,
    /// The component's object.
    pub object: String,
    /// The chart that it is part of.
    pub chart: String,
    /// Knob with the namespace of the collector, and how the monitor is called there; beside the service if absent.
    pub place: Option<(String, MonitorPlace)>,
    /// Labels of its service, or of its pods.
    pub selector: Labels,
    /// Name of the port.
    pub port: String,
    /// Path.
    pub path: String,
    /// Seconds between scrapes.
    pub interval: u32,
    /// The switch with which there is something to scrape.
    pub when: Option<String>,
}

/// A metric that something depends on.
#[derive(Clone, Debug)]
pub struct SignalRef {
    /// The metric's full name.
    pub metric: String,
    /// Service that exposes it: the `service` label of its series.
    pub service: String,
    /// How several replicas' figures become one.
    pub combine: Combine,
    /// What it says.
    pub doc: String,
}
