// expect: {"kind": "threw", "error": {"name": ""}}
function main() {
  const trap = () => { throw new Error("trap"); };
  const handler = new Proxy({}, { get: () => trap });
  console.log(new Proxy({}, handler), new Proxy(() => 1, handler), new Proxy([], handler));
  throw new Proxy({}, handler);
}
