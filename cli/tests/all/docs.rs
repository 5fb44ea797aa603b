//! The examples of `docs/scripts.md` and `docs/web-examples.md` return what they say, and there is one for every global.
//!
//! A block whose first line is `// file: PATH` or `// library: NAME` is saved for those that follow under the same heading; one whose last line
//! is `//=> JSON` is run, with the input of a line `//< JSON`.

use std::{collections::BTreeSet, fs, path::Path};

use ampoule_typescript::DECLARATIONS;

use crate::{
    declared::declared,
    support::{ampoule, file, folder},
};

fn page(name: &str) -> String {
    fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs").join(name)).unwrap()
}

#[test]
fn examples_return_what_they_say() {
    assert!(run("scripts.md") >= 10);
    assert!(run("web-examples.md") >= 20);
}

/// Words of all code.
fn words() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for name in ["scripts.md", "web-examples.md", "capabilities.md"] {
        let text = page(name);
        let code = text.split("\n```").skip(1).step_by(2);
        words.extend(code.flat_map(|code| code.split(|c: char| !c.is_alphanumeric())).map(str::to_owned));
    }
    words
}

#[test]
fn there_is_an_example_for_every_api() {
    let words = words();
    let apis: BTreeSet<_> = declared(DECLARATIONS)
        .into_keys()
        // Globals; of what a run is given, each member.
        .filter_map(|name| match name.strip_prefix("Ampoule.Context.") {
            Some(member) => Some(member.to_owned()),
            None => (!name.contains(['.', ' '])).then_some(name),
        })
        .collect();
    assert!(apis.len() > 60, "{apis:?}");
    let missing: Vec<_> = apis.difference(&words).collect();
    assert!(missing.is_empty(), "no example has {missing:?}");
}

/// Runs the examples of a page, and says how many there are.
fn run(name: &str) -> usize {
    let (text, mut ran) = (page(name), 0);
    for section in text.split("\n## ").skip(1) {
        let folder = folder();
        let mut libraries = Vec::new();
        let blocks = section.split("\n```").skip(1).step_by(2);
        for block in blocks {
            let (_, block) = block.split_once('\n').unwrap();
            let (first, rest) = block.split_once('\n').unwrap();
            if let Some(name) = first.strip_prefix("// library: ") {
                libraries.push(format!("{name}={}", file(&folder, &format!("{name}.library.js"), rest)));
                continue;
            }
            let named = first.strip_prefix("// file: ");
            let name = named.unwrap_or("script.js");
            if let Some(parent) = Path::new(name).parent() {
                fs::create_dir_all(folder.path().join(parent)).unwrap();
            }
            let script = file(&folder, name, if named.is_some() { rest } else { block });
            let line = |mark: &str| block.lines().find_map(|line| line.strip_prefix(mark)).map(str::to_owned);
            let Some(expected) = line("//=> ") else {
                assert!(named.is_some(), "no `//=>` line: {block}");
                continue;
            };
            let input = line("//< ").unwrap_or_else(|| "null".to_owned());
            let mut arguments = vec!["run", &script, "--input", &input];
            libraries.iter().for_each(|library| arguments.extend(["--lib", library.as_str()]));
            let run = ampoule(&arguments);
            assert_eq!(run.stdout.trim_end(), expected, "{block}\n{run:?}");
            ran += 1;
        }
    }
    ran
}
