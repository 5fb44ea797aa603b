// expect: {"kind": "returned", "value": "80"}
function main() {
  try {
    return String(new Int32Array(80).sort(() => 1).length);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
