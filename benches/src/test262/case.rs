//! One test: what its front matter says, and what the sandbox is given.

use std::{collections::BTreeMap, fs, path::Path};

use anyhow::{Context as _, Result};

/// Files that every test but a raw one may use.
const ALWAYS: [&str; 2] = ["assert.js", "sta.js"];
/// And an asynchronous one.
const ASYNC: &str = "doneprintHandle.js";

/// What tests ask of their host. There are no other realms and no agents: tests that need them fail, with and without patches.
const HOST: &str = "var print = (text) => console.log(text);
var $262 = {
  global: globalThis,
  evalScript: (text) => (0, eval)(text),
  gc() {},
  detachArrayBuffer(buffer) { buffer.transfer(); },
  createRealm() { throw new Error('no other realm'); },
  agent: {},
};
";

/// The checkout's folder `harness`.
#[derive(Debug)]
pub(super) struct Harness(BTreeMap<String, String>);

impl Harness {
    pub(super) fn of(checkout: &Path) -> Result<Self> {
        let mut files = BTreeMap::new();
        for entry in fs::read_dir(checkout.join("harness"))? {
            let path = entry?.path();
            if path.extension().is_some_and(|extension| extension == "js") {
                let name = path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default();
                files.insert(name, fs::read_to_string(&path)?);
            }
        }
        files.get("assert.js").context("its harness has no assert.js")?;
        Ok(Self(files))
    }

    fn file(&self, name: &str) -> Result<&str> {
        self.0.get(name).map(String::as_str).with_context(|| format!("the harness has no {name}"))
    }
}

/// How a test should end.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Expected {
    Returns,
    /// It says so itself, some time later.
    Completes,
    /// With an error of this class.
    Throws(String),
}

#[derive(Debug)]
pub(super) struct Case {
    pub(super) expected: Expected,
    pub(super) features: Vec<String>,
    includes: Vec<String>,
    raw: bool,
    strict: bool,
    sloppy: bool,
}

impl Case {
    /// None for modules, which an evaluated script is not.
    pub(super) fn parse(source: &str) -> Result<Option<Self>> {
        let (_, rest) = source.split_once("/*---").context("no front matter")?;
        let (matter, _) = rest.split_once("---*/").context("its front matter does not end")?;
        let flags = list(matter, "flags");
        let has = |flag: &str| flags.iter().any(|other| other == flag);
        if has("module") {
            return Ok(None);
        }
        let negative = matter.lines().skip_while(|line| line.trim_end() != "negative:").skip(1).take_while(|line| line.starts_with(' '));
        let class = negative.filter_map(|line| line.trim().strip_prefix("type:")).next();
        let expected = match class {
            Some(class) => Expected::Throws(class.trim().to_owned()),
            None if has("async") => Expected::Completes,
            None => Expected::Returns,
        };
        let raw = has("raw");
        Ok(Some(Self {
            expected,
            features: list(matter, "features"),
            includes: list(matter, "includes"),
            raw,
            strict: !has("noStrict") && !raw,
            sloppy: !has("onlyStrict") || raw,
        }))
    }

    /// The scripts to run, each with what tells it from its sibling.
    pub(super) fn variants(&self, source: &str, harness: &Harness) -> Result<Vec<(&'static str, String)>> {
        if self.raw {
            return Ok(vec![("", source.to_owned())]);
        }
        let mut text = HOST.to_owned();
        let done = (self.expected == Expected::Completes).then_some(ASYNC);
        for name in ALWAYS.into_iter().chain(done).chain(self.includes.iter().map(String::as_str)) {
            text += harness.file(name)?;
            text.push('\n');
        }
        text += source;
        // So that the script's value is one that JSON has.
        text += "\n;undefined;\n";
        let mut variants = Vec::new();
        if self.sloppy {
            variants.push(("", text.clone()));
        }
        if self.strict {
            variants.push((" (strict)", format!("\"use strict\";\n{text}")));
        }
        Ok(variants)
    }
}

/// A list of the front matter, on its line or on the following ones. Its other YAML is prose.
fn list(matter: &str, key: &str) -> Vec<String> {
    let Some(at) = matter.lines().position(|line| line.strip_prefix(key).is_some_and(|rest| rest.starts_with(':'))) else {
        return Vec::new();
    };
    let mut lines = matter.lines().skip(at);
    let first = lines.next().and_then(|line| line.split_once(':')).map_or("", |(_, rest)| rest.trim());
    let words = if first.starts_with('[') {
        let mut text = first.to_owned();
        while !text.contains(']')
            && let Some(line) = lines.next()
        {
            text += line;
        }
        text.trim_matches(['[', ']', ' ']).split(',').map(str::to_owned).collect()
    } else {
        lines.map_while(|line| line.trim().strip_prefix("- ")).map(str::to_owned).collect::<Vec<_>>()
    };
    words.into_iter().map(|word| word.trim().to_owned()).filter(|word| !word.is_empty()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn front_matter_is_read() {
        let source = "// x\n/*---\ndescription: >\n  flags: no\nflags: [onlyStrict, async]\nfeatures:\n  - class\n  - BigInt\nincludes: [a.js,\n  b.js]\nnegative:\n  phase: parse\n  type: SyntaxError\n---*/\n";
        let case = Case::parse(source).unwrap().unwrap();
        assert_eq!(case.expected, Expected::Throws("SyntaxError".to_owned()));
        assert_eq!(
            (case.features, case.includes),
            (vec!["class".to_owned(), "BigInt".to_owned()], vec!["a.js".to_owned(), "b.js".to_owned()])
        );
        assert!(case.strict && !case.sloppy && !case.raw);
        assert!(Case::parse("/*---\nflags: [module]\n---*/").unwrap().is_none());
    }

    #[test]
    fn variants_are_what_flags_say() {
        let harness = Harness(BTreeMap::from([("assert.js".to_owned(), "A".to_owned()), ("sta.js".to_owned(), "S".to_owned())]));
        let source = "/*---\ndescription: d\n---*/\ntest";
        let case = Case::parse(source).unwrap().unwrap();
        let variants = case.variants(source, &harness).unwrap();
        assert_eq!(variants.iter().map(|(name, _)| *name).collect::<Vec<_>>(), ["", " (strict)"]);
        assert!(variants[1].1.starts_with("\"use strict\"") && variants[0].1.contains("A\nS\n"));
    }
}
