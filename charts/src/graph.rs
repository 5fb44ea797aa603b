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
    out.push_str(&edges(plan, &places));
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

/// Where boxes are, by name.
type Places<'a> = BTreeMap<&'a str, (i32, i32)>;

/// One end of a line: the box, and its right side or its left.
type End<'a> = (&'a str, bool);

fn edges(plan: &Plan, places: &Places<'_>) -> String {
    let mut lines = Vec::new();
    for link in &plan.links {
        let (from, to) = (link.from.component.as_str(), link.to.component.as_str());
        let (Some(a), Some(b)) = (places.get(from), places.get(to)) else { continue };
        // Inside of a column, a line goes around it, at the right.
        lines.push(((from, a.0 <= b.0), (to, a.0 >= b.0), (label(link), link.when().is_some())));
    }
    // Lines of one side part along it, in the order of where they lead to.
    let mut sides: BTreeMap<End<'_>, Vec<(i32, usize, bool)>> = BTreeMap::new();
    for (index, (from, to, _)) in lines.iter().enumerate() {
        sides.entry(*from).or_default().push((places[to.0].1, index, true));
        sides.entry(*to).or_default().push((places[from.0].1, index, false));
    }
    let place = |end: End<'_>, index: usize, starts: bool| {
        let mut order = sides[&end].clone();
        order.sort_unstable();
        let rank = order.iter().position(|(_, other, start)| (*other, *start) == (index, starts)).unwrap_or_default() as i32;
        let (x, y) = places[end.0];
        (if end.1 { x + BOX.0 } else { x }, y + BOX.1 * (rank + 1) / (order.len() as i32 + 1))
    };
    let (mut paths, mut labels, mut taken) = (String::new(), String::new(), Vec::new());
    for (index, (from, to, (label, is_switched))) in lines.iter().enumerate() {
        let ((x1, y1), (x2, y2)) = (place(*from, index, true), place(*to, index, false));
        let bend = if x1 == x2 { AROUND } else { (x2 - x1) / 2 };
        let curve = [(x1, y1), (x1 + bend, y1), (if x1 == x2 { x2 + bend } else { x2 - bend }, y2), (x2, y2)];
        let [_, (c1, _), (c2, _), _] = curve;
        paths.push_str(&format!(
            "<path d=\"M{x1} {y1}C{c1} {y1} {c2} {y2} {x2} {y2}\" fill=\"none\" stroke=\"#777\"{} marker-end=\"url(#arrow)\"/>\n",
            // What comes and goes with a switch.
            if *is_switched { " stroke-dasharray=\"5 4\"" } else { "" }
        ));
        // The first place along the line that no other label has; two thirds of the way, lines of one box have parted.
        let free = |at: &(i32, i32)| taken.iter().all(|other: &((i32, i32), i32)| !overlap((*at, width(label)), *other));
        let mut along = ALONG.iter().map(|part| point(curve, *part));
        let at = along.clone().find(free).or_else(|| along.next()).unwrap_or((x2, y2));
        taken.push((at, width(label)));
        labels.push_str(&format!(
            "<text x=\"{}\" y=\"{}\" text-anchor=\"middle\" font-size=\"11\" fill=\"#444\" stroke=\"#fff\" stroke-width=\"4\" \
             paint-order=\"stroke\">{}</text>\n",
            at.0,
            at.1 + 4,
            escaped(label)
        ));
    }
    paths + &labels
}

/// How far a line inside of a column goes around it.
const AROUND: i32 = 70;

/// Where a label may be, in percent of its line.
const ALONG: [i32; 9] = [66, 58, 74, 50, 42, 82, 34, 26, 18];

/// The height of a label, and about the width of its letters.
const LABEL: (i32, i32) = (13, 6);

fn width(label: &str) -> i32 {
    label.chars().count() as i32 * LABEL.1 + 6
}

fn overlap(((x1, y1), width1): ((i32, i32), i32), ((x2, y2), width2): ((i32, i32), i32)) -> bool {
    (x1 - x2).abs() * 2 < width1 + width2 && (y1 - y2).abs() < LABEL.0
}

/// A point of a cubic curve, in whole numbers: pictures are the same on every machine.
fn point(curve: [(i32, i32); 4], percent: i32) -> (i32, i32) {
    let (t, rest) = (i64::from(percent), i64::from(100 - percent));
    let weights = [rest * rest * rest, 3 * rest * rest * t, 3 * rest * t * t, t * t * t];
    let one = |of: fn(&(i32, i32)) -> i32| {
        (curve.iter().zip(weights).map(|(point, weight)| i64::from(of(point)) * weight).sum::<i64>() / 1_000_000) as i32
    };
    (one(|point| point.0), one(|point| point.1))
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
        Kind::CronJob => "cron job",
        Kind::Release => "chart of others",
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
