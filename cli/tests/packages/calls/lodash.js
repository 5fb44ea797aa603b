import _ from "lodash";

const people = [
  { name: "Ada", age: 36, tags: ["math", "code"] },
  { name: "Grace", age: 85, tags: ["code", "navy"] },
  { name: "Alan", age: 41, tags: ["math"] },
  { name: "Edsger", age: 72, tags: [] },
];

export const calls = {
  chunk: () => _.chunk([1, 2, 3, 4, 5], 2),
  groupBy: () => _.groupBy(people, (person) => (person.age > 50 ? "old" : "young")),
  sortBy: () => _.sortBy(people, ["tags.length", "name"]).map((person) => person.name),
  orderBy: () => _.orderBy(people, ["age"], ["desc"]).map((person) => person.name),
  merge: () => _.merge({ a: { b: [1, { c: 2 }] } }, { a: { b: [undefined, { d: 3 }], e: null } }),
  cloneDeep: () => { const source = { d: new Date(5), m: new Map([[1, { x: 1 }]]), r: /a/gi, s: new Set([1]) }; const copy = _.cloneDeep(source); return [copy, copy.m.get(1) !== source.m.get(1)]; },
  isEqual: () => [_.isEqual({ a: [1, NaN] }, { a: [1, NaN] }), _.isEqual(new Set([1]), new Set([2])), _.isEqual(new Date(1), new Date(1))],
  template: () => _.template("<% people.forEach(p => { %><b><%- p.name %></b><% }) %> ${ n }")({ people: [{ name: "<Ada>" }], n: 2 }),
  debounceShape: () => { const f = _.debounce(() => 1, 10); return [typeof f.cancel, typeof f.flush, f()]; },
  throttled: async () => { let n = 0; const f = _.throttle(() => ++n, 5); f(); f(); f(); await new Promise((done) => setTimeout(done, 30)); return n; },
  getSetUnset: () => { const object = {}; _.set(object, "a[0].b.c", 4); return [_.get(object, ["a", 0, "b", "c"]), _.get(object, "x.y", "none"), _.unset(object, "a[0].b.c"), object]; },
  words: () => [_.words("fred, barney, & pebbles"), _.camelCase("--foo-bar--"), _.kebabCase("fooBarBAZ"), _.startCase("éclair au chocolat"), _.deburr("déjà vu")],
  curry: () => _.curry((a, b, c) => [a, b, c])(1)(_, 3)(2),
  flow: () => _.flow(_.map, (list) => _.sum(list))([1, 2, 3], (n) => n * n),
  chain: () => _(people).filter("tags.length").map("name").invokeMap("toUpperCase").join("|"),
  memoize: () => { let n = 0; const f = _.memoize((x) => { n++; return x * 2; }); return [f(2), f(2), n, f.cache.size]; },
  zipObjectDeep: () => _.zipObjectDeep(["a.b[0].c", "a.b[1].d"], [1, 2]),
  intersectionBy: () => [_.intersectionBy([2.1, 1.2], [2.3, 3.4], Math.floor), _.xor([2, 1], [2, 3]), _.unionWith([{ x: 1 }], [{ x: 1 }, { y: 2 }], _.isEqual)],
  range: () => [_.range(4), _.range(0, -4, -1), _.rangeRight(1, 5, 2)],
  truncate: () => [_.truncate("hi-diddly-ho there, neighborino", { length: 24, separator: /,? +/ }), _.pad("abc", 8, "_-"), _.escape("a & <b>")],
  reduceTransform: () => _.transform({ a: 1, b: 2, c: 1 }, (result, value, key) => { (result[value] ||= []).push(key); }, {}),
  isType: () => [_.isPlainObject(Object.create(null)), _.isArguments((function () { return arguments; })()), _.isTypedArray(new Uint8Array()), _.isNative(Array.prototype.push), _.toString(-0)],
};
