[new TextEncoder().encoding, new TextEncoder().encode("aé€😀"), new TextEncoder().encode(), new TextEncoder().encode(undefined), new TextEncoder().encode(null)]
//=> ["utf-8", Uint8Array[97, 195, 169, 226, 130, 172, 240, 159, 152, 128], Uint8Array[], Uint8Array[], Uint8Array[110, 117, 108, 108]]

new TextEncoder().encode("a\ud800b")
//=> Uint8Array[97, 239, 191, 189, 98]

const b = new Uint8Array(5), r = new TextEncoder().encodeInto("aé€😀", b); [r.read, r.written, b]
//=> [2, 3, Uint8Array[97, 195, 169, 0, 0]]

const b = new Uint8Array(2), r = new TextEncoder().encodeInto("€", b); [r.read, r.written, b]
//=> [0, 0, Uint8Array[0, 0]]

[thrown(() => new TextEncoder().encodeInto("a")), thrown(() => new TextEncoder().encodeInto("a", [])), thrown(() => TextEncoder())]
//=> ["<TypeError>", "<TypeError>", "<TypeError>"]

[new TextDecoder().encoding, new TextDecoder().fatal, new TextDecoder().ignoreBOM, new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).fatal]
//=> ["utf-8", false, false, true]

[new TextDecoder("UTF8").encoding, new TextDecoder(" utf-16 ").encoding, new TextDecoder("ascii").encoding, new TextDecoder("latin1").encoding, new TextDecoder("sjis").encoding, new TextDecoder("gb2312").encoding, new TextDecoder("x-cp1251").encoding, new TextDecoder("koi8-r").encoding, new TextDecoder("big5").encoding, new TextDecoder("euc-kr").encoding, new TextDecoder("iso-2022-jp").encoding, new TextDecoder("macintosh").encoding]
//=> ["utf-8", "utf-16le", "windows-1252", "windows-1252", "shift_jis", "gbk", "windows-1251", "koi8-r", "big5", "euc-kr", "iso-2022-jp", "macintosh"]

[thrown(() => new TextDecoder("nope")), thrown(() => new TextDecoder("")), thrown(() => new TextDecoder("replacement"))]
//=> ["<RangeError>", "<RangeError>", "<RangeError>"]

new TextDecoder().decode(new Uint8Array([0xef, 0xbb, 0xbf, 97]))
//=> a

new TextDecoder("utf-8", { ignoreBOM: true }).decode(new Uint8Array([0xef, 0xbb, 0xbf, 97]))
//=> \ufeffa

[new TextDecoder().decode(new Uint8Array([0xff, 97, 0xe2, 0x82])), thrown(() => new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array([0xff])))]
//=> ["�a�", "<TypeError>"]

const d = new TextDecoder(); [d.decode(new Uint8Array([0xe2, 0x82]), { stream: true }), d.decode(new Uint8Array([0xac]), { stream: true }), d.decode()]
//=> ["", "€", ""]

const d = new TextDecoder(); [d.decode(new Uint8Array([0xe2, 0x82]), { stream: true }), d.decode(), d.decode(new Uint8Array([97]))]
//=> ["", "�", "a"]

const d = new TextDecoder("utf-8", { fatal: true }); [thrown(() => d.decode(new Uint8Array([0xff]))), d.decode(new Uint8Array([97]))]
//=> ["<TypeError>", "a"]

[new TextDecoder("utf-16le").decode(new Uint8Array([0x3d, 0xd8, 0x00, 0xde])), new TextDecoder("utf-16be").decode(new Uint8Array([0, 97]))]
//=> ["😀", "a"]

[new TextDecoder("windows-1252").decode(new Uint8Array([0x80, 0xe9])), new TextDecoder("shift_jis").decode(new Uint8Array([0x82, 0xa0])), new TextDecoder("gbk").decode(new Uint8Array([0xc4, 0xe3])), new TextDecoder("euc-jp").decode(new Uint8Array([0xa4, 0xa2])), new TextDecoder("windows-1251").decode(new Uint8Array([0xcf]))]
//=> ["€é", "あ", "你", "あ", "П"]

[new TextDecoder().decode(new Uint8Array([97, 98, 99]).buffer), new TextDecoder().decode(new DataView(new Uint8Array([97, 98, 99]).buffer, 1)), new TextDecoder().decode(new Uint8Array([97, 98, 99]).subarray(1, 2)), new TextDecoder().decode(new Uint16Array([97]))]
//=> ["abc", "bc", "b", "a\u0000"]

[thrown(() => new TextDecoder().decode("abc")), new TextDecoder().decode(), thrown(() => new TextDecoder().decode(null))]
//=> ["<TypeError>", "", "<TypeError>"]

new TextDecoder().decode(new TextEncoder().encode("x".repeat(10000) + "é")).length
//=> 10001

await read(from("aé", "\ud83d", "\ude00").pipeThrough(new TextEncoderStream()))
//=> throws <SyntaxError>

(await read(from(new Uint8Array([0xe2, 0x82]), new Uint8Array([0xac, 97])).pipeThrough(new TextDecoderStream()))).join("|")
//=> throws <SyntaxError>

await read(from("\ud83d").pipeThrough(new TextEncoderStream()))
//=> throws <SyntaxError>

await rejects(read(from(new Uint8Array([0xff])).pipeThrough(new TextDecoderStream("utf-8", { fatal: true }))))
//=> throws <SyntaxError>

await rejects(read(from("x").pipeThrough(new TextDecoderStream())))
//=> throws <SyntaxError>

(await read(from(new Uint8Array([0xe2])).pipeThrough(new TextDecoderStream()))).join("")
//=> throws <SyntaxError>

[new TextDecoderStream("latin1").encoding, new TextEncoderStream().encoding, new TextDecoderStream().fatal]
//=> ["windows-1252", "utf-8", false]

[btoa("hello"), btoa(""), btoa("a"), btoa("\u00ff\u0000"), btoa(null), btoa(12)]
//=> ["aGVsbG8=", "", "YQ==", "/wA=", "bnVsbA==", "MTI="]

[atob("aGVsbG8="), atob(""), atob(" YQ = = ".replace(/ = = /, "==")), atob("YQ"), atob("/+8=").length, atob(" a G V s\nbG8= ")]
//=> ["hello", "", "a", "a", 2, "hello"]

[thrown(() => btoa("é€")), thrown(() => atob("a")), thrown(() => atob("ab=c")), thrown(() => atob("a===")), thrown(() => atob("é")), thrown(() => btoa()), thrown(() => atob())]
//=> ["<DOMException InvalidCharacterError>", "<DOMException InvalidCharacterError>", "<DOMException InvalidCharacterError>", "<DOMException InvalidCharacterError>", "<DOMException InvalidCharacterError>", "<TypeError>", "<TypeError>"]

atob(btoa(String.fromCharCode(...Array.from({ length: 256 }, (_, i) => i)))).length
//=> 256

[atob.length, btoa.length, btoa.name]
//=> [1, 1, "btoa"]

await text(from(new Uint8Array(3)).pipeThrough(new CompressionStream("gzip")).pipeThrough(new DecompressionStream("gzip")))
//=> throws <SyntaxError>

(await new Response(from(new TextEncoder().encode("hello ".repeat(100))).pipeThrough(new CompressionStream("gzip"))).bytes()).slice(0, 3)
//=> throws <SyntaxError>

await text(from(new TextEncoder().encode("hello ".repeat(3))).pipeThrough(new CompressionStream("deflate")).pipeThrough(new DecompressionStream("deflate")))
//=> throws <SyntaxError>

await text(from(new TextEncoder().encode("abc")).pipeThrough(new CompressionStream("deflate-raw")).pipeThrough(new DecompressionStream("deflate-raw")))
//=> throws <SyntaxError>

await text(from(Uint8Array.from(atob("H4sIAAAAAAAAA8tIzcnJBwCGphA2BQAAAA=="), (c) => c.charCodeAt(0))).pipeThrough(new DecompressionStream("gzip"))).catch((e) => e)
//=> throws <SyntaxError>

await text(from(Uint8Array.from(atob("eJzLSM3JyQcABiwCFQ=="), (c) => c.charCodeAt(0))).pipeThrough(new DecompressionStream("deflate")))
//=> throws <SyntaxError>

[await rejects(read(from(new Uint8Array([1, 2, 3])).pipeThrough(new DecompressionStream("gzip")))), await rejects(read(from(new Uint8Array([0x1f, 0x8b])).pipeThrough(new DecompressionStream("gzip")))), await rejects(read(from("x").pipeThrough(new CompressionStream("gzip"))))]
//=> throws <SyntaxError>

[thrown(() => new CompressionStream("br")), thrown(() => new CompressionStream()), thrown(() => new DecompressionStream("x"))]
//=> ["<TypeError>", "<TypeError>", "<TypeError>"]

const bytes = Uint8Array.from(atob("eJzLSM3JyQcABiwCFQ=="), (c) => c.charCodeAt(0)); await text(from(...Array.from(bytes, (b) => new Uint8Array([b]))).pipeThrough(new DecompressionStream("deflate")))
//=> hello

const big = new Uint8Array(300000); for (let i = 0; i < big.length; i++) big[i] = (i * 7919) >> 3; const back = await new Response(new Response(big).body.pipeThrough(new CompressionStream("gzip")).pipeThrough(new DecompressionStream("gzip"))).bytes(); [back.length, back.every((b, i) => b === big[i])]
//=> [300000, true]

const zeros = await new Response(new Response(new Uint8Array(1000000)).body.pipeThrough(new CompressionStream("deflate"))).bytes(); [zeros.length < 3000, (await new Response(new Response(zeros).body.pipeThrough(new DecompressionStream("deflate"))).bytes()).length]
//=> [true, 1000000]
