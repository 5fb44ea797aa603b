//! URL patterns, by the `urlpattern` crate, with regular expressions by the engine that `RegExp` has: <https://urlpattern.spec.whatwg.org>.

use boa_engine::{
    Context, Finalize, JsArgs, JsData, JsObject, JsResult, JsString, JsValue, Trace, native_function::NativeFunctionPointer,
    object::builtins::JsArray,
};
use url::Url;
use urlpattern::{
    Error, RegexSyntax, UrlPattern, UrlPatternInit, UrlPatternMatchInput, UrlPatternOptions, component::Component, quirks, regexp::RegExp,
};

use super::tools::{elements, object};

pub(super) const TOOLS: [(&str, NativeFunctionPointer); 4] =
    [("patternParse", parse), ("patternGet", get), ("patternHasGroups", has_groups), ("patternMatch", matches)];

/// What a pattern of the script keeps.
#[derive(Trace, Finalize, JsData)]
struct Record(#[unsafe_ignore_trace] UrlPattern<EcmaScript>);

/// A regular expression as ECMAScript has it, with the flag `v`.
struct EcmaScript {
    source: String,
    compiled: regress::Regex,
}

impl EcmaScript {
    /// The groups of the first match, as ranges of code units.
    fn find(&self, units: &[u16]) -> Option<Vec<Option<std::ops::Range<usize>>>> {
        let found = self.compiled.find_from_utf16(units, 0).next()?;
        Some(found.groups().skip(1).collect())
    }
}

impl RegExp for EcmaScript {
    fn syntax() -> RegexSyntax {
        RegexSyntax::EcmaScript
    }

    fn parse(pattern: &str, flags: &str, _: bool) -> Result<Self, ()> {
        let flags = regress::Flags { icase: flags.contains('i'), unicode: true, unicode_sets: true, ..regress::Flags::default() };
        let compiled = regress::Regex::from_unicode(pattern.chars().map(u32::from), flags).map_err(drop)?;
        Ok(Self { source: pattern.to_owned(), compiled })
    }

    /// The crate asks for schemes alone, whose characters are code units and bytes alike.
    fn matches<'a>(&self, text: &'a str) -> Option<Vec<Option<&'a str>>> {
        let units: Vec<u16> = text.encode_utf16().collect();
        Some(self.find(&units)?.into_iter().map(|range| text.get(range?)).collect())
    }

    fn pattern_string(&self) -> &str {
        &self.source
    }
}

/// The components, in the order in which our source counts them.
fn components(pattern: &UrlPattern<EcmaScript>) -> [&Component<EcmaScript>; 8] {
    let UrlPattern { protocol, username, password, hostname, port, pathname, search, hash } = pattern;
    [protocol, username, password, hostname, port, pathname, search, hash]
}

/// A pattern or an input that our source gave: a string, or an array of the components and the base.
enum Given {
    Text(String),
    /// The base is apart: what a wrong one means depends on who asks.
    Init(Box<UrlPatternInit>, Option<String>),
}

fn given(arguments: &[JsValue], at: usize, context: &mut Context) -> JsResult<Given> {
    if let Some(text) = arguments.get_or_undefined(at).as_string() {
        return Ok(Given::Text(text.to_std_string_lossy()));
    }
    let list = elements(&object(arguments, at), context)?;
    let mut list = list.into_iter().map(|value| value.as_string().map(|text| text.to_std_string_lossy()));
    let mut next = || list.next().flatten();
    let init = UrlPatternInit {
        protocol: next(),
        username: next(),
        password: next(),
        hostname: next(),
        port: next(),
        pathname: next(),
        search: next(),
        hash: next(),
        base_url: None,
    };
    Ok(Given::Init(Box::new(init), next()))
}

fn optional(arguments: &[JsValue], at: usize) -> Option<String> {
    arguments.get_or_undefined(at).as_string().map(|text| text.to_std_string_lossy())
}

/// `patternParse(pattern, base?, ignoreCase)`: a record, or what is wrong as a string.
fn parse(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let url = |text: Option<String>| text.map(|text| Url::parse(&text)).transpose().map_err(Error::Url);
    let init = match given(arguments, 0, context)? {
        Given::Text(text) => {
            url(optional(arguments, 1)).and_then(|base| UrlPatternInit::parse_constructor_string::<EcmaScript>(&text, base))
        }
        Given::Init(init, base) => url(base).map(|base_url| UrlPatternInit { base_url, ..*init }),
    };
    let options = UrlPatternOptions { regex_syntax: RegexSyntax::EcmaScript, ignore_case: arguments.get_or_undefined(2).to_boolean() };
    match init.and_then(|init| UrlPattern::parse(init, options)) {
        Ok(pattern) => Ok(JsObject::from_proto_and_data(None, Record(pattern)).into()),
        Err(error) => Ok(JsString::from(error.to_string()).into()),
    }
}

/// `patternGet(record, component)`.
fn get(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let record = object(arguments, 0);
    let record = record.downcast_ref::<Record>().expect("our sources give a record");
    let at = arguments.get_or_undefined(1).to_length(context)? as usize;
    Ok(JsString::from(&*components(&record.0)[at].pattern_string).into())
}

/// `patternHasGroups(record)`: whether a component has a regular expression that its author wrote.
fn has_groups(_: &JsValue, arguments: &[JsValue], _: &mut Context) -> JsResult<JsValue> {
    let record = object(arguments, 0);
    let record = record.downcast_ref::<Record>().expect("our sources give a record");
    Ok(record.0.has_regexp_groups().into())
}

/// `patternMatch(record, input, base?)`: for each component an array of what it matched and then names and values of its groups; null without a match.
fn matches(_: &JsValue, arguments: &[JsValue], context: &mut Context) -> JsResult<JsValue> {
    let record = object(arguments, 0);
    let record = record.downcast_ref::<Record>().expect("our sources give a record");
    let base = |text: Option<String>| text.map(|text| Url::parse(&text)).transpose();
    let input = match given(arguments, 1, context)? {
        Given::Text(text) => {
            base(optional(arguments, 2)).and_then(|base| Url::options().base_url(base.as_ref()).parse(&text)).map(UrlPatternMatchInput::Url)
        }
        Given::Init(init, text) => base(text).map(|base_url| UrlPatternMatchInput::Init(UrlPatternInit { base_url, ..*init })),
    };
    let Some(input) = input.ok().and_then(quirks::parse_match_input) else { return Ok(JsValue::null()) };
    let quirks::MatchInput { protocol, username, password, hostname, port, pathname, search, hash } = input;
    let texts = [protocol, username, password, hostname, port, pathname, search, hash];
    let mut found = Vec::with_capacity(texts.len());
    for (component, text) in components(&record.0).into_iter().zip(texts) {
        let units: Vec<u16> = text.encode_utf16().collect();
        let regexp = component.regexp.as_ref().expect("a pattern with a wrong one was refused");
        let Some(groups) = regexp.find(&units) else { return Ok(JsValue::null()) };
        let mut list = vec![JsValue::from(JsString::from(&*text))];
        for (name, range) in component.group_name_list.iter().zip(groups) {
            list.push(JsString::from(&**name).into());
            list.push(range.map_or_else(JsValue::undefined, |range| JsString::from(&units[range]).into()));
        }
        found.push(JsArray::from_iter(list, context).into());
    }
    Ok(JsArray::from_iter(found, context).into())
}
