//! Scripts from numbers: plain programs whose statements lean on what the patches touch.

use fastrand::Rng;

/// How many statements at the top level.
const STATEMENTS: std::ops::Range<usize> = 12..40;
/// How deep statements and expressions nest.
const DEPTH: usize = 4;

/// A generated script: a prelude and statements that can be left out one by one.
#[derive(Clone)]
pub(crate) struct Script(Vec<String>);

impl Script {
    pub(crate) fn new(seed: u64) -> Self {
        let mut generator = Generator { rng: Rng::with_seed(seed), labels: 0 };
        let count = generator.rng.usize(STATEMENTS);
        let mut statements: Vec<String> =
            NAMES.iter().map(|name| format!("var {name}; try {{ {name} = {}; }} catch {{}}", generator.value(1))).collect();
        statements.extend((0..count).map(|_| generator.guarded(DEPTH)));
        Self(statements)
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn without(&self, at: usize, count: usize) -> Self {
        let kept = self.0.iter().enumerate().filter(|(i, _)| !(at..at + count).contains(i));
        Self(kept.map(|(_, statement)| statement.clone()).collect())
    }

    pub(crate) fn statements(&self) -> String {
        self.0.join("\n")
    }

    pub(crate) fn text(&self) -> String {
        format!("{}\n{}\nsee('end', {});", include_str!("prelude.js"), self.statements(), NAMES.join(", "))
    }
}

const NAMES: [&str; 8] = ["a", "b", "c", "d", "o", "p", "s", "n"];
const KEYS: [&str; 10] = ["x", "y", "z", "length", "0", "1", "2", "name", "toString", "k"];
const NUMBERS: [&str; 22] = [
    "0",
    "-0",
    "1",
    "2",
    "3",
    "7",
    "-1",
    "-5",
    "0.5",
    "1.5",
    "100",
    "1e3",
    "2147483647",
    "-2147483648",
    "4294967295",
    "4294967296",
    "9007199254740991",
    "NaN",
    "Infinity",
    "-Infinity",
    "1e21",
    "1e-7",
];
const STRINGS: [&str; 18] = [
    "''",
    "'a'",
    "'ab'",
    "'abc'",
    "'hello world'",
    "'0'",
    "'1'",
    "'-1'",
    "'1.5'",
    "'x'",
    "'length'",
    "'äöü'",
    "'\\u{1f600}'",
    "'\\ud800'",
    "'a,b,,c'",
    "'aaaaaaaabaaaaaaaab'",
    "'Łódź naïve'",
    "'the quick brown fox jumps over the lazy dog'",
];
const REGEXPS: [&str; 14] = [
    "/a/",
    "/a/g",
    "/[a-c]+/g",
    "/(a)(b)?/",
    "/(?<first>\\w)(\\w*)/g",
    "/\\s+/",
    "/,/g",
    "/^/gm",
    "/x*/g",
    "/b/y",
    "/(?<=a)b/g",
    "/[^a]/iu",
    "/(?:)/g",
    "/\\b\\w/g",
];
const BINARY: [&str; 22] =
    ["+", "-", "*", "/", "%", "**", "<", ">", "<=", ">=", "==", "!=", "===", "!==", "&", "|", "^", "<<", ">>", ">>>", "&&", "||"];
const ASSIGN: [&str; 9] = ["=", "+=", "-=", "*=", "|=", "??=", "||=", "&&=", ">>>="];

struct Generator {
    rng: Rng,
    labels: usize,
}

impl Generator {
    fn pick(&mut self, list: &[&'static str]) -> &'static str {
        list[self.rng.usize(..list.len())]
    }

    fn name(&mut self) -> &'static str {
        self.pick(&NAMES)
    }

    fn key(&mut self) -> &'static str {
        self.pick(&KEYS)
    }

    fn fresh(&mut self) -> String {
        self.labels += 1;
        format!("v{}", self.labels)
    }

    /// A statement whose exceptions are logged.
    fn guarded(&mut self, depth: usize) -> String {
        let statement = self.statement(depth);
        let label = self.fresh();
        format!("try {{ {statement} }} catch (e) {{ see('{label} threw', e); }}")
    }

    fn block(&mut self, depth: usize) -> String {
        let count = self.rng.usize(1..4);
        (0..count).map(|_| self.statement(depth)).collect::<Vec<_>>().join(" ")
    }

    fn statement(&mut self, depth: usize) -> String {
        if depth == 0 {
            let (label, value) = (self.fresh(), self.value(0));
            return format!("see('{label}', {value});");
        }
        let inner = depth - 1;
        let (name, label, value) = (self.name(), self.fresh(), self.value(inner));
        match self.rng.usize(..30) {
            0..=3 => format!("{name} = {value};"),
            4 => {
                let operator = self.pick(&ASSIGN);
                format!("{name} {operator} {value}; see('{label}', {name});")
            }
            5..=6 => {
                let target = self.member(inner);
                let operator = self.pick(&ASSIGN);
                format!("{target} {operator} {value}; see('{label}', {name});")
            }
            7 => {
                let target = self.member(inner);
                format!("see('{label}', delete {target}, {name});")
            }
            8..=9 => {
                let (rounds, body) = (self.rng.usize(1..12), self.block(inner));
                format!("for (let i = 0; i < {rounds}; i++) {{ {body} }}")
            }
            10 => {
                let body = self.block(inner);
                let turn = self.pick(&["continue", "break", ";"]);
                format!(
                    "{{ let t = 0; for (const e of {value}) {{ if (t++ > 8) break; if (t === 3) {turn}; see('{label}', e); {body} }} }}"
                )
            }
            11 => {
                let body = self.block(inner);
                format!("{{ let t = 0; for (const k in {value}) {{ if (t++ > 8) break; see('{label}', k); {body} }} }}")
            }
            12 => {
                let (then, otherwise) = (self.block(inner), self.block(inner));
                format!("if ({value}) {{ {then} }} else {{ {otherwise} }}")
            }
            13 => {
                let (tried, caught, finally) = (self.block(inner), self.block(inner), self.block(0));
                format!("try {{ {tried} throw {value}; }} catch (e) {{ see('{label}', e); {caught} }} finally {{ {finally} }}")
            }
            14 => {
                let (one, two) = (self.block(inner), self.block(inner));
                let case = self.value(0);
                format!("switch ({value}) {{ case {case}: {{ {one} }} break; case 1: see('{label}', 1); default: {{ {two} }} }}")
            }
            15..=16 => self.class_statement(inner, &label),
            17 => {
                let (body, argument) = (self.block(inner), self.value(inner));
                let arity = self.pick(&["p, q", "p, q = 5", "p, ...q", "{ x, y } = {}, q", "[p, q] = [1, 2]"]);
                format!(
                    "function {label}({arity}) {{ {body} return [typeof p, q, arguments.length]; }} see('{label}', {label}({argument}), {label}({argument}, {value}));"
                )
            }
            18 => {
                // Closures over a binding of each round.
                let rounds = self.rng.usize(1..6);
                format!(
                    "{{ const fs = []; for (let i = 0; i < {rounds}; i++) {{ let j = i * 2; fs.push(() => [i++, j--, {value}]); }} see('{label}', fs.map((f) => f()), fs.map((f) => f())); }}"
                )
            }
            19 => {
                let body = self.block(inner);
                format!(
                    "{{ const g = (function* () {{ const got = yield {value}; see('{label}', got); {body} yield* [1, got]; return {name}; }})(); see('{label}', g.next(), g.next(2), [...g]); }}"
                )
            }
            20 => {
                let body = self.block(inner);
                format!(
                    "(async () => {{ see('{label} a', await {value}); {body} return 1; }})().then((x) => see('{label} b', x), (e) => see('{label} c', e));"
                )
            }
            21 => {
                let pattern = self.pick(&[
                    "[a, , b = 3, ...c]",
                    "{ x: a, y: b = 4, ...o }",
                    "{ [s]: d }",
                    "[{ x: a } = {}, [b] = [7]]",
                    "{ length: n }",
                ]);
                format!("({pattern} = {value}); see('{label}', a, b, c, d, o, n);")
            }
            22 => {
                let key = self.key();
                let getter = self.pick(&["return 42", "return this.y", "see('getter', this === o); return 1", "throw new Error('got')"]);
                let flags = self.pick(&["enumerable: true, configurable: true", "configurable: true", ""]);
                format!(
                    "Object.defineProperty({name}, '{key}', {{ get() {{ {getter}; }}, set(v) {{ see('setter', v); }}, {flags} }}); see('{label}', {name}.{}, {name});",
                    if key.starts_with(char::is_numeric) { "x" } else { key }
                )
            }
            23 => {
                let change = self.pick(&["Object.freeze", "Object.seal", "Object.preventExtensions"]);
                format!(
                    "{{ const f = {change}({value}); attempt('{label}', () => {{ 'use strict'; f.x = 1; return f; }}); attempt('{label}', () => {{ f.y = 2; delete f.x; return f; }}); }}"
                )
            }
            24 => format!("Object.setPrototypeOf({name}, {value}); see('{label}', {name}.x, {name}.y, 'z' in {name});"),
            25 => {
                // The same site meets several shapes.
                let (one, two, key) = (self.value(inner), self.value(inner), self.key());
                format!(
                    "for (const q of [{name}, {one}, {name}, {two}, {value}, {name}]) attempt('{label}', () => [q.x, q['{key}'], (q.x = 3, q.x), q.z]);"
                )
            }
            26 => {
                let rounds = self.rng.usize(1..200);
                format!(
                    "{{ let t = ''; for (let i = 0; i < {rounds}; i++) {{ t += {value}; if (t.length > 2000) {{ const u = t.slice(3); t = u.slice(0, 5); }} }} see('{label}', t, t.length); {name} = t; }}"
                )
            }
            27 => {
                let other = self.value(inner);
                format!(
                    "{{ const m = new Map([[1, {value}], ['x', {other}], [NaN, 2]]); let t = 0; for (const [k, v] of m) {{ if (t++ > 6) break; m.delete(k); m.set({name}, v); m.set(-0, k); }} see('{label}', m, m.size, m.get(0), m.has(NaN)); }}"
                )
            }
            28 => {
                let compare =
                    self.pick(&["undefined", "(x, y) => x - y", "(x, y) => (x < y ? 1 : -1)", "(x, y) => String(y) < String(x) ? 1 : 0"]);
                format!("see('{label}', [...[{value}], 3, 1, '2', undefined, , 10, {name}].sort({compare}));")
            }
            _ => format!("see('{label}', {value});"),
        }
    }

    fn class_statement(&mut self, depth: usize, label: &str) -> String {
        let (field, body, argument) = (self.value(depth), self.block(depth), self.value(depth));
        let base = self.pick(&[
            "",
            "extends Array",
            "extends Map",
            "extends Error",
            "extends (class { constructor(x) { this.base = x; } get y() { return this.base; } })",
        ]);
        let parent = if base.is_empty() {
            ""
        } else if base.contains("Map") {
            "super();"
        } else {
            "super(q);"
        };
        format!(
            "class {label} {base} {{ #p = {field}; f = 1; static s = {field}; constructor(q) {{ {parent} this.q = q; this.#p = [this.#p, q]; }} \
             get p() {{ return this.#p; }} set p(v) {{ this.#p = v; }} m(x) {{ {body} return [this.f, x, #p in this]; }} static t() {{ return this.s; }} }} \
             {{ const i = new {label}({argument}); see('{label}', i, i.p, i.m(2), {label}.t()); i.p = 5; i.f++; i.extra = 1; see('{label}', i.p, i.f, Object.keys(i)); {name} = i; }}",
            name = self.name()
        )
    }

    fn member(&mut self, depth: usize) -> String {
        let name = self.name();
        match self.rng.usize(..4) {
            0 => format!("{name}.{}", self.pick(&["x", "y", "z", "k", "name"])),
            1 => format!("{name}[{}]", self.rng.usize(..6)),
            2 => format!("{name}['{}']", self.key()),
            _ => format!("{name}[{}]", self.value(depth.min(1))),
        }
    }

    fn value(&mut self, depth: usize) -> String {
        if depth == 0 {
            return match self.rng.usize(..6) {
                0..=1 => self.pick(&NUMBERS).to_owned(),
                2..=3 => self.pick(&STRINGS).to_owned(),
                4 => self.pick(&["null", "undefined", "true", "false", "10n", "Symbol.iterator"]).to_owned(),
                _ => self.name().to_owned(),
            };
        }
        let inner = depth - 1;
        match self.rng.usize(..26) {
            0..=2 => self.value(0),
            3..=4 => {
                let (left, operator, right) = (self.value(inner), self.pick(&BINARY), self.value(inner));
                format!("(({left}) {operator} ({right}))")
            }
            5 => {
                let (operator, operand) = (self.pick(&["-", "+", "!", "~", "typeof ", "void "]), self.value(inner));
                format!("({operator}({operand}))")
            }
            6 => {
                let (target, change) = (self.member(inner), self.pick(&["++", "--"]));
                if self.rng.bool() { format!("({target}{change})") } else { format!("({change}{target})") }
            }
            7..=8 => {
                let items: Vec<_> = (0..self.rng.usize(..5)).map(|_| self.value(inner)).collect();
                let hole = self.pick(&["", "", ", ,", ", ...'ab'"]);
                format!("[{}{hole}]", items.join(", "))
            }
            9..=10 => {
                let mut parts: Vec<_> = (0..self.rng.usize(..5)).map(|_| format!("'{}': {}", self.key(), self.value(inner))).collect();
                let more = self.pick(&[
                    "",
                    "",
                    "...o",
                    "get g() { return this.x; }",
                    "[s]: 1",
                    "m(x) { return super.toString === undefined || x; }",
                    "__proto__: p",
                ]);
                parts.extend((!more.is_empty()).then(|| more.to_owned()));
                format!("({{ {} }})", parts.join(", "))
            }
            11..=12 => self.member(inner),
            13..=15 => self.array_call(inner),
            16..=18 => self.string_call(inner),
            19 => self.object_call(inner),
            20 => {
                let (test, yes, no) = (self.value(inner), self.value(inner), self.value(inner));
                format!("(({test}) ? {yes} : {no})")
            }
            21 => {
                let (one, two) = (self.value(inner), self.value(inner));
                format!("`${{{one}}}-${{typeof {two}}}`")
            }
            22 => {
                let (value, body) = (self.value(inner), self.value(inner));
                format!("((x, y = {value}) => {body})({value})")
            }
            23 => {
                let (name, key) = (self.name(), self.pick(&["x", "y", "name"]));
                format!("{name}?.{key}?.[0]")
            }
            24 => self.number_call(inner),
            _ => {
                let value = self.value(inner);
                let indent = self.pick(&["", ", null, 2", ", ['x', 'y', '0']", ", (k, v) => (k === 'x' ? undefined : v)"]);
                if self.rng.bool() {
                    format!("JSON.stringify({value}{indent})")
                } else {
                    format!("JSON.parse(JSON.stringify({value}) ?? '0')")
                }
            }
        }
    }

    fn array_call(&mut self, depth: usize) -> String {
        let (array, value) = (self.value(depth), self.value(depth));
        let callback = self.pick(&[
            "(x) => x",
            "(x, i) => i % 2",
            "(x, i, l) => (i === 1 && l.push?.(9), [x])",
            "(x) => String(x)",
            "function (x) { return this === undefined || x; }",
        ]);
        let (from, to) = (self.rng.i32(-3..6), self.rng.i32(-3..6));
        let call = match self.rng.usize(..22) {
            0 => format!("push({value}, 1)"),
            1 => "pop()".to_owned(),
            2 => "shift()".to_owned(),
            3 => format!("unshift({value})"),
            4 => format!("slice({from}, {to})"),
            5 => format!("splice({from}, {}, {value})", to.abs()),
            6 => format!("concat({value}, [1, , 2])"),
            7 => format!("indexOf({value}, {from})"),
            8 => format!("includes({value})"),
            9 => format!("map({callback})"),
            10 => format!("filter({callback})"),
            11 => format!("reduce((t, x, i) => t + i + x, {value})"),
            12 => format!("flatMap({callback})"),
            13 => "reverse()".to_owned(),
            14 => format!("fill({value}, {from}, {to})"),
            15 => format!("join({value})"),
            16 => format!("findLastIndex({callback})"),
            17 => format!("copyWithin({from}, {to})"),
            18 => format!("toSpliced({from}, 1, {value})"),
            19 => format!("with({from}, {value})"),
            20 => format!("at({from})"),
            _ => format!("some({callback})"),
        };
        let on = self.pick(&["", "", "Array.from", "Object"]);
        if on.is_empty() {
            format!("[1, ...[{array}], {}].{call}", self.name())
        } else {
            format!("Array.prototype.{}", call_on(&call, &format!("{on}({array})")))
        }
    }

    fn string_call(&mut self, depth: usize) -> String {
        let (text, value, other) = (self.value(depth), self.value(depth), self.value(0));
        let regexp = self.pick(&REGEXPS);
        let (from, to) = (self.rng.i32(-3..9), self.rng.i32(-3..9));
        let call = match self.rng.usize(..24) {
            0 => format!("slice({from}, {to})"),
            1 => format!("substring({from}, {to})"),
            2 => format!("substr({from}, {to})"),
            3 => format!("indexOf({value}, {from})"),
            4 => format!("lastIndexOf({other}, {from})"),
            5 => format!("split({other}, {})", to.abs()),
            6 => format!("split({regexp})"),
            7 => format!("replace({regexp}, '[$&$1$<first>]')"),
            8 => format!("replace({regexp}, (...m) => m.length)"),
            9 => format!("replaceAll({other}, {value})"),
            10 => format!("match({regexp})"),
            11 => format!("charCodeAt({from})"),
            12 => format!("codePointAt({from})"),
            13 => format!("at({from})"),
            14 => format!("padStart({to}, {value})"),
            15 => format!("repeat({})", to.abs()),
            16 => "toUpperCase()".to_owned(),
            17 => "trim()".to_owned(),
            18 => format!("startsWith({other}, {from})"),
            19 => format!("concat({value}, {other})"),
            20 => format!("search({regexp})"),
            21 => format!("localeCompare({value})"),
            22 => format!("endsWith({other})"),
            _ => "normalize('NFD')".to_owned(),
        };
        format!("String({text}).{call}")
    }

    fn object_call(&mut self, depth: usize) -> String {
        let (value, other) = (self.value(depth), self.value(depth));
        match self.rng.usize(..12) {
            0 => format!("Object.keys({value})"),
            1 => format!("Object.entries({value})"),
            2 => format!("Object.assign({value}, {other})"),
            3 => format!("Object.fromEntries(Object.entries({value}))"),
            4 => format!("Object.getOwnPropertyNames({value})"),
            5 => format!("Object.create({value}, {{ w: {{ value: {other}, enumerable: true }} }})"),
            6 => format!("Reflect.ownKeys({value})"),
            7 => format!("Reflect.has(Object({value}), {other})"),
            8 => format!("new Proxy(Object({value}), {{ get: (t, k, r) => Reflect.get(t, k), has: () => true }})"),
            9 => format!("new Set([{value}, {other}, 1, 1])"),
            10 => format!("Object.groupBy([{value}, {other}, 1, 'x'], (x) => typeof x)"),
            _ => format!("new Uint8Array([{value}, {other}, 300, -1, 1.7])"),
        }
    }

    fn number_call(&mut self, depth: usize) -> String {
        let value = self.value(depth);
        let digits = self.rng.usize(..12);
        match self.rng.usize(..9) {
            0 => format!("Number({value})"),
            1 => format!("parseInt({value}, {})", digits * 3),
            2 => format!("parseFloat({value})"),
            3 => format!("Number({value}).toFixed({digits})"),
            4 => format!("Number({value}).toString({})", digits + 2),
            5 => format!("Math.max({value}, {digits}, -0)"),
            6 => format!("Math.round({value})"),
            7 => format!("Math.imul({value}, {digits})"),
            _ => format!("String(Number({value}))"),
        }
    }
}

/// `map(f)` as `map.call(object, f)`.
fn call_on(call: &str, object: &str) -> String {
    let (name, arguments) = call.split_once('(').unwrap_or((call, ")"));
    let separator = if arguments == ")" { "" } else { ", " };
    format!("{name}.call({object}{separator}{arguments}")
}
