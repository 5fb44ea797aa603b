//! Does what makes the suite faster make other programs faster too?
//!
//! Programs that nobody tunes for, beside the suite of [`cpu`](crate::cpu). What counts is their ratio to a rival's time against the suite's ratio.

use anyhow::Result;

use crate::{
    Bench, Suite, Unit,
    contest::{AWFY, CPU, HELD_OUT, contest},
    programs,
};

pub(crate) fn measure(bench: &mut Bench<'_>) -> Result<()> {
    contest(bench, HELD_OUT, &programs::HELD_OUT)?;
    to_suite(bench, HELD_OUT);
    match programs::awfy_checkout() {
        Some(checkout) => {
            contest(bench, AWFY, &programs::awfy(&checkout)?)?;
            to_suite(bench, AWFY);
        }
        None => bench.skip(AWFY, format!("are-we-fast-yet was not run: {} names no checkout of it", programs::AWFY)),
    }
    Ok(())
}

/// `<set>_to_suite/<who>`: the set's mean ratio by the suite's, of the same run.
fn to_suite(bench: &mut Bench<'_>, set: &str) {
    let suite = |bench: &Bench<'_>, suite: Suite, name: &str| {
        bench.figures.iter().find(|figure| figure.suite == suite.as_str() && figure.name == name).map(|figure| figure.p50)
    };
    for rival in bench.against.clone() {
        let name = format!("{set}_to_suite/{rival}");
        let (held_out, cpu) =
            (suite(bench, Suite::HeldOut, &format!("{set}_ratio/{rival}")), suite(bench, Suite::Cpu, &format!("{CPU}_ratio/{rival}")));
        match (held_out, cpu) {
            (Some(held_out), Some(cpu)) => bench.record(name, Unit::Ratio, vec![held_out / cpu]),
            _ => bench.skip(name, "the suite's ratio belongs to the same run: `bench cpu held-out --against …`"),
        }
    }
    if bench.against.is_empty() {
        bench.skip(format!("{set}_to_suite"), "it compares ratios to a rival's time: `bench cpu held-out --against quickjs`");
    }
}
