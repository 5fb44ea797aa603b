// expect: {"kind": "returned", "value": "TypeError"}
function main() {
  try {
    [3, 2, 1].sort(() => { throw new TypeError('no'); });
  } catch (e) {
    return e.name;
  }
  return 'done';
}
