// Follows a cycle without end.
//
//   $ ampoule run examples/wrong/recurses.js
//   stopped: limit stack exceeded (25165824 of 25165824 bytes)
//       at depth (recurses.js:11:19)
//       at depth (recurses.js:11:19)
//   …
//   exit code 3

function depth(node) {
  return 1 + depth(node.parent);
}

export default function deepest() {
  const node = { name: "root" };
  node.parent = node;
  return depth(node);
}
