// URLPattern: <https://urlpattern.spec.whatwg.org>. Parsing and matching are native.
(function (h) {
  'use strict';
  const { isObject, push, TypeError, idl, usv } = h;
  const components = ['protocol', 'username', 'password', 'hostname', 'port', 'pathname', 'search', 'hash'];
  // As Web IDL reads a dictionary: by name; given in the order of the components, the base last.
  const members = [['baseURL', 8], ['hash', 7], ['hostname', 3], ['password', 2], ['pathname', 5], ['port', 4], ['protocol', 0], ['search', 6], ['username', 1]];
  const read = (init) => {
    const list = [undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined, undefined];
    for (let i = 0; i < members.length; i++) {
      const value = init[members[i][0]];
      if (value !== undefined) list[members[i][1]] = usv(value);
    }
    return list;
  };
  // What the script is shown of an init: only what it gave.
  const shown = (list) => {
    const init = {};
    for (let i = 0; i < 9; i++) if (list[i] !== undefined) h.define(init, i < 8 ? components[i] : 'baseURL', list[i]);
    return init;
  };
  const take = (input) => (input === undefined || input === null ? read({ __proto__: null }) : isObject(input) ? read(input) : usv(input));

  class URLPattern {
    #p;
    constructor(input = undefined, base = undefined, options = undefined) {
      input = take(input);
      // Of two arguments the second is a base where it is neither an object nor missing; of three always.
      const hasBase = arguments.length > 2 || (base !== undefined && base !== null && !isObject(base));
      if (hasBase) base = usv(base); else { options = base; base = undefined; }
      const ignoreCase = !!h.dictionary(options, 'URLPatternOptions').ignoreCase;
      if (hasBase && typeof input !== 'string') throw new TypeError('a base URL goes with a pattern that is a string; an object has its own `baseURL`');
      const made = h.patternParse(input, base, ignoreCase);
      if (typeof made === 'string') throw new TypeError(`Invalid URLPattern: ${made}`);
      this.#p = made;
    }
    get protocol() { return h.patternGet(this.#p, 0); }
    get username() { return h.patternGet(this.#p, 1); }
    get password() { return h.patternGet(this.#p, 2); }
    get hostname() { return h.patternGet(this.#p, 3); }
    get port() { return h.patternGet(this.#p, 4); }
    get pathname() { return h.patternGet(this.#p, 5); }
    get search() { return h.patternGet(this.#p, 6); }
    get hash() { return h.patternGet(this.#p, 7); }
    get hasRegExpGroups() { return h.patternHasGroups(this.#p); }
    #match(input, base) {
      const p = this.#p, given = take(input);
      if (base !== undefined) {
        base = usv(base);
        if (typeof given !== 'string') throw new TypeError('a base URL goes with an input that is a string; an object has its own `baseURL`');
      }
      return { given, base, found: h.patternMatch(p, given, base) };
    }
    test(input = undefined, base = undefined) { return this.#match(input, base).found !== null; }
    exec(input = undefined, base = undefined) {
      const match = this.#match(input, base);
      if (match.found === null) return null;
      const inputs = [typeof match.given === 'string' ? match.given : shown(match.given)];
      if (match.base !== undefined) push(inputs, match.base);
      const result = { inputs };
      for (let i = 0; i < components.length; i++) {
        const found = match.found[i], groups = {};
        for (let j = 1; j < found.length; j += 2) h.define(groups, found[j], found[j + 1]);
        h.define(result, components[i], { input: found[0], groups });
      }
      return result;
    }
  }
  idl(URLPattern, 'URLPattern');
  return { __proto__: null, URLPattern };
})
