function bytes(s) { return [...s].map((c) => c.charCodeAt(0)); }
function hex(s, by = '') { return bytes(s).map((b) => b.toString(16).padStart(2, '0')).join(by); }
function base64(s) {
  const a = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
  const b = bytes(s);
  let out = '';
  for (let i = 0; i < b.length; i += 3) {
    const n = (b[i] << 16) | ((b[i + 1] ?? 0) << 8) | (b[i + 2] ?? 0);
    out += a[n >> 18] + a[(n >> 12) & 63] + (i + 1 < b.length ? a[(n >> 6) & 63] : '=') + (i + 2 < b.length ? a[n & 63] : '=');
  }
  return out;
}
function base64url(s) { return base64(s).replace(/\+/g, '-').replace(/\//g, '_').replace(/=/g, ''); }
function join(s, by) { return [...s].join(by); }
