//! Positions in what an author wrote, for stacks that tell positions in what ran.
//!
//! A source whose last line is an inline source map was made from others: by our TypeScript compiler, or by a bundler. The guest
//! never sees the map. After the run, call frames in the outcome and in log lines are rewritten.

use std::{borrow::Cow, sync::OnceLock};

use ampoule_protocol::{LibrarySource, Outcome, RunReport, ScriptError, ScriptSource, source_map};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use oxc_sourcemap::SourceMap;

use crate::RunRequest;

/// Longest map that is read, as base64: of a bundle as large as the default limit on scripts, with its sources. What it becomes
/// in memory is twelve times as large at worst, for as long as a report is rewritten.
const MAX_MAP_BYTES: usize = 8 << 20;
/// So much longer a report may get by longer names of files; frames beyond are left as they are.
const MAX_GROWTH_BYTES: usize = 256 << 10;
/// Most characters of a file's name out of a map.
const MAX_NAME_CHARS: usize = 256;

/// The source maps that the sources of a script and its libraries carry, each decoded when it is first needed.
#[derive(Debug, Default)]
pub struct SourceMaps(Vec<Mapped>);

#[derive(Debug)]
struct Mapped {
    /// The source's name in call frames.
    name: String,
    url: String,
    map: OnceLock<Option<SourceMap<'static>>>,
}

impl SourceMaps {
    /// The maps of these sources; most have none.
    pub fn of(script: &ScriptSource, libraries: &[LibrarySource]) -> Self {
        let mut maps = Vec::new();
        let mut add = |name: &dyn Fn() -> String, source: &str| {
            if let Some(url) = source_map(source).1.filter(|url| url.len() <= MAX_MAP_BYTES) {
                maps.push(Mapped { name: name(), url: url.to_owned(), map: OnceLock::new() });
            }
        };
        add(&|| script.name.clone(), &script.source);
        script.modules.iter().for_each(|(path, source)| add(&|| path.clone(), source));
        for library in libraries {
            let name = || format!("lib:{}", library.specifier());
            add(&name, &library.source);
            library.modules.iter().for_each(|(path, source)| add(&|| format!("{}/{path}", name()), source));
        }
        Self(maps)
    }

    /// `text` with its call frames rewritten: lines such as `    at name (file.js:1:2)`.
    pub fn rewrite<'a>(&self, text: &'a str) -> Cow<'a, str> {
        self.rewrite_within(text, &mut usize::MAX.clone())
    }

    fn rewrite_within<'a>(&self, text: &'a str, growth: &mut usize) -> Cow<'a, str> {
        if self.0.is_empty() || !has_frame(text) {
            return text.into();
        }
        let lines: Vec<_> = text.split('\n').map(|line| self.frame(line, growth).map_or(Cow::Borrowed(line), Cow::Owned)).collect();
        if lines.iter().all(|line| matches!(line, Cow::Borrowed(_))) { text.into() } else { lines.join("\n").into() }
    }

    fn frame(&self, line: &str, growth: &mut usize) -> Option<String> {
        if !line.trim_start().starts_with("at ") {
            return None;
        }
        self.0.iter().find_map(|mapped| {
            let (at, end, line_number, column) = position(line, &mapped.name)?;
            let (file, line_number, column) = mapped.original(line_number, column)?;
            let text = format!("{}{file}:{line_number}:{column}{}", &line[..at], &line[end..]);
            *growth = growth.checked_sub(text.len().saturating_sub(line.len()))?;
            Some(text)
        })
    }
}

impl SourceMaps {
    /// The message of a source that does not parse repeats the position that its only call frame tells: there, too, it is the author's.
    fn rewrite_message(&self, error: &mut ScriptError) {
        if error.name != "SyntaxError" {
            return;
        }
        let frame = error.stack.lines().next().unwrap_or_default();
        let place = self.0.iter().find_map(|mapped| {
            let (.., line, column) = position(frame, &mapped.name)?;
            let kept = error.message.strip_suffix(&format!(" at line {line}, col {column}"))?;
            let (_, line, column) = mapped.original(line, column)?;
            Some(format!("{kept} at line {line}, col {column}"))
        });
        error.message = place.unwrap_or_else(|| std::mem::take(&mut error.message));
    }
}

impl Mapped {
    /// File, line and column of a position; both are counted from 1.
    fn original(&self, line: u32, column: u32) -> Option<(String, u32, u32)> {
        let map = self.map.get_or_init(|| {
            let (_, base64) = self.url.split_once(";base64,")?;
            let json = String::from_utf8(STANDARD.decode(base64).ok()?).ok()?;
            Some(SourceMap::from_json_string(&json).ok()?.into_owned())
        });
        let map = map.as_ref()?;
        let wanted = (line.checked_sub(1)?, column.checked_sub(1)?);
        let tokens = map.get_tokens().len();
        // The last one that begins at or before; a map's tokens are in order.
        let mut range = 0..tokens;
        while !range.is_empty() {
            let middle = range.start + range.len() / 2;
            let token = map.get_token(u32::try_from(middle).ok()?)?;
            if (token.get_dst_line(), token.get_dst_col()) <= wanted { range.start = middle + 1 } else { range.end = middle }
        }
        let token = map.get_token(u32::try_from(range.start.checked_sub(1)?).ok()?)?;
        if token.get_dst_line() != wanted.0 {
            return None;
        }
        let source = map.get_source(token.get_source_id()?)?;
        let root = map.get_source_root().filter(|root| !root.is_empty());
        let name = root.map_or_else(|| source.to_owned(), |root| format!("{}/{source}", root.trim_end_matches('/')));
        let name: String = name.chars().filter(|char| !char.is_control()).take(MAX_NAME_CHARS).collect();
        Some((name, token.get_src_line() + 1, token.get_src_col() + 1))
    }
}

/// Whether a text may hold a call frame.
fn has_frame(text: &str) -> bool {
    text.starts_with("at ") || text.contains(" at ")
}

/// Where `name:LINE:COLUMN` stands in a call frame, and its numbers.
fn position(frame: &str, name: &str) -> Option<(usize, usize, u32, u32)> {
    frame.match_indices(name).find_map(|(at, _)| {
        if !frame[..at].ends_with(['(', ' ']) {
            return None;
        }
        let rest = frame[at + name.len()..].strip_prefix(':')?;
        let (line, after) = number(rest)?;
        let (column, after) = number(after.strip_prefix(':')?)?;
        Some((at, frame.len() - after.len(), line, column))
    })
}

fn number(text: &str) -> Option<(u32, &str)> {
    let end = text.find(|char: char| !char.is_ascii_digit()).unwrap_or(text.len());
    Some((text[..end].parse().ok()?, &text[end..]))
}

/// A report with the positions of what the author wrote.
pub(crate) async fn rewritten(mut report: RunReport, request: &RunRequest) -> RunReport {
    let in_stack = stack(&mut report.outcome).is_some_and(|stack| has_frame(stack));
    if !in_stack && !report.logs.iter().any(|line| has_frame(&line.message)) {
        return report;
    }
    let maps = SourceMaps::of(&request.script, &request.libraries);
    if maps.0.is_empty() {
        return report;
    }
    let untouched = report.clone();
    let rewrite = move || {
        let growth = &mut MAX_GROWTH_BYTES.clone();
        if let Outcome::Threw { error } = &mut report.outcome {
            maps.rewrite_message(error);
        }
        let texts = report.logs.iter_mut().map(|line| &mut line.message);
        for text in stack(&mut report.outcome).into_iter().chain(texts) {
            if let Cow::Owned(rewritten) = maps.rewrite_within(text, growth) {
                *text = rewritten;
            }
        }
        report
    };
    tokio::task::spawn_blocking(rewrite).await.unwrap_or(untouched)
}

fn stack(outcome: &mut Outcome) -> Option<&mut String> {
    match outcome {
        Outcome::Threw { error } => Some(&mut error.stack),
        Outcome::LimitExceeded { stack, .. } => stack.as_mut(),
        Outcome::Returned { .. } | Outcome::Cancelled | Outcome::Fault { .. } => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `a.js` whose line 2 is, from column 3, line 10, column 5 of `src/a.ts`.
    fn maps() -> SourceMaps {
        let json = r#"{"version":3,"sources":["src/a.ts"],"names":[],"mappings":";EASI"}"#;
        let source = format!("x\ny\n//# sourceMappingURL=data:application/json;charset=utf-8;base64,{}", STANDARD.encode(json));
        SourceMaps::of(&ScriptSource::named("a.js", source), &[])
    }

    #[test]
    fn frames_are_rewritten_and_nothing_else() {
        let maps = maps();
        for (text, rewritten) in [
            ("    at f (a.js:2:3)", "    at f (src/a.ts:10:5)"),
            ("    at a.js:2:40", "    at src/a.ts:10:5"),
            ("Trace: x\n    at f (a.js:2:3) {\n  b: 1", "Trace: x\n    at f (src/a.ts:10:5) {\n  b: 1"),
            ("    at f (a.js:2:1)", "    at f (a.js:2:1)"),
            ("    at f (a.js:1:3)", "    at f (a.js:1:3)"),
            ("    at f (lib/a.js:2:3)", "    at f (lib/a.js:2:3)"),
            ("look at (a.js:2:3)", "look at (a.js:2:3)"),
            ("    at f (a.js:2)", "    at f (a.js:2)"),
        ] {
            assert_eq!(maps.rewrite(text), rewritten, "{text}");
        }
    }

    #[test]
    fn a_syntax_error_tells_the_authors_line() {
        let error = |name: &str, message: &str| ScriptError { name: name.into(), message: message.into(), stack: "    at a.js:2:3".into() };
        for (name, message, rewritten) in [
            ("SyntaxError", "unexpected token at line 2, col 3", "unexpected token at line 10, col 5"),
            // That of something else, and what a script says itself.
            ("SyntaxError", "unexpected token at line 2, col 4", "unexpected token at line 2, col 4"),
            ("Error", "unexpected token at line 2, col 3", "unexpected token at line 2, col 3"),
        ] {
            let mut error = error(name, message);
            maps().rewrite_message(&mut error);
            assert_eq!(error.message, rewritten);
        }
    }

    #[test]
    fn broken_maps_change_nothing() {
        for url in ["data:application/json;base64,!!!", "data:application/json;base64,e30=", "data:,x", "data:application/json;base64,"] {
            let maps = SourceMaps::of(&ScriptSource::named("a.js", format!("x\n//# sourceMappingURL={url}")), &[]);
            assert_eq!(maps.rewrite("    at a.js:1:1"), "    at a.js:1:1");
        }
    }

    #[test]
    fn a_report_grows_within_its_bound() {
        let growth = &mut 10;
        let text = "    at f (a.js:2:3)\n    at f (a.js:2:3)\n    at f (a.js:2:3)";
        assert_eq!(maps().rewrite_within(text, growth), "    at f (src/a.ts:10:5)\n    at f (src/a.ts:10:5)\n    at f (a.js:2:3)");
    }
}
