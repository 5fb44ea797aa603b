// workerd: a dynamic worker, a V8 isolate of its own, for each job. A request over loopback is part of each time: there is no other way in.
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { Agent, request } from "node:http";
import { createRequire } from "node:module";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { residentKib, serve } from "./protocol.mjs";

const require = createRequire(process.cwd() + "/");
const START_TRIES = 100;

// Makes a worker from the posted source and lets it answer. With an id it is kept for later requests, and so alive.
const PARENT = `
export default { async fetch(request, env) {
  const { source, input, id } = await request.json();
  const code = { compatibilityDate: "2026-01-01", mainModule: "m.js", modules: { "m.js": source }, globalOutbound: null, env: {} };
  const worker = id ? env.LOADER.get(id, async () => code) : env.LOADER.load(code);
  const answer = await worker.getEntrypoint().fetch("http://job/", { method: "POST", body: input });
  return new Response(await answer.text(), { status: answer.status });
} };`;

const freePort = () => new Promise((resolve) => {
  const server = createServer().listen(0, "127.0.0.1", () => {
    const { port } = server.address();
    server.close(() => resolve(port));
  });
});

const port = await freePort();
const dir = mkdtempSync(join(tmpdir(), "workerd-"));
writeFileSync(join(dir, "parent.mjs"), PARENT);
writeFileSync(join(dir, "config.capnp"), `
using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "parent", worker = (
    compatibilityDate = "2026-01-01", compatibilityFlags = ["experimental"],
    modules = [(name = "parent.mjs", esModule = embed "parent.mjs")], bindings = [(name = "LOADER", workerLoader = ())]))],
  sockets = [(name = "http", address = "127.0.0.1:${port}", http = (), service = "parent")]
);`);
const server = spawn(require("workerd").default, ["serve", "--experimental", "config.capnp"], { cwd: dir, stdio: "ignore" });
process.on("exit", () => { server.kill("SIGKILL"); rmSync(dir, { recursive: true, force: true }); });

const agent = new Agent({ keepAlive: true });
const post = (body) => new Promise((resolve, reject) => {
  const outgoing = request({ host: "127.0.0.1", port, method: "POST", agent, headers: { "content-length": Buffer.byteLength(body) } }, (answer) => {
    const parts = [];
    answer.on("data", (part) => parts.push(part));
    answer.on("end", () => {
      const text = Buffer.concat(parts).toString();
      answer.statusCode === 200 ? resolve(text) : reject(new Error(text));
    });
  });
  outgoing.on("error", reject);
  outgoing.end(body);
});

const source = (scripts, name) => name === "eval"
  ? `export default { fetch: () => new Response(String(${scripts.eval})) };`
  : scripts.job + "\nexport default { fetch: async (request) => new Response(JSON.stringify(main(await request.json()))) };";
const run = (scripts, name, input, id) => post(JSON.stringify({ source: source(scripts, name), input, id }));

for (let tries = 0; ; tries++) {
  try {
    await run({ eval: "1" }, "eval", "null");
    break;
  } catch (error) {
    if (tries > START_TRIES || server.exitCode !== null) throw error;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

let kept = 0;
serve({
  version: `workerd ${require("workerd/package.json").version}`,
  fresh: (scripts, name, input) => run(scripts, name, input),
  keep: (scripts, input) => run(scripts, "job", input, `kept-${++kept}`),
  resident: () => residentKib(server.pid),
  close: () => process.exit(0),
});
