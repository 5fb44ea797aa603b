// TextEncoder and TextDecoder, and their streams: <https://encoding.spec.whatwg.org>. Every label; decoding is native.
(function (h) {
  'use strict';
  const { need, dictionary, TypeError, RangeError, idl, usv, isObject } = h;

  class TextEncoder {
    #encoder = true;
    get encoding() { this.#encoder; return 'utf-8'; }
    encode(text = '') { this.#encoder; return h.utf8(`${text}`); }
    encodeInto(text, target) {
      this.#encoder;
      need(arguments.length, 2, 'encodeInto');
      text = `${text}`;
      if (!h.isView(target) || h.layout(target).kind !== 'Uint8Array') throw new TypeError('the target must be a Uint8Array');
      const result = h.encodeInto(text, target);
      return { read: result.read, written: result.written };
    }
  }
  idl(TextEncoder, 'TextEncoder');

  const open = (label, options) => {
    options = dictionary(options, 'TextDecoderOptions');
    const fatal = !!options.fatal, ignoreBOM = !!options.ignoreBOM, text = `${label}`, name = h.encodingName(text);
    if (name === null) throw new RangeError(`there is no encoding ${h.stringifyJson(text)}`);
    return { name, fatal, ignoreBOM, decoder: null };
  };
  // Decodes with what was left over; `stream` says that more may come.
  const decode = (d, input, stream) => {
    d.decoder ??= h.newDecoder(d.name, d.ignoreBOM);
    const text = h.decode(d.decoder, input, !stream, d.fatal);
    if (!stream || text === null) d.decoder = null;
    if (text === null) throw new TypeError(`the bytes are no valid ${d.name}`);
    return text;
  };
  class TextDecoder {
    #d;
    constructor(label = 'utf-8', options = undefined) { this.#d = open(label, options); }
    get encoding() { return this.#d.name; }
    get fatal() { return this.#d.fatal; }
    get ignoreBOM() { return this.#d.ignoreBOM; }
    decode(input = undefined, options = undefined) {
      const d = this.#d, stream = !!dictionary(options, 'TextDecodeOptions').stream;
      if (input !== undefined && !h.isBufferSource(input)) throw new TypeError('decode takes an ArrayBuffer, a typed array or a DataView');
      return decode(d, input, stream);
    }
  }
  idl(TextDecoder, 'TextDecoder');

  // Streams load with the first of these alone.
  const transform = (run, end) => h.use('streams').on.makeTransform(run, end);
  class TextEncoderStream {
    #t;
    constructor() {
      let high = '';
      this.#t = transform((chunk, enqueue) => {
        let text = high + `${chunk}`;
        high = '';
        const last = h.codeAt(text, text.length - 1);
        if (text.length && last >= 0xd800 && last < 0xdc00) { high = h.slice(text, text.length - 1); text = h.slice(text, 0, text.length - 1); }
        if (text.length) enqueue(h.utf8(text));
      }, (enqueue) => { if (high.length) enqueue(h.utf8(high)); });
    }
    get encoding() { this.#t; return 'utf-8'; }
    get readable() { return this.#t.readable; }
    get writable() { return this.#t.writable; }
  }
  idl(TextEncoderStream, 'TextEncoderStream');
  class TextDecoderStream {
    #t; #d;
    constructor(label = 'utf-8', options = undefined) {
      const d = this.#d = open(label, options);
      this.#t = transform((chunk, enqueue) => {
        if (!h.isBufferSource(chunk)) throw new TypeError('a chunk must be an ArrayBuffer, a typed array or a DataView');
        const text = decode(d, chunk, true);
        if (text.length) enqueue(text);
      }, (enqueue) => { const text = decode(d, undefined, false); if (text.length) enqueue(text); });
    }
    get encoding() { return this.#d.name; }
    get fatal() { return this.#d.fatal; }
    get ignoreBOM() { return this.#d.ignoreBOM; }
    get readable() { return this.#t.readable; }
    get writable() { return this.#t.writable; }
  }
  idl(TextDecoderStream, 'TextDecoderStream');

  return { __proto__: null, TextEncoder, TextDecoder, TextEncoderStream, TextDecoderStream };
})
