//! A value as the console shows it: what Node's `util.inspect` (v20) makes of it.
//!
//! Nothing here calls a script's code: properties are read from where they are stored, getters are shown and not called, and
//! a proxy is only said to be one. So an object can neither hide nor do anything when it is looked at.

use boa_engine::{
    Context, JsObject, JsString, JsValue,
    builtins::proxy::Proxy,
    js_string,
    property::{PropertyDescriptor, PropertyKey},
};

use super::{
    ancestry,
    kind::{self, Kind, Look},
    layout::{Columns, LINE, Parts},
    text,
};

/// How much is shown.
#[derive(Clone, Copy)]
pub(super) struct Options {
    /// Objects in objects, so many levels down; below, only what they are.
    pub(super) depth: i32,
    /// Items of an array, a set or a map.
    pub(super) items: usize,
    /// Columns of a line.
    pub(super) line: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { depth: 2, items: 100, line: LINE }
    }
}

/// Text made so far, beyond which no more members are looked at: the message will be cut far below.
const MAX_WORK: usize = 4 * super::MAX_MESSAGE_BYTES;

/// Shows `value`.
pub(super) fn inspect(value: &JsValue, options: Options, context: &mut Context) -> String {
    let mut inspector = Inspector { context, options, indent: 0, level: 0, deepest: 0, seen: Vec::new(), circular: Vec::new(), work: 0 };
    inspector.value(value)
}

pub(super) struct Inspector<'a> {
    pub(super) context: &'a mut Context,
    options: Options,
    pub(super) indent: usize,
    /// How many objects are around the one at hand.
    level: i32,
    /// The level of the last object that was opened.
    deepest: i32,
    seen: Vec<JsObject>,
    /// Objects that were met inside themselves, by number.
    circular: Vec<JsObject>,
    work: usize,
}

impl Inspector<'_> {
    pub(super) fn value(&mut self, value: &JsValue) -> String {
        let shown = match value.as_object() {
            None => text::primitive(value, self.indent),
            Some(object) if object.is::<Proxy>() => if object.is_callable() { "[Proxy of a function]" } else { "[Proxy]" }.into(),
            Some(object) => match self.seen.iter().position(|seen| JsObject::equals(seen, &object)) {
                Some(_) => format!("[Circular *{}]", self.number(&object)),
                None => self.object(&object),
            },
        };
        self.work += shown.len();
        shown
    }

    fn number(&mut self, object: &JsObject) -> usize {
        let known = self.circular.iter().position(|known| JsObject::equals(known, object));
        known.unwrap_or_else(|| {
            self.circular.push(object.clone());
            self.circular.len() - 1
        }) + 1
    }

    fn object(&mut self, object: &JsObject) -> String {
        let mut look = Look {
            constructor: ancestry::constructor(object, self.context),
            tag: ancestry::tag(object),
            keys: keys(object, self.context),
            ..Look::default()
        };
        let kind = kind::look(object, &mut look, self);
        if look.keys.is_empty() && look.complete {
            return if look.base.is_empty() { format!("{}{}", look.open, look.close) } else { look.base };
        }
        if self.level > self.options.depth {
            let name = kind::style(&look);
            let name = name.trim_end();
            return if look.constructor.is_some() { format!("[{name}]") } else { name.to_owned() };
        }
        self.seen.push(object.clone());
        self.level += 1;
        self.deepest = self.level;
        let level = self.level;
        let (mut entries, array) = self.contents(object, &kind, &mut look);
        for key in std::mem::take(&mut look.keys) {
            if self.exhausted() {
                break;
            }
            entries.push(self.property(object, &key));
        }
        self.level -= 1;
        self.seen.pop();
        if let Some(at) = self.circular.iter().position(|known| JsObject::equals(known, object)) {
            let reference = format!("<ref *{}>", at + 1);
            look.base = if look.base.is_empty() { reference } else { format!("{reference} {}", look.base) };
        }
        let parts = Parts { base: look.base, open: look.open, close: look.close, entries, array };
        parts.join(self.indent, (self.deepest - level) as usize, self.options.line)
    }

    /// What an object holds other than properties.
    fn contents(&mut self, object: &JsObject, kind: &Kind, look: &mut Look) -> (Vec<String>, Option<Columns>) {
        match kind {
            Kind::Array(len) => {
                let (entries, numbers) = self.items(object, *len);
                (entries, Some(Columns { numbers: numbers && look.keys.is_empty(), items: self.options.items }))
            }
            Kind::Typed(len) => {
                let shown = (*len).min(self.options.items as u64);
                let mut entries = Vec::new();
                for at in 0..shown {
                    // A typed array keeps its numbers elsewhere, where no script's code gets between.
                    let item = object.get(at, self.context).unwrap_or_default();
                    entries.push(text::primitive(&item, 0));
                }
                entries.extend(more(len - shown, "item"));
                (entries, Some(Columns { numbers: look.keys.is_empty(), items: self.options.items }))
            }
            Kind::Set(items) => (self.indented(2, |this| this.all(items, |this, item| this.value(item))), None),
            Kind::Map(items) => {
                let entry = |this: &mut Self, (key, value): &(JsValue, JsValue)| format!("{} => {}", this.value(key), this.value(value));
                (self.indented(2, |this| this.all(items, entry)), None)
            }
            Kind::Promise(state) => (vec![self.indented(2, |this| this.promise(state))], None),
            Kind::Bytes(bytes) => (kind::bytes(bytes.as_deref(), self.options.items), None),
            Kind::Facts(facts) => {
                let facts = facts.iter().map(|(name, value)| format!("{name}: {}", self.indented(2, |this| this.value(value))));
                (facts.collect(), None)
            }
            Kind::Other => (Vec::new(), None),
        }
    }

    fn promise(&mut self, state: &boa_engine::builtins::promise::PromiseState) -> String {
        use boa_engine::builtins::promise::PromiseState::{Fulfilled, Pending, Rejected};
        match state {
            Pending => "<pending>".into(),
            Fulfilled(value) => self.value(value),
            Rejected(reason) => format!("<rejected> {}", self.value(reason)),
        }
    }

    fn all<T>(&mut self, items: &[T], mut show: impl FnMut(&mut Self, &T) -> String) -> Vec<String> {
        let mut entries = Vec::new();
        for item in items.iter().take(self.options.items) {
            if self.exhausted() {
                return entries;
            }
            entries.push(show(self, item));
        }
        entries.extend(more(items.len().saturating_sub(self.options.items) as u64, "item"));
        entries
    }

    /// An array's items, and whether all are numbers. Runs of holes count as one entry.
    fn items(&mut self, array: &JsObject, len: u64) -> (Vec<String>, bool) {
        let mut entries = Vec::new();
        let mut numbers = true;
        let mut indices: Option<std::vec::IntoIter<u64>> = None;
        let mut at = 0;
        while at < len && entries.len() < self.options.items && !self.exhausted() {
            let Some(item) = own(array, &PropertyKey::from(at)) else {
                // Only now are the indices worth listing: the next one ends the hole.
                let indices = indices.get_or_insert_with(|| kind::indices(array, self.context).into_iter());
                let next = indices.find(|index| *index > at).unwrap_or(len);
                entries.push(format!("<{} empty item{}>", next - at, if next - at > 1 { "s" } else { "" }));
                numbers = false;
                at = next;
                continue;
            };
            numbers &= is_number(&item);
            entries.push(self.described(&item));
            at += 1;
        }
        if at < len {
            // The first that is not shown counts, too.
            numbers &= own(array, &PropertyKey::from(at)).is_some_and(|item| is_number(&item));
            entries.extend(more(len - at, "item"));
        }
        (entries, numbers)
    }

    fn property(&mut self, object: &JsObject, key: &PropertyKey) -> String {
        let property = own(object, key).unwrap_or_else(|| {
            // An exotic object's; one that is not yet initialised (in a module that is still loading) has no value.
            let value = object.get(key.clone(), self.context).unwrap_or_else(|_| JsString::from("<uninitialized>").into());
            PropertyDescriptor::builder().value(value).enumerable(true).build()
        });
        let shown = self.described(&property);
        format!("{}: {shown}", text::name(key, property.enumerable() != Some(false)))
    }

    fn described(&mut self, property: &PropertyDescriptor) -> String {
        let there = |function: Option<&JsValue>| function.is_some_and(JsValue::is_callable);
        match (property.value(), there(property.get()), there(property.set())) {
            (Some(value), ..) => self.indented(2, |this| this.value(value)),
            (None, true, true) => "[Getter/Setter]".into(),
            (None, true, false) => "[Getter]".into(),
            (None, false, true) => "[Setter]".into(),
            (None, false, false) => "undefined".into(),
        }
    }

    fn indented<T>(&mut self, by: usize, show: impl FnOnce(&mut Self) -> T) -> T {
        self.indent += by;
        let shown = show(self);
        self.indent -= by;
        shown
    }

    const fn exhausted(&self) -> bool {
        self.work > MAX_WORK
    }
}

fn is_number(item: &PropertyDescriptor) -> bool {
    item.value().is_some_and(|value| value.is_number() || value.is_bigint())
}

pub(super) fn more(count: u64, what: &str) -> Option<String> {
    (count > 0).then(|| format!("... {count} more {what}{}", if count > 1 { "s" } else { "" }))
}

/// An object's own property as it is stored.
pub(super) fn own(object: &JsObject, key: &PropertyKey) -> Option<PropertyDescriptor> {
    object.borrow().properties().get(key)
}

/// A property that is a plain value, of the object or of what it inherits from.
pub(super) fn stored(object: &JsObject, key: &PropertyKey) -> Option<JsValue> {
    let mut holder = Some(object.clone());
    while let Some(object) = holder {
        if let Some(property) = own(&object, key) {
            return property.value().cloned();
        }
        holder = object.prototype();
    }
    None
}

pub(super) fn stored_text(object: &JsObject, name: &str) -> Option<String> {
    stored(object, &PropertyKey::from(js_string!(name)))?.as_string().map(|text| text.to_std_string_lossy())
}

/// The names of the enumerable properties, then the symbols.
fn keys(object: &JsObject, context: &mut Context) -> Vec<PropertyKey> {
    let mut keys = object.own_property_keys(context).unwrap_or_default();
    keys.retain(|key| own(object, key).is_none_or(|property| property.enumerable() != Some(false)));
    keys
}
