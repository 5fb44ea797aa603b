//! What TypeScript becomes, and what is said about TypeScript that becomes nothing.

use ampoule_protocol::{Language, ScriptSource, source_map};
use ampoule_typescript::{Import, compile, compile_script, imports, is_typescript};

/// The JavaScript alone, its white space reduced.
fn compiled(source: &str) -> String {
    let compiled = compile("main.ts", source).unwrap_or_else(|error| panic!("{source}\n{error}"));
    let (code, map) = source_map(&compiled);
    assert!(map.is_some(), "{compiled}");
    code.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn refused(source: &str) -> String {
    compile("main.ts", source).expect_err(source).to_string()
}

#[test]
fn types_go_and_the_rest_stays() {
    for (source, expected) in [
        ("const x: number = 1 as any satisfies unknown;", "const x = 1;"),
        (
            "interface A { b: string } type C = A | null; export default (a: A, c?: C): number => a!.b.length;",
            "export default (a, c) => a.b.length;",
        ),
        (
            "import { type A, b } from './b.ts'; import type { C } from './c'; export const d: A = b;",
            "import { b } from \"./b.ts\"; export const d = b;",
        ),
        (
            "class P { constructor(private readonly x: number, public y = 2) {} }",
            "class P { x; y; constructor(x, y = 2) { this.x = x; this.y = y; } }",
        ),
        ("abstract class Q<T> { abstract go(): void; declare z: T; #w?: T; static s = 1 }", "class Q { #w; static s = 1; }"),
        ("function f(this: Date, ...rest: any[]): asserts this is Date {}", "function f(...rest) {}"),
        ("declare const a: 1; declare module 'm' {} export {};", "export {};"),
        ("async function main(input: { n: number }) { return <number>input.n; }", "async function main(input) { return input.n; }"),
    ] {
        assert_eq!(compiled(source), expected, "{source}");
    }
}

#[test]
fn enums_and_namespaces_are_compiled() {
    let code = compiled(
        "enum Color { Red, Green = 'g' } const enum K { A = 2 } namespace N { export const v = 1 } export default [Color.Red, K.A, N.v]",
    );
    for part in ["Color[Color[\"Red\"] = 0] = \"Red\"", "Color[\"Green\"] = \"g\"", "N.v = 1"] {
        assert!(code.contains(part), "{part}: {code}");
    }
}

#[test]
fn what_cannot_be_compiled_is_told_with_its_place() {
    for (source, expected) in [
        ("const a = 1;\nconst x: = 1;", "main.ts:2:10: Unexpected token\n  2 | const x: = 1;\n    |          ^"),
        ("class A {\n  @log() m() {}\n}", "main.ts:2:3: decorators are not supported"),
        ("export = 1;", "main.ts:1:1: `export =` is not supported"),
        ("import fs = require('fs');", "main.ts:1:1: `import … = require()` is not supported"),
        ("const 😀a = 1", "main.ts:1:7:"),
        ("let a = 1;\nlet a = 2;", "main.ts:"),
        ("const v = <div>1</div>;", "main.ts:1:"),
    ] {
        let error = refused(source);
        assert!(error.starts_with(expected), "{source}\n{error}");
    }
    assert!(compile("view.tsx", "1").unwrap_err().to_string().starts_with("view.tsx:1:1: JSX is not supported"));
}

#[test]
fn a_script_is_compiled_by_the_names_of_its_modules() {
    let mut script = ScriptSource::named("main.js", "import './a.ts'");
    assert!(!is_typescript(&script));
    script.modules = [("a.ts", "export const a: number = 1"), ("b.js", "export const b = 1"), ("c.json", "{}")]
        .map(|(path, source)| (path.to_owned(), source.to_owned()))
        .into();
    assert!(is_typescript(&script));
    compile_script(&mut script).unwrap();
    assert!(script.modules["a.ts"].starts_with("export const a = 1;\n//# sourceMappingURL="));
    assert_eq!((script.modules["b.js"].as_str(), script.source.as_str()), ("export const b = 1", "import './a.ts'"));
    assert_eq!(script.language, Some(Language::JavaScript));
    let once = script.clone();
    compile_script(&mut script).unwrap();
    assert_eq!(script, once);
}

#[test]
fn imports_are_found_with_their_places() {
    let source = "import a from './a.js';\nimport type T from './t.js';\nexport * from \"./b.js\";\nconst c = import('./c.js'); const d = import(`./d.js`); import(e);\nimport './a.js';";
    let import = |specifier: &str, line, column, is_dynamic| Import { specifier: specifier.to_owned(), line, column, is_dynamic };
    assert_eq!(
        imports("main.ts", source, Language::TypeScript).unwrap(),
        [
            import("./a.js", 1, 15, false),
            import("./b.js", 3, 15, false),
            import("./c.js", 4, 18, true),
            import("./d.js", 4, 46, true),
            import("./a.js", 5, 8, false)
        ]
    );
    assert_eq!(imports("a.js", "with (a) {} // no import of a module", Language::JavaScript).unwrap_or_default(), []);
}

#[test]
fn deep_sources_compile() {
    // Far deeper than an ordinary thread's stack; what is deeper still ends a process of the compiler's own.
    let depth = 5_000;
    compile("deep.ts", &format!("const x = {}1{};", "(".repeat(depth), ")".repeat(depth))).unwrap();
    compile("deep.ts", &format!("const x = {}1{};", "[".repeat(depth), "]".repeat(depth))).unwrap();
    compile("deep.ts", &format!("const x = {}1;", "a=>".repeat(depth))).unwrap();
    compile("deep.ts", &format!("let x: {}1{};", "Array<".repeat(depth / 10), ">".repeat(depth / 10))).unwrap();
}
