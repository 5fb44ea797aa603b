// expect: {"kind": "threw"}
function main() {
  return Atomics.waitAsync(new Int32Array(new SharedArrayBuffer(4)), 0, 0).value;
}
