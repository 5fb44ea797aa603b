//! An object as it will be printed: plain data, in the author's order, with places where a knob's value goes in.
//!
//! This is all the logic that a template can have: a value of a knob, a text made of such values, a block, an item for each text of a knob's list, and a
//! member or a file that is there only under a condition. `yaml` prints a tree as a Helm template; [`Tree::fixed`] puts values in, for what is rendered without Helm and
//! for tests.

use serde_json::Value;

/// A node of an object.
#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Int(i64),
    /// A text, of parts.
    Text(Vec<Part>),
    /// A list.
    List(Vec<Tree>),
    /// Members in order.
    Map(Vec<Entry>),
    /// The integer of a knob, and something added to it.
    Number(String, i64),
    /// The map or list of a knob, as it is.
    Block(String),
    /// An item of a list that is there only under a condition.
    Only(When, Box<Tree>),
    /// An item of a list that is there once for each text of a knob's list.
    Each(String, Box<Tree>),
}

/// Part of a text.
#[derive(Clone, Debug, PartialEq)]
pub enum Part {
    /// These characters.
    Literal(String),
    /// The text of a knob.
    Knob(String),
    /// The integer of a knob. Helm holds it as a float: printed as it is, a million would be `1e+06`.
    Number(String),
    /// The DNS name in the knob's URL of HTTPS.
    HostOf(String),
    /// The map of a knob, as JSON.
    Json(String),
    /// The namespace that is installed into.
    Namespace,
    /// The text of the knob's list that an item is there for.
    Item,
    /// How often the release was changed: a part of names that must be new each time.
    Revision,
}

/// A member of a map.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// Its name.
    pub name: String,
    /// Its value.
    pub value: Tree,
    /// When it is there at all.
    pub when: Option<When>,
}

/// A condition on one knob.
#[derive(Clone, Debug, PartialEq)]
pub enum When {
    /// A flag is on, a text or a block is not empty.
    Set(String),
    /// A choice has this value.
    Is(String, String),
}

impl Tree {
    /// A text without knobs.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(vec![Part::Literal(text.into())])
    }

    /// The text of a knob.
    pub fn knob(path: impl Into<String>) -> Self {
        Self::Text(vec![Part::Knob(path.into())])
    }

    /// The same with values put in, and without the members whose condition does not hold.
    pub fn fixed(&self, values: &Value, namespace: &str) -> Self {
        match self {
            Self::Bool(_) | Self::Int(_) => self.clone(),
            Self::Text(parts) => Self::text(parts.iter().map(|part| part.fixed(values, namespace)).collect::<String>()),
            Self::List(items) => {
                let kept = items.iter().filter(|item| !matches!(item, Self::Only(when, _) if !when.holds(values)));
                let fixed = |item: &Self| match item {
                    Self::Each(path, item) => {
                        let texts = lookup(values, path).as_array().into_iter().flatten().filter_map(Value::as_str);
                        texts.map(|text| item.for_text(text).fixed(values, namespace)).collect()
                    }
                    item => vec![item.fixed(values, namespace)],
                };
                Self::List(kept.flat_map(fixed).collect())
            }
            Self::Only(_, item) | Self::Each(_, item) => item.fixed(values, namespace),
            Self::Map(entries) => {
                let kept = entries.iter().filter(|entry| entry.when.as_ref().is_none_or(|when| when.holds(values)));
                Self::Map(kept.map(|entry| Entry { value: entry.value.fixed(values, namespace), when: None, ..entry.clone() }).collect())
            }
            Self::Number(path, more) => Self::Int(lookup(values, path).as_i64().unwrap_or_default() + more),
            Self::Block(path) => lookup(values, path).clone().into(),
        }
    }

    /// An item of [`Tree::Each`], for one of the texts.
    fn for_text(&self, text: &str) -> Self {
        match self {
            Self::Text(parts) => {
                let part = |part: &Part| if *part == Part::Item { Part::Literal(text.to_owned()) } else { part.clone() };
                Self::Text(parts.iter().map(part).collect())
            }
            Self::List(items) => Self::List(items.iter().map(|item| item.for_text(text)).collect()),
            Self::Map(entries) => {
                Self::Map(entries.iter().map(|entry| Entry { value: entry.value.for_text(text), ..entry.clone() }).collect())
            }
            other => other.clone(),
        }
    }

    /// As JSON, which a tree with knobs or conditions is not: see [`Tree::fixed`].
    pub fn json(&self, values: &Value, namespace: &str) -> Value {
        match self.fixed(values, namespace) {
            Self::Bool(value) => value.into(),
            Self::Int(value) => value.into(),
            Self::Text(parts) => parts.iter().map(|part| part.fixed(values, namespace)).collect::<String>().into(),
            Self::List(items) => items.iter().map(|item| item.json(values, namespace)).collect::<Vec<_>>().into(),
            Self::Map(entries) => {
                Value::Object(entries.into_iter().map(|entry| (entry.name, entry.value.json(values, namespace))).collect())
            }
            Self::Number(..) | Self::Block(..) | Self::Only(..) | Self::Each(..) => unreachable!("a fixed tree has no knobs"),
        }
    }
}

impl Part {
    fn fixed(&self, values: &Value, namespace: &str) -> String {
        match self {
            Self::Literal(text) => text.clone(),
            Self::Namespace => namespace.to_owned(),
            Self::Revision => "1".to_owned(),
            Self::Item => unreachable!("an item is made for each text before its parts are read"),
            Self::HostOf(path) => lookup(values, path).as_str().unwrap_or_default().trim_start_matches("https://").to_owned(),
            // As Helm's `toJson` prints it, which thinks of HTML.
            Self::Json(path) => lookup(values, path).to_string().replace('<', "\\u003c").replace('>', "\\u003e").replace('&', "\\u0026"),
            Self::Knob(path) | Self::Number(path) => match lookup(values, path) {
                Value::String(text) => text.clone(),
                other => other.to_string(),
            },
        }
    }
}

impl When {
    /// With these values, it is so.
    pub fn holds(&self, values: &Value) -> bool {
        match self {
            Self::Is(path, wanted) => lookup(values, path) == wanted,
            Self::Set(path) => match lookup(values, path) {
                Value::Bool(on) => *on,
                Value::String(text) => !text.is_empty(),
                Value::Array(items) => !items.is_empty(),
                Value::Object(members) => !members.is_empty(),
                Value::Number(number) => number.as_i64() != Some(0),
                Value::Null => false,
            },
        }
    }
}

/// The value at a dotted path.
pub(crate) fn lookup<'a>(values: &'a Value, path: &str) -> &'a Value {
    path.split('.').fold(values, |value, name| &value[name])
}

impl From<Value> for Tree {
    fn from(value: Value) -> Self {
        match value {
            Value::Bool(value) => Self::Bool(value),
            Value::Number(number) => number.as_i64().map_or_else(|| Self::text(number.to_string()), Self::Int),
            Value::String(text) => Self::text(text),
            Value::Array(items) => Self::List(items.into_iter().map(Self::from).collect()),
            Value::Object(members) => Self::Map(members.into_iter().map(|(name, value)| entry(name, value)).collect()),
            Value::Null => Self::text(""),
        }
    }
}

impl From<&str> for Tree {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

impl From<String> for Tree {
    fn from(text: String) -> Self {
        Self::text(text)
    }
}

impl From<&String> for Tree {
    fn from(text: &String) -> Self {
        Self::text(text)
    }
}

impl From<bool> for Tree {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<i64> for Tree {
    fn from(value: i64) -> Self {
        Self::Int(value)
    }
}

impl<T: Into<Self>> From<Vec<T>> for Tree {
    fn from(items: Vec<T>) -> Self {
        Self::List(items.into_iter().map(Into::into).collect())
    }
}

impl From<Vec<Entry>> for Tree {
    fn from(entries: Vec<Entry>) -> Self {
        Self::Map(entries)
    }
}

/// A member that is always there.
pub(crate) fn entry(name: impl Into<String>, value: impl Into<Tree>) -> Entry {
    Entry { name: name.into(), value: value.into(), when: None }
}

/// A list that may be gone as a whole: items that are all there under one condition give it to the list.
pub(crate) fn list(name: &str, items: Vec<Tree>) -> Entry {
    let condition = |item: &Tree| if let Tree::Only(when, _) = item { Some(when.clone()) } else { None };
    let first = items.first().and_then(condition);
    if first.is_some() && items.iter().all(|item| condition(item) == first) {
        let bare = items.into_iter().map(|item| if let Tree::Only(_, item) = item { *item } else { item });
        return Entry { when: first, ..entry(name, bare.collect::<Vec<_>>()) };
    }
    entry(name, items)
}

impl Tree {
    /// There only when this knob is set, if one is named.
    pub(crate) fn when(self, knob: Option<&String>) -> Self {
        match knob {
            Some(knob) => Self::Only(When::Set(knob.clone()), Box::new(self)),
            None => self,
        }
    }
}

/// A text where `{namespace}` is the namespace that Helm installs into.
pub(crate) fn with_namespace(text: &str) -> Tree {
    let mut parts = Vec::new();
    for (index, literal) in text.split("{namespace}").enumerate() {
        if index > 0 {
            parts.push(Part::Namespace);
        }
        if !literal.is_empty() {
            parts.push(Part::Literal(literal.to_owned()));
        }
    }
    Tree::Text(parts)
}

/// A map: `map! { "a": 1, "b" if condition: text }`.
macro_rules! map {
    ($($name:literal $(if $when:expr)? => $value:expr),* $(,)?) => {
        $crate::tree::Tree::Map(vec![$({
            #[allow(unused_mut, reason = "only members with a condition change it")]
            let mut entry = $crate::tree::entry($name, $value);
            $(entry.when = Some($when);)?
            entry
        }),*])
    };
}
pub(crate) use map;
