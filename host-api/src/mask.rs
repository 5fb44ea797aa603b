//! Finds secrets in what a script writes, however it wrote them.

use std::ops::Range;

use aho_corasick::{AhoCorasick, MatchKind};
use base64::{Engine as _, engine::general_purpose::STANDARD_NO_PAD};

/// What stands where a secret stood.
pub(crate) const MASK: &str = "***";

/// What may stand between the characters of a secret that is printed one at a time.
const SEPARATORS: [&str; 14] = [" ", ",", ", ", "-", "_", ".", ":", "\n", "|", "/", ";", "', '", "\",\"", "\", \""];
/// A shorter trace of a secret is as likely chance.
const MIN_NEEDLE_BYTES: usize = 4;
/// Longer secrets are found as they are, in the common encodings and line by line, and not in those that make them ten times as long.
const MAX_SPREAD_BYTES: usize = 256;
/// The shortest line of a secret of many lines that is a secret by itself.
const MIN_LINE_BYTES: usize = 12;

/// Finds granted secrets: as they are, reversed, in base64 and base64url at every alignment, hexadecimal, percent encoding, JSON, HTML and JavaScript escapes, as
/// numbers of characters, or with something between the characters; each whatever the case of ASCII letters.
///
/// Whoever means to smuggle one out can invent another encoding; this keeps it out of logs that were not meant to hold it.
pub(crate) struct Masker {
    needles: AhoCorasick,
    /// The same needles; of those that begin in one place the longest.
    longest_first: AhoCorasick,
    /// Needles without what [`is_loose`], for text without it: a console lays arrays out in lines and columns.
    loose: AhoCorasick,
    /// All needles in lower case, for what may go on in the next line.
    texts: Vec<Vec<u8>>,
    longest: usize,
}

impl Masker {
    /// For these secrets: names and values.
    pub(crate) fn new<'a>(secrets: impl Iterator<Item = (&'a str, &'a str)>) -> Self {
        let mut texts = Vec::new();
        for (_, value) in secrets {
            forms(value, &mut texts);
            for line in value.lines().filter(|line| line.len() >= MIN_LINE_BYTES && line.len() < value.len()) {
                forms(line, &mut texts);
            }
            let trimmed = value.trim();
            if trimmed.len() < value.len() && trimmed.len() >= MIN_NEEDLE_BYTES {
                forms(trimmed, &mut texts);
            }
        }
        texts.iter_mut().for_each(|text| text.make_ascii_lowercase());
        texts.retain(|text| text.len() >= MIN_NEEDLE_BYTES);
        texts.sort_unstable();
        texts.dedup();
        let longest = texts.iter().map(Vec::len).max().unwrap_or(0);
        let automaton = |kind| {
            let built = AhoCorasick::builder().ascii_case_insensitive(true).match_kind(kind).build(&texts);
            built.expect("a few hundred needles of a few KiB fit an automaton")
        };
        let (needles, longest_first) = (automaton(MatchKind::Standard), automaton(MatchKind::LeftmostLongest));
        let mut bare: Vec<Vec<u8>> = texts.iter().map(|text| text.iter().copied().filter(|byte| !is_loose(*byte)).collect()).collect();
        bare.retain(|text| text.len() >= MIN_NEEDLE_BYTES);
        bare.sort_unstable();
        bare.dedup();
        let loose = AhoCorasick::builder().ascii_case_insensitive(true).build(&bare);
        let loose = loose.expect("as many needles, and none longer");
        Self { needles, longest_first, loose, texts, longest }
    }

    /// Where secrets are, merged and in order.
    pub(crate) fn find(&self, text: &[u8]) -> Vec<Range<usize>> {
        let mut found: Vec<Range<usize>> = self.needles.find_overlapping_iter(text).map(|found| found.range()).collect();
        let (mut bare, mut places) = (Vec::with_capacity(text.len()), Vec::with_capacity(text.len()));
        for (place, byte) in text.iter().enumerate().filter(|(_, byte)| !is_loose(**byte)) {
            bare.push(*byte);
            places.push(place);
        }
        if bare.len() < text.len() {
            let loose = self.loose.find_overlapping_iter(&bare);
            found.extend(loose.map(|found| places[found.start()]..places[found.end() - 1] + 1));
        }
        found.sort_unstable_by_key(|range| range.start);
        let mut merged: Vec<Range<usize>> = Vec::new();
        for range in found {
            match merged.last_mut() {
                Some(last) if range.start <= last.end => last.end = last.end.max(range.end),
                _ => merged.push(range),
            }
        }
        merged
    }

    /// Where secrets are, one after the other, each with the number of its [`needle`](Self::needle).
    pub(crate) fn holes(&self, text: &[u8]) -> Vec<(Range<usize>, usize)> {
        self.longest_first.find_iter(text).map(|found| (found.range(), found.pattern().as_usize())).collect()
    }

    /// What is looked for under this number, in lower case. The same secrets have the same numbers.
    pub(crate) fn needle(&self, number: usize) -> Option<&[u8]> {
        self.texts.get(number).map(Vec::as_slice)
    }

    /// The text without secrets.
    pub(crate) fn mask(&self, text: &str) -> String {
        replace(text, &self.find(text.as_bytes()))
    }

    /// Bytes of earlier text that a secret which ends later may begin in.
    pub(crate) fn reach(&self) -> usize {
        self.longest.saturating_sub(1)
    }

    /// How many of the last bytes may be the beginning of a secret that goes on in what follows.
    pub(crate) fn unfinished(&self, text: &[u8]) -> usize {
        let tail = text[text.len().saturating_sub(self.reach())..].to_ascii_lowercase();
        (0..tail.len()).find(|from| self.texts.iter().any(|needle| needle.starts_with(&tail[*from..]))).map_or(0, |from| tail.len() - from)
    }
}

/// What a console puts between the items of a list.
const fn is_loose(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b',' | b'\'' | b'"' | b'[' | b']')
}

/// The text with each range as [`MASK`]. Ranges that cut a character take all of it.
pub(crate) fn replace(text: &str, ranges: &[Range<usize>]) -> String {
    let mut masked = String::with_capacity(text.len());
    let mut at = 0;
    for range in ranges {
        let (mut start, mut end) = (range.start.max(at), range.end.max(at));
        while !text.is_char_boundary(start) {
            start -= 1;
        }
        while !text.is_char_boundary(end) {
            end += 1;
        }
        masked.push_str(&text[at..start.max(at)]);
        masked.push_str(MASK);
        at = end;
    }
    masked.push_str(&text[at..]);
    masked
}

/// Every form in which a secret is looked for.
fn forms(value: &str, forms: &mut Vec<Vec<u8>>) {
    let bytes = value.as_bytes();
    let mut add = |text: String| forms.push(text.into_bytes());
    add(value.to_owned());
    add(value.chars().rev().collect());
    add(hex(bytes, ""));
    add(bytes
        .iter()
        .map(|b| if b.is_ascii_alphanumeric() || b"-_.!~*'()".contains(b) { char::from(*b).to_string() } else { format!("%{b:02x}") })
        .collect());
    add(bytes
        .iter()
        .map(|b| if b.is_ascii_alphanumeric() || b"-_.~".contains(b) { char::from(*b).to_string() } else { format!("%{b:02x}") })
        .collect());
    add(bytes
        .iter()
        .map(|b| if b.is_ascii_alphanumeric() || b"@*_+-./".contains(b) { char::from(*b).to_string() } else { format!("%{b:02x}") })
        .collect());
    let json = serde_json::to_string(value).unwrap_or_default();
    let inner = json.trim_matches('"').to_owned();
    add(inner.replace('\\', "\\\\").replace('"', "\\\""));
    add(inner);
    add(value.replace('\\', "\\\\").replace('\'', "\\'"));
    add(value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;").replace('\'', "&#39;"));
    add(value.chars().filter(|c| !c.is_whitespace()).collect());
    for line in base64_forms(bytes) {
        add(line.replace('+', "-").replace('/', "_"));
        add(line);
    }
    if value.len() > MAX_SPREAD_BYTES {
        return;
    }
    add(bytes.iter().map(|b| format!("%{b:02x}")).collect());
    add(bytes.iter().map(|b| format!("{b:08b}")).collect());
    add(bytes.iter().map(|b| format!("\\x{b:02x}")).collect());
    add(value.encode_utf16().map(|unit| format!("\\u{unit:04x}")).collect());
    add(value.chars().map(|c| format!("\\u{{{:x}}}", u32::from(c))).collect());
    add(value.chars().map(|c| format!("&#{};", u32::from(c))).collect());
    add(value.chars().map(|c| format!("&#x{:x};", u32::from(c))).collect());
    add(value.encode_utf16().map(|unit| format!("{unit:04x}")).collect());
    let letters: Vec<String> = value.chars().map(String::from).collect();
    let reversed: Vec<String> = value.chars().rev().map(String::from).collect();
    let numbers: Vec<String> = value.encode_utf16().map(|unit| unit.to_string()).collect();
    let octets: Vec<String> = bytes.iter().map(u8::to_string).collect();
    let pairs: Vec<String> = bytes.iter().map(|b| format!("{b:02x}")).collect();
    let prefixed: Vec<String> = bytes.iter().map(|b| format!("0x{b:02x}")).collect();
    let bits: Vec<String> = bytes.iter().map(|b| format!("{b:08b}")).collect();
    for spread in [&letters, &reversed, &numbers, &octets, &pairs, &prefixed, &bits] {
        for separator in SEPARATORS {
            add(spread.join(separator));
        }
    }
}

fn hex(bytes: &[u8], separator: &str) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect::<Vec<_>>().join(separator)
}

/// What of a secret's base64 does not depend on what stands before and after it, at each of the three alignments; and the whole, with and without padding is the same.
fn base64_forms(bytes: &[u8]) -> Vec<String> {
    (0..3)
        .map(|before| {
            let mut padded = vec![0; before];
            padded.extend_from_slice(bytes);
            let text = STANDARD_NO_PAD.encode(&padded);
            // Characters that hold a bit of what is before, or of what follows.
            let from = [0, 2, 3][before];
            let to = text.len() - usize::from(padded.len() % 3 != 0);
            text[from..to.max(from)].to_owned()
        })
        .collect()
}

impl std::fmt::Debug for Masker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Masker").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn masks_every_form_and_nothing_else() {
        let masker = Masker::new([("KEY", "hunter2-Ünï/+ö")].into_iter());
        let plain = "nothing to see: 123456 hunter and its 2 dogs";
        assert_eq!(masker.mask(plain), plain);
        assert_eq!(masker.mask("a hunter2-Ünï/+ö b HUNTER2-Ünï/+ö"), "a *** b ***");
        let mut all = Vec::new();
        forms("hunter2-Ünï/+ö", &mut all);
        assert!(all.len() > 100, "{}", all.len());
        for form in all.into_iter().filter(|form| form.len() >= MIN_NEEDLE_BYTES) {
            let form = String::from_utf8(form).unwrap();
            assert!(masker.mask(&form).len() < form.len() / 2 + 4, "{form}: {}", masker.mask(&form));
        }
    }

    #[test]
    fn base64_at_every_alignment() {
        let masker = Masker::new([("KEY", "correct-horse")].into_iter());
        for before in ["", "a", "ab", "abc"] {
            let text = STANDARD_NO_PAD.encode(format!("{before}correct-horse!?"));
            assert!(masker.mask(&text).contains(MASK), "{text}");
        }
    }

    #[test]
    fn sees_where_a_secret_may_go_on() {
        let masker = Masker::new([("KEY", "correct-horse")].into_iter());
        assert_eq!(masker.unfinished(b"nothing"), 0);
        assert_eq!(masker.unfinished(b"x CORREC"), 6);
        assert_eq!(masker.reach() + 1, masker.longest);
    }
}
