//! What an installer may set: the only places where a template depends on values.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use crate::tree::lookup;

/// One value of the chart's values file.
#[derive(Clone, Debug, PartialEq)]
pub struct Knob {
    /// Dotted path: `worker.slots`.
    pub path: String,
    /// What it does, in one line.
    pub doc: String,
    /// Its value when nobody sets it.
    pub default: Value,
    /// JSON Schema of what it can be.
    pub schema: Value,
}

impl Knob {
    fn new(path: impl Into<String>, doc: impl Into<String>, default: Value, schema: Value) -> Self {
        Self { path: path.into(), doc: doc.into(), default, schema }
    }

    /// A whole number.
    pub fn integer(path: impl Into<String>, doc: impl Into<String>, default: i64, min: i64, max: i64) -> Self {
        Self::new(path, doc, default.into(), json!({"type": "integer", "minimum": min, "maximum": max}))
    }

    /// Text of this pattern.
    pub fn text(path: impl Into<String>, doc: impl Into<String>, default: impl Into<Value>, pattern: &str) -> Self {
        Self::new(path, doc, default.into(), json!({"type": "string", "pattern": pattern}))
    }

    /// On or off.
    pub fn flag(path: impl Into<String>, doc: impl Into<String>, default: bool) -> Self {
        Self::new(path, doc, default.into(), json!({"type": "boolean"}))
    }

    /// One of these words.
    pub fn choice(path: impl Into<String>, doc: impl Into<String>, choices: &[&str]) -> Self {
        Self::new(path, doc, choices[0].into(), json!({"type": "string", "enum": choices}))
    }

    /// A map that goes into an object as it is.
    pub fn map(path: impl Into<String>, doc: impl Into<String>, default: Value) -> Self {
        Self::new(path, doc, default, json!({"type": "object"}))
    }

    /// Labels: a map of texts.
    pub fn labels(path: impl Into<String>, doc: impl Into<String>, default: Value) -> Self {
        Self::new(path, doc, default, json!({"type": "object", "additionalProperties": {"type": "string"}}))
    }

    /// A list that goes into an object as it is.
    pub fn list(path: impl Into<String>, doc: impl Into<String>) -> Self {
        Self::new(path, doc, json!([]), json!({"type": "array", "items": {"type": "object"}}))
    }

    /// A list of texts of this pattern.
    pub fn texts(path: impl Into<String>, doc: impl Into<String>, default: &[String], pattern: &str) -> Self {
        Self::new(path, doc, json!(default), json!({"type": "array", "items": {"type": "string", "pattern": pattern}}))
    }

    /// Why this value is not possible, and what would be.
    pub fn refuses(&self, value: &Value) -> Option<String> {
        let wrong = |wanted: String| Some(format!("`{value}` is not possible; {wanted}"));
        let schema = &self.schema;
        match schema["type"].as_str().unwrap_or_default() {
            "integer" => {
                let range = schema["minimum"].as_i64()?..=schema["maximum"].as_i64()?;
                let fits = value.as_i64().is_some_and(|number| range.contains(&number));
                if fits { None } else { wrong(format!("an integer from {} to {}", range.start(), range.end())) }
            }
            "boolean" if !value.is_boolean() => wrong("true or false".to_owned()),
            "string" if !value.is_string() => wrong("text".to_owned()),
            "string" => match schema["enum"].as_array() {
                Some(choices) if !choices.contains(value) => wrong(format!("one of {}", Value::from(choices.clone()))),
                _ => None,
            },
            "object" if !value.is_object() => wrong("a map".to_owned()),
            "array" if !value.is_array() => wrong("a list".to_owned()),
            _ => None,
        }
    }
}

/// A name of the manifest as part of a knob's path: templates read `-` as an operator.
pub(crate) fn key(name: &str) -> String {
    let mut words = name.split('-');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |key, word| {
        let mut letters = word.chars();
        key + &letters.next().map(|letter| letter.to_ascii_uppercase()).into_iter().chain(letters).collect::<String>()
    })
}

/// Text patterns. None admits a quote, a backslash or a line's end.
pub mod pattern {
    /// A DNS label.
    pub const LABEL: &str = "^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$";
    /// A DNS name.
    pub const NAME: &str = "^[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$";
    /// A DNS name, or nothing.
    pub const NAME_OR_NONE: &str = "^([a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?)?$";
    /// An image without its tag.
    pub const REPOSITORY: &str = "^[a-z0-9]([-a-z0-9._/:]*[a-z0-9])?$";
    /// An image's tag, and what it must be by its digest.
    pub const TAG: &str = "^[A-Za-z0-9_][-A-Za-z0-9._]{0,127}(@sha256:[0-9a-f]{64})?$";
    /// A Kubernetes quantity.
    pub const QUANTITY: &str = "^[0-9]+(Ki|Mi|Gi|Ti|m)?$";
    /// An origin of HTTPS: no path, no port.
    pub const ORIGIN: &str = "^https://[a-z0-9]([-a-z0-9.]{0,251}[a-z0-9])?$";
    /// An IPv4 network with its length.
    pub const NET: &str = "^[0-9]{1,3}([.][0-9]{1,3}){3}/[0-9]{1,2}$";
    /// A URL of HTTP.
    pub const URL: &str = "^https?://[-a-zA-Z0-9.:/_]+$";
}

/// All knobs of a chart, in the order of their values file.
#[derive(Clone, Debug, Default)]
pub struct Knobs(Vec<Knob>);

impl Knobs {
    /// Adds one.
    pub fn add(&mut self, knob: Knob) {
        self.0.push(knob);
    }

    /// The knob at this path.
    pub fn get(&self, path: &str) -> Option<&Knob> {
        self.0.iter().find(|knob| knob.path == path)
    }

    /// All of them.
    pub fn iter(&self) -> impl Iterator<Item = &Knob> {
        self.0.iter()
    }

    /// All defaults, as the values that Helm sees.
    pub fn defaults(&self) -> Value {
        self.values(|_| None)
    }

    /// The values that Helm sees when these are set.
    pub fn values<'a>(&self, set: impl Fn(&str) -> Option<&'a Value>) -> Value {
        let mut values = json!({});
        for knob in &self.0 {
            *place(&mut values, &knob.path) = set(&knob.path).unwrap_or(&knob.default).clone();
        }
        values
    }

    /// JSON Schema of the values file.
    pub fn schema(&self, title: &str) -> Value {
        let mut root = json!({
            "$schema": "http://json-schema.org/draft-07/schema#", "title": title, "type": "object", "additionalProperties": false,
            // Helm hands this to every chart.
            "properties": {"global": {"type": "object"}},
        });
        for knob in &self.0 {
            let mut at = &mut root;
            for name in knob.path.split('.') {
                if !at["properties"].is_object() {
                    *at = json!({"type": "object", "additionalProperties": false, "properties": {}});
                }
                at = &mut at["properties"][name];
            }
            *at = knob.schema.clone();
            at["description"] = knob.doc.clone().into();
        }
        root
    }

    /// A values file: all knobs with their defaults, or only those that these values set.
    pub(crate) fn file(&self, only: Option<&BTreeMap<String, Value>>) -> String {
        let mut root: Vec<Group<'_>> = Vec::new();
        for knob in &self.0 {
            let value = only.map_or(Some(&knob.default), |only| only.get(&knob.path));
            if let Some(value) = value {
                let names: Vec<_> = knob.path.split('.').collect();
                insert(&mut root, &names, (knob, value.clone()));
            }
        }
        let mut out = String::new();
        print(&root, 0, &mut out);
        out
    }
}

/// Where a path leads, made if it is not there.
pub(crate) fn place<'a>(values: &'a mut Value, path: &str) -> &'a mut Value {
    path.split('.').fold(values, |value, name| {
        if !value.is_object() {
            *value = Value::Object(Map::new());
        }
        &mut value[name]
    })
}

/// A name of a values file, with what is under it.
struct Group<'a> {
    name: &'a str,
    leaf: Option<(&'a Knob, Value)>,
    below: Vec<Group<'a>>,
}

fn insert<'a>(groups: &mut Vec<Group<'a>>, names: &[&'a str], leaf: (&'a Knob, Value)) {
    let [name, rest @ ..] = names else { return };
    let index = groups.iter().position(|group| group.name == *name).unwrap_or_else(|| {
        groups.push(Group { name, leaf: None, below: Vec::new() });
        groups.len() - 1
    });
    match rest {
        [] => groups[index].leaf = Some(leaf),
        rest => insert(&mut groups[index].below, rest, leaf),
    }
}

fn print(groups: &[Group<'_>], indent: usize, out: &mut String) {
    let margin = " ".repeat(indent);
    for group in groups {
        if let Some((knob, value)) = &group.leaf {
            let tree = crate::tree::Tree::Map(vec![crate::tree::entry(group.name, value.clone())]);
            let text = crate::yaml::print(&tree);
            out.push_str(&format!("{margin}# {}\n", knob.doc));
            text.lines().for_each(|line| out.push_str(&format!("{margin}{line}\n")));
        } else {
            out.push_str(&format!("{margin}{}:\n", group.name));
            print(&group.below, indent + 2, out);
        }
    }
}

/// The value of a knob among values, for those who show it.
pub fn value_at<'a>(values: &'a Value, path: &str) -> &'a Value {
    lookup(values, path)
}
