//! The manifest's text as a value that still knows its lines.

use std::{collections::HashMap, fmt};

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;
use serde_saphyr::{DuplicateKeyPolicy, Options, Spanned};

use crate::problem::Problem;

/// A YAML document: its value, and where each key stands.
pub(crate) struct Source {
    pub(crate) value: Value,
    lines: HashMap<String, u64>,
}

impl Source {
    /// Reads the document. A key that is there twice is a problem, but not the end: what else is wrong can still be told.
    pub(crate) fn parse(text: &str) -> Result<(Self, Vec<Problem>), Problem> {
        let strict = serde_saphyr::from_str_with_options::<Spanned<Node>>(text, options(DuplicateKeyPolicy::Error));
        let (root, problems) = match strict {
            Ok(root) => (root, Vec::new()),
            Err(error) => {
                let problem = problem(&error);
                let root =
                    serde_saphyr::from_str_with_options(text, options(DuplicateKeyPolicy::FirstWins)).map_err(|_| problem.clone())?;
                (root, vec![problem])
            }
        };
        let mut lines = HashMap::new();
        let value = flatten(root, String::new(), &mut lines);
        Ok((Self { value, lines }, problems))
    }

    /// The line of a key; of what is around it, for a key that is not there.
    pub(crate) fn line(&self, key: &str) -> u64 {
        let mut key = key;
        loop {
            if let Some(line) = self.lines.get(key) {
                return *line;
            }
            match key.rfind(['.', '[']) {
                Some(end) => key = &key[..end],
                None => return 1,
            }
        }
    }

    /// A problem at this key.
    pub(crate) fn problem(&self, key: impl Into<String>, message: impl Into<String>) -> Problem {
        let key = key.into();
        Problem { line: self.line(&key), key, message: message.into() }
    }
}

/// The key of a member of a map.
pub(crate) fn member(parent: &str, name: &str) -> String {
    if parent.is_empty() { name.to_owned() } else { format!("{parent}.{name}") }
}

fn options(duplicate_keys: DuplicateKeyPolicy) -> Options {
    // `no` and `on` are words in a manifest, as in YAML 1.2.
    serde_saphyr::options! { duplicate_keys: duplicate_keys, strict_booleans: true }
}

fn problem(error: &serde_saphyr::Error) -> Problem {
    let message = error.without_snippet().to_string();
    // The place stands in front of the message already, and the crate's options are not the reader's.
    let message = message.split(" at line ").next().unwrap_or_default();
    let message = message.split(", set DuplicateKeyPolicy").next().unwrap_or_default();
    let message = match message.strip_prefix("duplicate mapping key: ") {
        Some(name) => format!("`{name}` is there twice; give each its own name"),
        None => format!("is no YAML: {message}"),
    };
    Problem { line: error.location().map_or(1, |location| location.line()), key: String::new(), message }
}

fn flatten(node: Spanned<Node>, key: String, lines: &mut HashMap<String, u64>) -> Value {
    let line = node.referenced.line();
    let value = match node.value {
        Node::Scalar(value) => value,
        Node::List(items) => {
            items.into_iter().enumerate().map(|(index, item)| flatten(item, format!("{key}[{index}]"), lines)).collect::<Vec<_>>().into()
        }
        Node::Map(entries) => {
            let entries = entries.into_iter().map(|(name, value)| {
                let key = member(&key, &name.value);
                let value = flatten(value, key.clone(), lines);
                // A member's line is that of its name.
                lines.insert(key, name.referenced.line());
                (name.value, value)
            });
            Value::Object(entries.collect())
        }
    };
    lines.entry(key).or_insert(line);
    value
}

enum Node {
    Scalar(Value),
    List(Vec<Spanned<Node>>),
    Map(Vec<(Spanned<String>, Spanned<Node>)>),
}

impl<'de> Deserialize<'de> for Node {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = Node;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a YAML node")
            }
            fn visit_unit<E>(self) -> Result<Node, E> {
                Ok(Node::Scalar(Value::Null))
            }
            fn visit_bool<E>(self, value: bool) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }
            fn visit_i64<E>(self, value: i64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }
            fn visit_u64<E>(self, value: u64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }
            fn visit_f64<E>(self, value: f64) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }
            fn visit_str<E>(self, value: &str) -> Result<Node, E> {
                Ok(Node::Scalar(value.into()))
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Node, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = items.next_element()? {
                    list.push(item);
                }
                Ok(Node::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut entries: A) -> Result<Node, A::Error> {
                let mut map = Vec::new();
                while let Some(entry) = entries.next_entry()? {
                    map.push(entry);
                }
                Ok(Node::Map(map))
            }
        }
        deserializer.deserialize_any(Any)
    }
}
