// Lazy sequences: generators and hand-written iterators combined, closed early, delegated to, spread and destructured; n: numbers.
function* naturals(from = 0) { for (let i = from; ; i++) yield i; }
class Sequence {
  #source;
  constructor(source) { this.#source = source; }
  [Symbol.iterator]() { return this.#source[Symbol.iterator](); }
  static of(source) { return new Sequence(source); }
  through(transform) { const source = this.#source; return new Sequence({ [Symbol.iterator]: () => transform(source) }); }
  map(f) { return this.through(function* (source) { for (const item of source) yield f(item); }); }
  filter(f) { return this.through(function* (source) { for (const item of source) if (f(item)) yield item; }); }
  take(count) { return this.through(function* (source) { if (count > 0) { let left = count; for (const item of source) { yield item; if (--left === 0) return; } } }); }
  chunk(size) { return this.through(function* (source) { let chunk = []; for (const item of source) if (chunk.push(item) === size) { yield chunk; chunk = []; } if (chunk.length) yield chunk; }); }
  flat() { return this.through(function* (source) { for (const inner of source) yield* inner; }); }
  zip(other) {
    const source = this.#source;
    return new Sequence({ [Symbol.iterator]() {
      const a = source[Symbol.iterator](), b = other[Symbol.iterator]();
      return { next() { const x = a.next(), y = b.next(); return x.done || y.done ? { done: true, value: undefined } : { done: false, value: [x.value, y.value] }; }, return() { a.return?.(); b.return?.(); return { done: true }; }, [Symbol.iterator]() { return this; } };
    } });
  }
  reduce(f, value) { for (const item of this) value = f(value, item); return value; }
}
function* running() { let total = 0, count = 0; for (;;) { const given = yield count ? total / count : 0; total += given; count++; } }
function* walk(depth) { if (depth > 0) { yield* walk(depth - 1); yield depth; yield* walk(depth - 1); } return depth; }
function main(input) {
  const n = input?.n ?? 12000;
  const evens = Sequence.of(naturals()).filter((i) => i % 2 === 0), squares = Sequence.of(naturals(1)).map((i) => i * i % 1009);
  const total = evens.zip(squares).take(n).map(([a, b]) => a ^ b).chunk(7).map(([first, , third = 0, ...rest]) => first + third + rest.length).reduce((a, b) => (a + b) % 1000003, 0);
  const mean = running();
  mean.next();
  let last = 0;
  for (const value of Sequence.of(naturals(3)).take(n)) last = mean.next(value % 10).value;
  const [a, b, ...others] = Sequence.of([[1, 2], new Set([3, 4]), "xyz", new Map([[5, 6]])]).flat();
  const tree = [...walk(Math.min(12, Math.log2(n) | 0))];
  return { total, last: last.toFixed(4), head: [a, b, others.length], nodes: tree.length, sum: tree.reduce((x, y) => x + y), max: Math.max(...tree) };
}
