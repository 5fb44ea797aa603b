// A caught exception leaves nothing behind that counts.
const out = [];
const t = f => { try { out.push(String(f())) } catch (e) { out.push(e instanceof Error ? e.name : "threw " + String(e)) } };
class A {} class B { constructor() { throw 1 } } class C extends null {} class D extends Object { constructor() {} }
function f() { return 1 }
const p = new Proxy(function () {}, { apply() { throw 1 }, construct() { throw 2 } });
const times = g => { let n = 0; for (let i = 0; i < 20000; i++) try { g() } catch { n++ } return n + f() };
t(() => times(() => A()));
t(() => times(() => (void 0)(1, 2, 3)));
t(() => { let n = 0; for (let i = 0; i < 20000; i++) try { A(1, 2) } catch { n++ } return n + f() });
t(() => { let n = 0; for (let i = 0; i < 20000; i++) try { new B(1, 2) } catch { n++ } return n + f() });
t(() => { let n = 0; for (let i = 0; i < 20000; i++) try { new C(1, 2) } catch { n++ } return n + f() });
t(() => { let n = 0; for (let i = 0; i < 20000; i++) try { new D(1) } catch { n++ } return n + f() });
t(() => { let n = 0; for (let i = 0; i < 20000; i++) try { new (() => 1)(1) } catch { n++ } return n + f() });
t(() => { let n = 0; for (let i = 0; i < 20000; i++) try { f(1, 2, (() => { throw 1 })()) } catch { n++ } return n + f() });
t(() => { let n = 0; for (let i = 0; i < 20000; i++) try { f(...[1, 2], ...null) } catch { n++ } return n + f() });
t(() => { let n = 0; for (let i = 0; i < 20000; i++) { try { p(1, 2) } catch { n++ } try { new p(1, 2) } catch { n++ } } return n + f() });
t(() => { let n = 0; const o = { get [Symbol.iterator]() { throw 1 } }; for (let i = 0; i < 20000; i++) { try { f(...o) } catch { n++ } try { for (const x of o); } catch { n++ } try { const [z] = o } catch { n++ } } return n + f() });
t(() => { const it = { [Symbol.iterator]() { return { next() { return { value: 1 } }, return() { return {} } } } }; let n = 0; for (let i = 0; i < 20000; i++) try { f(1, [{}.a.b] = it) } catch { n++ } return n + f() });
t(() => { function* g() { try { yield 1; yield 2 } catch (e) { yield e } } const r = []; function* h() { r.push(f.call(1, 2, yield* g())) } const i = h(); i.next(); return i.throw(5).value + i.next().done + r });
out.join("\n");
