// quickjs-emscripten: QuickJS in Wasm on V8. Argument: "runtime" makes a new QuickJS runtime in one shared Wasm memory for each job,
// "instance" a new Wasm instance, whose memory nobody else uses.
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { CALL, residentKib, serve } from "./protocol.mjs";

const require = createRequire(process.cwd() + "/");
const quickjs = require("quickjs-emscripten");
const LIMIT_BYTES = 128 << 20, STACK_BYTES = 512 << 10;

let quickjsModule;
if (process.argv[2] === "instance") {
  const inside = createRequire(require.resolve("quickjs-emscripten"));
  const wasm = await WebAssembly.compile(readFileSync(inside.resolve("@jitl/quickjs-wasmfile-release-sync/wasm")));
  const variant = quickjs.newVariant(quickjs.RELEASE_SYNC, { wasmModule: wasm });
  quickjsModule = () => quickjs.newQuickJSWASMModuleFromVariant(variant);
} else {
  const shared = await quickjs.getQuickJS();
  quickjsModule = () => shared;
}

async function open(scripts, name, input) {
  const runtime = (await quickjsModule()).newRuntime();
  runtime.setMemoryLimit(LIMIT_BYTES);
  runtime.setMaxStackSize(STACK_BYTES);
  // Without a handler its code could not be stopped at all.
  runtime.setInterruptHandler(() => false);
  const context = runtime.newContext();
  const take = (handle) => {
    const value = context.dump(handle);
    handle.dispose();
    return value;
  };
  const close = () => { context.dispose(); runtime.dispose(); };
  if (name === "eval") return { value: String(take(context.unwrapResult(context.evalCode(scripts.eval)))), close };
  context.unwrapResult(context.evalCode(scripts.job + CALL)).dispose();
  const call = context.getProp(context.global, "__call");
  const argument = context.newString(input);
  const value = take(context.unwrapResult(context.callFunction(call, context.undefined, argument)));
  argument.dispose();
  call.dispose();
  return { value, close };
}

const kept = [];
serve({
  version: `quickjs-emscripten ${require("quickjs-emscripten/package.json").version}, Node ${process.version}`,
  async fresh(scripts, name, input) {
    const { value, close } = await open(scripts, name, input);
    close();
    return value;
  },
  keep: async (scripts, input) => kept.push(await open(scripts, "job", input)),
  resident: residentKib,
});
