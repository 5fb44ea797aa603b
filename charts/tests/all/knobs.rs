//! What an installer can set is declared, described, used; and templates depend on nothing else.

use std::collections::BTreeSet;

use ampoule_charts::{knob::value_at, render};

use crate::{PLATFORMS, chart, plan_of};

/// Paths after `.Values.` in a template.
fn used(text: &str) -> impl Iterator<Item = String> {
    let path = |rest: &str| rest.chars().take_while(|c| c.is_ascii_alphanumeric() || *c == '.').collect::<String>();
    text.split(".Values.").skip(1).map(path).collect::<Vec<_>>().into_iter()
}

#[test]
fn templates_use_all_knobs_and_nothing_else() {
    for plan in PLATFORMS.map(plan_of) {
        let files = render(&plan);
        for chart in &plan.charts {
            let folder = format!("charts/{}/templates/", chart.name);
            let templates = files.iter().filter(|(path, _)| path.starts_with(&folder));
            let used: BTreeSet<_> = templates.flat_map(|(_, text)| used(text)).collect();
            let declared: BTreeSet<_> = chart.knobs.iter().map(|knob| knob.path.clone()).collect();
            assert_eq!(used, declared, "{}", chart.name);
        }
    }
}

#[test]
fn templates_hold_almost_no_logic() {
    // What a template may do: conditions on a knob, and printing one.
    let allowed =
        ["if", "else", "end", "eq", "toYaml", "toJson", "nindent", "quote", "int64", "add", "print", "trimPrefix", "range", ".", "|"];
    let files: Vec<_> = PLATFORMS.iter().flat_map(|name| render(&plan_of(name))).collect();
    for (path, text) in files.iter().filter(|(path, _)| path.contains("/templates/")) {
        // Two braces that are printed.
        for action in text.replace("{{ `{{` }}", "").split("{{").skip(1).map(|rest| rest.split("}}").next().unwrap()) {
            let mut bare = String::new();
            for (index, part) in action.split('"').enumerate() {
                // Odd parts are inside of quotes; an escaped quote there only splits them further.
                if index % 2 == 0 || part.ends_with('\\') {
                    bare.push_str(part)
                }
            }
            for word in bare.trim_matches(['-', ' ']).split([' ', '(', ')']).filter(|word| !word.is_empty()) {
                let known =
                    allowed.contains(&word) || word.starts_with(".Values.") || word.starts_with(".Release.") || word.parse::<i64>().is_ok();
                assert!(known || action.contains("\\\""), "{path}: {word} in {{{{{action}}}}}");
            }
        }
    }
}

#[test]
fn defaults_and_profiles_fit_the_schema() {
    for knob in PLATFORMS.iter().flat_map(|name| plan_of(name).charts).flat_map(|chart| chart.knobs.iter().cloned().collect::<Vec<_>>()) {
        assert_eq!(knob.refuses(&knob.default), None, "{}", knob.path);
    }
    let plan = chart();
    for knob in plan.knobs.iter() {
        assert_eq!(knob.refuses(&knob.default), None, "{}", knob.path);
        assert!(!knob.doc.is_empty() && !knob.doc.contains('\n'), "{}", knob.path);
    }
    let values = plan.knobs.defaults();
    assert_eq!(value_at(&values, "worker.slots"), 4);
    assert_eq!(plan.profiles.iter().map(|profile| profile.name.as_str()).collect::<Vec<_>>(), ["fleet", "laptop", "small"]);
    let schema = plan.knobs.schema("t");
    assert_eq!(schema["properties"]["worker"]["additionalProperties"], false);
    assert_eq!(schema["properties"]["worker"]["properties"]["slots"]["maximum"], 10_000);
}

/// A job may ask for so much; a worker whose slots all do must not be killed for it.
#[test]
fn workers_have_memory_for_their_slots() {
    const OF_THE_ENGINE: u64 = 512;
    let plan = chart();
    let profiles = plan.profiles.iter().map(|profile| Some(&profile.values)).chain([None]);
    for profile in profiles {
        let values = plan.knobs.values(|path| profile.and_then(|values| values.get(path)));
        let slots = value_at(&values, "worker.slots").as_u64().unwrap();
        let memory = value_at(&values, "worker.resources.limits.memory").as_str().unwrap();
        let memory: u64 = memory.strip_suffix("Mi").unwrap().parse().unwrap();
        let of = |knob: &str| value_at(&values, &format!("worker.{knob}")).as_u64().unwrap();
        assert!(memory >= slots * of("maxMemoryMiB") + OF_THE_ENGINE, "{slots} slots in {memory} MiB");
        assert!(of("imageCacheMiB") + slots * of("keepResidentMiB") <= OF_THE_ENGINE, "images and resident memory are the engine's");
    }
}
