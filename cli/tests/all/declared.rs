//! What a `.d.ts` declares, as the facts that `tests/types/walk.js` finds in the sandbox.

use std::collections::BTreeMap;

use oxc_allocator::Allocator;
use oxc_ast::ast::{
    Class, ClassElement, FormalParameters, MethodDefinitionKind, PropertyKey, Statement, TSAccessibility, TSInterfaceDeclaration,
    TSNamespaceDeclarationBody, TSSignature, VariableDeclarator,
};
use oxc_parser::Parser;
use oxc_span::{GetSpan as _, SourceType};

/// By name.
pub(crate) type Facts = BTreeMap<String, String>;

/// The facts of a source that declares globals, and the namespace `Ampoule`.
pub(crate) fn declared(source: &str) -> Facts {
    let allocator = Allocator::default();
    let parsed = Parser::new(&allocator, source, SourceType::d_ts()).parse();
    assert!(parsed.diagnostics.is_empty(), "{:?}", parsed.diagnostics);
    let mut reader = Reader { source, facts: Facts::new(), interfaces: BTreeMap::new(), objects: Vec::new() };
    reader.statements("", &parsed.program.body);
    reader.ended()
}

struct Reader<'a> {
    source: &'a str,
    facts: Facts,
    /// Members of interfaces outside of the namespace: types alone, unless a global has one.
    interfaces: BTreeMap<String, Vec<(String, String)>>,
    /// Globals, and the types that they are declared with.
    objects: Vec<(String, String)>,
}

impl Reader<'_> {
    fn statements(&mut self, prefix: &str, statements: &[Statement<'_>]) {
        for statement in statements {
            match statement {
                Statement::ClassDeclaration(class) => self.class(class),
                Statement::FunctionDeclaration(function) => {
                    let name = function.id.as_ref().expect("a name").name.to_string();
                    self.callable(name, "function", &function.params);
                }
                Statement::VariableDeclaration(variable) => variable.declarations.iter().for_each(|declared| self.variable(declared)),
                Statement::TSInterfaceDeclaration(interface) => self.interface(prefix, interface),
                Statement::TSNamespaceDeclaration(namespace) => {
                    let TSNamespaceDeclarationBody::TSModuleBlock(block) = &namespace.body else { panic!("a namespace in a namespace") };
                    self.statements(&format!("{}.", namespace.id.name), &block.body);
                }
                Statement::TSTypeAliasDeclaration(_) | Statement::TSExternalModuleDeclaration(_) => {}
                other => panic!("nothing is known about: {}", other.span().source_text(self.source)),
            }
        }
    }

    /// The least number of arguments of any signature is what a function's `length` says.
    fn callable(&mut self, name: String, kind: &str, parameters: &FormalParameters<'_>) {
        let fact = format!("{kind} of {}", required(parameters));
        self.facts.entry(name).and_modify(|known| *known = fact.clone().min(known.clone())).or_insert(fact);
    }

    fn class(&mut self, class: &Class<'_>) {
        let name = class.id.as_ref().expect("a name").name.to_string();
        let parent = class.heritage.as_ref().map(|of| format!(" extends {}", of.expression.span().source_text(self.source)));
        let parent = parent.unwrap_or_default();
        for element in &class.body.body {
            let of = |is_static, key| {
                let of = if is_static { format!("static {name}") } else { name.clone() };
                format!("{of}.{}", self.key(key))
            };
            match element {
                ClassElement::MethodDefinition(method) if method.kind == MethodDefinitionKind::Constructor => {
                    if method.accessibility == Some(TSAccessibility::Private) {
                        self.facts.insert(name.clone(), format!("class without constructor{parent}"));
                    } else {
                        self.callable(name.clone(), "class", &method.value.params);
                    }
                }
                ClassElement::MethodDefinition(method) => self.callable(of(method.r#static, &method.key), "method", &method.value.params),
                ClassElement::PropertyDefinition(property) => {
                    let fact = if property.readonly { "read-only property" } else { "property" };
                    self.facts.insert(of(property.r#static, &property.key), fact.to_owned());
                }
                other => panic!("{name}: nothing is known about: {}", other.span().source_text(self.source)),
            }
        }
        let fact = self.facts.get_mut(&name).unwrap_or_else(|| panic!("{name} says nothing of its constructor"));
        if !fact.ends_with(&parent) {
            fact.push_str(&parent);
        }
    }

    fn interface(&mut self, prefix: &str, interface: &TSInterfaceDeclaration<'_>) {
        let name = format!("{prefix}{}", interface.id.name);
        let mut members = Vec::new();
        for signature in &interface.body.body {
            match signature {
                TSSignature::TSMethodSignature(method) => {
                    members.push((self.key(&method.key), format!("method of {}", required(&method.params))));
                }
                TSSignature::TSPropertySignature(property) => members.push((self.key(&property.key), "property, as it is".to_owned())),
                // Of any name.
                TSSignature::TSIndexSignature(_) => {}
                other => panic!("{name}: nothing is known about: {}", other.span().source_text(self.source)),
            }
        }
        if prefix.is_empty() {
            self.interfaces.insert(name, members);
        } else {
            self.facts.extend(members.into_iter().map(|(member, fact)| (format!("{name}.{member}"), fact)));
        }
    }

    fn variable(&mut self, declared: &VariableDeclarator<'_>) {
        let name = declared.id.span().source_text(self.source).to_owned();
        let annotation = declared.type_annotation.as_ref().expect("a type");
        self.objects.push((name, annotation.type_annotation.span().source_text(self.source).to_owned()));
    }

    fn key(&self, key: &PropertyKey<'_>) -> String {
        key.static_name().map_or_else(|| format!("[{}]", key.span().source_text(self.source)), |name| name.into_owned())
    }

    fn ended(mut self) -> Facts {
        for (name, of) in self.objects {
            if let Some(members) = self.interfaces.get(&of) {
                self.facts.extend(members.iter().map(|(member, fact)| (format!("{name}.{member}"), fact.clone())));
                self.facts.insert(name, "object".to_owned());
            } else if self.facts.get(&of).is_some_and(|fact| fact.starts_with("class")) {
                self.facts.insert(name, format!("instance of {of}"));
            } else {
                self.facts.insert(name, "value".to_owned());
            }
        }
        self.facts
    }
}

fn required(parameters: &FormalParameters<'_>) -> usize {
    parameters.items.iter().take_while(|parameter| !parameter.optional).count()
}
