// A string built one character at a time; n: characters.
function main(input) {
  const n = input?.n ?? 1000000;
  let s = "";
  for (let i = 0; i < n; i++) s += String.fromCharCode(97 + (i % 26));
  let h = 0;
  for (let i = 0; i < s.length; i += 97) h = (h * 31 + s.charCodeAt(i)) | 0;
  return { len: s.length, h: h };
}
