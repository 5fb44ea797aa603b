// Loops for ever, and tries to catch whatever would stop it. No `catch` or `finally` runs when a limit is reached.
//
//   $ ampoule run examples/wrong/loops.js
//   stopped: limit fuel exceeded (10000000000 of 10000000000 fuel)
//   exit code 3
//
//   $ ampoule run examples/wrong/loops.js --timeout 200ms
//   stopped: limit wall_time exceeded (2… of 200 ms)
//   exit code 3

export default function wait() {
  for (;;) {
    try {
      while (true) {}
    } catch {
      console.log("never printed");
    } finally {
      console.log("never printed either");
    }
  }
}
