//! How two rendered platforms differ: object by object, member by member.

use std::{collections::BTreeMap, fmt};

use serde_json::Value;

use crate::Files;

/// One difference.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Difference {
    /// The file.
    pub file: String,
    /// The object in it, as `KIND/NAME`; empty where a file is not one of Kubernetes' objects.
    pub object: String,
    /// JSON pointer of the member, or the line of a template; empty for the whole.
    pub at: String,
    /// As it was; `None`: it was not there.
    pub before: Option<String>,
    /// As it is; `None`: it is no more.
    pub after: Option<String>,
}

impl fmt::Display for Difference {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { file, object, at, before, after } = self;
        let object = if object.is_empty() { String::new() } else { format!(" {object}") };
        let at = if at.is_empty() { String::new() } else { format!(" {at}") };
        match (before, after) {
            (Some(before), Some(after)) => write!(f, "~ {file}{object}{at}: {before} → {after}"),
            (Some(before), None) => write!(f, "- {file}{object}{at}: {before}"),
            (None, Some(after)) => write!(f, "+ {file}{object}{at}: {after}"),
            (None, None) => Ok(()),
        }
    }
}

/// Everything that is not equal, in the order of files. The lock file is left out: it differs with all others.
pub fn diff(before: &Files, after: &Files) -> Vec<Difference> {
    let mut differences = Vec::new();
    let paths: std::collections::BTreeSet<_> = before.keys().chain(after.keys()).filter(|path| *path != crate::lock::FILE).collect();
    for path in paths {
        match (before.get(path), after.get(path)) {
            (Some(old), Some(new)) if old == new => {}
            (Some(old), Some(new)) => of_file(path, old, new, &mut differences),
            (old, new) => {
                let whole = |text: &String| objects(text).map_or_else(|| format!("{} lines", text.lines().count()), |all| shown(&all));
                differences.push(Difference {
                    file: path.clone(),
                    object: String::new(),
                    at: String::new(),
                    before: old.map(whole),
                    after: new.map(whole),
                });
            }
        }
    }
    differences
}

fn shown(objects: &BTreeMap<String, Value>) -> String {
    let names: Vec<_> = objects.keys().filter(|name| !name.is_empty()).cloned().collect();
    if names.is_empty() { "a file".to_owned() } else { names.join(", ") }
}

fn of_file(path: &str, old: &str, new: &str, out: &mut Vec<Difference>) {
    match (objects(old), objects(new)) {
        (Some(old), Some(new)) => {
            let names: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
            for name in names {
                let mut found = Vec::new();
                walk("", old.get(name), new.get(name), &mut found);
                out.extend(found.into_iter().map(|(at, before, after)| Difference {
                    file: path.to_owned(),
                    object: name.clone(),
                    at,
                    before: before.map(ToString::to_string),
                    after: after.map(ToString::to_string),
                }));
            }
        }
        _ => lines(path, old, new, out),
    }
}

/// The objects of a file by `KIND/NAME`; `None` for templates and for what is no data.
fn objects(text: &str) -> Option<BTreeMap<String, Value>> {
    if text.contains("{{") {
        return None;
    }
    let value: Value = serde_saphyr::from_str(text).ok()?;
    if !value.is_object() && !value.is_array() {
        return None;
    }
    let name = match (value["kind"].as_str(), value["metadata"]["name"].as_str()) {
        (Some(kind), Some(name)) => format!("{kind}/{name}"),
        _ => String::new(),
    };
    Some(BTreeMap::from([(name, value)]))
}

type Found<'a> = (String, Option<&'a Value>, Option<&'a Value>);

fn walk<'a>(at: &str, old: Option<&'a Value>, new: Option<&'a Value>, out: &mut Vec<Found<'a>>) {
    let below = |name: &str| format!("{at}/{}", name.replace('~', "~0").replace('/', "~1"));
    match (old, new) {
        (Some(old), Some(new)) if old == new => {}
        (Some(Value::Object(old)), Some(Value::Object(new))) => {
            let names: std::collections::BTreeSet<_> = old.keys().chain(new.keys()).collect();
            names.into_iter().for_each(|name| walk(&below(name), old.get(name), new.get(name), out));
        }
        (Some(Value::Array(old)), Some(Value::Array(new))) => {
            (0..old.len().max(new.len())).for_each(|index| walk(&format!("{at}/{index}"), old.get(index), new.get(index), out));
        }
        (old, new) => out.push((at.to_owned(), old, new)),
    }
}

/// Templates and texts: the lines that only one of them has, in their order.
fn lines(path: &str, old: &str, new: &str, out: &mut Vec<Difference>) {
    let (old, new): (Vec<_>, Vec<_>) = (old.lines().collect(), new.lines().collect());
    let start = old.iter().zip(&new).take_while(|(old, new)| old == new).count();
    let rest = old.len().min(new.len()) - start;
    let end = old.iter().rev().zip(new.iter().rev()).take(rest).take_while(|(old, new)| old == new).count();
    let text = |lines: &[&str]| (!lines.is_empty()).then(|| lines.iter().map(|line| line.trim()).collect::<Vec<_>>().join(" ⏎ "));
    out.push(Difference {
        file: path.to_owned(),
        object: String::new(),
        at: format!("line {}", start + 1),
        before: text(&old[start..old.len() - end]),
        after: text(&new[start..new.len() - end]),
    });
}
