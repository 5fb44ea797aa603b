//! The report as one page that needs nothing from elsewhere.

use std::fmt::Write as _;

use crate::{Figure, Skipped, Suite, Unit, contest::Matrix, plot, report::number};

const STYLE: &str = include_str!("report.css");

/// A page with a plot and a table for each suite. `about` says what was measured where: pairs of name and value.
pub fn page(figures: &[Figure], skipped: &[Skipped], about: &[(&str, String)]) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"><meta name=\"viewport\" content=\"width=device-width\">\
         <title>Ampoule: what a sandbox costs</title><style>{STYLE}</style></head><body><main>\n<h1>What a sandbox costs</h1>\n<dl>"
    );
    for (name, value) in about {
        let _ = write!(html, "<div><dt>{name}</dt><dd>{}</dd></div>", escape(value));
    }
    html.push_str("</dl>\n");
    let mut suites: Vec<&'static str> = Vec::new();
    for figure in figures {
        if !suites.contains(&figure.suite) {
            suites.push(figure.suite);
        }
    }
    for suite in suites {
        let listed = |figure: &&Figure| figure.suite == suite && (suite == Suite::SideBySide.as_str() || !Matrix::shows(&figure.name));
        let of_suite: Vec<_> = figures.iter().filter(listed).collect();
        section(&mut html, suite, &of_suite);
    }
    for matrix in Matrix::all(figures) {
        contest(&mut html, &matrix);
    }
    if !skipped.is_empty() {
        html.push_str("<section><h2>Skipped</h2><ul>");
        for skipped in skipped {
            let _ = write!(html, "<li><b>{}/{}</b>: {}</li>", skipped.suite, escape(&skipped.name), escape(&skipped.reason));
        }
        html.push_str("</ul></section>\n");
    }
    html + "</main></body></html>\n"
}

fn section(html: &mut String, suite: &'static str, figures: &[&Figure]) {
    let question = suite.parse::<Suite>().map_or(suite, Suite::question);
    let _ = writeln!(html, "<section><h2>{question}</h2>");
    let mut units: Vec<Unit> = Vec::new();
    for figure in figures {
        if !units.contains(&figure.unit) {
            units.push(figure.unit);
        }
    }
    for unit in units {
        let of_unit: Vec<_> = figures.iter().filter(|figure| figure.unit == unit).copied().collect();
        let _ = write!(html, "<figure>");
        // Few samples have no shape worth showing.
        if of_unit.iter().any(|figure| figure.n >= 20) {
            let _ = write!(html, "{}", plot::distributions(&of_unit));
            let _ = write!(html, "<figcaption>{}, logarithmic; mark: median, line: to the 99th percentile</figcaption>", unit.as_str());
        } else {
            let rows: Vec<_> = of_unit.iter().map(|figure| (escape(&figure.name), figure.p50)).collect();
            let _ = write!(html, "{}<figcaption>medians</figcaption>", plot::bars(&rows, unit.as_str()));
        }
        html.push_str("</figure>\n");
    }
    html.push_str("<table><thead><tr><th>name</th><th>p50</th><th>p99</th><th>unit</th><th>n</th></tr></thead><tbody>");
    for figure in figures {
        let (name, p50, p99) = (escape(&figure.name), number(figure.p50), number(figure.p99));
        let _ = write!(html, "<tr><td>{name}</td><td>{p50}</td><td>{p99}</td><td>{}</td><td>{}</td></tr>", figure.unit.as_str(), figure.n);
    }
    html.push_str("</tbody></table></section>\n");
}

/// A table of programs and rivals.
fn contest(html: &mut String, matrix: &Matrix) {
    let row = |row: &[String], cell: &str| {
        let cells: String = row.iter().map(|text| format!("<{cell}>{}</{cell}>", escape(text))).collect();
        format!("<tr>{cells}</tr>")
    };
    let body: String = matrix.rows.iter().map(|cells| row(cells, "td")).collect();
    let _ = writeln!(
        html,
        "<section><h2>{} against others, in turns: CPU time in ms, and ours by theirs</h2><table><thead>{}</thead><tbody>{body}</tbody></table></section>",
        matrix.head.first().map_or("", String::as_str),
        row(&matrix.head, "th")
    );
}

fn escape(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_needs_nothing_from_elsewhere() {
        let figures = [Figure::new("sandbox", "eval", Unit::Microseconds, (1..50).map(f64::from).collect())];
        let skipped = [Skipped { suite: "run", name: "library".into(), reason: "<no> npm".into() }];
        let page = page(&figures, &skipped, &[("engine", "abc".into())]);
        assert!(page.contains("What does a fresh sandbox cost?") && page.contains("&lt;no&gt; npm"), "{page}");
        for outside in ["http", "src=", "href=", "url(", "@import"] {
            assert!(!page.contains(outside), "{outside}");
        }
    }
}
