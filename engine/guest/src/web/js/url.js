// URL and URLSearchParams: <https://url.spec.whatwg.org>. Parsing and serializing are native.
(function (h) {
  'use strict';
  const { need, isObject, push, TypeError, idl, usv } = h;

  let listOf, isParams, bind, refill;
  class URLSearchParams {
    #list = []; #changed = null;
    constructor(init = '') {
      if (isObject(init)) this.#list = h.pairs(init, usv, 'URLSearchParams');
      else {
        const text = usv(init);
        this.#list = h.parseQuery(h.codeAt(text, 0) === 63 ? h.slice(text, 1) : text);
      }
    }
    static {
      isParams = (value) => isObject(value) && #list in value;
      listOf = (params) => { if (!isParams(params)) throw new TypeError('not a URLSearchParams'); return params.#list; };
      bind = (params, changed) => { params.#changed = changed; };
      refill = (params, query) => { params.#list = h.parseQuery(query); };
    }
    #update() { const changed = this.#changed; if (changed !== null) changed(h.serializeQuery(this.#list)); }
    get size() { return this.#list.length; }
    append(name, value) { need(arguments.length, 2, 'append'); push(this.#list, [usv(name), usv(value)]); this.#update(); }
    delete(name, value = undefined) {
      need(arguments.length, 1, 'delete');
      name = usv(name);
      if (value !== undefined) value = usv(value);
      const list = this.#list, rest = [];
      for (let i = 0; i < list.length; i++) if (list[i][0] !== name || (value !== undefined && list[i][1] !== value)) push(rest, list[i]);
      this.#list = rest;
      this.#update();
    }
    get(name) {
      need(arguments.length, 1, 'get');
      name = usv(name);
      const list = this.#list;
      for (let i = 0; i < list.length; i++) if (list[i][0] === name) return list[i][1];
      return null;
    }
    getAll(name) {
      need(arguments.length, 1, 'getAll');
      name = usv(name);
      const list = this.#list, all = [];
      for (let i = 0; i < list.length; i++) if (list[i][0] === name) push(all, list[i][1]);
      return all;
    }
    has(name, value = undefined) {
      need(arguments.length, 1, 'has');
      name = usv(name);
      if (value !== undefined) value = usv(value);
      const list = this.#list;
      for (let i = 0; i < list.length; i++) if (list[i][0] === name && (value === undefined || list[i][1] === value)) return true;
      return false;
    }
    set(name, value) {
      need(arguments.length, 2, 'set');
      name = usv(name);
      value = usv(value);
      const list = this.#list, rest = [];
      let done = false;
      for (let i = 0; i < list.length; i++) {
        if (list[i][0] !== name) push(rest, list[i]);
        else if (!done) { push(rest, [name, value]); done = true; }
      }
      if (!done) push(rest, [name, value]);
      this.#list = rest;
      this.#update();
    }
    sort() { h.sortPairs(this.#list); this.#update(); }
    toString() { return h.serializeQuery(this.#list); }
  }
  h.pairIterable(URLSearchParams, listOf, 'URLSearchParams');
  idl(URLSearchParams, 'URLSearchParams');

  const invalid = (text) => { const error = new TypeError('Invalid URL'); h.define(error, 'code', 'ERR_INVALID_URL'); h.define(error, 'input', text); return error; };
  let urlOf;
  class URL {
    #u; #params = null;
    constructor(url, base = undefined) {
      need(arguments.length, 1, 'URL');
      url = usv(url);
      this.#u = h.urlParse(url, base === undefined ? undefined : usv(base));
      if (this.#u === null) throw invalid(url);
    }
    static { urlOf = (url) => { if (!isObject(url) || !(#u in url)) throw new TypeError('not a URL'); return url.#u; }; }
    static canParse(url, base = undefined) {
      need(arguments.length, 1, 'URL.canParse');
      return h.urlParse(usv(url), base === undefined ? undefined : usv(base)) !== null;
    }
    static parse(url, base = undefined) {
      need(arguments.length, 1, 'URL.parse');
      url = usv(url);
      if (base !== undefined) base = usv(base);
      return h.urlParse(url, base) === null ? null : new URL(url, base);
    }
    get href() { return h.urlGet(this.#u, 'href'); }
    set href(value) { value = usv(value); if (!h.urlSet(this.#u, 'href', value)) throw invalid(value); this.#refill(); }
    get origin() { return h.urlGet(this.#u, 'origin'); }
    get protocol() { return h.urlGet(this.#u, 'protocol'); }
    set protocol(value) { h.urlSet(this.#u, 'protocol', usv(value)); }
    get username() { return h.urlGet(this.#u, 'username'); }
    set username(value) { h.urlSet(this.#u, 'username', usv(value)); }
    get password() { return h.urlGet(this.#u, 'password'); }
    set password(value) { h.urlSet(this.#u, 'password', usv(value)); }
    get host() { return h.urlGet(this.#u, 'host'); }
    set host(value) { h.urlSet(this.#u, 'host', usv(value)); }
    get hostname() { return h.urlGet(this.#u, 'hostname'); }
    set hostname(value) { h.urlSet(this.#u, 'hostname', usv(value)); }
    get port() { return h.urlGet(this.#u, 'port'); }
    set port(value) { h.urlSet(this.#u, 'port', usv(value)); }
    get pathname() { return h.urlGet(this.#u, 'pathname'); }
    set pathname(value) { h.urlSet(this.#u, 'pathname', usv(value)); }
    get search() { return h.urlGet(this.#u, 'search'); }
    set search(value) { h.urlSet(this.#u, 'search', usv(value)); this.#refill(); }
    get searchParams() {
      if (this.#params === null) {
        const url = this.#u, params = this.#params = new URLSearchParams();
        this.#refill();
        bind(params, (query) => h.urlSet(url, 'search', query));
      }
      return this.#params;
    }
    get hash() { return h.urlGet(this.#u, 'hash'); }
    set hash(value) { h.urlSet(this.#u, 'hash', usv(value)); }
    toJSON() { return h.urlGet(this.#u, 'href'); }
    toString() { return h.urlGet(this.#u, 'href'); }
    #refill() { if (this.#params !== null) refill(this.#params, h.slice(h.urlGet(this.#u, 'search'), 1)); }
  }
  idl(URL, 'URL');

  return {
    __proto__: null, URL, URLSearchParams,
    on: {
      __proto__: null, isParams, serialize: (params) => h.serializeQuery(listOf(params)),
      // The normalized text of an absolute URL.
      parse: (text) => { const url = h.urlParse(text, undefined); if (url === null) throw invalid(text); return h.urlGet(url, 'href'); },
      hasCredentials: (text) => { const url = h.urlParse(text, undefined); return h.urlGet(url, 'username') !== '' || h.urlGet(url, 'password') !== ''; },
    },
  };
})
