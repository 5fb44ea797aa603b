use super::Labels;
use crate::manifest::Protocol;

/// A port with its name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedPort {
    /// Its name.
    pub name: String,
    /// Its number.
    pub number: u16,
    /// Its protocol.
    pub protocol: Protocol,
    /// The switch with which somebody listens there.
    pub when: Option<String>,
}

/// One side of a link.
#[derive(Clone, Debug, PartialEq)]
pub struct Peer {
    /// The component's name.
    pub component: String,
    /// Where it is.
    pub place: Place,
}

/// Where one side of a link is.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// Pods with these labels, none meaning all; in the namespace of this knob, or in our own.
    Pods(Labels, Option<String>),
    /// Outside the cluster, at these addresses.
    Nets(Vec<String>),
    /// Any address.
    Anywhere,
    /// All that is installed here and is not isolated.
    Cluster,
}

/// A connection that is let through.
#[derive(Clone, Debug)]
pub struct Link {
    /// Who dials.
    pub from: Peer,
    /// Who is dialled.
    pub to: Peer,
    /// On which ports; none means every port and protocol.
    pub ports: Vec<NamedPort>,
    /// What for.
    pub doc: String,
}

impl Link {
    /// The switch with which the link is there. All of its ports have the same.
    pub fn when(&self) -> Option<&String> {
        self.ports.first().and_then(|port| port.when.as_ref())
    }
}
