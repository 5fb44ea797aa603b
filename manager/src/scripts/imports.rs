//! The libraries that sources import.

use std::collections::BTreeMap;

/// What stands after `lib:` in the string literals of these sources, each once, in the order of the first. Not every one need be an import:
/// a string or a comment can say the same, so what is not published is left to the run, whose error names the importer.
pub(crate) fn specifiers<'a>(sources: impl IntoIterator<Item = &'a str>) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for source in sources {
        for (at, _) in source.match_indices("lib:") {
            let quote = source[..at].chars().next_back().filter(|c| matches!(c, '\'' | '"' | '`'));
            let rest = &source[at + "lib:".len()..];
            let end = quote.and_then(|quote| rest.find([quote, '\n']));
            let Some(specifier) = end.map(|end| &rest[..end]).filter(|_| quote.is_some()) else { continue };
            if is_specifier(specifier) && !found.iter().any(|known| known == specifier) {
                found.push(specifier.to_owned());
            }
        }
    }
    found
}

/// The libraries that an import map stands for.
pub(crate) fn mapped(imports: &BTreeMap<String, String>) -> impl Iterator<Item = String> {
    imports.values().filter_map(|target| target.strip_prefix("lib:")).filter(|specifier| is_specifier(specifier)).map(str::to_owned)
}

/// `NAME` or `NAME@3`.
fn is_specifier(text: &str) -> bool {
    let (name, version) = text.split_once('@').unwrap_or((text, "1"));
    ampoule_protocol::is_published_name(name) && version.parse::<u32>().is_ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn finds_what_is_imported() {
        for (source, found) in [
            ("import a from 'lib:a'; import {b} from \"lib:b@3\"", vec!["a", "b@3"]),
            ("export * from 'lib:a'; await import(`lib:c@7`) + 'lib:c@live'; import 'lib:a';", vec!["a", "c@7"]),
            ("lib:a; 'slib:x' 'lib:' 'lib:a b' 'lib:\n' 'lib:unclosed", vec![]),
            ("'lib:é' \"lib:../x\"", vec![]),
        ] {
            assert_eq!(specifiers([source]), found, "{source}");
        }
        assert_eq!(specifiers(["'lib:b'", "'lib:a' 'lib:b'"]), ["b", "a"]);
    }
}
