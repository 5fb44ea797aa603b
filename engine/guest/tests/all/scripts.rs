//! What scripts do and what becomes of it: `(source, entry, input, expected)`.

use ampoule_abi::Mode;

use crate::host::{self, Job};

/// Runs all cases, then tells all that differ.
#[track_caller]
fn check(cases: &[(&str, &str, &str, &str)]) {
    let jobs: Vec<_> =
        cases.iter().map(|(source, entry, input, expected)| (Job { source, entry, input, ..Job::default() }, *expected)).collect();
    check_jobs(&jobs);
}

/// The same for cases whose entry is `main` and takes nothing.
#[track_caller]
fn check_main(cases: &[(&str, &str)]) {
    let jobs: Vec<_> = cases.iter().map(|(source, expected)| (Job { source, ..Job::default() }, *expected)).collect();
    check_jobs(&jobs);
}

#[track_caller]
fn check_jobs(jobs: &[(Job<'_>, &str)]) {
    let mut differences = String::new();
    for (job, expected) in jobs {
        let text = host::run(*job).text();
        if text != *expected {
            differences += &format!("\n{}\n  expected {expected}\n  got      {text}\n", job.source);
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn entries_are_found() {
    const OBJECT: &str = "export default { foo() { return this.bar() }, async bar() { return 'b' }, n: 1 }";
    const PLATFORM: &str =
        "function getRunnableScripts() { return [{ name: 'One', script: 'one' }] } async function one(p, l, c) { return [p, l, c.jobId] }";
    check(&[
        ("export default (x) => x + 1", "", "41", "returned 42"),
        ("export default function () { return this === undefined }", "default", "0", "returned true"),
        ("export default { main() { return 1 }, other() {} }", "", "0", "returned 1"),
        ("export default { only() { return 1 } }", "", "0", "returned 1"),
        ("export default { getRunnableScripts() {}, only() { return 1 } }", "", "0", "returned 1"),
        (OBJECT, "foo", "0", "returned \"b\""),
        (OBJECT, "", "0", "threw TypeError: no default entry; the script has: foo, bar"),
        (OBJECT, "toString", "0", "threw TypeError: no entry `toString`; the script has: foo, bar"),
        ("export const main = () => 2; export function other() { return 3 }", "", "0", "returned 2"),
        ("export const main = () => 2; export function other() { return 3 }", "other", "0", "returned 3"),
        ("function main() { return this === undefined || this === globalThis }", "", "0", "returned true"),
        ("const main = async (x) => x.a", "", "{\"a\":[1]}", "returned [1]"),
        ("let a = () => 'let'; class K {}; var v = function () { return 'var' }", "a", "0", "returned \"let\""),
        ("let a = () => 'let'; class K {}; var v = function () { return 'var' }", "v", "0", "returned \"var\""),
        ("function foo() {} const bar = () => 1; const n = 1", "", "0", "threw TypeError: no default entry; the script has: foo, bar"),
        ("function foo() {}", "parseInt", "0", "threw TypeError: no entry `parseInt`; the script has: foo"),
        ("function foo() {}", "globalThis.foo()", "0", "threw TypeError: no entry `globalThis.foo()`; the script has: foo"),
        ("const a = 1", "", "0", "threw TypeError: no default entry: the script has no function to call"),
        (PLATFORM, "one", "7", "returned [7,{},\"0190\"]"),
        ("export default class { static x() { return 1 } constructor() {} }", "x", "0", "returned 1"),
        ("class Base { run() { return this.v } } export default new (class extends Base { v = 5 })", "run", "0", "returned 5"),
        (
            "await null; function main() {} globalThis.n = 1",
            "",
            "0",
            "threw TypeError: no default entry: the script has no function to call",
        ),
        (
            "function main(a, b, c) { return [arguments.length, Object.keys(c), c] }",
            "",
            "0",
            r#"returned [3,["jobId","attempt","script","context"],{"jobId":"0190","attempt":1,"script":"script.js","context":{"tenant":"t"}}]"#,
        ),
    ]);
}

#[test]
fn syntax_errors_say_where() {
    check_main(&[
        ("\n\nconst main = ;", "threw SyntaxError: unexpected token ';', primary expression at line 3, col 14\n    at script.js:3:14"),
        (
            "import x from 'lib:y';\nexport const a = ;",
            "threw SyntaxError: unexpected token ';', primary expression at line 2, col 18\n    at script.js:2:18",
        ),
        ("function main() {\n  return [1", "threw SyntaxError: unexpected end of the source at line 2, col 12\n    at script.js:2:12"),
        ("const s = 'open", "threw SyntaxError: unterminated string literal at line 1, col 16\n    at script.js:1:16"),
        ("let a; let a", "threw SyntaxError: lexical name `a` declared multiple times at line 1, col 1\n    at script.js:1:1"),
    ]);
}

#[test]
fn errors_carry_their_frames() {
    check_main(&[
        (
            "function main() {\n  inner();\n}\nfunction inner() {\n  throw new TypeError('no');\n}",
            "threw TypeError: no\n    at inner (script.js:5:9)\n    at main (script.js:2:8)",
        ),
        ("function main() {\n  null.x;\n}", "threw TypeError: cannot convert 'null' or 'undefined' to object\n    at main (script.js:2:8)"),
        (
            // Boa knows where calls are, not where names are read: the call's line would be 7.
            "async function main() {\n  await null;\n  await inner();\n}\nasync function inner() {\n  await null;\n  missing();\n}",
            "threw ReferenceError: missing is not defined\n    at inner (script.js:5:24)",
        ),
        (
            "function main() {\n  try { inner() } catch (error) { throw error }\n}\nfunction inner() {\n  throw new Error('again');\n}",
            "threw Error: again\n    at inner (script.js:5:9)\n    at main (script.js:2:14)",
        ),
        (
            "function main() {\n  try { JSON.parse('{') } catch (cause) { throw new Error('outer', { cause }) }\n}",
            "threw Error: outer\n    at main (script.js:2:49)\ncaused by SyntaxError: EOF while parsing an object at line 1 column 1\n    at main (script.js:2:19)",
        ),
        (
            "class Odd extends Error { get name() { throw 1 } get message() { throw 2 } }\nfunction main() { throw new Odd() }",
            "threw Error: \n    at Odd (script.js)\n    at main (script.js:2:25)",
        ),
        ("function main() { throw { code: 1, nested: { a: [] } } }", "threw : { code: 1, nested: { a: [] } }"),
        ("function main() { throw 'text' }", "threw : text"),
        ("function main() { throw undefined }", "threw : undefined"),
        ("function main() { throw new Proxy({}, { get() { throw 1 }, ownKeys() { throw 2 } }) }", "threw : [Proxy]"),
        ("function main() { return Promise.reject(Object.create(Error.prototype, { message: { value: 'made' } })) }", "threw Error: made"),
        ("function main() { return new Error('a').stack }", r#"returned "Error: a\n    at main (script.js:1:26)""#),
    ]);
}

#[test]
fn recursion_ends_cleanly() {
    check_main(&[
        ("function main() { return main() }", "stack exhausted"),
        ("const o = { get a() { return this.a } }; function main() { return o.a }", "stack exhausted"),
        ("async function f() { await f() } function main() { return f() }", "stack exhausted"),
        ("function f(n) { return [1].map(() => f(n + 1)) } function main() { return f(0) }", "stack exhausted"),
        ("async function main() { await null; return main() }; main = ((f, n) => () => n++ < 5 ? f() : 1)(main, 0)", "returned 1"),
    ]);
}

#[test]
fn scripts_may_be_old() {
    check_main(&[
        ("function main() { if (true) { function f() { return 'abc'.substr(1) } } return [f(), escape('ü')] }", r#"returned ["bc","%FC"]"#),
        ("with ({ x: 1 }) { var y = x } <!-- a comment\nvar main = function () { return arguments.callee === main && y }", "returned 1"),
    ]);
}

#[test]
fn values_become_json() {
    check_main(&[
        ("function main() {}", "returned null"),
        ("function main() { return null }", "returned null"),
        (
            "function main() { return { a: undefined, b: [undefined, , 1], c: NaN, d: -Infinity, e: -0, f: 1e21, g: 0.1, h: 1e-7 } }",
            r#"returned {"b":[null,null,1],"c":null,"d":null,"e":0,"f":1e+21,"g":0.1,"h":1e-7}"#,
        ),
        (
            "function main() { return [undefined, { x: undefined, y: undefined }, { x: undefined, y: 1, z: undefined }] }",
            r#"returned [null,{},{"y":1}]"#,
        ),
        (
            r#"function main() { return ['\ud83d', '💚', '\u2028"\\\b\f\n\r\t\x01\x7f', 'ÿ', { 'k"': 1, '\ud800': 2 }] }"#,
            "returned [\"\\ud83d\",\"💚\",\"\u{2028}\\\"\\\\\\b\\f\\n\\r\\t\\u0001\u{7f}\",\"ÿ\",{\"k\\\"\":1,\"\\ud800\":2}]",
        ),
        (
            "function main() { return { b: 1, 2: 'two', a: 2, 1: 'one', [Symbol('s')]: 3 } }",
            r#"returned {"1":"one","2":"two","b":1,"a":2}"#,
        ),
        (
            "function main() { return [new Date(0), new Number(1), new String('s'), new Boolean(false), /x/, new Error('e')] }",
            r#"returned ["1970-01-01T00:00:00.000Z",1,"s",false,{},{}]"#,
        ),
        ("function main() { return { toJSON(key) { return [key, { toJSON: (key) => key }] } } }", r#"returned ["","1"]"#),
        ("function main() { return { toJSON() {} } }", "returned null"),
        ("function main() { return { a: { toJSON() {} }, b: 1 } }", r#"returned {"b":1}"#),
        (
            "class P { #x = 1; y = 2; get z() { return 3 } } function main() { return [new P(), { get a() { return 4 } }] }",
            r#"returned [{"y":2},{"a":4}]"#,
        ),
        ("function main() { return Object.defineProperty({ a: 1 }, 'hidden', { value: 1 }) }", r#"returned {"a":1}"#),
        ("function main() { return new Uint8Array([1, 2]) }", r#"returned {"0":1,"1":2}"#),
        ("function main() { return new Proxy({ a: 1, b: [2] }, {}) }", r#"returned {"a":1,"b":[2]}"#),
        ("function main() { return [new Proxy([1, 2], {})] }", "returned [[1,2]]"),
        ("BigInt.prototype.toJSON = function () { return String(this) }; function main() { return [1n] }", r#"returned ["1"]"#),
        ("function main() { const shared = {}; return [shared, shared] }", "returned [{},{}]"),
        ("function main() { return { then(resolve) { resolve('adopted') } } }", r#"returned "adopted""#),
        ("Array.prototype.toJSON = undefined; Object.prototype.then = 1; function main() { return [{}] }", "returned [{}]"),
        ("function main() { let a = []; for (let i = 0; i < 1999; i++) a = [a]; return JSON.stringify(a).length }", "returned 4000"),
    ]);
}

#[test]
fn values_that_are_no_json_are_named() {
    let no = |what: &str| format!("threw TypeError: the returned value cannot be JSON: {what}");
    for (value, expected) in [
        ("1n", no("a BigInt at $: convert it with Number(…) or String(…)")),
        ("{ items: [0, 1, 2, { id: 5n }] }", no("a BigInt at $.items[3].id: convert it with Number(…) or String(…)")),
        ("{ 'odd key': { '0': () => {} } }", no("a function at $[\"odd key\"][\"0\"]")),
        ("[Symbol('x')]", no("a symbol at $[0]")),
        ("{ x: new Map() }", no("a Map at $.x: convert it with Object.fromEntries(map) or [...map]")),
        ("{ x: new Set() }", no("a Set at $.x: convert it with [...set]")),
        ("[Promise.resolve(1)]", no("a Promise at $[0]: await it")),
        ("(() => { const a = { b: {} }; a.b.c = a; return { a } })()", no("a cycle at $.a.b.c (back to $.a)")),
        ("(() => { const a = []; a.push(a); return a })()", no("a cycle at $[0] (back to $)")),
        ("{ toJSON() { return 1n } }", no("a BigInt at $: convert it with Number(…) or String(…)")),
        (
            "(() => { let a = {}; for (let i = 0; i < 3000; i++) a = { a }; return a })()",
            "threw RangeError: the returned value cannot be JSON: it is nested more than 2000 levels deep".to_owned(),
        ),
        (
            "(() => { const f = () => ({ toJSON: () => [f()] }); return f() })()",
            "threw RangeError: the returned value cannot be JSON: it is nested more than 2000 levels deep".to_owned(),
        ),
    ] {
        check_main(&[(&format!("function main() {{ return {value} }}"), &expected)]);
    }
    check_main(&[
        (
            "function main() { return { get a() { throw new RangeError('mine') } } }",
            "threw RangeError: mine\n    at get a (script.js:1:44)",
        ),
        ("function main() { return new Proxy({}, { ownKeys() { return [1] } }) }", "threw TypeError: bad type"),
    ]);
}

#[test]
fn input_is_read_as_json() {
    const ECHO: &str = "export default (x) => x";
    for text in [
        "null",
        "true",
        "0",
        "-1",
        "2147483647",
        "-2147483648",
        "2147483648",
        "9007199254740993",
        "1.5",
        "1e3",
        "-0.0",
        "1E-7",
        "\"\"",
        "[]",
        "{}",
        r#"[1,[2,[3,{}]],{"a":{"b":null}}]"#,
        r#"{"__proto__":{"x":1},"constructor":1,"0":1}"#,
        r#""\u0041\ud83d\ude00 \"\\\/\b\f\n\r\t é 日本""#,
        " { \"a\" : [ 1 , 2 ] }\n",
        r#"{"a":1,"b":2,"a":3}"#,
        r#"{"a":1,"\u0061":2}"#,
    ] {
        let stringify = format!("export default () => JSON.parse({})", js_literal(text));
        let expected = host::run(Job { source: &stringify, ..Job::default() }).text();
        check(&[(ECHO, "", text, &expected)]);
    }
    let deep = format!("{}{}", "[".repeat(2_000), "]".repeat(2_000));
    let deeper = format!("[{deep}]");
    check(&[
        // Boa's own `JSON.parse` refuses it.
        ("export default (x) => x === '\\ud800'", "", r#""\ud800""#, "returned true"),
        ("export default (x) => Object.is(x, -0)", "", "-0", "returned true"),
        (
            "export default (x) => Object.getPrototypeOf(x) === Object.prototype && Object.hasOwn(x, '__proto__')",
            "",
            r#"{"__proto__":1}"#,
            "returned true",
        ),
        (
            "export default (x) => { const first = x[0]; first.a = 5; first.b = 6; return x }",
            "",
            r#"[{"a":1},{"a":2}]"#,
            r#"returned [{"a":5,"b":6},{"a":2}]"#,
        ),
        ("export default (x) => typeof x", "", &deep, "returned \"object\""),
        (ECHO, "", &deeper, "threw RangeError: the JSON text is nested more than 2000 levels deep"),
    ]);
    for wrong in [
        "",
        "tru",
        "01",
        "1.",
        ".5",
        "+1",
        "[1,]",
        "{\"a\":1,}",
        "{a:1}",
        "[1 2]",
        "\"\t\"",
        "\"open",
        "\"\\x\"",
        "\"\\u12g4\"",
        "1 1",
        "NaN",
        "-",
        "[",
        "{\"a\"",
    ] {
        let text = host::run(Job { source: ECHO, input: wrong, ..Job::default() }).text();
        assert!(text.starts_with("threw SyntaxError: invalid JSON text: expected "), "{wrong}: {text}");
    }
}

fn js_literal(text: &str) -> String {
    format!("`{}`", text.replace('\\', "\\\\"))
}

#[test]
fn promises_timers_and_microtasks() {
    check_main(&[
        (
            "async function main() { return [await 1, await Promise.all([2, new Promise((r) => setTimeout(r, 5, 3))])] }",
            "returned [1,[2,3]]",
        ),
        (
            "function main() { return new Promise(() => {}) }",
            "threw DeadlockError: the entry's promise can never settle: nothing is left to wait for",
        ),
        (
            "await new Promise(() => {}); export const main = 1",
            "threw DeadlockError: the top-level `await` can never settle: nothing is left to wait for",
        ),
        ("const v = await new Promise((r) => setTimeout(() => r(9), 50)); export const main = () => v", "returned 9"),
        (
            "async function main() { const seen = []; setTimeout(() => seen.push('b'), 20); setTimeout((x) => seen.push(x), 10, 'a'); const c = setTimeout(() => seen.push('never'), 5); clearTimeout(c); await new Promise((r) => setTimeout(r, 30)); return seen }",
            r#"returned ["a","b"]"#,
        ),
        (
            "async function main() { let n = 0; return new Promise((r) => { const i = setInterval(() => { if (++n === 3) { clearInterval(i); r(n) } }, 0) }) }",
            "returned 3",
        ),
        (
            "async function main() { const t0 = Date.now(); await new Promise((r) => setTimeout(r, 1000)); return Math.round((Date.now() - t0) / 100) }",
            "returned 10",
        ),
        ("function main() { setTimeout(() => console.log('never'), 1); return 1 }", "returned 1"),
        (
            "function main() { const seen = ['a']; queueMicrotask(() => seen.push('c')); seen.push('b'); return seen }",
            r#"returned ["a","b","c"]"#,
        ),
        (
            "async function main() { setTimeout(() => { throw new Error('lost') }, 1); await new Promise((r) => setTimeout(r, 5)) }",
            "threw Error: lost\n    at <main> (script.js:1:50)",
        ),
        (
            "function main() { setTimeout('code') }",
            "threw TypeError: the first argument of setTimeout must be a function\n    at main (script.js:1:29)",
        ),
        (
            "function main() { Promise.reject(new Error('a')); Promise.reject(2).catch(() => {}); return 1 }",
            "returned 1\n[warn] unhandled rejection: Error: a\n    at main (script.js:1:34)",
        ),
        ("async function main() { return 1 } Promise.prototype.then = () => { throw 1 }; Promise.resolve = null;", "returned 1"),
    ]);
}

#[test]
fn time_stands_still_between_host_calls() {
    check_main(&[
        (
            "function main() { const a = Date.now(); for (let i = 0; i < 1000; i++); const b = Date.now(); console.log(); const c = performanceless(); return [a === b, c >= b] } const performanceless = () => +new Date()",
            "returned [true,true]\n[log] ",
        ),
        (
            "function main() { return [new Date().toISOString(), new Date(2024, 0, 1).getTimezoneOffset(), Temporal.Now.timeZoneId()] }",
            r#"returned ["2024-02-29T12:00:00.000Z",0,"UTC"]"#,
        ),
        (
            "function main() { const d = Object.getOwnPropertyDescriptor(Math, 'random'); const x = [Math.random(), Math.random()]; return [x[0] !== x[1], x.every((x) => x >= 0 && x < 1), d.enumerable, d.writable, d.configurable, d.value.length, d.value.name] }",
            r#"returned [true,true,false,true,true,0,"random"]"#,
        ),
    ]);
}

#[test]
fn libraries() {
    const LIBRARIES: [(&str, &str); 6] = [
        ("mod", "export const a = 1; export function f() { return 'f' } export default { g() { return 'g' }, a: 'hidden' }"),
        ("fn", "export default (x) => x * 2"),
        ("plain", "#!/usr/bin/env node\n'use strict';\nfunction helper() { return answer } const answer = 42; // comment"),
        (
            "common",
            "(function (root, make) { if (typeof module === 'object') module.exports = make(); else root.lib = make() })(this, () => ({ v: 7 }))",
        ),
        ("late", "import { v } from 'lib:common'; export const w = await new Promise((r) => setTimeout(() => r(v), 5))"),
        ("exports", "exports.x = 1"),
    ];
    for (source, expected) in [
        (
            "export default (i, { mod, fn, plain, common, late, exports }) => [mod.a, mod.f(), mod.g(), fn(2), plain.helper(), common.v, late.w, exports.x]",
            r#"returned [1,"f","g",4,42,7,7,1]"#,
        ),
        (
            "import mod, { a } from 'lib:mod'; import fn from 'lib:fn'; import { helper } from 'lib:plain'; import * as late from 'lib:late';\nexport default async function () { return [a, mod.g(), fn(3), helper(), late.w, (await import('lib:common')).default.v] }",
            r#"returned [1,"g",6,42,7,7]"#,
        ),
        (
            "function main(i, libraries) { console.log(libraries); return [typeof helper, typeof answer] }",
            "returned [\"undefined\",\"undefined\"]\n[log] {\n  mod: {\n    g: [Function: g],\n    a: 1,\n    default: { g: [Function: g], a: 'hidden' },\n    f: [Function: f]\n  },\n  fn: [Function: default],\n  plain: { helper: [Function: helper], answer: 42 },\n  common: { v: 7 },\n  late: { w: 7 },\n  exports: { x: 1 }\n}",
        ),
        (
            "import 'lib:missing'; export const main = 1",
            "threw TypeError: cannot import `lib:missing` from script.js: a script can import its libraries, which are: `lib:mod`, `lib:fn`, `lib:plain`, `lib:common`, `lib:late`, `lib:exports`\n    at script.js:1:8",
        ),
        ("async function main() { try { await import('node:fs') } catch (e) { return e.name } }", "returned \"TypeError\""),
    ] {
        check_jobs(&[(Job { source, libraries: &LIBRARIES, ..Job::default() }, expected)]);
    }
    let broken = host::run(Job { source: "function main() {}", libraries: &[("bad", "let x =;")], ..Job::default() });
    assert_eq!(broken.text(), "threw SyntaxError: unexpected token ';', primary expression at line 1, col 8\n    at lib:bad:1:8");
    let throws = host::run(Job { source: "function main() {}", libraries: &[("bad", "\nnull.x")], ..Job::default() });
    assert!(throws.text().contains("(lib:bad:2:6)"), "{}", throws.text());
}

#[test]
fn evaluation_gives_the_completion_value() {
    for (source, expected) in [
        ("1 + 1", "returned 2"),
        ("const a = 5; ({ a })", r#"returned {"a":5}"#),
        ("Promise.resolve([1])", "returned [1]"),
        ("(async () => { await new Promise((r) => setTimeout(r, 1)); return 'late' })()", "returned \"late\""),
        ("throw new Error('x')", "threw Error: x\n    at <main> (script.js:1:7)"),
        ("export default 1", "threw SyntaxError: unexpected token 'export', primary expression at line 1, col 1\n    at script.js:1:1"),
    ] {
        check_jobs(&[(Job { mode: Mode::Evaluate, source, ..Job::default() }, expected)]);
    }
}

#[test]
fn the_console_reads_like_nodes() {
    let source = include_str!("../console/inspect.js");
    let report = host::run(Job { source, ..Job::default() });
    let logs: String = report.seen.borrow().logs.iter().map(|(_, message)| format!("{message}\n")).collect();
    for (line, (ours, nodes)) in logs.lines().zip(include_str!("../console/inspect.txt").lines()).enumerate() {
        assert_eq!(ours, nodes, "line {}", line + 1);
    }
    assert_eq!(logs, include_str!("../console/inspect.txt"));
}

#[test]
fn the_consoles_own_ways() {
    check_main(&[
        (
            "function main() { console.debug(1); console.log(2); console.info(3); console.warn(4); console.error(5) }",
            "returned null\n[debug] 1\n[log] 2\n[info] 3\n[warn] 4\n[error] 5",
        ),
        (
            "function main() { console.assert(true, 'no'); console.assert(false); console.assert(0, 'a %d', 1); console.assert(null, { a: 1 }) }",
            "returned null\n[error] Assertion failed\n[error] Assertion failed: a 1\n[error] Assertion failed { a: 1 }",
        ),
        ("function main() { console.trace('here', 1) }", "returned null\n[log] Trace: here 1\n    at main (script.js:1:32)"),
        (
            "function main() { console.time(); console.timeLog('default', 'x'); console.timeEnd(); console.timeEnd(); console.time('a'); console.time('a'); console.countReset('b') }",
            "returned null\n[log] default: 0.25ms x\n[log] default: 0.5ms\n[warn] No such label 'default' for console.timeEnd()\n[warn] Label 'a' already exists for console.time()\n[warn] Count for 'b' does not exist",
        ),
        (
            "function main() { const { log } = console; log(new Error('e', { cause: new Error('c') })) }",
            "returned null\n[log] Error: e\n    at main (script.js:1:48) {\n  [cause]: Error: c\n      at main (script.js:1:72)\n}",
        ),
    ]);
    let long =
        host::run(Job { source: "function main() { console.log('é'.repeat(50000)); console.log('x'.repeat(65536)) }", ..Job::default() });
    let logs = &long.seen.borrow().logs;
    assert!(logs[0].1.ends_with("é… (cut at 64 KiB)") && logs[0].1.len() < 66_000, "{}", logs[0].1.len());
    assert_eq!(logs[1].1.len(), 65_536);
}

#[test]
fn looking_at_hostile_objects_runs_none_of_their_code() {
    check_main(&[(
        r#"function main() {
            const boom = () => { throw new Error('ran') };
            const trap = new Proxy({}, new Proxy({}, { get: boom }));
            const getters = Object.create(null, Object.fromEntries(['name', 'message', 'stack', 'constructor', 'toString', 'length', 'size', 'then']
                .map((name) => [name, { get: boom, enumerable: true }])));
            class Hostile extends Error { get name() { boom() } get message() { boom() } get stack() { boom() } }
            const map = new Map([[1, 2]]); map.forEach = map.entries = map[Symbol.iterator] = boom;
            const f = function () {}; Object.defineProperty(f, 'name', { get: boom });
            const date = new Date(0); date.toISOString = date.getTime = boom;
            Map.prototype.forEach = Set.prototype.forEach = Array.prototype.push = RegExp.prototype.exec = boom;
            Object.defineProperty(RegExp.prototype, 'flags', { get: boom });
            Object.defineProperty(Object.prototype, 'toJSON', { get: () => undefined });
            console.log(trap); console.log([trap]); console.log({ p: new Proxy(() => {}, {}) });
            console.log(getters); console.log(map, f, date, /x/g);
            console.log('%s %d %i %f', trap, { valueOf: boom }, { toString: boom }, { toString: boom });
            console.log('%s', { toString: boom });
            console.log(Object.create(trap), { [Symbol.toStringTag]: 1 });
            console.table(trap); console.table([trap, getters]);
            console.dir(trap, trap);
            console.log(Object.prototype.toString.call(new Hostile()).length > 0 && 'hostile error', [new Hostile()].length);
            return 1;
        }"#,
        "returned 1
[log] [Proxy]
[log] [ [Proxy] ]
[log] { p: [Proxy of a function] }
[log] [Object: null prototype] {
  name: [Getter],
  message: [Getter],
  stack: [Getter],
  constructor: [Getter],
  toString: [Getter],
  length: [Getter],
  size: [Getter],
  then: [Getter]
}
[log] Map(1) {
  1 => 2,
  entries: [Function: boom],
  forEach: [Function: boom],
  [Symbol(Symbol.iterator)]: [Function: boom]
} [Function (anonymous)] 1970-01-01T00:00:00.000Z {
  getTime: [Function: boom],
  toISOString: [Function: boom]
} /x/g
[log] [Proxy] NaN NaN NaN
[log] { toString: [Function: boom] }
[log] {} { [Symbol(Symbol.toStringTag)]: 1 }
[log] [Proxy]
[log] ┌─────────┬──────────┬──────────┬──────────┬─────────────┬──────────┬──────────┬──────────┬──────────┐
│ (index) │ name     │ message  │ stack    │ constructor │ toString │ length   │ size     │ then     │
├─────────┼──────────┼──────────┼──────────┼─────────────┼──────────┼──────────┼──────────┼──────────┤
│ 0       │          │          │          │             │          │          │          │          │
│ 1       │ [Getter] │ [Getter] │ [Getter] │ [Getter]    │ [Getter] │ [Getter] │ [Getter] │ [Getter] │
└─────────┴──────────┴──────────┴──────────┴─────────────┴──────────┴──────────┴──────────┴──────────┘
[log] [Proxy]
[log] hostile error 1",
    )]);
}

#[test]
fn the_globals_are_the_standards_and_ours() {
    const SOURCE: &str = "function main() { const standard = new Set('globalThis Infinity NaN undefined Function Object Math JSON Array Proxy ArrayBuffer \
        SharedArrayBuffer BigInt Boolean Date DataView Map isFinite isNaN parseInt parseFloat Number eval Set String RegExp Int8Array Uint8Array \
        Uint8ClampedArray Int16Array Uint16Array Int32Array Uint32Array BigInt64Array BigUint64Array Float16Array Float32Array Float64Array Symbol Error \
        RangeError ReferenceError TypeError SyntaxError EvalError URIError AggregateError Reflect Promise encodeURI encodeURIComponent decodeURI \
        decodeURIComponent WeakRef WeakMap WeakSet Iterator Atomics FinalizationRegistry Temporal escape unescape'.split(' ')); \
        return Object.getOwnPropertyNames(globalThis).filter((name) => !standard.has(name)) }";
    const OURS: &str = "console setTimeout setInterval clearTimeout clearInterval queueMicrotask self atob btoa structuredClone reportError \
        onerror onunhandledrejection onrejectionhandled DOMException Event CustomEvent ErrorEvent PromiseRejectionEvent \
        EventTarget AbortSignal AbortController ReadableStream ReadableStreamDefaultReader ReadableStreamBYOBReader \
        ReadableStreamDefaultController ReadableByteStreamController ReadableStreamBYOBRequest WritableStream \
        WritableStreamDefaultWriter WritableStreamDefaultController TransformStream TransformStreamDefaultController \
        ByteLengthQueuingStrategy CountQueuingStrategy URL URLSearchParams URLPattern Headers Blob File FormData Response Request fetch \
        TextEncoder TextDecoder TextEncoderStream TextDecoderStream CompressionStream DecompressionStream performance Performance navigator \
        Navigator addEventListener removeEventListener dispatchEvent crypto Crypto CryptoKey SubtleCrypto NotGranted";
    let ours: Vec<_> = OURS.split(' ').chain(["main"]).map(|name| format!("\"{name}\"")).collect();
    check_main(&[(SOURCE, &format!("returned [{}]", ours.join(",")))]);
}
