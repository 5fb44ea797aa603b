import * as acorn from "acorn";

const parse = (source, options) => acorn.parse(source, { ecmaVersion: 2024, ...options });
const types = (source, options) => { const found = []; JSON.stringify(parse(source, options), (key, value) => { if (key === "type") found.push(value); return typeof value === "bigint" ? `${value}` : value; }); return found; };
const source = "class A extends B { #x = 1; static { f() } async *g({ a = 1, ...r }) { for await (const y of z) yield* y } } let t = `a${1}b`; x ??= y?.[0] ** 2;";

export const calls = {
  tree: () => parse("a + b * 2"),
  types: () => types(source),
  modules: () => types("import a, { b as c } from 'd'; export * as e from 'f'; export default async () => await import('g')", { sourceType: "module" }),
  locations: () => parse("let\n  x = 'é😀'", { locations: true }).body[0].declarations[0].loc,
  tokens: () => [...acorn.tokenizer("a => /re[/]x/gu.test(`t${1n}`)", { ecmaVersion: 2024 })].map((token) => [token.type.label, token.start, token.end]),
  comments: () => { const comments = []; parse("// a\n/* b */ x <!-- c", { onComment: comments }); return comments; },
  unexpected: () => parse("let = = 1"),
  duplicate: () => parse("let a; let a"),
  strictWith: () => parse("'use strict'; with (a) {}"),
  regexError: () => parse("/(?<a>x)(?<a>y)/"),
  regexUnicode: () => parse("/\\p{Script=Greek}/v", { ecmaVersion: 2024 }).body[0].expression.regex,
  numbers: () => ["0b101", "0o17", "1_000.5e-3", ".5", "0xff"].map((text) => parse(text).body[0].expression.value),
  strings: () => parse("'\\u{1F600}\\x41\\n\\0'").body[0].expression.value,
  labels: () => types("a: for (;;) { b: while (1) continue a }"),
  destructuring: () => types("const { a: [b, , ...c], ['d']: e = 5 } = f"),
  parseExpressionAt: () => { const node = acorn.parseExpressionAt("xx (a, b) + c; d", 3, { ecmaVersion: 2024 }); return [node.type, node.start, node.end]; },
  old: () => parse("let x = 1", { ecmaVersion: 5 }),
  topLevelAwait: () => types("await x; for await (y of z);", { sourceType: "module" }),
  privateIn: () => types("class A { #x; has(o) { return #x in o } }"),
  long: () => types(Array.from({ length: 300 }, (_, k) => `function f${k}(a) { return a ? f${k + 1}(a - 1) : [${k}] }`).join("\n")).length,
};
