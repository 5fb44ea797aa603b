//! Programs run by us and by rivals in turns: times, ratios, geometric means.

use std::{collections::BTreeMap, fmt::Write as _, time::Duration};

use anyhow::{Result, ensure};

use crate::{
    Bench, Figure, Lab, Unit,
    programs::Program,
    report::number,
    rivals::{Contestant, Rival, run_in},
};

/// A rival that takes part.
pub(crate) struct Entrant {
    rival: Rival,
    contestant: Box<dyn Contestant>,
}

/// What takes longer than this is run once: one slow rival must not cost minutes for each program.
const SLOW: Duration = Duration::from_secs(5);

/// Sets of programs: prefixes of figures' names.
pub(crate) const SETS: [&str; 3] = [CPU, HELD_OUT, AWFY];
/// The suite.
pub(crate) const CPU: &str = "cpu";
/// Beside it.
pub(crate) const HELD_OUT: &str = "held-out";
/// are-we-fast-yet.
pub(crate) const AWFY: &str = "awfy";

/// Starts whom the bench is to compare with; loudly leaves out who cannot be had here.
fn enter(bench: &mut Bench<'_>) -> Vec<Entrant> {
    if let Some(entrants) = bench.entrants.take() {
        return entrants;
    }
    let mut entrants = Vec::new();
    for rival in bench.against.clone() {
        bench.measuring(&format!("building {rival}"), 0.0);
        match rival.start(bench) {
            Ok(contestant) => {
                bench.peers.push((rival.as_str(), contestant.version()));
                entrants.push(Entrant { rival, contestant });
            }
            Err(error) => bench.skip(rival.as_str(), format!("{error:#}")),
        }
    }
    entrants
}

/// Records `<set>/<file>`, `<set>/<file>/<who>`, `<set>_ratio/<file>/<who>`, and over all programs `<set>_geomean`, `<set>_geomean/<who>` and
/// `<set>_ratio/<who>`. A ratio is our time by theirs, taken within a round.
pub(crate) fn contest(bench: &mut Bench<'_>, set: &str, programs: &[Program]) -> Result<()> {
    let mut entrants = enter(bench);
    let lab = Lab::without_images()?;
    let mut medians: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for (number, program) in programs.iter().enumerate() {
        let name = format!("{set}/{}", program.name);
        bench.measuring(&name, number as f64 / programs.len() as f64);
        if let Some(times) = times(bench, &lab, &mut entrants, &name, program) {
            record(bench, set, program, &times, &mut medians);
        }
    }
    for (name, medians) in medians {
        let unit = if name.contains("_ratio") { Unit::Ratio } else { Unit::Milliseconds };
        bench.record_geomean(name, unit, &medians);
    }
    bench.entrants = Some(entrants);
    Ok(())
}

/// Times of one program in milliseconds, ours first; a rival's are as many, or one, or none.
struct Times {
    ours: Vec<f64>,
    theirs: Vec<(Rival, Vec<f64>)>,
}

/// None where our own engine does not run it.
fn times(bench: &mut Bench<'_>, lab: &Lab, entrants: &mut [Entrant], name: &str, program: &Program) -> Option<Times> {
    let expected = match run_in(lab, program, false) {
        Ok((_, value)) => value,
        Err(error) => {
            bench.skip(name, format!("{error:#}"));
            return None;
        }
    };
    let mut times = Times { ours: Vec::new(), theirs: Vec::new() };
    let mut running = Vec::new();
    for Entrant { rival, contestant } in entrants {
        // The first run warms up, unless it is so slow that it has to do.
        let first = contestant.run(program, false).and_then(|(time, value)| {
            ensure!(value == expected, "it gives {value:.200} where we give {expected:.200}");
            Ok(time)
        });
        match first {
            Ok(time) if time > SLOW => times.theirs.push((*rival, vec![Unit::Milliseconds.of(time)])),
            Ok(_) => running.push((*rival, contestant, Vec::new())),
            Err(error) => bench.skip(format!("{name}/{rival}"), format!("{error:#}")),
        }
    }
    for _ in 0..bench.effort.rounds {
        match run_in(lab, program, false) {
            Ok((time, _)) => times.ours.push(Unit::Milliseconds.of(time)),
            Err(error) => {
                bench.skip(name, format!("{error:#}"));
                return None;
            }
        }
        // A failure is the end of one rival's part in one program, not of the suite.
        running.retain_mut(|(rival, contestant, samples): &mut (Rival, &mut Box<dyn Contestant>, Vec<f64>)| {
            match contestant.run(program, false) {
                Ok((time, _)) => {
                    samples.push(Unit::Milliseconds.of(time));
                    true
                }
                Err(error) => {
                    bench.skip(format!("{name}/{rival}"), format!("{error:#}"));
                    false
                }
            }
        });
    }
    times.theirs.extend(running.into_iter().map(|(rival, _, samples)| (rival, samples)));
    Some(times)
}

fn record(bench: &mut Bench<'_>, set: &str, program: &Program, times: &Times, medians: &mut BTreeMap<String, Vec<f64>>) {
    let mut keep = |bench: &mut Bench<'_>, name: String, unit, samples: Vec<f64>, over_all: String| {
        bench.record(name, unit, samples);
        medians.entry(over_all).or_default().extend(bench.figures.last().map(|figure| figure.p50));
    };
    let name = format!("{set}/{}", program.name);
    keep(bench, name.clone(), Unit::Milliseconds, times.ours.clone(), format!("{set}_geomean"));
    for (rival, theirs) in &times.theirs {
        keep(bench, format!("{name}/{rival}"), Unit::Milliseconds, theirs.clone(), format!("{set}_geomean/{rival}"));
        // Who ran once is compared with all of ours.
        let ratios = times.ours.iter().zip(theirs.iter().cycle()).map(|(ours, theirs)| ours / theirs).collect();
        keep(bench, format!("{set}_ratio/{}/{rival}", program.name), Unit::Ratio, ratios, format!("{set}_ratio/{rival}"));
    }
}

/// A contest's figures as a table: a line for each program, and for each rival its time and our time by it.
#[derive(Debug)]
pub struct Matrix {
    /// Names of the columns, the first one the program's.
    pub head: Vec<String>,
    /// The lines, the last one the geometric mean.
    pub rows: Vec<Vec<String>>,
}

impl Matrix {
    /// Of every set of which there was a contest.
    pub fn all(figures: &[Figure]) -> Vec<Self> {
        SETS.into_iter().filter_map(|set| Self::of(figures, set)).collect()
    }

    /// Of one set's figures; none where there was no contest.
    pub fn of(figures: &[Figure], set: &str) -> Option<Self> {
        let find = |name: String| figures.iter().find(|figure| figure.name == name).map(|figure| number(figure.p50));
        let rivals: Vec<_> = Rival::ALL.into_iter().filter(|rival| find(format!("{set}_ratio/{rival}")).is_some()).collect();
        if rivals.is_empty() {
            return None;
        }
        let mut head = vec![set.to_owned(), "ms".to_owned()];
        head.extend(rivals.iter().flat_map(|rival| [rival.to_string(), format!("÷ {rival}")]));
        let row = |name: &str, ours: String, theirs: &dyn Fn(&Rival) -> (String, String)| {
            let mut row = vec![name.to_owned(), find(ours).unwrap_or_default()];
            for rival in &rivals {
                let (time, ratio) = theirs(rival);
                row.extend([time, ratio].map(|name| find(name).unwrap_or_else(|| "–".to_owned())));
            }
            row
        };
        let programs =
            figures.iter().filter_map(|figure| figure.name.strip_prefix(set)?.strip_prefix('/')).filter(|name| !name.contains('/'));
        let mut rows: Vec<_> = programs
            .map(|name| {
                row(name, format!("{set}/{name}"), &|rival| (format!("{set}/{name}/{rival}"), format!("{set}_ratio/{name}/{rival}")))
            })
            .collect();
        rows.push(row("geometric mean", format!("{set}_geomean"), &|rival| {
            (format!("{set}_geomean/{rival}"), format!("{set}_ratio/{rival}"))
        }));
        Some(Self { head, rows })
    }

    /// Whether a figure stands in a contest's table, so that lists need not show it.
    pub fn shows(name: &str) -> bool {
        let rival = Rival::ALL.iter().any(|rival| name.strip_suffix(rival.as_str()).is_some_and(|rest| rest.ends_with('/')));
        rival && !name.contains("_to_suite/")
    }

    /// For a terminal.
    pub fn text(&self) -> String {
        let mut text = String::new();
        for row in std::iter::once(&self.head).chain(&self.rows) {
            let _ = write!(text, "{:16}", row.first().map_or("", String::as_str));
            for cell in row.iter().skip(1) {
                let _ = write!(text, "  {cell:>11}");
            }
            text.push('\n');
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn matrix_shows_times_ratios_and_who_was_skipped() {
        let figure = |name: &str, unit, p50| Figure::new("cpu", name, unit, vec![p50]);
        let figures = [
            figure("cpu/fib", Unit::Milliseconds, 30.0),
            figure("cpu/fib/quickjs", Unit::Milliseconds, 20.0),
            figure("cpu_ratio/fib/quickjs", Unit::Ratio, 1.5),
            figure("cpu/json", Unit::Milliseconds, 10.0),
            figure("cpu_geomean", Unit::Milliseconds, 17.3),
            figure("cpu_geomean/quickjs", Unit::Milliseconds, 20.0),
            figure("cpu_ratio/quickjs", Unit::Ratio, 1.5),
        ];
        let matrix = Matrix::of(&figures, "cpu").unwrap();
        assert_eq!(matrix.head, ["cpu", "ms", "quickjs", "÷ quickjs"]);
        assert_eq!(matrix.rows[0], ["fib", "30.0", "20.0", "1.50"]);
        assert_eq!(matrix.rows[1], ["json", "10.0", "–", "–"]);
        assert_eq!(matrix.rows[2], ["geometric mean", "17.3", "20.0", "1.50"]);
        assert!(Matrix::of(&figures[..1], "cpu").is_none());
        assert!(Matrix::shows("cpu/fib/quickjs") && Matrix::shows("cpu_ratio/quickjs") && !Matrix::shows("cpu_geomean"));
        assert!(!Matrix::shows("held-out_to_suite/quickjs"));
    }
}
