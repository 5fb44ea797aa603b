//! The examples of `docs/scripts.md` return what they say.
//!
//! A block whose first line is `// file: PATH` or `// library: NAME` is saved for those that follow under the same heading; one whose last line
//! is `//=> JSON` is run, with the input of a line `//< JSON`.

use std::{fs, path::Path};

use crate::support::{ampoule, file, folder};

#[test]
fn examples_return_what_they_say() {
    let text = fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/scripts.md")).unwrap();
    let mut ran = 0;
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
    assert!(ran >= 10, "only {ran} examples ran");
}
