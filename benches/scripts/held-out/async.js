// Promises without any waiting: async functions in chains, a pool of workers, all and race and any, async iteration, errors caught; n: tasks.
async function task(id) {
  await null;
  if (id % 97 === 13) throw new RangeError(`task ${id}`);
  return id % 10;
}
async function pool(jobs, width) {
  const results = new Array(jobs.length);
  let next = 0, failed = 0;
  async function worker() {
    while (next < jobs.length) {
      const at = next++;
      try { results[at] = await jobs[at](); } catch (error) { if (!(error instanceof RangeError)) throw error; failed++; results[at] = -1; } finally { order = (order * 31 + at) | 0; }
    }
  }
  await Promise.all(Array.from({ length: width }, worker));
  return { results, failed };
}
let order = 0;
async function* pages(count) { for (let page = 0; page < count; page++) { await undefined; yield { page, items: [page, page + 1] }; } }
class Mutex { #last = Promise.resolve(); run(body) { const result = this.#last.then(body); this.#last = result.catch(() => {}); return result; } }
const chain = (depth) => (depth === 0 ? Promise.resolve(1) : chain(depth - 1).then((value) => value + 1));
async function main(input) {
  const n = input?.n ?? 15000;
  order = 0;
  const { results, failed } = await pool(Array.from({ length: n }, (_, id) => () => task(id)), 8);
  let items = 0;
  for await (const { items: [a, b] } of pages(n >> 2)) items += a ^ b;
  const mutex = new Mutex();
  let shared = 0;
  await Promise.all(Array.from({ length: n >> 3 }, (_, i) => mutex.run(async () => { const seen = shared; await null; shared = seen + i % 3; })));
  const settled = await Promise.allSettled([1, task(13), task(14)]);
  const any = await Promise.any([Promise.reject(new Error("no")), task(5)]);
  const race = await Promise.race([new Promise(() => {}), task(7)]);
  const nested = await Promise.all([chain(n >> 4), chain(10).finally(() => 99)]);
  return { sum: results.reduce((a, b) => a + b), failed, order, items, shared, settled: settled.map(({ status, value, reason }) => status[0] + (value ?? reason.message)).join(), any, race, nested };
}
