use std::path::Path;

use oxc_allocator::Allocator;
use oxc_ast::ast::{Decorator, Program, TSExportAssignment, TSImportEqualsDeclaration};
use oxc_ast_visit::{Visit, walk};
use oxc_codegen::{Codegen, CodegenOptions};
use oxc_parser::Parser;
use oxc_semantic::SemanticBuilder;
use oxc_span::{GetSpan as _, SourceType, Span};
use oxc_transformer::{HelperLoaderMode, HelperLoaderOptions, TransformOptions, Transformer};

use crate::{SourceError, deep};

/// Compiles a TypeScript source to JavaScript whose last line is an inline source map to it.
///
/// Decorators, `export =`, `import x = require()` and JSX are refused, with the place.
pub fn compile(name: &str, source: &str) -> Result<String, SourceError> {
    refuse_jsx(name, source)?;
    // A map in the source's own last line would be that of something it was made from.
    let source = ampoule_protocol::source_map(source).0;
    deep(|| transform(name, source))
}

/// JSX is told by a file's name: in a `.ts` file `<` begins a type.
pub(crate) fn refuse_jsx(name: &str, source: &str) -> Result<(), SourceError> {
    if name.ends_with(".tsx") {
        return Err(SourceError::at(
            name,
            source,
            0,
            "JSX is not supported: there is nothing here that would render it. Compile it before",
        ));
    }
    Ok(())
}

fn transform(name: &str, source: &str) -> Result<String, SourceError> {
    let failed = |diagnostics| SourceError::first(name, source, diagnostics);
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, SourceType::ts().with_unambiguous(true)).parse();
    if let Some(error) = failed(parsed.diagnostics) {
        return Err(error);
    }
    let mut program = parsed.program;
    let mut refused = Refused(None);
    refused.visit_program(&program);
    if let Some((span, why)) = refused.0 {
        return Err(SourceError::at(name, source, span.start as usize, why));
    }
    let semantic = SemanticBuilder::new().with_check_syntax_error(true).with_excess_capacity(2.0).with_enum_eval(true).build(&program);
    if let Some(error) = failed(semantic.diagnostics) {
        return Err(error);
    }
    // A helper would be imported from a package: External makes none of those imports, and nothing that is compiled here needs one.
    let helper_loader = HelperLoaderOptions { mode: HelperLoaderMode::External, ..HelperLoaderOptions::default() };
    let options = TransformOptions { helper_loader, ..TransformOptions::default() };
    let transformed =
        Transformer::new(&allocator, Path::new(name), &options).build_with_scoping(semantic.semantic.into_scoping(), &mut program);
    if let Some(error) = failed(transformed.diagnostics) {
        return Err(error);
    }
    Ok(print(name, &program))
}

fn print(name: &str, program: &Program<'_>) -> String {
    let options = CodegenOptions { source_map_path: Some(name.into()), ..CodegenOptions::default() };
    let printed = Codegen::new().with_options(options).build(program);
    let code = printed.code;
    let newline = if code.is_empty() || code.ends_with('\n') { "" } else { "\n" };
    match printed.map {
        Some(mut map) => {
            // The submitter has the source; here it would only make the job larger.
            map.set_source_contents(Vec::new());
            format!("{code}{newline}//# sourceMappingURL={}\n", map.to_data_url())
        }
        None => code,
    }
}

/// The first thing in a program that cannot be compiled.
struct Refused(Option<(Span, &'static str)>);

impl Refused {
    fn at(&mut self, span: Span, why: &'static str) {
        self.0.get_or_insert((span, why));
    }
}

impl<'a> Visit<'a> for Refused {
    fn visit_decorator(&mut self, decorator: &Decorator<'a>) {
        self.at(
            decorator.span(),
            "decorators are not supported: the engine has none yet. Call the function yourself, or compile it before",
        );
    }

    fn visit_ts_export_assignment(&mut self, assignment: &TSExportAssignment<'a>) {
        self.at(assignment.span(), "`export =` is not supported: use `export default`");
    }

    fn visit_ts_import_equals_declaration(&mut self, import: &TSImportEqualsDeclaration<'a>) {
        if matches!(import.module_reference, oxc_ast::ast::TSModuleReference::ExternalModuleReference(_)) {
            self.at(import.span(), "`import … = require()` is not supported: use `import … from`");
        }
        walk::walk_ts_import_equals_declaration(self, import);
    }
}
