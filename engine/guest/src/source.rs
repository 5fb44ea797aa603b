//! Telling modules from plain scripts, and where a source that is neither breaks.

use std::path::Path;

use boa_engine::{
    Context, JsString, Module, Script, Source,
    ast::{
        Position,
        operations::{lexically_declared_names, var_declared_names},
        scope::Scope,
    },
    interner::Interner,
    parser::{Error, Parser, lexer},
};

use crate::errors::Thrown;

/// A parsed source.
pub(crate) enum Program {
    Script(Script),
    Module(Module),
}

/// Parses `source` as a plain script or, when it is none, as a module. A module that imports and exports nothing is taken for
/// a script, unless it awaits at its top level.
pub(crate) fn parse(name: &str, text: &str, context: &mut Context) -> Result<Program, Thrown> {
    if let Ok(script) = Script::parse(source(name, text), None, context) {
        return Ok(Program::Script(script));
    }
    if let Ok(module) = Module::parse(source(name, text), None, context) {
        return Ok(Program::Module(module));
    }
    Err(syntax_error(name, text, Reading::Either))
}

/// Parses `source` as a module.
pub(crate) fn parse_module(name: &str, text: &str, context: &mut Context) -> Result<Module, Thrown> {
    Module::parse(source(name, text), None, context).map_err(|_| syntax_error(name, text, Reading::Module))
}

/// Parses `source` as a plain script.
pub(crate) fn parse_script(name: &str, text: &str, context: &mut Context) -> Result<Script, Thrown> {
    Script::parse(source(name, text), None, context).map_err(|_| syntax_error(name, text, Reading::Script))
}

/// The names that a plain script declares at its top level, if it is one.
pub(crate) fn declared_names(text: &str) -> Option<Vec<JsString>> {
    let mut interner = Interner::default();
    let script = Parser::new(Source::from_bytes(text)).parse_script(&Scope::new_global(), &mut interner).ok()?;
    let lexical = lexically_declared_names(&script);
    let mut names: Vec<_> = var_declared_names(&script).into_iter().chain(lexical).collect();
    names.sort_unstable();
    names.dedup();
    Some(names.into_iter().map(|name| JsString::from(interner.resolve_expect(name).utf16())).collect())
}

fn source<'a>(name: &'a str, text: &'a str) -> Source<'a, impl boa_engine::parser::source::ReadChar + 'a> {
    Source::from_bytes(text).with_path(Path::new(name))
}

/// What a source was tried to be read as.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Reading {
    Script,
    Module,
    Either,
}

/// Says what is wrong with a source that did not parse. Of its two readings the one that got further is meant: a module's
/// first `export` stops the script reading, what a script may and a module may not do stops the other.
fn syntax_error(name: &str, text: &str, reading: Reading) -> Thrown {
    let script = (reading != Reading::Module)
        .then(|| Parser::new(Source::from_bytes(text)).parse_script(&Scope::new_global(), &mut Interner::default()).err())
        .flatten();
    let module = (reading != Reading::Script)
        .then(|| Parser::new(Source::from_bytes(text)).parse_module(&Scope::new_global(), &mut Interner::default()).err())
        .flatten();
    let furthest = script.into_iter().chain(module).map(|error| (position(&error, text), error)).max_by_key(|(at, _)| *at);
    let (message, at) = match furthest {
        Some(((line, column), error)) => (describe(&error, line, column), format!("{name}:{line}:{column}")),
        // The bytecode compiler or the realm refused what the parser takes.
        None => ("the source cannot be compiled".into(), name.to_owned()),
    };
    Thrown { name: "SyntaxError".into(), message, stack: format!("    at {at}") }
}

/// Line and column, both counted from 1.
fn position(error: &Error, text: &str) -> (u32, u32) {
    let of = |position: Position| (position.line_number(), position.column_number());
    match error {
        Error::Expected { span, .. } | Error::Unexpected { span, .. } => of(span.start()),
        Error::General { position, .. } | Error::Lex { err: lexer::Error::Syntax(_, position) } => of(*position),
        // It is the source as a whole that nests too deeply.
        #[cfg(boa_patched)]
        Error::NestedTooDeeply => (1, 1),
        Error::AbruptEnd | Error::ScopeAnalysis { .. } | Error::Lex { .. } => {
            let last = text.rsplit('\n').next().unwrap_or_default();
            (text.matches('\n').count() as u32 + 1, last.encode_utf16().count() as u32 + 1)
        }
    }
}

fn describe(error: &Error, line: u32, column: u32) -> String {
    let at = format!(" at line {line}, col {column}");
    let text = match error {
        Error::AbruptEnd => "unexpected end of the source".to_owned(),
        error => error.to_string(),
    };
    if text.ends_with(&at) { text } else { text + &at }
}
