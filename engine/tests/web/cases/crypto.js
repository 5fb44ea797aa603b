const hex = (b) => Array.from(new Uint8Array(b), (x) => x.toString(16).padStart(2, "0")).join(""); const out = []; for (const a of ["SHA-1", "SHA-256", "sha-384", { name: "SHA-512" }]) out.push(hex(await crypto.subtle.digest(a, new TextEncoder().encode("abc")))); out
//=> ["a9993e364706816aba3e25717850c26c9cd0d89d", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", "cb00753f45a35e8bb5a03d699ac65007272c32ab0eded1631a8b605a43ff5bed8086072ba1e7cc2358baeca134c825a7", "ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd454d4423643ce80e2a9ac94fa54ca49f"]

[await rejects(crypto.subtle.digest("MD5", new Uint8Array())), await rejects(crypto.subtle.digest("SHA-256", "x")), await rejects(crypto.subtle.digest("SHA-256")), await rejects(crypto.subtle.digest({}, new Uint8Array()))]
//=> throws <SyntaxError>

[crypto.randomUUID().length, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID()), crypto.randomUUID() !== crypto.randomUUID()]
//=> [36, true, true]

const a = new Uint8Array(32), b = crypto.getRandomValues(a); [a === b, a.some((x) => x !== 0), crypto.getRandomValues(new Uint32Array(2)).length, crypto.getRandomValues(new BigInt64Array(1)).length]
//=> [true, true, 2, 1]

[thrown(() => crypto.getRandomValues(new Float32Array(1))), thrown(() => crypto.getRandomValues(new Uint8Array(65537))), thrown(() => crypto.getRandomValues([])), thrown(() => crypto.getRandomValues(new DataView(new ArrayBuffer(1)))), thrown(() => crypto.getRandomValues())]
//=> ["<DOMException TypeMismatchError>", "<DOMException QuotaExceededError>", "<TypeError>", "<DOMException TypeMismatchError>", "<TypeError>"]

[String(crypto), String(crypto.subtle), thrown(() => new Crypto()), thrown(() => new SubtleCrypto()), thrown(() => new CryptoKey()), crypto.subtle === crypto.subtle]
//=> ["[object Crypto]", "[object SubtleCrypto]", "<TypeError>", "<TypeError>", "<TypeError>", true]

const hex = (b) => Array.from(new Uint8Array(b), (x) => x.toString(16).padStart(2, "0")).join(""); const k = await crypto.subtle.importKey("raw", new TextEncoder().encode("key"), { name: "HMAC", hash: "SHA-256" }, true, ["sign", "verify"]); const s = await crypto.subtle.sign("HMAC", k, new TextEncoder().encode("The quick brown fox jumps over the lazy dog")); [hex(s), await crypto.subtle.verify("HMAC", k, s, new TextEncoder().encode("The quick brown fox jumps over the lazy dog")), await crypto.subtle.verify("HMAC", k, s, new Uint8Array(1))]
//=> ["f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8", true, false]

const k = await crypto.subtle.importKey("raw", new Uint8Array([1, 2, 3]), { name: "HMAC", hash: { name: "SHA-512" } }, true, ["verify", "sign"]); [k.type, k.extractable, k.algorithm, k.usages, await crypto.subtle.exportKey("raw", k), await crypto.subtle.exportKey("jwk", k)]
//=> ["secret", true, {name: "HMAC", hash: {name: "SHA-512"}, length: 24}, ["sign", "verify"], ArrayBuffer[1, 2, 3], {key_ops: ["sign", "verify"], ext: true, kty: "oct", k: "AQID", alg: "HS512"}]

const k = await crypto.subtle.generateKey({ name: "hmac", hash: "SHA-384" }, true, ["sign"]); [k.algorithm, (await crypto.subtle.exportKey("raw", k)).byteLength, String(k)]
//=> [{name: "HMAC", hash: {name: "SHA-384"}, length: 1024}, 128, "[object CryptoKey]"]

[await rejects(crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, [])), await rejects(crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["encrypt"])), await rejects(crypto.subtle.generateKey({ name: "HMAC" }, true, ["sign"])), await rejects(crypto.subtle.generateKey({ name: "HMAC", hash: "SHA-256" }, true, ["bogus"])), await rejects(crypto.subtle.generateKey("Nope", true, ["sign"]))]
//=> throws <SyntaxError>

const k = await crypto.subtle.importKey("raw", new Uint8Array(1), { name: "HMAC", hash: "SHA-256" }, false, ["sign"]); [await rejects(crypto.subtle.exportKey("raw", k)), await rejects(crypto.subtle.verify("HMAC", k, new Uint8Array(1), new Uint8Array(1))), await rejects(crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, k, new Uint8Array(1)))]
//=> ["<DOMException InvalidAccessError>", "<DOMException InvalidAccessError>", "<DOMException InvalidAccessError>"]

const b64 = (b) => btoa(String.fromCharCode(...new Uint8Array(b))); const k = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["encrypt", "decrypt"]); const c = await crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, k, new TextEncoder().encode("hello")); [b64(c), new TextDecoder().decode(await crypto.subtle.decrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, k, c))]
//=> ["a+22og/8BfNHXSkDTKocyPo2KMOf", "hello"]

const b64 = (b) => btoa(String.fromCharCode(...new Uint8Array(b))); const k = await crypto.subtle.importKey("raw", new Uint8Array(32), "AES-GCM", true, ["encrypt", "decrypt"]); const a = { name: "AES-GCM", iv: new Uint8Array(16), additionalData: new Uint8Array([1, 2, 3]) }; const c = await crypto.subtle.encrypt(a, k, new TextEncoder().encode("hello")); [b64(c), await rejects(crypto.subtle.decrypt({ ...a, additionalData: new Uint8Array(1) }, k, c)), (await crypto.subtle.decrypt(a, k, c)).byteLength]
//=> ["tzasYV9r59ZHKhCQfiNdk4gK+tKY", "<DOMException OperationError>", 5]

const b64 = (b) => btoa(String.fromCharCode(...new Uint8Array(b))); const k = await crypto.subtle.importKey("raw", new Uint8Array(24), "AES-CBC", true, ["encrypt", "decrypt"]); const a = { name: "AES-CBC", iv: new Uint8Array(16) }; const c = await crypto.subtle.encrypt(a, k, new TextEncoder().encode("sixteen bytes!!!")); [b64(c), new TextDecoder().decode(await crypto.subtle.decrypt(a, k, c)), await rejects(crypto.subtle.decrypt(a, k, new Uint8Array(15))), await rejects(crypto.subtle.encrypt({ name: "AES-CBC", iv: new Uint8Array(12) }, k, new Uint8Array(1)))]
//=> ["VNn0eWcxtGCqn415QnN84YW/mAdrGm/ksKFJdLkY0bA=", "sixteen bytes!!!", "<DOMException OperationError>", "<DOMException OperationError>"]

const k = await crypto.subtle.generateKey({ name: "AES-GCM", length: 256 }, true, ["decrypt", "encrypt"]); [k.algorithm, k.usages, (await crypto.subtle.exportKey("jwk", k)).alg, (await crypto.subtle.exportKey("jwk", k)).kty]
//=> [{name: "AES-GCM", length: 256}, ["encrypt", "decrypt"], "A256GCM", "oct"]

[await rejects(crypto.subtle.generateKey({ name: "AES-GCM", length: 100 }, true, ["encrypt"])), await rejects(crypto.subtle.importKey("raw", new Uint8Array(15), "AES-GCM", true, ["encrypt"])), await rejects(crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", true, ["sign"])), await rejects(crypto.subtle.importKey("bogus", new Uint8Array(16), "AES-GCM", true, ["encrypt"]))]
//=> throws <SyntaxError>

const k = await crypto.subtle.importKey("jwk", { kty: "oct", k: "AAECAwQFBgcICQoLDA0ODw", alg: "A128CBC", ext: true }, "AES-CBC", true, ["encrypt"]); await crypto.subtle.exportKey("raw", k)
//=> ArrayBuffer[0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15]

[await rejects(crypto.subtle.importKey("jwk", { kty: "EC", k: "AAAA" }, "AES-CBC", true, ["encrypt"])), await rejects(crypto.subtle.importKey("jwk", new Uint8Array(1), "AES-CBC", true, ["encrypt"])), await rejects(crypto.subtle.importKey("jwk", { kty: "oct", k: "AAECAwQFBgcICQoLDA0ODw", ext: false }, "AES-CBC", true, ["encrypt"]))]
//=> throws <SyntaxError>

const hex = (b) => Array.from(new Uint8Array(b), (x) => x.toString(16).padStart(2, "0")).join(""); const k = await crypto.subtle.importKey("raw", new TextEncoder().encode("password"), "PBKDF2", false, ["deriveBits", "deriveKey"]); [hex(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: new TextEncoder().encode("salt"), iterations: 2 }, k, 256)), hex(await crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-1", salt: new TextEncoder().encode("salt"), iterations: 1 }, k, 160))]
//=> ["ae4d0c95af6b46d32d0adff928f06dd02a303f8ef3c251dfd6e2d85a95474c43", "0c60c80f961f0e71f3a9b524af6012062fe037a6"]

const hex = (b) => Array.from(new Uint8Array(b), (x) => x.toString(16).padStart(2, "0")).join(""); const k = await crypto.subtle.importKey("raw", new Uint8Array(22).fill(11), "HKDF", false, ["deriveBits"]); hex(await crypto.subtle.deriveBits({ name: "HKDF", hash: "SHA-256", salt: Uint8Array.from({ length: 13 }, (_, i) => i), info: Uint8Array.from({ length: 10 }, (_, i) => 0xf0 + i) }, k, 336))
//=> 3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865

const k = await crypto.subtle.importKey("raw", new Uint8Array(8), "HKDF", false, ["deriveKey"]); const d = await crypto.subtle.deriveKey({ name: "HKDF", hash: "SHA-512", salt: new Uint8Array(), info: new Uint8Array() }, k, { name: "AES-GCM", length: 128 }, true, ["encrypt"]); [d.algorithm, await crypto.subtle.exportKey("raw", d)]
//=> [{name: "AES-GCM", length: 128}, ArrayBuffer[182, 107, 211, 27, 83, 131, 219, 200, 100, 106, 118, 111, 207, 103, 220, 115]]

const k = await crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", false, ["deriveKey", "deriveBits"]); [await rejects(crypto.subtle.importKey("raw", new Uint8Array(8), "PBKDF2", true, ["deriveBits"])), await rejects(crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(1), iterations: 0 }, k, 128)), await rejects(crypto.subtle.exportKey("raw", k)), await rejects(crypto.subtle.deriveBits({ name: "PBKDF2", hash: "SHA-256", salt: new Uint8Array(1), iterations: 1 }, k, 7))]
//=> ["<DOMException SyntaxError>", "<DOMException OperationError>", "<DOMException NotSupportedError>", "<DOMException OperationError>"]

const d = new TextEncoder().encode("data"), out = []; for (const [c, n] of [["P-256", 64], ["P-384", 96]]) { const p = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: c }, true, ["sign", "verify"]); const s = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, p.privateKey, d); out.push(s.byteLength === n, await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, p.publicKey, s, d), await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-384" }, p.publicKey, s, d), p.privateKey.algorithm, p.privateKey.usages, p.publicKey.usages); } out
//=> undefined

const out = []; for (const c of ["P-256", "P-384"]) { const p = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: c }, true, ["sign", "verify"]); for (const f of ["pkcs8", "jwk"]) { const e = await crypto.subtle.exportKey(f, p.privateKey); const k = await crypto.subtle.importKey(f, e, { name: "ECDSA", namedCurve: c }, true, ["sign"]); out.push(k.type, f === "pkcs8" ? e.byteLength : Object.keys(e).sort().join()); } for (const f of ["raw", "spki", "jwk"]) { const e = await crypto.subtle.exportKey(f, p.publicKey); const k = await crypto.subtle.importKey(f, e, { name: "ECDSA", namedCurve: c }, true, ["verify"]); out.push(k.type, f === "jwk" ? e.crv : e.byteLength); } } out
//=> undefined

const spki = Uint8Array.from(atob("MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEYP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Z5A/4QCLi8maQa6elWKLxk8vGyDC1+n1F3o8KU1EYimQ=="), (c) => c.charCodeAt(0)); const k = await crypto.subtle.importKey("spki", spki, { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]); const j = await crypto.subtle.exportKey("jwk", k); [j.x, j.y, j.crv, j.kty, j.ext]
//=> ["YP7UuiVanTHJYet0xjVtaMBJuJI7Yfps5mliLmDyn7Y", "eQP-EAi4vJmkGunpVii8ZPLxsgwtfp9Rd6PClNRGIpk", "P-256", "EC", true]

const seed = Uint8Array.from({ length: 16 }, (_, i) => [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20][i]); const der = new Uint8Array(48); der.set(seed); for (let i = 0; i < 32; i++) der[16 + i] = i; const k = await crypto.subtle.importKey("pkcs8", der, "Ed25519", true, ["sign"]); const s = await crypto.subtle.sign("Ed25519", k, new TextEncoder().encode("msg")); const j = await crypto.subtle.exportKey("jwk", k); const pub = await crypto.subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", x: j.x }, "Ed25519", true, ["verify"]); [btoa(String.fromCharCode(...new Uint8Array(s))), j.x, j.d, await crypto.subtle.verify("Ed25519", pub, s, new TextEncoder().encode("msg")), await crypto.subtle.verify("Ed25519", pub, s, new Uint8Array(1)), (await crypto.subtle.exportKey("pkcs8", k)).byteLength, (await crypto.subtle.exportKey("spki", pub)).byteLength, (await crypto.subtle.exportKey("raw", pub)).byteLength]
//=> ["OqLSEXO2VSyOX3MEnHvhYxUNvD52WT87J0tp4oU5SPrE7Cay2LYlZQolxXMMGYdrqGKuD4tJSEnytNHjeK1+AQ==", "A6EHv_POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg", "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8", true, false, 48, 44, 32]

const p = await crypto.subtle.generateKey("Ed25519", false, ["sign", "verify"]); [p.privateKey.type, p.privateKey.extractable, p.publicKey.extractable, p.publicKey.algorithm, await rejects(crypto.subtle.exportKey("pkcs8", p.privateKey)), await rejects(crypto.subtle.sign("Ed25519", p.publicKey, new Uint8Array(1)))]
//=> ["private", false, true, {name: "Ed25519"}, "<DOMException InvalidAccessError>", "<DOMException InvalidAccessError>"]

[await rejects(crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, [])), await rejects(crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["encrypt"])), await rejects(crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "Q" }, true, ["sign"])), await rejects(crypto.subtle.importKey("spki", new Uint8Array(10), { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"])), await rejects(crypto.subtle.importKey("raw", new Uint8Array(65), { name: "ECDSA", namedCurve: "P-256" }, true, ["verify"]))]
//=> throws <SyntaxError>

[crypto.subtle.digest.length, crypto.subtle.importKey.length, crypto.getRandomValues.length, Object.keys(CryptoKey.prototype).sort()]
//=> [2, 5, 1, ["algorithm", "extractable", "type", "usages"]]

const hex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16)), key = await crypto.subtle.importKey("raw", hex("feffe9928665731c6d6a8f9467308308"), "AES-GCM", false, ["encrypt", "decrypt"]), algorithm = { name: "AES-GCM", iv: hex("cafebabefacedbad"), additionalData: hex("feedfacedeadbeeffeedfacedeadbeefabaddad2") }, sealed = await crypto.subtle.encrypt(algorithm, key, hex("d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6b525b16aedf5aa0de657ba637b39")); [Array.from(new Uint8Array(sealed), (byte) => byte.toString(16).padStart(2, "0")).join(""), (await crypto.subtle.decrypt(algorithm, key, sealed)).byteLength]
//=> ["61353b4c2806934a777ff51fa22a4755699b2a714fcdc6f83766e5f97b6c742373806900e49f24b22b097544d4896b424989b5e1ebac0f07c23f45983612d2e79e3b0785561be14aaca2fccb", 60]

const key = await crypto.subtle.importKey("raw", new Uint8Array(32), "AES-GCM", false, ["encrypt"]), all = []; for (const length of [13, 16, 17, 60, 128]) all.push(new Uint8Array(await crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(length).fill(7) }, key, new Uint8Array(5))).slice(0, 6)); all
//=> [Uint8Array[45, 64, 178, 231, 214, 206], Uint8Array[55, 228, 23, 186, 197, 89], Uint8Array[87, 132, 56, 9, 89, 196], Uint8Array[117, 23, 137, 77, 33, 78], Uint8Array[245, 85, 239, 20, 223, 20]]

const key = await crypto.subtle.importKey("raw", new Uint8Array(24), "AES-GCM", false, ["encrypt", "decrypt"]), all = []; for (const tagLength of [32, 64, 96, 104, 112, 120, 128]) { const algorithm = { name: "AES-GCM", iv: new Uint8Array(12), tagLength }, sealed = await crypto.subtle.encrypt(algorithm, key, new Uint8Array(3)); all.push(sealed.byteLength, (await crypto.subtle.decrypt(algorithm, key, sealed)).byteLength, await rejects(crypto.subtle.decrypt(algorithm, key, new Uint8Array(sealed).slice().fill(1, 0, 1)))); }; all
//=> [7, 3, "<DOMException OperationError>", 11, 3, "<DOMException OperationError>", 15, 3, "<DOMException OperationError>", 16, 3, "<DOMException OperationError>", 17, 3, "<DOMException OperationError>", 18, 3, "<DOMException OperationError>", 19, 3, "<DOMException OperationError>"]

const key = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["encrypt", "decrypt"]); [await rejects(crypto.subtle.encrypt({ name: "AES-GCM", iv: new Uint8Array(12), tagLength: 100 }, key, new Uint8Array(1))), await rejects(crypto.subtle.decrypt({ name: "AES-GCM", iv: new Uint8Array(12) }, key, new Uint8Array(15)))]
//=> ["<DOMException OperationError>", "<DOMException OperationError>"]

const hex = (text) => Uint8Array.from(text.match(/../g), (pair) => parseInt(pair, 16)), kek = await crypto.subtle.importKey("raw", hex("000102030405060708090a0b0c0d0e0f"), "AES-KW", false, ["wrapKey", "unwrapKey"]), key = await crypto.subtle.importKey("raw", hex("00112233445566778899aabbccddeeff"), "AES-CBC", true, ["encrypt"]), wrapped = await crypto.subtle.wrapKey("raw", key, kek, "AES-KW"), back = await crypto.subtle.unwrapKey("raw", wrapped, kek, "AES-KW", "AES-CBC", true, ["decrypt"]); [wrapped, await crypto.subtle.exportKey("raw", back), back.usages, await rejects(crypto.subtle.unwrapKey("raw", new Uint8Array(wrapped).slice().fill(0, 0, 1), kek, "AES-KW", "AES-CBC", true, ["decrypt"]))]
//=> [ArrayBuffer[31, 166, 139, 10, 129, 18, 180, 71, 174, 243, 75, 216, 251, 90, 123, 130, 157, 62, 134, 35, 113, 210, 207, 229], ArrayBuffer[0, 17, 34, 51, 68, 85, 102, 119, 136, 153, 170, 187, 204, 221, 238, 255], ["decrypt"], "<DOMException OperationError>"]

const by = await crypto.subtle.importKey("raw", new Uint8Array(16), "AES-GCM", false, ["wrapKey", "unwrapKey", "encrypt"]), algorithm = { name: "AES-GCM", iv: new Uint8Array(12) }, key = await crypto.subtle.importKey("raw", new Uint8Array([1, 2, 3]), { name: "HMAC", hash: "SHA-256" }, true, ["sign"]), wrapped = await crypto.subtle.wrapKey("jwk", key, by, algorithm), back = await crypto.subtle.unwrapKey("jwk", wrapped, by, algorithm, { name: "HMAC", hash: "SHA-256" }, true, ["sign"]); [back.type, back.usages, await crypto.subtle.exportKey("raw", back)]
//=> ["secret", ["sign"], ArrayBuffer[1, 2, 3]]

const pair = await crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"]), by = await crypto.subtle.generateKey({ name: "AES-CBC", length: 256 }, false, ["wrapKey", "unwrapKey"]), algorithm = { name: "AES-CBC", iv: new Uint8Array(16) }, wrapped = await crypto.subtle.wrapKey("pkcs8", pair.privateKey, by, algorithm), back = await crypto.subtle.unwrapKey("pkcs8", wrapped, by, algorithm, { name: "ECDSA", namedCurve: "P-256" }, false, ["sign"]), signature = await crypto.subtle.sign({ name: "ECDSA", hash: "SHA-256" }, back, new Uint8Array(4)); [back.type, back.extractable, await crypto.subtle.verify({ name: "ECDSA", hash: "SHA-256" }, pair.publicKey, signature, new Uint8Array(4))]
//=> ["private", false, true]

const by = await crypto.subtle.generateKey({ name: "AES-KW", length: 128 }, true, ["wrapKey", "unwrapKey"]), key = await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, false, ["encrypt"]), short = await crypto.subtle.importKey("raw", new Uint8Array(5), { name: "HMAC", hash: "SHA-1" }, true, ["sign"]), cipher = await crypto.subtle.generateKey({ name: "AES-GCM", length: 128 }, true, ["encrypt"]); [(await crypto.subtle.exportKey("jwk", by)).alg, by.usages, await rejects(crypto.subtle.wrapKey("raw", key, by, "AES-KW")), await rejects(crypto.subtle.wrapKey("raw", short, by, "AES-KW")), await rejects(crypto.subtle.wrapKey("raw", cipher, cipher, { name: "AES-GCM", iv: new Uint8Array(12) })), await rejects(crypto.subtle.encrypt("AES-KW", by, new Uint8Array(16))), await rejects(crypto.subtle.generateKey({ name: "AES-KW", length: 128 }, true, ["encrypt"]))]
//=> ["A128KW", ["wrapKey", "unwrapKey"], "<DOMException InvalidAccessError>", "<DOMException OperationError>", "<DOMException InvalidAccessError>", "<DOMException NotSupportedError>", "<DOMException SyntaxError>"]
