//! URLs and queries, by the `url` crate: <https://url.spec.whatwg.org>.

use std::cell::RefCell;

use boa_engine::{
    Context, Finalize, JsArgs, JsData, JsObject, JsResult, JsString, JsValue, Trace, js_string, native_function::NativeFunctionPointer,
    object::builtins::JsArray,
};
use url::{Url, form_urlencoded, quirks};

use super::{
    text::string,
    tools::{elements, object},
};

pub(super) const TOOLS: [(&str, NativeFunctionPointer); 7] = [
    ("urlParse", parse),
    ("urlGet", get),
    ("urlSet", set),
    ("parseQuery", parse_query),
    ("serializeQuery", serialize_query),
    ("sortPairs", sort_pairs),
    ("sortStrings", sort_strings),
];

/// What a URL object of the script keeps.
#[derive(Trace, Finalize, JsData)]
struct Record(#[unsafe_ignore_trace] RefCell<Url>);

/// `urlParse(text, base?)`: a record, or null where the text is no URL.
fn parse(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let text = string(arguments, 0).to_std_string_lossy();
    let base = match arguments.get_or_undefined(1).as_string() {
        Some(base) => match Url::parse(&base.to_std_string_lossy()) {
            Ok(base) => Some(base),
            Err(_) => return Ok(JsValue::null()),
        },
        None => None,
    };
    match Url::options().base_url(base.as_ref()).parse(&text) {
        Ok(url) => Ok(JsObject::from_proto_and_data(None, Record(RefCell::new(url))).into()),
        Err(_) => Ok(JsValue::null()),
    }
}

/// `urlGet(record, part)`.
fn get(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let record = object(arguments, 0);
    let record = record.downcast_ref::<Record>().expect("our sources give a record");
    let url = record.0.borrow();
    let origin;
    let text = match &*string(arguments, 1).to_std_string_lossy() {
        "href" => quirks::href(&url),
        "origin" => {
            origin = quirks::origin(&url);
            &origin
        }
        "protocol" => quirks::protocol(&url),
        "username" => quirks::username(&url),
        "password" => quirks::password(&url),
        "host" => quirks::host(&url),
        "hostname" => quirks::hostname(&url),
        "port" => quirks::port(&url),
        "pathname" => quirks::pathname(&url),
        "search" => quirks::search(&url),
        "hash" => quirks::hash(&url),
        part => unreachable!("a URL has no {part}"),
    };
    Ok(JsString::from(text).into())
}

/// `urlSet(record, part, text)`: whether the text was good; if not, the URL stays as it was.
fn set(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let record = object(arguments, 0);
    let record = record.downcast_ref::<Record>().expect("our sources give a record");
    let url = &mut *record.0.borrow_mut();
    let text = string(arguments, 2).to_std_string_lossy();
    let done = match &*string(arguments, 1).to_std_string_lossy() {
        "href" => quirks::set_href(url, &text).is_ok(),
        "protocol" => quirks::set_protocol(url, &text).is_ok(),
        "username" => quirks::set_username(url, &text).is_ok(),
        "password" => quirks::set_password(url, &text).is_ok(),
        "host" => quirks::set_host(url, &text).is_ok(),
        "hostname" => quirks::set_hostname(url, &text).is_ok(),
        "port" => quirks::set_port(url, &text).is_ok(),
        "pathname" => {
            quirks::set_pathname(url, &text);
            true
        }
        "search" => {
            quirks::set_search(url, &text);
            true
        }
        "hash" => {
            quirks::set_hash(url, &text);
            true
        }
        part => unreachable!("a URL has no {part} to set"),
    };
    Ok(done.into())
}

/// `parseQuery(text)`: pairs, as `application/x-www-form-urlencoded` holds them.
fn parse_query(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let text = string(arguments, 0).to_std_string_lossy();
    let pairs = form_urlencoded::parse(text.as_bytes());
    let pairs: Vec<JsValue> = pairs
        .map(|(name, value)| JsArray::from_iter([JsString::from(&*name).into(), JsString::from(&*value).into()], context).into())
        .collect();
    Ok(JsArray::from_iter(pairs, context).into())
}

/// An array of pairs of strings.
fn pairs(arguments: &[JsValue], context: &mut Context) -> JsResult<Vec<(JsValue, [JsString; 2])>> {
    let list = elements(&object(arguments, 0), context)?;
    list.into_iter()
        .map(|pair| {
            let items = elements(&pair.as_object().expect("our sources give pairs"), context)?;
            Ok((pair, [string(&items, 0), string(&items, 1)]))
        })
        .collect()
}

/// `serializeQuery(pairs)`.
fn serialize_query(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mut query = form_urlencoded::Serializer::new(String::new());
    for (_, [name, value]) in pairs(arguments, context)? {
        query.append_pair(&name.to_std_string_lossy(), &value.to_std_string_lossy());
    }
    Ok(JsString::from(query.finish()).into())
}

/// `sortPairs(pairs)`: by the code units of the names, in place, equal ones in their order.
fn sort_pairs(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mut pairs = pairs(arguments, context)?;
    pairs.sort_by_cached_key(|(_, [name, _])| name.to_vec());
    put(arguments, pairs.into_iter().map(|(pair, _)| pair), context)
}

/// `sortStrings(array)`: by code units, in place.
fn sort_strings(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let mut list = elements(&object(arguments, 0), context)?;
    list.sort_by_cached_key(|item| item.as_string().unwrap_or_else(|| js_string!()).to_vec());
    put(arguments, list.into_iter(), context)
}

fn put(arguments: &[JsValue], items: impl Iterator<Item = JsValue>, context: &mut Context) -> JsResult<JsValue> {
    let array = object(arguments, 0);
    for (at, item) in items.enumerate() {
        array.create_data_property_or_throw(at, item, context)?;
    }
    Ok(JsValue::undefined())
}
