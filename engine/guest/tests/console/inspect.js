// Every message here must read exactly as Node’s: see README.md.
function main() {
  const log = console.log;
  // Primitives
  log(1, -0, 0, 1.5, 1e21, NaN, Infinity, true, null, undefined, 10n, Symbol('s'), Symbol());
  log('plain', "it's", 'a\nb');
  log(['plain', "it's", 'say "hi"', `it's "both"`, `all ' " \` three`, 'tab\t\\ \x01 \x7f', '\ud800 lone', 'ünï💚']);
  log([-0, 1n, undefined, null, Symbol('in'), NaN]);
  // Objects
  log({});
  log({ a: 1, 'b-c': 2, 3: 'three', $d: 4, _e: 5, 'ü': 6, __proto__: { inherited: 1 } });
  log({ ['__proto__']: 1 });
  log({ a: { b: { c: { d: 1 } } } });
  log({ a: { b: { c: [] } } }, { a: { b: { c: {} } } }, { a: { b: { c: [1] } } });
  log(Object.create(null), Object.assign(Object.create(null), { x: 1 }));
  log(Object.create(Object.create(null)));
  log({ [Symbol('key')]: 1, [Symbol.iterator]: 2 });
  log({ get a() { return 1; }, set a(v) {}, get b() { return 1; }, set c(v) {} });
  log(Object.defineProperty({ seen: 1 }, 'hidden', { value: 2 }));
  log({ undefined: undefined, null: null });
  // Classes
  class Point { constructor(x, y) { this.x = x; this.y = y; } }
  class Point3 extends Point { z = 3; #secret = 4; }
  log(new Point(1, 2), new Point3(1, 2));
  log(Point, Point3, class {}, class extends Point {});
  log({ Point, p: new Point(new Point(1, new Point(2, new Point(3, 4))), 5) });
  log(new (class extends Array {})(3), new (class List extends Array {})(1, 2, 3));
  log(new (class Dictionary extends Map {})([[1, 2]]), new (class Bag extends Set {})([1]));
  log(new (class {})(), new (class { a = 1; })());
  function Old() { this.a = 1; }
  Old.prototype.method = function () {};
  log(new Old(), Old);
  // Functions
  function named() {}
  async function later() {}
  function* many() {}
  async function* flow() {}
  log(named, later, many, flow, () => {}, async () => {});
  log([named, function () {}, (() => () => {})()]);
  log(Object.assign(function withProps() {}, { a: 1, b: { c: 2 } }));
  log({ method() {}, arrow: () => {}, async later() {} });
  log(Math.max, Array, Object, Map.prototype.get);
  log(Object.setPrototypeOf(function bare() {}, null));
  // Arrays
  log([], [1], [1, 2, 3], [[]], [[[]]], [[[[]]]], [[[[1]]]]);
  log([, 1], [1, , 2], [1, , , 2, , ,], new Array(3), new Array(1));
  log(Object.assign([1, 2], { extra: 'x', '-1': 2 }));
  log(Array.from({ length: 10 }, (_, i) => i));
  log(Array.from({ length: 30 }, (_, i) => i * 37));
  log(Array.from({ length: 101 }, (_, i) => i));
  log(Array.from({ length: 150 }, (_, i) => `item ${i}`));
  log(Array.from({ length: 27 }, (_, i) => 'x'.repeat(i % 9)));
  log(['a', 'b', 'c', 'd', 'e', 'f', 'g']);
  log([1, 2, 3, 4, 5, 6, -7.5]);
  log([1n, 2n, 3n, 4n, 5n, 6n, 7000n]);
  log([1, 'two', 3, 'four', 5, 'six', 7]);
  log(Array.from({ length: 8 }, (_, i) => ({ i })));
  log(Array.from({ length: 8 }, (_, i) => [i, [i]]));
  log([['short'], 'a much longer string than the others in this array, much longer', 1, 2, 3, 4, 5, 6]);
  log(['日本語', '中文', '한국어', 'ascii', 'é', '💚', 'x', 'y']);
  const sparse = []; sparse[5] = 1; sparse[4294967290] = 2; log(sparse);
  log(Object.assign(new Array(200), { 150: 1 }));
  // Line breaking
  log({ alpha: 'aaaaaaaaaaaaaaaaaaaa', beta: 'bbbbbbbbbbbbbbbbbbbb', gamma: 'cccccccccccccc' });
  log({ alpha: 'aaaaaaaaaaaaaaaaaaaa', beta: 'bbbbbbbbbbbbbbbbbbbb', gamma: 'ccccccccccccccc' });
  log({ a: 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa', b: { c: 'ccccccccccccccccccccccccccccccccc', d: [1, 2, { e: 'f' }] } });
  log({ a: { b: { c: 1 } }, d: [{ e: 1 }, { e: 2 }] });
  log({ a: 1, b: { c: 2, d: { e: 3 } } });
  log([{ id: 1, name: 'first', tags: ['a', 'b'] }, { id: 2, name: 'second', tags: [] }]);
  log({ text: 'line one\nline two, which is rather long\nline three, which is longer still, by far the longest' });
  log(['short\nbroken']);
  log({ text: 'x'.repeat(200) });
  log(['y'.repeat(10005)]);
  log({ f: function () {}, nested: { deep: { deeper: { deepest: 1 } }, list: [1, [2, [3, [4]]]] } });
  log({ a: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, 22, 23, 24, 25, 26, 27] });
  // Map, Set and friends
  log(new Map(), new Set(), new Map([['a', 1], [{ k: 1 }, [1, 2]]]), new Set([1, 'two', { three: 3 }]));
  log(new Map([['nested', new Map([['deep', new Map([['deeper', new Map([[1, 2]])]])]])]]));
  log(Object.assign(new Map([[1, 2]]), { extra: true }));
  log(new Set(Array.from({ length: 120 }, (_, i) => i)));
  log(new Map(Array.from({ length: 5 }, (_, i) => [`key number ${i}`, { value: i, square: i * i }])));
  log(new WeakMap(), new WeakSet(), [new WeakMap()]);
  log({ m: new Map([['a', { b: new Set([1]) }]]) });
  // Dates and regular expressions
  log(new Date(0), new Date(NaN), [new Date(1e12)], Object.assign(new Date(0), { a: 1 }));
  log(/a.b/gi, [/x/dgimsuy], /x/v, Object.assign(/x/, { a: 1 }), new RegExp('\n'));
  log(new (class Day extends Date {})(0), new (class Pattern extends RegExp {})('a', 'g'));
  // Errors
  const error = (name, message, more = {}) => Object.assign(new globalThis[name](message), { stack: `${name}: ${message}\n    at f (a.js:1:2)\n    at g (a.js:3:4)` }, more);
  log(error('Error', 'plain'));
  log([error('TypeError', 'in an array')]);
  log({ e: error('RangeError', 'with code', { code: 'E_RANGE', detail: { a: 1 } }) });
  const cause = error('Error', 'outer'); Object.defineProperty(cause, 'cause', { value: error('TypeError', 'inner').message, enumerable: false }); log(cause);
  log(Object.assign(new Error('short'), { stack: 'Error: short' }), [Object.assign(new Error(''), { stack: 'Error' })]);
  log(Object.assign(new Error('kept'), { stack: 'Error: kept', name: 'Custom', extra: 1 }));
  class ValidationError extends Error {}
  log(Object.assign(new ValidationError('field'), { stack: 'Error: field\n    at f (a.js:1:2)' }));
  log(Object.assign(new AggregateError([1, 'two'], 'several'), { stack: 'AggregateError: several\n    at f (a.js:1:2)' }));
  // Boxed primitives
  log(new Number(-0), new String('abc'), new Boolean(false), Object(1n), Object(Symbol('b')));
  log(Object.assign(new String('abc'), { extra: 1 }), [new Number(3)]);
  // Promises
  log(Promise.resolve(1), new Promise(() => {}), Promise.resolve({ a: { b: 1 } }));
  const rejected = Promise.reject(3); rejected.catch(() => {}); log(rejected);
  (async () => {})().then(() => {});
  // Buffers
  log(new Uint8Array(3), new Float64Array([1.5, -0, NaN]), new BigInt64Array([1n, -2n]), new Int16Array());
  log(new ArrayBuffer(4), new Uint8Array([1, 2, 255]).buffer, new ArrayBuffer(0));
  log(new DataView(new ArrayBuffer(2), 1));
  log(new Uint8Array(200));
  log({ bytes: new Uint8Array([1, 2, 3]), buffer: new ArrayBuffer(2) });
  log(new ArrayBuffer(120));
  // Circles
  const self = { name: 'self' }; self.self = self; log(self);
  const a = { name: 'a' }, b = { name: 'b', a }; a.b = b; a.list = [a, b]; log(a, [a]);
  const ring = new Map(); ring.set('ring', ring); log(ring);
  const loop = [1]; loop.push(loop); log(loop);
  const shared = { s: 1 }; log({ one: shared, two: shared, list: [shared, shared] });
  // Others
  log(Math, JSON, Reflect, Atomics);
  log((function* () {})(), [][Symbol.iterator](), [1].keys());
  log(Symbol.prototype, Object.prototype, Array.prototype, Map.prototype, Promise.prototype);
  log(Symbol, new (class Weird { [Symbol.toStringTag] = 'own'; })());
  log(Object.freeze({ frozen: true }), [Object.seal([1])]);
  // Format specifiers
  log('%s is %d years and %i months, %f', 'Bob', 42, 42.9, '1.5abc');
  log('%s %s %s %s %s', 1, -0, 5n, Symbol('x'), null, undefined, 'rest', { a: 1 });
  log('%s', { a: { b: 1 } }, '%s', [1, [2]], () => {});
  log('%s|%s|%s|%s', { a: { b: 1 } }, [1, [2, [3]]], new Date(0), x => x);
  log('%s', { toString() { return 'own words'; } });
  log('%d|%d|%d|%d|%d', '0x10', 'x', 10n, {}, Symbol('n'));
  log('%i|%i|%i|%f|%f', '12px', 1.9, {}, 'pi', Symbol('f'));
  log('%O', { a: { b: { c: { d: 1 } } } });
  log('%c styled %c', 'color: red', '', 'rest');
  log('100%', 5, '%');
  log('%% %s %%', 'a', 'b');
  log('%s');
  log('%%');
  log('%x %q %', 1);
  log('%s%s', 'a');
  log('a', 'b', { c: 'd' }, ['e'], 'f%s', 1);
  log(1, '%s', 2);
  log();
  log('');
  log('', '', 1);
  // The other methods
  console.dir({ a: { b: { c: { d: {} } } } }, { depth: 0 });
  console.dir({ a: { b: { c: { d: {} } } } }, { depth: null });
  console.dir('text');
  console.dirxml({ a: 1 }, [2]);
  console.count(); console.count('x'); console.count(); console.countReset(); console.count();
  console.group('outer', { a: 1 });
  log('inside\nof it');
  console.group();
  log({ alpha: 'aaaaaaaaaaaaaaaaaaaa', beta: 'bbbbbbbbbbbbbbbbbbbb', gamma: 'ccccccccccccccc' });
  console.groupEnd();
  console.groupCollapsed('collapsed');
  log('deep');
  console.groupEnd(); console.groupEnd(); console.groupEnd();
  log('outside');
  console.info('info'); console.debug('debug');
  // Tables
  console.table([{ a: 1, b: 'x' }, { a: 2, c: true }]);
  console.table([[1, 2], [3, 4, 5]]);
  console.table([1, 'two', { three: 3 }]);
  console.table({ row: { x: 1 }, other: { y: 2 } });
  console.table([{ a: 1, b: 2 }, { a: 3, b: 4 }], ['b']);
  console.table([{ a: 1, b: 2 }], ['b', 'missing']);
  console.table(new Map([['k', 1], [{ o: 1 }, [1, 2]]]));
  console.table(new Set([1, 'a']));
  console.table([{ deep: { a: 1, b: 2, c: 3 }, list: [1, 2, 3, 4, 5], small: { a: 1 } }]);
  console.table([]);
  console.table(5);
  console.table('text');
  console.table([{ 'ключ': '日本', e: '💚' }]);
  console.table([null, undefined, [1]]);
}
