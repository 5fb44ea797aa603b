//! What must hold between the parts of a manifest. A file a subject; each tells everything that it sees.

mod chart;
mod cloud;
mod kind;
mod lint;
mod network;
mod plain_text;
mod profile;
mod reference;
mod stage;

use std::collections::BTreeMap;

use crate::{
    manifest::Manifest,
    problem::{Problem, suggestion},
    source::Source,
};

/// Everything that is wrong between the parts.
pub(crate) fn check(manifest: &Manifest, source: &Source) -> Vec<Problem> {
    let mut check = Check { manifest, source, problems: Vec::new() };
    kind::check(&mut check);
    reference::check(&mut check);
    network::check(&mut check);
    plain_text::check(&mut check);
    profile::check(&mut check);
    chart::check(&mut check);
    stage::check(&mut check);
    cloud::check(&mut check);
    check.problems
}

/// What is allowed and yet not as one would wish: told, and no obstacle.
pub(crate) fn lint(manifest: &Manifest, source: &Source) -> Vec<Problem> {
    let mut check = Check { manifest, source, problems: Vec::new() };
    lint::check(&mut check);
    check.problems.sort();
    check.problems
}

struct Check<'a> {
    manifest: &'a Manifest,
    source: &'a Source,
    problems: Vec<Problem>,
}

impl Check<'_> {
    fn tell(&mut self, key: impl Into<String>, message: impl Into<String>) {
        self.problems.push(self.source.problem(key, message));
    }

    /// Tells when no such thing is declared; says whether there is one.
    fn declared<T>(&mut self, key: &str, what: &str, name: &str, all: &BTreeMap<String, T>) -> bool {
        let known = all.contains_key(name);
        if !known {
            self.tell(key, format!("there is no {what} `{name}`{}", suggestion(name, all.keys().map(String::as_str))));
        }
        known
    }
}
