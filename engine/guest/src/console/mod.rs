//! `console`: <https://console.spec.whatwg.org>. Each message goes to the host at once.

use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
};

use ampoule_abi::Op;
use boa_engine::{
    Context, JsArgs, JsObject, JsResult, JsString, JsValue, NativeFunction, js_string,
    native_function::NativeFunctionPointer,
    object::builtins::JsArray,
    property::{Attribute, PropertyKey},
};

use crate::{
    door, errors,
    realm::{bindings, function},
};

mod ancestry;
mod error;
mod format;
mod inspect;
mod kind;
mod layout;
mod table;
mod text;

use inspect::Options;
pub(crate) use kind::flags;

/// A longer message is cut, and says so: one call must not spend a run's whole log.
const MAX_MESSAGE_BYTES: usize = 64 * 1024;
/// Deeper groups are indented no further.
const MAX_INDENT: usize = 32;

/// Levels on the wire.
#[derive(Clone, Copy)]
enum Level {
    Debug = 0,
    Log = 1,
    Info = 2,
    Warn = 3,
    Error = 4,
}

/// What a console remembers.
#[derive(Default)]
pub(crate) struct Console {
    groups: Cell<usize>,
    counts: RefCell<BTreeMap<JsString, u32>>,
    /// When timers were started, in milliseconds.
    timers: RefCell<BTreeMap<JsString, f64>>,
}

/// Makes `console` global.
pub(crate) fn install(context: &mut Context) -> JsResult<()> {
    let methods: [(&str, usize, NativeFunctionPointer); 20] = [
        ("log", 0, |_, arguments, context| log(Level::Log, arguments, context)),
        ("debug", 0, |_, arguments, context| log(Level::Debug, arguments, context)),
        ("info", 0, |_, arguments, context| log(Level::Info, arguments, context)),
        ("warn", 0, |_, arguments, context| log(Level::Warn, arguments, context)),
        ("error", 0, |_, arguments, context| log(Level::Error, arguments, context)),
        ("trace", 0, trace),
        ("assert", 0, assert),
        ("dir", 0, dir),
        ("dirxml", 0, |_, arguments, context| log(Level::Log, arguments, context)),
        ("table", 1, tabulate),
        ("count", 0, count),
        ("countReset", 0, count_reset),
        ("group", 0, group),
        ("groupCollapsed", 0, group),
        ("groupEnd", 0, group_end),
        ("time", 0, time),
        ("timeLog", 0, |_, arguments, context| elapsed(arguments, "timeLog", false, context)),
        ("timeEnd", 0, |_, arguments, context| elapsed(arguments, "timeEnd", true, context)),
        ("clear", 0, |_, _, _| Ok(JsValue::undefined())),
        ("timeStamp", 0, |_, _, _| Ok(JsValue::undefined())),
    ];
    let console = JsObject::with_object_proto(context.intrinsics());
    for (name, length, method) in methods {
        let method = function(NativeFunction::from_fn_ptr(method), name, length, context);
        console.create_data_property_or_throw(js_string!(name), method, context)?;
    }
    let attributes = Attribute::WRITABLE | Attribute::NON_ENUMERABLE | Attribute::CONFIGURABLE;
    context.register_global_property(js_string!("console"), console, attributes)
}

/// A value as the console shows it.
pub(crate) fn inspect(value: &JsValue, context: &mut Context) -> String {
    inspect::inspect(value, Options::default(), context)
}

/// Says something of our own in the script's log.
pub(crate) fn warn(message: &str, context: &Context) {
    print(Level::Warn, message, context);
}

/// The same, for what is no trouble.
pub(crate) fn info(message: &str, context: &Context) {
    print(Level::Info, message, context);
}

fn print(level: Level, message: &str, context: &Context) {
    let indent = " ".repeat(2 * bindings(context).console.groups.get().min(MAX_INDENT));
    let mut payload = Vec::with_capacity(1 + indent.len() + message.len().min(MAX_MESSAGE_BYTES));
    payload.push(level as u8);
    for (at, line) in message.split('\n').enumerate() {
        if payload.len() > MAX_MESSAGE_BYTES {
            break;
        }
        if at > 0 {
            payload.push(b'\n');
        }
        payload.extend_from_slice(indent.as_bytes());
        payload.extend_from_slice(line.as_bytes());
    }
    if payload.len() > 1 + MAX_MESSAGE_BYTES {
        // Nowhere inside a character: UTF-8 marks the bytes that continue one.
        let end = (0..=1 + MAX_MESSAGE_BYTES).rfind(|at| payload[*at] & 0xc0 != 0x80).unwrap_or(1);
        payload.truncate(end);
        payload.extend_from_slice(format!("… (cut at {} KiB)", MAX_MESSAGE_BYTES / 1024).as_bytes());
    }
    door::call(Op::Log, &payload);
}

fn log(level: Level, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let message = format::format(arguments, context);
    print(level, &message, context);
    Ok(JsValue::undefined())
}

fn trace(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let message = format::format(arguments, context);
    let error = context.intrinsics().constructors().error().constructor().construct(&[], None, context)?;
    let frames = errors::frames(&error, context);
    // The innermost frame is this function.
    let frames = frames.split_once('\n').map(|(_, callers)| format!("\n{callers}")).unwrap_or_default();
    let header = if message.is_empty() { "Trace".to_owned() } else { format!("Trace: {message}") };
    print(Level::Log, &(header + &frames), context);
    Ok(JsValue::undefined())
}

fn assert(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if arguments.get_or_undefined(0).to_boolean() {
        return Ok(JsValue::undefined());
    }
    let mut rest = arguments.get(1..).unwrap_or_default().to_vec();
    match rest.first().and_then(JsValue::as_string) {
        Some(text) => rest[0] = JsString::concat(js_string!("Assertion failed: ").as_str(), text.as_str()).into(),
        None => rest.insert(0, js_string!("Assertion failed").into()),
    }
    log(Level::Error, &rest, context)
}

fn dir(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mut options = Options::default();
    let asked = arguments.get_or_undefined(1).as_object();
    if let Some(depth) = asked.and_then(|asked| inspect::stored(&asked, &PropertyKey::from(js_string!("depth")))) {
        // Null asks for all there is. So deep nothing nests that the message could still hold.
        options.depth = if depth.is_null() { MAX_DEPTH } else { depth.as_number().map_or(options.depth, |depth| depth as i32) };
        options.depth = options.depth.min(MAX_DEPTH);
    }
    let message = inspect::inspect(arguments.get_or_undefined(0), options, context);
    print(Level::Log, &message, context);
    Ok(JsValue::undefined())
}

/// The deepest that `dir` goes, for it recurses.
const MAX_DEPTH: i32 = 100;

fn tabulate(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mut columns: Option<Vec<JsString>> = None;
    if let Some(asked) = arguments.get_or_undefined(1).as_object().filter(JsObject::is_array) {
        let asked = JsArray::from_object(asked)?;
        let names = (0..asked.length(context)?).map(|at| asked.get(at, context)?.to_string(context));
        columns = Some(names.collect::<JsResult<_>>()?);
    }
    let data = arguments.get_or_undefined(0).as_object();
    match data.and_then(|data| table::table(&data, columns.as_deref(), context)) {
        Some(table) => print(Level::Log, &table, context),
        None => return log(Level::Log, arguments.get(..1).unwrap_or_default(), context),
    }
    Ok(JsValue::undefined())
}

fn label(arguments: &[JsValue], context: &mut Context) -> JsResult<JsString> {
    let label = arguments.get_or_undefined(0);
    if label.is_undefined() { Ok(js_string!("default")) } else { label.to_string(context) }
}

fn count(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = label(arguments, context)?;
    let bindings = bindings(context);
    let mut counts = bindings.console.counts.borrow_mut();
    let count = counts.entry(label.clone()).and_modify(|count| *count += 1).or_insert(1);
    print(Level::Log, &format!("{}: {count}", label.to_std_string_lossy()), context);
    Ok(JsValue::undefined())
}

fn count_reset(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = label(arguments, context)?;
    if bindings(context).console.counts.borrow_mut().remove(&label).is_none() {
        warn(&format!("Count for '{}' does not exist", label.to_std_string_lossy()), context);
    }
    Ok(JsValue::undefined())
}

fn group(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    if !arguments.is_empty() {
        log(Level::Log, arguments, context)?;
    }
    let bindings = bindings(context);
    bindings.console.groups.set(bindings.console.groups.get() + 1);
    Ok(JsValue::undefined())
}

fn group_end(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let bindings = bindings(context);
    bindings.console.groups.set(bindings.console.groups.get().saturating_sub(1));
    Ok(JsValue::undefined())
}

fn time(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let label = label(arguments, context)?;
    let bindings = bindings(context);
    if bindings.console.timers.borrow().contains_key(&label) {
        warn(&format!("Label '{}' already exists for console.time()", label.to_std_string_lossy()), context);
    } else {
        let now = bindings.clock.ask();
        bindings.console.timers.borrow_mut().insert(label, now);
    }
    Ok(JsValue::undefined())
}

fn elapsed(arguments: &[JsValue], method: &str, end: bool, context: &mut Context) -> JsResult<JsValue> {
    let label = label(arguments, context)?;
    let name = label.to_std_string_lossy();
    let bindings = bindings(context);
    let start =
        if end { bindings.console.timers.borrow_mut().remove(&label) } else { bindings.console.timers.borrow().get(&label).copied() };
    let Some(start) = start else {
        warn(&format!("No such label '{name}' for console.{method}()"), context);
        return Ok(JsValue::undefined());
    };
    let mut message = format!("{name}: {}", duration(bindings.clock.ask() - start));
    for argument in arguments.get(1..).unwrap_or_default().iter().filter(|_| !end) {
        message = format!("{message} {}", format::format(std::slice::from_ref(argument), context));
    }
    print(Level::Log, &message, context);
    Ok(JsValue::undefined())
}

/// Milliseconds in the unit that fits.
fn duration(ms: f64) -> String {
    if ms < 1_000.0 {
        let text = format!("{ms:.3}");
        return format!("{}ms", text.trim_end_matches('0').trim_end_matches('.'));
    }
    let seconds = ms / 1_000.0;
    if seconds < 60.0 {
        return format!("{seconds:.3}s");
    }
    let minutes = (seconds / 60.0).trunc();
    format!("{minutes}:{:06.3} (m:ss.mmm)", seconds - minutes * 60.0)
}
