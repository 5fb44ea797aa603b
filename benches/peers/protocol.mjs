// A peer reads one request per line and answers each with one line of JSON:
//   {op:"prepare", scripts:{eval,job}, input}        -> {ready: version}
//   {op:"time", case:"eval"|"job", ms}               -> {us: [each fresh sandbox's time], value}
//   {op:"density", count}                            -> {kib: memory (every page once) per live sandbox that has run the job}
// An adapter is {version, fresh(scripts, name, input) -> value, keep(scripts, input), resident()}: `fresh` makes a sandbox, runs and drops it.
import { createInterface } from "node:readline";
import { readFileSync } from "node:fs";

const WARM_UP = 20;

export const residentKib = (pid = "self") => Number(/Pss:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))[1]);

export async function serve(adapter) {
  let scripts, input;
  const warm = new Set();
  const ops = {
    prepare(request) {
      ({ scripts, input } = request);
      return { ready: adapter.version };
    },
    async time({ case: name, ms }) {
      if (!warm.has(name)) for (let i = 0; i < WARM_UP; i++) await adapter.fresh(scripts, name, input);
      warm.add(name);
      const us = [];
      let value;
      for (const end = performance.now() + ms; performance.now() < end; ) {
        const start = performance.now();
        value = await adapter.fresh(scripts, name, input);
        us.push((performance.now() - start) * 1000);
      }
      return { us, value };
    },
    async density({ count }) {
      await adapter.keep(scripts, input);
      globalThis.gc?.();
      const before = adapter.resident();
      for (let i = 0; i < count; i++) await adapter.keep(scripts, input);
      return { kib: (adapter.resident() - before) / count };
    },
  };
  for await (const line of createInterface({ input: process.stdin })) {
    const request = JSON.parse(line);
    let answer;
    try {
      answer = await ops[request.op](request);
    } catch (error) {
      answer = { error: String(error?.message ?? error) };
    }
    console.log(JSON.stringify(answer));
  }
  await adapter.close?.();
}

// What is added to the job so that it can be called with JSON text.
export const CALL = "\nfunction __call(input) { return JSON.stringify(main(JSON.parse(input))); }";
