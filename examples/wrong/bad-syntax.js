// Does not parse: a parenthesis is missing at the end of the line. Nothing is run.
//
//   $ ampoule run examples/wrong/bad-syntax.js
//   SyntaxError: …
//       at bad-syntax.js:9:51
//   exit code 1

export default async function openRows(input) {
  const rows = input.rows.filter((row) => row.open;
  return rows.length;
}
