// expect: {"kind": "threw", "error": {"name": "Error", "message": "trap"}}
function main() {
  const trap = () => { throw new Error("trap"); };
  return { inner: new Proxy({}, { ownKeys: trap, get: trap, has: trap, getPrototypeOf: trap }) };
}
