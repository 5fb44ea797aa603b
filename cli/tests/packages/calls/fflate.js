import { AsyncInflate, Deflate, Gunzip, Unzip, Zip, ZipDeflate, deflateSync, gunzipSync, gzipSync, inflateSync, strFromU8, strToU8, unzipSync, unzlibSync, zipSync, zlibSync } from "fflate";

const text = "The quick brown fox jumps over the lazy dog. ".repeat(200) + "é😀";
const bytes = strToU8(text);
const sum = (data) => data.reduce((at, byte) => (Math.imul(at, 31) + byte) >>> 0, 7);
const noise = Uint8Array.from({ length: 5000 }, (_, k) => (Math.imul(k, 2654435761) >>> 13) & 255);

export const calls = {
  strings: () => [bytes.length, strFromU8(bytes) === text, [...strToU8("é", true)]],
  deflateLevels: () => [0, 1, 3, 6, 9].map((level) => { const data = deflateSync(bytes, { level }); return [data.length, sum(data)]; }),
  inflate: () => strFromU8(inflateSync(deflateSync(bytes))) === text,
  noise: () => { const data = deflateSync(noise, { level: 9 }); return [data.length, sum(data), sum(inflateSync(data)) === sum(noise)]; },
  gzip: () => { const data = gzipSync(bytes, { mtime: 0, filename: "a.txt" }); return [data.length, sum(data), strFromU8(gunzipSync(data)).length]; },
  zlib: () => { const data = zlibSync(bytes); return [[...data.slice(0, 2)], sum(unzlibSync(data)) === sum(bytes)]; },
  dictionary: () => { const dictionary = strToU8("quick brown fox"); const data = zlibSync(strToU8("the quick brown fox"), { dictionary }); return [sum(data), strFromU8(unzlibSync(data, { dictionary }))]; },
  zip: () => { const data = zipSync({ "a.txt": strToU8("a"), dir: { "b.bin": [noise, { level: 0 }] } }, { mtime: "2000-01-01T00:00:00" }); return [data.length, sum(data)]; },
  unzip: () => Object.entries(unzipSync(zipSync({ "a.txt": strToU8("hello"), "ü.txt": bytes }, { mtime: "2000-01-01T00:00:00" }))).map(([name, data]) => [name, data.length]),
  unzipFilter: () => Object.keys(unzipSync(zipSync({ a: bytes, b: noise }, { mtime: "2000-01-01T00:00:00" }), { filter: ({ originalSize }) => originalSize > 6000 })),
  stream: () => { const parts = []; const stream = new Deflate({ level: 6 }, (chunk) => parts.push(chunk)); for (let at = 0; at < bytes.length; at += 1000) stream.push(bytes.slice(at, at + 1000), at + 1000 >= bytes.length); const whole = Uint8Array.from(parts.flatMap((part) => [...part])); return strFromU8(inflateSync(whole)) === text; },
  gunzipStream: () => { let length = 0; const stream = new Gunzip((chunk) => { length += chunk.length; }); const data = gzipSync(bytes, { mtime: 0 }); stream.push(data.slice(0, 50)); stream.push(data.slice(50), true); return length; },
  zipStream: () => { const parts = []; const zip = new Zip((error, chunk) => parts.push(...chunk)); const file = new ZipDeflate("a.txt", { level: 6, mtime: "2000-01-01T00:00:00" }); zip.add(file); file.push(bytes, true); zip.end(); return [parts.length, unzipSync(Uint8Array.from(parts))["a.txt"].length]; },
  badData: () => inflateSync(new Uint8Array([1, 2, 3, 4, 5, 6])),
  badGzip: () => gunzipSync(new Uint8Array(20)),
  badZip: () => unzipSync(new Uint8Array(30)),
  empty: () => [[...deflateSync(new Uint8Array(0))], inflateSync(deflateSync(new Uint8Array(0))).length],
  large: () => { const data = new Uint8Array(300_000); for (let k = 0; k < data.length; k++) data[k] = (k * k) >>> 7; const small = deflateSync(data, { level: 4 }); return [small.length, sum(inflateSync(small)) === sum(data)]; },
  shapes: () => [typeof AsyncInflate, typeof Unzip],
};
