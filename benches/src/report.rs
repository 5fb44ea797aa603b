//! Figures for people and for programs.

use std::fmt::Write as _;

use crate::{Figure, Skipped};

pub use crate::html::page;

/// `[{suite,name,unit,p50,p99,n}]`.
pub fn json(figures: &[Figure]) -> String {
    serde_json::to_string_pretty(figures).unwrap_or_default()
}

/// For a terminal.
pub fn table(figures: &[Figure], skipped: &[Skipped]) -> String {
    let mut text = String::new();
    let width = figures.iter().map(|figure| figure.name.len()).max().unwrap_or(0).max(4);
    if !figures.is_empty() {
        let _ = writeln!(text, "{:10}  {:width$}  {:>10}  {:>10}  {:5}  {:>7}", "suite", "name", "p50", "p99", "unit", "n");
    }
    let mut suite = "";
    for figure in figures {
        let shown = if figure.suite == suite { "" } else { figure.suite };
        suite = figure.suite;
        let (p50, p99) = (number(figure.p50), number(figure.p99));
        let _ = writeln!(text, "{shown:10}  {:width$}  {p50:>10}  {p99:>10}  {:5}  {:>7}", figure.name, figure.unit.as_str(), figure.n);
    }
    for skipped in skipped {
        let _ = writeln!(text, "SKIPPED {}/{}: {}", skipped.suite, skipped.name, skipped.reason);
    }
    text
}

/// Three significant digits, without an exponent.
pub(crate) fn number(value: f64) -> String {
    match value.abs() {
        size if size >= 100.0 => format!("{value:.0}"),
        size if size >= 10.0 => format!("{value:.1}"),
        size if size >= 1.0 => format!("{value:.2}"),
        _ => format!("{value:.3}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unit;

    fn figures() -> Vec<Figure> {
        vec![Figure::new("sandbox", "eval", Unit::Microseconds, (0..200).map(f64::from).collect())]
    }

    #[test]
    fn json_has_the_promised_fields() {
        let json: serde_json::Value = serde_json::from_str(&json(&figures())).unwrap();
        assert_eq!(json, serde_json::json!([{"suite": "sandbox", "name": "eval", "unit": "us", "p50": 100.0, "p99": 198.0, "n": 200}]));
    }

    #[test]
    fn table_shows_what_was_skipped() {
        let skipped = Skipped { suite: "run", name: "library".to_owned(), reason: "no npm".to_owned() };
        let table = table(&figures(), &[skipped]);
        assert!(table.contains("eval") && table.contains("198"), "{table}");
        assert!(table.ends_with("SKIPPED run/library: no npm\n"), "{table}");
    }
}
