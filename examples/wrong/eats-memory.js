// Keeps everything that it ever made.
//
//   $ ampoule run examples/wrong/eats-memory.js
//   0 rows
//   20000 rows
//   …
//   stopped: limit memory exceeded (67… of 67108864 bytes)
//   exit code 3

export default function cache() {
  const rows = [];
  for (let id = 0; ; id++) {
    rows.push({ id, text: `row ${id} `.repeat(50), tags: [id, id + 1] });
    if (id % 20000 === 0) console.log(`${id} rows`);
  }
}
