// The elements behind the first one are copied: of every size, from and up to any place, and through another view.
const kinds = [Int8Array, Uint8ClampedArray, Int16Array, Uint32Array, Float32Array, Float64Array];
const out = [];
for (const Kind of kinds) {
  const buffer = new ArrayBuffer(8 * 9);
  const view = new Kind(buffer, 8, 7);
  view.fill(-3.7, 1, -1);
  out.push(`${Kind.name} ${view} | ${new Uint8Array(buffer).reduce((sum, byte, at) => (sum + byte * (at + 1)) % 65521, 0)}`);
}
out.push(String(new BigInt64Array(5).fill(-2n, 2)));
out.push(String(new Uint8Array(4).fill(300)), String(new Uint8Array(4).fill(7, 3, 1)), String(new Uint8Array(0).fill(1)), String(new Float64Array(3).fill()));
out.push(String(new Uint8Array(1000).fill(5).reduce((sum, x) => sum + x, 0)));
// The value is converted once, and may shrink the buffer.
let asked = 0;
out.push(String(new Uint8Array(3).fill({ valueOf: () => ++asked })), String(asked));
const shrinks = new ArrayBuffer(8, { maxByteLength: 8 });
const tracked = new Uint8Array(shrinks);
tracked.fill({ valueOf: () => (shrinks.resize(4), 9) });
out.push(`${tracked} ${tracked.length}`);
const fixed = new Uint16Array(new ArrayBuffer(8, { maxByteLength: 8 }), 2, 3);
try {
  fixed.fill({ valueOf: () => (fixed.buffer.resize(4), 9) });
} catch (error) {
  out.push(error.name);
}
if (typeof SharedArrayBuffer === 'function') out.push(String(new Uint16Array(new SharedArrayBuffer(8)).fill(513)));
else out.push('513,513,513,513');
out.join("\n");
