//! Compares a document with the manifest's JSON Schema, so that every wrong key and type is told, not only the first that serde meets.
//!
//! Knows the part of JSON Schema that the manifest's own schema uses; a test feeds it that schema and fails at any other keyword.

use serde_json::{Map, Value};

use crate::{
    problem::{Problem, suggestion},
    source::{Source, member},
};

/// Keywords that this file understands, and those that only describe.
#[cfg(test)]
pub(crate) const KEYWORDS: &[&str] = &[
    "$defs",
    "$ref",
    "$schema",
    "additionalProperties",
    "allOf",
    "anyOf",
    "const",
    "default",
    "description",
    "enum",
    "format",
    "items",
    "maximum",
    "minimum",
    "oneOf",
    "properties",
    "required",
    "title",
    "type",
];

/// Everything about the document's shape that the schema forbids. Keys that are not known are also taken out of `value`.
pub(crate) fn check(source: &Source, schema: &Value, value: &mut Value) -> Vec<Problem> {
    let mut walk = Walk { source, root: schema, problems: Vec::new() };
    walk.value(schema, value, "");
    walk.problems
}

struct Walk<'a> {
    source: &'a Source,
    root: &'a Value,
    problems: Vec<Problem>,
}

impl<'a> Walk<'a> {
    fn tell(&mut self, key: &str, message: String) {
        self.problems.push(self.source.problem(key, message));
    }

    fn value(&mut self, schema: &'a Value, value: &mut Value, key: &str) {
        if let Some(reference) = schema["$ref"].as_str() {
            let target = reference.strip_prefix('#').and_then(|pointer| self.root.pointer(pointer));
            return self.value(target.unwrap_or(&Value::Null), value, key);
        }
        if let Some(choices) = schema["anyOf"].as_array().or(schema["oneOf"].as_array()) {
            return self.choice(choices, value, key);
        }
        if !is_of(&schema["type"], value) {
            return self.tell(key, format!("must be {}, not {}", wanted(&schema["type"]), shown(value)));
        }
        let allowed =
            schema["enum"].as_array().map(Vec::as_slice).or((!schema["const"].is_null()).then(|| std::slice::from_ref(&schema["const"])));
        if let Some(allowed) = allowed
            && !allowed.contains(value)
        {
            let names = allowed.iter().filter_map(Value::as_str);
            return self.tell(key, format!("must not be {}{}", shown(value), suggestion(value.as_str().unwrap_or_default(), names)));
        }
        if let Some(number) = value.as_i64() {
            let (min, max) = (schema["minimum"].as_i64(), schema["maximum"].as_i64());
            if min.is_some_and(|min| number < min) || max.is_some_and(|max| number > max) {
                self.tell(key, format!("{number} is out of range: {} to {}", min.unwrap_or(i64::MIN), max.unwrap_or(i64::MAX)));
            }
        }
        match value {
            Value::Object(members) => self.object(schema, members, key),
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.value(&schema["items"], item, &format!("{key}[{index}]"));
                }
            }
            _ => {}
        }
    }

    fn object(&mut self, schema: &'a Value, members: &mut Map<String, Value>, key: &str) {
        let none = Map::new();
        let properties = schema["properties"].as_object();
        let known = properties.unwrap_or(&none);
        members.retain(|name, value| {
            let key = member(key, name);
            match (properties.and_then(|properties| properties.get(name)), &schema["additionalProperties"]) {
                (Some(schema), _) => self.value(schema, value, &key),
                (None, Value::Bool(false)) => {
                    self.tell(&key, format!("is not known here{}", suggestion(name, known.keys().map(String::as_str))));
                    return false;
                }
                (None, schema) => self.value(schema, value, &key),
            }
            true
        });
        for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
            if !members.contains_key(name) {
                let doc = known[name]["description"].as_str().map(|doc| format!(": {}", doc.replace('\n', " "))).unwrap_or_default();
                self.tell(key, format!("`{name}` is missing{doc}"));
            }
        }
    }

    /// The first shape that fits; else what is wrong with the shape that is nearest: the one of the value's own type.
    fn choice(&mut self, choices: &'a [Value], value: &mut Value, key: &str) {
        // An enum whose members are documented.
        let constants: Vec<_> = choices.iter().filter_map(|choice| choice["const"].as_str()).collect();
        if constants.len() == choices.len() {
            return match value.as_str() {
                Some(text) if constants.contains(&text) => {}
                _ => self.tell(key, format!("must not be {}{}", shown(value), suggestion(value.as_str().unwrap_or_default(), constants))),
            };
        }
        let mut nearest: Option<Vec<Problem>> = None;
        for choice in choices {
            let mut walk = Walk { source: self.source, root: self.root, problems: Vec::new() };
            let mut copy = value.clone();
            walk.value(choice, &mut copy, key);
            if walk.problems.is_empty() {
                return;
            }
            let deeper = |problems: &[Problem]| {
                problems.iter().filter(|problem| problem.key != key || !problem.message.starts_with("must be")).count()
            };
            if nearest.as_ref().is_none_or(|nearest| deeper(&walk.problems) > deeper(nearest)) {
                nearest = Some(walk.problems);
            }
        }
        // With alternatives of one key each, the names of all of them help more than what one of them lacks.
        let names: Vec<_> = choices.iter().flat_map(|choice| self.alternatives(choice)).collect();
        match value {
            Value::Object(members) if !names.is_empty() && !members.keys().any(|name| names.contains(&name.as_str())) => {
                let name = members.keys().next().cloned().unwrap_or_default();
                self.tell(key, format!("`{name}` is not known here{}", suggestion(&name, names)));
            }
            _ => self.problems.extend(nearest.unwrap_or_default()),
        }
    }

    fn alternatives(&self, schema: &'a Value) -> Vec<&'a str> {
        if let Some(target) = schema["$ref"].as_str().and_then(|reference| self.root.pointer(reference.trim_start_matches('#'))) {
            return self.alternatives(target);
        }
        let nested = schema["oneOf"].as_array().into_iter().flatten().flat_map(|choice| self.alternatives(choice));
        let own = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str);
        own.chain(nested).collect()
    }
}

fn is_of(types: &Value, value: &Value) -> bool {
    let one = |name: &str| match name {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "integer" => value.is_i64() || value.is_u64(),
        "number" => value.is_number(),
        "boolean" => value.is_boolean(),
        _ => value.is_null(),
    };
    match types {
        Value::String(name) => one(name),
        Value::Array(names) => names.iter().filter_map(Value::as_str).any(one),
        _ => true,
    }
}

fn wanted(types: &Value) -> String {
    let name = types.as_str().or(types[0].as_str()).unwrap_or_default();
    match name {
        "object" => "a map",
        "array" => "a list",
        "string" => "text",
        "integer" => "an integer",
        other => other,
    }
    .to_owned()
}

fn shown(value: &Value) -> String {
    match value {
        Value::Null => "empty".to_owned(),
        Value::Object(_) => "a map".to_owned(),
        Value::Array(_) => "a list".to_owned(),
        Value::String(text) => format!("`{text}`"),
        other => format!("`{other}`{}", if other.is_number() || other.is_boolean() { " (quote it if it is text)" } else { "" }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A keyword that this file does not know would be a rule that nobody checks.
    #[test]
    fn knows_every_keyword_of_the_schema() {
        fn keywords(schema: &Value, named: bool, found: &mut Vec<String>) {
            for (name, value) in schema.as_object().into_iter().flatten() {
                if !named {
                    found.push(name.clone());
                }
                keywords(value, !named && matches!(name.as_str(), "properties" | "$defs"), found);
                value.as_array().into_iter().flatten().for_each(|item| keywords(item, false, found));
            }
        }
        let mut found = Vec::new();
        keywords(&crate::schema(), false, &mut found);
        assert!(found.len() > 100);
        for keyword in found {
            assert!(KEYWORDS.contains(&keyword.as_str()), "{keyword}");
        }
    }
}
