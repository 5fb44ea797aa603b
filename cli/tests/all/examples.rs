//! Every example runs as its README says, and its figures are those of an independent computation here.

use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Output, Stdio},
};

use serde_json::{Value, json};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// `ampoule run` with these arguments, from the root of the repository as in the README.
fn ampoule_run(arguments: &[&str], stdin: &str) -> Output {
    let mut child = Command::new(env!("CARGO_BIN_EXE_ampoule"))
        .arg("run")
        .args(arguments)
        .current_dir(root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A run that ends before it read everything closes the pipe: its exit code tells, not ours.
    let mut pipe = child.stdin.take().unwrap();
    let text = stdin.to_owned();
    let writer = std::thread::spawn(move || pipe.write_all(text.as_bytes()));
    let output = child.wait_with_output().unwrap();
    drop(writer.join().unwrap());
    output
}

/// The report of a run that returned, and its value.
fn returned(arguments: &[&str], stdin: &str) -> (Value, Value) {
    let mut arguments = arguments.to_vec();
    arguments.push("--json");
    let output = ampoule_run(&arguments, stdin);
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let report: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(report["outcome"]["kind"], "returned");
    let value = report["outcome"]["value"].clone();
    (report, value)
}

/// What a run logged, as one text.
fn log(report: &Value) -> String {
    list(&report["logs"]).iter().map(|line| text(&line["message"])).collect::<Vec<_>>().join("\n")
}

fn list(value: &Value) -> &[Value] {
    value.as_array().unwrap_or_else(|| panic!("no list: {value}"))
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_else(|| panic!("no text: {value}"))
}

/// Says which field differs, rather than printing two long documents.
fn assert_fields(actual: &Value, expected: &Value) {
    for (name, expected) in expected.as_object().unwrap() {
        assert_eq!(&actual[name], expected, "{name}");
    }
}

mod dependency_report {
    use super::*;

    const ARGUMENTS: [&str; 5] = ["examples/dependency-report.js", "--input", "-", "--input-limit", "16MiB"];

    /// The resolve graph: for each package those that it depends on.
    type Graph<'a> = BTreeMap<&'a str, BTreeSet<&'a str>>;

    fn graph(metadata: &Value) -> Graph<'_> {
        let nodes = list(&metadata["resolve"]["nodes"]).iter();
        nodes.map(|node| (text(&node["id"]), list(&node["deps"]).iter().map(|dep| text(&dep["pkg"])).collect())).collect()
    }

    /// Each package's component, named by its least member: those that it reaches and that reach it. By search from
    /// every package, unlike the script.
    fn components<'a>(graph: &Graph<'a>) -> BTreeMap<&'a str, &'a str> {
        let reach = |start: &'a str| {
            let (mut seen, mut open) = (BTreeSet::from([start]), vec![start]);
            while let Some(id) = open.pop() {
                open.extend(graph[id].iter().filter(|dep| seen.insert(**dep)));
            }
            seen
        };
        let reaches: BTreeMap<_, _> = graph.keys().map(|id| (*id, reach(id))).collect();
        let least = |id: &'a str| reaches[id].iter().copied().find(|other| reaches[other].contains(id)).unwrap();
        graph.keys().map(|id| (*id, least(id))).collect()
    }

    /// The longest chain from each component, by relaxing every edge until nothing changes.
    fn depths<'a>(graph: &Graph<'a>, components: &BTreeMap<&'a str, &'a str>) -> BTreeMap<&'a str, usize> {
        let mut depths: BTreeMap<&str, usize> = components.values().map(|component| (*component, 1)).collect();
        loop {
            let mut changed = false;
            for (id, deps) in graph {
                for dep in deps {
                    let (from, to) = (components[id], components[dep]);
                    if from != to && depths[from] < depths[to] + 1 {
                        depths.insert(from, depths[to] + 1);
                        changed = true;
                    }
                }
            }
            if !changed {
                return depths;
            }
        }
    }

    fn check(metadata: &Value, report: &Value) {
        let packages = list(&metadata["packages"]);
        let labels: BTreeMap<&str, String> =
            packages.iter().map(|p| (text(&p["id"]), format!("{} {}", text(&p["name"]), text(&p["version"])))).collect();
        let graph = graph(metadata);

        let mut sources: BTreeMap<&str, usize> = BTreeMap::new();
        let mut licences: BTreeMap<&str, usize> = BTreeMap::new();
        let mut without_licence = BTreeSet::new();
        let mut versions: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for package in packages {
            *sources.entry(package["source"].as_str().unwrap_or("path")).or_default() += 1;
            match package["license"].as_str() {
                Some(licence) => *licences.entry(licence).or_default() += 1,
                None => drop(without_licence.insert(&labels[text(&package["id"])])),
            }
            versions.entry(text(&package["name"])).or_default().push(text(&package["version"]));
        }
        versions.retain(|_, versions| versions.len() > 1);
        for versions in versions.values_mut() {
            versions.sort_by_key(|version| version.split(['.', '+', '-']).take(3).map(|n| n.parse::<u64>().unwrap()).collect::<Vec<_>>());
        }
        let with_target = |kind: &str| {
            let has = |package: &&Value| list(&package["targets"]).iter().any(|target| list(&target["kind"]).contains(&json!(kind)));
            packages.iter().filter(has).count()
        };
        let mut used: Vec<(usize, &str)> = graph
            .keys()
            .map(|id| (graph.iter().filter(|(other, deps)| other != &id && deps.contains(id)).count(), labels[id].as_str()))
            .filter(|(dependents, _)| *dependents > 0)
            .collect();
        used.sort_by_key(|(dependents, label)| (usize::MAX - dependents, *label));
        used.truncate(10);

        assert_fields(
            report,
            &json!({
                "packages": packages.len(),
                "workspaceMembers": list(&metadata["workspace_members"]).len(),
                "sources": sources,
                "licences": licences,
                "withoutLicence": without_licence,
                "duplicates": versions,
                "buildScripts": with_target("custom-build"),
                "procMacros": with_target("proc-macro"),
                "mostUsed": used.iter().map(|(dependents, label)| json!({"package": label, "dependents": dependents})).collect::<Vec<_>>(),
            }),
        );
        check_chains(metadata, report, &graph, &labels);
    }

    /// Each chain is as long as the longest that there is, and its links hold.
    fn check_chains(metadata: &Value, report: &Value, graph: &Graph<'_>, labels: &BTreeMap<&str, String>) {
        let components = components(graph);
        let depths = depths(graph, &components);
        let expected: BTreeMap<&str, usize> =
            list(&metadata["workspace_members"]).iter().map(|id| (labels[text(id)].as_str(), depths[components[text(id)]])).collect();
        let chains = list(&report["chains"]);
        let lengths: Vec<u64> = chains.iter().map(|chain| chain["length"].as_u64().unwrap()).collect();
        assert!(lengths.is_sorted_by(|a, b| a >= b), "longest first: {lengths:?}");
        let actual: BTreeMap<&str, usize> =
            chains.iter().map(|chain| (text(&chain["root"]), chain["length"].as_u64().unwrap() as usize)).collect();
        assert_eq!(actual, expected);

        let mut members_of: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        for (id, component) in &components {
            members_of.entry(component).or_default().insert(id);
        }
        for chain in chains {
            // A link is a label, or the labels of a cycle's packages.
            let links: Vec<BTreeSet<&str>> = list(&chain["chain"])
                .iter()
                .map(|link| link.as_array().map_or_else(|| vec![text(link)], |labels| labels.iter().map(text).collect()))
                .map(|link| link.into_iter().collect())
                .collect();
            assert_eq!(links.len() as u64, chain["length"].as_u64().unwrap());
            assert!(links[0].contains(text(&chain["root"])));
            let ids: Vec<&BTreeSet<&str>> = links
                .iter()
                .map(|link| {
                    let is_link = |ids: &&BTreeSet<&str>| ids.iter().map(|id| labels[id].as_str()).collect::<BTreeSet<_>>() == *link;
                    members_of.values().find(is_link).unwrap_or_else(|| panic!("no component {link:?}"))
                })
                .collect();
            for pair in ids.windows(2) {
                assert!(pair[0].iter().any(|id| !graph[id].is_disjoint(pair[1])), "{:?} does not depend on {:?}", pair[0], pair[1]);
            }
        }
    }

    #[test]
    fn of_this_workspace() {
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let output = Command::new(cargo).args(["metadata", "--format-version", "1", "--locked"]).current_dir(root()).output().unwrap();
        let metadata = String::from_utf8(output.stdout).unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        assert!(metadata.len() > 1 << 20, "real input, larger than the default limit: {}", metadata.len());

        let (run, report) = returned(&ARGUMENTS, &metadata);
        let metadata: Value = serde_json::from_str(&metadata).unwrap();
        check(&metadata, &report);
        assert!(report["chains"][0]["length"].as_u64().unwrap() >= 10, "a workspace with Wasmtime in it: {}", report["chains"][0]);
        let log = log(&run);
        for part in [format!("{} packages", report["packages"]), "MIT OR Apache-2.0".to_owned(), "deepest chains".to_owned()] {
            assert!(log.contains(&part), "{part}: {log}");
        }
        assert!(run["usage"]["fuel"].as_u64().unwrap() < 5_000_000_000, "half the default: {}", run["usage"]);
    }

    /// What this workspace does not have: cycles, packages without a licence, from git, and twice in one version.
    #[test]
    fn of_a_workspace_with_cycles() {
        let package = |id: &str, name: &str, version: &str, licence: Option<&str>, source: Option<&str>, kinds: &[&str]| {
            let targets: Vec<Value> = kinds.iter().map(|kind| json!({"kind": [kind]})).collect();
            json!({"id": id, "name": name, "version": version, "license": licence, "source": source, "targets": targets})
        };
        let node = |id: &str, deps: &[&str]| json!({"id": id, "deps": deps.iter().map(|dep| json!({"pkg": dep})).collect::<Vec<_>>()});
        let (registry, git) = (Some("registry+https://example.org/index"), Some("git+https://example.org/repo#0123"));
        // app → {core ⇄ testing} → {x → y → z → x} → leaf@9, and the shorter app → leaf@10
        let metadata = json!({
            "packages": [
                package("app", "app", "0.1.0", None, None, &["bin", "custom-build"]),
                package("core", "core", "0.1.0", Some("MIT"), None, &["lib"]),
                package("testing", "testing", "0.1.0", None, None, &["lib"]),
                package("x", "x", "1.0.0", Some("MIT/Apache-2.0"), registry, &["lib", "custom-build"]),
                package("y", "y", "1.0.0", Some("MIT OR Apache-2.0"), registry, &["proc-macro"]),
                package("z", "z", "1.0.0", Some("MIT"), git, &["lib"]),
                package("leaf@10", "leaf", "0.10.0", Some("MIT"), registry, &["lib"]),
                package("leaf@9", "leaf", "0.9.2", Some("MIT"), registry, &["lib"]),
            ],
            "workspace_members": ["app", "core", "testing"],
            "resolve": {"nodes": [
                node("app", &["core", "leaf@10"]),
                node("core", &["testing", "x", "x"]),
                node("testing", &["core"]),
                node("x", &["y", "leaf@9"]),
                node("y", &["z"]),
                node("z", &["x", "z"]),
                node("leaf@10", &[]),
                node("leaf@9", &[]),
            ]},
        });
        let (_, report) = returned(&ARGUMENTS, &metadata.to_string());
        check(&metadata, &report);
        let inner = json!(["core 0.1.0", "testing 0.1.0"]);
        let outer = json!(["x 1.0.0", "y 1.0.0", "z 1.0.0"]);
        assert_fields(
            &report,
            &json!({
                "withoutLicence": ["app 0.1.0", "testing 0.1.0"],
                "sources": {"path": 3, "registry+https://example.org/index": 4, "git+https://example.org/repo#0123": 1},
                "duplicates": {"leaf": ["0.9.2", "0.10.0"]},
                "buildScripts": 2,
                "procMacros": 1,
            }),
        );
        assert_eq!(report["chains"][0], json!({"root": "app 0.1.0", "length": 4, "chain": ["app 0.1.0", inner, outer, "leaf 0.9.2"]}));
    }

    #[test]
    fn of_something_else() {
        for (input, message) in [("{}", "it has no list `packages`"), (r#"{"packages":[],"resolve":null}"#, "without --no-deps")] {
            let output = ampoule_run(&ARGUMENTS, input);
            let stderr = String::from_utf8(output.stderr).unwrap();
            assert_eq!(output.status.code(), Some(1), "{stderr}");
            assert!(stderr.contains(message), "{stderr}");
        }
    }
}

mod map_elements {
    use super::*;

    fn generate(seed: u32) -> Value {
        let input = json!({"seed": seed, "elements": 5000}).to_string();
        let (run, model) = returned(&["examples/generate-elements.mjs", "--input", &input, "--output-limit", "8MiB"], "");
        assert!(run["usage"]["fuel"].as_u64().unwrap() < 5_000_000_000, "half the default: {}", run["usage"]);
        model
    }

    fn map(entry: &str, model: &Value) -> Value {
        let arguments = ["examples/map-elements.mjs", "--entry", entry, "--input", "-", "--input-limit", "8MiB"];
        let (run, value) = returned(&arguments, &model.to_string());
        assert!(run["usage"]["fuel"].as_u64().unwrap() < 5_000_000_000, "half the default: {}", run["usage"]);
        value
    }

    fn fits(rule: &Value, element: &Value) -> bool {
        let when = &rule["when"];
        let property = &when["property"];
        list(&rule["types"]).contains(&element["ifcType"])
            && (property.is_null() || element["properties"][text(&property["set"])][text(&property["name"])] == property["equals"])
            && when["namePrefix"].as_str().is_none_or(|prefix| text(&element["name"]).starts_with(prefix))
            && when["materialIn"].as_array().is_none_or(|materials| materials.contains(&element["material"]))
    }

    /// The mapping as the script's head describes it, over all rules for each element: its result, and each element's category.
    fn expected(model: &Value) -> (Value, Vec<(&Value, &str)>) {
        let (map, elements) = (&model["typeMap"], list(&model["elements"]));
        let rules = list(&map["rules"]);
        let (mut mapped, mut by_default, mut unmapped, mut conflicts) = (Vec::new(), 0, Vec::new(), Vec::new());
        for element in elements {
            let fitting: Vec<&Value> = rules.iter().filter(|rule| fits(rule, element)).collect();
            let highest = fitting.iter().map(|rule| rule["priority"].as_i64()).max();
            let best: Vec<&Value> = fitting.into_iter().filter(|rule| Some(rule["priority"].as_i64()) == highest).collect();
            if best.iter().any(|rule| rule["category"] != best[0]["category"]) {
                let rules: Vec<&Value> = best.iter().map(|rule| &rule["id"]).collect();
                conflicts.push(json!({"id": element["id"], "guid": element["guid"], "chosen": rules[0], "rules": rules}));
            }
            let default = element["ifcType"].as_str().and_then(|ifc_type| map["defaults"][ifc_type].as_str());
            let has_rules = rules.iter().any(|rule| list(&rule["types"]).contains(&element["ifcType"]));
            let category = match (best.first().map(|rule| text(&rule["category"])).or(default), has_rules) {
                (Some(category), _) if map["categories"].get(category).is_some() => Ok(category),
                (Some(category), _) => Err(format!("the map has no category {category}")),
                (None, true) => Err("no rule fits and the type has no default".to_owned()),
                (None, false) if element["ifcType"].is_null() => Err("the element has no type".to_owned()),
                (None, false) => Err("the type is not in the map".to_owned()),
            };
            match category {
                Ok(category) => {
                    mapped.push((element, category));
                    by_default += usize::from(best.is_empty());
                }
                Err(reason) => unmapped.push(json!({
                    "id": element["id"], "guid": element["guid"], "ifcType": element["ifcType"], "name": element["name"], "reason": reason,
                })),
            }
        }
        let mut categories: BTreeMap<&str, usize> = BTreeMap::new();
        let mut levels: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
        for (element, category) in &mapped {
            *categories.entry(category).or_default() += 1;
            *levels.entry(text(&element["level"])).or_default().entry(category).or_default() += 1;
        }
        let result = json!({
            "typeMap": "office-standard v3",
            "elements": elements.len(),
            "mapped": mapped.len(),
            "byDefault": by_default,
            "categories": categories,
            "levels": levels,
            "unmapped": unmapped,
            "conflicts": conflicts,
            "assignments": mapped.iter().map(|(element, category)| (text(&element["guid"]), *category)).collect::<BTreeMap<_, _>>(),
        });
        (result, mapped)
    }

    fn expected_bill(model: &Value, mapped: &[(&Value, &str)]) -> Value {
        let mut codes: BTreeMap<&str, Vec<&Value>> = BTreeMap::new();
        for (element, code) in mapped {
            codes.entry(code).or_default().push(element);
        }
        let line = |(code, elements): (&&str, &Vec<&Value>)| {
            let levels: BTreeSet<&str> = elements.iter().map(|element| text(&element["level"])).collect();
            let mut quantities: BTreeMap<&str, u64> = BTreeMap::new();
            for (name, value) in elements.iter().filter_map(|element| element["properties"]["BaseQuantities"].as_object()).flatten() {
                *quantities.entry(name).or_default() += value.as_u64().unwrap();
            }
            let title = &model["typeMap"]["categories"][code];
            json!({"code": code, "title": title, "elements": elements.len(), "levels": levels, "quantities": quantities})
        };
        codes.iter().map(line).collect()
    }

    #[test]
    fn maps_as_an_independent_mapping_does() {
        let model = generate(42);
        let (expected, mapped) = expected(&model);
        assert_fields(&map("mapElements", &model), &expected);
        assert_eq!(map("summarize", &model), expected_bill(&model, &mapped));

        // The generator is seeded, so the figures are known: a mapping that were wrong in both languages would show.
        let mut reasons: BTreeMap<&str, usize> = BTreeMap::new();
        for element in list(&expected["unmapped"]) {
            *reasons.entry(text(&element["reason"])).or_default() += 1;
        }
        let pinned = json!({
            "elements": 5000,
            "mapped": 4507,
            "byDefault": 2069,
            "categories": {
                "EF_20_10_30": 336,
                "EF_20_10_60": 354,
                "EF_25_10": 392,
                "EF_25_10_25": 237,
                "EF_25_10_30": 89,
                "EF_25_10_40": 99,
                "EF_25_15": 269,
                "EF_25_30_20": 226,
                "EF_25_30_25": 234,
                "EF_25_30_97": 339,
                "EF_30_10": 79,
                "EF_30_20": 226,
                "Ss_50_30": 293,
                "Ss_55_70": 125,
                "Ss_60_40": 450,
                "Ss_65_40": 217,
                "Ss_65_40_45": 125,
                "Ss_70_30": 214,
                "Ss_70_80_25": 102,
                "Ss_70_80_33": 101,
            },
        });
        assert_fields(&expected, &pinned);
        assert_eq!(list(&expected["conflicts"]).len(), 286);
        assert_eq!(
            json!(reasons),
            json!({
                "no rule fits and the type has no default": 101,
                "the element has no type": 48,
                "the map has no category Ss_50_35": 129,
                "the type is not in the map": 215,
            })
        );
    }

    #[test]
    fn the_seed_makes_the_model() {
        let model = generate(7);
        assert_eq!(generate(7), model);
        let guids =
            |model: &Value| list(&model["elements"]).iter().map(|element| text(&element["guid"]).to_owned()).collect::<BTreeSet<_>>();
        assert_eq!(guids(&model).len(), 5000, "a guid twice");
        assert!(guids(&model).is_disjoint(&guids(&generate(8))));
    }

    #[test]
    fn two_entries_need_a_name() {
        let output = ampoule_run(&["examples/map-elements.mjs"], "");
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(1), "{stderr}");
        assert!(stderr.contains("mapElements") && stderr.contains("summarize"), "{stderr}");
    }
}

mod wrong {
    use super::*;

    /// Each script, its exit code, its outcome's kind, and that outcome's limit or error name.
    const OUTCOMES: [(&str, i32, &str, &str); 9] = [
        ("bad-syntax.js", 1, "threw", "SyntaxError"),
        ("bad-value.js", 1, "threw", "TypeError"),
        ("eats-memory.js", 3, "limit_exceeded", "memory"),
        ("floods-log.js", 0, "returned", ""),
        ("floods-output.js", 3, "limit_exceeded", "output"),
        ("loops.js", 3, "limit_exceeded", "fuel"),
        ("never-settles.js", 1, "threw", "DeadlockError"),
        ("recurses.js", 3, "limit_exceeded", "stack"),
        ("throws.js", 1, "threw", "TypeError"),
    ];

    /// The names of the scripts in a folder of examples, in order.
    pub(super) fn scripts(folder: &str) -> Vec<String> {
        let entries = fs::read_dir(root().join("examples").join(folder)).unwrap();
        let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
        names.retain(|name| name.ends_with("js"));
        names.sort();
        names
    }

    #[test]
    fn each_ends_with_its_outcome() {
        assert_eq!(scripts("wrong"), OUTCOMES.map(|(script, ..)| script), "a script without an expectation, or the reverse");
        for (script, exit_code, kind, detail) in OUTCOMES {
            let output = ampoule_run(&[&format!("examples/wrong/{script}"), "--json"], "");
            assert_eq!(output.status.code(), Some(exit_code), "{script}");
            let report: Value = serde_json::from_slice(&output.stdout).unwrap();
            let outcome = &report["outcome"];
            assert_eq!(outcome["kind"], kind, "{script}: {outcome}");
            match kind {
                "threw" => assert_eq!(outcome["error"]["name"], detail, "{script}: {outcome}"),
                "limit_exceeded" => {
                    assert_eq!(outcome["limit"], detail, "{script}: {outcome}");
                    assert!(outcome["used"].as_u64() >= outcome["ceiling"].as_u64(), "{script}: {outcome}");
                }
                _ => {
                    assert_eq!(outcome["value"], json!({"checked": 50_000}), "{script}");
                    let logs = list(&report["logs"]);
                    assert_eq!(logs.len(), 10_001, "{script}");
                    assert_eq!(logs[10_000]["level"], "system", "{script}");
                }
            }
        }
    }

    /// The commands in a script's head comment, each with what it is said to print and its exit code.
    fn sessions(source: &str) -> Vec<(Vec<&str>, String, i32)> {
        let mut sessions = Vec::new();
        let mut open: Option<(Vec<&str>, String)> = None;
        for line in source.lines().map_while(|line| line.strip_prefix("//")) {
            let line = line.strip_prefix("   ").unwrap_or(line);
            if let Some(arguments) = line.strip_prefix("$ ampoule run ") {
                open = Some((arguments.split(' ').collect(), String::new()));
            } else if let Some(code) = line.strip_prefix("exit code ") {
                let (arguments, stderr) = open.take().expect("an exit code without a command");
                sessions.push((arguments, stderr, code.parse().unwrap()));
            } else if let Some((_, stderr)) = &mut open {
                *stderr += line;
                *stderr += "\n";
            }
        }
        assert!(open.is_none(), "a command without an exit code");
        sessions
    }

    /// Whether `text` is `pattern`, in which each `…` stands for any text.
    fn matches(text: &str, pattern: &str) -> bool {
        let mut parts = pattern.split('…');
        let Some(mut rest) = text.strip_prefix(parts.next().unwrap_or_default()) else { return false };
        let Some(last) = parts.next_back() else { return rest.is_empty() };
        for part in parts {
            let Some(at) = rest.find(part) else { return false };
            rest = &rest[at + part.len()..];
        }
        rest.ends_with(last)
    }

    #[test]
    fn each_prints_what_its_comment_shows() {
        for script in scripts("wrong") {
            let source = fs::read_to_string(root().join("examples/wrong").join(&script)).unwrap();
            let sessions = sessions(&source);
            assert!(!sessions.is_empty(), "{script} shows no command");
            for (arguments, stderr, exit_code) in sessions {
                assert_eq!(arguments[0], format!("examples/wrong/{script}"));
                let output = ampoule_run(&arguments, "");
                let actual = String::from_utf8(output.stderr).unwrap();
                assert!(matches(&actual, &stderr), "{script} shows\n{stderr}\nand prints\n{actual:.2000}");
                assert_eq!(output.status.code(), Some(exit_code), "{script}");
                assert_eq!(output.stdout.is_empty(), exit_code != 0, "{script}");
            }
        }
    }

    #[test]
    fn patterns() {
        for (text, pattern, fits) in [
            ("abc\n", "abc\n", true),
            ("abc\n", "ab\n", false),
            ("abcd", "a…d", true),
            ("abcd", "…b…d", true),
            ("abcd", "a…c", false),
            ("ab", "ab…b", false),
            ("", "…", true),
        ] {
            assert_eq!(matches(text, pattern), fits, "{text:?} {pattern:?}");
        }
    }
}

#[test]
fn the_readme_names_every_example() {
    let readme = fs::read_to_string(root().join("examples/README.md")).unwrap();
    for folder in ["", "wrong/"] {
        for script in wrong::scripts(folder) {
            assert!(readme.contains(&format!("]({folder}{script})")), "{folder}{script}");
            assert!(readme.contains(&format!("ampoule run examples/{folder}{script}")), "{folder}{script}");
        }
    }
}
