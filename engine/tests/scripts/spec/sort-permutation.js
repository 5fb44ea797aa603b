// expect: {"kind": "returned", "value": "true"}
function main() {
  try {
    const a = [...Array(500).keys()]; let k = 7; const s = a.slice().sort(() => { k = (k * 16807) % 2147483647; return k % 3 - 1; }); return String(new Set(s).size === 500);
  } catch (e) {
    return e.name;
  }
  return 'done';
}
