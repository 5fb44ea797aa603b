//! JSON text to a JavaScript value.
//!
//! Written for the way in of every run: one pass over the text, objects share shapes and repeated names share one string.

use boa_engine::{
    Context, JsNativeError, JsObject, JsResult, JsString, JsValue, builtins::object::OrdinaryObject, object::builtins::JsArray,
    property::PropertyKey,
};

/// Arrays and objects in one another. As for [`crate::output`].
pub(crate) const MAX_DEPTH: usize = 2_000;
/// Names remembered. A power of two.
const NAMES: usize = 256;

/// Reads one JSON text (RFC 8259). Of a name that an object has twice the last value counts; `__proto__` is a name like others.
pub(crate) fn read(text: &str, context: &mut Context) -> JsResult<JsValue> {
    let mut reader = Reader { text, at: 0, names: vec![None; NAMES] };
    let value = reader.document(context)?;
    reader.blank();
    if reader.at == text.len() { Ok(value) } else { Err(reader.wrong("the end")) }
}

struct Reader<'a> {
    text: &'a str,
    at: usize,
    names: Vec<Option<(&'a str, PropertyKey)>>,
}

/// What is being read, outermost first.
enum Open {
    Array(Vec<JsValue>),
    Object(JsObject, PropertyKey),
}

impl<'a> Reader<'a> {
    fn document(&mut self, context: &mut Context) -> JsResult<JsValue> {
        let mut open: Vec<Open> = Vec::new();
        'value: loop {
            self.blank();
            let mut value = match self.peek() {
                Some(b'{') => {
                    self.deeper(&open)?;
                    let object = object(context);
                    self.blank();
                    if self.take(b'}') {
                        object.into()
                    } else {
                        let name = self.name()?;
                        open.push(Open::Object(object, name));
                        continue 'value;
                    }
                }
                Some(b'[') => {
                    self.deeper(&open)?;
                    self.blank();
                    if self.take(b']') {
                        JsArray::from_iter([], context).into()
                    } else {
                        open.push(Open::Array(Vec::new()));
                        continue 'value;
                    }
                }
                Some(b'"') => self.string()?.into(),
                Some(b'-' | b'0'..=b'9') => self.number()?,
                _ => self.word()?,
            };
            // The value is whole: it goes where it belongs, and so does each that is whole with it.
            loop {
                let Some(innermost) = open.last_mut() else { return Ok(value) };
                self.blank();
                let more = self.take(b',');
                match innermost {
                    Open::Array(items) => {
                        items.push(value);
                        if more {
                            continue 'value;
                        }
                        self.expect(b']', "`,` or `]`")?;
                    }
                    Open::Object(object, name) => {
                        object.create_data_property_or_throw(name.clone(), value, context)?;
                        if more {
                            self.blank();
                            *name = self.name()?;
                            continue 'value;
                        }
                        self.expect(b'}', "`,` or `}`")?;
                    }
                }
                value = match open.pop() {
                    Some(Open::Array(items)) => JsArray::from_iter(items, context).into(),
                    Some(Open::Object(object, _)) => object.into(),
                    None => unreachable!("there was an innermost"),
                };
            }
        }
    }

    /// Passes an opening bracket.
    fn deeper(&mut self, open: &[Open]) -> JsResult<()> {
        if open.len() == MAX_DEPTH {
            let message = format!("the JSON text is nested more than {MAX_DEPTH} levels deep");
            return Err(JsNativeError::range().with_message(message).into());
        }
        self.at += 1;
        Ok(())
    }

    /// A member's name and its colon.
    fn name(&mut self) -> JsResult<PropertyKey> {
        if self.peek() != Some(b'"') {
            return Err(self.wrong("a name in quotes"));
        }
        let plain = self.plain();
        let key = if let Some(name) = plain {
            let slot = name.bytes().fold(name.len(), |hash, byte| hash.wrapping_mul(31).wrapping_add(byte.into())) & (NAMES - 1);
            match &self.names[slot] {
                Some((known, key)) if *known == name => key.clone(),
                _ => {
                    let key = PropertyKey::from(JsString::from(name));
                    self.names[slot] = Some((name, key.clone()));
                    key
                }
            }
        } else {
            PropertyKey::from(self.string()?)
        };
        self.blank();
        self.expect(b':', "`:`")?;
        Ok(key)
    }

    fn string(&mut self) -> JsResult<JsString> {
        if let Some(plain) = self.plain() {
            return Ok(JsString::from(plain));
        }
        let mut units: Vec<u16> = Vec::new();
        self.at += 1;
        loop {
            let start = self.at;
            while !matches!(self.peek(), None | Some(b'"' | b'\\' | 0..0x20)) {
                self.at += 1;
            }
            units.extend(self.text[start..self.at].encode_utf16());
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(JsString::from(units.as_slice()));
                }
                Some(b'\\') => units.push(self.escape()?),
                _ => return Err(self.wrong("a closing quote")),
            }
        }
    }

    /// The text between quotes, when nothing in it is escaped; stays where it is otherwise.
    fn plain(&mut self) -> Option<&'a str> {
        let rest = &self.text.as_bytes()[self.at + 1..];
        let len = rest.iter().position(|byte| matches!(byte, b'"' | b'\\' | 0..0x20))?;
        if rest[len] != b'"' {
            return None;
        }
        let plain = &self.text[self.at + 1..self.at + 1 + len];
        self.at += len + 2;
        Some(plain)
    }

    fn escape(&mut self) -> JsResult<u16> {
        let unit = match self.text.as_bytes().get(self.at + 1) {
            Some(b'b') => 0x08,
            Some(b't') => 0x09,
            Some(b'n') => 0x0a,
            Some(b'f') => 0x0c,
            Some(b'r') => 0x0d,
            Some(escaped @ (b'"' | b'\\' | b'/')) => u16::from(*escaped),
            Some(b'u') => {
                let digits = self.text.as_bytes().get(self.at + 2..self.at + 6).filter(|d| d.iter().all(u8::is_ascii_hexdigit));
                let digits = digits.and_then(|digits| std::str::from_utf8(digits).ok());
                let Some(unit) = digits.and_then(|digits| u16::from_str_radix(digits, 16).ok()) else {
                    return Err(self.wrong("four hexadecimal digits after `\\u`"));
                };
                self.at += 4;
                unit
            }
            _ => return Err(self.wrong("an escape")),
        };
        self.at += 2;
        Ok(unit)
    }

    fn number(&mut self) -> JsResult<JsValue> {
        let start = self.at;
        let negative = self.take(b'-');
        let digits = self.at;
        if !self.take(b'0') {
            self.digits()?;
        }
        let whole = self.at;
        if self.take(b'.') {
            self.digits()?;
        }
        if self.take(b'e') || self.take(b'E') {
            let _sign = self.take(b'+') || self.take(b'-');
            self.digits()?;
        }
        if self.at == whole && whole - digits <= 9 {
            let value = self.text.as_bytes()[digits..whole].iter().fold(0, |value, digit| value * 10 + i32::from(digit - b'0'));
            if !(negative && value == 0) {
                return Ok(JsValue::from(if negative { -value } else { value }));
            }
        }
        // `JsValue` keeps an integral value that fits as an integer, and `-0` as it is.
        Ok(JsValue::from(self.text[start..self.at].parse::<f64>().expect("JSON's numbers are among Rust's")))
    }

    fn digits(&mut self) -> JsResult<()> {
        let start = self.at;
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        if self.at == start { Err(self.wrong("a digit")) } else { Ok(()) }
    }

    fn word(&mut self) -> JsResult<JsValue> {
        for (word, value) in [("true", JsValue::from(true)), ("false", JsValue::from(false)), ("null", JsValue::null())] {
            if self.text.as_bytes()[self.at..].starts_with(word.as_bytes()) {
                self.at += word.len();
                return Ok(value);
            }
        }
        Err(self.wrong("a value"))
    }

    fn blank(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    fn peek(&self) -> Option<u8> {
        self.text.as_bytes().get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let there = self.peek() == Some(byte);
        self.at += usize::from(there);
        there
    }

    fn expect(&mut self, byte: u8, what: &str) -> JsResult<()> {
        if self.take(byte) { Ok(()) } else { Err(self.wrong(what)) }
    }

    fn wrong(&self, expected: &str) -> boa_engine::JsError {
        JsNativeError::syntax().with_message(format!("invalid JSON text: expected {expected} at byte {}", self.at)).into()
    }
}

/// An empty object of the kind that a literal makes: those with the same members share a shape.
fn object(context: &Context) -> JsObject {
    let prototype = context.intrinsics().constructors().object().prototype();
    JsObject::<OrdinaryObject>::new(context.root_shape(), prototype, OrdinaryObject).upcast()
}
