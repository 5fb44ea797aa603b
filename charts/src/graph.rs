//! The connection graph as a picture: who dials in at the left, what is installed in the middle, what is dialled at the right.

use std::collections::BTreeMap;

use crate::{
    manifest::Kind,
    plan::{PartRef, Plan},
};

/// Size of a box, and the room between boxes, in pixels.
const BOX: (i32, i32) = (190, 44);
const GAP: (i32, i32) = (210, 18);
const MARGIN: i32 = 24;

/// An SVG of every component that has a connection.
pub fn svg(plan: &Plan) -> String {
    let columns = columns(plan);
    let mut places = BTreeMap::new();
    let tallest = columns.iter().map(Vec::len).max().unwrap_or_default() as i32;
    for (column, names) in columns.iter().enumerate() {
        let top = (tallest - names.len() as i32) * (BOX.1 + GAP.1) / 2;
        for (row, name) in names.iter().enumerate() {
            let x = MARGIN + column as i32 * (BOX.0 + GAP.0);
            places.insert(name.as_str(), (x, MARGIN + top + row as i32 * (BOX.1 + GAP.1)));
        }
    }
    let (width, height) = (2 * MARGIN + 3 * BOX.0 + 2 * GAP.0, 2 * MARGIN + tallest * (BOX.1 + GAP.1));
    let mut out = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {width} {height}\" width=\"{width}\" height=\"{height}\" \
         font-family=\"sans-serif\" font-size=\"13\">\n<title>Connections of {}</title>\n\
         <defs><marker id=\"arrow\" viewBox=\"0 0 8 8\" refX=\"8\" refY=\"4\" markerWidth=\"8\" markerHeight=\"8\" orient=\"auto\">\
         <path d=\"M0 0 8 4 0 8z\" fill=\"#555\"/></marker></defs>\n<rect width=\"100%\" height=\"100%\" fill=\"#fff\"/>\n",
        plan.install.name
    );
    for link in &plan.links {
        let (Some(from), Some(to)) = (places.get(link.from.component.as_str()), places.get(link.to.component.as_str())) else { continue };
        out.push_str(&edge(*from, *to, &label(link)));
    }
    for (name, place) in &places {
        out.push_str(&node(name, &plan.parts[*name], *place));
    }
    out.push_str("</svg>\n");
    out
}

/// Those who only dial, those in between, those who are only dialled. What is installed is always in between, and so is what lets others in.
fn columns(plan: &Plan) -> [Vec<String>; 3] {
    let mut columns = [Vec::new(), Vec::new(), Vec::new()];
    for name in plan.parts.keys() {
        let dials = plan.links.iter().any(|link| link.from.component == *name);
        let dialled = plan.links.iter().any(|link| link.to.component == *name);
        let ours = |name: &str| plan.parts[name].kind.installed() || plan.parts[name].kind == Kind::Cluster;
        let entrance = dialled && !plan.links.iter().any(|link| link.to.component == *name && ours(&link.from.component));
        let column = match (ours(name) || entrance, dials, dialled) {
            (_, false, false) => continue,
            (true, _, _) => 1,
            (false, true, _) => 0,
            (false, false, true) => 2,
        };
        columns[column].push(name.clone());
    }
    columns
}

fn label(link: &crate::plan::Link) -> String {
    if link.ports.is_empty() {
        return "every port".to_owned();
    }
    let numbers: Vec<_> = link.ports.iter().map(|port| format!("{}/{}", port.number, port.protocol.as_str().to_lowercase())).collect();
    numbers.join(" ")
}

fn edge(from: (i32, i32), to: (i32, i32), label: &str) -> String {
    let (y1, y2) = (from.1 + BOX.1 / 2, to.1 + BOX.1 / 2);
    let (x1, x2) = match from.0.cmp(&to.0) {
        std::cmp::Ordering::Less => (from.0 + BOX.0, to.0),
        std::cmp::Ordering::Greater => (from.0, to.0 + BOX.0),
        // Inside of a column, around it.
        std::cmp::Ordering::Equal => (from.0 + BOX.0, to.0 + BOX.0),
    };
    let bend = if from.0 == to.0 { 70 } else { (x2 - x1) / 2 };
    let (c1, c2) = if from.0 == to.0 { (x1 + bend, x2 + bend) } else { (x1 + bend, x2 - bend) };
    // Two thirds of the way: there, lines of one box have parted.
    let (x, y) = ((x1 + 6 * c1 + 12 * c2 + 8 * x2) / 27, (7 * y1 + 20 * y2) / 27 + 4);
    format!(
        "<path d=\"M{x1} {y1}C{c1} {y1} {c2} {y2} {x2} {y2}\" fill=\"none\" stroke=\"#777\" marker-end=\"url(#arrow)\"/>\n\
         <text x=\"{x}\" y=\"{y}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#444\" stroke=\"#fff\" stroke-width=\"4\" \
         paint-order=\"stroke\">{}</text>\n",
        escaped(label)
    )
}

fn node(name: &str, part: &PartRef, (x, y): (i32, i32)) -> String {
    let (fill, line) = match (part.isolation.is_some(), part.kind.installed() || part.kind == Kind::Cluster) {
        (true, _) => ("#fde8e8", "#b00020"),
        (false, true) => ("#e8f0fd", "#2456a6"),
        (false, false) => ("#f4f4f4", "#888"),
    };
    let what = if part.isolation.is_some() { "isolated" } else { kind(part.kind) };
    let (width, height) = BOX;
    let middle = x + width / 2;
    format!(
        "<g><title>{}</title><rect x=\"{x}\" y=\"{y}\" width=\"{width}\" height=\"{height}\" rx=\"6\" fill=\"{fill}\" stroke=\"{line}\"/>\
         <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\">{}</text>\
         <text x=\"{middle}\" y=\"{}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#555\">{what}</text></g>\n",
        escaped(&part.doc),
        y + 19,
        escaped(name),
        y + 35
    )
}

fn kind(kind: Kind) -> &'static str {
    match kind {
        Kind::Deployment => "deployment",
        Kind::StatefulSet => "stateful set",
        Kind::Job => "job",
        Kind::Test => "test",
        Kind::External => "pods of others",
        Kind::Host => "outside the cluster",
        Kind::Anywhere => "any address",
        Kind::Cluster => "all that is not isolated",
    }
}

fn escaped(text: &str) -> String {
    text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
}
