//! Every item that the platform's document asks for, and what satisfies it: `platforms/NAME.expect.yaml`, resolved and compared.

use std::{cell::RefCell, collections::BTreeMap, fs};

use ampoule_charts::{Files, Plan, probes, render};
use serde::Deserialize;
use serde_json::Value;

use crate::{folder, manifest_of, objects::objects_of, plan_of};

/// What satisfies an item. All that stand there must hold.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "kebab-case", deny_unknown_fields)]
struct Evidence {
    /// A rendered file: YAML or JSON with `at`, any text with `has`.
    file: Option<String>,
    /// An object of a chart, `CHART KIND/NAME`, with these values.
    object: Option<String>,
    /// Values of the chart by the path of their knob.
    #[serde(default)]
    with: BTreeMap<String, Value>,
    /// JSON pointer into the file or object.
    at: Option<String>,
    /// The value there.
    is: Option<Value>,
    /// How many members it has.
    count: Option<usize>,
    /// A part of the text.
    has: Option<String>,
    /// A text that is not there.
    has_not: Option<String>,
    /// A question of `preflight`.
    probe: Option<String>,
    /// A step of a procedure, `PROCEDURE/NUMBER`; `is` is its title.
    step: Option<String>,
    /// A test of this crate by its function's name.
    test: Option<String>,
    /// A checker in `ci/`.
    check: Option<String>,
    /// A lint with this key.
    lint: Option<String>,
    /// There is no such object.
    #[serde(default)]
    absent: bool,
    /// Not done, and why.
    out_of_scope: Option<String>,
}

type Expectations = BTreeMap<String, Vec<Evidence>>;

fn expectations(platform: &str) -> Expectations {
    let text = fs::read_to_string(folder().join(format!("platforms/{platform}.expect.yaml"))).unwrap();
    serde_saphyr::from_str(&text).unwrap_or_else(|error| panic!("{error}"))
}

/// A rendered platform, as far as evidence looks at it.
struct Rendered {
    plan: Plan,
    files: Files,
    tests: String,
    /// Objects by chart and values.
    objects: RefCell<BTreeMap<String, Vec<Value>>>,
}

impl Rendered {
    fn new(plan: Plan) -> Self {
        let names = ["contract", "expect", "explain", "golden", "helm", "knobs", "objects", "reach", "refused", "twinit", "vectors"];
        let tests = names.iter().map(|name| fs::read_to_string(folder().join(format!("tests/all/{name}.rs"))).unwrap()).collect();
        Self { files: render(&plan), plan, tests, objects: RefCell::default() }
    }

    /// Why the evidence does not hold.
    fn refutes(&self, evidence: &Evidence) -> Result<(), String> {
        let known = |yes: bool, what: &str| if yes { Ok(()) } else { Err(format!("there is no {what}")) };
        if let Some(probe) = &evidence.probe {
            known(probes(&self.plan).iter().any(|known| known.id == *probe), &format!("probe {probe}"))?;
        }
        if let Some(test) = &evidence.test {
            known(self.tests.contains(&format!("fn {test}()")), &format!("test {test}"))?;
        }
        if let Some(check) = &evidence.check {
            known(folder().join("ci").join(check).is_file(), &format!("ci/{check}"))?;
        }
        if let Some(lint) = &evidence.lint {
            known(self.plan.lints.iter().any(|known| known.key == *lint), &format!("lint about {lint}"))?;
        }
        let value = if let Some(step) = &evidence.step {
            let (procedure, number) = step.split_once('/').unwrap();
            let steps = &self.plan.procedures.get(procedure).ok_or("no such procedure")?.1;
            let step = steps.get(number.parse::<usize>().unwrap() - 1).ok_or("no such step")?;
            let heading = format!("## {number}. {}\n", step.title);
            known(self.files[&format!("runbook/{}.md", procedure.to_uppercase())].contains(&heading), &heading)?;
            step.title.clone().into()
        } else if let Some(object) = &evidence.object {
            let (chart, object) = object.split_once(' ').unwrap();
            let (kind, name) = object.split_once('/').unwrap();
            let chart = self.plan.charts.iter().find(|own| own.name == chart).ok_or("no such chart")?;
            let with: Vec<_> = evidence.with.iter().map(|(path, value)| (path.as_str(), value.clone())).collect();
            let mut cache = self.objects.borrow_mut();
            let objects = cache.entry(format!("{} {with:?}", chart.name)).or_insert_with(|| objects_of(chart, None, &with));
            let found = objects.iter().find(|own| own["kind"] == kind && own["metadata"]["name"] == name).cloned();
            if evidence.absent {
                return known(found.is_none(), &format!("way without {kind} {name}"));
            }
            found.ok_or(format!("no {kind} {name}"))?
        } else if let Some(file) = &evidence.file {
            let text = self.files.get(file).ok_or(format!("no file {file}"))?;
            if let Some(part) = &evidence.has {
                known(text.contains(part.as_str()), &format!("`{part}` in {file}"))?;
            }
            if let Some(part) = &evidence.has_not {
                known(!text.contains(part.as_str()), &format!("way around `{part}` in {file}"))?;
            }
            if evidence.at.is_none() {
                return Ok(());
            }
            serde_saphyr::from_str::<Value>(text).map_err(|error| format!("{file}: {error}"))?
        } else {
            return Ok(());
        };
        let found = match &evidence.at {
            Some(pointer) => value.pointer(pointer).unwrap_or(&Value::Null),
            None => &value,
        };
        if let Some(wanted) = &evidence.is
            && found != wanted
        {
            return Err(format!("{wanted} is wanted, and there is {found}"));
        }
        if let Some(wanted) = evidence.count {
            let count = found.as_array().map(Vec::len).or(found.as_object().map(serde_json::Map::len)).unwrap_or_default();
            known(count == wanted, &format!("{wanted} members, but {count}, at {:?}", evidence.at))?;
        }
        known(!found.is_null(), &format!("value at {:?}", evidence.at))
    }

    /// All items that do not hold.
    fn failures(&self, expectations: &Expectations) -> Vec<String> {
        let mut failures = Vec::new();
        for (id, all) in expectations {
            for evidence in all {
                failures.extend(self.refutes(evidence).err().map(|reason| format!("{id}: {reason}: {evidence:?}")));
            }
        }
        failures
    }
}

/// Items of the platforms' documents: a letter, and how many there are.
const ITEMS: [(&str, &str, usize); 5] = [
    ("Twinit Digital Twin Platform", "T", 112),
    ("ThingPark Enterprise", "P", 64),
    ("KITT4SME demo cluster", "K", 41),
    ("SIMPHERA AWS reference architecture", "S", 105),
    ("DAIM Edge Computing Platform", "D", 142),
];

#[test]
fn twinit_has_all_that_its_document_asks_for() {
    let expectations = expectations("twinit");
    let mut wanted: Vec<_> = (1..=ITEMS[0].2).map(|number| format!("T{number}")).collect();
    wanted.sort();
    assert_eq!(expectations.keys().cloned().collect::<Vec<_>>(), wanted);
    let failures = Rendered::new(plan_of("twinit")).failures(&expectations);
    assert!(failures.is_empty(), "{}", failures.join("\n"));
    for (id, all) in &expectations {
        // Something must be said of each, and a test or check alone says nothing about the output.
        assert!(!all.is_empty(), "{id}");
    }
    let open: Vec<_> = expectations.iter().filter(|(_, all)| all.iter().any(|evidence| evidence.out_of_scope.is_some())).collect();
    assert!(open.len() <= 3, "{open:?}");
}

/// Each is a mistake that an operator could make; the expectations must see it.
#[test]
fn the_expectations_see_mutants() {
    let mutants = [
        ("app.example-domain.com", "apps.example-domain.com"),
        ("  - {account: itemsvc, buckets: [kafka, filesvc]}", "  - {account: itemsvc, buckets: [kafka]}"),
        ("  - {account: aisvc, buckets: [kafka]}", "  - {account: aisvc, buckets: [kafka, workflowsvc]}"),
        ("postgresql: {number: 5432}", "postgresql: {number: 5433}"),
        ("mqtt: {number: 1183}", "mqtt: {number: 1883}"),
        ("oci: ScaleGrid MongoDB", "oci: MongoDB"),
        ("object: workflowwkr-backend", "object: workflowwkr"),
        ("[10.0.0.0/8, 169.254.0.0/16,", "[10.0.0.0/8,"),
        ("to: dns, ports: [dns, dns-tcp], doc: The script", "to: dns, ports: [dns-tcp, dns], doc: The script"),
        ("policy: scriptworker-policy", "policy: scriptworker"),
        ("instance: scriptmanager-{namespace}", "instance: scriptmanager"),
        ("interval_seconds: 5", "interval_seconds: 15"),
        ("combine: avg", "combine: sum"),
        ("labels: {release: kube-prometheus-stack}", "labels: {}"),
        (
            "Encrypts stored files, source: encryption_key, min_length: 44, max_length: 44, irrecoverable: true",
            "Encrypts stored files, source: encryption_key, min_length: 44, max_length: 44",
        ),
        ("    depends_on: [dtplatform]\n    variants: &variants", "    variants: &variants"),
        ("    url_in: [dtplatform, dtconsole, dtreference, dtplugins]", "    url_in: [dtplatform, dtconsole, dtplugins]"),
        ("      - {title: Create DNS names, about: dns}\n", ""),
        ("statements: deduplicated", "statements: literal"),
        ("kind: job, chart: dtconsole, variant: default", "kind: job, chart: dtconsole"),
    ];
    let (text, expectations) = (manifest_of("twinit"), expectations("twinit"));
    for (from, to) in mutants {
        assert!(text.contains(from), "{from}");
        // What the manifest's own rules refuse is seen as well.
        if let Ok(plan) = ampoule_charts::read("mutant", &text.replacen(from, to, 1)) {
            assert!(!Rendered::new(plan).failures(&expectations).is_empty(), "nobody sees: {from} -> {to}");
        }
    }
}

/// `AMPOULE_RENDER_GOLDENS=1 cargo test -p ampoule-charts coverage` writes it anew.
#[test]
fn the_coverage_table_is_up_to_date() {
    let expectations = expectations("twinit");
    let mut text = "# What each platform's document asks for, and what is done of it\n\n\
                    Written by the tests. How each item of a finished platform is satisfied stands in `platforms/NAME.expect.yaml`.\n\n\
                    | platform | items | satisfied | out of scope | open |\n|---|---|---|---|---|\n"
        .to_owned();
    for (name, letter, count) in ITEMS {
        let (done, out) = if letter == "T" {
            let out = expectations.values().filter(|all| all.iter().any(|evidence| evidence.out_of_scope.is_some())).count();
            (expectations.len() - out, out)
        } else {
            (0, 0)
        };
        text.push_str(&format!("| {name} | {count} | {done} | {out} | {} |\n", count - done - out));
    }
    for (name, letter, count) in ITEMS.iter().filter(|(_, letter, _)| *letter != "T") {
        let ids: Vec<_> = (1..=*count).map(|number| format!("{letter}{number}")).collect();
        text.push_str(&format!("\n## {name}: open\n\n"));
        for line in ids.chunks(16) {
            text.push_str(&format!("{}\n", line.join(" ")));
        }
    }
    let path = folder().join("COVERAGE.md");
    if std::env::var_os("AMPOULE_RENDER_GOLDENS").is_some() {
        fs::write(&path, &text).unwrap();
    }
    assert_eq!(fs::read_to_string(&path).unwrap(), text);
}
