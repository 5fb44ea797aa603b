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
    /// Outside the cluster, at the addresses of this knob; nowhere while it has none.
    NetsOf(String),
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
    /// The knob with which the link is there: the switch of its ports, which all have the same, or the addresses of one side.
    pub fn when(&self) -> Option<&String> {
        let addresses = [&self.from, &self.to].into_iter().find_map(|peer| match &peer.place {
            Place::NetsOf(knob) => Some(knob),
            _ => None,
        });
        self.ports.first().and_then(|port| port.when.as_ref()).or(addresses)
    }
}
