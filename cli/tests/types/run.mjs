#!/usr/bin/env node
// The declarations for authors, by TypeScript's own compiler: they and a script that uses them have no error, and the script returns what it
// says. `run AMPOULE NODE_MODULES`; exit code 1 when not. packages/run.mjs calls it, where npm has installed the compiler.
import { execFileSync, spawnSync } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { dirname, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";

const here = dirname(fileURLToPath(import.meta.url));
const [ampoule, modules] = process.argv.slice(2).map((path) => resolve(path));
const work = join(here, "../../../target/types");
mkdirSync(work, { recursive: true });

// Globals that ECMAScript has, as the walk of the sandbox leaves them out: `lib` must know them.
const names = JSON.parse(readFileSync(join(here, "../../../engine/tests/web/ecmascript.json"), "utf8"));
writeFileSync(join(work, "ecmascript.ts"), names.map((name) => `void ${name};\n`).join(""));
execFileSync(ampoule, ["types", "--output", join(work, "ampoule.d.ts")]);
const compiled = spawnSync(process.execPath, [
  join(modules, "typescript/bin/tsc"), "--noEmit", "--strict", "--target", "esnext", "--module", "esnext", "--moduleResolution", "bundler", "--lib", "esnext", "--types", "",
  join(work, "ampoule.d.ts"), join(work, "ecmascript.ts"), join(here, "sample.ts"),
], { encoding: "utf8" });
if (compiled.status !== 0) console.log(`tsc: exit code ${compiled.status}\n${compiled.stdout}${compiled.stderr}`);

const expected = [
  "3 3.00 EUR 3.00 EUR", "bc", "X-A", "201 true", "2", "text", "17 encrypt", "abort", "AbortError", "1970-01-01T00:00:00.000Z",
  "not_granted", "net example.com:443", "eu 1 function",
];
const ran = spawnSync(ampoule, ["run", join(here, "sample.ts"), "--lib", `money=${join(here, "money.js")}`, "--env", "REGION=eu"], { encoding: "utf8" });
const right = ran.status === 0 && ran.stdout.trim() === JSON.stringify(expected);
if (!right) console.log(`sample.ts: exit code ${ran.status}\n  expected ${JSON.stringify(expected)}\n  given    ${ran.stdout}${ran.stderr}`);
console.log(`declarations: ${compiled.status === 0 && right ? "TypeScript's compiler takes them" : "wrong"}`);
process.exitCode = compiled.status === 0 && right ? 0 : 1;
