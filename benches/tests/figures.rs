//! Fuel is pinned: a change of the guest's work shows here, to the last unit, on any machine.

use std::path::Path;

use ampoule_benches::figures::{Figures, REFRESH};

#[test]
fn runs_burn_what_is_committed() {
    let committed = Figures::read(&Path::new(env!("CARGO_MANIFEST_DIR")).join("figures.json")).unwrap();
    let now = Figures::measure().unwrap();
    let differences = now.differences(&committed);
    assert!(
        differences.is_empty(),
        "the engine's deterministic figures changed:\n  {}\nif that is meant, `{REFRESH}` and commit the file",
        differences.join("\n  ")
    );
}

#[test]
fn measuring_twice_gives_the_same() {
    assert_eq!(Figures::measure().unwrap(), Figures::measure().unwrap());
}
