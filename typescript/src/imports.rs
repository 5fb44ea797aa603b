use ampoule_protocol::Language;
use oxc_allocator::Allocator;
use oxc_ast::ast::Expression;
use oxc_ast_visit::{Visit, walk};
use oxc_parser::Parser;
use oxc_span::SourceType;

use crate::{SourceError, compile::refuse_jsx, deep, error::position};

/// An import in a source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Import {
    /// What it names.
    pub specifier: String,
    /// Where that is written, counted from 1.
    pub line: u32,
    /// In UTF-16 code units, counted from 1.
    pub column: u32,
    /// `import()` of a string: it may be meant to fail.
    pub is_dynamic: bool,
}

/// What a source imports that names it: static imports and exports from, not those of types alone, and `import()` of strings,
/// in the order of the source.
pub fn imports(name: &str, source: &str, language: Language) -> Result<Vec<Import>, SourceError> {
    refuse_jsx(name, source)?;
    if !source.contains("import") && !source.contains("export") {
        return Ok(Vec::new());
    }
    deep(|| {
        let allocator = Allocator::default();
        let kind = if language == Language::TypeScript { SourceType::ts() } else { SourceType::mjs() };
        let parsed = Parser::new(&allocator, source, kind.with_unambiguous(true)).parse();
        if let Some(error) = SourceError::first(name, source, parsed.diagnostics) {
            return Err(error);
        }
        let requested = parsed.module_record.requested_modules.iter();
        let requests = requested.flat_map(|(name, requests)| requests.iter().map(move |request| (name, request)));
        let mut found: Vec<_> =
            requests.filter(|(_, request)| !request.is_type).map(|(name, request)| (request.span.start, name.to_string(), false)).collect();
        let mut dynamic = Dynamic(Vec::new());
        if !parsed.module_record.dynamic_imports.is_empty() {
            dynamic.visit_program(&parsed.program);
        }
        found.extend(dynamic.0.into_iter().map(|(at, name)| (at, name, true)));
        found.sort_by_key(|(at, ..)| *at);
        Ok(found
            .into_iter()
            .map(|(at, specifier, is_dynamic)| {
                let (line, column) = position(source, at as usize);
                Import { specifier, line, column, is_dynamic }
            })
            .collect())
    })
}

/// Strings in `import()`.
struct Dynamic(Vec<(u32, String)>);

impl<'a> Visit<'a> for Dynamic {
    fn visit_import_expression(&mut self, import: &oxc_ast::ast::ImportExpression<'a>) {
        match &import.source {
            Expression::StringLiteral(text) => self.0.push((text.span.start, text.value.to_string())),
            Expression::TemplateLiteral(text) if text.expressions.is_empty() => {
                let cooked = text.quasis.first().and_then(|quasi| quasi.value.cooked.as_ref());
                self.0.extend(cooked.map(|cooked| (text.span.start, cooked.to_string())));
            }
            _ => {}
        }
        walk::walk_import_expression(self, import);
    }
}
