//! MIME types, and forms in `multipart/form-data`: <https://mimesniff.spec.whatwg.org>, <https://www.rfc-editor.org/rfc/rfc7578>.

use boa_engine::{
    Context, JsArgs, JsResult, JsString, JsValue, js_string, native_function::NativeFunctionPointer, object::builtins::JsArray,
};

use super::{bytes, text::string, tools::record};
use crate::realm::bindings;

pub(super) const TOOLS: [(&str, NativeFunctionPointer); 6] = [
    ("mimeEssence", mime_essence),
    ("mimeParameter", mime_parameter),
    ("parseMultipart", parse_multipart),
    ("quoteForm", quote_form),
    ("crlf", crlf),
    ("randomDigits", random_digits),
];

/// `type/subtype` in lower case; empty where the text is no MIME type.
fn mime_essence(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let text = string(arguments, 0).to_std_string_lossy();
    let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    Ok(JsString::from(if essence.contains('/') { &*essence } else { "" }).into())
}

/// `mimeParameter(type, name)`: its value, or null.
fn mime_parameter(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let (text, name) = (string(arguments, 0).to_std_string_lossy(), string(arguments, 1).to_std_string_lossy());
    let found = parameters(&text).into_iter().find(|(key, _)| *key == name);
    Ok(found.map_or(JsValue::null(), |(_, value)| JsString::from(value).into()))
}

/// The parameters behind the first part of a header: names in lower case, values without quotes.
fn parameters(text: &str) -> Vec<(String, String)> {
    let mut found = Vec::new();
    let mut rest = text.find(';').map_or("", |at| &text[at + 1..]);
    while !rest.is_empty() {
        let end = rest.find(['=', ';']).unwrap_or(rest.len());
        let name = rest[..end].trim().to_ascii_lowercase();
        if !rest[end..].starts_with('=') {
            rest = rest.get(end + 1..).unwrap_or_default();
            continue;
        }
        rest = &rest[end + 1..];
        let value = if let Some(quoted) = rest.strip_prefix('"') {
            let mut value = String::new();
            let mut characters = quoted.char_indices();
            let mut end = quoted.len();
            while let Some((at, c)) = characters.next() {
                match c {
                    '"' => {
                        end = at + 1;
                        break;
                    }
                    '\\' => value.extend(characters.next().map(|(_, c)| c)),
                    c => value.push(c),
                }
            }
            let after = &quoted[end..];
            rest = after.find(';').map_or("", |at| &after[at + 1..]);
            value
        } else {
            let end = rest.find(';').unwrap_or(rest.len());
            let value = rest[..end].trim().to_owned();
            rest = rest.get(end + 1..).unwrap_or_default();
            value
        };
        found.push((name, value));
    }
    found
}

/// `parseMultipart(bytes, boundary)`: `{name, filename, type, bytes}` of each part, or null where the form is malformed.
fn parse_multipart(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let data = bytes::copied(arguments.get_or_undefined(0), context)?;
    let boundary = string(arguments, 1).to_std_string_lossy();
    let Some(parts) = parts(&data, &boundary) else { return Ok(JsValue::null()) };
    let mut list = Vec::with_capacity(parts.len());
    for part in parts {
        let content = bytes::array(part.content, context)?;
        let filename = part.filename.map_or(JsValue::null(), |name| JsString::from(name).into());
        let fields = [
            ("name", JsString::from(part.name).into()),
            ("filename", filename),
            ("type", JsString::from(part.kind).into()),
            ("bytes", content),
        ];
        list.push(record(fields, context)?);
    }
    Ok(JsArray::from_iter(list, context).into())
}

struct FormPart<'a> {
    name: String,
    filename: Option<String>,
    kind: String,
    content: &'a [u8],
}

fn parts<'a>(data: &'a [u8], boundary: &str) -> Option<Vec<FormPart<'a>>> {
    let (opening, delimiter) = (format!("--{boundary}"), format!("\r\n--{boundary}"));
    let mut rest = data.strip_prefix(opening.as_bytes())?;
    let mut parts = Vec::new();
    loop {
        if rest.starts_with(b"--") {
            return Some(parts);
        }
        rest = rest.strip_prefix(b"\r\n")?;
        let head_end = find(rest, b"\r\n\r\n")?;
        let head = String::from_utf8_lossy(&rest[..head_end]).into_owned();
        rest = &rest[head_end + 4..];
        let end = find(rest, delimiter.as_bytes())?;
        let content = &rest[..end];
        rest = &rest[end + delimiter.len()..];
        let (mut name, mut filename, mut kind) = (None, None, None);
        for line in head.split("\r\n") {
            let (key, value) = line.split_once(':')?;
            if key.eq_ignore_ascii_case("content-disposition") {
                if !value.trim_start().to_ascii_lowercase().starts_with("form-data") {
                    return None;
                }
                for (key, value) in parameters(value) {
                    match &*key {
                        "name" => name = Some(unquoted(&value)),
                        "filename" => filename = Some(unquoted(&value)),
                        _ => {}
                    }
                }
            } else if key.eq_ignore_ascii_case("content-type") {
                kind = Some(value.trim().to_owned());
            }
        }
        let kind = kind.unwrap_or_else(|| "text/plain".into());
        parts.push(FormPart { name: name?, filename, kind, content });
    }
}

fn find(haystack: &[u8], needle: &[u8]) -> Option<usize> {
    let first = *needle.first()?;
    let mut from = 0;
    // By the first byte: most parts are text or noise in which it is rare.
    while let Some(at) = haystack.get(from..)?.iter().position(|byte| *byte == first) {
        if haystack[from + at..].starts_with(needle) {
            return Some(from + at);
        }
        from += at + 1;
    }
    None
}

fn unquoted(name: &str) -> String {
    name.replace("%22", "\"").replace("%0D", "\r").replace("%0A", "\n")
}

/// A name as the head of a part holds it.
fn quote_form(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let name = string(arguments, 0).to_std_string_lossy();
    Ok(JsString::from(name.replace('\n', "%0A").replace('\r', "%0D").replace('"', "%22")).into())
}

/// Every line end as CR LF.
fn crlf(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let text = string(arguments, 0).to_std_string_lossy();
    Ok(JsString::from(text.replace("\r\n", "\n").replace('\r', "\n").replace('\n', "\r\n")).into())
}

/// Digits for the boundary of a form.
fn random_digits(_: &JsValue, _: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let unit = bindings(context).random.unit();
    if unit == 0.0 { Ok(js_string!("0").into()) } else { Ok(JsString::from(format!("{:016}", (unit * 1e16) as u64)).into()) }
}
