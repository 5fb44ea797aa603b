import * as YAML from "yaml";

const text = "a: 1\nb: [x, 'y z', \"\\u00e9\"]\nc:\n  - d: ~\n    e: !!set {f, g}\n  - |\n    one\n     two\n  - >-\n    folded\n    line\n\n    next\nh: &anchor {i: 0x1f, j: 1e3}\nk: *anchor\n<<: {l: yes}\nm: 2001-12-14t21:59:43.10-05:00\n";

export const calls = {
  parse: () => YAML.parse(text),
  merge: () => YAML.parse("a: &a {x: 1, y: 2}\nb:\n  <<: *a\n  y: 3", { merge: true }),
  scalars: () => YAML.parse("[true, False, null, ~, 012, 0o14, 0x1F, .inf, -.INF, .nan, 1_000, '1', 1.0, +5, yes]"),
  version11: () => YAML.parse("[yes, 012, 1_000, 1:30, 2001-12-14]", { version: "1.1" }),
  documents: () => YAML.parseAllDocuments("a\n---\nb: 1\n...\n---\n# c\n").map((document) => document.toJS()),
  errors: () => YAML.parseDocument("a: [1, 2\nb: }").errors.map(({ code, pos, message }) => ({ code, pos, message })),
  throws: () => YAML.parse("a: b: c"),
  duplicate: () => YAML.parse("a: 1\na: 2"),
  stringify: () => YAML.stringify({ s: "a: b", n: 1.5, list: [1, { x: null }], multi: "one\ntwo\n", empty: {}, t: true, q: "123", u: "é😀", long: "word ".repeat(30).trim() }),
  stringifyOptions: () => YAML.stringify({ b: [1, 2], a: { c: "x" } }, { indent: 4, sortMapEntries: true, defaultStringType: "QUOTE_SINGLE", collectionStyle: "flow" }),
  aliases: () => { const shared = { x: 1 }; return YAML.stringify([shared, shared]); },
  comments: () => { const document = YAML.parseDocument("# top\na: 1 # one\n\n# two\nb: 2"); document.set("c", [3]); document.get("b", true).comment = " changed"; return document.toString(); },
  editing: () => { const document = YAML.parseDocument("a:\n  b: [1, 2]"); document.setIn(["a", "b", 1], "x"); document.addIn(["a", "b"], { y: 1 }); document.deleteIn(["a", "b", 0]); return [document.toString(), document.getIn(["a", "b", 0])]; },
  reviver: () => YAML.parse("a: 1\nb: 2", (key, value) => (typeof value === "number" ? value * 10 : value)),
  tags: () => YAML.parse("a: !!binary aGVsbG8=\nb: !!omap [x: 1, y: 2]\nc: !!timestamp 2001-01-01", { schema: "yaml-1.1" }),
  customTag: () => { const tag = { tag: "!re", resolve: (source) => new RegExp(source), identify: (value) => value instanceof RegExp, stringify: ({ value }) => value.source }; return [YAML.parse("!re ^a+$", { customTags: [tag] }), YAML.stringify({ r: /b/ }, { customTags: [tag] })]; },
  visit: () => { const document = YAML.parseDocument("a: [b, {c: d}]"); const seen = []; YAML.visit(document, { Scalar(key, node) { seen.push([key, node.value]); } }); return seen; },
  blocks: () => YAML.parse("a: |2-\n    x\n   y\nb: >+\n  p\n\n  q\n\nc: \"l1\\\n  l2 \\x41\"\n"),
  json: () => YAML.parse('{"a": [1, {"b": null}], "c": "\\n"}'),
  tokens: () => [...new YAML.Lexer().lex("a: [1, b]\n")],
  big: () => YAML.parse("9007199254740993", { intAsBigInt: true }),
};
