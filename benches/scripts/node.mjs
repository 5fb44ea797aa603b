// Runs programs in node as the sandbox does: a line `{"source", "input"}` gives a line with the JSON that `main(input)` returns.
import { createInterface } from "node:readline";
import { runInNewContext } from "node:vm";

for await (const line of createInterface({ input: process.stdin })) {
  const { source, input } = JSON.parse(line);
  const main = runInNewContext(`${source}\n;main`);
  console.log(JSON.stringify(await main(JSON.parse(input))));
}
