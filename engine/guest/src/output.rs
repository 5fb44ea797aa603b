//! A JavaScript value to JSON text: what a run returns.
//!
//! As `JSON.stringify`, but it refuses what that loses in silence: functions and symbols, and objects whose content JSON has no
//! place for (a `Map` would become `{}`). As there, `toJSON` is respected, members that are undefined are left out, undefined
//! in an array and numbers that are not finite are null.

use std::fmt::Write;

use boa_engine::{
    Context, JsBigInt, JsError, JsNativeError, JsObject, JsResult, JsString, JsSymbol, JsValue, JsVariant,
    builtins::{promise::Promise, proxy::Proxy},
    js_string,
    object::builtins::{JsArray, JsMap, JsSet},
    property::PropertyKey,
};

use crate::{
    errors::type_error,
    input::MAX_DEPTH,
    quote::{is_identifier, quote},
    realm::bindings,
};

/// Writes `value`. Undefined, as what a function without `return` gives, becomes null.
pub(crate) fn write(value: &JsValue, context: &mut Context) -> JsResult<String> {
    let mut writer = Writer { json: String::new(), open: Vec::new(), to_json: js_string!("toJSON").into() };
    writer.document(value.clone(), context)?;
    Ok(writer.json)
}

/// Runs through the writer once, for what it builds when first used.
pub(crate) fn warm_up(context: &mut Context) {
    let value = crate::input::read(r#"{"a":[1,-2.5,true,null],"b":{"c":"d"}}"#, context).expect("our own text");
    write(&value, context).expect("our own value");
}

struct Writer {
    json: String,
    /// What is being written, outermost first.
    open: Vec<Open>,
    to_json: PropertyKey,
}

struct Open {
    object: JsObject,
    members: Members,
    /// How many members were taken, written or not.
    taken: u64,
    /// Whether one was written.
    some: bool,
}

enum Members {
    Items(u64),
    Names(Vec<PropertyKey>),
}

enum Taken {
    Member(JsValue),
    /// A member that is left out.
    Skipped,
    /// There is none left.
    End,
}

impl Writer {
    fn document(&mut self, value: JsValue, context: &mut Context) -> JsResult<()> {
        if !self.value(value, context)? {
            self.json.push_str("null");
        }
        while !self.open.is_empty() {
            match self.take(context)? {
                Taken::Member(value) => self.member(value, context)?,
                Taken::Skipped => {}
                Taken::End => {
                    let Some(open) = self.open.pop() else { unreachable!("the loop's condition") };
                    self.json.push(if matches!(open.members, Members::Items(_)) { ']' } else { '}' });
                }
            }
        }
        Ok(())
    }

    /// The innermost object's next member.
    fn take(&mut self, context: &mut Context) -> JsResult<Taken> {
        let Some(open) = self.open.last_mut() else { unreachable!("the caller saw one") };
        let at = open.taken;
        open.taken += 1;
        match &open.members {
            Members::Items(len) if at == *len => Ok(Taken::End),
            Members::Items(_) => open.object.get(at, context).map(Taken::Member),
            Members::Names(names) => {
                let Some(key) = names.get(at as usize) else { return Ok(Taken::End) };
                let object = open.object.clone();
                let own = object.borrow().properties().get(key);
                match own {
                    Some(own) if own.enumerable() == Some(false) => Ok(Taken::Skipped),
                    Some(own) if own.value().is_some() => Ok(own.value().cloned().map_or(Taken::Skipped, Taken::Member)),
                    // A getter, or a member of an exotic object, which keeps it elsewhere.
                    _ => object.get(key.clone(), context).map(Taken::Member),
                }
            }
        }
    }

    /// Writes the innermost object's last taken member.
    fn member(&mut self, value: JsValue, context: &mut Context) -> JsResult<()> {
        let innermost = self.open.len() - 1;
        let open = &mut self.open[innermost];
        let start = self.json.len();
        let others = std::mem::replace(&mut open.some, true);
        if others {
            self.json.push(',');
        }
        if let Members::Names(names) = &open.members {
            match &names[open.taken as usize - 1] {
                PropertyKey::String(name) => quote(name, &mut self.json),
                PropertyKey::Index(index) => _ = write!(self.json, "\"{}\"", index.get()),
                PropertyKey::Symbol(_) => unreachable!("symbols are no names"),
            }
            self.json.push(':');
            if !self.value(value, context)? {
                // It was undefined, and leaves no trace.
                self.json.truncate(start);
                self.open[innermost].some = others;
            }
        } else if !self.value(value, context)? {
            self.json.push_str("null");
        }
        Ok(())
    }

    /// Writes a value that is no object, or opens one. Says whether there was anything to write.
    fn value(&mut self, value: JsValue, context: &mut Context) -> JsResult<bool> {
        match value.variant() {
            JsVariant::Null => self.json.push_str("null"),
            JsVariant::Undefined => return Ok(false),
            JsVariant::Boolean(value) => self.json.push_str(if value { "true" } else { "false" }),
            JsVariant::Integer32(value) => _ = write!(self.json, "{value}"),
            JsVariant::Float64(value) => self.number(value),
            JsVariant::String(value) => quote(&value, &mut self.json),
            JsVariant::Symbol(_) => return Err(self.refused("a symbol", "")),
            JsVariant::BigInt(_) => {
                let prototype = context.intrinsics().constructors().bigint().prototype();
                match self.converted(&prototype, &value, context)? {
                    Some(converted) if !converted.is_bigint() => return self.value(converted, context),
                    _ => return Err(self.refused("a BigInt", "convert it with Number(…) or String(…)")),
                }
            }
            JsVariant::Object(object) => match self.converted(&object, &value, context)? {
                None => return self.object(object, context),
                Some(converted) => match converted.as_object() {
                    Some(object) => return self.object(object, context),
                    None if converted.is_bigint() => return Err(self.refused("a BigInt", "convert it with Number(…) or String(…)")),
                    None => return self.value(converted, context),
                },
            },
        }
        Ok(true)
    }

    fn number(&mut self, value: f64) {
        if value == 0.0 {
            // Also the negative one.
            self.json.push('0');
        } else if value.is_finite() {
            self.json.push_str(&JsValue::from(value).display().to_string());
        } else {
            self.json.push_str("null");
        }
    }

    /// What the `toJSON` method of `holder` makes of `value`, if there is one.
    fn converted(&self, holder: &JsObject, value: &JsValue, context: &mut Context) -> JsResult<Option<JsValue>> {
        let Some(method) = holder.get(self.to_json.clone(), context)?.as_callable() else { return Ok(None) };
        let name = match self.open.last() {
            None => js_string!(),
            Some(open) => match &open.members {
                Members::Items(_) => JsString::from((open.taken - 1).to_string()),
                Members::Names(names) => JsString::from(names[open.taken as usize - 1].to_string()),
            },
        };
        method.call(value, &[name.into()], context).map(Some)
    }

    fn object(&mut self, object: JsObject, context: &mut Context) -> JsResult<bool> {
        if object.is_callable() {
            return Err(self.refused("a function", ""));
        }
        let members = if object.is_array() {
            Members::Items(JsArray::from_object(object.clone())?.length(context)?)
        } else if object.is::<Proxy>() {
            self.proxied(&object, context)?
        } else {
            let boxed = (object.downcast_ref::<bool>().map(|value| JsValue::from(*value)))
                .or_else(|| object.downcast_ref::<JsBigInt>().map(|value| JsValue::from(value.clone())));
            if let Some(value) = boxed {
                return self.value(value, context);
            }
            if object.is::<f64>() {
                let number = JsValue::from(object).to_number(context)?;
                return self.value(number.into(), context);
            }
            if object.is::<JsString>() {
                let string = JsValue::from(object).to_string(context)?;
                return self.value(string.into(), context);
            }
            self.refuse_lossy(&object)?;
            let mut names = object.own_property_keys(context)?;
            names.retain(|name| !matches!(name, PropertyKey::Symbol(_)));
            Members::Names(names)
        };
        if let Some(at) = self.open.iter().position(|open| JsObject::equals(&open.object, &object)) {
            let message = format!("the returned value cannot be JSON: a cycle at {} (back to {})", self.path(), path(&self.open[..at]));
            return Err(type_error(message));
        }
        if self.open.len() == MAX_DEPTH {
            let message = format!("the returned value cannot be JSON: it is nested more than {MAX_DEPTH} levels deep");
            return Err(JsNativeError::range().with_message(message).into());
        }
        self.json.push(if matches!(members, Members::Items(_)) { '[' } else { '{' });
        self.open.push(Open { object, members, taken: 0, some: false });
        Ok(true)
    }

    fn proxied(&self, proxy: &JsObject, context: &mut Context) -> JsResult<Members> {
        let bindings = bindings(context);
        let this = JsValue::undefined();
        if bindings.originals.is_array.call(&this, &[proxy.clone().into()], context)?.to_boolean() {
            let len = proxy.get(js_string!("length"), context)?.to_length(context)?;
            return Ok(Members::Items(len));
        }
        let names = bindings.originals.object_keys.call(&this, &[proxy.clone().into()], context)?;
        let names = JsArray::from_object(names.as_object().expect("`Object.keys` gives an array"))?;
        let keys = (0..names.length(context)?).map(|at| names.get(at, context)?.to_property_key(context));
        keys.collect::<JsResult<_>>().map(Members::Names)
    }

    fn refuse_lossy(&self, object: &JsObject) -> JsResult<()> {
        if JsMap::from_object(object.clone()).is_ok() {
            return Err(self.refused("a Map", "convert it with Object.fromEntries(map) or [...map]"));
        }
        if JsSet::from_object(object.clone()).is_ok() {
            return Err(self.refused("a Set", "convert it with [...set]"));
        }
        if object.is::<Promise>() {
            return Err(self.refused("a Promise", "await it"));
        }
        if object.is::<JsSymbol>() {
            return Err(self.refused("a symbol", ""));
        }
        Ok(())
    }

    fn refused(&self, what: &str, advice: &str) -> JsError {
        let advice = if advice.is_empty() { String::new() } else { format!(": {advice}") };
        type_error(format!("the returned value cannot be JSON: {what} at {}{advice}", self.path()))
    }

    /// Where the writer is, as an expression: `$.items[3].id`.
    fn path(&self) -> String {
        path(&self.open)
    }
}

/// The path to the last taken member of the last of `open`.
fn path(open: &[Open]) -> String {
    let mut path = String::from("$");
    for open in open {
        let at = open.taken - 1;
        match &open.members {
            Members::Items(_) => _ = write!(path, "[{at}]"),
            Members::Names(names) => match &names[at as usize] {
                PropertyKey::String(name) if is_identifier(name) => _ = write!(path, ".{}", name.to_std_string_lossy()),
                name => {
                    path.push('[');
                    quote(&JsString::from(name.to_string()), &mut path);
                    path.push(']');
                }
            },
        }
    }
    path
}
