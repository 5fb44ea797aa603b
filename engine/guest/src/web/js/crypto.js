// Web Cryptography: <https://w3c.github.io/webcrypto>. The algorithms are native; results come at once, as promises.
(function (h) {
  'use strict';
  const { need, isObject, push, resolved, rejected, idl, TypeError, lower } = h;
  const { DOMException } = h.use('events');
  const secret = {};
  const guard = (key) => { if (key !== secret) throw new TypeError('Illegal constructor'); };
  const fail = (name, message) => { throw new DOMException(message, name); };

  // ---- Algorithms

  const names = ['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512', 'HMAC', 'AES-GCM', 'AES-CBC', 'AES-KW', 'HKDF', 'PBKDF2', 'ECDSA', 'Ed25519'];
  const find = (name, first, last) => {
    const wanted = lower(`${name}`);
    for (let i = first; i < last; i++) if (lower(names[i]) === wanted) return names[i];
    return null;
  };
  const hashName = (hash) => {
    if (hash === undefined) throw new TypeError('the algorithm needs a `hash`');
    const found = find(isObject(hash) ? hash.name : hash, 0, 4);
    return found ?? fail('NotSupportedError', `there is no hash ${h.stringifyJson(`${isObject(hash) ? hash.name : hash}`)}`);
  };
  const algorithmName = (algorithm) => {
    if (isObject(algorithm)) {
      if (algorithm.name === undefined) throw new TypeError('an algorithm needs a `name`');
      algorithm = algorithm.name;
    }
    return find(algorithm, 4, names.length) ?? fail('NotSupportedError', `there is no algorithm ${h.stringifyJson(`${algorithm}`)}`);
  };
  const bytesOf = (value, what) => {
    if (!h.isBufferSource(value)) throw new TypeError(`${what} must be an ArrayBuffer, a typed array or a DataView`);
    return h.copyBytes(value);
  };
  const lengthOf = (bytes) => h.layout(bytes).length;
  const bufferOf = (bytes) => h.layout(bytes).buffer;
  const hashBytes = { __proto__: null, 'SHA-1': 20, 'SHA-256': 32, 'SHA-384': 48, 'SHA-512': 64 };
  const blockBytes = { __proto__: null, 'SHA-1': 64, 'SHA-256': 64, 'SHA-384': 128, 'SHA-512': 128 };
  const curveBytes = { __proto__: null, 'P-256': 32, 'P-384': 48, Ed25519: 32 };
  const allowed = {
    __proto__: null, HMAC: ['sign', 'verify'], 'AES-GCM': ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'], 'AES-CBC': ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey'],
    'AES-KW': ['wrapKey', 'unwrapKey'],
    HKDF: ['deriveKey', 'deriveBits'], PBKDF2: ['deriveKey', 'deriveBits'],
  };
  const known = ['encrypt', 'decrypt', 'sign', 'verify', 'deriveKey', 'deriveBits', 'wrapKey', 'unwrapKey'];
  const contains = (list, item) => { for (let i = 0; i < list.length; i++) if (list[i] === item) return true; return false; };
  // Usages in their canonical order, each once.
  const usagesOf = (value) => {
    const given = h.sequence(value), result = [];
    for (let i = 0; i < given.length; i++) {
      given[i] = `${given[i]}`;
      if (!contains(known, given[i])) throw new TypeError(`there is no key usage ${h.stringifyJson(given[i])}`);
    }
    for (let i = 0; i < known.length; i++) if (contains(given, known[i])) push(result, known[i]);
    return result;
  };
  const checkUsages = (usages, list) => { for (let i = 0; i < usages.length; i++) if (!contains(list, usages[i])) fail('SyntaxError', `this key cannot be used to ${usages[i]}`); };
  const intersect = (usages, list) => { const result = []; for (let i = 0; i < usages.length; i++) if (contains(list, usages[i])) push(result, usages[i]); return result; };

  // ---- Keys

  let keyOf;
  class CryptoKey {
    #k;
    constructor(key, record) { guard(key); this.#k = record; }
    static { keyOf = (key) => { if (!isObject(key) || !(#k in key)) throw new TypeError('not a CryptoKey'); return key.#k; }; }
    get type() { return this.#k.type; }
    get extractable() { return this.#k.extractable; }
    get algorithm() { return this.#k.shown; }
    get usages() { return this.#k.shownUsages; }
  }
  idl(CryptoKey, 'CryptoKey');
  // What scripts see of algorithm and usages are copies: changing them changes no key.
  const makeKey = (type, extractable, usages, { name, hash, length, curve }, data) => {
    const shown = { name }, shownUsages = [];
    if (hash !== undefined) h.define(shown, 'hash', { name: hash });
    if (length !== undefined) h.define(shown, 'length', length);
    if (curve !== undefined) h.define(shown, 'namedCurve', curve);
    for (let i = 0; i < usages.length; i++) push(shownUsages, usages[i]);
    return new CryptoKey(secret, { type, extractable: type === 'public' ? true : extractable, usages, name, hash, length, curve, data, shown, shownUsages });
  };
  const useKey = (key, name, usage) => {
    const k = keyOf(key);
    if (k.name !== name) fail('InvalidAccessError', `the key is for ${k.name}`);
    if (!contains(k.usages, usage)) fail('InvalidAccessError', `the key is not for ${usage}`);
    return k;
  };
  const curveOf = (name, algorithm) => {
    if (name === 'Ed25519') return undefined;
    const curve = `${algorithm.namedCurve}`;
    return curve === 'P-256' || curve === 'P-384' ? curve : fail('NotSupportedError', `there is no curve ${h.stringifyJson(curve)}`);
  };
  const isAes = (name) => name === 'AES-GCM' || name === 'AES-CBC' || name === 'AES-KW';
  const aesLength = (length) => (length === 128 || length === 192 || length === 256 ? length : fail('OperationError', 'an AES key has 128, 192 or 256 bits'));
  const base64url = (bytes) => h.toBase64Url(bytes);
  const unbase64url = (text, what) => { const bytes = text === undefined ? null : h.fromBase64Url(`${text}`); return bytes ?? fail('DataError', `the key's \`${what}\` is no base64url`); };

  const generate = (algorithm, extractable, usages) => {
    const name = algorithmName(algorithm);
    extractable = !!extractable;
    if (name === 'HMAC') {
      const hash = hashName(algorithm.hash), bits = algorithm.length === undefined ? blockBytes[hash] * 8 : algorithm.length >>> 0;
      usages = usagesOf(usages);
      checkUsages(usages, allowed.HMAC);
      if (bits === 0) fail('OperationError', 'the length of a key is not 0');
      if (usages.length === 0) fail('SyntaxError', 'a key needs a usage');
      return makeKey('secret', extractable, usages, { name, hash, length: bits }, h.randomBytes((bits + 7 - ((bits + 7) % 8)) / 8));
    }
    if (isAes(name)) {
      const length = algorithm.length >>> 0;
      usages = usagesOf(usages);
      checkUsages(usages, allowed[name]);
      aesLength(length);
      if (usages.length === 0) fail('SyntaxError', 'a key needs a usage');
      return makeKey('secret', extractable, usages, { name, length }, h.randomBytes(length / 8));
    }
    if (name === 'ECDSA' || name === 'Ed25519') {
      const curve = curveOf(name, algorithm);
      usages = usagesOf(usages);
      checkUsages(usages, allowed.HMAC);
      if (!contains(usages, 'sign')) fail('SyntaxError', 'a private key needs a usage');
      let pair = null;
      // A random number is almost always a scalar of the curve.
      while (pair === null) pair = h.ecKey(curve ?? name, 'private', h.randomBytes(curveBytes[curve ?? name]), '');
      return {
        privateKey: makeKey('private', extractable, intersect(usages, ['sign']), { name, curve }, pair.private),
        publicKey: makeKey('public', true, intersect(usages, ['verify']), { name, curve }, pair.public),
      };
    }
    return fail('NotSupportedError', `${name} generates no keys`);
  };

  const importKey = (format, data, algorithm, extractable, usages) => {
    format = `${format}`;
    if (!contains(['raw', 'pkcs8', 'spki', 'jwk'], format)) throw new TypeError(`there is no key format ${h.stringifyJson(format)}`);
    const name = algorithmName(algorithm);
    extractable = !!extractable;
    usages = usagesOf(usages);
    if (format === 'jwk') { if (!isObject(data) || h.isBufferSource(data)) throw new TypeError('a JSON Web Key is an object'); } else data = bytesOf(data, 'the key');
    const checkJwk = (kty) => {
      if (data.kty !== kty) fail('DataError', `the key's \`kty\` must be "${kty}"`);
      if (data.ext === false && extractable) fail('DataError', 'the key is not extractable');
      if (data.key_ops !== undefined) { const ops = h.sequence(data.key_ops); for (let i = 0; i < usages.length; i++) if (!contains(ops, usages[i])) fail('DataError', `the key's \`key_ops\` lacks ${usages[i]}`); }
    };
    if (name === 'ECDSA' || name === 'Ed25519') {
      const curve = curveOf(name, algorithm), which = curve ?? name;
      let pair, isPrivate = format === 'pkcs8';
      if (format === 'jwk') {
        isPrivate = data.d !== undefined;
        checkUsages(usages, isPrivate ? ['sign'] : ['verify']);
        checkJwk(name === 'ECDSA' ? 'EC' : 'OKP');
        if (data.crv !== which) fail('DataError', `the key's \`crv\` must be "${which}"`);
        const x = unbase64url(data.x, 'x');
        const point = name === 'ECDSA' ? h.concatBytes([h.byte(4), x, unbase64url(data.y, 'y')]) : x;
        pair = isPrivate ? h.ecKey(which, 'private', unbase64url(data.d, 'd'), '') : h.ecKey(which, 'public', point, '');
        if (pair !== null && !h.sameBytes(pair.public, point)) fail('DataError', 'the halves of the key do not fit');
      } else {
        checkUsages(usages, isPrivate ? ['sign'] : ['verify']);
        pair = h.ecKey(which, format === 'raw' ? 'public' : format, data, '');
      }
      if (pair === null) fail('DataError', `the data is no ${which} key`);
      if (isPrivate && usages.length === 0) fail('SyntaxError', 'a private key needs a usage');
      return makeKey(isPrivate ? 'private' : 'public', extractable, usages, { name, curve }, isPrivate ? pair.private : pair.public);
    }
    checkUsages(usages, allowed[name]);
    if (name === 'HKDF' || name === 'PBKDF2') {
      if (format !== 'raw') fail('NotSupportedError', `${name} keys are imported as "raw"`);
      if (extractable) fail('SyntaxError', `${name} keys are not extractable`);
      if (usages.length === 0) fail('SyntaxError', 'a key needs a usage');
      return makeKey('secret', false, usages, { name }, data);
    }
    if (format !== 'raw' && format !== 'jwk') fail('NotSupportedError', `${name} keys are imported as "raw" or "jwk"`);
    const hash = name === 'HMAC' ? hashName(algorithm.hash) : undefined;
    if (format === 'jwk') { checkJwk('oct'); data = unbase64url(data.k, 'k'); }
    const bits = lengthOf(data) * 8;
    if (name === 'HMAC') { if (bits === 0) fail('DataError', 'an HMAC key is not empty'); } else if (bits !== 128 && bits !== 192 && bits !== 256) fail('DataError', 'an AES key has 128, 192 or 256 bits');
    if (usages.length === 0) fail('SyntaxError', 'a key needs a usage');
    return makeKey('secret', extractable, usages, { name, hash, length: bits }, data);
  };

  const exportKey = (format, key) => {
    format = `${format}`;
    if (!contains(['raw', 'pkcs8', 'spki', 'jwk'], format)) throw new TypeError(`there is no key format ${h.stringifyJson(format)}`);
    const k = keyOf(key);
    if (k.name === 'HKDF' || k.name === 'PBKDF2') fail('NotSupportedError', `${k.name} keys are not exported`);
    if (!k.extractable) fail('InvalidAccessError', 'the key is not extractable');
    const ops = [];
    for (let i = 0; i < k.usages.length; i++) push(ops, k.usages[i]);
    if (k.type === 'secret') {
      if (format === 'raw') return bufferOf(h.copyBytes(k.data));
      if (format !== 'jwk') fail('NotSupportedError', `a secret key is exported as "raw" or "jwk"`);
      const alg = k.name === 'HMAC' ? `HS${k.hash === 'SHA-1' ? '1' : h.slice(k.hash, 4)}` : `A${k.length}${h.slice(k.name, 4)}`;
      return { key_ops: ops, ext: true, kty: 'oct', k: base64url(k.data), alg };
    }
    const which = k.curve ?? k.name, isPrivate = k.type === 'private';
    const pair = h.ecKey(which, isPrivate ? 'private' : 'public', k.data, format);
    if (format === 'raw') return isPrivate ? fail('InvalidAccessError', 'a private key has no raw form') : bufferOf(h.copyBytes(k.data));
    if (format === 'jwk') {
      const jwk = { key_ops: ops, ext: true, kty: k.curve === undefined ? 'OKP' : 'EC' };
      const size = curveBytes[which];
      if (k.curve === undefined) h.define(jwk, 'x', base64url(pair.public));
      else {
        h.define(jwk, 'x', base64url(h.copyBytes(pair.public, 1, 1 + size)));
        h.define(jwk, 'y', base64url(h.copyBytes(pair.public, 1 + size)));
      }
      h.define(jwk, 'crv', which);
      if (isPrivate) h.define(jwk, 'd', base64url(pair.private));
      return jwk;
    }
    if ((format === 'pkcs8') !== isPrivate) fail('InvalidAccessError', `a ${k.type} key has no ${format} form`);
    return bufferOf(pair.encoded);
  };

  const cipher = (encrypt, algorithm, key, data, usage) => {
    const name = algorithmName(algorithm);
    if (name !== 'AES-GCM' && name !== 'AES-CBC') fail('NotSupportedError', `${name} does not encrypt`);
    const iv = bytesOf(algorithm.iv, '`iv`'), length = lengthOf(iv);
    let result;
    if (name === 'AES-GCM') {
      const { additionalData, tagLength } = algorithm;
      const additional = additionalData === undefined ? h.newBytes(0) : bytesOf(additionalData, '`additionalData`');
      data = bytesOf(data, 'the data');
      const k = useKey(key, name, usage);
      const bits = tagLength === undefined ? 128 : tagLength >>> 0;
      if (bits !== 32 && bits !== 64 && (bits < 96 || bits > 128 || bits % 8 !== 0)) fail('OperationError', 'a tag has 32, 64, 96, 104, 112, 120 or 128 bits');
      if (length === 0) fail('OperationError', 'the `iv` must not be empty');
      result = h.aesGcm(encrypt, k.data, iv, additional, data, bits / 8);
    } else {
      data = bytesOf(data, 'the data');
      const k = useKey(key, name, usage);
      if (length !== 16) fail('OperationError', 'the `iv` must have 16 bytes');
      result = h.aesCbc(encrypt, k.data, iv, data);
    }
    return result === null ? fail('OperationError', 'the data could not be decrypted') : bufferOf(result);
  };
  // By what wraps: a cipher, or AES-KW, which is no cipher for data.
  const wrapping = (wrap, algorithm, key, data) => {
    if (algorithmName(algorithm) !== 'AES-KW') return cipher(wrap, algorithm, key, data, wrap ? 'wrapKey' : 'unwrapKey');
    const k = useKey(key, 'AES-KW', wrap ? 'wrapKey' : 'unwrapKey');
    const result = h.aesKw(wrap, k.data, wrap ? data : bytesOf(data, 'the wrapped key'));
    return result === null ? fail('OperationError', wrap ? 'AES-KW wraps multiples of 8 bytes, at least 16' : 'the key could not be unwrapped') : bufferOf(result);
  };
  // Written member by member: nobody's `toJSON` is asked.
  const jwkText = (jwk) => {
    const names = h.ownKeys(jwk);
    let text = '';
    for (let i = 0; i < names.length; i++) {
      const value = jwk[names[i]];
      let shown = '';
      if (isObject(value)) { for (let j = 0; j < value.length; j++) shown += `${j === 0 ? '' : ','}${h.stringifyJson(value[j])}`; shown = `[${shown}]`; } else shown = h.stringifyJson(value);
      text += `${i === 0 ? '' : ','}${h.stringifyJson(names[i])}:${shown}`;
    }
    return `{${text}}`;
  };
  const wrapKey = (format, key, wrappingKey, algorithm) => {
    format = `${format}`;
    algorithmName(algorithm);
    const exported = exportKey(format, key);
    return wrapping(true, algorithm, wrappingKey, format === 'jwk' ? h.utf8(jwkText(exported)) : h.copyBytes(exported));
  };
  const unwrapKey = (format, wrapped, unwrappingKey, algorithm, keyAlgorithm, extractable, usages) => {
    format = `${format}`;
    const bytes = wrapping(false, algorithm, unwrappingKey, wrapped);
    if (format !== 'jwk') return importKey(format, bytes, keyAlgorithm, extractable, usages);
    let jwk;
    try { jwk = h.parseJson(h.fromUtf8(bytes)); } catch { fail('DataError', 'what was wrapped is no JSON Web Key'); }
    return importKey('jwk', isObject(jwk) ? { __proto__: null, ...jwk } : jwk, keyAlgorithm, extractable, usages);
  };
  const sign = (algorithm, key, data) => {
    const name = algorithmName(algorithm);
    data = bytesOf(data, 'the data');
    if (name === 'HMAC') { const k = useKey(key, name, 'sign'); return bufferOf(h.hmac(k.hash, k.data, data)); }
    if (name !== 'ECDSA' && name !== 'Ed25519') fail('NotSupportedError', `${name} does not sign`);
    const hash = name === 'ECDSA' ? hashName(algorithm.hash) : '', k = useKey(key, name, 'sign');
    if (k.type !== 'private') fail('InvalidAccessError', 'a private key is wanted');
    return bufferOf(h.ecSign(k.curve ?? name, k.data, hash, data) ?? fail('OperationError', 'signing failed'));
  };
  const verify = (algorithm, key, signature, data) => {
    const name = algorithmName(algorithm);
    signature = bytesOf(signature, 'the signature');
    data = bytesOf(data, 'the data');
    if (name === 'HMAC') { const k = useKey(key, name, 'verify'); return h.sameBytes(h.hmac(k.hash, k.data, data), signature); }
    if (name !== 'ECDSA' && name !== 'Ed25519') fail('NotSupportedError', `${name} does not verify`);
    const hash = name === 'ECDSA' ? hashName(algorithm.hash) : '', k = useKey(key, name, 'verify');
    if (k.type !== 'public') fail('InvalidAccessError', 'a public key is wanted');
    return h.ecVerify(k.curve ?? name, k.data, hash, signature, data);
  };
  const derive = (algorithm, key, length, usage) => {
    const name = algorithmName(algorithm);
    if (name !== 'HKDF' && name !== 'PBKDF2') fail('NotSupportedError', `${name} derives nothing`);
    const hash = hashName(algorithm.hash), salt = bytesOf(algorithm.salt, '`salt`');
    const info = name === 'HKDF' ? bytesOf(algorithm.info, '`info`') : null, iterations = name === 'PBKDF2' ? algorithm.iterations >>> 0 : 0;
    const k = useKey(key, name, usage);
    if (length === null || length % 8 !== 0) fail('OperationError', 'the length must be a multiple of 8');
    if (name === 'PBKDF2') {
      if (iterations === 0) fail('OperationError', 'the number of iterations is not 0');
      return h.pbkdf2(hash, k.data, salt, iterations, length / 8);
    }
    return h.hkdf(hash, k.data, salt, info, length / 8) ?? fail('OperationError', 'so many bits cannot be derived');
  };

  let attempt;
  class SubtleCrypto {
    #subtle = true;
    constructor(key) { guard(key); }
    #attempt(given, wanted, name, f) {
      try { this.#subtle; need(given, wanted, name); return resolved(f()); } catch (error) { return rejected(error); }
    }
    digest(algorithm, data) {
      return attempt(this, arguments.length, 2, 'digest', () => {
        const name = isObject(algorithm) ? algorithm.name : algorithm;
        if (isObject(algorithm) && name === undefined) throw new TypeError('an algorithm needs a `name`');
        const hash = hashName(`${name}`);
        return bufferOf(h.digest(hash, bytesOf(data, 'the data')));
      });
    }
    generateKey(algorithm, extractable, usages) { return attempt(this, arguments.length, 3, 'generateKey', () => generate(algorithm, extractable, usages)); }
    importKey(format, data, algorithm, extractable, usages) {
      return attempt(this, arguments.length, 5, 'importKey', () => importKey(format, data, algorithm, extractable, usages));
    }
    exportKey(format, key) { return attempt(this, arguments.length, 2, 'exportKey', () => exportKey(format, key)); }
    encrypt(algorithm, key, data) { return attempt(this, arguments.length, 3, 'encrypt', () => cipher(true, algorithm, key, data, 'encrypt')); }
    decrypt(algorithm, key, data) { return attempt(this, arguments.length, 3, 'decrypt', () => cipher(false, algorithm, key, data, 'decrypt')); }
    wrapKey(format, key, wrappingKey, algorithm) { return attempt(this, arguments.length, 4, 'wrapKey', () => wrapKey(format, key, wrappingKey, algorithm)); }
    unwrapKey(format, wrappedKey, unwrappingKey, unwrapAlgorithm, keyAlgorithm, extractable, usages) {
      return attempt(this, arguments.length, 7, 'unwrapKey', () => unwrapKey(format, wrappedKey, unwrappingKey, unwrapAlgorithm, keyAlgorithm, extractable, usages));
    }
    sign(algorithm, key, data) { return attempt(this, arguments.length, 3, 'sign', () => sign(algorithm, key, data)); }
    verify(algorithm, key, signature, data) { return attempt(this, arguments.length, 4, 'verify', () => verify(algorithm, key, signature, data)); }
    deriveBits(algorithm, key, length = null) {
      return attempt(this, arguments.length, 2, 'deriveBits', () => bufferOf(derive(algorithm, key, length === null || length === undefined ? null : length >>> 0, 'deriveBits')));
    }
    deriveKey(algorithm, key, type, extractable, usages) {
      return attempt(this, arguments.length, 5, 'deriveKey', () => {
        const name = algorithmName(type);
        let bits;
        if (isAes(name)) bits = aesLength(type.length >>> 0);
        else if (name === 'HMAC') bits = type.length === undefined ? blockBytes[hashName(type.hash)] * 8 : type.length >>> 0;
        else fail('NotSupportedError', `a ${name} key is not derived`);
        return importKey('raw', derive(algorithm, key, bits, 'deriveKey'), type, extractable, usages);
      });
    }
    static { attempt = (subtle, given, wanted, name, f) => { try { return subtle.#attempt(given, wanted, name, f); } catch (error) { return rejected(error); } }; }
  }
  idl(SubtleCrypto, 'SubtleCrypto');

  // At most so many bytes at once: the standard's bound.
  const quota = 65536;
  const hex = '0123456789abcdef';
  class Crypto {
    #subtle = null;
    constructor(key) { guard(key); }
    get subtle() { return this.#subtle ??= new SubtleCrypto(secret); }
    getRandomValues(array) {
      this.#subtle;
      need(arguments.length, 1, 'getRandomValues');
      if (!h.isView(array)) throw new TypeError('getRandomValues takes a typed array');
      const { kind, length } = h.layout(array);
      if (kind === 'DataView' || kind === 'Float16Array' || kind === 'Float32Array' || kind === 'Float64Array') fail('TypeMismatchError', 'the array must hold integers');
      if (length > quota) fail('QuotaExceededError', `at most ${quota} random bytes are given at once`);
      h.fillRandom(array);
      return array;
    }
    randomUUID() {
      this.#subtle;
      const bytes = h.randomBytes(16);
      bytes[6] = (bytes[6] & 15) | 64;
      bytes[8] = (bytes[8] & 63) | 128;
      let text = '';
      for (let i = 0; i < 16; i++) {
        if (i === 4 || i === 6 || i === 8 || i === 10) text += '-';
        text += hex[bytes[i] >> 4] + hex[bytes[i] & 15];
      }
      return text;
    }
  }
  idl(Crypto, 'Crypto');

  return { __proto__: null, CryptoKey, SubtleCrypto, Crypto, crypto: new Crypto(secret) };
})
