await read(from(1, 2, 3))
//=> throws <SyntaxError>

const s = new ReadableStream(); [s.locked, String(s), s instanceof ReadableStream]
//=> [false, "[object ReadableStream]", true]

const s = from("a"), r = s.getReader(); const locked = s.locked; r.releaseLock(); [locked, s.locked]
//=> [true, false]

const s = from(1); s.getReader(); thrown(() => s.getReader())
//=> <TypeError>

[thrown(() => new ReadableStream({ type: "x" })), thrown(() => new ReadableStream({}, { highWaterMark: -1 })), thrown(() => new ReadableStream({ start: 1 })), thrown(() => new ReadableStream(null))]
//=> ["<TypeError>", "<RangeError>", "<TypeError>", "<TypeError>"]

let pulls = 0; const s = new ReadableStream({ pull(c) { c.enqueue(++pulls); if (pulls === 3) c.close(); } }, { highWaterMark: 0 }); const before = pulls; const all = await read(s); [before, all]
//=> [0, [1, 2, 3]]

const log = []; const s = new ReadableStream({ start(c) { log.push("start", c.desiredSize); c.enqueue(1); log.push(c.desiredSize); c.close(); log.push(c.desiredSize); } }, { highWaterMark: 3 }); log
//=> ["start", 3, 2, 2]

const log = []; const s = new ReadableStream({ cancel(r) { log.push("cancel", r); } }); const r = s.getReader(); await r.cancel("why"); await r.closed; log
//=> ["cancel", "why"]

const s = new ReadableStream({ start(c) { c.error(new RangeError("x")); } }); await rejects(read(s))
//=> <RangeError>

const s = new ReadableStream({ start() { throw new SyntaxError("x"); } })
//=> throws <SyntaxError>

const s = new ReadableStream({ start() { return Promise.reject(new RangeError("x")); } }); await rejects(s.getReader().read())
//=> <RangeError>

const s = new ReadableStream({ pull() { throw new RangeError("x"); } }); const r = s.getReader(); [await rejects(r.read()), await rejects(r.closed)]
//=> ["<RangeError>", "<RangeError>"]

const out = []; for await (const x of from(1, 2, 3)) out.push(x); out
//=> [1, 2, 3]

const s = from(1, 2, 3), out = []; for await (const x of s) { out.push(x); break; } [out, s.locked, await rejects(s.getReader().read())]
//=> undefined

const s = from(1, 2, 3), out = []; for await (const x of s.values({ preventCancel: true })) { out.push(x); break; } for await (const x of s) out.push(x); out
//=> [1, 2, 3]

const s = from(1, 2), [a, b] = s.tee(); [await read(a), await read(b), s.locked]
//=> [[1, 2], [1, 2], true]

let reason; const s = new ReadableStream({ cancel(r) { reason = r; } }), [a, b] = s.tee(); const p = a.cancel(1); await b.cancel(2); await p; reason
//=> [1, 2]

const s = new ReadableStream({ start(c) { c.error("e"); } }), [a, b] = s.tee(); [await rejects(read(a)), await rejects(read(b))]
//=> [""e"", ""e""]

const out = []; const w = new WritableStream({ write(c) { out.push(c); }, close() { out.push("close"); } }); await from(1, 2).pipeTo(w); out
//=> [1, 2, "close"]

const out = []; const w = new WritableStream({ write(c) { out.push(c); }, close() { out.push("close"); } }); await from(1, 2).pipeTo(w, { preventClose: true }); [out, w.locked]
//=> [[1, 2], false]

const w = new WritableStream({ write() { throw new RangeError("w"); } }); let cancelled; const s = new ReadableStream({ pull(c) { c.enqueue(1); }, cancel(r) { cancelled = r; } }); [await rejects(s.pipeTo(w)), cancelled]
//=> ["<RangeError>", <RangeError>]

let aborted; const w = new WritableStream({ abort(r) { aborted = r; } }); const s = new ReadableStream({ start(c) { c.error(new RangeError("s")); } }); [await rejects(s.pipeTo(w)), aborted]
//=> ["<RangeError>", <RangeError>]

const c = new AbortController(), s = new ReadableStream({ pull: () => pause(1000) }), w = new WritableStream(); const p = s.pipeTo(w, { signal: c.signal }); c.abort("stop"); [await rejects(p), s.locked, w.locked]
//=> [""stop"", false, false]

[await rejects(from(1).pipeTo()), await rejects(from(1).pipeTo({})), thrown(() => from(1).pipeThrough({})), await rejects(from(1).pipeTo(new WritableStream(), { signal: 1 }))]
//=> throws <SyntaxError>

await read(from("a", "b").pipeThrough(new TransformStream({ transform(x, c) { c.enqueue(x.toUpperCase()); }, flush(c) { c.enqueue("end"); } })))
//=> undefined

await read(from(1, 2).pipeThrough(new TransformStream()))
//=> throws <SyntaxError>

await read(from(1, 2, 3).pipeThrough(new TransformStream({ transform(x, c) { c.enqueue(x); if (x === 2) c.terminate(); } }))).catch((e) => e)
//=> undefined

await rejects(read(from(1).pipeThrough(new TransformStream({ transform() { throw new RangeError("t"); } }))))
//=> undefined

await rejects(read(from(1).pipeThrough(new TransformStream({ flush() { throw new RangeError("f"); } }))))
//=> undefined

await read(from(1, 2).pipeThrough(new TransformStream({ async transform(x, c) { await pause(1); c.enqueue(x * 2); } })))
//=> undefined

const t = new TransformStream(), w = t.writable.getWriter(), r = t.readable.getReader(); w.write(1); w.close(); [await r.read(), await r.read(), await w.closed]
//=> [{value: 1, done: false}, {value: undefined, done: true}, undefined]

const t = new TransformStream({ start(c) { c.error("no"); } }); [await rejects(t.readable.getReader().read()), await rejects(t.writable.getWriter().closed)]
//=> [""no"", ""no""]

const t = new TransformStream(); const w = t.writable.getWriter(); [w.desiredSize, t.readable.locked, t.writable.locked]
//=> [1, false, true]

const log = []; const w = new WritableStream({ start() { log.push("start"); }, async write(x) { log.push("w" + x); await pause(1); log.push("d" + x); }, close() { log.push("close"); } }).getWriter(); w.write(1); w.write(2); await w.close(); log
//=> ["start", "w1", "d1", "w2", "d2", "close"]

const w = new WritableStream({}, { highWaterMark: 2 }).getWriter(); const a = w.desiredSize; w.write(1); const b = w.desiredSize; w.write(2); const c = w.desiredSize; await w.ready; [a, b, c, w.desiredSize]
//=> [2, 1, 0, 1]

const w = new WritableStream({}, { highWaterMark: 5, size: (x) => x.length }).getWriter(); w.write("abc"); [w.desiredSize]
//=> [2]

let reason; const s = new WritableStream({ abort(r) { reason = r; } }), w = s.getWriter(); await w.abort("bye"); [reason, await rejects(w.closed), await rejects(w.write(1)), await rejects(s.abort())]
//=> ["bye", ""bye"", ""bye"", "<TypeError>"]

const s = new WritableStream({ start(c) { c.error("bad"); } }), w = s.getWriter(); [await rejects(w.closed), await rejects(w.ready), w.desiredSize]
//=> [""bad"", ""bad"", null]

const s = new WritableStream(), w = s.getWriter(); await w.close(); [await rejects(w.write(1)), await rejects(w.close()), w.desiredSize]
//=> ["<TypeError>", "<TypeError>", 0]

const s = new WritableStream(), w = s.getWriter(); w.releaseLock(); [s.locked, await rejects(w.write(1)), await rejects(w.closed), thrown(() => w.desiredSize)]
//=> [false, "<TypeError>", "<TypeError>", "<TypeError>"]

const s = new WritableStream(); s.getWriter(); [thrown(() => s.getWriter()), await rejects(s.close()), await rejects(s.abort())]
//=> ["<TypeError>", "<TypeError>", "<TypeError>"]

let signal; const s = new WritableStream({ start(c) { signal = c.signal; } }), w = s.getWriter(); w.abort("r"); [signal.aborted, signal.reason]
//=> [true, "r"]

const s = new WritableStream({ write() { return Promise.reject(new RangeError("w")); } }), w = s.getWriter(); [await rejects(w.write(1)), await rejects(w.closed)]
//=> ["<RangeError>", "<RangeError>"]

const s = new WritableStream({ close() { throw new RangeError("c"); } }), w = s.getWriter(); [await rejects(w.close()), await rejects(w.closed)]
//=> ["<RangeError>", "<RangeError>"]

[thrown(() => new WritableStream({ type: 1 })), thrown(() => new WritableStream({ write: 1 })), thrown(() => new TransformStream({ readableType: "bytes" })), thrown(() => new WritableStreamDefaultController()), thrown(() => new ReadableStreamDefaultController())]
//=> ["<RangeError>", "<TypeError>", "<RangeError>", "<TypeError>", "<TypeError>"]

[new CountQueuingStrategy({ highWaterMark: 4 }).highWaterMark, new CountQueuingStrategy({ highWaterMark: 4 }).size(), new ByteLengthQueuingStrategy({ highWaterMark: 4 }).size(new Uint8Array(7)), thrown(() => new CountQueuingStrategy()), thrown(() => new CountQueuingStrategy({}))]
//=> [4, 1, 7, "<TypeError>", "<TypeError>"]

const s = new ReadableStream({ start(c) { c.enqueue("ab"); c.enqueue("cde"); } }, { highWaterMark: 10, size: (x) => x.length }); const r = s.getReader(); [await r.read()]
//=> [{value: "ab", done: false}]

const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array([1, 2])); c.enqueue(new Uint8Array([3])); c.close(); } }); await read(s)
//=> [Uint8Array[1, 2], Uint8Array[3]]

const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array([1, 2, 3, 4])); c.close(); } }), r = s.getReader({ mode: "byob" }); const first = await r.read(new Uint8Array(3)); const second = await r.read(new Uint8Array(3)); const third = await r.read(new Uint8Array(3)); [first, second, third]
//=> [{value: Uint8Array[1, 2, 3], done: false}, {value: Uint8Array[4], done: false}, {value: Uint8Array[], done: true}]

const s = new ReadableStream({ type: "bytes", pull(c) { const v = c.byobRequest.view; v[0] = 9; c.byobRequest.respond(1); } }), r = s.getReader({ mode: "byob" }); [await r.read(new Uint8Array(2))]
//=> [{value: Uint8Array[9], done: false}]

const s = new ReadableStream({ type: "bytes", autoAllocateChunkSize: 4, pull(c) { const v = c.byobRequest.view; v[0] = v.byteLength; c.byobRequest.respond(1); } }), r = s.getReader(); [await r.read()]
//=> [{value: Uint8Array[4], done: false}]

const b = new Uint8Array(2), s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(b); } }); [b.byteLength, b.buffer.byteLength]
//=> [0, 0]

const s = new ReadableStream({ type: "bytes" }); let c; const t = new ReadableStream({ type: "bytes", start(x) { c = x; } }); [thrown(() => c.enqueue("x")), thrown(() => c.enqueue(new Uint8Array(0))), c.desiredSize, c.byobRequest]
//=> ["<TypeError>", "<TypeError>", 0, null]

const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array([1, 2, 3, 4])); } }), r = s.getReader({ mode: "byob" }); const { value } = await r.read(new Uint16Array(2)); [value.constructor.name, value.length]
//=> ["Uint16Array", 2]

thrown(() => new ReadableStream().getReader({ mode: "byob" }))
//=> <TypeError>

thrown(() => new ReadableStream().getReader({ mode: "x" }))
//=> <TypeError>

const s = new ReadableStream({ type: "bytes", start(c) { c.enqueue(new Uint8Array([1, 2])); c.close(); } }), [a, b] = s.tee(); [await read(a), await read(b)]
//=> [[Uint8Array[1, 2]], [Uint8Array[1, 2]]]

const s = new ReadableStream({ type: "bytes" }), r = s.getReader({ mode: "byob" }); [await rejects(r.read(new Uint8Array(0))), await rejects(r.read("x"))]
//=> ["<TypeError>", "<TypeError>"]

await read(ReadableStream.from([1, 2, 3]))
//=> throws <SyntaxError>

await read(ReadableStream.from((async function* () { yield 1; yield 2; })()))
//=> undefined

thrown(() => ReadableStream.from(5))
//=> <TypeError>

await read(ReadableStream.from([Promise.resolve(1), 2]))
//=> throws <SyntaxError>

const s = from(1, 2), r = s.getReader(); const p = r.read(); r.releaseLock(); [await p, await rejects(r.read()), await rejects(r.closed)]
//=> [{value: 1, done: false}, "<TypeError>", "<TypeError>"]

const s = new ReadableStream(), r = s.getReader(); const p = rejects(r.read()); r.releaseLock(); await p
//=> <TypeError>

const s = from(1); await s.cancel(); [await s.getReader().read(), s.locked]
//=> [{value: undefined, done: true}, true]

[ReadableStream.length, WritableStream.length, TransformStream.length, ReadableStream.prototype.pipeTo.length, ReadableStream.prototype.tee.length, Object.keys(ReadableStream.prototype)]
//=> [0, 0, 0, 1, 0, ["locked", "cancel", "getReader", "pipeThrough", "pipeTo", "tee", "values"]]

[typeof ReadableStream.prototype[Symbol.asyncIterator], ReadableStream.prototype[Symbol.asyncIterator] === ReadableStream.prototype.values, Object.prototype.toString.call(from().values())]
//=> ["function", true, "[object ReadableStream AsyncIterator]"]

const it = from(1, 2)[Symbol.asyncIterator](); const all = await Promise.all([it.next(), it.next(), it.next()]); all
//=> [{value: 1, done: false}, {value: 2, done: false}, {value: undefined, done: true}]

const it = from(1, 2).values(); const a = await it.return("r"); [a, await it.next()]
//=> [{value: "r", done: true}, {value: undefined, done: true}]

const c = []; const s = new ReadableStream({ pull(k) { c.push("pull"); k.enqueue(c.length); } }, { highWaterMark: 2 }); await pause(); const before = c.length; await s.getReader().read(); await pause(); [before, c.length]
//=> [2, 3]

const s = new ReadableStream({ start(c) { c.close(); try { c.enqueue(1); } catch (e) { this.e = e; } }, e: null }); s instanceof ReadableStream
//=> true

let err; new ReadableStream({ start(c) { c.close(); err = thrown(() => c.enqueue(1)) + thrown(() => c.close()); } }); err
//=> <TypeError><TypeError>

const order = []; const s = from(1); const r = s.getReader(); r.closed.then(() => order.push("closed")); r.read().then(() => order.push("read1")); r.read().then(() => order.push("read2")); await pause(); order
//=> ["closed", "read1", "read2"]

await text(from(new Uint8Array([104, 105])))
//=> throws <SyntaxError>

const { readable, writable } = new TransformStream(); const p = read(readable); const w = writable.getWriter(); for (let i = 0; i < 5; i++) await w.write(i); await w.close(); await p
//=> [0, 1, 2, 3, 4]

const big = new ReadableStream({ i: 0, pull(c) { c.enqueue(this.i); if (++this.i === 2000) c.close(); } }); (await read(big)).length
//=> 2000

const out = []; await from(..."abcdefgh").pipeThrough(new TransformStream()).pipeThrough(new TransformStream()).pipeTo(new WritableStream({ write(c) { out.push(c); } })); out.join("")
//=> abcdefgh
