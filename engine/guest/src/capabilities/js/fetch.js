(host) => {
  'use strict';
  const { call, decode, TypeError } = host;

  const pairs = (headers) => {
    if (headers === undefined || headers === null) return [];
    const list = typeof headers[Symbol.iterator] === 'function' ? [...headers] : Object.entries(headers);
    return list.map(([name, value]) => [String(name), String(value)]);
  };

  class FetchedHeaders {
    #list;
    constructor(list) { this.#list = list; }
    get(name) {
      const found = this.#list.filter(([key]) => key === String(name).toLowerCase()).map(([, value]) => value);
      return found.length === 0 ? null : found.join(', ');
    }
    has(name) { return this.get(name) !== null; }
    forEach(then) { for (const [key, value] of this.#list) then(value, key, this); }
    entries() { return this.#list.map(([key, value]) => [key, value])[Symbol.iterator](); }
    [Symbol.iterator]() { return this.entries(); }
  }

  class Fetched {
    #body;
    #used = false;
    constructor(head) {
      this.status = head.status;
      this.ok = head.status >= 200 && head.status < 300;
      this.statusText = head.statusText;
      this.url = head.url;
      this.redirected = head.redirected;
      this.headers = new FetchedHeaders(head.headers);
      this.#body = head.body;
    }
    get bodyUsed() { return this.#used; }
    async *[Symbol.asyncIterator]() {
      if (this.#used) throw new TypeError('the body was read already');
      this.#used = true;
      let ended = false;
      try {
        while (!ended) {
          const [last, bytes] = await call('http.read', { body: this.#body });
          if (bytes === undefined) break;
          ended = last;
          yield bytes;
        }
        ended = true;
      } finally {
        if (!ended) await call('http.close', { body: this.#body });
      }
    }
    async bytes() {
      const parts = [];
      let length = 0;
      for await (const part of this) {
        parts.push(part);
        length += part.length;
      }
      if (parts.length === 1) return parts[0];
      const all = new Uint8Array(length);
      let at = 0;
      for (const part of parts) {
        all.set(part, at);
        at += part.length;
      }
      return all;
    }
    async arrayBuffer() { return (await this.bytes()).buffer; }
    async text() { return decode(await this.bytes()); }
    async json() { return JSON.parse(await this.text()); }
  }

  const fetch = async (input, init = {}) => {
    const { method = 'GET', headers, body, redirect } = init;
    const has_body = body !== undefined && body !== null;
    const name = String(method);
    const standard = name.toUpperCase();
    const known = ['DELETE', 'GET', 'HEAD', 'OPTIONS', 'POST', 'PUT'].includes(standard);
    const args = { url: String(input), method: known ? standard : name, headers: pairs(headers), redirect, has_body };
    if (has_body && typeof body === 'string' && !args.headers.some(([key]) => key.toLowerCase() === 'content-type')) {
      args.headers.push(['content-type', 'text/plain;charset=UTF-8']);
    }
    const [head] = await call('http.start', args, body);
    return new Fetched(head);
  };
  return { fetch };
};
