// isolated-vm: a V8 isolate for each job.
import { createRequire } from "node:module";
import { CALL, residentKib, serve } from "./protocol.mjs";

const require = createRequire(process.cwd() + "/");
const ivm = require("isolated-vm");
const LIMIT_MB = 128;

function open(scripts, name, input) {
  const isolate = new ivm.Isolate({ memoryLimit: LIMIT_MB });
  const context = isolate.createContextSync();
  if (name === "eval") return { isolate, value: String(isolate.compileScriptSync(scripts.eval).runSync(context)) };
  isolate.compileScriptSync(scripts.job + CALL).runSync(context);
  const call = context.global.getSync("__call", { reference: true });
  return { isolate, value: call.applySync(undefined, [input]) };
}

const kept = [];
serve({
  version: `isolated-vm ${require("isolated-vm/package.json").version}, Node ${process.version}`,
  fresh(scripts, name, input) {
    const { isolate, value } = open(scripts, name, input);
    isolate.dispose();
    return value;
  },
  keep: (scripts, input) => kept.push(open(scripts, "job", input).isolate),
  resident: residentKib,
});
