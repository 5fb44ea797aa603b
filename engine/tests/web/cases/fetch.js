const h = new Headers({ "X-A": "1", b: " 2 " }); [h.get("x-a"), h.get("B"), h.get("none"), h.has("X-A"), [...h]]
//=> ["1", "2", null, true, [["b", "2"], ["x-a", "1"]]]

const h = new Headers([["a", "1"], ["A", "2"]]); h.append("a", "3"); [h.get("a"), [...h.keys()], [...h.values()]]
//=> ["1, 2, 3", ["a"], ["1, 2, 3"]]

const h = new Headers(); h.set("Z", 1); h.set("a", 2); h.set("z", 3); h.delete("A"); [...h.entries()]
//=> [["z", "3"]]

const h = new Headers(); h.append("Set-Cookie", "a=1"); h.append("set-cookie", "b=2"); [h.getSetCookie(), h.get("set-cookie"), [...h]]
//=> [["a=1", "b=2"], "a=1, b=2", [["set-cookie", "a=1"], ["set-cookie", "b=2"]]]

[thrown(() => new Headers().append("a b", "x")), thrown(() => new Headers().append("a", "x\ny")), thrown(() => new Headers().append("é", "x")), thrown(() => new Headers({ a: "Ā" })), thrown(() => new Headers([["a"]])), thrown(() => new Headers(5))]
//=> ["<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>"]

new Headers({ a: "é" }).get("a")
//=> é

const out = []; new Headers({ b: "1", a: "2" }).forEach((v, k, o) => out.push(k, v, o instanceof Headers)); out
//=> ["a", "2", true, "b", "1", true]

[String(new Headers()), Object.prototype.toString.call(new Headers().entries()), new Headers()[Symbol.iterator] === new Headers().entries, Object.keys(Headers.prototype).sort()]
//=> ["[object Headers]", "[object Headers Iterator]", true, ["append", "delete", "entries", "forEach", "get", "getSetCookie", "has", "keys", "set", "values"]]

const h = new Headers({ a: "1" }), it = h.entries(); h.append("b", "2"); [it.next(), it.next(), it.next()]
//=> [{value: ["a", "1"], done: false}, {value: ["b", "2"], done: false}, {value: undefined, done: true}]

new Headers(new Headers({ q: "1" })).get("q")
//=> 1

const b = new Blob(["ab", new Uint8Array([99]), new Blob(["d"])], { type: "Text/Plain" }); [b.size, b.type, await b.text()]
//=> [4, "text/plain", "abcd"]

const b = new Blob(["0123456789"]); [await b.slice(2, 5).text(), await b.slice(-3).text(), await b.slice(5, 2).text(), await b.slice(0, -5, "x/y").text(), b.slice(0, 1, "X/Y").type]
//=> ["234", "789", "", "01234", "x/y"]

[new Blob().size, new Blob([]).type, new Blob(["a"], { type: "é" }).type, thrown(() => new Blob("abc")), thrown(() => new Blob(1))]
//=> [0, "", "", "<TypeError>", "<TypeError>"]

await new Blob(["a\r\nb\rc\nd"], { endings: "native" }).text()
//=> throws <SyntaxError>

await new Blob(["a\r\nb"]).text()
//=> throws <SyntaxError>

[await new Blob(["é"]).arrayBuffer(), (await new Blob(["hi"]).bytes())]
//=> throws <SyntaxError>

const chunks = await read(new Blob(["hello"]).stream()); chunks
//=> [Uint8Array[104, 101, 108, 108, 111]]

const s = new Blob(["x".repeat(200000)]).stream(); let n = 0; for await (const c of s) n += c.length; n
//=> 200000

const r = new Blob(["abcdef"]).stream().getReader({ mode: "byob" }); const a = await r.read(new Uint8Array(4)), b = await r.read(new Uint8Array(4)), c = await r.read(new Uint8Array(4)); [a, b, c]
//=> [{value: Uint8Array[97, 98, 99, 100], done: false}, {value: Uint8Array[101, 102], done: false}, {value: Uint8Array[], done: true}]

const f = new File(["x"], "n.txt", { type: "text/plain", lastModified: 5 }); [f.name, f.size, f.type, f.lastModified, f instanceof Blob, String(f)]
//=> ["n.txt", 1, "text/plain", 5, true, "[object File]"]

[thrown(() => new File(["x"])), typeof new File([], "a").lastModified]
//=> ["<TypeError>", "number"]

const f = new FormData(); f.append("a", 1); f.append("a", "2"); f.append("b", new Blob(["x"])); [f.get("a"), f.getAll("a"), f.has("b"), f.get("b").name, f.get("none"), [...f.keys()]]
//=> ["1", ["1", "2"], true, "blob", null, ["a", "a", "b"]]

const f = new FormData(); f.append("a", "1"); f.append("b", "2"); f.append("a", "3"); f.set("a", "4"); f.delete("b"); [...f]
//=> [["a", "4"]]

const f = new FormData(); f.append("x", new Blob(["y"], { type: "t/u" }), "file.bin"); const v = f.get("x"); [v.name, v.type, v instanceof File, await v.text()]
//=> ["file.bin", "t/u", true, "y"]

[thrown(() => new FormData().append("a")), thrown(() => new FormData().append("a", "b", "c")), thrown(() => new FormData(1))]
//=> ["<TypeError>", "<TypeError>", "<TypeError>"]

const f = new FormData(); f.append("a", "1"); f.append("f", new File(["data"], "q\".txt", { type: "text/x" })); const r = new Response(f), g = await r.formData(); [g.get("a"), g.get("f").name, g.get("f").type, await g.get("f").text(), r.headers.get("content-type").startsWith("multipart/form-data; boundary=")]
//=> undefined

const f = new FormData(); f.append("a\nb", "x\ny"); const t = await new Response(f).text(); [t.includes('name="a%0D%0Ab"'), t.includes("x\r\ny")]
//=> [true, true]

const r = new Response("a=1&b=%20+c", { headers: { "content-type": "application/x-www-form-urlencoded" } }); [...await r.formData()]
//=> [["a", "1"], ["b", "  c"]]

await rejects(new Response("x").formData())
//=> throws <SyntaxError>

await rejects(new Response("x", { headers: { "content-type": "multipart/form-data; boundary=b" } }).formData())
//=> undefined

const body = "--b\r\nContent-Disposition: form-data; name=\"x\"\r\n\r\nvalue\r\n--b\r\nContent-Disposition: form-data; name=\"f\"; filename=\"g.txt\"\r\nContent-Type: text/html\r\n\r\n<p>\r\n--b--\r\n"; const f = await new Response(body, { headers: { "content-type": "multipart/form-data; boundary=b" } }).formData(); [f.get("x"), f.get("f").name, f.get("f").type, f.get("f").size]
//=> ["value", "g.txt", "text/html", 3]

const r = new Response("hi"); [r.status, r.ok, r.statusText, r.type, r.url, r.redirected, r.bodyUsed, r.headers.get("content-type"), await r.text(), r.bodyUsed]
//=> [200, true, "", "default", "", false, false, "text/plain;charset=UTF-8", "hi", true]

const r = new Response("x"); await r.text(); await rejects(r.text())
//=> <TypeError>

const r = new Response(); [r.body, await r.text(), await r.text(), r.bodyUsed]
//=> [null, "", "", false]

const r = new Response(null, { status: 404, statusText: "No", headers: { a: "b" } }); [r.status, r.ok, r.statusText, r.headers.get("a")]
//=> [404, false, "No", "b"]

[thrown(() => new Response("", { status: 199 })), thrown(() => new Response("", { status: 600 })), thrown(() => new Response("x", { status: 204 })), thrown(() => new Response("", { statusText: "a\nb" })), thrown(() => new Response("", { status: 101 }))]
//=> ["<RangeError>", "<RangeError>", "<TypeError>", "<TypeError>", "<RangeError>"]

await new Response('{"a":[1]}').json()
//=> throws <SyntaxError>

await rejects(new Response("{").json())
//=> throws <SyntaxError>

[await new Response(new Uint8Array([1, 2])).arrayBuffer(), await new Response(new Uint8Array([104]).buffer).text(), await new Response(new DataView(new ArrayBuffer(1))).arrayBuffer()]
//=> throws <SyntaxError>

const b = await new Response("x", { headers: { "content-type": "a/b" } }).blob(); [b.type, b.size]
//=> ["a/b", 1]

const r = new Response(new Blob(["q"], { type: "x/y" })); [r.headers.get("content-type"), await r.text()]
//=> ["x/y", "q"]

const r = new Response(new URLSearchParams({ a: "1 2" })); [r.headers.get("content-type"), await r.text()]
//=> ["application/x-www-form-urlencoded;charset=UTF-8", "a=1+2"]

await new Response(from(new Uint8Array([97]), new Uint8Array([98]))).text()
//=> throws <SyntaxError>

await rejects(new Response(from("text")).text())
//=> throws <SyntaxError>

const r = new Response(from(new Uint8Array([97]))); const reader = r.body.getReader(); [r.bodyUsed, await rejects(r.text()), await reader.read(), r.bodyUsed]
//=> [false, "<TypeError>", {value: Uint8Array[97], done: false}, true]

const r = new Response("abc"); const c = r.clone(); [await r.text(), await c.text()]
//=> ["abc", "abc"]

const r = new Response(from(new Uint8Array([97]), new Uint8Array([98]))); const c = r.clone(); [await r.text(), await c.text()]
//=> ["ab", "ab"]

const r = new Response("x"); await r.text(); thrown(() => r.clone())
//=> <TypeError>

const r = Response.json({ a: 1 }, { status: 201 }); [r.status, r.headers.get("content-type"), await r.json()]
//=> [201, "application/json", {a: 1}]

[thrown(() => Response.json(undefined)), thrown(() => Response.json(1n))]
//=> ["<TypeError>", "<TypeError>"]

const r = Response.redirect("https://example.com/a", 307); [r.status, r.headers.get("location"), r.type]
//=> [307, "https://example.com/a", "default"]

[thrown(() => Response.redirect("nope")), thrown(() => Response.redirect("https://a/", 200))]
//=> ["<TypeError>", "<RangeError>"]

const r = Response.error(); [r.type, r.status, r.ok, thrown(() => r.headers.set("a", "b"))]
//=> ["error", 0, false, "<TypeError>"]

[String(new Response()), Response.length, Object.keys(Response.prototype).sort()]
//=> ["[object Response]", 0, ["arrayBuffer", "blob", "body", "bodyUsed", "bytes", "clone", "formData", "headers", "json", "ok", "redirected", "status", "statusText", "text", "type", "url"]]

const r = new Response("x"); [r.body instanceof ReadableStream, r.body === r.body]
//=> [true, true]

const r = new Request("https://example.com/p?q#h"); [r.method, r.url, r.body, r.bodyUsed, r.redirect, r.credentials, r.mode, r.cache, r.signal.aborted, [...r.headers]]
//=> ["GET", "https://example.com/p?q#h", null, false, "follow", "same-origin", "cors", "default", false, []]

const r = new Request("https://example.com", { method: "post", body: "x", headers: { a: "b" } }); [r.method, r.url, r.headers.get("a"), r.headers.get("content-type"), await r.text()]
//=> ["POST", "https://example.com/", "b", "text/plain;charset=UTF-8", "x"]

[thrown(() => new Request("/relative")), thrown(() => new Request("https://u:p@example.com/")), thrown(() => new Request("https://a/", { body: "x" })), thrown(() => new Request("https://a/", { method: "TRACE" })), thrown(() => new Request("https://a/", { method: "a b" })), thrown(() => new Request())]
//=> ["<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>"]

[new Request("https://a/", { method: "patch" }).method, new Request("https://a/", { method: "delete" }).method, new Request("https://a/", { method: "Custom" }).method]
//=> ["patch", "DELETE", "Custom"]

const c = new AbortController(), r = new Request("https://a/", { signal: c.signal }); const before = r.signal.aborted; c.abort("why"); [before, r.signal.aborted, r.signal.reason, r.signal === c.signal]
//=> [false, true, "why", false]

thrown(() => new Request("https://a/", { signal: {} }))
//=> <TypeError>

const a = new Request("https://a/", { method: "POST", body: "x", headers: { h: "1" } }), b = new Request(a, { headers: { h: "2" } }); [b.method, b.headers.get("h"), a.bodyUsed, await b.text()]
//=> ["POST", "2", true, "x"]

const a = new Request("https://a/", { method: "PUT", body: "x" }), b = a.clone(); [await a.text(), await b.text(), b.method]
//=> ["x", "x", "PUT"]

[thrown(() => new Request("https://a/", { method: "POST", body: from() })), new Request("https://a/", { method: "POST", body: from(new Uint8Array([97])), duplex: "half" }).duplex]
//=> ["<TypeError>", "half"]

const r = new Request("https://a/", { method: "POST", body: from(new Uint8Array([97])), duplex: "half" }); [r.headers.get("content-type"), await r.text()]
//=> [null, "a"]

[thrown(() => new Request("https://a/", { redirect: "x" })), thrown(() => new Request("https://a/", { mode: "navigate" })), thrown(() => new Request("https://a/", { credentials: "x" })), thrown(() => new Request("https://a/", { cache: "x" }))]
//=> ["<TypeError>", "<TypeError>", "<TypeError>", "<TypeError>"]

const r = new Request("https://a/", { redirect: "manual", credentials: "omit", cache: "no-store", keepalive: true, integrity: "sha256-x", referrerPolicy: "origin" }); [r.redirect, r.credentials, r.cache, r.keepalive, r.integrity, r.referrerPolicy]
//=> ["manual", "omit", "no-store", true, "sha256-x", "origin"]

const r = new Request(new URL("https://a/b")); r.url
//=> https://a/b

const p = new Response("chunked").body.pipeThrough(new TransformStream({ transform(c, k) { k.enqueue(c.map((x) => x - 32)); } })); await new Response(p).text()
//=> CHUNKED

new Response("\ufeffx").text()
//=> x

await new Response(new Uint8Array([0xff, 0x41])).text()
//=> throws <SyntaxError>

const s = new Response("ab").body, [a, b] = s.tee(); [await new Response(a).text(), await new Response(b).text()]
//=> ["ab", "ab"]

const r = new Response("x"); r.body.cancel(); [r.bodyUsed, await rejects(r.text())]
//=> [true, "<TypeError>"]

[await new Response("").text(), new Response("").body instanceof ReadableStream, new Response(undefined).body]
//=> throws <SyntaxError>

const r = new Response(5); [await r.text()]
//=> ["5"]

const r = new Response({}); [await r.text()]
//=> ["[object Object]"]

const h = new Headers({ a: "b" }); const r = new Response("", { headers: h }); h.set("a", "c"); r.headers.get("a")
//=> b
