// Replaces what a script can name, then uses the web's API for the first time: nothing of ours may call what it put there. `calm` gives the same without it.
let reached = "";
const trap = (name) => function () { reached += ` ${name}`; return undefined; };
const { defineProperty, getOwnPropertyDescriptor, getPrototypeOf } = Object, { ownKeys } = Reflect, Later = Promise, timer = setTimeout, { iterator } = Symbol;

function poison() {
  const targets = {
    Array: Array.prototype, String: String.prototype, Function: Function.prototype, TypedArray: getPrototypeOf(Uint8Array.prototype), ArrayBuffer: ArrayBuffer.prototype,
    DataView: DataView.prototype, Map: Map.prototype, Set: Set.prototype, WeakMap: WeakMap.prototype, Promise: Promise.prototype, RegExp: RegExp.prototype, Number: Number.prototype,
    ArrayIterator: getPrototypeOf([][Symbol.iterator]()), ObjectStatic: Object, ReflectStatic: Reflect, JSONStatic: JSON, MathStatic: Math, PromiseStatic: Promise, ArrayStatic: Array,
  };
  const names = ownKeys(targets);
  for (let i = 0; i < names.length; i++) {
    const target = targets[names[i]], keys = ownKeys(target);
    for (let j = 0; j < keys.length; j++) {
      const key = keys[j], property = getOwnPropertyDescriptor(target, key);
      // Template texts of this script convert with these.
      if (!property.configurable || key === "toString" || key === "valueOf" || key === "name" || key === "length") continue;
      const put = trap(`${names[i]}.${typeof key === "symbol" ? "symbol" : key}`);
      if (property.get) defineProperty(target, key, { get: put });
      else if (typeof property.value === "function") defineProperty(target, key, { value: put });
    }
  }
  // Setters for fields that a record of ours might lack, and for the elements of lists.
  const fields = ["next", "head", "tail", "size", "total", "stream", "reader", "state", "closed", "requests", "controller", "object", "started", "bytes", "used", "removed", "callback", "listener", "0", "1", "2"];
  for (let i = 0; i < fields.length; i++) defineProperty(Object.prototype, fields[i], { __proto__: null, set: trap(`set ${fields[i]}`), configurable: true });
}

function use() {
  const url = new URL("https://a/b?c=d&e=f#g");
  url.searchParams.append("h", "i");
  const headers = new Headers();
  headers.append("B", "1");
  headers.append("b", "3");
  const target = new EventTarget(), aborter = new AbortController(), form = new FormData();
  // An array would be asked for its iterator, which is the script's own doing.
  let given = 0;
  const parts = { [iterator]() { return { next: () => ({ value: "blob", done: given++ > 0 }) }; } };
  let heard = 0, body, blob, digest, piped = 0;
  target.addEventListener("x", () => { heard++; }, { once: true, capture: false, passive: false, signal: undefined });
  target.dispatchEvent(new Event("x"));
  target.dispatchEvent(new Event("x"));
  aborter.abort();
  form.append("k", "v");
  const stream = new Response("body").body.pipeThrough(new CompressionStream("gzip")).pipeThrough(new DecompressionStream("gzip")).pipeThrough(new TextDecoderStream());
  stream.pipeTo(new WritableStream({ write(chunk) { body = chunk; }, start: undefined, close() { piped++; }, abort: undefined, type: undefined }));
  new Response(new Blob(parts)).body.pipeTo(new WritableStream({ write(chunk) { blob = new TextDecoder().decode(chunk); }, start: undefined, close: undefined, abort: undefined, type: undefined }));
  crypto.subtle.digest("SHA-256", new Uint8Array(1));
  const at = [url.href, headers.get("b"), new TextDecoder("utf-16le").decode(new TextEncoder().encode("a\0")), atob(btoa("xyz")), structuredClone({ a: { b: 1 } }).a.b, heard, aborter.signal.aborted,
    crypto.randomUUID().length, form.get("k")];
  return new Later((resolve) => timer(() => {
    let text = "";
    for (let i = 0; i < at.length; i++) text += `${at[i]} `;
    resolve(`${text}${body} ${blob} ${piped};${reached}`);
  }, 5));
}

export default { calm: use, poisoned() { poison(); return use(); } };
