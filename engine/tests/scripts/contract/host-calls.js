// limits: {"host_calls": 10}
// expect: {"kind": "limit_exceeded", "limit": "host_calls"}
async function main() { for (;;) await new Promise((done) => setTimeout(done, 0)); }
