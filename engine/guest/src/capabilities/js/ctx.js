(host) => {
  'use strict';
  const { call, env, readEnv, defineProperty, freeze, Error, TypeError, Proxy, parse, stringify } = host;

  class CapabilityError extends Error {
    constructor(name, code, message) {
      super(message);
      defineProperty(this, 'name', { value: name, writable: true, configurable: true });
      defineProperty(this, 'code', { value: code, writable: true, configurable: true });
    }
  }
  class NotGranted extends CapabilityError {
    constructor(capability, why = 'not granted') {
      super('NotGranted', 'not_granted', `${capability}: ${why}`);
      defineProperty(this, 'capability', { value: capability, writable: true, configurable: true });
    }
  }
  const error = (name, code, message) => {
    if (name === 'NotGranted') {
      // The names of capabilities hold colons, but none before a space.
      const end = message.indexOf(': ');
      return new NotGranted(message.slice(0, end), message.slice(end + 2));
    }
    if (name === 'TypeError') return defineProperty(new TypeError(message), 'code', { value: code });
    return new CapabilityError(name, code, message);
  };

  const value = async (method, args, body) => (await call(method, args, body))[0];
  const contents = async (method, args, body) => (await call(method, args, body))[1];
  const text = (what, of) => {
    if (typeof what !== 'string') throw new TypeError(`${of} must be a string`);
    return what;
  };

  // An object with a member for every name: whether the name was granted shows in use, where the host knows.
  const named = (make) => new Proxy(freeze({ __proto__: null }), {
    made: { __proto__: null },
    get(_, name) {
      if (typeof name === 'symbol' || name === 'then' || name === 'toJSON') return undefined;
      return (this.made[name] ??= freeze(make(name)));
    },
    has: () => true,
    set() { throw new TypeError('capabilities cannot be changed'); },
    defineProperty() { throw new TypeError('capabilities cannot be changed'); },
    getOwnPropertyDescriptor: () => undefined,
    ownKeys: () => [],
  });

  const folder = (dir) => ({
    async readText(path) { return contents('dir.readText', { dir, path: text(path, 'path') }); },
    async readBytes(path) { return contents('dir.readBytes', { dir, path: text(path, 'path') }); },
    async writeText(path, what) { await value('dir.writeText', { dir, path: text(path, 'path') }, String(what)); },
    async writeBytes(path, what) { await value('dir.writeBytes', { dir, path: text(path, 'path') }, what); },
    async list(path = '') { return value('dir.list', { dir, path: text(path, 'path') }); },
    async stat(path = '') { return value('dir.stat', { dir, path: text(path, 'path') }); },
    async remove(path) { await value('dir.remove', { dir, path: text(path, 'path') }); },
    async mkdir(path) { await value('dir.mkdir', { dir, path: text(path, 'path') }); },
    async rename(path, to) { await value('dir.rename', { dir, path: text(path, 'path'), to: text(to, 'to') }); },
  });
  const entry = async (kv, key) => {
    const [version, json] = await call('kv.get', { kv, key: text(key, 'key') });
    return version === null ? undefined : { value: parse(json), version };
  };
  const namespace = (kv) => ({
    async get(key) { return (await entry(kv, key))?.value; },
    async entry(key) { return entry(kv, key); },
    async set(key, what, { ttlMs, ifVersion } = {}) {
      const json = stringify(what);
      if (typeof json !== 'string') throw new TypeError('the value must be one that JSON can hold');
      return value('kv.set', { kv, key: text(key, 'key'), ttlMs, ifVersion }, json);
    },
    async delete(key, { ifVersion } = {}) { return (await value('kv.delete', { kv, key: text(key, 'key'), ifVersion })) === true; },
    async list({ prefix = '', after, limit } = {}) {
      const { items, next } = await value('kv.list', { kv, prefix: text(prefix, 'prefix'), after, limit });
      return next === null ? { items } : { items, next };
    },
  });
  // As much of contents as a journal keeps.
  const PART = 1 << 20;
  const given = (what) => {
    if (what === undefined || what === null) throw new TypeError('contents must be a string or bytes');
    return what;
  };
  const store = (blob) => ({
    async head(key) { return value('blob.head', { blob, key: text(key, 'key') }); },
    async get(key) { return contents('blob.read', { blob, key: text(key, 'key') }); },
    async getText(key) { return contents('blob.readText', { blob, key: text(key, 'key') }); },
    async *stream(key) {
      text(key, 'key');
      for (let from = 0, etag; ;) {
        const [head, bytes] = await call('blob.read', { blob, key, from, most: PART, etag });
        etag = head.etag ?? undefined;
        from += bytes.length;
        if (bytes.length > 0) yield bytes;
        if (bytes.length === 0 || from >= head.size) return;
      }
    },
    async put(key, what) { await value('blob.put', { blob, key: text(key, 'key') }, given(what)); },
    async write(key, parts) {
      if (typeof parts === 'string') throw new TypeError('`write` takes parts; `put` takes a string');
      const upload = await value('blob.begin', { blob, key: text(key, 'key') });
      try {
        for await (const part of parts) await value('blob.part', { blob, key, upload }, given(part));
      } catch (failed) {
        try { await value('blob.abort', { blob, key, upload }); } catch {}
        throw failed;
      }
      await value('blob.finish', { blob, key, upload });
    },
    async delete(key) { await value('blob.delete', { blob, key: text(key, 'key') }); },
    async list({ prefix = '', after, limit } = {}) {
      const { items, next } = await value('blob.list', { blob, prefix: text(prefix, 'prefix'), after, limit });
      return next === null ? { items } : { items, next };
    },
  });
  const jobs = freeze({
    async submit(job) {
      const json = stringify(job);
      if (typeof json !== 'string') throw new TypeError('the job must be an object');
      return value('jobs.submit', {}, json);
    },
    await: async (id) => parse(await contents('jobs.await', { id: text(id, 'id') })),
    async cancel(id) { return value('jobs.cancel', { id: text(id, 'id') }); },
  });
  const progress = async (fraction, what = '') => { await value('progress.set', { fraction: +fraction, text: String(what) }); };
  const secrets = freeze({
    async get(name) { return contents('secrets.get', { name: text(name, 'name') }); },
  });
  const settings = () => new Proxy(freeze({ __proto__: null, ...env() }), {
    get(target, name) {
      if (typeof name === 'string' && name in target) readEnv(name);
      return target[name];
    },
  });

  let blob, dirs, kv, read;
  const powers = {
    get blob() { return (blob ??= named(store)); },
    get dirs() { return (dirs ??= named(folder)); },
    get kv() { return (kv ??= named(namespace)); },
    get env() { return (read ??= settings()); },
    jobs,
    secrets,
  };
  return { powers, progress, error, NotGranted };
};
