// Tools that walk over objects of the script as Web IDL says: <https://webidl.spec.whatwg.org>.
(function (h) {
  'use strict';
  const { isObject, push, TypeError, apply, iterator: iteratorSymbol, asyncIterator: asyncIteratorSymbol } = h;

  h.need = (given, wanted, name) => {
    if (given < wanted) throw new TypeError(`${name}: ${wanted} argument${wanted > 1 ? 's' : ''} required, but only ${given} present`);
  };
  const nothing = { __proto__: null };
  // The options that a dictionary argument holds.
  h.dictionary = (value, name) => {
    if (value === undefined || value === null) return nothing;
    if (!isObject(value)) throw new TypeError(`${name} must be an object`);
    return value;
  };
  // The elements of an iterable, as an array of ours.
  h.sequence = (value) => {
    if (!isObject(value)) throw new TypeError('an iterable object is wanted');
    const method = value[iteratorSymbol];
    if (typeof method !== 'function') throw new TypeError('an iterable object is wanted');
    const list = [], iterator = apply(method, value, []);
    if (!isObject(iterator)) throw new TypeError('an iterator must be an object');
    const { next } = iterator;
    for (;;) {
      const result = apply(next, iterator, []);
      if (!isObject(result)) throw new TypeError('the result of an iterator must be an object');
      if (result.done) return list;
      push(list, result.value);
    }
  };
  // A list of pairs, from an iterable of pairs or from a record; `convert` makes a string of each.
  h.pairs = (value, convert, what) => {
    const list = [];
    const method = value[iteratorSymbol];
    if (method !== undefined && method !== null) {
      const items = h.sequence(value);
      for (let i = 0; i < items.length; i++) {
        const pair = h.sequence(items[i]);
        if (pair.length !== 2) throw new TypeError(`${what}: each element must be a pair of name and value`);
        push(list, [convert(pair[0]), convert(pair[1])]);
      }
      return list;
    }
    const keys = h.ownKeys(value);
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i];
      if (!h.isEnumerable(value, key)) continue;
      const name = convert(key);
      push(list, [name, convert(value[key])]);
    }
    return list;
  };
  // Adds `entries`, `keys`, `values`, `forEach` and the default iterator to a class whose `list` gives pairs.
  h.pairIterable = (Class, list, name) => {
    const { prototype } = Class;
    const Iterator = { __proto__: h.iteratorPrototype };
    const Identity = function (object) { return object; };
    class State extends Identity {
      #target; #kind; #at = 0;
      constructor(object, target, kind) { super(object); this.#target = target; this.#kind = kind; }
      static next(object) {
        if (!isObject(object) || !(#at in object)) throw new TypeError(`not a ${name} Iterator`);
        const pairs = list(object.#target);
        if (object.#at >= pairs.length) return { value: undefined, done: true };
        const pair = pairs[object.#at++];
        const value = object.#kind === 0 ? [pair[0], pair[1]] : object.#kind === 1 ? pair[0] : pair[1];
        return { value, done: false };
      }
    }
    h.methods(Iterator, { __proto__: null, next() { return State.next(this); } }, `${name} Iterator`);
    const iterate = (target, kind) => { list(target); return new State({ __proto__: Iterator }, target, kind); };
    h.methods(prototype, {
      __proto__: null,
      entries() { return iterate(this, 0); },
      keys() { return iterate(this, 1); },
      values() { return iterate(this, 2); },
      forEach(callback, thisArg = undefined) {
        list(this);
        if (typeof callback !== 'function') throw new TypeError('the callback must be a function');
        for (let i = 0; i < list(this).length; i++) {
          const pair = list(this)[i];
          apply(callback, thisArg, [pair[1], pair[0], this]);
        }
      },
    });
    h.defineHidden(prototype, iteratorSymbol, prototype.entries);
  };
})
