//! Plots as SVG text, in colours that the page's style sheet sets.

use std::fmt::Write as _;

use crate::{Figure, report::number};

const WIDTH: f64 = 720.0;
const LABELS: f64 = 190.0;
const ROW: f64 = 26.0;
const AXIS: f64 = 24.0;
/// Room at the right for the last tick's label.
const RIGHT: f64 = 40.0;

/// Bars of a distribution's histogram.
const BINS: usize = 60;

/// One row for each figure on a common logarithmic axis: the samples as a histogram, a mark at the median, a line to the 99th percentile.
pub(crate) fn distributions(figures: &[&Figure]) -> String {
    let positive = || figures.iter().flat_map(|figure| figure.samples.iter().copied()).filter(|value| *value > 0.0);
    let (low, high) = (positive().fold(f64::INFINITY, f64::min), positive().fold(0.0, f64::max));
    if low > high {
        return String::new();
    }
    let axis = Axis::around(low, high);
    let height = ROW * figures.len() as f64 + AXIS;
    let mut svg = format!(r#"<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Distribution of the samples">"#);
    for tick in axis.ticks() {
        let x = axis.x(tick);
        let _ = write!(svg, r#"<line class="grid" x1="{x:.1}" x2="{x:.1}" y1="0" y2="{:.1}"/>"#, height - AXIS);
        let _ = write!(svg, r#"<text class="tick" x="{x:.1}" y="{:.1}">{}</text>"#, height - 8.0, label(tick));
    }
    for (row, figure) in figures.iter().enumerate() {
        row_of(&mut svg, figure, &axis, ROW * row as f64);
    }
    svg + "</svg>"
}

fn row_of(svg: &mut String, figure: &Figure, axis: &Axis, top: f64) {
    let base = top + ROW - 4.0;
    let _ = write!(svg, r#"<text class="name" x="{:.1}" y="{:.1}">{}</text>"#, LABELS - 10.0, base - 4.0, figure.name);
    let mut bins = [0_u32; BINS];
    for value in &figure.samples {
        bins[axis.bin(*value)] += 1;
    }
    let most = f64::from(bins.iter().copied().max().unwrap_or(1).max(1));
    let step = (WIDTH - LABELS - RIGHT) / BINS as f64;
    for (index, count) in bins.iter().enumerate().filter(|(_, count)| **count > 0) {
        let bar = (f64::from(*count) / most * (ROW - 8.0)).max(1.0);
        let x = LABELS + step * index as f64;
        let _ = write!(svg, r#"<rect class="bar" x="{x:.1}" y="{:.1}" width="{step:.1}" height="{bar:.1}"/>"#, base - bar);
    }
    let (p50, p99) = (axis.x(figure.p50), axis.x(figure.p99));
    let unit = figure.unit.as_str();
    let _ = write!(svg, r#"<line class="tail" x1="{p50:.1}" x2="{p99:.1}" y1="{base:.1}" y2="{base:.1}"/>"#);
    let _ = write!(
        svg,
        r#"<line class="median" x1="{p50:.1}" x2="{p50:.1}" y1="{:.1}" y2="{:.1}"><title>{}: p50 {} {unit}, p99 {} {unit}</title></line>"#,
        top + 3.0,
        base + 2.0,
        figure.name,
        number(figure.p50),
        number(figure.p99)
    );
}

/// Bars of medians, longest last, with the value at the end.
pub(crate) fn bars(rows: &[(String, f64)], unit: &str) -> String {
    let most = rows.iter().map(|(_, value)| *value).fold(0.0, f64::max);
    let height = ROW * rows.len() as f64;
    let mut svg = format!(r#"<svg viewBox="0 0 {WIDTH} {height}" role="img" aria-label="Medians">"#);
    for (row, (name, value)) in rows.iter().enumerate() {
        let (top, length) = (ROW * row as f64, (WIDTH - LABELS - 110.0) * value / most);
        let _ = write!(svg, r#"<text class="name" x="{:.1}" y="{:.1}">{name}</text>"#, LABELS - 10.0, top + 17.0);
        let _ =
            write!(svg, r#"<rect class="bar" x="{LABELS}" y="{:.1}" width="{:.1}" height="{}"/>"#, top + 5.0, length.max(1.0), ROW - 10.0);
        let _ =
            write!(svg, r#"<text class="value" x="{:.1}" y="{:.1}">{} {unit}</text>"#, LABELS + length + 8.0, top + 17.0, number(*value));
    }
    svg + "</svg>"
}

/// A logarithmic axis.
struct Axis {
    low: f64,
    high: f64,
}

impl Axis {
    fn around(low: f64, high: f64) -> Self {
        let (low, high) = ((low * 0.9).log10(), (high * 1.1).log10());
        // Never so narrow that noise fills the page.
        let missing = (0.5 - (high - low)).max(0.0) / 2.0;
        Self { low: low - missing, high: high + missing }
    }

    fn part(&self, value: f64) -> f64 {
        ((value.max(f64::MIN_POSITIVE).log10() - self.low) / (self.high - self.low)).clamp(0.0, 1.0)
    }

    fn x(&self, value: f64) -> f64 {
        LABELS + self.part(value) * (WIDTH - LABELS - RIGHT)
    }

    fn bin(&self, value: f64) -> usize {
        ((self.part(value) * BINS as f64) as usize).min(BINS - 1)
    }

    /// 1, 2, 5, 10, …; only powers of ten where there are many.
    fn ticks(&self) -> Vec<f64> {
        let steps: &[f64] = if self.high - self.low > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let decades = self.low.floor() as i32..=self.high.ceil() as i32;
        let all = decades.flat_map(|decade| steps.iter().map(move |step| step * 10_f64.powi(decade)));
        all.filter(|tick| (self.low..=self.high).contains(&tick.log10())).collect()
    }
}

fn label(tick: f64) -> String {
    if tick >= 1e6 {
        format!("{}M", tick / 1e6)
    } else if tick >= 1e3 {
        format!("{}k", tick / 1e3)
    } else {
        let text = format!("{tick:.4}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unit;

    #[test]
    fn draws_every_figure_inside_the_picture() {
        let figure = Figure::new("s", "n", Unit::Microseconds, vec![0.0, 1.0, 10.0, 1e6]);
        let svg = distributions(&[&figure]);
        assert!(svg.starts_with("<svg") && svg.ends_with("</svg>"), "{svg}");
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        assert_eq!(svg.matches("class=\"median\"").count(), 1);
    }

    #[test]
    fn equal_samples_still_have_an_axis() {
        let figure = Figure::new("s", "n", Unit::Ratio, vec![2.0; 3]);
        let svg = distributions(&[&figure]);
        assert!(svg.contains(">2</text>") && !svg.contains("NaN"), "{svg}");
    }
}
