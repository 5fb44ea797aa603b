//! Prints a tree as YAML, and as a Helm template where it has knobs. The same tree always gives the same bytes.

use crate::tree::{Entry, Part, Tree, When};

/// How a template prints two opening braces.
const ESCAPED: &str = "{{ `{{` }}";

/// Prints a document.
pub(crate) fn print(tree: &Tree) -> String {
    let mut out = String::new();
    block(tree, 0, &mut out);
    out
}

/// Prints a document that is there only under these conditions.
pub(crate) fn print_template(tree: &Tree, when: &[When]) -> String {
    let mut out = String::new();
    for when in when {
        out.push_str(&format!("{{{{- if {} }}}}\n", condition(when)));
    }
    block(&escaped(tree), 0, &mut out);
    out.push_str(&"{{- end }}\n".repeat(when.len()));
    out
}

/// The same with braces that a template prints and does not read. A back quote is nothing special in YAML or JSON.
fn escaped(tree: &Tree) -> Tree {
    match tree {
        Tree::Text(parts) => match &parts[..] {
            [Part::Literal(text)] => Tree::text(text.replace("{{", ESCAPED)),
            _ => tree.clone(),
        },
        Tree::List(items) => Tree::List(items.iter().map(escaped).collect()),
        Tree::Map(entries) => Tree::Map(entries.iter().map(|entry| Entry { value: escaped(&entry.value), ..entry.clone() }).collect()),
        Tree::Only(when, item) => Tree::Only(when.clone(), Box::new(escaped(item))),
        Tree::Each(path, item) => Tree::Each(path.clone(), Box::new(escaped(item))),
        Tree::Bool(_) | Tree::Int(_) | Tree::Number(..) | Tree::Block(_) => tree.clone(),
    }
}

/// A node on lines of its own, each indented by `indent`.
fn block(tree: &Tree, indent: usize, out: &mut String) {
    match tree {
        Tree::Map(entries) if !entries.is_empty() => entries.iter().for_each(|entry| member(entry, indent, out)),
        Tree::List(items) if !items.is_empty() => {
            let margin = " ".repeat(indent);
            for item in items {
                let (control, item) = match item {
                    Tree::Only(when, item) => (Some(format!("if {}", condition(when))), &**item),
                    Tree::Each(path, item) => (Some(format!("range {}", value(path))), &**item),
                    item => (None, item),
                };
                if let Some(control) = &control {
                    out.push_str(&format!("{margin}{{{{- {control} }}}}\n"));
                }
                let mut text = String::new();
                block(item, indent + 2, &mut text);
                // The first line of an item stands behind its dash.
                out.push_str(&format!("{margin}- {}", text.trim_start_matches(' ')));
                if control.is_some() {
                    out.push_str(&format!("{margin}{{{{- end }}}}\n"));
                }
            }
        }
        other => out.push_str(&format!("{}{}\n", " ".repeat(indent), scalar(other, indent))),
    }
}

fn member(entry: &Entry, indent: usize, out: &mut String) {
    let margin = " ".repeat(indent);
    if let Some(when) = &entry.when {
        out.push_str(&format!("{margin}{{{{- if {} }}}}\n", condition(when)));
    }
    out.push_str(&format!("{margin}{}:", quoted(&entry.name)));
    match &entry.value {
        Tree::Map(entries) if !entries.is_empty() => {
            out.push('\n');
            block(&entry.value, indent + 2, out);
        }
        Tree::List(items) if !items.is_empty() => {
            out.push('\n');
            block(&entry.value, indent + 2, out);
        }
        Tree::Block(path) => out.push_str(&format!("\n{margin}  {{{{- toYaml {} | nindent {} }}}}\n", value(path), indent + 2)),
        other => out.push_str(&format!(" {}\n", scalar(other, indent + 2))),
    }
    if entry.when.is_some() {
        out.push_str(&format!("{margin}{{{{- end }}}}\n"));
    }
}

/// A node that fits on one line, or a literal block whose lines are indented.
fn scalar(tree: &Tree, indent: usize) -> String {
    match tree {
        Tree::Bool(value) => value.to_string(),
        Tree::Int(value) => value.to_string(),
        Tree::Only(_, item) | Tree::Each(_, item) => scalar(item, indent),
        Tree::Map(_) => "{}".to_owned(),
        Tree::List(_) => "[]".to_owned(),
        Tree::Number(path, 0) => format!("{{{{ {} | int64 }}}}", value(path)),
        Tree::Number(path, more) => format!("{{{{ add {} {more} }}}}", value(path)),
        Tree::Block(path) => format!("{{{{ {} | toJson }}}}", value(path)),
        Tree::Text(parts) => match &parts[..] {
            [Part::Literal(text)] if text.ends_with('\n') && !text.ends_with("\n\n") && !text.starts_with([' ', '\n']) => {
                let margin = " ".repeat(indent);
                let lines = text.lines().map(|line| if line.is_empty() { "\n".to_owned() } else { format!("\n{margin}{line}") });
                format!("|{}", lines.collect::<String>())
            }
            [Part::Literal(text)] => quoted(text),
            [] => quoted(""),
            [Part::Namespace] => "{{ .Release.Namespace | quote }}".to_owned(),
            [Part::Number(path)] => format!("{{{{ {} | int64 | quote }}}}", value(path)),
            [Part::HostOf(path)] => format!("{{{{ trimPrefix \"https://\" {} | quote }}}}", value(path)),
            [Part::Item] => "{{ . | quote }}".to_owned(),
            [Part::Knob(path)] => format!("{{{{ {} | quote }}}}", value(path)),
            [Part::Json(path)] => format!("{{{{ {} | toJson | quote }}}}", value(path)),
            parts => {
                let operands = parts.iter().map(|part| match part {
                    Part::Literal(text) => format!("{text:?}"),
                    Part::Namespace => ".Release.Namespace".to_owned(),
                    Part::Revision => ".Release.Revision".to_owned(),
                    Part::Item => ".".to_owned(),
                    Part::HostOf(path) => format!("(trimPrefix \"https://\" {})", value(path)),
                    Part::Json(path) => format!("({} | toJson)", value(path)),
                    Part::Knob(path) => value(path),
                    Part::Number(path) => format!("(int64 {})", value(path)),
                });
                format!("{{{{ print {} | quote }}}}", operands.collect::<Vec<_>>().join(" "))
            }
        },
    }
}

fn condition(when: &When) -> String {
    match when {
        When::Set(path) => value(path),
        When::Is(path, wanted) => format!("eq {} {wanted:?}", value(path)),
    }
}

fn value(path: &str) -> String {
    format!(".Values.{path}")
}

/// Plain where every YAML reader takes it for this text, else in double quotes.
fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || "-_./ ".contains(c);
    let first = text.chars().next().unwrap_or(' ');
    // A word of YAML 1.1, a number, a date or a time would be read as such.
    let word = matches!(text.to_ascii_lowercase().as_str(), "true" | "false" | "yes" | "no" | "on" | "off" | "y" | "n" | "null");
    let safe = (first.is_ascii_alphabetic() || first == '/') && text.chars().all(plain) && !text.ends_with(' ') && !word;
    if safe { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::map;

    #[test]
    fn prints_templates() {
        let tree = map! {
            "name" => "a-b",
            "version" => "1.30",
            "no" => true,
            "empty" => Tree::List(Vec::new()),
            "list" => Tree::List(vec![map! { "a" => 1, "b" => "x: y" }, Tree::text("80")]),
            "replicas" if When::Is("w.by".into(), "none".into()) => Tree::Number("w.replicas".into(), 0),
            "labels" if When::Set("w.labels".into()) => Tree::Block("w.labels".into()),
            "url" => Tree::Text(vec![Part::Literal("http://m.".into()), Part::Namespace, Part::Literal(":".into()), Part::Number("w.port".into())]),
            "script" => "one\n\n  two\n",
            "legend" => "{{outcome}}",
            "ports" => Tree::List(vec![Tree::text("a").when(Some(&"w.on".to_owned())), Tree::text("b")]),
            "json" => Tree::Text(vec![Part::Json("w.grants".into())]),
            "nets" => Tree::List(vec![Tree::Each("w.nets".into(), Box::new(map! { "cidr" => Tree::Text(vec![Part::Item]) }))]),
        };
        let wanted = r#"name: a-b
version: "1.30"
"no": true
empty: []
list:
  - a: 1
    b: "x: y"
  - "80"
{{- if eq .Values.w.by "none" }}
replicas: {{ .Values.w.replicas | int64 }}
{{- end }}
{{- if .Values.w.labels }}
labels:
  {{- toYaml .Values.w.labels | nindent 2 }}
{{- end }}
url: {{ print "http://m." .Release.Namespace ":" (int64 .Values.w.port) | quote }}
script: |
  one

    two
legend: "{{ `{{` }}outcome}}"
ports:
  {{- if .Values.w.on }}
  - a
  {{- end }}
  - b
json: {{ .Values.w.grants | toJson | quote }}
nets:
  {{- range .Values.w.nets }}
  - cidr: {{ . | quote }}
  {{- end }}
"#;
        assert_eq!(print_template(&tree, &[]), wanted);
        assert!(print(&tree).contains("legend: \"{{outcome}}\"\n"), "without Helm nothing has to be escaped");
        let values = serde_json::json!({"w": {"by": "hpa", "replicas": 3, "labels": {}, "port": 80, "on": false, "nets": ["a/1", "b/2"], "grants": {"net": ["<a>"]}}});
        let fixed = tree.json(&values, "ns");
        assert_eq!((&fixed["ports"], &fixed["json"]), (&serde_json::json!(["b"]), &r#"{"net":["\u003ca\u003e"]}"#.into()));
        assert_eq!(fixed["nets"], serde_json::json!([{"cidr": "a/1"}, {"cidr": "b/2"}]));
        assert_eq!(fixed["url"], "http://m.ns:80");
        assert!(fixed.get("replicas").is_none() && fixed.get("labels").is_none());
    }
}
