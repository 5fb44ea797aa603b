//! May A reach B, and by which rule? Answered from the plan, of which every policy is made.

use std::fmt;

use crate::{
    manifest::Kind,
    plan::{Chart, Link, PartRef, Place, Plan},
    tree::When,
};

/// Whether one component may open connections to another, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// It may.
    pub yes: bool,
    /// The ports, as `8080/TCP`; empty means every port.
    pub ports: Vec<String>,
    /// The rule that decides.
    pub rule: String,
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let ports = if self.ports.is_empty() { "every port".to_owned() } else { self.ports.join(", ") };
        match self.yes {
            true => write!(f, "yes, {ports}: {}", self.rule),
            false => write!(f, "no: {}", self.rule),
        }
    }
}

impl Answer {
    fn no(rule: impl Into<String>) -> Self {
        Self { yes: false, ports: Vec::new(), rule: rule.into() }
    }
}

impl Plan {
    /// May `from` open connections to `to`? `None` when one of the two is no component.
    pub fn reach(&self, from: &str, to: &str) -> Option<Answer> {
        let (dialler, target) = (self.parts.get(from)?, self.parts.get(to)?);
        let inside = |part: &PartRef| part.kind.installed();
        let open = |part: &PartRef| inside(part) && part.isolation.is_none();
        // What is written for these two; else what is written for all that is not isolated.
        let is = |name: &str, part: &PartRef, end: &str| name == end || part.stands_for.as_deref() == Some(end);
        let own = self.links.iter().position(|link| is(from, dialler, &link.from.component) && is(to, target, &link.to.component));
        let shared = self.links.iter().position(|link| open(dialler) && link.from.place == Place::Cluster && link.to.component == to);
        if let Some(index) = own.or(shared) {
            let link = &self.links[index];
            let policy = if dialler.isolation.is_some() || target.isolation.is_some() { ", and isolation lists it" } else { "" };
            let rule = format!("connections[{index}], {}{policy}", link.doc);
            return Some(match link.when() {
                Some(switch) if !self.is_on(switch) => Answer::no(format!("{rule}, but only where {switch} is set")),
                Some(switch) => Answer { yes: true, ports: ports(link), rule: format!("{rule}, unless {switch} is taken away") },
                None => Answer { yes: true, ports: ports(link), rule },
            });
        }
        for (name, part, list, verb) in [(from, dialler, true, "dial"), (to, target, false, "be dialled by")] {
            if let Some(isolation) = &part.isolation {
                let listed = if list { &isolation.outward } else { &isolation.inward };
                let who = if listed.is_empty() { "nobody".to_owned() } else { format!("{} only", listed.join(", ")) };
                return Some(Answer::no(format!("{name} is isolated and may {verb} {who}")));
            }
        }
        let guarded = self.charts.iter().any(|chart| chart.open_policy.is_some());
        Some(if !inside(dialler) && !inside(target) {
            Answer::no("neither is installed here; this manifest does not decide about it")
        } else if inside(dialler) && !inside(target) && guarded {
            Answer::no(format!("what is not isolated may dial what `connections` lists, and {to} is not there"))
        } else if matches!(target.kind, Kind::Job | Kind::CronJob | Kind::Test) || target.ports.is_empty() && inside(target) {
            Answer::no(format!("{to} listens on no port"))
        } else {
            let ports = target.ports.iter().map(|port| format!("{}/{}", port.number, port.protocol.as_str())).collect();
            Answer { yes: true, ports, rule: format!("no policy selects {from} or {to}: the cluster's network is open") }
        })
    }
}

impl Plan {
    /// Whether a knob is set, a switch on, when nobody sets it.
    fn is_on(&self, switch: &str) -> bool {
        let holds = |chart: &Chart| When::Set(switch.to_owned()).holds(&chart.knobs.defaults());
        self.charts.iter().any(|chart| chart.knobs.get(switch).is_some() && holds(chart))
    }
}

fn ports(link: &Link) -> Vec<String> {
    link.ports.iter().map(|port| format!("{}/{}", port.number, port.protocol.as_str())).collect()
}
