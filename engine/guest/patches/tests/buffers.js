// More bytes in dropped buffers than a sandbox has.
const out = [];
const t = f => { try { out.push(String(f())) } catch (e) { out.push(e instanceof Error ? e.name : "threw " + String(e)) } };
t(() => { let sum = 0; for (let i = 0; i < 500; i++) sum += new Uint8Array(1 << 20).length; return sum });
t(() => { let sum = 0; for (let i = 0; i < 120; i++) sum += new ArrayBuffer(5 << 20).slice(0, 3 << 20).byteLength; return sum });
t(() => { let kept; for (let i = 0; i < 500; i++) { kept = new Float64Array(1 << 17); kept[5] = i } return kept.length + kept[5] });
t(() => { const last = []; for (let i = 0; i < 500; i++) { last.push(new Uint8Array(1 << 20)); last.at(-1)[7] = i; if (last.length > 8) last.shift() } return last.map(each => each[7]) });
t(() => { let a = new ArrayBuffer(8, { maxByteLength: 2 << 20 }); for (let i = 0; i < 300; i++) { a = new ArrayBuffer(8, { maxByteLength: 2 << 20 }); a.resize(1 << 20) } return a.byteLength });
out.join("\n");
