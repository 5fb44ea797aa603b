// Bytes by hand: UTF-8 both ways, base64 both ways, run-length and variable-length coding, CRC-32, hexadecimal through DataView; n: characters.
const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
function encode(text) {
  const bytes = [];
  for (const c of text) {
    const code = c.codePointAt(0);
    if (code < 0x80) bytes.push(code);
    else if (code < 0x800) bytes.push(0xc0 | code >> 6, 0x80 | code & 63);
    else if (code < 0x10000) bytes.push(0xe0 | code >> 12, 0x80 | code >> 6 & 63, 0x80 | code & 63);
    else bytes.push(0xf0 | code >> 18, 0x80 | code >> 12 & 63, 0x80 | code >> 6 & 63, 0x80 | code & 63);
  }
  return Uint8Array.from(bytes);
}
function decode(bytes) {
  let text = "";
  for (let i = 0; i < bytes.length;) {
    const b = bytes[i++], more = b < 0x80 ? 0 : b < 0xe0 ? 1 : b < 0xf0 ? 2 : 3;
    let code = more === 0 ? b : b & (0x3f >> more);
    for (let k = 0; k < more; k++) code = code << 6 | bytes[i++] & 63;
    text += String.fromCodePoint(code);
  }
  return text;
}
function toBase64(bytes) {
  let out = "";
  for (let i = 0; i < bytes.length; i += 3) {
    const group = bytes[i] << 16 | (bytes[i + 1] ?? 0) << 8 | (bytes[i + 2] ?? 0);
    out += ALPHABET[group >> 18] + ALPHABET[group >> 12 & 63] + (i + 1 < bytes.length ? ALPHABET[group >> 6 & 63] : "=") + (i + 2 < bytes.length ? ALPHABET[group & 63] : "=");
  }
  return out;
}
function fromBase64(text) {
  const values = new Uint8Array(128), clean = text.replace(/=+$/, ""), bytes = new Uint8Array(clean.length * 3 >> 2);
  for (let i = 0; i < 64; i++) values[ALPHABET.charCodeAt(i)] = i;
  for (let i = 0, bits = 0, held = 0, at = 0; i < clean.length; i++) {
    held = (held << 6 | values[clean.charCodeAt(i)]) & 0xffffff;
    if ((bits += 6) >= 8) { bits -= 8; bytes[at++] = held >> bits; }
  }
  return bytes;
}
const TABLE = Uint32Array.from({ length: 256 }, (_, n) => { for (let k = 0; k < 8; k++) n = n & 1 ? 0xedb88320 ^ n >>> 1 : n >>> 1; return n; });
const crc = (bytes) => (bytes.reduce((sum, byte) => TABLE[(sum ^ byte) & 255] ^ sum >>> 8, -1) ^ -1) >>> 0;
function varints(numbers) { const out = []; for (let n of numbers) { do { out.push(n & 127 | (n > 127 ? 128 : 0)); n >>>= 7; } while (n); } return out; }
function runs(bytes) { const out = []; for (let i = 0; i < bytes.length;) { let k = i; while (k < bytes.length && bytes[k] === bytes[i]) k++; out.push(k - i, bytes[i]); i = k; } return out; }
function main(input) {
  const n = input?.n ?? 20000, pieces = ["plain ", "é", "ß…", "日本", "😀", "aaaa"];
  let text = "";
  for (let i = 0; text.length < n; i++) text += pieces[i * 7 % 13 % 6] + i % 10;
  const bytes = encode(text), base64 = toBase64(bytes), back = fromBase64(base64);
  const view = new DataView(new ArrayBuffer(8));
  let hex = "";
  for (let i = 0; i + 4 < Math.min(bytes.length, 4000); i += 5) { view.setFloat64(0, bytes[i] / 3 + i, i % 2 === 0); hex += view.getUint32(4).toString(16).padStart(8, "0"); }
  return { bytes: bytes.length, base64: base64.length, tail: base64.slice(-12), same: decode(back) === text, crc: crc(back), runs: runs(bytes).length, varints: varints(bytes.map((byte) => byte).slice(0, 1000)).length, hex: crc(encode(hex)) };
}
