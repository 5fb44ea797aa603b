// CompressionStream and DecompressionStream: <https://compression.spec.whatwg.org>. The work is native, a piece at a time.
(function (h) {
  'use strict';
  const { need, TypeError, idl, then } = h;
  const { makeTransform } = h.use('streams').on;

  const check = (format) => {
    format = `${format}`;
    if (format !== 'gzip' && format !== 'deflate' && format !== 'deflate-raw') throw new TypeError('the format must be "gzip", "deflate" or "deflate-raw"');
    return format;
  };
  // The next piece is made when the reader asked for it: memory holds one at a time, whatever the input stands for.
  const build = (codec) => makeTransform((chunk, give) => {
    if (!h.isBufferSource(chunk)) throw new TypeError('a chunk must be an ArrayBuffer, a typed array or a DataView');
    return step(codec, chunk, false, give);
  }, (give) => step(codec, undefined, true, give));
  const step = (codec, chunk, last, give) => {
    const { bytes, length, more, bad } = h.codec(codec, chunk, last);
    if (bad) throw new TypeError('the compressed data is malformed, or ends early, or goes on behind its end');
    if (length === 0) return more ? step(codec, undefined, last, give) : undefined;
    return then(give(bytes), () => (more ? step(codec, undefined, last, give) : undefined));
  };

  class CompressionStream {
    #t;
    constructor(format) { need(arguments.length, 1, 'CompressionStream'); this.#t = build(h.newCompressor(check(format))); }
    get readable() { return this.#t.readable; }
    get writable() { return this.#t.writable; }
  }
  idl(CompressionStream, 'CompressionStream');
  class DecompressionStream {
    #t;
    constructor(format) { need(arguments.length, 1, 'DecompressionStream'); this.#t = build(h.newDecompressor(check(format))); }
    get readable() { return this.#t.readable; }
    get writable() { return this.#t.writable; }
  }
  idl(DecompressionStream, 'DecompressionStream');
  return { __proto__: null, CompressionStream, DecompressionStream };
})
