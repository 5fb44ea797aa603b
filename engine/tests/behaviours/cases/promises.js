const log = []; Promise.resolve().then(() => log.push("then")); (async () => { log.push("async"); await 0; log.push("after await"); })(); log.push("sync"); Promise.resolve().then(() => Promise.resolve()).then(() => 0).then(() => 0).then(() => 0).then(() => log)
//=> ["async", "sync", "then", "after await"]

const log = []; const p = Promise.resolve(); p.then(() => log.push(1)).then(() => log.push(3)); p.then(() => log.push(2)).then(() => log.push(4)); (async () => { for (let i = 0; i < 5; i++) await 0; return log; })()
//=> [1, 2, 3, 4]

const log = []; const thenable = { then(resolve) { log.push("then called"); resolve("v"); } }; Promise.resolve().then(() => log.push("micro")); (async () => { log.push(await thenable); return log; })()
//=> ["micro", "then called", "v"]

const log = []; async function a() { log.push("a1"); await b(); log.push("a2"); } async function b() { log.push("b"); } a(); Promise.resolve().then(() => log.push("p1")).then(() => log.push("p2")); log.push("end"); (async () => { for (let i = 0; i < 4; i++) await 0; return log; })()
//=> ["a1", "b", "end", "a2", "p1", "p2"]

const log = []; (async () => { try { await Promise.reject(new RangeError("r")); } catch (e) { log.push(e.name); } finally { log.push("finally"); } return log; })()
//=> ["RangeError", "finally"]

Promise.reject(new TypeError("rejected"))
//=> throws <TypeError>

Promise.all([1, Promise.resolve(2), { then(r) { r(3); } }])
//=> [1, 2, 3]

Promise.all([])
//=> []

Promise.all([Promise.reject(new RangeError("first")), Promise.reject(new TypeError("second"))])
//=> throws <RangeError>

Promise.all(5)
//=> throws <TypeError>

Promise.allSettled([1, Promise.reject(2)])
//=> [{status: "fulfilled", value: 1}, {status: "rejected", reason: 2}]

Promise.any([Promise.reject(1), Promise.resolve(2), 3])
//=> 2

Promise.any([Promise.reject(1), Promise.reject(2)]).catch((e) => [e.name, e.errors, e instanceof AggregateError])
//=> ["AggregateError", [1, 2], true]

Promise.race([new Promise(() => {}), Promise.resolve("won"), 3])
//=> won

new Promise((resolve, reject) => { resolve(1); reject(2); resolve(3); throw 4; })
//=> 1

new Promise((resolve, reject) => { throw new RangeError("executor"); })
//=> throws <RangeError>

new Promise(5)
//=> throws <TypeError>

Promise()
//=> throws <TypeError>

new Promise((resolve) => resolve(new Promise((r) => r("nested"))))
//=> nested

let r; const p = new Promise((resolve) => (r = resolve)); r(p); p
//=> throws <TypeError>

Promise.resolve(1).finally(() => 99)
//=> 1

Promise.resolve(1).finally(() => { throw new RangeError("f"); })
//=> throws <RangeError>

Promise.reject(5).finally(() => 1).catch((x) => "caught " + x)
//=> caught 5

Promise.resolve(1).then(2).then((x) => x)
//=> 1

Promise.resolve().then(() => { throw 7; }).then(() => "no", (x) => "handled " + x)
//=> handled 7

Promise.resolve(Promise.resolve(1)) instanceof Promise && Promise.resolve().then.length
//=> 2

const p = Promise.resolve(1); Promise.resolve(p) === p
//=> true

async function f() { return await f2(); } async function f2() { throw new SyntaxError("s"); } f().catch((e) => e.name)
//=> SyntaxError

(async () => { const results = []; for await (const x of [1, Promise.resolve(2), 3]) results.push(x); return results; })()
//=> [1, 2, 3]

async function* g() { yield 1; yield Promise.resolve(2); return 3; } (async () => { const out = []; for await (const x of g()) out.push(x); const it = g(); out.push(JSON.stringify(await it.next()), JSON.stringify(await it.return("r")), JSON.stringify(await it.next())); return out; })()
//=> [1, 2, "{"value":1,"done":false}", "{"value":"r","done":true}", "{"done":true}"]

async function* g() { try { yield 1; yield 2; } finally { log.push("closed"); } } const log = []; (async () => { for await (const x of g()) { log.push(x); break; } return log; })()
//=> [1, "closed"]

async function* g() { throw new RangeError("g"); } (async () => { try { for await (const x of g()); } catch (e) { return e.name; } })()
//=> RangeError

async function* g() { yield* [1, 2]; yield* (async function* () { yield 3; })(); } (async () => { const out = []; for await (const x of g()) out.push(x); return out; })()
//=> [1, 2, 3]

async function* g() { const x = yield 1; yield x; } const it = g(); Promise.all([it.next(), it.next("b"), it.next()]).then((r) => r.map((x) => JSON.stringify(x)))
//=> ["{"value":1,"done":false}", "{"value":"b","done":false}", "{"done":true}"]

(async () => { for await (const x of [Promise.reject(new RangeError("in"))]); })()
//=> throws <RangeError>

const it = { [Symbol.asyncIterator]() { let i = 0; return { next: async () => ({ done: i > 1, value: i++ }), return: async () => (log.push("return"), {}) }; } }; const log = []; (async () => { for await (const x of it) { log.push(x); if (x) break; } return log; })()
//=> [0, 1, "return"]

const f = async (x = (() => { throw new RangeError("param"); })()) => x; f().catch((e) => e.name)
//=> RangeError

(async () => await 5 + await Promise.resolve(6))()
//=> 11

(async () => { await null; throw new TypeError("late"); })()
//=> throws <TypeError>

const order = []; const wait = async (n, tag) => { for (let i = 0; i < n; i++) await 0; order.push(tag); }; Promise.all([wait(3, "c"), wait(1, "a"), wait(2, "b")]).then(() => order)
//=> ["a", "b", "c"]

class T { constructor() { this.then = undefined; } } (async () => typeof (await new T()))()
//=> object

(async () => { const o = { get then() { throw new RangeError("getter"); } }; try { await o; } catch (e) { return e.name; } })()
//=> RangeError

(async function () { return [this === undefined, arguments.length]; }).call(undefined, 1)
//=> [false, 1]

const p = Promise.resolve(); const q = p.then(); [p === q, q instanceof Promise, Object.prototype.toString.call(p), typeof p.constructor]
//=> [false, true, "[object Promise]", "function"]

(async () => { label: for (const x of [1, 2]) { try { await 0; continue label; } finally { if (x === 2) return "done" + x; } } })()
//=> done2

Promise.prototype.then.call(5)
//=> throws <TypeError>

Promise.all.call(undefined, [])
//=> throws <TypeError>

(async () => { let n = 0; const inc = async () => { const seen = n; await 0; n = seen + 1; }; await Promise.all([inc(), inc(), inc()]); return n; })()
//=> 1

(async () => { const cell = new Int32Array(new SharedArrayBuffer(8)); const { async, value } = Atomics.waitAsync(cell, 0, 0, 1); return [async, await value]; })()
//=> [true, "timed-out"]

(async () => { const cell = new Int32Array(new SharedArrayBuffer(8)); const { async, value } = Atomics.waitAsync(cell, 0, 0); return [async, Atomics.notify(cell, 1), Atomics.notify(cell, 0), await value]; })()
//=> [true, 0, 1, "ok"]

(async () => { const cell = new Int32Array(new SharedArrayBuffer(8)); const log = []; const wait = (name, at, ms) => Atomics.waitAsync(cell, at, 0, ms).value.then((how) => log.push(name + " " + how)); const all = [wait("a", 0, 50), wait("b", 1, 1e9), wait("c", 0), wait("d", 1, 1)]; await all[3]; log.push(Atomics.notify(cell, 0)); await all[0]; await all[2]; log.push(Atomics.notify(cell, 1, 1)); await all[1]; return log; })()
//=> ["d timed-out", 2, "a ok", "c ok", 1, "b ok"]

(() => { const cell = new Int32Array(new SharedArrayBuffer(8)); return [Atomics.waitAsync(cell, 0, 1), Atomics.waitAsync(cell, 0, 0, 0), Atomics.waitAsync(cell, 0, 0, -1)]; })()
//=> [{async: false, value: "not-equal"}, {async: false, value: "timed-out"}, {async: false, value: "timed-out"}]

(async () => { const cell = new BigInt64Array(new SharedArrayBuffer(8)); const { value } = Atomics.waitAsync(cell, 0, 0n); Promise.resolve().then(() => Atomics.notify(cell, 0)); return await value; })()
//=> ok
