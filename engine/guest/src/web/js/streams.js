// Readable, writable and transform streams: <https://streams.spec.whatwg.org>. The names of functions are those of its abstract operations, shortened.
// Each object of a script keeps one record, and the operations work on records.
(function (h) {
  'use strict';
  const { need, isObject, call, apply, push, then, resolved, rejected, deferred, handled, dictionary, TypeError, RangeError, idl } = h;
  const { isSignal, signalAborted, signalReason, onAbort, makeSignal, abort: abortSignal } = h.use('events').on;
  const secret = {};
  const noop = () => {};
  const guard = (key) => { if (key !== secret) throw new TypeError('Illegal constructor'); };

  // A queue of records: first in, first out.
  const queue = () => ({ head: null, tail: null, length: 0, total: 0 });
  const put = (q, value, size) => {
    const node = { value, size, next: null };
    if (q.tail === null) q.head = node; else q.tail.next = node;
    q.tail = node;
    q.length++;
    q.total += size;
  };
  const take = (q) => {
    const node = q.head;
    q.head = node.next;
    if (q.head === null) q.tail = null;
    q.length--;
    q.total -= node.size;
    if (q.total < 0 || q.length === 0) q.total = 0;
    return node.value;
  };
  const reset = (q) => { q.head = q.tail = null; q.length = q.total = 0; };

  const callPromise = (f, self, args) => {
    try { return resolved(apply(f, self, args)); } catch (error) { return rejected(error); }
  };
  const method = (object, name) => {
    const f = object[name];
    if (f === undefined) return undefined;
    if (typeof f !== 'function') throw new TypeError(`\`${name}\` must be a function`);
    return f;
  };
  const highWater = (strategy, preset) => {
    if (strategy.highWaterMark === undefined) return preset;
    const mark = +strategy.highWaterMark;
    if (mark !== mark || mark < 0) throw new RangeError('highWaterMark must be a number that is not negative');
    return mark;
  };
  const sizeOf = (strategy) => {
    const size = method(strategy, 'size');
    return size === undefined ? () => 1 : (chunk) => +call(size, undefined, chunk);
  };
  const checkSize = (size) => {
    if (!(size >= 0) || size === Infinity) throw new RangeError('the size of a chunk must be a finite number that is not negative');
    return size;
  };

  // ---- Readable streams

  let rsOf, isReadable;
  const readableRecord = () => ({ object: null, state: 'readable', reader: null, error: undefined, disturbed: false, controller: null });

  const readableClose = (s) => {
    s.state = 'closed';
    const { reader } = s;
    if (reader === null) return;
    reader.closed.resolve(undefined);
    if (!reader.byob) while (reader.requests.length) take(reader.requests).close();
  };
  const readableError = (s, error) => {
    s.state = 'errored';
    s.error = error;
    const { reader } = s;
    if (reader === null) return;
    reader.closed.reject(error);
    handled(reader.closed.promise);
    while (reader.requests.length) take(reader.requests).error(error);
  };
  const readableCancel = (s, reason) => {
    s.disturbed = true;
    if (s.state === 'closed') return resolved(undefined);
    if (s.state === 'errored') return rejected(s.error);
    readableClose(s);
    const { reader } = s;
    if (reader !== null && reader.byob) while (reader.requests.length) take(reader.requests).close(undefined);
    return then(s.controller.cancelSteps(reason), noop);
  };

  // What default and byte controllers have in common; the rest of a byte controller is in `bytes`.
  const controllerRecord = (stream, byte) => ({
    object: null, stream, byte, queue: queue(), started: false, closeRequested: false, pulling: false, pullAgain: false,
    highWaterMark: 0, size: null, pull: null, cancel: null, autoAllocate: undefined, request: null, pendingPulls: null, cancelSteps: null, pullSteps: null, releaseSteps: noop,
  });
  const clearAlgorithms = (c) => { c.pull = c.cancel = c.size = null; };
  const desiredSize = (c) => {
    const { state } = c.stream;
    return state === 'errored' ? null : state === 'closed' ? 0 : c.highWaterMark - c.queue.total;
  };
  const canEnqueue = (c) => !c.closeRequested && c.stream.state === 'readable';
  const shouldPull = (c) => {
    const { stream } = c;
    if (stream.state !== 'readable' || c.closeRequested || !c.started) return false;
    if (stream.reader !== null && stream.reader.requests.length > 0) return true;
    return desiredSize(c) > 0;
  };
  const callPull = (c) => {
    if (!shouldPull(c)) return;
    if (c.pulling) { c.pullAgain = true; return; }
    c.pulling = true;
    then((0, c.pull)(), () => {
      c.pulling = false;
      if (c.pullAgain) { c.pullAgain = false; callPull(c); }
    }, (error) => controllerError(c, error));
  };
  const controllerError = (c, error) => {
    if (c.stream.state !== 'readable') return;
    if (c.pendingPulls !== null) bytes.clearPending(c);
    reset(c.queue);
    clearAlgorithms(c);
    readableError(c.stream, error);
  };
  const controllerClose = (c) => {
    if (c.byte) return bytes.close(c);
    if (!canEnqueue(c)) return;
    c.closeRequested = true;
    if (c.queue.length === 0) { clearAlgorithms(c); readableClose(c.stream); }
  };
  const controllerEnqueue = (c, chunk) => {
    if (c.byte) return bytes.enqueue(c, chunk);
    if (!canEnqueue(c)) return;
    const { reader } = c.stream;
    if (reader !== null && reader.requests.length > 0) take(reader.requests).chunk(chunk);
    else {
      try {
        const size = (0, c.size)(chunk);
        put(c.queue, chunk, checkSize(size));
      } catch (error) {
        controllerError(c, error);
        throw error;
      }
    }
    callPull(c);
  };
  // Sets up a stream; the algorithms are functions without `this`, `pull` and `cancel` give promises.
  const setUp = (s, { byte, start, pull, cancel, highWaterMark, size, autoAllocate }) => {
    const c = s.controller = controllerRecord(s, byte);
    c.highWaterMark = highWaterMark;
    c.size = size;
    c.pull = pull;
    c.cancel = cancel;
    if (byte) bytes.setUp(c, autoAllocate);
    else {
      c.cancelSteps = (reason) => {
        reset(c.queue);
        const result = (0, c.cancel)(reason);
        clearAlgorithms(c);
        return result;
      };
      c.pullSteps = (request) => {
        if (c.queue.length === 0) { put(s.reader.requests, request, 0); callPull(c); return; }
        const chunk = take(c.queue);
        if (c.closeRequested && c.queue.length === 0) { clearAlgorithms(c); readableClose(s); } else callPull(c);
        request.chunk(chunk);
      };
    }
    c.object = byte ? new ReadableByteStreamController(secret, c) : new ReadableStreamDefaultController(secret, c);
    const startResult = start(c.object);
    then(resolved(startResult), () => { c.started = true; callPull(c); }, (error) => controllerError(c, error));
    return c;
  };
  // A stream of our own: `pull(controller)` and `cancel(reason)` may give promises.
  const makeReadable = ({ start, pull, cancel, highWaterMark, byte }) => {
    const s = readableRecord();
    s.object = new ReadableStream(secret, s);
    const c = setUp(s, {
      byte: byte === true, start: () => (start === undefined ? undefined : start(c)), highWaterMark: highWaterMark ?? (byte ? 0 : 1), size: () => 1, autoAllocate: undefined,
      pull: () => { if (pull === undefined) return resolved(undefined); try { return resolved(pull(s.controller)); } catch (error) { return rejected(error); } },
      cancel: (reason) => { if (cancel === undefined) return resolved(undefined); try { return resolved(cancel(reason)); } catch (error) { return rejected(error); } },
    });
    return s.object;
  };

  // ---- Readers

  const attach = (r, s) => {
    if (s.reader !== null) throw new TypeError('the stream is locked to a reader already');
    r.stream = s;
    s.reader = r;
    r.closed = deferred();
    if (s.state === 'closed') r.closed.resolve(undefined);
    else if (s.state === 'errored') { r.closed.reject(s.error); handled(r.closed.promise); }
  };
  const readerRecord = (byob) => ({ object: null, stream: null, closed: null, requests: queue(), byob });
  const acquire = (s) => {
    const r = readerRecord(false);
    attach(r, s);
    return r;
  };
  const release = (r) => {
    const s = r.stream;
    if (s === null) return;
    const error = new TypeError('the reader was released');
    if (s.state === 'readable') r.closed.reject(error);
    else { r.closed = deferred(); r.closed.reject(error); }
    handled(r.closed.promise);
    s.controller.releaseSteps();
    s.reader = null;
    r.stream = null;
    const { requests } = r;
    r.requests = queue();
    while (requests.length) take(requests).error(error);
  };
  const readInto = (r, request) => {
    const s = r.stream;
    s.disturbed = true;
    if (s.state === 'closed') request.close();
    else if (s.state === 'errored') request.error(s.error);
    else s.controller.pullSteps(request);
  };
  const readPromise = (r) => {
    const { promise, resolve, reject } = deferred();
    readInto(r, {
      chunk: (value) => resolve({ value, done: false }),
      close: () => resolve({ value: undefined, done: true }),
      error: reject,
    });
    return promise;
  };
  const readerCancel = (r, reason) => (r.stream === null ? rejected(new TypeError('the reader was released')) : readableCancel(r.stream, reason));

  class ReadableStreamDefaultReader {
    #r;
    constructor(stream) {
      need(arguments.length, 1, 'ReadableStreamDefaultReader');
      this.#r = arguments[1] === secret ? stream : readerRecord(false);
      if (arguments[1] !== secret) attach(this.#r, rsOf(stream));
    }
    get closed() { try { return this.#r.closed.promise; } catch (error) { return rejected(error); } }
    cancel(reason = undefined) { try { return readerCancel(this.#r, reason); } catch (error) { return rejected(error); } }
    read() {
      try {
        if (this.#r.stream === null) throw new TypeError('the reader was released');
        return readPromise(this.#r);
      } catch (error) { return rejected(error); }
    }
    releaseLock() { release(this.#r); }
  }
  idl(ReadableStreamDefaultReader, 'ReadableStreamDefaultReader');

  class ReadableStreamDefaultController {
    #c;
    constructor(key, c) { guard(key); this.#c = c; }
    get desiredSize() { return desiredSize(this.#c); }
    close() {
      if (!canEnqueue(this.#c)) throw new TypeError('the stream is closed, or errored, or about to close');
      controllerClose(this.#c);
    }
    enqueue(chunk = undefined) {
      if (!canEnqueue(this.#c)) throw new TypeError('the stream is closed, or errored, or about to close');
      controllerEnqueue(this.#c, chunk);
    }
    error(error = undefined) { controllerError(this.#c, error); }
  }
  idl(ReadableStreamDefaultController, 'ReadableStreamDefaultController');

  // ---- Byte streams

  const bytes = {
    __proto__: null,
    setUp(c, autoAllocate) {
      c.autoAllocate = autoAllocate;
      c.pendingPulls = queue();
      const s = c.stream;
      c.cancelSteps = (reason) => {
        bytes.clearPending(c);
        reset(c.queue);
        const result = (0, c.cancel)(reason);
        clearAlgorithms(c);
        return result;
      };
      c.pullSteps = (request) => {
        if (c.queue.total > 0) { bytes.fillRead(c, request); return; }
        if (c.autoAllocate !== undefined) {
          let buffer;
          try { buffer = h.layout(h.newBytes(c.autoAllocate)).buffer; } catch (error) { request.error(error); return; }
          put(c.pendingPulls, bytes.descriptor(buffer, 0, c.autoAllocate, 1, 1, 'Uint8Array', 'default'), 0);
        }
        put(s.reader.requests, request, 0);
        callPull(c);
      };
      // What was asked of a reader that went away is for the next one.
      c.releaseSteps = () => {
        if (c.pendingPulls.length === 0) return;
        const first = c.pendingPulls.head.value;
        first.type = 'none';
        reset(c.pendingPulls);
        put(c.pendingPulls, first, 0);
      };
    },
    descriptor: (buffer, offset, length, minimum, size, kind, type) => ({ buffer, offset, length, filled: 0, minimum, size, kind, type }),
    clearPending(c) { bytes.invalidate(c); reset(c.pendingPulls); },
    invalidate(c) {
      if (c.request === null) return;
      c.request.controller = null;
      c.request.view = null;
      c.request = null;
    },
    view: (d, buffer) => h.newView(d.kind, buffer, d.offset, d.filled / d.size),
    // Gives a reader the first bytes of the queue.
    fillRead(c, request) {
      const entry = take(c.queue);
      bytes.drained(c);
      request.chunk(h.newBytes(entry.buffer, entry.offset, entry.length));
    },
    drained(c) {
      if (c.queue.total === 0 && c.closeRequested) { clearAlgorithms(c); readableClose(c.stream); } else callPull(c);
    },
    // Moves bytes from the queue to a descriptor; whether that is enough for it.
    fill(c, d) {
      const q = c.queue, room = d.length - d.filled;
      let want = room < q.total ? room : q.total, ready = false;
      const most = d.filled + want, aligned = most - (most % d.size);
      if (aligned >= d.minimum) { want = aligned - d.filled; ready = true; }
      while (want > 0) {
        const entry = q.head.value, n = want < entry.length ? want : entry.length;
        h.writeBytes(d.buffer, d.offset + d.filled, entry.buffer, entry.offset, n);
        if (entry.length === n) take(q);
        else { entry.offset += n; entry.length -= n; q.head.size -= n; q.total -= n; }
        d.filled += n;
        want -= n;
      }
      return ready;
    },
    commit(c, d) {
      const done = c.stream.state === 'closed';
      const view = bytes.view(d, h.transfer(d.buffer));
      const request = take(c.stream.reader.requests);
      if (d.type === 'default') { if (done) request.close(); else request.chunk(view); } else if (done) request.close(view); else request.chunk(view);
    },
    processPending(c) {
      while (c.pendingPulls.length > 0) {
        if (c.queue.total === 0) return;
        const d = c.pendingPulls.head.value;
        if (!bytes.fill(c, d)) return;
        take(c.pendingPulls);
        bytes.commit(c, d);
      }
    },
    append(c, buffer, offset, length) { put(c.queue, { buffer, offset, length }, length); },
    // A reader without requests of its own left the beginning of a view behind.
    keepNone(c, d) {
      if (d.filled > 0) bytes.append(c, h.layout(h.copyBytes(h.newBytes(d.buffer, d.offset, d.filled))).buffer, 0, d.filled);
      take(c.pendingPulls);
    },
    enqueue(c, chunk) {
      const s = c.stream;
      if (!canEnqueue(c)) return;
      const { buffer, offset, length, detached } = h.layout(chunk);
      if (detached) throw new TypeError('the buffer of the chunk is detached');
      const transferred = h.transfer(buffer);
      if (c.pendingPulls.length > 0) {
        const first = c.pendingPulls.head.value;
        bytes.invalidate(c);
        first.buffer = h.transfer(first.buffer);
        if (first.type === 'none') bytes.keepNone(c, first);
      }
      const { reader } = s;
      if (reader !== null && !reader.byob) {
        while (reader.requests.length > 0 && c.queue.total > 0) bytes.fillRead(c, take(reader.requests));
        if (reader.requests.length === 0) bytes.append(c, transferred, offset, length);
        else {
          if (c.pendingPulls.length > 0) take(c.pendingPulls);
          take(reader.requests).chunk(h.newBytes(transferred, offset, length));
        }
      } else {
        bytes.append(c, transferred, offset, length);
        if (reader !== null) bytes.processPending(c);
      }
      callPull(c);
    },
    close(c) {
      const s = c.stream;
      if (!canEnqueue(c)) return;
      if (c.queue.total > 0) { c.closeRequested = true; return; }
      if (c.pendingPulls.length > 0) {
        const first = c.pendingPulls.head.value;
        if (first.filled % first.size !== 0) {
          const error = new TypeError('the stream closes in the middle of an element');
          controllerError(c, error);
          throw error;
        }
      }
      clearAlgorithms(c);
      readableClose(s);
    },
    pullInto(c, view, minimum, request) {
      const s = c.stream, { buffer, offset, length, kind, size } = h.layout(view);
      let taken;
      try { taken = h.transfer(buffer); } catch (error) { request.error(error); return; }
      const d = bytes.descriptor(taken, offset, length, minimum * size, size, kind, 'byob');
      if (c.pendingPulls.length > 0) { put(c.pendingPulls, d, 0); put(s.reader.requests, request, 0); return; }
      if (s.state === 'closed') { request.close(h.newView(kind, taken, offset, 0)); return; }
      if (c.queue.total > 0) {
        if (bytes.fill(c, d)) {
          const filled = bytes.view(d, h.transfer(d.buffer));
          bytes.drained(c);
          request.chunk(filled);
          return;
        }
        if (c.closeRequested) {
          const error = new TypeError('the stream closes in the middle of an element');
          controllerError(c, error);
          request.error(error);
          return;
        }
      }
      put(c.pendingPulls, d, 0);
      put(s.reader.requests, request, 0);
      callPull(c);
    },
    respond(c, written, buffer) {
      const d = c.pendingPulls.head.value, s = c.stream;
      if (s.state === 'closed') {
        if (written !== 0) throw new TypeError('the stream is closed: only 0 bytes can be written');
      } else {
        if (written === 0) throw new TypeError('at least a byte must be written');
        if (d.filled + written > d.length) throw new RangeError('more bytes were written than there is room for');
      }
      d.buffer = h.transfer(buffer);
      bytes.invalidate(c);
      if (s.state === 'closed') {
        if (d.type === 'none') take(c.pendingPulls);
        const { reader } = s;
        if (reader !== null && reader.byob) while (reader.requests.length > 0) bytes.commit(c, take(c.pendingPulls));
      } else {
        d.filled += written;
        if (d.type === 'none') { bytes.keepNone(c, d); bytes.processPending(c); }
        else if (d.filled >= d.minimum) {
          take(c.pendingPulls);
          const rest = d.filled % d.size;
          if (rest > 0) bytes.append(c, h.layout(h.copyBytes(h.newBytes(d.buffer, d.offset + d.filled - rest, rest))).buffer, 0, rest);
          d.filled -= rest;
          bytes.commit(c, d);
          bytes.processPending(c);
        }
      }
      callPull(c);
    },
  };

  class ReadableByteStreamController {
    #c;
    constructor(key, c) { guard(key); this.#c = c; }
    get byobRequest() {
      const c = this.#c;
      if (c.request === null && c.pendingPulls.length > 0) {
        const d = c.pendingPulls.head.value;
        c.request = { controller: c, view: h.newBytes(d.buffer, d.offset + d.filled, d.length - d.filled), object: null };
        c.request.object = new ReadableStreamBYOBRequest(secret, c.request);
      }
      return c.request === null ? null : c.request.object;
    }
    get desiredSize() { return desiredSize(this.#c); }
    close() {
      const c = this.#c;
      if (!canEnqueue(c)) throw new TypeError('the stream is closed, or errored, or about to close');
      bytes.close(c);
    }
    enqueue(chunk) {
      const c = this.#c;
      need(arguments.length, 1, 'enqueue');
      if (!h.isView(chunk)) throw new TypeError('a chunk of a byte stream must be a typed array or a DataView');
      if (h.layout(chunk).length === 0) throw new TypeError('a chunk of a byte stream must not be empty');
      if (!canEnqueue(c)) throw new TypeError('the stream is closed, or errored, or about to close');
      bytes.enqueue(c, chunk);
    }
    error(error = undefined) { controllerError(this.#c, error); }
  }
  idl(ReadableByteStreamController, 'ReadableByteStreamController');

  class ReadableStreamBYOBRequest {
    #q;
    constructor(key, q) { guard(key); this.#q = q; }
    get view() { return this.#q.view; }
    respond(written) {
      need(arguments.length, 1, 'respond');
      const { controller, view } = this.#q;
      written = +written;
      if (!(written >= 0) || written === Infinity) throw new TypeError('the number of bytes must be finite and not negative');
      if (controller === null) throw new TypeError('the request was answered already');
      const { buffer, detached } = h.layout(view);
      if (detached) throw new TypeError('the buffer of the view is detached');
      bytes.respond(controller, Math_trunc(written), buffer);
    }
    respondWithNewView(view) {
      need(arguments.length, 1, 'respondWithNewView');
      if (!h.isView(view)) throw new TypeError('a typed array or a DataView is wanted');
      const { controller } = this.#q;
      if (controller === null) throw new TypeError('the request was answered already');
      const { buffer, offset, length, detached } = h.layout(view), d = controller.pendingPulls.head.value;
      if (detached) throw new TypeError('the buffer of the view is detached');
      if (controller.stream.state === 'closed' ? length !== 0 : length === 0) throw new TypeError('the view has the wrong length');
      if (d.offset + d.filled !== offset) throw new RangeError('the view begins elsewhere than the request');
      if (d.filled + length > d.length) throw new RangeError('more bytes were written than there is room for');
      bytes.respond(controller, length, buffer);
    }
  }
  idl(ReadableStreamBYOBRequest, 'ReadableStreamBYOBRequest');

  class ReadableStreamBYOBReader {
    #r;
    constructor(stream) {
      need(arguments.length, 1, 'ReadableStreamBYOBReader');
      const s = rsOf(stream);
      if (s.reader !== null) throw new TypeError('the stream is locked to a reader already');
      if (!s.controller.byte) throw new TypeError('only a byte stream has BYOB readers');
      this.#r = readerRecord(true);
      attach(this.#r, s);
    }
    get closed() { try { return this.#r.closed.promise; } catch (error) { return rejected(error); } }
    cancel(reason = undefined) { try { return readerCancel(this.#r, reason); } catch (error) { return rejected(error); } }
    read(view, options = undefined) {
      try {
        const r = this.#r;
        if (!h.isView(view)) throw new TypeError('read takes a typed array or a DataView');
        const { length, size, detached } = h.layout(view);
        if (length === 0) throw new TypeError('the view must not be empty');
        if (detached) throw new TypeError('the buffer of the view is detached');
        const { min = 1 } = dictionary(options, 'ReadableStreamBYOBReaderReadOptions'), least = Math_trunc(+min);
        if (!(least >= 1)) throw new TypeError('`min` must be at least 1');
        if (least * size > length) throw new RangeError('`min` is more than the view holds');
        if (r.stream === null) throw new TypeError('the reader was released');
        const { promise, resolve, reject } = deferred(), s = r.stream;
        const request = { chunk: (value) => resolve({ value, done: false }), close: (value) => resolve({ value, done: true }), error: reject };
        s.disturbed = true;
        if (s.state === 'errored') request.error(s.error); else bytes.pullInto(s.controller, view, least, request);
        return promise;
      } catch (error) { return rejected(error); }
    }
    releaseLock() { release(this.#r); }
  }
  idl(ReadableStreamBYOBReader, 'ReadableStreamBYOBReader');

  // ---- The stream itself

  const fromSource = (s, source, strategy) => {
    const pull = method(source, 'pull'), cancel = method(source, 'cancel'), start = method(source, 'start');
    let { type } = source;
    if (type !== undefined) {
      type = `${type}`;
      if (type !== 'bytes') throw new TypeError('the type of a source can only be "bytes"');
    }
    const byte = type === 'bytes';
    if (byte && strategy.size !== undefined) throw new RangeError('a byte stream takes no `size`');
    let { autoAllocateChunkSize: autoAllocate } = source;
    if (byte && autoAllocate !== undefined) {
      autoAllocate = +autoAllocate;
      if (!(autoAllocate >= 1)) throw new TypeError('autoAllocateChunkSize must be at least 1');
      autoAllocate = Math_trunc(autoAllocate);
    }
    const size = byte ? null : sizeOf(strategy), highWaterMark = highWater(strategy, byte ? 0 : 1);
    let controller;
    setUp(s, {
      byte, size, highWaterMark, autoAllocate,
      start: (object) => { controller = object; return start === undefined ? undefined : call(start, source, object); },
      pull: pull === undefined ? () => resolved(undefined) : () => callPromise(pull, source, [controller]),
      cancel: cancel === undefined ? () => resolved(undefined) : (reason) => callPromise(cancel, source, [reason]),
    });
  };
  const Math_trunc = (x) => x - (x % 1);

  class ReadableStream {
    #s;
    constructor(source = undefined, strategy = undefined) {
      if (source === secret) { this.#s = strategy; return; }
      if (source !== undefined && !isObject(source)) throw new TypeError('a source must be an object');
      this.#s = readableRecord();
      this.#s.object = this;
      fromSource(this.#s, source ?? { __proto__: null }, dictionary(strategy, 'QueuingStrategy'));
    }
    static {
      rsOf = (stream) => { if (!isObject(stream) || !(#s in stream)) throw new TypeError('not a ReadableStream'); return stream.#s; };
      isReadable = (value) => isObject(value) && #s in value;
    }
    static from(iterable) {
      need(arguments.length, 1, 'ReadableStream.from');
      return fromIterable(iterable);
    }
    get locked() { return rsOf(this).reader !== null; }
    cancel(reason = undefined) {
      try {
        const s = rsOf(this);
        return s.reader === null ? readableCancel(s, reason) : rejected(new TypeError('the stream is locked to a reader'));
      } catch (error) { return rejected(error); }
    }
    getReader(options = undefined) {
      const s = rsOf(this);
      let { mode } = dictionary(options, 'ReadableStreamGetReaderOptions');
      if (mode === undefined) return new ReadableStreamDefaultReader(this);
      if (`${mode}` !== 'byob') throw new TypeError('the mode of a reader can only be "byob"');
      return new ReadableStreamBYOBReader(this);
    }
    pipeThrough(transform, options = undefined) {
      need(arguments.length, 1, 'pipeThrough');
      const s = rsOf(this);
      if (!isObject(transform)) throw new TypeError('pipeThrough takes an object with `readable` and `writable`');
      const { readable, writable } = transform;
      rsOf(readable);
      const w = wsOf(writable), o = pipeOptions(options);
      if (s.reader !== null || w.writer !== null) throw new TypeError('the stream is locked');
      handled(pipe(s, w, o));
      return readable;
    }
    pipeTo(destination, options = undefined) {
      try {
        need(arguments.length, 1, 'pipeTo');
        const s = rsOf(this), w = wsOf(destination), o = pipeOptions(options);
        if (s.reader !== null || w.writer !== null) throw new TypeError('the stream is locked');
        return pipe(s, w, o);
      } catch (error) { return rejected(error); }
    }
    tee() {
      const branches = tee(rsOf(this), false);
      return [branches[0], branches[1]];
    }
    values(options = undefined) {
      const s = rsOf(this), prevent = !!dictionary(options, 'ReadableStreamIteratorOptions').preventCancel;
      return new AsyncState({ __proto__: asyncIterator }, acquire(s), prevent);
    }
  }
  idl(ReadableStream, 'ReadableStream');
  h.defineHidden(ReadableStream.prototype, h.asyncIterator, ReadableStream.prototype.values);

  const Identity = function (object) { return object; };
  const asyncIterator = { __proto__: h.asyncIteratorPrototype };
  class AsyncState extends Identity {
    #reader; #prevent; #ongoing = null; #finished = false;
    constructor(object, reader, prevent) { super(object); this.#reader = reader; this.#prevent = prevent; }
    static next(object) {
      if (!isObject(object) || !(#reader in object)) return rejected(new TypeError('not an iterator of a ReadableStream'));
      const step = () => {
        if (object.#finished) return resolved({ value: undefined, done: true });
        const { promise, resolve, reject } = deferred(), r = object.#reader;
        readInto(r, {
          chunk: (value) => { object.#ongoing = null; resolve({ value, done: false }); },
          close: () => { object.#ongoing = null; object.#finished = true; release(r); resolve({ value: undefined, done: true }); },
          error: (error) => { object.#ongoing = null; object.#finished = true; release(r); reject(error); },
        });
        return promise;
      };
      return object.#ongoing = object.#ongoing === null ? step() : then(object.#ongoing, step, step);
    }
    static return(object, value) {
      if (!isObject(object) || !(#reader in object)) return rejected(new TypeError('not an iterator of a ReadableStream'));
      const step = () => {
        if (object.#finished) return resolved({ value, done: true });
        object.#finished = true;
        const r = object.#reader;
        if (object.#prevent) { release(r); return resolved({ value, done: true }); }
        const result = readableCancel(r.stream, value);
        release(r);
        return then(result, () => ({ value, done: true }));
      };
      return object.#ongoing = object.#ongoing === null ? step() : then(object.#ongoing, step, step);
    }
  }
  h.methods(asyncIterator, { __proto__: null, next() { return AsyncState.next(this); }, return(value) { return AsyncState.return(this, value); } }, 'ReadableStream AsyncIterator');

  const fromIterable = (iterable) => {
    if (iterable === undefined || iterable === null) throw new TypeError('ReadableStream.from takes an iterable');
    let open = iterable[h.asyncIterator], sync = false;
    if (open === undefined || open === null) { open = iterable[h.iterator]; sync = true; }
    if (typeof open !== 'function') throw new TypeError('ReadableStream.from takes an iterable');
    const iterator = call(open, iterable);
    if (!isObject(iterator)) throw new TypeError('an iterator must be an object');
    const { next } = iterator;
    const settle = (result, c) => {
      if (!isObject(result)) throw new TypeError('the result of an iterator must be an object');
      if (result.done) { controllerClose(c); return; }
      if (!sync) { controllerEnqueue(c, result.value); return; }
      return then(resolved(result.value), (value) => controllerEnqueue(c, value));
    };
    return makeReadable({
      highWaterMark: 0,
      pull: (c) => then(callPromise(next, iterator, []), (result) => settle(result, c)),
      cancel: (reason) => {
        const close = iterator.return;
        if (close === undefined || close === null) return undefined;
        const result = call(close, iterator, reason);
        if (sync) {
          if (!isObject(result)) throw new TypeError('the result of an iterator must be an object');
          return undefined;
        }
        return then(resolved(result), (result) => { if (!isObject(result)) throw new TypeError('the result of an iterator must be an object'); });
      },
    });
  };

  // `copy`: the second branch gets copies of bytes, as bodies want it; a byte stream's always does.
  const tee = (s, copy) => {
    const r = acquire(s), { byte } = s.controller;
    let reading = false, again = false;
    const canceled = [false, false], reasons = [undefined, undefined], done = deferred(), controllers = [null, null];
    const pull = () => {
      if (reading) { again = true; return resolved(undefined); }
      reading = true;
      readInto(r, {
        chunk: (chunk) => then(resolved(undefined), () => {
          again = false;
          // Made first: the first branch takes the bytes over.
          const second = (byte || copy) && !canceled[1] && h.isView(chunk) ? h.copyBytes(chunk) : chunk;
          if (!canceled[0]) controllerEnqueue(controllers[0], chunk);
          if (!canceled[1]) controllerEnqueue(controllers[1], second);
          reading = false;
          if (again) pull();
        }),
        close: () => {
          reading = false;
          for (let i = 0; i < 2; i++) if (!canceled[i]) controllerClose(controllers[i]);
          if (!canceled[0] || !canceled[1]) done.resolve(undefined);
        },
        error: () => { reading = false; },
      });
      return resolved(undefined);
    };
    const branch = (i) => {
      const stream = makeReadable({
        byte, highWaterMark: byte ? 0 : 1, pull,
        cancel: (reason) => {
          canceled[i] = true;
          reasons[i] = reason;
          if (canceled[1 - i]) then(readableCancel(s, [reasons[0], reasons[1]]), done.resolve, done.reject);
          return done.promise;
        },
      });
      controllers[i] = rsOf(stream).controller;
      return stream;
    };
    const first = branch(0), second = branch(1);
    then(r.closed.promise, undefined, (error) => {
      controllerError(controllers[0], error);
      controllerError(controllers[1], error);
      if (!canceled[0] || !canceled[1]) done.resolve(undefined);
    });
    return [first, second];
  };

  const pipeOptions = (options) => {
    options = dictionary(options, 'StreamPipeOptions');
    const preventAbort = !!options.preventAbort, preventCancel = !!options.preventCancel, preventClose = !!options.preventClose, { signal } = options;
    if (signal !== undefined && !isSignal(signal)) throw new TypeError('`signal` must be an AbortSignal');
    return { preventAbort, preventCancel, preventClose, signal };
  };
  const pipe = (source, dest, { preventAbort, preventCancel, preventClose, signal }) => {
    const r = acquire(source), w = acquireWriter(dest), result = deferred();
    source.disturbed = true;
    let shuttingDown = false, currentWrite = resolved(undefined), forget = noop;
    const finalize = (failed, error) => {
      releaseWriter(w);
      release(r);
      forget();
      if (failed) result.reject(error); else result.resolve(undefined);
    };
    const written = () => {
      const seen = currentWrite;
      return then(seen, () => (seen === currentWrite ? undefined : written()));
    };
    const shutdown = (action, failed, error) => {
      if (shuttingDown) return;
      shuttingDown = true;
      const act = () => {
        if (action === null) return finalize(failed, error);
        then(action(), () => finalize(failed, error), (newer) => finalize(true, newer));
      };
      if (dest.state === 'writable' && !closing(dest)) then(written(), act); else act();
    };
    if (signal !== undefined) {
      const stop = () => {
        const reason = signalReason(signal);
        shutdown(() => {
          const first = preventAbort || dest.state !== 'writable' ? resolved(undefined) : writableAbort(dest, reason);
          const second = preventCancel || source.state !== 'readable' ? resolved(undefined) : readableCancel(source, reason);
          handled(second);
          return then(first, () => second);
        }, true, reason);
      };
      if (signalAborted(signal)) { stop(); return result.promise; }
      forget = onAbort(signal, stop);
    }
    const failedSource = (error) => shutdown(preventAbort ? null : () => writableAbort(dest, error), true, error);
    const failedDest = (error) => shutdown(preventCancel ? null : () => readableCancel(source, error), true, error);
    const sourceClosed = () => shutdown(preventClose ? null : () => closeWithErrorPropagation(w), false, undefined);
    if (source.state === 'errored') failedSource(source.error);
    else then(r.closed.promise, undefined, failedSource);
    if (dest.state === 'errored') failedDest(dest.storedError);
    else then(w.closed.promise, undefined, failedDest);
    if (source.state === 'closed') sourceClosed();
    else then(r.closed.promise, sourceClosed, noop);
    if (closing(dest) || dest.state === 'closed') {
      const error = new TypeError('the destination is closed already');
      shutdown(preventCancel ? null : () => readableCancel(source, error), true, error);
    }
    const step = () => {
      if (shuttingDown) return;
      then(w.ready.promise, () => {
        if (shuttingDown) return;
        readInto(r, {
          chunk: (chunk) => { currentWrite = then(writerWrite(w, chunk), undefined, noop); then(resolved(undefined), step); },
          close: noop,
          error: noop,
        });
      }, noop);
    };
    step();
    return result.promise;
  };

  // ---- Writable streams

  let wsOf, isWritable;
  const writableRecord = () => ({
    object: null, state: 'writable', storedError: undefined, writer: null, controller: null, requests: queue(), inFlightWrite: null, closeRequest: null,
    inFlightClose: null, pendingAbort: null, backpressure: false,
  });
  const closing = (s) => s.closeRequest !== null || s.inFlightClose !== null;
  const acquireWriter = (s) => {
    const w = { object: null, stream: s, closed: deferred(), ready: deferred(), settled: false, closedSettled: false };
    if (s.writer !== null) throw new TypeError('the stream is locked to a writer already');
    s.writer = w;
    if (s.state === 'writable') {
      if (closing(s) || !s.backpressure) w.ready.resolve(undefined);
    } else if (s.state === 'erroring') { w.ready.reject(s.storedError); handled(w.ready.promise); }
    else if (s.state === 'closed') { w.ready.resolve(undefined); w.closed.resolve(undefined); }
    else {
      w.ready.reject(s.storedError);
      handled(w.ready.promise);
      w.closed.reject(s.storedError);
      handled(w.closed.promise);
    }
    w.settled = s.state !== 'writable' || !s.backpressure || closing(s);
    w.closedSettled = s.state === 'closed' || s.state === 'errored';
    return w;
  };
  const rejectReady = (w, error) => {
    if (w.settled) w.ready = deferred();
    w.ready.reject(error);
    w.settled = true;
    handled(w.ready.promise);
  };
  const rejectClosed = (w, error) => {
    if (w.closedSettled) w.closed = deferred();
    w.closed.reject(error);
    w.closedSettled = true;
    handled(w.closed.promise);
  };
  const releaseWriter = (w) => {
    const s = w.stream;
    if (s === null) return;
    const error = new TypeError('the writer was released');
    rejectReady(w, error);
    rejectClosed(w, error);
    s.writer = null;
    w.stream = null;
  };
  const writableAbort = (s, reason) => {
    if (s.state === 'closed' || s.state === 'errored') return resolved(undefined);
    abortSignal(s.controller.signal, reason);
    if (s.state === 'closed' || s.state === 'errored') return resolved(undefined);
    if (s.pendingAbort !== null) return s.pendingAbort.done.promise;
    const wasErroring = s.state === 'erroring';
    if (wasErroring) reason = undefined;
    const done = deferred();
    s.pendingAbort = { done, reason, wasErroring };
    if (!wasErroring) startErroring(s, reason);
    return done.promise;
  };
  const writableClose = (s) => {
    if (s.state === 'closed' || s.state === 'errored') return rejected(new TypeError(`the stream is ${s.state} and cannot be closed`));
    const done = deferred(), w = s.writer;
    s.closeRequest = done;
    if (w !== null && s.backpressure && s.state === 'writable') { w.ready.resolve(undefined); w.settled = true; }
    put(s.controller.queue, { close: true, chunk: undefined }, 0);
    advance(s.controller);
    return done.promise;
  };
  const dealWithRejection = (s, error) => {
    if (s.state === 'writable') startErroring(s, error); else finishErroring(s);
  };
  const startErroring = (s, reason) => {
    s.state = 'erroring';
    s.storedError = reason;
    if (s.writer !== null) rejectReady(s.writer, reason);
    if (s.inFlightWrite === null && s.inFlightClose === null && s.controller.started) finishErroring(s);
  };
  const rejectCloseAndClosed = (s) => {
    if (s.closeRequest !== null) { s.closeRequest.reject(s.storedError); s.closeRequest = null; }
    if (s.writer !== null) rejectClosed(s.writer, s.storedError);
  };
  const finishErroring = (s) => {
    if (s.inFlightWrite !== null || s.inFlightClose !== null) return;
    s.state = 'errored';
    reset(s.controller.queue);
    const { storedError } = s;
    while (s.requests.length) take(s.requests).reject(storedError);
    const { pendingAbort } = s;
    if (pendingAbort === null) { rejectCloseAndClosed(s); return; }
    s.pendingAbort = null;
    if (pendingAbort.wasErroring) { pendingAbort.done.reject(storedError); rejectCloseAndClosed(s); return; }
    const result = (0, s.controller.abort)(pendingAbort.reason);
    clearWriteAlgorithms(s.controller);
    then(result, () => { pendingAbort.done.resolve(undefined); rejectCloseAndClosed(s); }, (error) => { pendingAbort.done.reject(error); rejectCloseAndClosed(s); });
  };
  const updateBackpressure = (s, backpressure) => {
    const w = s.writer;
    if (w !== null && backpressure !== s.backpressure) {
      if (backpressure) { w.ready = deferred(); w.settled = false; } else { w.ready.resolve(undefined); w.settled = true; }
    }
    s.backpressure = backpressure;
  };
  const clearWriteAlgorithms = (c) => { c.write = c.close = c.abort = c.size = null; };
  const writableErrorIfNeeded = (c, error) => {
    if (c.stream.state !== 'writable') return;
    clearWriteAlgorithms(c);
    startErroring(c.stream, error);
  };
  const writeDesired = (c) => c.highWaterMark - c.queue.total;
  const advance = (c) => {
    const s = c.stream;
    if (!c.started || s.inFlightWrite !== null) return;
    if (s.state === 'erroring') { finishErroring(s); return; }
    if (c.queue.length === 0) return;
    const { close, chunk } = c.queue.head.value;
    if (close) {
      s.inFlightClose = s.closeRequest;
      s.closeRequest = null;
      take(c.queue);
      const result = (0, c.close)();
      clearWriteAlgorithms(c);
      then(result, () => {
        s.inFlightClose.resolve(undefined);
        s.inFlightClose = null;
        if (s.state === 'erroring') {
          s.storedError = undefined;
          if (s.pendingAbort !== null) { s.pendingAbort.done.resolve(undefined); s.pendingAbort = null; }
        }
        s.state = 'closed';
        if (s.writer !== null) { s.writer.closed.resolve(undefined); s.writer.closedSettled = true; }
      }, (error) => {
        s.inFlightClose.reject(error);
        s.inFlightClose = null;
        if (s.pendingAbort !== null) { s.pendingAbort.done.reject(error); s.pendingAbort = null; }
        dealWithRejection(s, error);
      });
      return;
    }
    s.inFlightWrite = take(s.requests);
    then((0, c.write)(chunk), () => {
      s.inFlightWrite.resolve(undefined);
      s.inFlightWrite = null;
      take(c.queue);
      if (!closing(s) && s.state === 'writable') updateBackpressure(s, writeDesired(c) <= 0);
      advance(c);
    }, (error) => {
      if (s.state === 'writable') clearWriteAlgorithms(c);
      s.inFlightWrite.reject(error);
      s.inFlightWrite = null;
      dealWithRejection(s, error);
    });
  };
  const writerWrite = (w, chunk) => {
    const s = w.stream, c = s.controller;
    let size = 1;
    if (c.size !== null) {
      try { size = (0, c.size)(chunk); } catch (error) { writableErrorIfNeeded(c, error); }
    }
    if (s !== w.stream) return rejected(new TypeError('the writer was released'));
    if (s.state === 'errored') return rejected(s.storedError);
    if (closing(s) || s.state === 'closed') return rejected(new TypeError('the stream is closed, or about to close'));
    if (s.state === 'erroring') return rejected(s.storedError);
    const done = deferred();
    put(s.requests, done, 0);
    try { put(c.queue, { close: false, chunk }, checkSize(size)); } catch (error) { writableErrorIfNeeded(c, error); return done.promise; }
    if (!closing(s) && s.state === 'writable') updateBackpressure(s, writeDesired(c) <= 0);
    advance(c);
    return done.promise;
  };
  const closeWithErrorPropagation = (w) => {
    const s = w.stream;
    if (closing(s) || s.state === 'closed') return resolved(undefined);
    if (s.state === 'errored') return rejected(s.storedError);
    return writableClose(s);
  };
  const setUpWritable = (s, { start, write, close, abort, highWaterMark, size }) => {
    const c = s.controller = { object: null, stream: s, queue: queue(), started: false, signal: makeSignal(), write, close, abort, highWaterMark, size };
    c.object = new WritableStreamDefaultController(secret, c);
    updateBackpressure(s, writeDesired(c) <= 0);
    then(resolved(start(c.object)), () => { c.started = true; advance(c); }, (error) => { c.started = true; dealWithRejection(s, error); });
  };

  class WritableStreamDefaultController {
    #c;
    constructor(key, c) { guard(key); this.#c = c; }
    get signal() { return this.#c.signal; }
    error(error = undefined) { if (this.#c.stream.state === 'writable') writableErrorIfNeeded(this.#c, error); }
  }
  idl(WritableStreamDefaultController, 'WritableStreamDefaultController');

  class WritableStreamDefaultWriter {
    #w;
    constructor(stream) {
      need(arguments.length, 1, 'WritableStreamDefaultWriter');
      this.#w = acquireWriter(wsOf(stream));
    }
    get closed() { try { return this.#w.closed.promise; } catch (error) { return rejected(error); } }
    get ready() { try { return this.#w.ready.promise; } catch (error) { return rejected(error); } }
    get desiredSize() {
      const s = this.#w.stream;
      if (s === null) throw new TypeError('the writer was released');
      return s.state === 'errored' || s.state === 'erroring' ? null : s.state === 'closed' ? 0 : writeDesired(s.controller);
    }
    abort(reason = undefined) {
      try { return this.#w.stream === null ? rejected(new TypeError('the writer was released')) : writableAbort(this.#w.stream, reason); } catch (error) { return rejected(error); }
    }
    close() {
      try {
        const s = this.#w.stream;
        if (s === null) throw new TypeError('the writer was released');
        if (closing(s)) throw new TypeError('the stream is about to close already');
        return writableClose(s);
      } catch (error) { return rejected(error); }
    }
    releaseLock() { releaseWriter(this.#w); }
    write(chunk = undefined) {
      try { return this.#w.stream === null ? rejected(new TypeError('the writer was released')) : writerWrite(this.#w, chunk); } catch (error) { return rejected(error); }
    }
  }
  idl(WritableStreamDefaultWriter, 'WritableStreamDefaultWriter');

  class WritableStream {
    #s;
    constructor(sink = undefined, strategy = undefined) {
      if (sink === secret) { this.#s = strategy; return; }
      if (sink !== undefined && !isObject(sink)) throw new TypeError('a sink must be an object');
      const s = this.#s = writableRecord(), o = dictionary(strategy, 'QueuingStrategy');
      s.object = this;
      sink ??= { __proto__: null };
      const abort = method(sink, 'abort'), close = method(sink, 'close'), start = method(sink, 'start'), { type } = sink, write = method(sink, 'write');
      if (type !== undefined) throw new RangeError('a sink has no type');
      const size = sizeOf(o), highWaterMark = highWater(o, 1);
      let controller;
      setUpWritable(s, {
        size, highWaterMark,
        start: (object) => { controller = object; return start === undefined ? undefined : call(start, sink, object); },
        write: write === undefined ? () => resolved(undefined) : (chunk) => callPromise(write, sink, [chunk, controller]),
        close: close === undefined ? () => resolved(undefined) : () => callPromise(close, sink, []),
        abort: abort === undefined ? () => resolved(undefined) : (reason) => callPromise(abort, sink, [reason]),
      });
    }
    static {
      wsOf = (stream) => { if (!isObject(stream) || !(#s in stream)) throw new TypeError('not a WritableStream'); return stream.#s; };
      isWritable = (value) => isObject(value) && #s in value;
    }
    get locked() { return wsOf(this).writer !== null; }
    abort(reason = undefined) {
      try {
        const s = wsOf(this);
        return s.writer === null ? writableAbort(s, reason) : rejected(new TypeError('the stream is locked to a writer'));
      } catch (error) { return rejected(error); }
    }
    close() {
      try {
        const s = wsOf(this);
        if (s.writer !== null) throw new TypeError('the stream is locked to a writer');
        if (closing(s)) throw new TypeError('the stream is about to close already');
        return writableClose(s);
      } catch (error) { return rejected(error); }
    }
    getWriter() { wsOf(this); return new WritableStreamDefaultWriter(this); }
  }
  idl(WritableStream, 'WritableStream');

  // ---- Transform streams

  const transformRecord = () => ({ readable: null, writable: null, backpressure: undefined, change: null, controller: null });
  const setBackpressure = (t, backpressure) => {
    if (t.change !== null) t.change.resolve(undefined);
    t.change = deferred();
    t.backpressure = backpressure;
  };
  const transformError = (t, error) => { controllerError(t.readable.controller, error); errorWritable(t, error); };
  const errorWritable = (t, error) => {
    clearTransform(t.controller);
    writableErrorIfNeeded(t.writable.controller, error);
    if (t.backpressure) setBackpressure(t, false);
  };
  const clearTransform = (c) => { c.transform = c.flush = c.cancel = null; };
  const transformEnqueue = (c, chunk) => {
    const t = c.stream, readable = t.readable.controller;
    if (!canEnqueue(readable)) throw new TypeError('the readable side is closed, or errored');
    try { controllerEnqueue(readable, chunk); } catch (error) { errorWritable(t, error); throw t.readable.error; }
    const backpressure = !shouldPull(readable);
    if (backpressure !== t.backpressure) setBackpressure(t, true);
  };
  const terminate = (c) => {
    controllerClose(c.stream.readable.controller);
    errorWritable(c.stream, new TypeError('the transform stream was terminated'));
  };
  const setUpTransform = (t, { start, transform, flush, cancel, writableMark, writableSize, readableMark, readableSize }) => {
    const started = deferred();
    const c = t.controller = { object: null, stream: t, transform, flush, cancel, finish: null };
    c.object = new TransformStreamDefaultController(secret, c);
    t.writable = writableRecord();
    t.writable.object = new WritableStream(secret, t.writable);
    t.readable = readableRecord();
    t.readable.object = new ReadableStream(secret, t.readable);
    const perform = (chunk) => then((0, c.transform)(chunk), undefined, (error) => { transformError(t, error); throw error; });
    setUpWritable(t.writable, {
      start: () => started.promise, highWaterMark: writableMark, size: writableSize,
      write: (chunk) => {
        if (!t.backpressure) return perform(chunk);
        return then(t.change.promise, () => {
          if (t.writable.state === 'erroring') throw t.writable.storedError;
          return perform(chunk);
        });
      },
      abort: (reason) => {
        if (c.finish !== null) return c.finish.promise;
        const finish = c.finish = deferred(), result = (0, c.cancel)(reason);
        clearTransform(c);
        then(result, () => {
          if (t.readable.state === 'errored') finish.reject(t.readable.error);
          else { controllerError(t.readable.controller, reason); finish.resolve(undefined); }
        }, (error) => { controllerError(t.readable.controller, error); finish.reject(error); });
        return finish.promise;
      },
      close: () => {
        if (c.finish !== null) return c.finish.promise;
        const finish = c.finish = deferred(), result = (0, c.flush)();
        clearTransform(c);
        then(result, () => {
          if (t.readable.state === 'errored') finish.reject(t.readable.error);
          else { controllerClose(t.readable.controller); finish.resolve(undefined); }
        }, (error) => { controllerError(t.readable.controller, error); finish.reject(error); });
        return finish.promise;
      },
    });
    setUp(t.readable, {
      byte: false, autoAllocate: undefined, start: () => started.promise, highWaterMark: readableMark, size: readableSize,
      pull: () => { setBackpressure(t, false); return t.change.promise; },
      cancel: (reason) => {
        if (c.finish !== null) return c.finish.promise;
        const finish = c.finish = deferred(), result = (0, c.cancel)(reason);
        clearTransform(c);
        then(result, () => {
          if (t.writable.state === 'errored') finish.reject(t.writable.storedError);
          else {
            writableErrorIfNeeded(t.writable.controller, reason);
            if (t.backpressure) setBackpressure(t, false);
            finish.resolve(undefined);
          }
        }, (error) => {
          writableErrorIfNeeded(t.writable.controller, error);
          if (t.backpressure) setBackpressure(t, false);
          finish.reject(error);
        });
        return finish.promise;
      },
    });
    setBackpressure(t, true);
    then(resolved(start(c.object)), started.resolve, started.reject);
  };

  class TransformStreamDefaultController {
    #c;
    constructor(key, c) { guard(key); this.#c = c; }
    get desiredSize() { return desiredSize(this.#c.stream.readable.controller); }
    enqueue(chunk = undefined) { transformEnqueue(this.#c, chunk); }
    error(reason = undefined) { transformError(this.#c.stream, reason); }
    terminate() { terminate(this.#c); }
  }
  idl(TransformStreamDefaultController, 'TransformStreamDefaultController');

  class TransformStream {
    #t;
    constructor(transformer = undefined, writableStrategy = undefined, readableStrategy = undefined) {
      const t = this.#t = transformRecord();
      if (transformer !== undefined && !isObject(transformer)) throw new TypeError('a transformer must be an object');
      transformer ??= { __proto__: null };
      const w = dictionary(writableStrategy, 'QueuingStrategy'), r = dictionary(readableStrategy, 'QueuingStrategy');
      const cancel = method(transformer, 'cancel'), flush = method(transformer, 'flush'), { readableType } = transformer;
      const start = method(transformer, 'start'), transform = method(transformer, 'transform'), { writableType } = transformer;
      if (readableType !== undefined) throw new RangeError('readableType cannot be given');
      if (writableType !== undefined) throw new RangeError('writableType cannot be given');
      const readableMark = highWater(r, 0), readableSize = sizeOf(r), writableMark = highWater(w, 1), writableSize = sizeOf(w);
      let controller;
      setUpTransform(t, {
        readableMark, readableSize, writableMark, writableSize,
        start: (object) => { controller = object; return start === undefined ? undefined : call(start, transformer, object); },
        transform: transform === undefined
          ? (chunk) => { try { transformEnqueue(t.controller, chunk); return resolved(undefined); } catch (error) { return rejected(error); } }
          : (chunk) => callPromise(transform, transformer, [chunk, controller]),
        flush: flush === undefined ? () => resolved(undefined) : () => callPromise(flush, transformer, [controller]),
        cancel: cancel === undefined ? () => resolved(undefined) : (reason) => callPromise(cancel, transformer, [reason]),
      });
    }
    get readable() { return this.#t.readable.object; }
    get writable() { return this.#t.writable.object; }
  }
  idl(TransformStream, 'TransformStream');

  // A transform of our own: `transform(chunk, enqueue)` and `flush(enqueue)` may give promises or throw. `enqueue` gives a promise: the reader wants more.
  const makeTransform = (transform, flush) => {
    const t = transformRecord();
    const enqueue = (chunk) => {
      transformEnqueue(t.controller, chunk);
      return t.backpressure ? t.change.promise : resolved(undefined);
    };
    const attempt = (f) => { try { return resolved(f()); } catch (error) { return rejected(error); } };
    setUpTransform(t, {
      start: noop, readableMark: 0, readableSize: () => 1, writableMark: 1, writableSize: () => 1,
      transform: (chunk) => attempt(() => transform(chunk, enqueue)), flush: () => attempt(() => flush(enqueue)), cancel: () => resolved(undefined),
    });
    return { readable: t.readable.object, writable: t.writable.object };
  };

  const count = function size() { return 1; };
  const byteLength = function size(chunk) { return chunk.byteLength; };
  class ByteLengthQueuingStrategy {
    #mark;
    constructor(init) {
      need(arguments.length, 1, 'ByteLengthQueuingStrategy');
      init = dictionary(init, 'QueuingStrategyInit');
      if (init.highWaterMark === undefined) throw new TypeError('`highWaterMark` is required');
      this.#mark = +init.highWaterMark;
    }
    get highWaterMark() { return this.#mark; }
    get size() { this.#mark; return byteLength; }
  }
  idl(ByteLengthQueuingStrategy, 'ByteLengthQueuingStrategy');
  class CountQueuingStrategy {
    #mark;
    constructor(init) {
      need(arguments.length, 1, 'CountQueuingStrategy');
      init = dictionary(init, 'QueuingStrategyInit');
      if (init.highWaterMark === undefined) throw new TypeError('`highWaterMark` is required');
      this.#mark = +init.highWaterMark;
    }
    get highWaterMark() { return this.#mark; }
    get size() { this.#mark; return count; }
  }
  idl(CountQueuingStrategy, 'CountQueuingStrategy');

  // Everything that is left in a stream, as `{bytes}`: of an object of ours no `then` of the script is looked for. The reader stays.
  const readAll = (stream) => {
    const r = acquire(rsOf(stream)), { promise, resolve, reject } = deferred(), parts = [];
    const step = () => readInto(r, {
      chunk: (chunk) => {
        if (!h.isView(chunk) || h.layout(chunk).kind !== 'Uint8Array') {
          const error = new TypeError('a body must be made of Uint8Array chunks');
          handled(readableCancel(r.stream, error));
          reject(error);
          return;
        }
        push(parts, chunk);
        // Not called from here: a stream with everything at hand would recurse.
        then(resolved(undefined), step);
      },
      close: () => { try { resolve({ __proto__: null, bytes: parts.length === 1 ? parts[0] : h.concatBytes(parts) }); } catch (error) { reject(error); } },
      error: reject,
    });
    step();
    return promise;
  };

  // A stream that somebody has read to its end.
  const spent = () => {
    const stream = makeReadable({ byte: true, pull: (c) => controllerClose(c) });
    handled(readAll(stream));
    return stream;
  };

  // Hands each chunk to `take`, and waits for what that promises, before it reads the next. What `take` throws cancels the stream.
  const pump = (stream, take) => {
    const r = acquire(rsOf(stream)), { promise, resolve, reject } = deferred();
    const fail = (error) => { if (r.stream !== null) handled(readableCancel(r.stream, error)); reject(error); };
    const step = () => readInto(r, {
      chunk: (chunk) => { try { then(take(chunk), step, fail); } catch (error) { fail(error); } },
      close: () => resolve(undefined), error: reject,
    });
    step();
    return promise;
  };

  return {
    __proto__: null, ReadableStream, ReadableStreamDefaultReader, ReadableStreamBYOBReader, ReadableStreamDefaultController, ReadableByteStreamController,
    ReadableStreamBYOBRequest, WritableStream, WritableStreamDefaultWriter, WritableStreamDefaultController, TransformStream, TransformStreamDefaultController,
    ByteLengthQueuingStrategy, CountQueuingStrategy,
    on: {
      __proto__: null, makeReadable, makeTransform, isReadable, readAll, spent, pump, controllerEnqueue, controllerClose, controllerError,
      // Closes a stream from within `pull`, answering readers that wait with a view of their own.
      controllerFinish: (c) => {
        controllerClose(c);
        if (c.byte && c.pendingPulls.length > 0) bytes.respond(c, 0, c.pendingPulls.head.value.buffer);
      },
      // A stream with the same content that takes over from a locked one.
      proxy: (stream) => {
        const { readable, writable } = makeTransform((chunk, enqueue) => { enqueue(chunk); }, noop);
        handled(pipe(rsOf(stream), wsOf(writable), pipeOptions(undefined)));
        return readable;
      },
      tee: (stream, copy) => tee(rsOf(stream), copy), cancel: (stream, reason) => readableCancel(rsOf(stream), reason),
      isLocked: (stream) => rsOf(stream).reader !== null, isDisturbed: (stream) => rsOf(stream).disturbed,
    },
  };
})
