//! The console's formatter: <https://console.spec.whatwg.org/#formatter>, with the choices that Node makes.

use boa_engine::{
    Context, JsObject, JsString, JsSymbol, JsValue, JsVariant,
    builtins::{function::OrdinaryFunction, proxy::Proxy},
    js_string,
    native_function::NativeFunctionObject,
    property::PropertyKey,
};

use super::{
    inspect::{Options, inspect, stored},
    text,
};
use crate::realm::bindings;

/// One message of the arguments of a call.
pub(super) fn format(arguments: &[JsValue], context: &mut Context) -> String {
    let mut message = String::new();
    let mut rest = arguments;
    if let [first, others @ ..] = arguments
        && let Some(first) = first.as_string()
    {
        rest = substitute(&first, others, &mut message, context);
        if !rest.is_empty() {
            message.push(' ');
        }
    }
    for (at, argument) in rest.iter().enumerate() {
        if at > 0 {
            message.push(' ');
        }
        match argument.as_string() {
            Some(text) => message += &text.to_std_string_lossy(),
            None => message += &inspect(argument, Options::default(), context),
        }
    }
    message
}

/// Puts arguments where `template` asks for them; gives those that it does not ask for.
fn substitute<'a>(template: &JsString, mut arguments: &'a [JsValue], message: &mut String, context: &mut Context) -> &'a [JsValue] {
    let template = template.to_std_string_lossy();
    if arguments.is_empty() {
        message.push_str(&template);
        return arguments;
    }
    let mut rest = template.as_str();
    while let Some(at) = rest.find('%') {
        message.push_str(&rest[..at]);
        rest = &rest[at + 1..];
        match (rest.bytes().next(), arguments) {
            (Some(b'%'), _) => message.push('%'),
            (Some(specifier @ (b's' | b'd' | b'i' | b'f' | b'o' | b'O' | b'c')), [argument, others @ ..]) => {
                message.push_str(&converted(specifier, argument, context));
                arguments = others;
            }
            _ => {
                message.push('%');
                continue;
            }
        }
        rest = &rest[1..];
    }
    message.push_str(rest);
    arguments
}

fn converted(specifier: u8, argument: &JsValue, context: &mut Context) -> String {
    let number = |value: boa_engine::JsResult<JsValue>| text::primitive(&value.unwrap_or_else(|_| f64::NAN.into()), 0);
    match (specifier, argument.variant()) {
        (b'c', _) => String::new(),
        (b's', variant) => match variant {
            JsVariant::String(text) => text.to_std_string_lossy(),
            JsVariant::Object(object) if object.is::<OrdinaryFunction>() || has_own_words(&object) => match argument.to_string(context) {
                Ok(text) => text.to_std_string_lossy(),
                Err(_) => inspect(argument, Options { depth: 0, ..Options::default() }, context),
            },
            _ => inspect(argument, Options { depth: 0, ..Options::default() }, context),
        },
        (b'd' | b'i', JsVariant::BigInt(_)) => text::primitive(argument, 0),
        (b'd' | b'i' | b'f', JsVariant::Symbol(_)) => "NaN".into(),
        (b'd', _) => number(argument.to_number(context).map(JsValue::from)),
        (b'i' | b'f', _) => {
            let bindings = bindings(context);
            let parse = if specifier == b'i' { &bindings.originals.parse_int } else { &bindings.originals.parse_float };
            number(parse.call(&JsValue::undefined(), std::slice::from_ref(argument), context))
        }
        (b'o', _) => inspect(argument, Options { depth: 4, ..Options::default() }, context),
        _ => inspect(argument, Options::default(), context),
    }
}

/// Whether a script gave the object a conversion to text.
fn has_own_words(object: &JsObject) -> bool {
    let own = |key: PropertyKey| {
        stored(object, &key).and_then(|method| method.as_callable()).is_some_and(|method| !method.is::<NativeFunctionObject>())
    };
    !object.is::<Proxy>() && (own(js_string!("toString").into()) || own(JsSymbol::to_primitive().into()))
}
