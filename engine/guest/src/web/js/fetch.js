// Headers, bodies, requests and responses; blobs, files and forms: <https://fetch.spec.whatwg.org>, <https://w3c.github.io/FileAPI>,
// <https://xhr.spec.whatwg.org/#interface-formdata>. Nothing here reaches the network.
(function (h) {
  'use strict';
  const { need, isObject, push, then, resolved, rejected, dictionary, TypeError, RangeError, idl, lower, upper, slice, indexOf, codeAt, usv, byteString } = h;
  const { on: streams } = h.use('streams');
  const { on: signals } = h.use('events');
  const { URLSearchParams, on: urls } = h.use('url');
  const { makeReadable } = streams;
  const secret = {};

  // ---- Headers

  const checkName = (name) => {
    name = byteString(name);
    if (!h.isToken(name)) throw new TypeError(`a header cannot be named ${h.stringifyJson(name)}`);
    return name;
  };
  const checkValue = (value) => {
    value = h.trimHttp(byteString(value));
    if (indexOf(value, '\0') >= 0 || indexOf(value, '\r') >= 0 || indexOf(value, '\n') >= 0) throw new TypeError('a header value has no NUL, CR or LF');
    return value;
  };
  let headersOf, newHeaders, isHeaders, sortedHeaders;
  // A list of `[name in lower case, value, name]`; `immutable` for what came from a server.
  class Headers {
    #list = []; #immutable = false; #sorted = null;
    constructor(init = undefined) {
      if (init === undefined) return;
      if (!isObject(init)) throw new TypeError('headers are made of pairs or of an object');
      this.#fill(init);
    }
    #fill(init) {
      const pairs = isHeaders(init) && init[h.iterator] === iterateHeaders ? sorted(init) : h.pairs(init, byteString, 'headers');
      for (let i = 0; i < pairs.length; i++) this.#add(checkName(pairs[i][0]), checkValue(pairs[i][1]));
    }
    #add(name, value) { push(this.#list, [lower(name), value, name]); this.#sorted = null; }
    #mutable() { if (this.#immutable) throw new TypeError('these headers cannot be changed'); }
    #get(name) {
      let value = null;
      const list = this.#list;
      for (let i = 0; i < list.length; i++) if (list[i][0] === name) value = value === null ? list[i][1] : `${value}, ${list[i][1]}`;
      return value;
    }
    #delete(name) {
      const rest = [], list = this.#list;
      for (let i = 0; i < list.length; i++) if (list[i][0] !== name) push(rest, list[i]);
      this.#list = rest;
      this.#sorted = null;
    }
    static {
      isHeaders = (value) => isObject(value) && #list in value;
      headersOf = {
        list: (headers) => headers.#list,
        get: (headers, name) => headers.#get(name),
        set: (headers, name, value) => { headers.#delete(lower(name)); headers.#add(name, value); },
        fill: (headers, init) => headers.#fill(init),
        delete: (headers, name) => headers.#delete(name),
      };
      newHeaders = (list, immutable) => {
        const headers = new Headers();
        for (let i = 0; i < list.length; i++) headers.#add(list[i][0], list[i][1]);
        headers.#immutable = immutable;
        return headers;
      };
      // As iteration has it: by name, values of one name joined, but each `Set-Cookie` alone.
      sortedHeaders = (headers) => {
        if (headers.#sorted !== null) return headers.#sorted;
        const list = headers.#list, names = [];
        for (let i = 0; i < list.length; i++) {
          let at = 0;
          while (at < names.length && names[at] !== list[i][0]) at++;
          if (at === names.length) push(names, list[i][0]);
        }
        h.sortStrings(names);
        const result = [];
        for (let i = 0; i < names.length; i++) {
          if (names[i] !== 'set-cookie') { push(result, [names[i], headers.#get(names[i])]); continue; }
          for (let j = 0; j < list.length; j++) if (list[j][0] === 'set-cookie') push(result, ['set-cookie', list[j][1]]);
        }
        return headers.#sorted = result;
      };
    }
    append(name, value) { need(arguments.length, 2, 'append'); name = checkName(name); value = checkValue(value); this.#mutable(); this.#add(name, value); }
    delete(name) { need(arguments.length, 1, 'delete'); name = lower(checkName(name)); this.#mutable(); this.#delete(name); }
    get(name) { need(arguments.length, 1, 'get'); return this.#get(lower(checkName(name))); }
    getSetCookie() {
      const result = [], list = this.#list;
      for (let i = 0; i < list.length; i++) if (list[i][0] === 'set-cookie') push(result, list[i][1]);
      return result;
    }
    has(name) { need(arguments.length, 1, 'has'); return this.#get(lower(checkName(name))) !== null; }
    set(name, value) {
      need(arguments.length, 2, 'set');
      name = checkName(name);
      value = checkValue(value);
      this.#mutable();
      // In the place of the first that has the name.
      const key = lower(name), list = this.#list, rest = [];
      let done = false;
      for (let i = 0; i < list.length; i++) {
        if (list[i][0] !== key) push(rest, list[i]);
        else if (!done) { push(rest, [key, value, name]); done = true; }
      }
      if (!done) push(rest, [key, value, name]);
      this.#list = rest;
      this.#sorted = null;
    }
  }
  const sorted = (headers) => { if (!isHeaders(headers)) throw new TypeError('not a Headers'); return sortedHeaders(headers); };
  h.pairIterable(Headers, sorted, 'Headers');
  const iterateHeaders = Headers.prototype.entries;
  idl(Headers, 'Headers');

  // ---- Blobs

  let blobOf, isBlob;
  const blobType = (type) => {
    type = `${type}`;
    for (let i = 0; i < type.length; i++) { const code = codeAt(type, i); if (code < 0x20 || code > 0x7e) return ''; }
    return lower(type);
  };
  const clamp = (value, preset, size) => {
    if (value === undefined) return preset;
    value = +value;
    if (value !== value) value = 0;
    value = value < 0 ? size + value : value;
    value = value < 0 ? 0 : value > size ? size : value;
    return value - (value % 1);
  };
  class Blob {
    #bytes; #type = '';
    constructor(parts = undefined, options = undefined) {
      if (parts === secret) { this.#bytes = options.bytes; this.#type = options.type; return; }
      const list = parts === undefined ? [] : h.sequence(parts), chunks = [];
      options = dictionary(options, 'BlobPropertyBag');
      const { endings = 'transparent', type = '' } = options;
      const ending = `${endings}`;
      if (ending !== 'transparent' && ending !== 'native') throw new TypeError('`endings` must be "transparent" or "native"');
      for (let i = 0; i < list.length; i++) {
        const part = list[i];
        if (isBlob(part)) push(chunks, part.#bytes);
        else if (h.isBufferSource(part)) push(chunks, h.copyBytes(part));
        else push(chunks, h.utf8(ending === 'native' ? h.nativeEndings(`${part}`) : `${part}`));
      }
      this.#bytes = chunks.length === 1 ? chunks[0] : h.concatBytes(chunks);
      this.#type = blobType(type);
    }
    static {
      isBlob = (value) => isObject(value) && #bytes in value;
      blobOf = { bytes: (blob) => blob.#bytes, type: (blob) => blob.#type };
    }
    get size() { return h.layout(this.#bytes).length; }
    get type() { return this.#type; }
    slice(start = undefined, end = undefined, type = '') {
      const size = h.layout(this.#bytes).length, from = clamp(start, 0, size), to = clamp(end, size, size);
      return new Blob(secret, { bytes: h.copyBytes(this.#bytes, from, to), type: blobType(type) });
    }
    arrayBuffer() { try { return resolved(h.layout(h.copyBytes(this.#bytes)).buffer); } catch (error) { return rejected(error); } }
    bytes() { try { return resolved(h.copyBytes(this.#bytes)); } catch (error) { return rejected(error); } }
    text() { try { return resolved(h.fromUtf8(this.#bytes)); } catch (error) { return rejected(error); } }
    stream() { return chunked(this.#bytes); }
  }
  idl(Blob, 'Blob');
  // Bytes as a stream of chunks, each a copy.
  const chunkSize = 65536;
  const chunked = (bytes) => {
    const size = h.layout(bytes).length;
    let at = 0;
    return makeReadable({
      byte: true,
      pull: (c) => {
        if (at < size) {
          streams.controllerEnqueue(c, h.copyBytes(bytes, at, at + chunkSize));
          at += chunkSize;
        }
        if (at >= size) streams.controllerFinish(c);
      },
    });
  };
  let isFile;
  class File extends Blob {
    #name; #lastModified;
    static { isFile = (value) => isObject(value) && #name in value; }
    constructor(parts, name, options = undefined) {
      need(arguments.length, 2, 'File');
      if (parts === secret) { super(secret, options); this.#name = name; this.#lastModified = options.lastModified; return; }
      super(parts, options);
      this.#name = usv(name);
      const { lastModified } = dictionary(options, 'FilePropertyBag');
      this.#lastModified = lastModified === undefined ? undefined : h.integer(lastModified);
    }
    get name() { return this.#name; }
    // Without one the time is read when first asked for: a file made while a script loads must not tie its image to one run.
    get lastModified() { return this.#lastModified ??= h.integer(h.now()); }
    get webkitRelativePath() { this.#name; return ''; }
  }
  idl(File, 'File');

  // ---- Forms

  let formOf, isForm;
  const entryValue = (value, filename, given) => {
    if (!isBlob(value)) { if (given) throw new TypeError('a file name needs a Blob'); return usv(value); }
    if (isFile(value) && !given) return value;
    const lastModified = isFile(value) ? value.lastModified : undefined;
    return new File(secret, given ? usv(filename) : 'blob', { bytes: blobOf.bytes(value), type: blobOf.type(value), lastModified });
  };
  class FormData {
    #entries = [];
    constructor(form = undefined) {
      if (form !== undefined) throw new TypeError('there are no HTML forms here');
    }
    static {
      isForm = (value) => isObject(value) && #entries in value;
      formOf = (form) => { if (!isForm(form)) throw new TypeError('not a FormData'); return form.#entries; };
    }
    append(name, value, filename = undefined) {
      need(arguments.length, 2, 'append');
      push(this.#entries, [usv(name), entryValue(value, filename, arguments.length > 2)]);
    }
    delete(name) {
      need(arguments.length, 1, 'delete');
      name = usv(name);
      const rest = [];
      for (let i = 0; i < this.#entries.length; i++) if (this.#entries[i][0] !== name) push(rest, this.#entries[i]);
      this.#entries = rest;
    }
    get(name) {
      need(arguments.length, 1, 'get');
      name = usv(name);
      for (let i = 0; i < this.#entries.length; i++) if (this.#entries[i][0] === name) return this.#entries[i][1];
      return null;
    }
    getAll(name) {
      need(arguments.length, 1, 'getAll');
      name = usv(name);
      const all = [];
      for (let i = 0; i < this.#entries.length; i++) if (this.#entries[i][0] === name) push(all, this.#entries[i][1]);
      return all;
    }
    has(name) {
      need(arguments.length, 1, 'has');
      name = usv(name);
      for (let i = 0; i < this.#entries.length; i++) if (this.#entries[i][0] === name) return true;
      return false;
    }
    set(name, value, filename = undefined) {
      need(arguments.length, 2, 'set');
      name = usv(name);
      value = entryValue(value, filename, arguments.length > 2);
      const rest = [];
      let done = false;
      for (let i = 0; i < this.#entries.length; i++) {
        if (this.#entries[i][0] !== name) push(rest, this.#entries[i]);
        else if (!done) { push(rest, [name, value]); done = true; }
      }
      if (!done) push(rest, [name, value]);
      this.#entries = rest;
    }
  }
  h.pairIterable(FormData, formOf, 'FormData');
  idl(FormData, 'FormData');

  const multipart = (entries) => {
    const boundary = `----formdata-ampoule-${h.randomDigits()}`, chunks = [];
    for (let i = 0; i < entries.length; i++) {
      const name = entries[i][0], value = entries[i][1];
      let head = `--${boundary}\r\nContent-Disposition: form-data; name="${h.quoteForm(h.crlf(name))}"`;
      if (typeof value === 'string') push(chunks, h.utf8(`${head}\r\n\r\n${h.crlf(value)}\r\n`));
      else {
        head += `; filename="${h.quoteForm(value.name)}"\r\nContent-Type: ${blobOf.type(value) || 'application/octet-stream'}\r\n\r\n`;
        push(chunks, h.utf8(head));
        push(chunks, blobOf.bytes(value));
        push(chunks, h.utf8('\r\n'));
      }
    }
    push(chunks, h.utf8(`--${boundary}--\r\n`));
    return { bytes: h.concatBytes(chunks), type: `multipart/form-data; boundary=${boundary}` };
  };
  const parseForm = (bytes, type) => {
    const essence = h.mimeEssence(type ?? ''), form = new FormData();
    if (essence === 'application/x-www-form-urlencoded') {
      const pairs = h.parseQuery(h.fromUtf8(bytes));
      for (let i = 0; i < pairs.length; i++) push(formOf(form), [pairs[i][0], pairs[i][1]]);
      return form;
    }
    if (essence !== 'multipart/form-data') throw new TypeError(`a body of type ${h.stringifyJson(type ?? '')} is no form`);
    const boundary = h.mimeParameter(type, 'boundary');
    const parts = boundary === null ? null : h.parseMultipart(bytes, boundary);
    if (parts === null) throw new TypeError('the body is no well-formed multipart/form-data');
    for (let i = 0; i < parts.length; i++) {
      const { name, filename, type, bytes } = parts[i];
      push(formOf(form), [name, filename === null ? h.fromUtf8(bytes) : new File(secret, filename, { bytes, type: blobType(type), lastModified: undefined })]);
    }
    return form;
  };

  // ---- Bodies

  // `{bytes, stream, type, used, source}`: the stream of `bytes`, or of a `source` as `response` takes it, is made when asked for.
  const extract = (value) => {
    if (value === null || value === undefined) return { bytes: null, stream: null, type: null, used: false };
    let bytes, type = null;
    if (streams.isReadable(value)) {
      if (streams.isLocked(value) || streams.isDisturbed(value)) throw new TypeError('the stream of a body must be neither locked nor read from');
      return { bytes: null, stream: value, type: null, used: false };
    }
    if (isBlob(value)) { bytes = blobOf.bytes(value); type = blobOf.type(value) || null; }
    else if (h.isBufferSource(value)) bytes = h.copyBytes(value);
    else if (isForm(value)) ({ bytes, type } = multipart(formOf(value)));
    else if (urls.isParams(value)) { bytes = h.utf8(urls.serialize(value)); type = 'application/x-www-form-urlencoded;charset=UTF-8'; }
    else { bytes = h.utf8(usv(value)); type = 'text/plain;charset=UTF-8'; }
    return { bytes, stream: null, type, used: false };
  };
  const streamOf = (body) => {
    if (body.stream !== null) return body.stream;
    if (body.bytes !== null) body.stream = chunked(body.bytes);
    else if (body.source !== undefined) body.stream = body.used ? streams.spent() : pulled(body.source);
    return body.stream;
  };
  const pulled = ({ pull, cancel }) => {
    const more = (c) => then(pull(), ({ bytes }) => {
      if (bytes === undefined) streams.controllerFinish(c);
      else if (h.layout(bytes).length > 0) streams.controllerEnqueue(c, bytes);
      else return more(c);
    });
    return makeReadable({ byte: true, cancel, pull: more });
  };
  const isUsed = (body) => body.used || (body.stream !== null && streams.isDisturbed(body.stream));
  const isUnusable = (body) => isUsed(body) || (body.stream !== null && streams.isLocked(body.stream));
  // `convert` gets bytes, and whether nobody else has them.
  const consume = (body, convert) => {
    if (isUnusable(body)) return rejected(new TypeError('the body was read already, or is locked'));
    try {
      if (body.stream === null) {
        if (body.source !== undefined) {
          // Nobody has taken the stream, so none is made.
          body.used = true;
          return then(body.source.whole(), ({ bytes }) => convert(bytes, true));
        }
        if (body.bytes === null) return resolved(convert(h.newBytes(0), true));
        body.used = true;
        return resolved(convert(body.bytes, false));
      }
      return then(streams.readAll(body.stream), ({ bytes }) => convert(bytes, false));
    } catch (error) { return rejected(error); }
  };
  const cloneBody = (body) => {
    if (body.stream === null && body.source === undefined) return { bytes: body.bytes, stream: null, type: body.type, used: false };
    const branches = streams.tee(streamOf(body), true);
    body.stream = branches[0];
    body.bytes = null;
    return { bytes: null, stream: branches[1], type: body.type, used: false };
  };
  const owned = (bytes, own) => (own ? bytes : h.copyBytes(bytes));
  const contentType = (headers) => headersOf.get(headers, 'content-type');
  // `of` gives `{body, headers}` of an object that has a body.
  const bodied = (Class, of) => {
    const safely = (object, convert) => {
      let record;
      try { record = of(object); } catch (error) { return rejected(error); }
      return consume(record.body, (bytes, own) => convert(bytes, own, record));
    };
    h.methods(Class.prototype, {
      __proto__: null,
      get body() { return streamOf(of(this).body); },
      get bodyUsed() { return isUsed(of(this).body); },
      arrayBuffer() { return safely(this, (bytes, own) => h.layout(owned(bytes, own)).buffer); },
      blob() { return safely(this, (bytes, own, { headers }) => new Blob(secret, { bytes: owned(bytes, own), type: blobType(contentType(headers) ?? '') })); },
      bytes() { return safely(this, owned); },
      formData() { return safely(this, (bytes, own, { headers }) => parseForm(bytes, contentType(headers))); },
      json() { return safely(this, (bytes) => h.parseJson(h.fromUtf8(bytes))); },
      text() { return safely(this, (bytes) => h.fromUtf8(bytes)); },
    });
  };

  // ---- Responses

  let responseOf, isResponse;
  const nullBody = (status) => status === 101 || status === 103 || status === 204 || status === 205 || status === 304;
  const responseRecord = (fields) => ({
    type: 'default', url: '', redirected: false, status: 200, statusText: '', headers: null, body: extract(null), ...fields,
  });
  const makeResponse = (fields) => new Response(secret, responseRecord(fields));
  const initResponse = (r, init, body) => {
    init = dictionary(init, 'ResponseInit');
    const { headers, status = 200, statusText = '' } = init;
    const code = h.unsignedShort(status);
    if (code < 200 || code > 599) throw new RangeError('the status of a response is a number from 200 to 599');
    const reason = byteString(statusText);
    if (!h.isReasonPhrase(reason)) throw new TypeError('the status text has a character that HTTP does not allow');
    r.status = code;
    r.statusText = reason;
    r.headers = new Headers(headers);
    if (body !== null) {
      if (nullBody(code)) throw new TypeError(`a response with status ${code} has no body`);
      r.body = body;
      if (body.type !== null && headersOf.get(r.headers, 'content-type') === null) headersOf.set(r.headers, 'Content-Type', body.type);
    }
  };
  class Response {
    #r;
    constructor(body = null, init = undefined) {
      if (body === secret) { this.#r = init; return; }
      this.#r = responseRecord({ __proto__: null });
      initResponse(this.#r, init, body === null || body === undefined ? null : extract(body));
    }
    static {
      isResponse = (value) => isObject(value) && #r in value;
      responseOf = (response) => { if (!isResponse(response)) throw new TypeError('not a Response'); return response.#r; };
    }
    static error() { return makeResponse({ type: 'error', status: 0, headers: newHeaders([], true) }); }
    static json(data, init = undefined) {
      need(arguments.length, 1, 'Response.json');
      const text = h.stringifyJson(data);
      if (text === undefined) throw new TypeError('the value has no JSON');
      const r = responseRecord({ __proto__: null });
      initResponse(r, init, { bytes: h.utf8(text), stream: null, type: 'application/json', used: false });
      return new Response(secret, r);
    }
    static redirect(url, status = 302) {
      need(arguments.length, 1, 'Response.redirect');
      const href = urls.parse(usv(url)), code = h.unsignedShort(status);
      if (code !== 301 && code !== 302 && code !== 303 && code !== 307 && code !== 308) throw new RangeError('the status of a redirect is 301, 302, 303, 307 or 308');
      return makeResponse({ status: code, headers: newHeaders([['location', href]], true) });
    }
    get type() { return this.#r.type; }
    get url() { return this.#r.url; }
    get redirected() { return this.#r.redirected; }
    get status() { return this.#r.status; }
    get ok() { return this.#r.status >= 200 && this.#r.status < 300; }
    get statusText() { return this.#r.statusText; }
    get headers() { return this.#r.headers; }
    clone() {
      const r = this.#r;
      if (isUnusable(r.body)) throw new TypeError('the body was read already, or is locked');
      return makeResponse({ ...r, headers: newHeaders(pairsOf(r.headers), false), body: cloneBody(r.body) });
    }
  }
  const pairsOf = (headers) => {
    const list = headersOf.list(headers), pairs = [];
    for (let i = 0; i < list.length; i++) push(pairs, [list[i][2], list[i][1]]);
    return pairs;
  };
  bodied(Response, responseOf);
  idl(Response, 'Response');

  // ---- Requests

  let requestOf, isRequest;
  const choice = (value, allowed, name) => {
    value = `${value}`;
    for (let i = 0; i < allowed.length; i++) if (allowed[i] === value) return value;
    throw new TypeError(`\`${name}\` cannot be ${h.stringifyJson(value)}`);
  };
  const checkMethod = (method) => {
    method = byteString(method);
    const known = upper(method);
    if (!h.isToken(method)) throw new TypeError(`${h.stringifyJson(method)} is no HTTP method`);
    if (known === 'CONNECT' || known === 'TRACE' || known === 'TRACK') throw new TypeError(`the method ${known} is forbidden`);
    return known === 'GET' || known === 'HEAD' || known === 'POST' || known === 'PUT' || known === 'DELETE' || known === 'OPTIONS' ? known : method;
  };
  class Request {
    #r;
    constructor(input, init = undefined) {
      need(arguments.length, 1, 'Request');
      if (input === secret) { this.#r = init; return; }
      const o = dictionary(init, 'RequestInit');
      const r = this.#r = {
        method: 'GET', url: '', headers: null, body: extract(null), signal: null, cache: 'default', credentials: 'same-origin', integrity: '', keepalive: false, mode: 'cors',
        redirect: 'follow', referrer: 'about:client', referrerPolicy: '', duplex: 'half', destination: '',
      };
      let signal = null, inherited = null;
      if (isRequest(input)) {
        const other = inherited = input.#r;
        r.method = other.method; r.url = other.url; r.cache = other.cache; r.credentials = other.credentials; r.integrity = other.integrity; r.keepalive = other.keepalive;
        r.mode = other.mode; r.redirect = other.redirect; r.referrer = other.referrer; r.referrerPolicy = other.referrerPolicy;
        signal = other.signal;
      } else {
        r.url = urls.parse(usv(input));
        if (urls.hasCredentials(r.url)) {
          const error = new TypeError('the URL of a request must have no user name or password; send an `authorization` header');
          h.define(error, 'code', 'url_credentials');
          throw error;
        }
      }
      const { body, cache, credentials, duplex, headers, integrity, keepalive, method, mode, redirect, referrer, referrerPolicy, signal: wanted } = o;
      if (mode !== undefined) r.mode = choice(mode, ['same-origin', 'no-cors', 'cors'], 'mode');
      if (credentials !== undefined) r.credentials = choice(credentials, ['omit', 'same-origin', 'include'], 'credentials');
      if (cache !== undefined) r.cache = choice(cache, ['default', 'no-store', 'reload', 'no-cache', 'force-cache', 'only-if-cached'], 'cache');
      if (redirect !== undefined) r.redirect = choice(redirect, ['follow', 'error', 'manual'], 'redirect');
      if (referrer !== undefined) r.referrer = usv(referrer);
      if (referrerPolicy !== undefined) {
        r.referrerPolicy = choice(referrerPolicy, ['', 'no-referrer', 'no-referrer-when-downgrade', 'same-origin', 'origin', 'strict-origin', 'origin-when-cross-origin',
          'strict-origin-when-cross-origin', 'unsafe-url'], 'referrerPolicy');
      }
      if (integrity !== undefined) r.integrity = `${integrity}`;
      if (keepalive !== undefined) r.keepalive = !!keepalive;
      if (duplex !== undefined) choice(duplex, ['half'], 'duplex');
      if (method !== undefined) r.method = checkMethod(method);
      if (wanted !== undefined) {
        if (wanted !== null && !signals.isSignal(wanted)) throw new TypeError('`signal` must be an AbortSignal');
        signal = wanted;
      }
      r.signal = signals.makeSignal();
      if (signal !== null) {
        if (signals.signalAborted(signal)) signals.abort(r.signal, signals.signalReason(signal));
        else signals.onAbort(signal, () => signals.abort(r.signal, signals.signalReason(signal)));
      }
      r.headers = headers === undefined ? newHeaders(inherited === null ? [] : pairsOf(inherited.headers), false) : new Headers(headers);
      const given = body !== undefined && body !== null;
      const carried = inherited !== null && (inherited.body.bytes !== null || inherited.body.stream !== null);
      if ((given || (carried && body === undefined)) && (r.method === 'GET' || r.method === 'HEAD')) throw new TypeError(`a request with method ${r.method} has no body`);
      if (given) {
        r.body = extract(body);
        if (r.body.stream !== null && duplex === undefined) throw new TypeError('a body that is a stream needs `duplex: "half"`');
        if (r.body.type !== null && headersOf.get(r.headers, 'content-type') === null) headersOf.set(r.headers, 'Content-Type', r.body.type);
      } else if (carried && body === undefined) {
        if (isUnusable(inherited.body)) throw new TypeError('the body was read already, or is locked');
        r.body = { bytes: inherited.body.bytes, stream: inherited.body.stream, type: inherited.body.type, used: false };
        if (r.body.stream !== null) r.body.stream = streams.proxy(r.body.stream);
        inherited.body.used = true;
      }
    }
    static {
      isRequest = (value) => isObject(value) && #r in value;
      requestOf = (request) => { if (!isRequest(request)) throw new TypeError('not a Request'); return request.#r; };
    }
    get method() { return this.#r.method; }
    get url() { return this.#r.url; }
    get headers() { return this.#r.headers; }
    get destination() { return this.#r.destination; }
    get referrer() { return this.#r.referrer; }
    get referrerPolicy() { return this.#r.referrerPolicy; }
    get mode() { return this.#r.mode; }
    get credentials() { return this.#r.credentials; }
    get cache() { return this.#r.cache; }
    get redirect() { return this.#r.redirect; }
    get integrity() { return this.#r.integrity; }
    get keepalive() { return this.#r.keepalive; }
    get signal() { return this.#r.signal; }
    get duplex() { return this.#r.duplex; }
    clone() {
      const r = this.#r;
      if (isUnusable(r.body)) throw new TypeError('the body was read already, or is locked');
      const signal = signals.makeSignal();
      if (signals.signalAborted(r.signal)) signals.abort(signal, signals.signalReason(r.signal));
      else signals.onAbort(r.signal, () => signals.abort(signal, signals.signalReason(r.signal)));
      return new Request(secret, { ...r, headers: newHeaders(pairsOf(r.headers), false), body: cloneBody(r.body), signal });
    }
  }
  bodied(Request, requestOf);
  idl(Request, 'Request');

  return {
    __proto__: null, Headers, Blob, File, FormData, Response, Request,
    on: {
      __proto__: null, isBlob, isFile, isResponse, isRequest, blobOf, requestOf, pairsOf,
      // A copy for structuredClone; undefined for what has none.
      clone: (object) => (isFile(object) ? new File(secret, object.name, { bytes: blobOf.bytes(object), type: blobOf.type(object), lastModified: object.lastModified })
        : isBlob(object) ? new Blob(secret, { bytes: blobOf.bytes(object), type: blobOf.type(object) }) : undefined),
      newBlob: (bytes, type) => new Blob(secret, { bytes, type }),
      newFile: (bytes, type, name, lastModified) => new File(secret, name, { bytes, type, lastModified }),
      // Where `fetch` hangs itself up. `request(input, init)` gives what was asked as plain data; its `body` is a Uint8Array, a ReadableStream or null.
      request: (input, init) => {
        const object = new Request(input, init), r = requestOf(object);
        return { __proto__: null, method: r.method, url: r.url, headers: pairsOf(r.headers), redirect: r.redirect, signal: r.signal, body: r.body.stream ?? r.body.bytes };
      },
      nullBody,
      // `response(meta, source)`: a Response of `{status, statusText, headers: [[name, value]…], url, redirected}`, none of it checked, whose body comes from `source.pull()`:
      // it promises `{bytes}`, the next Uint8Array or undefined at the end. `source.cancel(reason)` is called when nobody wants the rest; `source.whole()`, instead of both, promises
      // all `{bytes}`, which are nobody else's. Without a source there is no body.
      response: (meta, source) => {
        const { status, statusText, headers, url, redirected } = meta;
        const body = { bytes: null, stream: null, type: null, used: false, source: source === null || nullBody(status) ? undefined : source };
        return makeResponse({ type: 'basic', status, statusText, headers: newHeaders(headers, true), url, redirected, body });
      },
    },
  };
})
