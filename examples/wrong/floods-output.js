// Returns more than a result may hold: 1.2 MB where 1 MiB is the limit.
//
//   $ ampoule run examples/wrong/floods-output.js
//   stopped: limit output exceeded (1288891 of 1048576 bytes)
//   exit code 3

export default function everything() {
  return Array.from({ length: 100000 }, (_, id) => ({ id }));
}
