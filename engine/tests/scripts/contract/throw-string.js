// expect: {"kind": "threw", "error": {"name": "", "message": "plain"}}
function main() { throw 'plain'; }
