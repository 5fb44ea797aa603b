// Assignment patterns whose names are computed.
const out = [];
const t = f => { try { out.push(String(f())) } catch (e) { out.push(e instanceof Error ? e.name : "threw " + String(e)) } };
// Compiled apart, so that one that is refused fails alone.
const run = (source) => t(() => JSON.stringify(new Function("k", "o", "let a, b, c, d, rest; const target = {}; " + source)("k", "o")));
run("({ [k]: a = 1 } = {}); ({ [k]: b = 1 } = { k: 2 }); return [a, b]");
run("({ [k]: { a } } = { k: { a: 3 } }); ({ [k]: [b] } = { k: [4] }); return [a, b]");
run("({ [k]: { a: c = 5 } = {}, [o]: [d = 6] = [], ...rest } = { x: 7 }); return [c, d, rest]");
run("({ [k + 1]: target.x = 8, [k + 2]: target.y } = { k2: 9 }); return target");
run("const order = []; ({ [(order.push('key'), k)]: a = (order.push('default'), 10), b = (order.push('b'), 11) } = { get k() { order.push('get') } }); return [a, b, order]");
run("({ [k]: a = function () {} } = {}); return a.name");
run("const all = []; for ({ [k]: a = 12 } of [{}, { k: 13 }]) all.push(a); return all");
run("const [{ [k]: x = 14 }] = [{}]; return x");
run("return [{}].map(({ [k]: x = 15, [x]: y = 16 }) => [x, y])");
t(() => typeof new Function("k", "'use strict'; ({ [k]: eval = 1 } = {})"));
run("({ [k]: 1 } = {})");
run("({ [k]: f() } = {})");
run("({ [k]() {} } = {})");
out.join("\n");
