// expect: {"kind": "threw", "error": {"name": "Error", "message": "late"}}
function main() { return new Promise((_, no) => setTimeout(() => no(new Error('late')), 5)); }
