#!/usr/bin/env node
// Known public JavaScript: bundles each package of package.json with calls/PACKAGE.js by esbuild, runs the bundle by `ampoule run`
// and in node, and compares every call. `run AMPOULE [PACKAGE…]`; exit code 1 when a result differs that known.json does not tell of.
import { execFileSync, spawnSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";

const LEAST_CALLS = 15;
// Local time is UTC in the sandbox.
process.env.TZ = "UTC";
const here = dirname(fileURLToPath(import.meta.url));
const [ampoule, ...only] = process.argv.slice(2);
if (!ampoule) throw new Error("usage: run AMPOULE [PACKAGE…]");
const work = resolve(here, "../../../target/packages");
mkdirSync(work, { recursive: true });

const wanted = readFileSync(join(here, "package.json"), "utf8");
const installed = join(work, "package.json");
if (!existsSync(join(work, "node_modules")) || !existsSync(installed) || readFileSync(installed, "utf8") !== wanted) {
  copyFileSync(join(here, "package.json"), installed);
  try {
    execFileSync("npm", ["install", "--no-audit", "--no-fund", "--no-package-lock", "--ignore-scripts", "--silent"], { cwd: work, stdio: "inherit" });
  } catch (error) {
    // What is half installed must not be taken for whole.
    writeFileSync(installed, "");
    console.log(`!! SKIPPED: npm cannot install the packages (${error.message}): no public JavaScript was run`);
    process.exit(0);
  }
}
const { build } = await import(pathToFileURL(join(work, "node_modules/esbuild/lib/main.js")));

const known = JSON.parse(readFileSync(join(here, "known.json"), "utf8"));
const packages = readdirSync(join(here, "calls")).map((file) => file.replace(/\.js$/, "")).filter((name) => !only.length || only.includes(name));
let calls = 0, wrong = 0, excused = 0;
for (const name of packages) {
  const outfile = join(work, `${name}.bundle.mjs`);
  const contents = `import { run } from "./harness.js"; import { calls } from "./calls/${name}.js"; export default () => run(calls);`;
  await build({
    stdin: { contents, resolveDir: here }, outfile, bundle: true, format: "esm", platform: "browser", target: "es2022",
    nodePaths: [join(work, "node_modules")], logLevel: "error",
  });
  const expected = await (await import(pathToFileURL(outfile))).default();
  const ran = spawnSync(ampoule, ["run", outfile, "--script-limit", "8MiB", "--memory", "256MiB", "--timeout", "5m", "--fuel", "200000000000"], { encoding: "utf8" });
  const given = ran.status === 0 ? JSON.parse(ran.stdout) : {};
  if (ran.status !== 0) console.log(`${name}: exit code ${ran.status}\n${ran.stderr}`);
  const names = Object.keys(expected);
  if (names.length < LEAST_CALLS) {
    wrong++;
    console.log(`${name}: ${names.length} calls, at least ${LEAST_CALLS} are wanted`);
  }
  for (const call of names) {
    calls++;
    const id = `${name}.${call}`;
    const equal = given[call] === expected[call];
    if (equal && id in known) {
      wrong++;
      console.log(`${id} is right now: take it out of known.json`);
    } else if (!equal && id in known) {
      excused++;
    } else if (!equal) {
      wrong++;
      console.log(`${id}\n  node    ${expected[call]}\n  ampoule ${given[call]}`);
    }
  }
  console.log(`${name}: ${names.length} calls`);
}
console.log(`${calls} calls of ${packages.length} packages: ${wrong ? `${wrong} wrong` : "all as in node"}${excused ? `, ${excused} known to differ` : ""}`);
if (!only.length) wrong += spawnSync(process.execPath, [join(here, "../types/run.mjs"), ampoule, join(work, "node_modules")], { stdio: "inherit" }).status ?? 1;
process.exitCode = wrong ? 1 : 0;
