[typeof performance.now(), performance.now() >= 0, typeof performance.timeOrigin, performance.timeOrigin > 1e12, Object.prototype.toString.call(performance)]
//=> ["number", true, "number", true, "[object Performance]"]

const a = performance.now(); await pause(10); performance.now() - a >= 0
//=> true

Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 50
//=> true

[typeof performance.toJSON().timeOrigin, performance instanceof EventTarget, thrown(() => new Performance())]
//=> ["number", true, "<TypeError>"]

[self === globalThis, typeof self, self.self === self]
//=> [true, "object", true]

[typeof navigator.userAgent, navigator.userAgent.length > 3, Object.prototype.toString.call(navigator), thrown(() => new Navigator())]
//=> ["string", true, "[object Navigator]", "<TypeError>"]

const log = []; queueMicrotask(() => log.push(1)); log.push(0); await null; log
//=> [0, 1]

[thrown(() => queueMicrotask()), thrown(() => queueMicrotask(1)), queueMicrotask(() => {})]
//=> ["<TypeError>", "<TypeError>", undefined]

[typeof reportError, typeof addEventListener, typeof removeEventListener, typeof dispatchEvent, thrown(() => reportError())]
//=> ["function", "function", "function", "function", "<TypeError>"]

const log = []; const f = (e) => log.push(e.type, e.target === globalThis); addEventListener("mine", f); dispatchEvent(new Event("mine")); removeEventListener("mine", f); dispatchEvent(new Event("mine")); log
//=> ["mine", true]

const log = []; const f = (e) => { log.push(e.error, e instanceof ErrorEvent, e.cancelable); e.preventDefault(); }; addEventListener("error", f); reportError(7); await pause(); removeEventListener("error", f); log
//=> [7, true, true]

const log = []; onerror = (m, file, line, col, error) => { log.push(typeof m, error); return true; }; reportError("boom"); await pause(); onerror = null; [log, onerror]
//=> [["string", "boom"], null]

const log = []; const f = (e) => { e.preventDefault(); log.push(e.error.message); }; addEventListener("error", f); const t = new EventTarget(); t.addEventListener("x", () => { throw new Error("in listener"); }); t.addEventListener("x", () => log.push("next")); t.dispatchEvent(new Event("x")); await pause(); removeEventListener("error", f); log
//=> ["next", "in listener"]

[onerror, onunhandledrejection, onrejectionhandled]
//=> [null, null, null]

const names = ["AbortController", "AbortSignal", "Blob", "ByteLengthQueuingStrategy", "CompressionStream", "CountQueuingStrategy", "Crypto", "CryptoKey", "CustomEvent", "DecompressionStream", "DOMException", "ErrorEvent", "Event", "EventTarget", "File", "FormData", "Headers", "PromiseRejectionEvent", "ReadableByteStreamController", "ReadableStream", "ReadableStreamBYOBReader", "ReadableStreamBYOBRequest", "ReadableStreamDefaultController", "ReadableStreamDefaultReader", "Request", "Response", "SubtleCrypto", "TextDecoder", "TextDecoderStream", "TextEncoder", "TextEncoderStream", "TransformStream", "TransformStreamDefaultController", "URL", "URLSearchParams", "WritableStream", "WritableStreamDefaultController", "WritableStreamDefaultWriter"]; names.filter((name) => typeof globalThis[name] !== "function")
//=> []

const d = Object.getOwnPropertyDescriptor(globalThis, "URL"); [typeof URL, d.enumerable, d.configurable]
//=> ["function", false, true]

URL; await null; const d = Object.getOwnPropertyDescriptor(globalThis, "URL"); [typeof d.value, d.writable, d.enumerable, d.configurable]
//=> ["function", true, false, true]

const old = globalThis.Headers; globalThis.Headers = 5; const now = globalThis.Headers; globalThis.Headers = old; [now, typeof Headers]
//=> [5, "function"]

const o = Object.create(globalThis); o.FormData = 5; [o.FormData, Object.keys(o), typeof FormData]
//=> [5, ["FormData"], "function"]

const heard = [], tell = (e) => { heard.push(e.type, e.reason, e.cancelable); e.preventDefault(); }; addEventListener("unhandledrejection", tell); Promise.reject(1); await pause(); removeEventListener("unhandledrejection", tell); heard
//=> ["unhandledrejection", 1, true]

const heard = [], a = (e) => { heard.push(e.type); e.preventDefault(); }, b = (e) => heard.push(e.type, e.reason, e.cancelable, e.promise === p); addEventListener("unhandledrejection", a); addEventListener("rejectionhandled", b); const p = Promise.reject(2); await pause(); p.catch(() => {}); await pause(); removeEventListener("unhandledrejection", a); removeEventListener("rejectionhandled", b); heard
//=> ["unhandledrejection", "rejectionhandled", 2, false, true]

const heard = []; onunhandledrejection = () => { heard.push(1); return false; }; const p = Promise.reject(3); await null; p.catch(() => {}); await pause(); onunhandledrejection = null; heard
//=> []

const heard = [], tell = (e) => { e.preventDefault(); e.promise.catch(() => heard.push("caught")); Promise.resolve().then(() => heard.push("microtask")); }; addEventListener("unhandledrejection", tell, { once: true }); Promise.reject(4); await pause(); heard
//=> ["caught", "microtask"]

const heard = [], tell = (e) => { heard.push(e.reason); e.preventDefault(); }; addEventListener("unhandledrejection", tell); const first = Promise.reject(5), second = Promise.reject(6); await pause(); Promise.reject(7); await pause(); removeEventListener("unhandledrejection", tell); heard
//=> [5, 6, 7]
