//! Modules of a script and of libraries.

use crate::host::{self, Job};

const MODULES: [[&str; 3]; 14] = [
    ["", "lib/counter.js", "export let count = 0; export const add = () => { count += 1 };"],
    ["", "lib/sum.js", "import { add, count } from './counter.js'; add(); export default () => count;"],
    ["", "a.js", "import { b } from './b.js'; export const a = () => 'a' + b(); export const early = typeof b;"],
    ["", "b.js", "import { a } from './a.js'; export const b = () => 'b'; export const ab = () => a();"],
    ["", "late.js", "export const value = await new Promise((resolve) => setTimeout(() => resolve('late'), 5));"],
    ["", "data.json", "{\"list\":[1,2],\"__proto__\":1}"],
    ["", "bad.json", "{\"list\":"],
    ["", "bad.js", "export const x = ;"],
    ["", "deep.js", "\n  import { y } from './missing.js';"],
    ["", "throws.js", "export const x = 1;\nnull.y;"],
    ["", "typed.ts", "export const typed = 'ts';"],
    ["", "main.js", "export const url = import.meta.url;"],
    ["", "uses-main.js", "import { secret } from './script.js'; export const read = () => secret;"],
    ["m", "util.js", "export const twice = (x) => x * 2; export const where = import.meta.url;"],
];
const LIBRARIES: [(&str, &str); 3] = [
    ("m", "import { twice, where } from './util.js'; import money from 'money'; export { twice, where }; export const v = money;"),
    ("money@3", "export default 'three'"),
    ("money@2", "export default 'two'"),
];
const IMPORTS: [[&str; 3]; 4] =
    [["", "cash", "lib:money@2"], ["", "data", "./data.json"], ["", "app/", "./lib/"], ["m", "money", "lib:money"]];

#[track_caller]
fn check(cases: &[(&str, &str)]) {
    let mut differences = String::new();
    for (source, expected) in cases {
        let text = host::run(Job { source, libraries: &LIBRARIES, modules: &MODULES, imports: &IMPORTS, ..Job::default() }).text();
        if text != *expected {
            differences += &format!("\n{source}\n  expected {expected}\n  got      {text}\n");
        }
    }
    assert!(differences.is_empty(), "{differences}");
}

#[test]
fn modules_import_each_other() {
    check(&[
        // Live bindings: both see the one counter.
        (
            "import sum from './lib/sum.js'; import { count, add } from './lib/counter.js'; export default () => { add(); return [sum(), count] }",
            "returned [2,2]",
        ),
        ("import { a } from './a.js'; import { ab } from './b.js'; export default () => [a(), ab()]", "returned [\"ab\",\"ab\"]"),
        ("import { value } from './late.js'; export default () => value", "returned \"late\""),
        ("import { read } from './uses-main.js'; export const secret = 7; export default () => read()", "returned 7"),
        ("import data from './data.json' with { type: 'json' }; export default () => data", "returned {\"list\":[1,2],\"__proto__\":1}"),
        ("import data from 'data' with { type: 'json' }; export default () => data.list", "returned [1,2]"),
        ("import sum from 'app/sum.js'; export default () => sum()", "returned 1"),
        ("import { typed } from './typed.js'; export default () => typed", "returned \"ts\""),
        ("import { twice, where, v } from 'lib:m'; export default () => [twice(2), where, v]", "returned [4,\"lib:m/util.js\",\"three\"]"),
        (
            "import a from 'lib:money'; import b from 'cash'; export default (i, l) => [a, b, Object.keys(l)]",
            "returned [\"three\",\"two\",[\"m\",\"money\"]]",
        ),
        (
            "import { url } from './main.js'; export default () => [url, import.meta.url]",
            "returned [\"file:///main.js\",\"file:///script.js\"]",
        ),
    ]);
}

#[test]
fn modules_are_imported_while_running() {
    check(&[
        ("export const main = async () => (await import('./lib/sum.js')).default()", "returned 1"),
        ("async function main() { return (await import('./late.js')).value }", "returned \"late\""),
        ("export const main = async () => (await import('./data.json', { with: { type: 'json' } })).default.list", "returned [1,2]"),
        ("const name = 'sum'; export const main = async () => (await import(`app/${name}.js`)).default()", "returned 1"),
        (
            "export const main = async () => { const [x, y] = await Promise.all([import('./a.js'), import('./lib/../a.js')]); return x === y }",
            "returned true",
        ),
        (
            "export const main = async () => {\n  try { await import('./no.js') } catch (error) { return [error.name, error.stack.split('\\n').at(-1)] }\n}",
            "returned [\"TypeError\",\"    at script.js:2:22\"]",
        ),
        (
            "export const main = async () => { try { await import('./throws.js') } catch (error) { return error.name } }",
            "returned \"TypeError\"",
        ),
    ]);
}

#[test]
fn what_cannot_be_imported_is_told_with_its_place() {
    check(&[
        (
            "\nimport { x } from './x.js'; export default () => x",
            "threw TypeError: cannot import `./x.js` from script.js: there is no module `x.js`; there are: `a.js`, `b.js`, `bad.js`, `bad.json`, \
             `data.json`, `deep.js`, `late.js`, `lib/counter.js`, `lib/sum.js`, `main.js`, …\n    at script.js:2:19",
        ),
        (
            "import './deep.js'; export default () => x",
            "threw TypeError: cannot import `./missing.js` from deep.js: there is no module `missing.js`; there are: `a.js`, `b.js`, `bad.js`, `bad.json`, \
             `data.json`, `deep.js`, `late.js`, `lib/counter.js`, `lib/sum.js`, `main.js`, …\n    at deep.js:2:21",
        ),
        (
            "import './a'; export default () => x",
            "threw TypeError: cannot import `./a` from script.js: there is no module `a`, but `a.js`: an import names the whole file\n    at script.js:1:8",
        ),
        (
            "import '../a.js'; export default () => x",
            "threw TypeError: cannot import `../a.js` from script.js: that leads outside the script\n    at script.js:1:8",
        ),
        (
            "import 'lodash'; export default () => x",
            "threw TypeError: cannot import `lodash` from script.js: it is no path, which begins with `./`, and not in the import map; a script can \
             import its libraries, which are: `lib:m`, `lib:money@3`, `lib:money@2`\n    at script.js:1:8",
        ),
        (
            "import 'lib:money@4'; export default () => x",
            "threw TypeError: cannot import `lib:money@4` from script.js: a script can import its libraries, which are: `lib:m`, `lib:money@3`, \
             `lib:money@2`\n    at script.js:1:8",
        ),
        (
            "import d from './data.json'; export default () => d",
            "threw TypeError: cannot import `./data.json` from script.js: a JSON module needs `with { type: \"json\" }`\n    at script.js:1:15",
        ),
        (
            "import d from './a.js' with { type: 'json' }; export default () => d",
            "threw TypeError: cannot import `./a.js` from script.js: `a.js` is no JSON module; its name would end in `.json`\n    at script.js:1:15",
        ),
        (
            "import d from './a.js' with { type: 'css' }; export default () => d",
            "threw TypeError: cannot import `./a.js` from script.js: the only attribute of an import is `with { type: \"json\" }`\n    at script.js:1:15",
        ),
        (
            "import './bad.js'; export default () => 1",
            "threw SyntaxError: unexpected token ';', primary expression at line 1, col 18\n    at bad.js:1:18",
        ),
        (
            "import './bad.json' with { type: 'json' }; export default () => 1",
            "threw SyntaxError: bad.json: EOF while parsing a value at line 1 column 8\n    at bad.json",
        ),
        ("import { nothing } from './a.js'; export default () => 1", "threw SyntaxError: could not find export `nothing`"),
        (
            "import './throws.js'; export default () => 1",
            "threw TypeError: cannot convert 'null' or 'undefined' to object\n    at <main> (throws.js:2:6)",
        ),
    ]);
}
