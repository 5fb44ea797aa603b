//! How the parts of an inspected object are put on lines. The arithmetic is that of Node's `util.inspect` (v20), so that output
//! reads as developers know it.

/// Columns that a line should not exceed.
pub(super) const LINE: usize = 80;
/// An object goes on one line when it holds at most so many levels of objects, and fits.
const LEVELS_ON_A_LINE: usize = 3;
/// Arrays with more items than this are set in columns.
const ITEMS_IN_ONE_COLUMN: usize = 6;
const MAX_COLUMNS: usize = 15;

/// An object's text, in parts.
pub(super) struct Parts {
    /// What stands before the opening brace: `[Function: f]`.
    pub(super) base: String,
    pub(super) open: String,
    pub(super) close: &'static str,
    pub(super) entries: Vec<String>,
    /// An array is set in columns when it is long.
    pub(super) array: Option<Columns>,
}

#[derive(Clone, Copy)]
pub(super) struct Columns {
    /// All entries are numbers, which are aligned to the right.
    pub(super) numbers: bool,
    /// Of more entries than these the last one stands alone: it counts what is not shown.
    pub(super) items: usize,
}

impl Parts {
    /// Joins the parts. `indent` is where the object stands; `levels` is how deep the objects in it go; `line` is the width.
    pub(super) fn join(self, indent: usize, levels: usize, line: usize) -> String {
        let Self { base, open, close, mut entries, array } = self;
        let mut in_columns = false;
        if let Some(columns) = array
            && entries.len() > ITEMS_IN_ONE_COLUMN
            && let Some(rows) = set_in_columns(&entries, columns, indent, line)
        {
            in_columns = rows.len() != entries.len();
            entries = rows;
        }
        let before = if base.is_empty() { String::new() } else { format!("{base} ") };
        if levels < LEVELS_ON_A_LINE && !in_columns {
            let start = entries.len() + indent + units(&open) + units(&base) + 10;
            if fits(&entries, start, &base, line) && !entries.iter().any(|entry| entry.contains('\n')) {
                return format!("{before}{open} {} {close}", entries.join(", "));
            }
        }
        let indentation = format!("\n{}", " ".repeat(indent));
        let entries = entries.join(&format!(",{indentation}  "));
        format!("{before}{open}{indentation}  {entries}{indentation}{close}")
    }
}

fn fits(entries: &[String], start: usize, base: &str, line: usize) -> bool {
    let total = entries.iter().map(|entry| units(entry)).sum::<usize>() + entries.len() + start;
    total <= line && entries.len() * 2 + start <= line && !base.contains('\n')
}

/// Rows of aligned items, when they are alike enough to be worth it.
fn set_in_columns(entries: &[String], columns: Columns, indent: usize, line: usize) -> Option<Vec<String>> {
    const SEPARATOR: usize = 2;
    let items = entries.len() - usize::from(entries.len() > columns.items);
    let widths: Vec<_> = entries[..items].iter().map(|entry| width(entry)).collect();
    let total: usize = widths.iter().map(|width| width + SEPARATOR).sum();
    let longest = widths.iter().copied().max()?;
    let cell = longest + SEPARATOR;
    if cell * 3 + indent >= line || !(total as f64 / cell as f64 > 5.0 || longest <= 6) {
        return None;
    }
    // About a square, a character being 2.5 times as high as wide.
    let bias = (cell as f64 - total as f64 / entries.len() as f64).sqrt();
    let biased = (cell as f64 - 3.0 - bias).max(1.0);
    let square = ((2.5 * biased * items as f64).sqrt() / biased + 0.5).floor() as usize;
    let count = square.min((line - indent) / cell).min(LEVELS_ON_A_LINE * 4).min(MAX_COLUMNS);
    if count <= 1 {
        return None;
    }
    let column_widths: Vec<_> =
        (0..count).map(|column| widths.iter().skip(column).step_by(count).max().map_or(SEPARATOR, |width| width + SEPARATOR)).collect();
    let mut rows: Vec<_> = (0..items)
        .step_by(count)
        .map(|start| {
            let end = (start + count).min(items);
            let mut row = String::new();
            for at in start..end {
                let last = at + 1 == end;
                let column = column_widths[at - start];
                let padding = |width| " ".repeat(column.saturating_sub(width));
                match (columns.numbers, last) {
                    (true, true) => row += &(padding(widths[at] + SEPARATOR) + &entries[at]),
                    (true, false) => row += &(padding(widths[at] + SEPARATOR) + &entries[at] + ", "),
                    (false, true) => row += &entries[at],
                    (false, false) => row += &(entries[at].clone() + ", " + &padding(widths[at] + SEPARATOR)),
                }
            }
            row
        })
        .collect();
    rows.extend(entries[items..].iter().cloned());
    Some(rows)
}

/// Length as JavaScript counts it.
pub(super) fn units(text: &str) -> usize {
    if text.is_ascii() { text.len() } else { text.encode_utf16().count() }
}

/// Columns that a text takes on a terminal.
pub(super) fn width(text: &str) -> usize {
    text.chars()
        .map(|char| match u32::from(char) {
            0..=0x1f | 0x7f..=0x9f | 0x300..=0x36f | 0x200b..=0x200f | 0x20d0..=0x20ff | 0xfe00..=0xfe0f | 0xfe20..=0xfe2f => 0,
            // Wide in the sense of Unicode's EastAsianWidth.
            0x1100..=0x115f
            | 0x2e80..=0x303e
            | 0x3040..=0xa4c6
            | 0xa960..=0xa97c
            | 0xac00..=0xd7a3
            | 0xf900..=0xfaff
            | 0xfe30..=0xfe6b
            | 0xff01..=0xff60
            | 0xffe0..=0xffe6
            | 0x1f300..=0x1f64f
            | 0x1f900..=0x1f9ff
            | 0x20000..=0x3fffd => 2,
            _ => 1,
        })
        .sum()
}
