// Logs more than a log holds. The log is cut and says so; the run goes on and returns.
//
//   $ ampoule run examples/wrong/floods-log.js
//   row 0 is fine
//   row 1 is fine
//   …
//   row 9999 is fine
//   log cut: the limit of 10000 lines is reached
//   exit code 0

export default function check() {
  let checked = 0;
  for (let row = 0; row < 50000; row++) {
    console.log(`row ${row} is fine`);
    checked += 1;
  }
  return { checked };
}
