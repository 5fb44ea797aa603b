// expect: {"kind": "returned", "value": {"at": "1970-01-01T00:00:00.000Z"}}
function main() { return { at: new Date(0), gone: undefined }; }
