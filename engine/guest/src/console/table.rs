//! `console.table`: rows and columns as Node draws them.

use boa_engine::{
    Context, JsObject, JsString, JsValue,
    builtins::proxy::Proxy,
    object::builtins::{JsMap, JsSet},
    property::PropertyKey,
};

use super::{
    inspect::{Options, inspect, own},
    layout::width,
};

/// Rows and columns drawn; the message would be cut anyway.
const MAX_ROWS: usize = 1_000;
const MAX_COLUMNS: usize = 100;

/// Draws `data`, or says that it has no rows. `only` are the columns that were asked for.
pub(super) fn table(data: &JsObject, only: Option<&[JsString]>, context: &mut Context) -> Option<String> {
    let mut table = Table::default();
    if data.is::<Proxy>() {
        return None;
    }
    if let Ok(map) = JsMap::from_object(data.clone()) {
        let mut entries = Vec::new();
        let _infallible = map.for_each_native(|key, value| {
            entries.push((key, value));
            Ok(())
        });
        for (at, (key, value)) in entries.iter().take(MAX_ROWS).enumerate() {
            table.cell(at, "(iteration index)", at.to_string());
            table.cell(at, "Key", cell(key, context));
            table.cell(at, "Values", cell(value, context));
        }
        return Some(table.draw());
    }
    if let Ok(set) = JsSet::from_object(data.clone()) {
        let mut items = Vec::new();
        let _infallible = set.for_each_native(|item| {
            items.push(item);
            Ok(())
        });
        for (at, item) in items.iter().take(MAX_ROWS).enumerate() {
            table.cell(at, "(iteration index)", at.to_string());
            table.cell(at, "Values", cell(item, context));
        }
        return Some(table.draw());
    }
    table.columns.push(("(index)".into(), Vec::new()));
    let mut values = Vec::new();
    for (at, key) in names(data, context).iter().take(MAX_ROWS).enumerate() {
        table.cell(at, "(index)", key.to_string());
        let row = value(data, key, context);
        match row.as_object() {
            None if only.is_none() => values.push((at, cell(&row, context))),
            None => only.into_iter().flatten().for_each(|name| table.cell(at, &name.to_std_string_lossy(), String::new())),
            Some(row) => {
                let asked = only.map(|only| only.iter().map(|name| PropertyKey::from(name.clone())).collect());
                let names: Vec<_> = asked.unwrap_or_else(|| names(&row, context));
                for name in names {
                    let there = own(&row, &name).is_some() || row.has_own_property(name.clone(), context).unwrap_or(false);
                    let text = match own(&row, &name) {
                        _ if !there => String::new(),
                        Some(property) if property.value().is_none() => "[Getter]".into(),
                        _ => cell(&value(&row, &name, context), context),
                    };
                    table.cell(at, &name.to_string(), text);
                }
            }
        }
    }
    if !values.is_empty() {
        table.columns.push(("Values".into(), Vec::new()));
        let last = table.columns.len() - 1;
        values.into_iter().for_each(|(at, text)| table.cell_in(last, at, text));
    }
    Some(table.draw())
}

fn names(object: &JsObject, context: &mut Context) -> Vec<PropertyKey> {
    if object.is::<Proxy>() {
        return Vec::new();
    }
    let mut keys = object.own_property_keys(context).unwrap_or_default();
    keys.retain(|key| !matches!(key, PropertyKey::Symbol(_)) && own(object, key).is_none_or(|own| own.enumerable() != Some(false)));
    keys
}

fn value(object: &JsObject, key: &PropertyKey, context: &mut Context) -> JsValue {
    match own(object, key) {
        // A getter is not called.
        Some(property) => property.value().cloned().unwrap_or_default(),
        None if object.is::<Proxy>() => JsValue::undefined(),
        None => object.get(key.clone(), context).unwrap_or_default(),
    }
}

fn cell(value: &JsValue, context: &mut Context) -> String {
    let large = value.as_object().is_some_and(|object| !object.is_array() && names(&object, context).len() > 2);
    inspect(value, Options { depth: if large { -1 } else { 0 }, items: 3, line: usize::MAX / 2 }, context)
}

/// Columns by name, in the order in which they were first met; a cell that is missing is empty.
#[derive(Default)]
struct Table {
    columns: Vec<(String, Vec<String>)>,
    rows: usize,
}

impl Table {
    fn cell(&mut self, row: usize, column: &str, text: String) {
        let known = self.columns.iter().position(|(name, _)| name == column);
        if known.is_none() && self.columns.len() == MAX_COLUMNS {
            return;
        }
        let at = known.unwrap_or_else(|| {
            self.columns.push((column.to_owned(), Vec::new()));
            self.columns.len() - 1
        });
        self.cell_in(at, row, text);
    }

    fn cell_in(&mut self, column: usize, row: usize, text: String) {
        let cells = &mut self.columns[column].1;
        cells.resize(cells.len().max(row), String::new());
        cells.push(text);
        self.rows = self.rows.max(row + 1);
    }

    fn draw(&self) -> String {
        let widths: Vec<_> =
            self.columns.iter().map(|(name, cells)| cells.iter().chain([name]).map(|cell| width(cell)).max().unwrap_or(0)).collect();
        let rule = |left: &str, middle: &str, right: &str| {
            let dashes: Vec<_> = widths.iter().map(|width| "─".repeat(width + 2)).collect();
            format!("{left}{}{right}", dashes.join(middle))
        };
        let row = |texts: Vec<&str>| {
            let cells = texts.iter().zip(&widths).map(|(text, column)| format!("{text}{}", " ".repeat(column - width(text))));
            format!("│ {} │", cells.collect::<Vec<_>>().join(" │ "))
        };
        let mut lines = vec![rule("┌", "┬", "┐"), row(self.columns.iter().map(|(name, _)| name.as_str()).collect()), rule("├", "┼", "┤")];
        for at in 0..self.rows {
            lines.push(row(self.columns.iter().map(|(_, cells)| cells.get(at).map_or("", String::as_str)).collect()));
        }
        lines.push(rule("└", "┴", "┘"));
        lines.join("\n")
    }
}
