// Regular expressions over about 1 MB of log lines; n: lines.
function main(input) {
  const lines = input?.n ?? 14000, parts = [];
  for (let i = 0; i < lines; i++)
    parts.push("2024-0" + (1 + i % 9) + "-1" + (i % 10) + " GET /path/" + i + "?q=" + (i * 7) + " ip=10.0." + (i % 256) + "." + (i * 3 % 256) + " user" + i + "@mail.example.org;\n");
  const text = parts.join("");
  let n = 0, sum = 0;
  for (const m of text.matchAll(/(\d{4})-(\d\d)-(\d\d) GET \/path\/(\d+)\?q=(\d+)/g)) { n++; sum = (sum + Number(m[5])) | 0; }
  const mails = text.match(/[a-z0-9._]+@[a-z]+\.[a-z.]+/gi).length;
  const rep = text.replace(/10\.0\.(\d+)\.(\d+)/g, "x.$1").length;
  return { len: text.length, n: n, sum: sum, mails: mails, rep: rep };
}
