use std::{collections::BTreeMap, fmt::Write as _, fs, path::Path};

use anyhow::{Context as _, Result};

use super::Verdict;

/// How all tests ended.
#[derive(Debug, Default)]
pub struct Report {
    /// By test: its path, and its variant.
    pub verdicts: BTreeMap<String, Verdict>,
    /// What of ECMAScript each test uses.
    pub features: BTreeMap<String, Vec<String>>,
    /// Tests that cannot be run: modules.
    pub skipped: usize,
}

/// The row of tests that name no feature.
const NO_FEATURE: &str = "(older than the list of features)";

/// What a page begins with.
const HEAD: &str = "\
# What ECMA-262 says, by test262

`ampoule bench test262 DIR --unpatched --native --table docs/test262.md` writes this page. `DIR` is a checkout of
[test262](https://github.com/tc39/test262); its `language`, `built-ins` and `annexB` are run, each test in a fresh sandbox, twice where it says nothing
of strict mode. Modules are skipped. There is one realm and one agent, so that tests of others fail everywhere. `unpatched` is the same guest with Boa as
published, `native` is that compiled for this machine.

";

/// Lines of a list that a terminal gets.
const SHOWN: usize = 40;

impl Report {
    /// Counts.
    pub fn summary(&self) -> String {
        let passed = self.verdicts.values().filter(|verdict| **verdict == Verdict::Passed).count();
        let faulted = self.faults();
        format!(
            "{passed} of {} passed ({:.2} %), {faulted} faulted, {} skipped\n",
            self.verdicts.len(),
            100.0 * passed as f64 / self.verdicts.len().max(1) as f64,
            self.skipped
        )
    }

    /// Every panic and trap.
    pub fn faulted(&self) -> String {
        let mut text = String::new();
        for (name, verdict) in &self.verdicts {
            if let Verdict::Faulted(message) = verdict {
                let _ = writeln!(text, "FAULT {name}: {message:.200}");
            }
        }
        text
    }

    /// Tests in which the guest panicked or trapped.
    pub fn faults(&self) -> usize {
        self.verdicts.values().filter(|verdict| matches!(verdict, Verdict::Faulted(_))).count()
    }

    /// What passed there and does not here.
    pub fn regressions<'a>(&'a self, before: &'a Self) -> Vec<(&'a str, &'a Verdict)> {
        let passed = |name: &str| before.verdicts.get(name) == Some(&Verdict::Passed);
        let worse = self.verdicts.iter().filter(|(name, verdict)| **verdict != Verdict::Passed && passed(name));
        worse.map(|(name, verdict)| (&**name, verdict)).collect()
    }

    /// Compared with another engine: regressions one by one, gains by feature.
    pub fn compared(&self, before: &Self) -> String {
        let mut text = String::new();
        let regressions = self.regressions(before);
        let _ = writeln!(text, "{} regressions", regressions.len());
        for (name, verdict) in regressions.iter().take(SHOWN) {
            let _ = writeln!(text, "  {name}: {verdict:?}");
        }
        let gains = before.regressions(self);
        let mut by_feature: BTreeMap<&str, usize> = BTreeMap::new();
        for (name, _) in &gains {
            let features = self.features.get(*name).map_or(&[][..], Vec::as_slice);
            // What names no feature is as old as the language; its folder says what it is about.
            let folder = name.rsplit_once('/').map_or(*name, |(folder, _)| folder);
            let features: Vec<_> = if features.is_empty() { vec![folder] } else { features.iter().map(String::as_str).collect() };
            for feature in features {
                *by_feature.entry(feature).or_default() += 1;
            }
        }
        let _ = writeln!(text, "{} gains", gains.len());
        for (feature, count) in by_feature {
            let _ = writeln!(text, "  {count:6}  {feature}");
        }
        text
    }

    /// The counts, what is gained and lost against each of the others, and the table, in Markdown.
    pub fn page(&self, name: &str, others: &[(&str, &Self)]) -> String {
        let mut text = format!("{HEAD}- the {name}: {}", self.summary());
        for (other, theirs) in others {
            let (gains, regressions) = (theirs.regressions(self).len(), self.regressions(theirs).len());
            let _ = write!(text, "- {other}: {}", theirs.summary());
            let _ = writeln!(text, "  - the {name} passes {gains} that it does not, and fails {regressions} that it passes");
        }
        text + "\n" + &self.table(name, others)
    }

    /// By feature of ECMAScript, in Markdown: how many tests passed here, and of how many; and at each of the others.
    fn table(&self, name: &str, others: &[(&str, &Self)]) -> String {
        let mut rows: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        let mut total = vec![0; 2 + others.len()];
        for (test, verdict) in &self.verdicts {
            let passed = others.iter().map(|(_, other)| other.verdicts.get(test) == Some(&Verdict::Passed));
            let counts: Vec<_> = [true, *verdict == Verdict::Passed].into_iter().chain(passed).map(usize::from).collect();
            let features = self.features.get(test).map_or(&[][..], Vec::as_slice);
            let rest = features.is_empty().then_some(NO_FEATURE);
            for row in features.iter().map(String::as_str).chain(rest) {
                add(rows.entry(row).or_insert_with(|| vec![0; counts.len()]), &counts);
            }
            add(&mut total, &counts);
        }
        let names = others.iter().map(|(name, _)| *name);
        let heads: Vec<_> = ["feature", "tests", name].into_iter().chain(names).collect();
        let mut text = format!("| {} |\n|---{}\n", heads.join(" | "), "|--:".repeat(heads.len() - 1) + "|");
        for (row, counts) in rows.into_iter().chain([("**all**", total)]) {
            let cells: Vec<_> = counts.iter().map(usize::to_string).collect();
            let _ = writeln!(text, "| {row} | {} |", cells.join(" | "));
        }
        text
    }

    /// A line for each test that did not pass.
    pub fn write(&self, path: &Path) -> Result<()> {
        let lines = self.verdicts.iter().filter_map(|(name, verdict)| match verdict {
            Verdict::Passed => None,
            Verdict::Failed(why) => Some(format!("failed  {name}: {}\n", why.replace('\n', " "))),
            Verdict::Faulted(why) => Some(format!("FAULT   {name}: {}\n", why.replace('\n', " "))),
        });
        fs::write(path, lines.collect::<String>()).with_context(|| format!("failed to write {}", path.display()))
    }
}

fn add(to: &mut [usize], counts: &[usize]) {
    for (to, count) in to.iter_mut().zip(counts) {
        *to += count;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regressions_and_gains_are_told_apart() {
        let report = |a: Verdict, b: Verdict| Report {
            verdicts: BTreeMap::from([("x/a.js".to_owned(), a), ("x/b.js".to_owned(), b)]),
            ..Report::default()
        };
        let (now, before) =
            (report(Verdict::Passed, Verdict::Failed("no".to_owned())), report(Verdict::Faulted("p".to_owned()), Verdict::Passed));
        let text = now.compared(&before);
        assert!(text.contains("1 regressions\n  x/b.js") && text.contains("1 gains\n       1  x\n"), "{text}");
        let table = now.table("now", &[("before", &before)]);
        assert!(table.starts_with("| feature | tests | now | before |\n|---|--:|--:|--:|\n"), "{table}");
        assert!(table.ends_with("| **all** | 2 | 1 | 1 |\n"), "{table}");
        let page = now.page("now", &[("before", &before)]);
        assert!(page.contains("\n  - the now passes 1 that it does not, and fails 1 that it passes\n\n| feature |"), "{page}");
        assert!(before.summary().contains("1 of 2 passed (50.00 %), 1 faulted"));
    }
}
