//! What is wrong with a manifest: all of it at once, each with its place and what would be right.

use std::fmt;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Problem {
    /// Line in the manifest, counted from 1.
    pub line: u64,
    /// The key, from the root: `components.worker.image`.
    pub key: String,
    /// What is wrong, and what would be right.
    pub message: String,
}

/// All mistakes of one manifest, in the order of its lines; never empty as an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problems {
    /// Name of the manifest as the caller knows it.
    pub file: String,
    /// The mistakes.
    pub problems: Vec<Problem>,
}

impl fmt::Display for Problems {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, Problem { line, key, message }) in self.problems.iter().enumerate() {
            let (newline, colon) = (if index == 0 { "" } else { "\n" }, if key.is_empty() { "" } else { ": " });
            write!(f, "{newline}{}:{line}: {key}{colon}{message}", self.file)?;
        }
        Ok(())
    }
}

impl std::error::Error for Problems {}

/// `, did you mean …?` when one of the known words is near; else what the known ones are.
pub(crate) fn suggestion<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    /// A longer list helps nobody.
    const MOST_SHOWN: usize = 20;
    let known: Vec<_> = known.into_iter().collect();
    // One slip, or one in three letters.
    let near = |other: &&&str| strsim::damerau_levenshtein(word, other) <= (word.len().max(other.len()) / 3).max(1);
    match known.iter().filter(near).min_by_key(|other| strsim::damerau_levenshtein(word, other)) {
        Some(best) => format!(", did you mean `{best}`?"),
        None if known.is_empty() => "; there is none".to_owned(),
        None if known.len() > MOST_SHOWN => format!("; there are {}, none like it", known.len()),
        None => format!("; there is {}", known.iter().map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")),
    }
}
