// expect: {"kind": "threw", "error": {"name": "TypeError", "message": "no"}}
async function main() { throw new TypeError('no'); }
